"""Lines that a file has in pieces and in any order: put together, and in the order of reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from inkprint.extract.columns import by_columns
from inkprint.extract.lines import Line

WORDS_OF_A_LETTER = ("A", "I", "O")
GUTTER = 6.0  # points between columns at least
CELL_SPACE = 0.9  # of the type's size: wider than any space between words, it parts the cells of a table


def reading_order(blocks: list[list[Line]]) -> tuple[list[Line], bool]:
    """Column by column, or blocks from top to bottom where there is one; a table as the file draws it.

    Returns the lines, and whether they stand in columns.
    """
    pieces = [line for block in blocks for line in block]
    columns = by_columns(pieces) if _overlap(pieces) else None
    if columns:
        return [line for column in columns for line in _merge([pieces[at] for at in column])], True
    merged = [lines for block in blocks if (lines := _merge(block))]
    if not _side_by_side([line for block in merged for line in block]):
        merged.sort(key=lambda block: min(line.top for line in block))
    return _merge([line for block in merged for line in block]), False


def _drawn_twice(first: Line, second: Line) -> bool:
    """Some programs print a line twice, a hair apart, to make it bold."""
    same = first.text == second.text
    return same and abs(first.x0 - second.x0) < 1.5 and abs(first.top - second.top) < 1.5


def _merge(lines: list[Line]) -> list[Line]:
    """Put together the fragments of one line that PyMuPDF cut at wide gaps; drop what is drawn twice."""
    merged: list[Line] = []
    for line in lines:
        last = merged[-1] if merged else None
        if last and _drawn_twice(last, line):
            continue
        if last and _is_drop_cap(last, line):
            blank = " " if last.text in WORDS_OF_A_LETTER and line.x0 - last.x1 > 0.3 * line.size else ""
            merged[-1] = replace(line, text=last.text + blank + line.text, x0=last.x0, capital=last.bottom)
        elif last and _same_row(last, line) and -4 < line.x0 - last.x1 < 3 * line.size:
            blank = "" if line.x0 - last.x1 < 0.12 * line.size and last.text[-1:] != "," else " "
            merged[-1] = _glue(last, line, blank)
        elif len(merged) > 1 and _is_sign(last) and _same_row(merged[-2], line) and line.x0 >= last.x0:
            # A root sign stands too high for its row and parts it: where |√| 2 ought to be.
            merged[-2:] = [_glue(_glue(merged[-2], merged[-1], " "), line, "")]
        else:
            merged.append(line)
    return merged


def _glue(first: Line, second: Line, blank: str) -> Line:
    longer = first if len(first.text) >= len(second.text) else second
    return replace(
        longer,
        text=first.text + blank + second.text,
        cells=_cells(first, second),
        x0=first.x0,
        x1=max(first.x1, second.x1),
        mark=first.mark,
        marks=first.marks + second.marks,
    )


def _cells(first: Line, second: Line) -> tuple[tuple[float, float], ...]:
    """The pieces of a row, where the space before the second is wider than one between words."""
    *before, last = first.cells or ((first.x0, first.x1),)
    following, *after = second.cells or ((second.x0, second.x1),)
    if following[0] - last[1] >= CELL_SPACE * first.size:
        return (*before, last, following, *after)
    return (*before, (last[0], following[1]), *after)


def _is_sign(line: Line | None) -> bool:
    return line is not None and len(line.text) <= 2 and unicodedata.category(line.text[0]) == "Sm"


def _same_row(first: Line, second: Line) -> bool:
    overlap = min(first.bottom, second.bottom) - max(first.top, second.top)
    return overlap > 0.6 * min(first.bottom - first.top, second.bottom - second.top)


def _is_drop_cap(first: Line, second: Line) -> bool:
    if first.size < 1.6 * second.size:
        return False
    letter = first.text.strip("“\"'‘")
    if len(letter) != 1 or not letter.isupper():
        return False
    return first.top - second.size < second.top < first.bottom and second.x0 > first.x0


def _overlap(lines: Sequence[Line]) -> bool:
    """Whether some lines have another at their height, if not in their row: columns need not share a grid."""
    ordered = sorted(lines, key=attrgetter("top"))
    pairs = pairwise(ordered)
    return any(b.top < a.bottom - 1 and (a.x1 < b.x0 - GUTTER or b.x1 < a.x0 - GUTTER) for a, b in pairs)


def _side_by_side(lines: Sequence[Line]) -> bool:
    """Whether many lines have another beside them."""
    ordered = sorted(lines, key=attrgetter("top", "x0"))
    pairs = pairwise(ordered)
    beside = sum(b.x0 > a.x1 + a.size / 2 and _same_row(a, b) for a, b in pairs)
    return beside > max(2, len(lines) // 8)
