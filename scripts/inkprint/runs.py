"""Runs of words that texts share with the training text: the longest one, and those of one length.

Used by 02 for what held-out passages share with train, and by 06 for what answers recite. Longest common
substring over words, after Carlini et al. (2023), "Quantifying memorization across neural language models".
Of the training text only the runs that some of the texts have are looked at, found by their hashes: so all
texts are asked about at once. A text is looked up by its runs of 4 words, and only where none is known by
shorter ones: no work is done for the thousand places of a frequent word. Runs that follow each other in both
texts are one longer run.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkprint.records import Passage
from inkprint.run_hashes import Hashes, begins, hashed_runs, in_order, runs_among
from inkprint.words import span_of, words

_UNKNOWN, _BREAK = -1, -2
_LENGTHS = (4, 3, 2, 1)
_MOST_PAIRS = 200_000  # of a place in a text and one in train; more, as where both say one word on and on,
# are told apart by runs of twice as many words


@dataclass(frozen=True)
class TrainingText:
    """The training text as word numbers, chapters or rows parted by a break."""

    numbers: dict[str, int]
    text: NDArray[np.int32]  # (words,)
    source_ids: list[str]  # of the passages or rows
    ends: NDArray[np.int64]  # (passages or rows,) in `text`

    def owners(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of the passages or rows have the words at these places."""
        return np.searchsorted(self.ends, places, side="right")

    def numbered(self, text: str) -> NDArray[np.int32]:
        """Another text's words by their numbers; words that the training text lacks are -1."""
        return np.array([self.numbers.get(word, _UNKNOWN) for word in words(text)], dtype=np.int32)


@dataclass(frozen=True)
class Run:
    """A run of words: its length, its place in the text in characters, the passage or row it is from."""

    words: int
    start: int
    end: int
    source_id: str


NO_RUN = Run(0, 0, 0, "")


class Stretch(NamedTuple):
    """A piece of training text."""

    source_id: str
    text: str
    goes_on: bool  # from the one before: a run of words may reach from that into this


class _KnownRuns(NamedTuple):
    """Runs of one length that the training text and others both have, and where each begins in the former."""

    length: int
    hashes: Hashes
    places: NDArray[np.int64]  # (runs,) by hash; of equal short ones the first alone


def index_training_text(passages: Iterable[Passage]) -> TrainingText:
    """Join the passages of each chapter, overlap taken out, so that runs across two are found whole."""
    return index_stretches(_of_passages(passages))


def index_stretches(stretches: Iterable[Stretch]) -> TrainingText:
    """All words by their numbers, piece after piece."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)  # a word's number is how many came before
    text, ends = array("i"), array("q")
    source_ids = []
    for stretch in stretches:
        if not stretch.goes_on:
            text.append(_BREAK)
        text.extend(map(numbers.__getitem__, words(stretch.text)))
        source_ids.append(stretch.source_id)
        ends.append(len(text))
    numbers.default_factory = None  # from now on a dictionary like any other
    return TrainingText(
        numbers, np.frombuffer(text, dtype=np.int32), source_ids, np.array(ends, dtype=np.int64)
    )


def _of_passages(passages: Iterable[Passage]) -> Iterator[Stretch]:
    chapter = None
    for passage in passages:
        goes_on = (passage.document, passage.chapter) == chapter
        chapter = (passage.document, passage.chapter)
        skipped = passage.overlap_words if goes_on else 0
        text = " ".join(passage.text.split()[skipped:]) if skipped else passage.text
        yield Stretch(passage.id, text, goes_on)


def longest_runs(texts: Sequence[str], training: TrainingText) -> list[Run]:
    """Of each text the first of its longest runs of words that stand in the training text."""
    found = [NO_RUN] * len(texts)
    numbers = [training.numbered(text) for text in texts]
    left = list(range(len(texts)))
    for length in _LENGTHS:
        known = _known_runs(training, [numbers[text] for text in left], length)
        without = []
        for text in left:
            run = _longest_of(numbers[text], known, training)
            if run is None:
                without.append(text)
            else:
                found[text] = _as_run(texts[text], *run, training)
        left = without
    return found


def shared_runs(texts: Iterable[str], training: TrainingText, length: int) -> list[NDArray[np.bool_]]:
    """Which of each text's runs of so many words the training text has: (runs,)."""
    own = [hashed_runs(training.numbered(text), length) for text in texts]
    learned = _learned(training, length, own)
    return [learned.among(hashes) for hashes in own]


