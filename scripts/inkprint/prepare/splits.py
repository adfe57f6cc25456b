"""What is held out: chapters of each document, or whole documents.

Each document's split depends on its own content and the seed alone, so that a fifth book changes nothing
about the first four. For whole documents that leaves no choice: a rule that takes as many as make up a share
of all words must take another when a book is added, or give one back to train.
"""

from __future__ import annotations

import math
import random

from inkprint.errors import UserError
from inkprint.prepare.chapters import Chapter
from inkprint.recipe import Prepare
from inkprint.records import Split

AS_GOOD = 0.1  # of the goal's words: any run so near to the best is as good, and the seed picks


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


def split_by_draw(chapters: list[Chapter], validation: float, test: float, seed: int) -> Split:
    """Hold out whole documents, each by a draw of its own: the shares are those of the expected words."""
    draw = random.Random(f"{seed} {chapters[0].document_sha256}").random()
    return "test" if draw < test else "validation" if draw < test + validation else "train"


def split_by_name(name: str, validation: list[str], test: list[str]) -> Split:
    """Hold out what is named, whatever the case of its letters."""
    splits: tuple[tuple[Split, list[str]], ...] = (("test", test), ("validation", validation))
    for split, held_out in splits:
        if name.casefold() in {other.casefold() for other in held_out}:
            return split
    return "train"


def check_names(names: list[str], validation: list[str], test: list[str], what: str) -> None:
    """Raise UserError for a name in the recipe that none has; what: "chapter" or "document"."""
    known = {name.casefold() for name in names}
    for key, asked in (("validation", validation), ("test", test)):
        for name in asked:
            if name.casefold() not in known:
                there = "; ".join(dict.fromkeys(names))
                raise UserError(f"prepare.{key}: no {what} is called {name!r}; there are: {there}")


def describe_split(settings: Prepare, split_by: str, seed: int) -> str:
    """What the recipe holds out, in a sentence for the review."""
    if isinstance(settings.test, list):
        named = [f"{name}: {'; '.join(getattr(settings, name))}" for name in ("test", "validation")]
        return f"Whole {split_by}s are held out, as the recipe names them. {'. '.join(named)}."
    shares = f"{settings.test:.0%} for test and {settings.validation:.0%} for validation"
    if split_by == "chapter":
        return f"Of each document neighbouring chapters are held out: {shares} of its words; seed {seed}."
    return f"Whole documents are held out, each by a draw of its own: {shares}, on average; seed {seed}."


def _choose_run(
    chapters: list[Chapter], splits: list[Split], goal: float, dice: random.Random, leave: int
) -> range:
    """A contiguous run of free chapters with about `goal` words that leaves `leave` chapters free.

    One of the runs that fit best; none where there are too few chapters.
    """
    runs: list[tuple[float, int, range]] = []  # miss, words, places; about a tenth of all pairs of chapters
    free = splits.count("train")
    for first in range(len(chapters)):
        words, least_above = 0, math.inf
        for index in range(first, len(chapters)):
            if splits[index] != "train" or index + 1 - first > free - leave:
                break
            words += chapters[index].words
            miss = abs(words - goal) / max(goal, 1)
            if words > goal:
                least_above = min(least_above, miss)
            if miss > least_above + AS_GOOD:  # and all that go on from here
                break
            runs.append((miss, words, range(first, index + 1)))
    # A preface of 200 words is nearer to 3,000 than a chapter of 6,400, and measures nothing.
    runs = [run for run in runs if run[1] >= goal / 2] or runs
    best = min((miss for miss, _, _ in runs), default=0)
    fit = [places for miss, _, places in runs if miss <= best + AS_GOOD]
    return dice.choice(fit) if fit else range(0)
