"""What 01 and 02 did to the books, to be looked at before anything is paid for: review.html and pages.csv.

The page needs no script and no network: a cell of a book's strip is a link, and the page that it leads to
is shown because it is the target of the address.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from inkprint.html import page_style, templates
from inkprint.jsonl import read_records
from inkprint.records import ChapterSummary, Page, Passage, Reject

FOLDER = Path(__file__).parent
COLUMNS = (
    "document",
    "page",
    "printed",
    "class",
    "kept",
    "split",
    "words",
    "removed_lines",
    "reason",
    "evidence",
)
SPLITS = ("train", "validation", "test")
LeftOut = list[tuple[Passage, Reject]]
Splits = dict[tuple[str, int], list[str]]  # by document and page: in the order of its chapters, none twice


def write_review(
    documents: Path,
    chapters: list[ChapterSummary],
    left_out: LeftOut,
    folder: Path,
    title: str,
    held_out: str,
) -> None:
    """Write pages.csv and review.html. One document's pages are in memory at a time.

    held_out: a sentence on what was.
    """
    splits = _splits(chapters)
    with (folder / "pages.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow(COLUMNS)
        for page in read_records(documents, Page):
            row = (page.document, page.page, page.label, page.page_class, page.kept)
            split = " ".join(splits.get((page.document, page.page), []))
            words = len(page.text.split())
            table.writerow((*row, split, words, len(page.removed), page.reason, page.evidence))
    page = templates(FOLDER).get_template("review.html.j2")
    style = page_style(FOLDER / "review.css")
    books = _books(documents, chapters, left_out, splits)
    with (folder / "review.html").open("w", encoding="utf-8") as handle:
        handle.writelines(page.generate(title=title, held_out=held_out, style=style, books=books))


def _splits(chapters: list[ChapterSummary]) -> Splits:
    found: dict[tuple[str, int], dict[str, None]] = defaultdict(dict)
    for chapter in chapters:
        for number in chapter.pages:
            found[chapter.document, number][chapter.split] = None
    return {place: list(names) for place, names in found.items()}


def _books(
    documents: Path, chapters: list[ChapterSummary], left_out: LeftOut, splits: Splits
) -> Iterator[dict[str, Any]]:
    """What the template shows of each document."""
    chapters_of: dict[str, list[ChapterSummary]] = defaultdict(list)
    for chapter in chapters:
        chapters_of[chapter.document].append(chapter)
    left_of: dict[str, LeftOut] = defaultdict(list)
    for passage, reject in left_out:
        left_of[passage.document].append((passage, reject))
    grouped = groupby(read_records(documents, Page), key=lambda page: page.document)
    for number, (name, group) in enumerate(grouped, start=1):
        pages = list(group)
        own, left = chapters_of[name], left_of[name]
        yield {
            "number": number,
            "name": name,
            "pages": [(page, splits.get((name, page.page), [])) for page in pages],
            "kept": sum(page.kept for page in pages),
            "dropped": Counter(page.page_class for page in pages if not page.kept).most_common(),
            "removed": Counter(line.reason for page in pages for line in page.removed).most_common(),
            "words": {name: sum(c.words for c in own if c.split == name) for name in SPLITS},
            "left_out": left,
            "reasons": Counter(reject.reason for _, reject in left).most_common(),
            "chapters": own,
        }