def shared_words(texts: Iterable[str], training: TrainingText, length: int) -> list[NDArray[np.bool_]]:
    """Which of each text's words stand in runs of so many, and more, that the training text has: (words,)."""
    numbers = [training.numbered(text) for text in texts]
    own = [hashed_runs(of_text, length) for of_text in numbers]
    learned = _learned(training, length, own)
    covered = [np.zeros(len(of_text), dtype=bool) for of_text in numbers]
    for words_of, hashes in zip(covered, own, strict=True):
        for begin in np.flatnonzero(learned.among(hashes)):
            words_of[begin : begin + length] = True
    return covered


def share(covered: NDArray[np.bool_]) -> float:
    """The share that is covered; 0 of nothing."""
    return float(covered.mean()) if len(covered) else 0.0


def _learned(training: TrainingText, length: int, asked: list[NDArray[np.uint64]]) -> Hashes:
    """Those of the runs asked for that the training text has."""
    known = Hashes(in_order(asked))
    return Hashes(in_order([runs_among(training.text, length, known)[1]]))


def _known_runs(training: TrainingText, texts: Iterable[NDArray[np.int32]], length: int) -> _KnownRuns:
    """The runs of so many words that texts and training text both have."""
    asked = Hashes(in_order(hashed_runs(text, length) for text in texts))
    places, hashes = runs_among(training.text, length, asked)
    order = np.argsort(hashes, kind="stable")
    hashes, places = hashes[order], places[order]
    if length < _LENGTHS[0]:
        # Of runs that are looked up where no longer one is known the first place is enough.
        first = begins(hashes)
        hashes, places = hashes[first], places[first]
    return _KnownRuns(length, Hashes(hashes), places)


def _longest_of(
    numbers: NDArray[np.int32], known: _KnownRuns, training: TrainingText
) -> tuple[int, int, int] | None:
    """The longest run of a text that train has: words, position, place; None where it has none."""
    pairs = _pairs(numbers, known, training)
    while known.length >= _LENGTHS[0] and len(pairs[0]) > _MOST_PAIRS:
        longer = _known_runs(training, [numbers], 2 * known.length)
        of_longer = _pairs(numbers, longer, training)
        if not len(of_longer[0]):
            break
        pairs, known = of_longer, longer
    return _longest(*pairs, known.length) if len(pairs[0]) else None


def _as_run(text: str, words_long: int, position: int, place: int, training: TrainingText) -> Run:
    source_id = training.source_ids[training.owners(np.int64(place))]
    return Run(words_long, *span_of(text, position, words_long), source_id)


def _pairs(
    numbers: NDArray[np.int32], known: _KnownRuns, training: TrainingText
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where runs of one length stand in a text and in train, pair by pair, in the order of the text."""
    own = hashed_runs(numbers, known.length)
    there, first = known.hashes.find(own)
    here = np.flatnonzero(there)
    counts = np.searchsorted(known.hashes.sorted, own[here], "right") - first
    positions = np.repeat(here, counts)
    within = np.arange(len(positions)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = known.places[np.repeat(first, counts) + within]
    # Two different runs may have one hash.
    same = np.ones(len(positions), dtype=bool)
    for offset in range(known.length):
        same &= numbers[positions + offset] == training.text[places + offset]
    return positions[same], places[same]


def _longest(positions: NDArray[np.int64], places: NDArray[np.int64], length: int) -> tuple[int, int, int]:
    """The longest run that pairs make which follow each other in both texts: words, position, place.

    Of equally long ones the first in the text, and of its places the first.
    """
    order = np.lexsort((positions, places - positions))
    positions, places = positions[order], places[order]
    follows = (np.diff(positions) == 1) & (np.diff(places) == 1)
    starts = np.flatnonzero(np.concatenate([[True], ~follows]))
    lengths = np.diff(np.append(starts, len(positions))) + length - 1
    best = np.lexsort((places[starts], positions[starts], -lengths))[0]
    return int(lengths[best]), int(positions[starts[best]]), int(places[starts[best]])
