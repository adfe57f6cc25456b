"""Rows of a file, one after the other: JSON, JSON Lines, CSV, TSV or Parquet, each also gzipped.

What a file is, its content says. But for JSON that is one object, and Parquet's row groups, a file is
never in memory as a whole.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from inkprint.errors import UserError
from inkprint.extract.encodings import SAMPLE_BYTES, what_else

PIECE_BYTES = 2**20
ROWS_A_BATCH = 1000
_ANSWERS = {
    b"%PDF": "a PDF, and extract.columns is for tables; write columns: null to read documents",
    b"PK\x03\x04": "a Zip archive, as Excel's and EPUB's files are; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save the sheet as CSV",
    b"SQLite f": "a database; export the table as CSV or JSON Lines",
    b"ARROW1": "an Arrow file; save it as Parquet",
}
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class RawRow:
    """A row as its file has it, or the problem with it and what stands there instead."""

    source: str
    number: int  # from 1, among all rows of the source
    place: str  # "line 17" where the format has lines, else "row 17"
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    detail: str = ""
    text: str = ""


def read_table(path: Path, name: str, wanted: list[str]) -> Iterator[RawRow]:
    """Yield the rows of a file. `wanted` are columns that it should have: they tell a delimiter.

    Raises UserError, with the path, for what is no table, or damaged so that nothing after can be read.
    """
    from inkprint.extract.delimited import delimited_rows
    from inkprint.extract.json_tables import json_rows

    try:
        with unpacked(path) as stream:
            head = stream.read(8)
            stream.seek(0)
            if head[:4] == b"PAR1":
                yield from _parquet_rows(stream, path, name, wanted)
                return
            with as_text(stream, path, head) as text:
                begin = first_character(text)
                make = json_rows if begin in ("{", "[") else delimited_rows
                yield from make(text, path, name, wanted)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path}: damaged gzip ({error}); cut off while it was copied? Get it again"
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: no text in {error.encoding}, at byte {error.start}; get it again") from None


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, out of their gzip where they are in one."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if packed:
            with gzip.open(stream) as plain:
                yield plain
        else:
            yield stream


@contextlib.contextmanager
def as_text(stream: IO[bytes], path: Path, head: bytes) -> Iterator[io.TextIOWrapper]:
    """The file as text. What its encoding cannot hold stays as lone surrogates."""
    if not head:
        raise UserError(f"{path}: the file is empty; replace or remove it")
    for magic, answer in _ANSWERS.items():
        if head.startswith(magic):
            raise UserError(f"{path}: {answer}")
    try:
        encoding = _encoding(stream)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if encoding is None:
        raise UserError(f"{path}: not a table: neither text nor Parquet; remove it")
    stream.seek(0)
    errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    try:
        yield text
    finally:
        text.detach()


def first_character(text: IO[str]) -> str:
    """The first that is no space, and the text at its beginning again."""
    begin = ""
    while not begin and (piece := text.read(100)):
        begin = piece.lstrip("\ufeff \t\r\n")[:1]
    text.seek(0)
    return begin


def _encoding(stream: IO[bytes]) -> str | None:
    """UTF-16 by its mark or its zeros, UTF-8 where most of what is not ASCII is that, or Windows' Latin.

    None for what is no text. All of the file is looked at: it may be ASCII up to its last line.
    Raises UserError for text in other letters.
    """
    head = stream.read(1000)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = [head[start::2].count(0) * 4 > len(head) for start in (0, 1)]
    if any(zeros):
        return None if all(zeros) else "utf-16-be" if zeros[0] else "utf-16-le"
    if b"\0" in head:
        return None
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    whole = broken = 0
    piece, strange = head, b""
    while piece:
        text = decoder.decode(piece)
        if not text.isascii():
            escaped = len(_ESCAPED.findall(text))
            broken += escaped
            strange += piece[: max(0, SAMPLE_BYTES - len(strange))]
            whole += sum(character > "\x7f" for character in text) - escaped
        piece = stream.read(PIECE_BYTES)
    if broken > whole and (what := what_else(strange)):
        raise UserError(what)
    return "utf-8-sig" if broken <= whole else "cp1252"


def _parquet_rows(stream: IO[bytes], path: Path, name: str, wanted: list[str]) -> Iterator[RawRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryFile() as spool:
        if isinstance(stream, gzip.GzipFile):  # Parquet is read from its end
            shutil.copyfileobj(stream, spool, PIECE_BYTES)
            stream = spool
        try:
            table = pq.ParquetFile(stream)
            names = table.schema_arrow.names
            tops = {column.partition(".")[0] for column in wanted} | set(wanted)
            columns = [name for name in names if name in tops]
            number = 0
            for batch in table.iter_batches(ROWS_A_BATCH, columns=columns or None):
                for values in batch.to_pylist():
                    number += 1
                    yield RawRow(name, number, f"row {number}", values)
        except (pa.ArrowException, OSError) as error:
            said = " ".join(str(error).split())
            raise UserError(f"{path}: damaged Parquet ({said}); get it again") from None
