"""Turn documents into pages of clean text, and say of every page and line what it is and why.

Tables become rows of the columns that the recipe maps: that is inkprint/extract/rows.py.

Reads   the recipe's extract.data      PDF, EPUB, DOCX, HTML, Markdown, text: a file or a folder; or tables
        overrides.yaml beside them     {"book.pdf": {"keep": ["12-16"], "drop": ["313-352"]}}, if it is there
Writes  01_extract/documents.jsonl     {"id": "page-3f9a12c04be1", "document": "book.pdf",
                                        "document_sha256": "9b1c…", "page": 14, "label": "8",
                                        "page_class": "body", "kept": true, "reason": "",
                                        "evidence": "outline entry 'Of the Rope' on page 12",
                                        "continues": true, "chapters": [{"title": "Of the Rope", "at": 410}],
                                        "text": "…", "removed": [{"text": "8", "reason": "page number"}],
                                        "marked": [{"text": "1/2 + 1/4 = 3/4", "kind": "formula"}]}
        01_extract/background.jsonl    the same of other authors' books, where evaluate.background names some
        01_extract/rows.jsonl          {"id": "row-5d1f0a77c0de", "source": "reviews.csv", "row": 14,
                                        "fields": {"text": "…", "label": "positive"}}, of tables, instead
        01_extract/rejects.jsonl       {"id": "reject-…", "source_id": "…", "reason": "…", "text": "…"}

    python scripts/01_extract.py recipes/demo.yaml

Time: about 250 pages a second on each core, up to four at a time. Memory: 100 MB and a book's pages for each.
A file that cannot be read stops the run; with `on_error: reject` it is left out, with the reason.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from inkprint import background
from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.extract.apart import Document, Read, read_apart, start_server
from inkprint.extract.documents import UNREAD, check, find_documents
from inkprint.extract.ocr import find_tessdata, ranges
from inkprint.extract.overrides import OVERRIDES, Overrides, overrides_file, read_overrides
from inkprint.extract.reading import read_document
from inkprint.jsonl import read_records, write_records
from inkprint.recipe import Recipe
from inkprint.records import Page, Reject, content_id

FORMAT = 3
MOST_WORKERS = 4  # documents read at a time: each takes up to 0.4 GB


def main(command: Command) -> None:
    """Read every document, judge every page, write all of them down."""
    if command.recipe.extract.columns is not None:
        from inkprint.extract.rows import extract_rows

        extract_rows(command)
        return
    data = command.recipe.extract.path
    others = find_background(command.recipe)
    stage = _stage(command, data, others)
    if command.settled(stage, lambda: check_background(command.recipe, others)):
        return
    own = find_documents(data)
    if not own:
        raise UserError(f"{data}: no documents in it; put PDF, EPUB or text files there")
    documents = own | others
    if command.recipe.extract.on_error == "stop":
        for path in documents.values():  # cheap checks of all before the first is read
            check(path)
    start_server()  # half a second of imports, while this process sees to the rest
    overrides = read_overrides(overrides_file(data), list(own))
    settings = command.recipe.extract
    tessdata = find_tessdata(settings.ocr_language)
    jobs = {
        name: partial(read_document, name, path, overrides.get(name, Overrides()), settings, tessdata)
        for name, path in documents.items()
    }
    with stage.writing() as folder, TemporaryDirectory(dir=command.run_folder) as scratch:
        found: dict[str, dict[str, Any]] = {}
        rejects: list[Reject] = []
        largest_bytes = 0
        with (folder / "documents.jsonl").open("wb") as records, background_records(folder, others) as beside:
            for document in _read(command, jobs, documents, Path(scratch)):
                largest_bytes = max(largest_bytes, document.peak_bytes)
                if document.problem:
                    rejects.append(_refused(command, document))
                    continue
                found[document.name] = _said(document, overrides.get(document.name, Overrides()))
                (beside if document.name in others else records).write(document.records.read_bytes())
        if not own.keys() & found.keys():
            raise UserError(f"{data}: none of its {len(own)} documents could be read: {rejects[0].detail}")
        check_background(command.recipe, others.keys() & found.keys())
        write_records(folder / "rejects.jsonl", rejects)
        pages_in, kept = (sum(of_one[key] for of_one in found.values()) for key in ("pages", "kept"))
        counts = {
            "unit": "pages", "in": pages_in + len(rejects), "out": kept, "rejected": pages_in - kept,
            "failed": len(rejects),
        }  # fmt: skip
        stage.finish(counts, largest_bytes, documents=found)
    print(f"   kept {kept} of {pages_in} pages of {len(found)} documents -> {stage.folder}")


def _refused(command: Command, document: Document) -> Reject:
    """The record of a document that cannot be read. Raises UserError where that stops the run."""
    if document.trace:
        with command.working().quiet():
            print(document.trace)
    if command.recipe.extract.on_error == "stop":
        raise UserError(document.problem)
    print(f"   {document.name}: rejected: {document.problem}", flush=True)
    name, problem = document.name, document.problem
    return Reject(
        id=content_id("reject", name, problem), source_id=name, reason=UNREAD, text="", detail=problem
    )


def _said(document: Document, decided: Overrides) -> dict[str, Any]:
    """What the manifest says of a document that was read; printed as well."""
    pages = list(read_records(document.records, Page))
    _check_numbers(document.name, decided, len(pages))
    found = facts(pages)
    print("\n".join(summary(document.name, pages, found)), flush=True)
    return found


def _read(
    command: Command, jobs: dict[str, Read], paths: dict[str, Path], scratch: Path
) -> Iterator[Document]:
    """Every document in its turn; the bar, or lines, also tell how far OCR is with one that takes long."""
    workers = min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    largest_first = sorted(jobs, key=lambda name: paths[name].stat().st_size, reverse=True)
    with command.working().counter("documents", len(jobs)) as advance:
        done = 0

        def told(name: str, pages: int, of: int) -> None:
            advance(done, note=f"{name}: OCR has read {pages} of {of} pages")

        for document in read_apart(jobs, scratch, workers, told, largest_first=largest_first):
            yield document
            done += 1
            advance(done)


def _check_numbers(name: str, decided: Overrides, pages: int) -> None:
    """Raise UserError for a page that the document does not have: no fault of the document, so it stops."""
    if beyond := sorted(number for number in decided.keep | decided.drop if number > pages):
        raise UserError(f"{OVERRIDES}: {name}: no page {beyond[0]}; it has {pages}")


def find_background(recipe: Recipe) -> dict[str, Path]:
    """Other authors' documents by the names that their pages bear; none where the recipe names no folder."""
    folder = recipe.background
    return {} if folder is None or not folder.exists() else background.named(find_documents(folder))


