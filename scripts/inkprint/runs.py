"""Runs of words that a text shares with the training text: the longest one, and those of one length.

Used by 02 for what held-out passages share with train, and by 06 for what answers recite. Longest common
substring over words, after Carlini et al. (2023), "Quantifying memorization across neural language models".
Exact: every place of a word in the training text is listed once; from each word of the other text the
places that agree are narrowed word by word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkprint.records import Passage
from inkprint.words import word_spans, words

_UNKNOWN, _BREAK = -1, -2


@dataclass(frozen=True)
class TrainingText:
    """The training text as word numbers, chapters or rows parted by a break, and the places of each word."""

    numbers: dict[str, int]
    text: NDArray[np.int32]  # (words,)
    places: NDArray[np.int64]  # (words,) sorted by word number
    first_place: NDArray[np.int64]  # (vocabulary + 1,) into `places`
    source_ids: list[str]  # (words,) of the passage or row

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
    """All words by their numbers, with their places."""
    numbers: dict[str, int] = {}
    text: list[int] = []
    owners: list[str] = []
    for stretch in stretches:
        found = words(stretch.text)
        text += [_BREAK] * (not stretch.goes_on) + [numbers.setdefault(word, len(numbers)) for word in found]
        owners += [stretch.source_id] * (len(text) - len(owners))
    numbered = np.array(text, dtype=np.int32)
    places = np.argsort(numbered, kind="stable")
    first_place = np.searchsorted(numbered[places], np.arange(len(numbers) + 1))
    return TrainingText(numbers, numbered, places, first_place, owners)


def _of_passages(passages: Iterable[Passage]) -> Iterator[Stretch]:
    chapter = None
    for passage in passages:
        goes_on = (passage.document, passage.chapter) == chapter
        chapter = (passage.document, passage.chapter)
        skipped = passage.overlap_words if goes_on else 0
        yield Stretch(passage.id, " ".join(passage.text.split()[skipped:]), goes_on)


def longest_run(text: str, training: TrainingText) -> Run:
    """The first of the longest runs of a text's words that stands in the training text."""
    spans = word_spans(text)
    numbers = [training.numbers.get(word, _UNKNOWN) for word, _, _ in spans]
    length, first, place = 0, 0, 0
    for position in range(len(numbers)):
        here = _run_from(numbers, position, length, training)
        if here is not None:
            length, first, place = here[0], position, here[1]
    if length == 0:
        return Run(0, 0, 0, "")
    return Run(length, spans[first][1], spans[first + length - 1][2], training.source_ids[place])


class SharedRuns:
    """Which words of other texts stand in runs of at least `length` words that the training text has."""

    def __init__(self, training: TrainingText, length: int) -> None:
        self._training, self._length = training, length
        self._known = np.unique(hashed_runs(training.text, length))

    def share(self, text: str) -> float:
        """The share of a text's words that such runs cover; 0 for a text without words."""
        covered = self.covered(text)
        return float(covered.mean()) if len(covered) else 0.0

    def covered(self, text: str) -> NDArray[np.bool_]:
        """Which of a text's words such runs cover: (words,)."""
        numbers = self._training.numbered(text)
        begins = np.flatnonzero(are_among(hashed_runs(numbers, self._length), self._known))
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


def are_among(values: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values stand in `known`, which is sorted: (values,). np.isin would sort it at every call."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return known[places] == values


_BASE = np.uint64(0xD1342543DE82EF95)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Neighbouring numbers made as different as any two: the finalizer of splitmix64 (Steele et al. 2014)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _run_from(numbers: list[int], position: int, beat: int, training: TrainingText) -> tuple[int, int] | None:
    """Length and place of the longest run that begins at `position`, if longer than `beat`."""
    if position + beat >= len(numbers) or _UNKNOWN in numbers[position : position + beat + 1]:
        return None
    number = numbers[position]
    places = training.places[training.first_place[number] : training.first_place[number + 1]]
    # What cannot be longer than the longest so far falls out at one look.
    places = _agreeing(places, beat, numbers[position + beat], training.text)
    length = 1
    while len(places) and position + length < len(numbers):
        longer = _agreeing(places, length, numbers[position + length], training.text)
        if not len(longer):
            break
        places, length = longer, length + 1
    return (length, int(places[0])) if len(places) and length > beat else None


def _agreeing(
    places: NDArray[np.int64], offset: int, number: int, text: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The places where the word `offset` further on is the one with this number."""
    inside = places[: np.searchsorted(places, len(text) - offset)]
    return inside[text[inside + offset] == number]
