"""Leaks: train passages that say what held-out ones say, and the audit of what is left of that.

Whole chapters are held out before anything is cut, and still a book may quote itself, print a preface
twice or come in two editions. Each held-out passage gets the longest run of words that it shares with
train, and the share of its runs of eight words (8-grams) that train holds: in most prose none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkprint.errors import UserError
from inkprint.recipe import Passages
from inkprint.records import Passage
from inkprint.run_hashes import Hashes, hashed_runs, runs_among
from inkprint.runs import Run, TrainingText, index_training_text, longest_runs, share, shared_runs

# Two texts by one author seldom have eight words in a row in common by chance, and hardly any ten: in six
# books the most that a chapter held out of prose shared with the rest was 10, in mathematics 26.
GRAM_WORDS = 8
HELD_OUT = ("validation", "test")


@dataclass(frozen=True)
class Shared:
    """What a train passage shares with held-out text: the share of its words, and the most in a row."""

    share: float
    run_words: int
    of: int  # the held-out passage that it shares most with


def find_shared(
    train: list[Passage], held_out: list[Passage], share: float, run_words: int
) -> dict[int, Shared]:
    """Train passages that share more with held-out text than `share` of their words, or run_words in a row.

    Shared is a word in a run of GRAM_WORDS that a held-out passage has; a stretch of such words counts as
    one run, also across passages of one chapter. So it does not matter where two editions were cut.
    """
    text = index_training_text(train)
    grams, holders = _held_grams(held_out, text)
    places, runs = runs_among(text.text, GRAM_WORDS, Hashes(grams))
    stretches = _stretches(places)
    shares, longest = _covered_shares(stretches, text), _longest_stretches(stretches, text)
    begins = np.concatenate([[0], text.ends[:-1]])
    found = {}
    # A passage without words, in the middle of a long stretch, shares nothing.
    over = (shares > share) | ((longest > run_words) & (shares > 0))
    for number in np.flatnonzero(over).tolist():
        # The runs that reach into the passage.
        own = slice(*np.searchsorted(places, [begins[number] - GRAM_WORDS + 1, text.ends[number]]))
        most = np.bincount(holders[np.searchsorted(grams, runs[own])]).argmax()
        found[number] = Shared(float(shares[number]), int(longest[number]), int(most))
    return found


def _held_grams(held_out: list[Passage], text: TrainingText) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """The 8-grams of all held-out passages, sorted, and the number of the passage that has each."""
    own = [hashed_runs(text.numbered(passage.text), GRAM_WORDS) for passage in held_out]
    holders = np.repeat(np.arange(len(own), dtype=np.int32), [len(grams) for grams in own])
    grams = np.concatenate([np.zeros(0, dtype=np.uint64), *own])
    del own  # 8 bytes a word, as the next ones
    order = np.argsort(grams, kind="stable")
    return grams[order], holders[order]


class _Stretches(NamedTuple):
    """Shared words that stand together, by the places in train of their first and after their last word."""

    begins: NDArray[np.int64]  # (stretches,) in order; no two touch
    ends: NDArray[np.int64]


def _stretches(places: NDArray[np.int64]) -> _Stretches:
    """Runs of GRAM_WORDS at these places, those put together that overlap or touch."""
    apart = np.diff(places) > GRAM_WORDS
    first, last = np.concatenate([[True], apart]), np.concatenate([apart, [True]])
    return _Stretches(places[first[: len(places)]], places[last[: len(places)]] + GRAM_WORDS)


def _covered_shares(stretches: _Stretches, text: TrainingText) -> NDArray[np.float64]:
    """The share of each train passage's words that stand in stretches: (passages,)."""
    lengths = np.concatenate([[0], np.cumsum(stretches.ends - stretches.begins)])
    ends = np.concatenate([[0], stretches.ends])
    begun = np.searchsorted(stretches.begins, text.ends)
    covered = lengths[begun] - np.maximum(ends[begun] - text.ends, 0)  # up to each passage's end
    breaks = np.searchsorted(np.flatnonzero(text.text < 0), text.ends)
    return np.diff(covered, prepend=0) / np.maximum(np.diff(text.ends - breaks, prepend=0), 1)


def _longest_stretches(stretches: _Stretches, text: TrainingText) -> NDArray[np.int64]:
    """The words of the longest stretch that reaches into each train passage: (passages,)."""
    longest = np.zeros(len(text.ends), dtype=np.int64)
    first, last = text.owners(stretches.begins), text.owners(stretches.ends - 1)
    for owner in range(int((last - first).max(initial=0)) + 1):
        reaches = first + owner <= last
        lengths = (stretches.ends - stretches.begins)[reaches]
        np.maximum.at(longest, (first + owner)[reaches], lengths)
    return longest


def audit(passages: list[Passage], limits: Passages) -> dict[str, Any]:
    """What leaks.json holds: the limits, each held-out split's largest and mean leak, and every passage's."""
    training = index_training_text(passage for passage in passages if passage.split == "train")
    held_out = [passage for passage in passages if passage.split in HELD_OUT]
    texts = [passage.text for passage in held_out]
    runs, grams = longest_runs(texts, training), shared_runs(texts, training, GRAM_WORDS)
    leaks = [_leak(*of_passage) for of_passage in zip(held_out, runs, grams, strict=True)]
    return {
        "gram_words": GRAM_WORDS,
        "limits": {"run_words": limits.leak_run_words, "gram_share": limits.leak_gram_share},
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
        f"{source.document}, {source.chapter!r} (prepare.passages.leak_run_words is {limits['run_words']}), "
        f"and {worst['gram_share']:.0%} of its {GRAM_WORDS}-grams with train (prepare.passages."
        f"leak_gram_share is {limits['gram_share']:g})"
    )


def _leak(passage: Passage, run: Run, grams: NDArray[np.bool_]) -> dict[str, Any]:
    """grams: which of the passage's train holds."""
    return {
        "passage_id": passage.id,
        "split": passage.split,
        "run_words": run.words,
        "run": passage.text[run.start : run.end],
        "source_passage_id": run.source_id,
        "gram_share": round(share(grams), 4),
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
