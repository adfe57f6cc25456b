"""Other authors' books, which 06 tells the voice from: 01 reads them and 02 cuts them as the author's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from inkprint.errors import UserError

PREFIX = "background:"  # before a document's name, so that it is never taken for one of the author's
FEWEST_AUTHORS = 3  # of fewer, what sets them apart from the author is what sets these books apart


def named(documents: dict[str, Path]) -> dict[str, Path]:
    """Background documents by the names that their pages bear."""
    return {f"{PREFIX}{name}": path for name, path in documents.items()}


def author_of(document: str) -> str:
    """Whose book it is: the folder it is in, or its own name."""
    parts = PurePosixPath(document.removeprefix(PREFIX)).parts
    return parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem


def check_authors(folder: Path, documents: Iterable[str]) -> None:
    """Raise UserError where there are too few others."""
    authors = sorted({author_of(document) for document in documents})
    if len(authors) < FEWEST_AUTHORS:
        there = ", ".join(authors) or "none"
        raise UserError(
            f"evaluate.background: {folder}: authors there: {there}; put {FEWEST_AUTHORS} or more there,"
            " a file or a folder each, or write null"
        )
