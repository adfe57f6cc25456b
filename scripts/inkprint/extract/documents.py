"""Finding and opening documents. What a file is, its content says, not its name."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.extract.encodings import as_utf8
from inkprint.extract.overrides import overrides_file

LEFT_BESIDE = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "metadata.opf",
    "cover.jpg",
    "cover.jpeg",
    "cover.png",
}
TABLES = {".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx"}
UNREAD = "cannot be read"  # the reason of a reject: a file, or a table, that the run goes on without
MOST_BYTES = 500 * 2**20  # of an unpacked file
# Text holds no others than tab, line feed, form feed, carriage return and DOS's end of file.
_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\r\f\x1a"]


def find_documents(data: Path) -> dict[str, Path]:
    """Every file below the data folder by its path in there, sorted; no hidden ones, no overrides.yaml.

    What Windows and Calibre leave beside books counts as hidden.
    """
    if data.is_file():
        return {data.name: data}
    decided = overrides_file(data)
    found = {
        path.relative_to(data).as_posix(): path
        for path in data.rglob("*")
        if path.is_file()
        and path != decided
        and path.name.casefold() not in LEFT_BESIDE
        and not any(part.startswith(".") for part in path.relative_to(data).parts)
    }
    return dict(sorted(found.items()))


def content_of(path: Path) -> bytes:
    """A file's bytes, unpacked where it is packed with gzip. Raises UserError for a damaged or huge one."""
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.open(path) as handle:
            content = handle.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"{path}: damaged, cannot be unpacked ({error}); get it again, or remove it"
        ) from None
    if len(content) > MOST_BYTES:
        raise UserError(f"{path}: more than {MOST_BYTES // 2**20} MB when unpacked; remove it")
    return content


def decode_text(content: bytes) -> str | None:
    """Bytes as text if they are text: UTF-8, UTF-16 with its mark, or Windows' Latin; otherwise None."""
    text: str | None = None
    with contextlib.suppress(UnicodeDecodeError):
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16")
        elif b"\0" not in content and b"%PDF-" not in content[:1024]:
            text = as_utf8(content)
            text = content.decode("cp1252") if text is None else text
    if text is None or sum(map(text.count, _CONTROLS)) > len(text) / 1000:
        return None
    return text


def check(path: Path) -> None:
    """What can be said of a file in no time. Raises UserError for a table, nothing, and text called .pdf."""
    name = Path(path.stem if path.suffix.lower() == ".gz" else path.name)
    if name.suffix.lower() in TABLES:
        raise UserError(f"{path}: a table; map its columns in extract.columns{_columns_of(path)}")
    if path.stat().st_size == 0:
        raise UserError(f"{path}: the file is empty; replace or remove it")
    if path.suffix.lower() != ".pdf":
        return
    text = decode_text(path.read_bytes())
    if text is not None:
        begins = " ".join(text[:200].split())[:40]
        raise UserError(
            f"{path}: not a PDF, it begins with {begins!r}; get the file again, or name it .txt if it is text"
        )


def _columns_of(path: Path) -> str:
    """A table's columns, for who has to map them; nothing for what cannot be read."""
    from inkprint.extract.fields import names_of
    from inkprint.extract.tables import read_table

    with contextlib.suppress(UserError):
        return f"; there are: {names_of(read_table(path, path.name, []))}"
    return ""


@contextlib.contextmanager
def opened(path: Path, content: bytes, password_env: str | None) -> Iterator[Any]:
    """The document, open in PyMuPDF, with the password that the environment holds under that name.

    Raises UserError for what cannot be read.
    """
    from inkprint.extract.mupdf import pymupdf

    # MuPDF's own complaints about a damaged file would bury the one line that helps.
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        # Without a name PyMuPDF goes by content alone: a PDF that is called .txt opens as a PDF.
        document = pymupdf.open(stream=content)
    except (pymupdf.FileDataError, pymupdf.EmptyFileError, RuntimeError, ValueError):
        raise UserError(
            f"{path}: PyMuPDF cannot open it: damaged, or not a document; replace or remove it"
        ) from None
    with document:
        if document.needs_pass:  # one with only an owner's password, against printing, opens without
            _unlock(document, path, password_env)
        if _count(document) == 0:
            raise UserError(
                f"{path}: damaged, opens with 0 pages (cut off while it was copied?); get it again"
            )
        yield document


def _unlock(document: Any, path: Path, password_env: str | None) -> None:
    """Raises UserError where there is no password or a wrong one; what it is, no message says."""
    if password_env is None:
        raise UserError(
            f"{path}: encrypted; put its password into an environment variable or a line of .env,"
            " and the variable's name into extract.password_env"
        )
    password = os.environ.get(password_env, "")
    if not password:
        raise UserError(
            f"{path}: encrypted, and {password_env}, which extract.password_env names, is not set;"
            " set it in the shell or in .env"
        )
    if not document.authenticate(password):
        raise UserError(f"{path}: encrypted, and the password in {password_env} does not open it; correct it")


def _count(document: Any) -> int:
    """Pages; none where the file claims an impossible number of them."""
    try:
        return document.page_count
    except RuntimeError:
        return 0


def labels_of(document: Any) -> list[str]:
    """What the file calls each page, as iv or 12: "" where it has no name, all "" where its names are broken.

    PyMuPDF's page.get_label() reads the file's rules again for every page: longer than loading it takes.
    """
    try:
        rules = sorted(document.get_page_labels(), key=itemgetter("startpage")) if document.is_pdf else []
        return [_label(rules, at) for at in range(document.page_count)]
    except (RuntimeError, ValueError, IndexError):
        return [""] * document.page_count  # no reason to refuse a book, as little as a broken outline


def _label(rules: Sequence[dict[str, Any]], at: int) -> str:
    """What the rules call the page at this position. rules: by the first page of each, from 0."""
    from inkprint.extract.mupdf import pymupdf

    rule = next((rule for rule in reversed(rules) if rule["startpage"] <= at), None)
    if rule is None:
        return ""
    style = rule.get("style", "")
    first = rule["firstpagenum"] - (style in ("a", "A"))  # a letter's place in the alphabet, from 0
    return pymupdf.utils.construct_label(style, rule["prefix"], first + at - rule["startpage"])


def outline_of(document: Any) -> list[tuple[int, str, int]]:
    """Level, title and page of every outline entry; none where the outline is broken."""
    try:
        return [(level, title, page) for level, title, page in document.get_toc(simple=True)]
    except (RuntimeError, ValueError, IndexError, RecursionError, TypeError):
        return []
