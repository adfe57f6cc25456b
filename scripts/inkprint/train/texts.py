"""Texts with their labels, as both kinds of classifier learn them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.jsonl import read_records
from inkprint.records import LabelledText, Reject, content_id


@dataclass
class Texts:
    """The texts of each split, and the labels of train, sorted: the order in which a model knows them."""

    labels: list[str]
    train: list[LabelledText]
    validation: list[LabelledText]
    rejects: list[Reject]


def read_texts(examples: Path) -> Texts:
    """Read 03's examples. A validation text whose label train does not have is rejected.

    Raises UserError where train has fewer than two labels, or validation no text.
    """
    read = list(read_records(examples, LabelledText))
    train = [example for example in read if example.split == "train"]
    labels = sorted({example.label for example in train})
    if len(labels) < 2:
        raise UserError(
            f"train: {len(labels)} labels among {len(train)} train texts; there must be two or more"
        )
    held_out = [example for example in read if example.split == "validation"]
    validation = [example for example in held_out if example.label in labels]
    if not validation:
        raise UserError("train: no validation text has a label that train has")
    return Texts(labels, train, validation, list(_unknown(held_out, labels)))


def _unknown(held_out: Iterable[LabelledText], labels: list[str]) -> Iterable[Reject]:
    for example in held_out:
        if example.label not in labels:
            name = content_id("reject", example.id)
            yield Reject(
                id=name,
                source_id=example.id,
                reason="unknown label",
                text=example.text,
                detail=f"no train text has {example.label!r:.60}",
            )


def prove_labels(texts: Texts, read: str, truncated: int) -> dict[str, Any]:
    """What is learned from: counts by split and label, and the first train text as the model reads it.

    truncated: texts of train and validation whose end is not read.
    """
    splits = {"train": texts.train, "validation": texts.validation}
    counts = {split: Counter(example.label for example in own) for split, own in splits.items()}
    first = texts.train[0]
    return {
        "loss": "label",
        "rows": {split: len(own) for split, own in splits.items()},
        "labels": {split: {label: own[label] for label in texts.labels} for split, own in counts.items()},
        "truncated": truncated,
        "rejected": dict(Counter(reject.reason for reject in texts.rejects)),
        "sample": {"example_id": first.id, "prompt": read, "supervised": first.label},
    }
