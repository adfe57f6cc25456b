"""What is set apart from the running text: captions, tables, formulae and code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from statistics import median

from inkprint.extract.fragments import CELL_SPACE
from inkprint.extract.headings import Type
from inkprint.extract.lines import Line

Cell = tuple[float, float]  # left and right edge

_NAMES = (
    r"fig(ure|\.)?|table|plate|map|chart|diagram|exhibit|listing|illustration|photo(graph)?|graph|scheme|box"
    r"|abb(ildung|\.)|tab(elle|leau|la|\.)|figura|carte|karte"
)
# Figure 3. The house; TABLE II: Wages; not: Figure 3 shows
_CAPTION = re.compile(
    rf"(?:{_NAMES})\s+(?:[A-Z]?\d+(?:[.–-]\d+)*[a-z]?|[IVXLC]+)(?:\s*[.:—–|]|\s+(?=(?-i:[A-Z“\"‘(]))|\s*$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTIONS = set("sin cos tan log exp lim max min sup inf det mod arg deg dim ker gcd cot sec".split())
_EQUATION_NUMBER = re.compile(r"\(\d{1,3}(\.\d{1,3})*[a-z]?\)$")

CODE_SIGNS = "(){}[]<>=;_\\/|#$&+@%^~`"
FEWEST_SIGNS = 0.03  # of the characters of a piece of code; prose has under 0.01
FEWEST_ROWS = 3  # of a table
LONGEST_CELL = 0.4  # of the text's width, where a row between two others holds one cell alone
MOST_STRETCHED = 5  # type sizes between the words of a short line that was set to full width
MOST_INK = 0.8  # of a table row's width: the rest is the space between its cells
ALIGNED = 2.5  # type sizes: figures are set flush right or centred below a column's head


def find_displays(lines: Sequence[Line], type_: Type, columns: bool) -> dict[int, str]:
    """Kind (caption, table, formula, code) by position, of a page's lines that are no running text.

    columns: the lines go down one column and then the next; a table stands within one.
    """
    if not lines or not type_.printed:
        return {}
    tops = [
        at for at in range(1, len(lines)) if columns and lines[at].top < lines[at - 1].top - type_.leading
    ]
    return {
        first + at: kind
        for first, last in pairwise([0, *tops, len(lines)])
        for at, kind in _in_one_column(lines[first:last], type_).items()
    }


def _in_one_column(lines: Sequence[Line], type_: Type) -> dict[int, str]:
    rows = _rows(lines)
    found = dict.fromkeys(_formulae(lines, rows, type_), "formula")
    found |= dict.fromkeys(_tables(lines, rows, type_), "table")
    found |= dict.fromkeys(_code(lines, type_), "code")
    return found | dict.fromkeys(_captions(lines, type_, found), "caption")


# -- code -------------------------------------------------------------------------------------


def _code(lines: Sequence[Line], type_: Type) -> Iterator[int]:
    """Lines in a typewriter's letters, where the text's are others, with the signs of a language of machines.

    A letter or a telegram that a novel sets so has hardly any. A line alone must be set in.
    """
    if type_.mono or not any(line.mono for line in lines):
        return
    left = min(line.x0 for line in lines)
    for is_mono, group in groupby(range(len(lines)), key=lambda at: lines[at].mono):
        run = list(group)
        text = "".join(lines[at].text for at in run)
        signs = sum(map(text.count, CODE_SIGNS))
        alone = len(run) == 1 and lines[run[0]].x0 <= left + 0.7 * type_.size
        if is_mono and not alone and signs >= FEWEST_SIGNS * len(text):
            yield from run


# -- tables -----------------------------------------------------------------------------------


def _tables(lines: Sequence[Line], rows: Sequence[list[int]], type_: Type) -> Iterator[int]:
    """Rows of cells below each other: three at least, with space between the cells and edges in common."""
    if sum(len(row) > 1 or len(lines[row[0]].cells) > 1 for row in rows) < 2:
        return  # nearly every page
    edges = min(line.x0 for line in lines), max(line.x1 for line in lines)
    run: list[list[int]] = []
    loose: list[list[int]] = []  # rows of one cell, which may be a long cell's second line
    for row in [*rows, []]:
        cells = _cells(lines, row)
        near = bool(run) and bool(row) and _next(lines, (loose or run)[-1], row)
        if near and len(cells) == 1 and cells[0][1] - cells[0][0] < LONGEST_CELL * (edges[1] - edges[0]):
            loose.append(row)
        elif len(cells) > 1 and _is_spaced(cells, lines[row[0]].size, edges) and (near or not run):
            run += [*loose, row]
            loose = []
        else:
            yield from _table(lines, run, type_)
            run, loose = ([row], []) if len(cells) > 1 else ([], [])


def _table(lines: Sequence[Line], run: Sequence[Sequence[int]], type_: Type) -> Iterator[int]:
    rows = [cells for row in run if len(cells := _cells(lines, row)) > 1]
    small = len(rows) > 1 and all(lines[at].size < 0.9 * type_.size for row in run for at in row)
    if len(run if small else rows) < FEWEST_ROWS or median(map(_ink, rows)) > MOST_INK:
        return
    size = lines[run[0][0]].size
    seconds = [cell[0] for cells in rows for cell in cells[1:]]
    in_common = max(sum(abs(other - edge) <= ALIGNED * size for other in seconds) for edge in seconds)
    if in_common * 2 > len(rows):
        yield from (at for row in run for at in row)


def _rows(lines: Sequence[Line]) -> list[list[int]]:
    """The lines at one height, from the top of the page down, each row from left to right."""
    rows: list[list[int]] = []
    for at in sorted(range(len(lines)), key=lambda at: (lines[at].top + lines[at].bottom, lines[at].x0)):
        middle = (lines[at].top + lines[at].bottom) / 2
        if rows and lines[rows[-1][0]].top < middle < lines[rows[-1][0]].bottom:
            rows[-1].append(at)
        else:
            rows.append([at])
    return [sorted(row, key=lambda at: lines[at].x0) if len(row) > 1 else row for row in rows]


def _cells(lines: Sequence[Line], row: Sequence[int]) -> list[Cell]:
    return [cell for at in row for cell in lines[at].cells or ((lines[at].x0, lines[at].x1),)]


def _is_spaced(cells: Sequence[Cell], size: float, edges: Cell) -> bool:
    """Whether space parts the cells, and is not the space between the words of a line set to full width."""
    gaps = [right[0] - left[1] for left, right in pairwise(cells)]
    even = max(gaps) - min(gaps) < 0.15 * size and max(gaps) < MOST_STRETCHED * size
    to_full_width = cells[0][0] < edges[0] + 1 and cells[-1][1] > edges[1] - 1
    return min(gaps) >= CELL_SPACE * size and not (even and to_full_width)


def _next(lines: Sequence[Line], above: Sequence[int], row: Sequence[int]) -> bool:
    size = max(lines[at].size for at in (*above, *row))
    return lines[row[0]].top - lines[above[0]].bottom < 1.5 * size


def _ink(cells: Sequence[Cell]) -> float:
    return sum(right - left for left, right in cells) / (cells[-1][1] - cells[0][0])


# -- formulae ---------------------------------------------------------------------------------


def _formulae(lines: Sequence[Line], rows: Sequence[list[int]], type_: Type) -> set[int]:
    """Lines of signs on rows of their own, and the limits and fractions' parts close above and below."""
    left = min(line.x0 for line in lines)
    apart = [row for row in rows if lines[row[0]].x0 > left + type_.size]
    found = {at for row in apart if is_formula(" ".join(lines[place].text for place in row)) for at in row}
    for row in apart:
        for at in row:
            line = lines[at]
            if at not in found and not _words(line.text) and any(_touches(line, lines[n]) for n in found):
                found.add(at)
    return found


