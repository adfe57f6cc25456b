"""The rows of near-duplicates and leaks, and of recited runs: 02 and 06 against the plain way to do it."""

from __future__ import annotations

import random
import subprocess
import time
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from goals import Goal, Row
from inkprint.runs import Stretch, index_stretches, longest_run
from inkprint.words import words as words_of
from once import once
from zipf import spelled, words

LINEAR = Goal(12.0, most=True)
MEMORY = Goal(2.0, " GB", most=True)
RECITED = Goal(100.0)
LIMIT_SECONDS = 300.0  # of one size: so that the whole table stays within its half hour
SOURCE_WORDS = 100  # of a stretch of training text
MOST_PLANTED = 40  # words in a row that an answer has from it


def measure_alike(sizes: tuple[int, int], sample: int, length: int) -> dict[str, dict[str, Any]]:
    """CPU seconds and memory of 02's way at two sizes, and of all pairs on a sample."""
    found: dict[str, dict[str, Any]] = {}
    for side, count in (("inkprint", sizes[0]), ("inkprint", sizes[1]), ("sklearn", sample)):
        job = {"side": side, "passages": count, "words": length}
        try:
            found[f"{side} {count}"] = once("alike_once.py", job, LIMIT_SECONDS) | {"passages": count}
        except subprocess.TimeoutExpired:
            found[f"{side} {count}"] = {"passages": count, "stopped_seconds": LIMIT_SECONDS}
    return found


def alike_rows(found: dict[str, dict[str, Any]], length: int) -> list[Row]:
    small, large, pairs = found.values()
    scale = large["passages"] / pairs["passages"]
    whole = pairs["linear_seconds"] * scale + pairs["pairs_seconds"] * scale**2
    against = f"scikit-learn, all pairs of {pairs['passages']:,}, scaled: {whole:,.0f} s"
    rows = []
    for name, what in (("alike", "near-duplicates"), ("leak", "leak audit")):
        what = f"{what}, {large['passages']:,} passages of {length} words; {small['passages']:,}"
        if "stopped_seconds" in large:
            note = f"{large['passages']:,} passages took more than {LIMIT_SECONDS:.0f} s in all"
            rows.append(Row("duplicates", what, LINEAR, note=note))
            continue
        times = [size[f"{name}_seconds"] for size in (large, small)]
        ours = f"{times[0]:.1f} s; {times[1]:.1f} s"
        rows.append(Row("duplicates", what, LINEAR, times[0] / times[1], ours, against))
    if "stopped_seconds" not in large:
        gigabytes = large["bytes"] / 1e9
        rows.append(
            Row("duplicates", "memory of the two", MEMORY, gigabytes, f"{gigabytes:.2f} GB",
                f"scikit-learn, {pairs['passages']:,}: {pairs['bytes'] / 1e9:.2f} GB")
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
    found = [longest_run(answer, index).words for answer in said]
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