def check_background(recipe: Recipe, others: Iterable[str]) -> None:
    """Raise UserError where the recipe names a folder and too few authors are in it."""
    if recipe.background is not None:
        background.check_authors(recipe.background, others)


def background_records(folder: Path, others: dict[str, Path]) -> AbstractContextManager[IO[bytes]]:
    """Where other authors' pages go: nowhere, if there are none."""
    return (folder / "background.jsonl").open("wb") if others else BytesIO()


def _stage(command: Command, data: Path, others: dict[str, Path]) -> Stage:
    documents = find_documents(data) if data.exists() else {}
    if overrides_file(data).is_file():
        documents[OVERRIDES] = overrides_file(data)
    return Stage(
        run_folder=command.run_folder,
        name="extract",
        format_number=FORMAT,
        settings={"extract": command.recipe.extract.model_dump(exclude={"data"})},
        seed=command.recipe.seed,
        inputs={f"data/{name}": path for name, path in documents.items()} | others,
        absent={} if data.exists() else {"data/": data},
        script=command.script,
    )


def facts(pages: list[Page]) -> dict[str, Any]:
    """What the manifest says about one document."""
    kept = [page for page in pages if page.kept]
    return {
        "pages": len(pages),
        "kept": len(kept),
        "ocr": sum("; read by Tesseract" in page.evidence for page in pages),
        "dropped": dict(sorted(Counter(page.page_class for page in pages if not page.kept).items())),
        "chapters": sum(len(page.chapters) for page in kept),
        "words": sum(len(page.text.split()) for page in kept),
        "removed": dict(sorted(Counter(line.reason for page in kept for line in page.removed).items())),
    }


def summary(name: str, pages: list[Page], found: dict[str, Any]) -> Iterator[str]:
    """What a person should see of one document, of which `facts` found this."""
    yield (
        f"   {name}: {found['kept']} of {found['pages']} pages kept, {found['ocr']} read by OCR,"
        f" {found['chapters']} chapters, {found['words']:,} words"
    )
    for page_class, count in found["dropped"].items():
        numbers = [page.page for page in pages if page.page_class == page_class]
        printed = _printed([page for page in pages if page.page_class == page_class == "override"])
        yield f"     dropped {count:4} {page_class:<12} {ranges(numbers)}{printed}"
    if by_hand := [page for page in pages if page.kept and page.evidence.startswith(OVERRIDES)]:
        yield f"     {OVERRIDES} keeps {ranges([page.page for page in by_hand])}{_printed(by_hand)}"
    removed = ", ".join(f"{count} x {reason}" for reason, count in found["removed"].items())
    if removed:
        yield f"     taken out of kept pages: {removed}"
    if scanned := found["dropped"].get("no_text", 0):
        yield f"     WARNING: {scanned} pages are pictures without text that could be read: look at them"


def _printed(pages: list[Page]) -> str:
    """Printed numbers beside those of the file, for who looks into the book."""
    labels = [page.label for page in pages if page.label]
    return f" (printed {labels[0]} to {labels[-1]})" if labels else ""


if __name__ == "__main__":
    start(main, __doc__, __file__)