def is_formula(text: str) -> bool:
    """Signs and single letters, with hardly a word among them."""
    marks = len("".join(text.split()))
    if marks < 3 or sum(map(len, _words(text))) > 0.25 * marks:
        return False
    signs = any(unicodedata.category(character) == "Sm" for character in text)
    return signs or _EQUATION_NUMBER.search(text) is not None


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _FUNCTIONS]


def _touches(line: Line, formula: Line) -> bool:
    apart = max(line.top, formula.top) - min(line.bottom, formula.bottom)
    return apart < 0.3 * formula.size and line.x0 < formula.x1 and line.x1 > formula.x0


# -- captions ---------------------------------------------------------------------------------


def _captions(lines: Sequence[Line], type_: Type, other: Mapping[int, str]) -> Iterator[int]:
    """A line that begins Figure 3. and is set apart, and the lines in the same type that go on with it."""
    at = 0
    while at < len(lines):
        if at in other or not _CAPTION.match(lines[at].text) or not _begins(lines, at, type_):
            at += 1
            continue
        last = at
        while (
            last + 1 < len(lines)
            and last + 1 not in other
            and _goes_on(lines[at], lines[last], lines[last + 1], type_)
        ):
            last += 1
        own_type = lines[at].size < 0.95 * type_.size or lines[at].italic or lines[at].bold
        after = last + 1
        ends = after in other or after == len(lines) or _is_apart(lines[last], lines[after], type_)
        if own_type or ends:
            yield from range(at, last + 1)
        at = last + 1


def _is_apart(line: Line, below: Line, type_: Type) -> bool:
    return not -line.size < below.top - line.bottom < 0.4 * type_.leading


def _begins(lines: Sequence[Line], at: int, type_: Type) -> bool:
    if at == 0:
        return True
    above, line = lines[at - 1], lines[at]
    gap = line.top - above.bottom
    slack = max(0.0, type_.leading - type_.size)
    other_type = abs(above.size - line.size) > 0.05 * type_.size or (line.bold, line.italic) != (
        above.bold,
        above.italic,
    )
    return gap > slack + 0.3 * type_.leading or other_type or line.top < above.top


def _goes_on(first: Line, line: Line, below: Line, type_: Type) -> bool:
    same_type = abs(first.size - below.size) < 0.3 and (
        below.italic == first.italic or first.size < type_.size
    )
    gap = below.top - line.bottom
    return same_type and -0.5 * line.size < gap < 0.4 * type_.leading and not _CAPTION.match(below.text)
