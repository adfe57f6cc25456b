"""Rows of JSON: an object a line, a list of objects, or one object that holds columns or such a list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from inkprint.errors import UserError
from inkprint.extract.tables import RawRow, first_character

PIECE_CHARACTERS = 2**20
# So near to the end of what is read a mistake may be a value that goes on: `tru`, `\u00e`.
CUT_CHARACTERS = 12
BROKEN = "broken JSON"


def _no_number(_: str) -> None:
    """NaN and Infinity, which are no JSON and which pandas writes for what is missing."""


_SPACE = re.compile(r"[ \t\r\n,]*")
_DECODER = json.JSONDecoder(parse_constant=_no_number)


def json_rows(text: IO[str], path: Path, name: str, wanted: list[str]) -> Iterator[RawRow]:
    """Yield the rows of JSON of any of these shapes; `wanted` is not needed to tell them."""
    if first_character(text) == "[":
        yield from _of_list(text, path, name)
    elif _is_lines(text):
        yield from _of_lines(text, name)
    else:
        yield from _of_object(text, path, name)


def _is_lines(text: IO[str]) -> bool:
    """Whether two lines each begin with a brace: then each is an object, be the first one broken."""
    begins = (line.lstrip("\ufeff \t")[:1] for line in text)
    filled = (begin for begin in begins if begin not in ("", "\r", "\n"))
    both = [next(filled, ""), next(filled, "")]
    text.seek(0)
    return both == ["{", "{"]


def _of_lines(text: IO[str], name: str) -> Iterator[RawRow]:
    number = 0
    for line_number, line in enumerate(text, start=1):
        line = line.strip("\ufeff \t\r\n")
        if line:
            number += 1
            yield _parsed(name, number, f"line {line_number}", line)


def _parsed(name: str, number: int, place: str, line: str) -> RawRow:
    try:
        value = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        detail = f"{error.msg} at character {error.pos + 1}"
        return RawRow(name, number, place, problem=BROKEN, detail=detail, text=line)
    except (RecursionError, ValueError) as error:  # a thousand brackets; a number of a thousand digits
        return RawRow(name, number, place, problem=BROKEN, detail=str(error), text=line)
    return _row(name, number, place, value)


def _row(name: str, number: int, place: str, value: Any) -> RawRow:
    if isinstance(value, dict):
        return RawRow(name, number, place, value)
    text = json.dumps(value, ensure_ascii=False)
    return RawRow(name, number, place, problem="not an object", text=text)


def _of_list(text: IO[str], path: Path, name: str) -> Iterator[RawRow]:
    """The items of a list, read in pieces. After a mistake nothing can be told: UserError with its row."""
    read, at = text.read(PIECE_CHARACTERS), 0
    at = read.index("[") + 1
    number, size = 0, PIECE_CHARACTERS
    while True:
        at = _SPACE.match(read, at).end()
        if read.startswith("]", at):
            return
        try:
            value, end = _DECODER.raw_decode(read, at)
        except (json.JSONDecodeError, RecursionError) as error:
            if _may_go_on(error, len(read)) and (piece := text.read(size)):
                read, at, size = read[at:] + piece, 0, size * 2
                continue
            said = f"broken JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
            what = "the file ends inside a list" if _may_go_on(error, len(read)) else said
            raise UserError(f"{path}: {what}, after row {number}; get it again, or mend it there") from None
        number, size, at = number + 1, PIECE_CHARACTERS, end
        yield _row(name, number, f"row {number}", value)


def _may_go_on(error: Exception, length: int) -> bool:
    """Whether the mistake may be one only because no more than `length` characters were read."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= length - CUT_CHARACTERS


def _of_object(text: IO[str], path: Path, name: str) -> Iterator[RawRow]:
    try:
        whole = _DECODER.decode(text.read().strip("\ufeff \t\r\n"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{path}: broken JSON: {error}; get it again, or mend it there") from None
    for number, values in enumerate(_rows_in(whole, path), start=1):
        yield _row(name, number, f"row {number}", values)


def _rows_in(whole: dict[str, Any], path: Path) -> list[Any]:
    """The rows in one object: under one of its keys, as columns (pandas writes those two ways), or itself."""
    lists = [value for value in whole.values() if isinstance(value, list)]
    tables = [value for value in lists if value and all(isinstance(item, dict) for item in value)]
    if len(tables) == 1 and len(tables) == len(lists):
        return tables[0]
    columns = {
        key: list(value.values()) if isinstance(value, dict) else value for key, value in whole.items()
    }
    if not columns or not all(isinstance(column, list) for column in columns.values()):
        return [whole]
    sizes = {key: len(column) for key, column in columns.items()}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{key} {size}" for key, size in sizes.items())
        raise UserError(f"{path}: columns of different lengths: {said}; mend the file")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
