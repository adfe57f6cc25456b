"""Near-duplicates and the leak audit on made-up passages, in a process of its own: 02's way, or all pairs.

    python bench/alike_once.py JOB.json ANSWER.json      bench/alike.py hands out the jobs

Job: {"side": "inkprint" or "sklearn", "part": "alike" or "leak" (of inkprint), "passages": count, "words": of
each, "limit_seconds": of CPU, after which it stops}. CPU seconds, or {"stopped_seconds"}. Making the passages
is not timed, but their memory counts, as 02 holds them too.
"""

from __future__ import annotations

import math
import resource
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]

import numpy as np

from inkprint.prepare.duplicates import find_contained, find_repeats, shingle
from inkprint.prepare.leaks import audit, find_shared
from inkprint.recipe_file import load_recipe
from inkprint.records import Passage
from once import answer, job
from zipf import passages

ALIKE = 0.8  # as recipes have it
SEED = 1
BLOCK = 500


def main() -> None:
    asked = job()
    made = passages(SEED, asked["passages"], asked["words"])
    train = [one for one in made if one.split == "train"]
    held_out = [one for one in made if one.split != "train"]
    find = {"alike": _alike, "leak": _leak}[asked["part"]] if asked["side"] == "inkprint" else _all_pairs
    _limit(asked["limit_seconds"])
    try:
        found = find(train, held_out)
    except _OverLimit:
        found = {"stopped_seconds": asked["limit_seconds"]}
    answer(found)


class _OverLimit(Exception):
    """So much CPU time is used up."""


def _limit(seconds: int) -> None:
    def stop(*_: object) -> None:
        raise _OverLimit

    signal.signal(signal.SIGXCPU, stop)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def _alike(train: list[Passage], _: list[Passage]) -> dict[str, float]:
    began = time.process_time()
    shingles = shingle([one.text for one in train])
    repeats = find_repeats(shingles, ALIKE)
    contained = find_contained(shingles, ALIKE, without=repeats)
    return {"seconds": time.process_time() - began, "alike": len(repeats), "contained": len(contained)}


def _leak(train: list[Passage], held_out: list[Passage]) -> dict[str, float]:
    limits = load_recipe(ROOT / "recipes" / "demo.yaml").prepare.passages
    assert limits is not None and limits.shared_share is not None
    began = time.process_time()
    shared = find_shared(train, held_out, limits.shared_share, limits.leak_run_words)
    kept = [one for number, one in enumerate(train) if number not in shared]
    audit(kept + held_out, limits)
    return {"seconds": time.process_time() - began, "shared": len(shared)}


def _all_pairs(train: list[Passage], held_out: list[Passage]) -> dict[str, float]:
    """Every passage against every other by the cosine of word weights, as scikit-learn's users do it.

    What grows with the passages (`linear`) and what with their pairs (`pairs`) is timed apart, to be scaled.
    It knows no order of words: what it calls alike is not what 02 does. A block of rows at a time.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    began = time.process_time()
    vectorizer = TfidfVectorizer()
    learned = vectorizer.fit_transform(one.text for one in train)
    unseen = vectorizer.transform(one.text for one in held_out)
    cut = time.process_time()
    repeats, leaks = 0, 0.0
    for start in range(0, len(train), BLOCK):
        block = cosine_similarity(learned[start : start + BLOCK], learned)
        earlier = np.tril(block >= ALIKE, start - 1)
        repeats += int(earlier.any(axis=1).sum())
    for start in range(0, len(held_out), BLOCK):
        leaks = max(leaks, float(cosine_similarity(unseen[start : start + BLOCK], learned).max()))
    return {"linear_seconds": cut - began, "pairs_seconds": time.process_time() - cut, "alike": repeats,
            "nearest": leaks}  # fmt: skip


if __name__ == "__main__":
    main()
