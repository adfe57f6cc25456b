"""Figures that count pages, arabic or roman, alone on a row or at its end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from inkprint.extract.edges import Row

REPEATS = 3  # pages that must agree on how far their numbers lie from their places in the file

_FIGURE = r"(\d{1,4}|[ivxlcdm]{1,9})"
_NUMBER = re.compile(
    rf"(?:page\s+)?[\[(–—~·•|*-]*\s*{_FIGURE}\s*(?:(?:/|of)\s*\d+)?\s*[\])–—~·•|*-]*", re.IGNORECASE
)
_FIRST = re.compile(rf"{_FIGURE}\b[\s|·•–—.:]*", re.IGNORECASE)
_LAST = re.compile(rf"[\s|·•–—]+{_FIGURE}(?:\s*(?:/|of)\s*\d+)?$", re.IGNORECASE)
_ROMAN = re.compile(r"m{0,3}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})")


def roman(text: str) -> int:
    """The value of a roman numeral in small or capital letters."""
    values = [dict(zip("ivxlcdm", (1, 5, 10, 50, 100, 500, 1000), strict=True))[c] for c in text.lower()]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


def _value(text: str) -> list[tuple[str, int, str]]:
    if text.isdigit():
        return [("arabic", int(text), text)]
    return [("roman", roman(text), text)] if _ROMAN.fullmatch(text.lower()) else []


@cache  # asked again and again of the same heads and feet
def number_alone(text: str) -> list[tuple[str, int, str]]:
    match = _NUMBER.fullmatch(text.strip())
    return _value(match[1]) if match else []


@cache
def end_numbers(text: str) -> list[tuple[str, int, str]]:
    text = text.strip()
    found = [match for match in (_FIRST.match(text), _LAST.search(text)) if match]
    return [value for match in found for value in _value(match[1])]


def page_offsets(rows: Sequence[Row]) -> dict[str, set[int]]:
    """How far printed numbers lie from positions in the file, where at least three pages agree."""
    seen: dict[str, Counter[int]] = {"arabic": Counter(), "roman": Counter()}
    pages: set[tuple[str, int, int]] = set()
    for row in rows:
        for kind, value, _ in number_alone(row.text) or end_numbers(row.text):
            if (kind, row.page, value) not in pages:
                pages.add((kind, row.page, value))
                seen[kind][value - row.page] += 1
    # Plates and missing pages shift the count, so that a book may have several offsets.
    return {
        kind: {
            offset
            for offset, count in counter.items()
            if count >= REPEATS and count * 30 >= max(counter.values())
        }
        for kind, counter in seen.items()
    }


def counts(row: Row, kind: str, value: int, _text: str, offsets: dict[str, set[int]]) -> bool:
    return value - row.page in offsets.get(kind, ())


def ends_in_page_number(row: Row, offsets: dict[str, set[int]]) -> bool:
    return any(counts(row, *number, offsets) for number in end_numbers(row.text))


def words_of(row: Row, offsets: dict[str, set[int]]) -> str:
    """The row's words; a figure that counts pages is set aside, any other figure is part of the words."""
    text = row.text.strip()
    for kind, value, found in end_numbers(text):
        if counts(row, kind, value, found, offsets):
            text = text.removeprefix(found) if text.startswith(found) else _LAST.sub("", text)
            text = text.strip(" |·•–—.:")
    return " ".join(text.casefold().split())


def without_numbers(row: Row) -> str:
    """The row's words without a figure at either end, be it a page's or not: xii in a short preface."""
    text = row.text.strip()
    first = _FIRST.match(text)
    return " ".join(_LAST.sub("", text[first.end() :] if first else text).casefold().split())
