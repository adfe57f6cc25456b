"""CSV and its kin: the delimiter and the quotes are told by the header and by how even the lines are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import IO

from inkprint.errors import UserError
from inkprint.extract.tables import RawRow

DELIMITERS = ",\t;|"
SAMPLE_CHARACTERS = 200_000
# Of one field. A quote that is never closed swallows so much and no more; then reading goes on.
LONGEST_FIELD = 1_000_000
UNEVEN = "another number of fields than the header"


def delimited_rows(text: IO[str], path: Path, name: str, wanted: list[str]) -> Iterator[RawRow]:
    """Yield the rows below the header. A row with another number of fields is a problem, not the end."""
    csv.field_size_limit(LONGEST_FIELD)
    sample = text.read(SAMPLE_CHARACTERS)
    text.seek(0)
    delimiter, quoting = dialect(sample, wanted)
    lines = csv.reader(text, delimiter=delimiter, quoting=quoting)
    header = _header(next(lines, []), path, wanted)
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


def dialect(sample: str, wanted: list[str]) -> tuple[str, int]:
    """Delimiter and quoting under which the header has the wanted columns and the lines are most even.

    Without quoting only where that is more even: in many a TSV a quote is a quote.
    """
    ways = product((csv.QUOTE_MINIMAL, csv.QUOTE_NONE), DELIMITERS)
    scores = [(_score(sample, delimiter, quoting, wanted), delimiter, quoting) for quoting, delimiter in ways]
    best = max(score for score, _, _ in scores)
    return next((delimiter, quoting) for score, delimiter, quoting in scores if score == best)


def _score(sample: str, delimiter: str, quoting: int, wanted: list[str]) -> tuple[int, bool, float]:
    strict = quoting != csv.QUOTE_NONE  # a quote that closes in the middle of a field was none
    lines = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quoting=quoting, strict=strict)
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
    # With the wanted columns found, one field may be all there is; else more than one tells a table.
    return found, not found and len(header) > 1, even


def _header(fields: list[str], path: Path, wanted: list[str]) -> list[str]:
    names = [name.strip().lstrip("\ufeff") for name in fields]
    for name in wanted:
        if names.count(name) > 1:
            raise UserError(f"{path}: two columns are called {name!r}; rename one")
    return names
