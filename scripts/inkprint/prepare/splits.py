"""Which chapters are held out, decided for each document by itself.

A document's split depends on its own content and the seed alone, so that a fifth book changes
nothing about the first four.
"""

from __future__ import annotations

import random

from inkprint.errors import UserError
from inkprint.prepare.chapters import Chapter
from inkprint.records import Split


def split_by_share(chapters: list[Chapter], validation: float, test: float, seed: int) -> list[Split]:
    """Hold out a contiguous run of chapters for test, then one for validation, by words.

    chapters: one document's, in order. Returns a split for each; train keeps at least one chapter.
    """
    splits: list[Split] = ["train"] * len(chapters)
    dice = random.Random(f"{seed} {chapters[0].document_sha256}")
    total = sum(chapter.words for chapter in chapters)
    for name, share, others in (("test", test, 2), ("validation", validation, 1)):
        run = _choose_run(chapters, splits, share * total, dice, leave=others)
        for index in run:
            splits[index] = name
    return splits


def split_by_title(chapters: list[Chapter], validation: list[str], test: list[str]) -> list[Split]:
    """Hold out the chapters with these titles. Raises UserError for a title that no chapter has."""
    known = {chapter.title.casefold() for chapter in chapters}
    for key, titles in (("validation", validation), ("test", test)):
        for title in titles:
            if title.casefold() not in known:
                there = "; ".join(chapter.title for chapter in chapters)
                raise UserError(f"prepare.{key}: no chapter is called {title!r}; there are: {there}")
    of = {title.casefold(): "validation" for title in validation} | {t.casefold(): "test" for t in test}
    return [of.get(chapter.title.casefold(), "train") for chapter in chapters]


def _choose_run(
    chapters: list[Chapter], splits: list[Split], goal: float, dice: random.Random, leave: int
) -> list[int]:
    """A contiguous run of free chapters with about `goal` words that leaves `leave` chapters free.

    One of the runs that fit best; none where there are too few chapters.
    """
    runs: list[tuple[float, list[int]]] = []
    free = splits.count("train")
    for first in range(len(chapters)):
        run, words = [], 0
        for index in range(first, len(chapters)):
            if splits[index] != "train" or len(run) + 1 > free - leave:
                break
            run, words = [*run, index], words + chapters[index].words
            runs.append((abs(words - goal) / max(goal, 1), run))
    if not runs:
        return []
    best = min(miss for miss, _ in runs)
    # Any run within a tenth of the goal's words of the best is as good; the seed picks.
    return dice.choice([run for miss, run in runs if miss <= best + 0.1])
