"""The report's data where they are documents: pages, splits, what held-out text shares with train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.jsonl import read_records
from inkprint.records import Page, Passage
from inkprint.report import facts
from inkprint.report.examples import Made

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INPUTS = ("01_extract/documents.jsonl", "02_prepare/passages.jsonl", "02_prepare/leaks.json")
TEMPLATE = "documents"
STRIPS = ("What became of every page", "Every book from its first page to its last. Full height: kept, in"
          " the colour of the split that its text went to, hollow where it is in no passage."
          " Low: dropped.")  # fmt: skip


def describe(inputs: dict[str, Path], examples: Sequence[Made]) -> dict[str, Any]:
    """Pages of each class, chapters and passages of each split, and the leak audit."""
    passages = list(read_records(inputs["02_prepare/passages.jsonl"], Passage))
    return {
        "pages": facts.page_classes(inputs["01_extract/documents.jsonl"]),
        "splits": facts.splits(passages, examples),
        "leaks": facts.read_json(inputs["02_prepare/leaks.json"]),
    }


def draw(inputs: dict[str, Path]) -> Iterator[tuple[str, tuple[str, str], Figure]]:
    """Name, title and caption, and figure: the strips, of the longest books where there are many."""
    from inkprint.report import strips

    passages = read_records(inputs["02_prepare/passages.jsonl"], Passage)
    found = strips.books(read_records(inputs["01_extract/documents.jsonl"], Page), passages)
    shown = sorted(found, key=lambda book: -len(book[1]))[: strips.BOOKS_SHOWN]
    title, caption = STRIPS
    if len(found) > len(shown):
        caption += f" The {len(shown)} longest of {len(found):,} documents."
    if shown:
        yield "strips", (title, caption), strips.draw_strips(shown)


def places(inputs: dict[str, Path]) -> dict[str, str]:
    """Where each passage stands."""
    passages = read_records(inputs["02_prepare/passages.jsonl"], Passage)
    return {passage.id: place(passage) for passage in passages}


def place(passage: Passage) -> str:
    """book.pdf, “Of Rope”, pages 14–15."""
    first, last = min(passage.pages), max(passage.pages)
    pages = f"page {first}" if first == last else f"pages {first}–{last}"
    return f"{passage.document}, “{passage.chapter}”, {pages}"
