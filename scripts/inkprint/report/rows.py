"""The report's data where they are tables: rows of each split, their labels, and where a row stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.jsonl import read_records
from inkprint.records import SplitRow
from inkprint.report.examples import Made
from inkprint.report.facts import SPLITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INPUTS = ("02_prepare/rows.jsonl",)
TEMPLATE = "rows"
LABELS_SHOWN = 30


def describe(inputs: dict[str, Path], examples: Sequence[Made]) -> dict[str, Any]:
    """Rows, groups, words and examples of each split; the splits' rows of each label."""
    rows, words = Counter[str](), Counter[str]()
    groups: dict[str, set[str]] = {split: set() for split in SPLITS}
    labels: dict[str, Counter[str]] = {}
    files = Counter[str]()
    for row in read_records(inputs["02_prepare/rows.jsonl"], SplitRow):
        rows[row.split] += 1
        words[row.split] += row.words
        files[row.source] += 1
        if "group" in row.fields:
            groups[row.split].add(row.fields["group"])
        if "label" in row.fields:
            labels.setdefault(row.fields["label"], Counter())[row.split] += 1
    made = Counter(example.split for example in examples)
    counted = {"rows": rows, "groups": Counter({split: len(of) for split, of in groups.items()}),
               "words": words, "examples": made}  # fmt: skip
    frequent = sorted(labels.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return {
        "counts": [
            {"name": name, **{split: of[split] for split in SPLITS}}
            for name, of in counted.items()
            if of.total()
        ],
        "labels": [
            {"label": label, **{split: of[split] for split in SPLITS}}
            for label, of in frequent[:LABELS_SHOWN]
        ],
        "more_labels": len(frequent[LABELS_SHOWN:]),
        "files": sorted(files.items()),
    }


def draw(inputs: dict[str, Path]) -> Iterator[tuple[str, tuple[str, str], Figure]]:
    """Rows have no pages, and so no strips."""
    return iter(())


def places(inputs: dict[str, Path]) -> dict[str, str]:
    """Where each row stands: reviews.csv.gz, row 14."""
    rows = read_records(inputs["02_prepare/rows.jsonl"], SplitRow)
    return {row.id: f"{row.source}, row {row.row:,}" for row in rows}
