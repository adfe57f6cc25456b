"""Runs of words that a text shares with the training text: the longest one, and those of one length.

Used by 02 for what held-out passages share with train, and by 06 for what answers recite. Longest common
substring over words, after Carlini et al. (2023), "Quantifying memorization across neural language models".
The places of every run of 4, 3, 2 and 1 words of the training text are sorted by a hash of the run. A text is
looked up by its runs of 4, and only where none is known by shorter ones: no work is done for the
thousand places of a frequent word. Runs that follow each other in both texts are one longer run.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkprint.records import Passage
from inkprint.words import word_spans, words

_UNKNOWN, _BREAK = -1, -2
_LENGTHS = (4, 3, 2, 1)
_SLOTS_A_HASH, _MOST_DIGITS = 8, 27  # bits for a known hash; 16 MB of them at most
_SEVEN, _EIGHT = np.uint64(7), np.uint64(3)  # the last digits of a slot are its place in a byte of eight
_MOST_PAIRS = 200_000  # of a place in a text and one in train; more, as where both say one word on and on,
# are told apart by runs of twice as many words


class Hashes:
    """Sorted hashes of runs, to be asked which of others are among them.

    A search goes to some 23 places of ten million, each of them far away in memory. A bit for every hash's
    first digits, a few megabytes, answers no at one place for seven of eight that are not there.
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        """hashes: (known,), sorted; equal ones may be among them."""
        self.sorted = hashes
        digits = min(max((_SLOTS_A_HASH * len(hashes)).bit_length(), 3), _MOST_DIGITS)
        self._beyond = np.uint64(64 - digits)
        taken = np.zeros(1 << digits, dtype=bool)
        taken[hashes >> self._beyond] = True
        self._bits = np.packbits(taken, bitorder="little")

    def among(self, values: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which values are among the hashes: (values,)."""
        return self.find(values)[0]

    def find(self, values: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which values are there, (values,), and for those the first place of each: (there,)."""
        slots = values >> self._beyond
        there = (self._bits[slots >> _EIGHT] >> (slots & _SEVEN).astype(np.uint8)) & 1 == 1
        asked = np.flatnonzero(there)
        places = np.searchsorted(self.sorted, values[asked])
        found = self.sorted[np.minimum(places, len(self.sorted) - 1)] == values[asked]
        there[asked[~found]] = False
        return there, places[found]


class SortedRuns(NamedTuple):
    """Runs of one length by their hashes, and where each begins; of equal short ones the first alone."""

    hashes: Hashes  # their first digits
    places: NDArray[np.int32]  # (runs,)
    first_digits: np.uint64  # a mask: some 40 bits of ten million runs; two that have the same are told apart


@dataclass(frozen=True)
class TrainingText:
    """The training text as word numbers, chapters or rows parted by a break."""

    numbers: dict[str, int]
    text: NDArray[np.int32]  # (words,)
    source_ids: list[str]  # of the passages or rows
    owners: NDArray[np.int32]  # (words,) into `source_ids`
    _sorted: dict[int, SortedRuns] = field(default_factory=dict, repr=False)

    def sorted_runs(self, length: int) -> SortedRuns:
        """All its runs of so many words; made when they are first asked for."""
        if length not in self._sorted:
            whole = hashed_runs(self.text, length)
            # The place stands in a hash's last digits: numbers are sorted twice as fast as places by them.
            low = np.uint64((1 << len(whole).bit_length()) - 1)
            keys = np.sort((whole & ~low) | np.arange(len(whole), dtype=np.uint64))
            hashes, places = keys & ~low, (keys & low).astype(np.int32)
            if length < _LENGTHS[0]:
                # Of runs that are looked up where no longer one is known the first place is enough.
                first = _begins(whole[places])
                hashes, places = hashes[first], places[first]
            self._sorted[length] = SortedRuns(Hashes(hashes), places, ~low)
        return self._sorted[length]

    def source_of(self, place: int) -> str:
        """The passage or row that has the word."""
        return self.source_ids[self.owners[place]]

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


class Stretch(NamedTuple):
    """A piece of training text."""

    source_id: str
    text: str
    goes_on: bool  # from the one before: a run of words may reach from that into this


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
    owners = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
    return TrainingText(dict(numbers), np.array(text, dtype=np.int32), source_ids, owners)


def _of_passages(passages: Iterable[Passage]) -> Iterator[Stretch]:
    chapter = None
    for passage in passages:
        goes_on = (passage.document, passage.chapter) == chapter
        chapter = (passage.document, passage.chapter)
        skipped = passage.overlap_words if goes_on else 0
        text = " ".join(passage.text.split()[skipped:]) if skipped else passage.text
        yield Stretch(passage.id, text, goes_on)


def longest_run(text: str, training: TrainingText) -> Run:
    """The first of the longest runs of a text's words that stands in the training text."""
    spans = word_spans(text)
    numbers = np.array([training.numbers.get(word, _UNKNOWN) for word, _, _ in spans], dtype=np.int32)
    for length in _LENGTHS:
        pairs = _pairs(numbers, length, training)
        while length >= _LENGTHS[0] and len(pairs[0]) > _MOST_PAIRS:
            longer = _pairs(numbers, 2 * length, training)
            if not len(longer[0]):
                break
            pairs, length = longer, 2 * length
        if len(pairs[0]):
            words_long, first, place = _longest(*pairs, length)
            return Run(
                words_long, spans[first][1], spans[first + words_long - 1][2], training.source_of(place)
            )
    return Run(0, 0, 0, "")


class SharedRuns:
    """Which words of other texts stand in runs of at least `length` words that the training text has."""

    def __init__(self, training: TrainingText, length: int) -> None:
        self._training, self._length = training, length
        self._known = Hashes(distinct(hashed_runs(training.text, length)))

    def share(self, text: str) -> float:
        """The share of a text's words that such runs cover; 0 for a text without words."""
        covered = self.covered(text)
        return float(covered.mean()) if len(covered) else 0.0

    def covered(self, text: str) -> NDArray[np.bool_]:
        """Which of a text's words such runs cover: (words,)."""
        numbers = self._training.numbered(text)
        begins = np.flatnonzero(self._known.among(hashed_runs(numbers, self._length)))
        covered = np.zeros(len(numbers), dtype=bool)
        for begin in begins:
            covered[begin : begin + self._length] = True
        return covered


def hashed_runs(numbers: NDArray[np.int32], length: int) -> NDArray[np.uint64]:
    """A 64-bit hash of every run of `length` word numbers: (words - length + 1,), or (0,) for a shorter text.

    A polynomial in an odd base over mixed numbers (Karp and Rabin 1987): among ten million different runs two
    have the same hash once in some 400,000 times.
    """
    runs = np.zeros(max(len(numbers) - length + 1, 0), dtype=np.uint64)
    own = mixed(numbers.astype(np.int64).astype(np.uint64))
    for offset in range(length):
        runs = runs * _BASE + own[offset : offset + len(runs)]
    return runs


def distinct(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each value once, sorted. np.unique keeps a table, and takes ten times as long for eight million."""
    ordered = np.sort(values)
    return ordered[_begins(ordered)]


def _begins(ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of sorted values differ from the one before."""
    return np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]


_BASE = np.uint64(0xD1342543DE82EF95)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Neighbouring numbers made as different as any two: the finalizer of splitmix64 (Steele et al. 2014)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _pairs(
    numbers: NDArray[np.int32], length: int, training: TrainingText
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where runs of so many words stand in a text and in train, pair by pair, in the order of the text."""
    known = training.sorted_runs(length)
    own = hashed_runs(numbers, length) & known.first_digits
    there, first = known.hashes.find(own)
    here = np.flatnonzero(there)
    counts = np.searchsorted(known.hashes.sorted, own[here], "right") - first
    positions = np.repeat(here, counts)
    within = np.arange(len(positions)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = known.places[np.repeat(first, counts) + within]
    # Two different runs may have the same first digits.
    same = np.ones(len(positions), dtype=bool)
    for offset in range(length):
        same &= numbers[positions + offset] == training.text[places + offset]
    return positions[same], places[same]


def _longest(positions: NDArray[np.int64], places: NDArray[np.int64], length: int) -> tuple[int, int, int]:
    """The longest run that pairs make which follow each other in both texts: words, position, place.

    Of equally long ones the first in the text, and of its places the first.
    """
    order = np.lexsort((positions, places - positions))
    positions, places = positions[order], places[order]
    follows = (np.diff(positions) == 1) & (np.diff(places) == 1)
    begins = np.flatnonzero(np.concatenate([[True], ~follows]))
    lengths = np.diff(np.append(begins, len(positions))) + length - 1
    best = np.lexsort((places[begins], positions[begins], -lengths))[0]
    return int(lengths[best]), int(positions[begins[best]]), int(places[begins[best]])
