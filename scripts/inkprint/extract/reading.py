"""One document from its file to the records of its pages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.errors import UserError
from inkprint.extract.documents import check, content_of, labels_of, opened, outline_of
from inkprint.extract.overrides import Overrides
from inkprint.hashes import hash_file
from inkprint.recipe import Extract
from inkprint.records import ChapterStart, MarkedLine, Page, RemovedLine, content_id

if TYPE_CHECKING:
    from inkprint.extract.lines import RawPage
    from inkprint.extract.ocr import Tell


def read_document(
    name: str, path: Path, overrides: Overrides, settings: Extract, tessdata: str, tell: Tell
) -> list[Page]:
    """Every page of one document, judged. Raises UserError when it has no text to keep.

    tessdata: the folder with Tesseract's languages, or "". tell: called for every page that OCR has read.
    """
    from inkprint.extract.book import has_text, read_book
    from inkprint.extract.formats import flowing_pages, kind_of

    check(path)
    content = content_of(path)
    try:
        kind = kind_of(content)
        if kind != "other":
            raw, outline = flowing_pages(content, kind)
        else:
            with opened(path, content, settings.password_env) as document:
                raw, outline = _raw_pages(document, settings, tessdata, tell), outline_of(document)
    except RecursionError:
        raise UserError(f"{path}: its parts are nested too deeply; remove it") from None
    except UserError as error:
        said = str(error)
        raise UserError(said if said.startswith(str(path)) else f"{path}: {said}") from None
    sheets = read_book(raw, outline, kind == "other", overrides, settings.drop, settings.matter == "keep")
    if not has_text(sheets):
        raise UserError(nothing_kept(path, Counter(sheet.page_class for sheet in sheets)))
    digest = hash_file(path)
    return [page_record(name, digest, sheet) for sheet in sheets]


def _raw_pages(document: Any, settings: Extract, tessdata: str, tell: Tell) -> list[RawPage]:
    """Every page as lines, whether they stand in the file or are seen by OCR."""
    from inkprint.extract.ocr import read_unreadable, why_unreadable
    from inkprint.extract.spans import page_spans, read_page

    pages: list[RawPage] = []
    reasons: dict[int, str] = {}
    for at, label in enumerate(labels_of(document)):
        try:
            page = document.load_page(at)
            found = page_spans(page)
            pages.append(read_page(page, at + 1, label, found))
            why = why_unreadable(page, pages[at], found)
        except (RuntimeError, ValueError, IndexError) as error:
            said = " ".join(str(error).split())
            raise UserError(f"damaged, page {at + 1} cannot be read ({said}); get it again") from None
        if why:
            reasons[at] = why
    return read_unreadable(document, pages, reasons, settings, tessdata, tell)


def nothing_kept(path: Path, classes: Counter[str]) -> str:
    """One line for a document without any text to keep."""
    pages = sum(classes.values())
    if classes["no_text"] + classes["cover"] == pages:
        return f"{path}: all {pages} pages are pictures without text that could be read; remove it"
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
        evidence=sheet.evidence + (f"; read by {sheet.raw.read_by}" if sheet.raw.read_by else ""),
        continues=sheet.continues,
        chapters=[ChapterStart(title=title, at=at) for title, at in sheet.chapter_starts()]
        if sheet.kept
        else [],
        text=sheet.text,
        removed=[RemovedLine(text=text, reason=reason) for text, reason in sheet.removed],
        marked=[MarkedLine(text=text, kind=kind) for text, kind in sheet.marked],
    )
