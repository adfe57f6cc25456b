"""One pass over PDFs with one program, in a process of its own, so that the next finds nothing warm.

    python bench/one_pass.py PROGRAM OUT.json PDF ...      PROGRAM: dict, text, pypdf or pymupdf4llm

Writes {"seconds": of the pass, "cpu_seconds": of the pass, "start_seconds": of the imports,
"texts": {file name: [text of each page]}}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Texts = Callable[[Path], list[str]]


def program(name: str) -> Texts:
    """A function from a file to its pages' texts; what it needs is imported here."""
    if name in ("dict", "text"):
        import pymupdf

        def by_pymupdf(path: Path) -> list[str]:
            with pymupdf.open(path) as document:
                found = [page.get_text(name) for page in document]
                return found if name == "text" else [""] * len(found)

        return by_pymupdf
    if name == "pypdf":
        import pypdf

        return lambda path: [page.extract_text() for page in pypdf.PdfReader(path).pages]
    import pymupdf4llm

    return lambda path: [
        page["text"] for page in pymupdf4llm.to_markdown(path, page_chunks=True, show_progress=False)
    ]


def main(name: str, out: str, *files: str) -> None:
    began = time.perf_counter()
    read = program(name)
    ready, used = time.perf_counter(), time.process_time()
    texts = {Path(file).name: read(Path(file)) for file in files}
    found = {
        "seconds": time.perf_counter() - ready,
        "cpu_seconds": time.process_time() - used,
        "start_seconds": ready - began,
        "texts": texts,
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
