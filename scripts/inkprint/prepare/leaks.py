"""The leak audit: what a held-out passage says that the train text says, too.

Whole chapters are held out before anything is cut, and still a book may quote itself, print a preface
twice or come in two editions. Each held-out passage gets the longest run of words that it shares with
train, and the share of its runs of eight words (8-grams) that train holds: in most prose none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkprint.errors import UserError
from inkprint.recipe import Prepare
from inkprint.records import Passage
from inkprint.runs import TrainingText, are_among, hashed_runs, index_training_text, longest_run
from inkprint.words import words

# Two texts by one author seldom have eight words in a row in common by chance, and hardly any ten: in six
# books the most that a chapter held out of prose shared with the rest was 10, in mathematics 26.
GRAM_WORDS = 8
HELD_OUT = ("validation", "test")


def audit(passages: list[Passage], settings: Prepare) -> dict[str, Any]:
    """What leaks.json holds: the limits, each held-out split's largest and mean leak, and every passage's."""
    training = index_training_text(passage for passage in passages if passage.split == "train")
    grams = np.unique(hashed_runs(training.text, GRAM_WORDS))
    leaks = [_leak(passage, training, grams) for passage in passages if passage.split in HELD_OUT]
    return {
        "gram_words": GRAM_WORDS,
        "limits": {"run_words": settings.leak_run_words, "gram_share": settings.leak_gram_share},
        "splits": {name: _summary([leak for leak in leaks if leak["split"] == name]) for name in HELD_OUT},
        "passages": leaks,
    }


def check_leaks(leaks: dict[str, Any], passages: list[Passage]) -> None:
    """Raise UserError when a held-out passage shares more with train than the recipe allows."""
    limits = leaks["limits"]
    over = [leak for leak in leaks["passages"] if any(leak[name] > limits[name] for name in limits)]
    if not over:
        return
    worst = max(over, key=lambda leak: (leak["run_words"], leak["gram_share"]))
    by_id = {passage.id: passage for passage in passages}
    held, source = by_id[worst["passage_id"]], by_id[worst["source_passage_id"]]
    raise UserError(
        f"prepare: {len(over)} held-out passages share more with train than the recipe allows; {held.id} of "
        f"{held.document}, {held.chapter!r}, shares {worst['run_words']} words in a row with {source.id} of "
        f"{source.document}, {source.chapter!r} (prepare.leak_run_words is {limits['run_words']}), and "
        f"{worst['gram_share']:.0%} of its {GRAM_WORDS}-grams with train (prepare.leak_gram_share is "
        f"{limits['gram_share']:g})"
    )


def _leak(passage: Passage, training: TrainingText, grams: np.ndarray) -> dict[str, Any]:
    run = longest_run(passage.text, training)
    numbers = np.array(training.numbers_of(words(passage.text)), dtype=np.int32)
    shared = are_among(hashed_runs(numbers, GRAM_WORDS), grams)
    return {
        "passage_id": passage.id,
        "split": passage.split,
        "run_words": run.words,
        "run": passage.text[run.start : run.end],
        "source_passage_id": run.passage_id,
        "gram_share": round(float(shared.mean()), 4) if len(shared) else 0.0,
    }


def _summary(leaks: list[dict[str, Any]]) -> dict[str, Any]:
    """Largest and mean of each measure over a split's passages."""
    return {"passages": len(leaks)} | {
        name: {
            "max": max((leak[name] for leak in leaks), default=0),
            "mean": round(sum(leak[name] for leak in leaks) / max(len(leaks), 1), 4),
        }
        for name in ("run_words", "gram_share")
    }
