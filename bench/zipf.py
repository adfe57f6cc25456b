"""Made-up text whose words come as often as those of a book do: for what is about counts, not about sense.

Word frequencies after Zipf and Mandelbrot, f ~ 1 / (rank + 2.7) (Mandelbrot 1953), over 20,000 words.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from inkprint.records import Passage, content_id

VOCABULARY = 20_000
SHIFT = 2.7
PASSAGES_A_CHAPTER = 20
HELD_OUT = {8: "validation", 9: "test"}  # of every ten chapters
COPIES = 20  # one passage in so many is an earlier one with two words changed


def words(seed: int, count: int) -> NDArray[np.int32]:
    """So many word numbers, drawn."""
    weights = np.cumsum(1 / (np.arange(VOCABULARY) + 1 + SHIFT))
    draws = np.random.default_rng(seed).random(count) * weights[-1]
    return np.searchsorted(weights, draws).astype(np.int32)


def spelled(numbers: NDArray[np.int32]) -> str:
    """The words of these numbers."""
    return " ".join(_SPELLED[number] for number in numbers.tolist())


# As in English the most frequent words are those that 03 tells nouns by. All others are four letters.
_FREQUENT = """the of and a to in that was it his he i with as had for at not on but by be this from her have
is were they or an all which so one you their been my who there them when no would its we into more""".split()
_SPELLED = _FREQUENT + [
    "".join("abcdefghijklmnop"[number >> shift & 15] for shift in (12, 8, 4, 0))
    for number in range(len(_FREQUENT), VOCABULARY)
]


def passages(seed: int, count: int, length: int) -> list[Passage]:
    """Passages of `length` words in chapters, every fifth chapter held out, and near-copies among them."""
    dice = random.Random(seed)
    drawn = words(seed, count * length).reshape(count, length)
    made = []
    for number in range(count):
        if number and dice.randrange(COPIES) == 0:
            drawn[number] = drawn[dice.randrange(number)]
            drawn[number, [dice.randrange(length), dice.randrange(length)]] = dice.randrange(VOCABULARY)
        text, chapter = spelled(drawn[number]), number // PASSAGES_A_CHAPTER
        made.append(
            Passage(
                id=content_id("passage", seed, number), document="made-up", chapter=f"Chapter {chapter}",
                pages=[number], page_ids=[], split=HELD_OUT.get(chapter % 10, "train"), text=text,
                words=length, overlap_words=0,
            )
        )  # fmt: skip
    return made
