"""The rows of near-duplicates and leaks, and of recited runs: 02 and 06 against the plain way to do it."""

from __future__ import annotations

import random
import time
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from goals import Goal, Row
from inkprint.runs import Stretch, index_stretches, longest_runs
from inkprint.words import words as words_of
from once import once
from zipf import spelled, words

LINEAR = Goal(12.0, most=True)
MEMORY = Goal(2.0, " GB", most=True)
RECITED = Goal(100.0)
LIMIT_SECONDS = 240  # of CPU, of one size: so that the whole table stays within its half hour
SOURCE_WORDS = 100  # of a stretch of training text
MOST_PLANTED = 40  # words in a row that an answer has from it


def measure_alike(sizes: tuple[int, int], sample: int, length: int) -> dict[str, dict[str, Any]]:
    """CPU seconds and memory of 02's near-duplicates and leaks at two sizes, and of all pairs on a sample."""
    found = {}
    for part in ("alike", "leak"):
        for name, count in zip(("small", "large"), sizes, strict=True):
            found[f"{part} {name}"] = _once("inkprint", part, count, length)
    return found | {"pairs": _once("sklearn", "", sample, length)}


def _once(side: str, part: str, count: int, length: int) -> dict[str, Any]:
    job = {"side": side, "part": part, "passages": count, "words": length, "limit_seconds": LIMIT_SECONDS}
    return once("alike_once.py", job) | {"passages": count}


def alike_rows(found: dict[str, dict[str, Any]], length: int) -> list[Row]:
    """How time grows, and memory. A size that was stopped took so long at least, and its row says so."""
    pairs = found["pairs"]
    scale = found["alike large"]["passages"] / pairs["passages"]
    whole = pairs["linear_seconds"] * scale + pairs["pairs_seconds"] * scale**2
    against = f"scikit-learn, all pairs of {pairs['passages']:,}, scaled: {whole:,.0f} s"
    rows = []
    for part, name in (("alike", "near-duplicates"), ("leak", "leak audit")):
        small, large = found[f"{part} small"], found[f"{part} large"]
        stopped = "stopped_seconds" in large
        took = large["stopped_seconds" if stopped else "seconds"]
        what = f"{name}, {large['passages']:,} passages of {length} words, of {small['passages']:,}"
        ours = f"{'over ' * stopped}{took:.1f} s, {small['seconds']:.1f} s"
        note = "stopped: the value is the least that it can be" if stopped else ""
        rows.append(Row("duplicates", what, LINEAR, took / small["seconds"], ours, against, note))
        gigabytes = large["bytes"] / 1e9
        rows.append(
            Row("duplicates", f"{name}: memory", MEMORY, gigabytes, f"{gigabytes:.2f} GB",
                f"scikit-learn, {pairs['passages']:,}: {pairs['bytes'] / 1e9:.2f} GB", note)
        )  # fmt: skip
    return rows


def measure_recited(text_words: int, answers: int, sample: int) -> dict[str, float]:
    """CPU seconds of the longest run of every answer in the text, and of difflib on a sample of them.

    Both have what they know of the text made once, for all answers. They must find runs of one length.
    """
    text = words(1, text_words)
    said = _answers(text, answers)
    began = time.process_time()
    stretches = (text[start : start + SOURCE_WORDS] for start in range(0, text_words, SOURCE_WORDS))
    index = index_stretches(Stretch(f"passage-{n}", spelled(own), n > 0) for n, own in enumerate(stretches))
    found = [run.words for run in longest_runs(said, index)]
    ours = time.process_time() - began
    learned = words_of(spelled(text))
    began = time.process_time()
    matcher = SequenceMatcher(None, autojunk=False)  # with its junk rule it leaves the frequent words out
    matcher.set_seq2(learned)
    ready = time.process_time()
    for answer, own in zip(said[:sample], found, strict=False):
        matcher.set_seq1(words_of(answer))
        theirs = matcher.find_longest_match().size
        assert theirs == own, f"a run of {own} words here, of {theirs} by difflib"
    took = time.process_time() - ready
    return {"seconds": ours, "difflib_seconds": ready - began + took * answers / sample,
            "answers": answers, "words": text_words, "sample": sample}  # fmt: skip


def _answers(text: np.ndarray, count: int) -> list[str]:
    """Answers of 40 to 120 words of their own; every second one has a run of the text in it."""
    dice = random.Random(2)
    made = []
    for number in range(count):
        own = words(number + 100, dice.randint(40, 120))
        if number % 2:
            length = dice.randint(5, MOST_PLANTED)
            start = dice.randrange(len(text) - length)
            own = np.concatenate([own[:20], text[start : start + length], own[20:]])
        made.append(spelled(own))
    return made


def recited_row(found: dict[str, float]) -> Row:
    return Row(
        "recited", f"longest recited run, {found['answers']:,} answers, {found['words']:,} words", RECITED,
        found["difflib_seconds"] / found["seconds"], f"{found['seconds']:.2f} s",
        f"difflib, {found['sample']} answers, scaled: {found['difflib_seconds']:,.0f} s",
    )  # fmt: skip
