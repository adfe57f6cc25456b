"""Turn documents into pages of clean text, and say of every page and line what it is and why.

Reads   the recipe's extract.data      a PDF, EPUB or text file, or a folder of them
        overrides.yaml beside them     {"book.pdf": {"keep": ["12-16"], "drop": ["313-352"]}}, if it is there
Writes  01_extract/documents.jsonl     {"id": "page-3f9a12c04be1", "document": "book.pdf",
                                        "document_sha256": "9b1c…", "page": 14, "label": "8",
                                        "page_class": "body", "kept": true, "reason": "",
                                        "evidence": "outline entry 'Of the Rope' on page 12",
                                        "continues": true, "chapters": [{"title": "Of the Rope", "at": 410}],
                                        "text": "…", "removed": [{"text": "8", "reason": "page number"}]}
        01_extract/rejects.jsonl       {"id": "reject-…", "source_id": "…", "reason": "…", "text": "…"}

    python scripts/01_extract.py recipes/demo.yaml

Time: about 250 pages a second. Memory: 100 MB and a book's pages.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.extract.documents import find_documents, is_plain_text, opened, outline_of, read_text
from inkprint.extract.overrides import OVERRIDES, Overrides, overrides_file, read_overrides
from inkprint.hashes import hash_file
from inkprint.recipe import ROOT
from inkprint.records import ChapterStart, Page, Reject, RemovedLine, content_id, write_records

FORMAT = 1


def main(command: Command) -> None:
    """Read every document, judge every page, write all of them down."""
    data = (ROOT / command.recipe.extract.data).resolve()
    stage = _stage(command, data)
    if command.settled(stage):
        return
    # PyMuPDF loads ONNX Runtime, which would otherwise report its use to its maker.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    documents = find_documents(data)
    if not documents:
        raise UserError(f"{data}: no documents in it; put PDF, EPUB or text files there")
    plain = {name: is_plain_text(path) for name, path in documents.items()}  # cheap checks first
    overrides = read_overrides(overrides_file(data), list(documents))
    pages: list[Page] = []
    for name, path in command.working().progress(documents.items(), "documents", len(documents)):
        pages += read_document(name, path, plain[name], overrides.get(name, Overrides()))
        print("\n".join(summary(name, [page for page in pages if page.document == name])), flush=True)
    kept = sum(page.kept for page in pages)
    with stage.writing() as folder:
        write_records(folder / "documents.jsonl", pages)
        rejects: list[Reject] = []  # a file that cannot be read stops the run, so far
        write_records(folder / "rejects.jsonl", rejects)
        counts = {"unit": "pages", "in": len(pages), "out": kept, "rejected": len(pages) - kept, "failed": 0}
        stage.finish(counts, documents={name: facts(pages, name) for name in documents})
    print(f"   kept {kept} of {len(pages)} pages of {len(documents)} documents -> {stage.folder}")


def _stage(command: Command, data: Path) -> Stage:
    documents = find_documents(data) if data.exists() else {}
    if overrides_file(data).is_file():
        documents[OVERRIDES] = overrides_file(data)
    return Stage(
        run_folder=command.run_folder,
        name="extract",
        format_number=FORMAT,
        settings={"extract": command.recipe.extract.model_dump(exclude={"data"})},
        seed=command.recipe.seed,
        inputs={f"data/{name}": path for name, path in documents.items()},
        absent={} if data.exists() else {"data/": data},
        script=command.script,
    )


def read_document(name: str, path: Path, plain: bool, overrides: Overrides) -> list[Page]:
    """Every page of one document, judged. Raises UserError when it has no text to keep."""
    from inkprint.extract.book import has_text, read_book
    from inkprint.extract.plain import text_pages

    if plain:
        sheets = read_book(text_pages(read_text(path) or ""), [], False, overrides)
    else:
        from inkprint.extract.lines import read_page

        with opened(path) as document:
            raw = [read_page(page, number) for number, page in enumerate(document, start=1)]
            sheets = read_book(raw, outline_of(document), True, overrides)
    if beyond := sorted((overrides.keep | overrides.drop) - {sheet.raw.number for sheet in sheets}):
        raise UserError(f"{OVERRIDES}: {name}: no page {beyond[0]}; it has {len(sheets)}")
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
    )


def facts(pages: list[Page], name: str) -> dict[str, Any]:
    """What the manifest says about one document."""
    own = [page for page in pages if page.document == name]
    kept = [page for page in own if page.kept]
    return {
        "pages": len(own),
        "kept": len(kept),
        "dropped": dict(sorted(Counter(page.page_class for page in own if not page.kept).items())),
        "chapters": sum(len(page.chapters) for page in kept),
        "words": sum(len(page.text.split()) for page in kept),
        "removed": dict(sorted(Counter(line.reason for page in kept for line in page.removed).items())),
    }


def summary(name: str, pages: list[Page]) -> Iterator[str]:
    """What a person should see of one document."""
    found = facts(pages, name)
    yield (
        f"   {name}: {found['kept']} of {found['pages']} pages kept,"
        f" {found['chapters']} chapters, {found['words']:,} words"
    )
    for page_class, count in found["dropped"].items():
        numbers = [page.page for page in pages if page.page_class == page_class]
        printed = _printed([page for page in pages if page.page_class == page_class == "override"])
        yield f"     dropped {count:4} {page_class:<12} {_ranges(numbers)}{printed}"
    if by_hand := [page for page in pages if page.kept and page.evidence.startswith(OVERRIDES)]:
        yield f"     {OVERRIDES} keeps {_ranges([page.page for page in by_hand])}{_printed(by_hand)}"
    removed = ", ".join(f"{count} x {reason}" for reason, count in found["removed"].items())
    if removed:
        yield f"     taken out of kept pages: {removed}"
    if scanned := found["dropped"].get("no_text", 0):
        yield f"     WARNING: {scanned} pages are pictures without text; run OCR if they are text"


def _printed(pages: list[Page]) -> str:
    """Printed numbers beside those of the file, for who looks into the book."""
    labels = [page.label for page in pages if page.label]
    return f" (printed {labels[0]} to {labels[-1]})" if labels else ""


def _ranges(numbers: list[int]) -> str:
    """Page numbers as a person writes them: p. 9-11, 14."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return "p. " + ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in parts)


if __name__ == "__main__":
    start(main, __doc__, __file__)
