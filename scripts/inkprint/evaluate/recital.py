"""Recital: the longest run of words that an answer shares with the training text, and where it stands.

Longest common substring over words, after Carlini et al. (2023), "Quantifying memorization across neural
language models". Exact, no hashing: every place of a word in the training text is listed once; from each
word of the answer the places that agree are narrowed word by word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkprint.evaluate.words import word_spans, words
from inkprint.records import Passage

RECITAL_WORDS = 20  # so many words in a row are no chance: they are the book
_UNKNOWN, _BREAK = -1, -2


@dataclass(frozen=True)
class TrainingText:
    """The training text as word numbers, chapters parted by a break, and the places of each word."""

    numbers: dict[str, int]
    text: NDArray[np.int32]  # (words,)
    places: NDArray[np.int64]  # (words,) sorted by word number
    first_place: NDArray[np.int64]  # (vocabulary + 1,) into `places`
    passage_ids: list[str]  # (words,)


@dataclass(frozen=True)
class Run:
    """A run of words: its length, its place in the answer in characters, the passage it is from."""

    words: int
    start: int
    end: int
    passage_id: str


def index_training_text(passages: Iterable[Passage]) -> TrainingText:
    """Join the passages of each chapter, overlap taken out, so that runs across two are found whole."""
    numbers: dict[str, int] = {}
    text: list[int] = []
    owners: list[str] = []
    chapter = None
    for passage in passages:
        new_chapter = (passage.document, passage.chapter) != chapter
        chapter = (passage.document, passage.chapter)
        skipped = 0 if new_chapter else passage.overlap_words
        found = words(" ".join(passage.text.split()[skipped:]))
        text += [_BREAK] * new_chapter + [numbers.setdefault(word, len(numbers)) for word in found]
        owners += [passage.id] * (len(text) - len(owners))
    numbered = np.array(text, dtype=np.int32)
    places = np.argsort(numbered, kind="stable")
    first_place = np.searchsorted(numbered[places], np.arange(len(numbers) + 1))
    return TrainingText(numbers, numbered, places, first_place, owners)


def longest_run(answer: str, training: TrainingText) -> Run:
    """The first of the longest runs of an answer's words that stands in the training text."""
    spans = word_spans(answer)
    numbers = [training.numbers.get(word, _UNKNOWN) for word, _, _ in spans]
    length, first, place = 0, 0, 0
    for position in range(len(numbers)):
        here = _run_from(numbers, position, length, training)
        if here is not None:
            length, first, place = here[0], position, here[1]
    if length == 0:
        return Run(0, 0, 0, "")
    return Run(length, spans[first][1], spans[first + length - 1][2], training.passage_ids[place])


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
