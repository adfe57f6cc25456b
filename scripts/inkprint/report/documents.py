"""The report's data where they are documents: pages, splits, what held-out text shares with train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkprint.records import Passage, read_records
from inkprint.report import facts
from inkprint.report.examples import Made

INPUTS = ("01_extract/documents.jsonl", "02_prepare/passages.jsonl", "02_prepare/leaks.json")
TEMPLATE = "documents"


def describe(inputs: dict[str, Path], examples: Sequence[Made]) -> dict[str, Any]:
    """Pages of each class, chapters and passages of each split, and the leak audit."""
    passages = list(read_records(inputs["02_prepare/passages.jsonl"], Passage))
    return {
        "pages": facts.page_classes(inputs["01_extract/documents.jsonl"]),
        "splits": facts.splits(passages, examples),
        "leaks": facts.read_json(inputs["02_prepare/leaks.json"]),
    }


def places(inputs: dict[str, Path]) -> dict[str, str]:
    """Where each passage stands."""
    passages = read_records(inputs["02_prepare/passages.jsonl"], Passage)
    return {passage.id: place(passage) for passage in passages}


def place(passage: Passage) -> str:
    """book.pdf, “Of Rope”, pages 14–15."""
    first, last = min(passage.pages), max(passage.pages)
    pages = f"page {first}" if first == last else f"pages {first}–{last}"
    return f"{passage.document}, “{passage.chapter}”, {pages}"
