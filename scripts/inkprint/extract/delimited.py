"""CSV and its kin: the delimiter and the quotes are told by the header and by how even the lines are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import IO, Any

from inkprint.errors import UserError
from inkprint.extract.tables import RawRow

DELIMITERS = ",\t;|"
SAMPLE_CHARACTERS = 200_000
# Of one field. A quote that is never closed swallows so much and no more; then reading goes on.
LONGEST_FIELD = 1_000_000
# A quote inside a quoted field: CSV doubles it, MySQL and others put a backslash before it.
DOUBLED, BACKSLASHED, UNQUOTED = "doubled", "backslashed", "unquoted"
_SEPARATOR_LINE = re.compile(r"\ufeff?sep=([,\t;|])\r?\n")  # Excel's, before the names
UNEVEN = "another number of fields than the header"


def delimited_rows(text: IO[str], path: Path, name: str, wanted: list[str]) -> Iterator[RawRow]:
    """Yield the rows below the header. A row with another number of fields is a problem, not the end."""
    csv.field_size_limit(LONGEST_FIELD)
    sample = text.read(SAMPLE_CHARACTERS)
    text.seek(0)
    before = _SEPARATOR_LINE.match(sample)
    delimiter, quotes = dialect(sample[before.end() :] if before else sample, wanted)
    lines = _lines(text, delimiter, quotes)
    if before:
        next(lines)
    header = _header(next(lines, []), path, wanted)
    if _is_row(header, wanted):
        header = [str(number) for number in range(len(header))]
        text.seek(0)
        lines = _lines(text, delimiter, quotes)
    number = 0
    while True:
        line = lines.line_num + 1
        try:
            fields = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield RawRow(name, number, f"line {line}", problem="broken line", detail=str(error))
            continue
        if not fields:  # an empty line
            continue
        number += 1
        if len(fields) == len(header) + 1 and not fields[-1]:
            fields.pop()  # every line ends in a delimiter
        if len(fields) == len(header):
            yield RawRow(name, number, f"line {line}", dict(zip(header, fields, strict=True)))
        else:
            detail = f"{len(fields)}, and the header has {len(header)}"
            yield RawRow(
                name, number, f"line {line}", problem=UNEVEN, detail=detail, text=delimiter.join(fields)
            )


def _lines(text: Iterable[str], delimiter: str, quotes: str, strict: bool = False) -> Any:
    if quotes == BACKSLASHED:  # no other backslash is touched: a path, TeX, code
        text = (line.replace('\\"', '""') for line in text)
    quoting = csv.QUOTE_NONE if quotes == UNQUOTED else csv.QUOTE_MINIMAL
    return csv.reader(text, delimiter=delimiter, quoting=quoting, strict=strict)


def _is_row(header: list[str], wanted: list[str]) -> bool:
    """Whether the first line is a row: the recipe counts columns from 0, and they are not called so."""
    return bool(wanted) and all(name.isdecimal() for name in wanted) and not set(wanted) <= set(header)


def dialect(sample: str, wanted: list[str]) -> tuple[str, str]:
    """Delimiter and quotes under which the header has the wanted columns and the lines are most even.

    Backslashes before quotes, or no quotes (in many a TSV a quote is a quote), only where that is more even.
    """
    ways = product((DOUBLED, BACKSLASHED, UNQUOTED), DELIMITERS)
    scores = [(_score(sample, delimiter, quotes, wanted), delimiter, quotes) for quotes, delimiter in ways]
    best = max(score for score, _, _ in scores)
    return next((delimiter, quotes) for score, delimiter, quotes in scores if score == best)


def _score(sample: str, delimiter: str, quotes: str, wanted: list[str]) -> tuple[int, bool, float]:
    # A quote that closes in the middle of a field was none.
    lines = _lines(io.StringIO(sample, newline=""), delimiter, quotes, strict=quotes != UNQUOTED)
    sizes: list[int] = []
    header: list[str] = []
    while True:
        try:
            fields = next(lines)
        except StopIteration:
            break
        except csv.Error:
            sizes.append(-1)
            continue
        if fields:
            header = header or [name.strip() for name in fields]
            sizes.append(len(fields) - (len(fields) == len(header) + 1 and not fields[-1]))
    if len(sample) == SAMPLE_CHARACTERS and len(sizes) > 1:
        sizes.pop()  # cut off
    even = sum(size == len(header) for size in sizes) / max(len(sizes), 1)
    found = len(set(wanted) & set(header))
    if _is_row(header, wanted):
        found = sum(int(name) < len(header) for name in wanted)
    # With the wanted columns found, one field may be all there is; else more than one tells a table.
    return found, not found and len(header) > 1, even


def _header(fields: list[str], path: Path, wanted: list[str]) -> list[str]:
    names = [name.strip().lstrip("\ufeff") for name in fields]
    for name in wanted:
        if names.count(name) > 1:
            raise UserError(f"{path}: two columns are called {name!r}; rename one")
    return names
