"""How long training is: the real run's steps, and the few of a rehearsal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from inkprint.demo.prose import read_prose
from inkprint.recipe_train import Tuning
from inkprint.rehearse.made_up import PROSE
from inkprint.train.plan import Plan

STEPS, EVERY_STEPS = 4, 2
LEAST_CHARACTERS, MOST_CHARACTERS = 400_000, 2_000_000  # for a tokenizer


def steps_an_epoch(rows: int, settings: Tuning) -> int:
    """Optimizer steps in which every row is seen once."""
    return replace(Plan.of(settings, [0] * rows, seed=0), epochs=1).steps


def shorten(train: dict[str, Any], epoch_steps: int) -> None:
    """Change a recipe's section train, in place, to a few steps with evaluations and checkpoints in them."""
    if train["epochs"] * epoch_steps > STEPS:
        train["epochs"] = (STEPS - 0.5) / epoch_steps  # rounded up, also where 04 rejects a few rows
    for key in ("evaluate_every_steps", "save_every_steps"):
        train[key] = min(train[key], EVERY_STEPS)


def split_counts(examples: Path) -> Counter[str]:
    """How many examples each split has."""
    counts = Counter(train=0, validation=0, test=0)
    counts.update(example["split"] for example in _examples(examples))
    return counts


def texts(examples: Path) -> Iterator[str]:
    """What a tokenizer is made of: the examples, and where they are few the demo's prose, too."""
    size = 0
    for example in _examples(examples):
        messages = [
            message["content"] for key in ("prompt", "completion") for message in example.get(key, ())
        ]
        text = "\n\n".join([*messages, example.get("text", "")])
        size += len(text)
        yield text
        if size > MOST_CHARACTERS:
            return
    if size < LEAST_CHARACTERS:
        yield from (f"{prompt}\n\n{answer}" for prompt, answer in read_prose(PROSE))


def _examples(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            yield json.loads(line)
