"""One document from its file to the records of its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.extract.documents import is_plain_text, opened, outline_of, read_text
from inkprint.extract.overrides import Overrides
from inkprint.hashes import hash_file
from inkprint.records import ChapterStart, MarkedLine, Page, RemovedLine, content_id


def read_document(name: str, path: Path, overrides: Overrides, drop: Sequence[str]) -> list[Page]:
    """Every page of one document, judged. Raises UserError when it has no text to keep."""
    from inkprint.extract.book import has_text, read_book
    from inkprint.extract.plain import text_pages

    if is_plain_text(path):
        sheets = read_book(text_pages(read_text(path) or ""), [], False, overrides, drop)
    else:
        from inkprint.extract.lines import read_page

        with opened(path) as document:
            raw = [read_page(page, number) for number, page in enumerate(document, start=1)]
            sheets = read_book(raw, outline_of(document), True, overrides, drop)
    if not has_text(sheets):
        raise UserError(nothing_kept(path, Counter(sheet.page_class for sheet in sheets)))
    digest = hash_file(path)
    return [page_record(name, digest, sheet) for sheet in sheets]


def nothing_kept(path: Path, classes: Counter[str]) -> str:
    """One line for a document without any text to keep."""
    pages = sum(classes.values())
    if classes["no_text"] + classes["cover"] == pages:
        return (
            f"{path}: all {pages} pages are pictures without text (scanned);"
            " run OCR first (ocrmypdf in.pdf out.pdf), or remove it"
        )
    found = ", ".join(f"{count} {name}" for name, count in sorted(classes.items()))
    return f"{path}: no text to keep in its {pages} pages ({found}); remove it"


def page_record(name: str, digest: str, sheet: Any) -> Page:
    """The record of a judged page (an inkprint.extract.book.Sheet)."""
    from inkprint.extract.classes import REASONS

    number = sheet.raw.number
    return Page(
        id=content_id("page", digest, number),
        document=name,
        document_sha256=digest,
        page=number,
        label=sheet.label,
        page_class=sheet.page_class,
        kept=sheet.kept,
        reason="" if sheet.kept else REASONS[sheet.page_class],
        evidence=sheet.evidence,
        continues=sheet.continues,
        chapters=[ChapterStart(title=title, at=at) for title, at in sheet.chapter_starts()]
        if sheet.kept
        else [],
        text=sheet.text,
        removed=[RemovedLine(text=text, reason=reason) for text, reason in sheet.removed],
        marked=[MarkedLine(text=text, kind=kind) for text, kind in sheet.marked],
    )
