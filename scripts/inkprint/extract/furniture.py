"""What the printer put on every page: running heads and feet, page numbers, repeated addresses, ornament.

A line is judged by its place (the first or last rows of the page), by whether it comes back on other
pages at the same height with figures set aside, and by whether its figure counts pages.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from inkprint.extract.letters import is_ornament
from inkprint.extract.lines import Line, RawPage

EDGE_ROWS = 3  # a head or foot is among the first or last so many rows
ALONE = 1000.0  # the gap to the next row where there is none
SAME_HEIGHT = 4.0  # points
REPEATS = 3  # pages on which a line must come back
NEARBY = 60  # pages: the longest chapter whose title may stand above its pages
NEAR = 2  # pages: a head comes back on the next page or the next left one, an author's refrain later

_FIGURE = r"(\d{1,4}|[ivxlcdm]{1,9})"
_NUMBER = re.compile(
    rf"(?:page\s+)?[\[(–—~·•|*-]*\s*{_FIGURE}\s*(?:of\s+\d+)?\s*[\])–—~·•|*-]*", re.IGNORECASE
)
_FIRST = re.compile(rf"{_FIGURE}\b[\s|·•–—.:]*", re.IGNORECASE)
_LAST = re.compile(rf"[\s|·•–—]+{_FIGURE}$", re.IGNORECASE)
_ROMAN = re.compile(r"m{0,3}(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})")
URL = re.compile(r"[<(\[]?(?:https?://|www\.)\S+|\S+@\S+\.\w+", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """Lines at one height near a page's edge, read as one."""

    page: int  # position in the list of pages
    lines: tuple[int, ...]  # positions in the page's lines
    text: str
    top: float
    bottom: float
    size: float
    at_top: bool
    gap: float  # white space to the next row towards the middle


def find_furniture(pages: Sequence[RawPage], edges: bool = True) -> tuple[list[dict[int, str]], list[str]]:
    """For every page the lines to take out, by position, with the reason; and the printed page numbers.

    Without `edges` the pages are not a printer's: only ornament and repeated addresses go.
    """
    rows = [row for index, page in enumerate(pages) if edges for row in _edge_rows(index, page)]
    leading = _leading(pages)
    offsets = _page_offsets(rows)
    removed: list[dict[int, str]] = [{} for _ in pages]
    labels = [""] * len(pages)
    repeated = _repeated(rows, offsets, leading)
    numbers = {row for row in rows if any(_counts(row, *n, offsets) for n in _number_alone(row.text))}
    numbered = {
        row.page for row in numbers | repeated if row in numbers or _ends_in_page_number(row, offsets)
    }
    repeated |= _after_titles(rows, offsets, leading)
    bands = _bands(repeated | numbers)
    heights = defaultdict(list)
    for row in repeated:
        heights[row.at_top, _key(row, offsets)].append(row.top)
    for row in rows:
        if row in numbers:
            reason, labels[row.page] = "page number", row.text.strip("[]()–—-~·•|* ")
        elif (
            row in repeated
            or any(abs(top - row.top) < SAME_HEIGHT for top in heights[row.at_top, _without_numbers(row)])
            or _stands_like_one(row, bands, {} if row.page in numbered else offsets, leading)
        ):
            reason = "running head" if row.at_top else "running foot"
        else:
            continue
        for number in _end_numbers(row.text):
            if _counts(row, *number, offsets):
                labels[row.page] = labels[row.page] or number[2]
        for at in row.lines:
            figure = _number_alone(pages[row.page].lines[at].text)
            removed[row.page][at] = "page number" if figure else reason
    for index, page in enumerate(pages):
        for at, line in enumerate(page.lines):
            if at not in removed[index] and is_ornament(line.text):
                removed[index][at] = "ornament"
    _remove_addresses(pages, removed)
    return removed, labels


def _edge_rows(index: int, page: RawPage) -> Iterator[Row]:
    ordered = sorted(
        (at for at, line in enumerate(page.lines) if not is_ornament(line.text)),
        key=lambda at: (page.lines[at].top + page.lines[at].bottom) / 2,
    )
    grouped: list[list[int]] = []
    for at in ordered:
        if grouped and _level(page.lines[grouped[-1][0]], page.lines[at]):
            grouped[-1].append(at)
        else:
            grouped.append([at])
    count = len(grouped)
    for place, group in enumerate(grouped):
        at_top = place < EDGE_ROWS
        if not (at_top or place >= count - EDGE_ROWS):
            continue
        if at_top and place >= count - EDGE_ROWS and page.lines[group[0]].top > page.height / 2:
            at_top = False  # a page of few lines: the nearer edge decides
        group.sort(key=lambda at: page.lines[at].x0)
        lines = [page.lines[at] for at in group]
        top, bottom = min(line.top for line in lines), max(line.bottom for line in lines)
        beyond = place + 1 if at_top else place - 1
        gap = ALONE
        if 0 <= beyond < count:
            other = page.lines[grouped[beyond][0]]
            gap = other.top - bottom if at_top else top - other.bottom
        yield Row(
            index,
            tuple(group),
            " ".join(line.text for line in lines),
            top,
            bottom,
            lines[0].size,
            at_top,
            gap,
        )


def _level(first: Line, second: Line) -> bool:
    middle = (second.top + second.bottom) / 2
    return first.top < middle < first.bottom


def _leading(pages: Sequence[RawPage]) -> float:
    """The usual distance from one line's top to the next's."""
    steps = [
        b.top - a.top
        for page in pages
        for a, b in zip(page.lines, page.lines[1:], strict=False)
        if 0 < b.top - a.top < 60
    ]
    return median(steps) if steps else 12.0


def roman(text: str) -> int:
    """The value of a roman numeral in small or capital letters."""
    values = [dict(zip("ivxlcdm", (1, 5, 10, 50, 100, 500, 1000), strict=True))[c] for c in text.lower()]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


def _value(text: str) -> list[tuple[str, int, str]]:
    if text.isdigit():
        return [("arabic", int(text), text)]
    return [("roman", roman(text), text)] if _ROMAN.fullmatch(text.lower()) else []


def _number_alone(text: str) -> list[tuple[str, int, str]]:
    match = _NUMBER.fullmatch(text.strip())
    return _value(match[1]) if match else []


def _end_numbers(text: str) -> list[tuple[str, int, str]]:
    text = text.strip()
    found = [match for match in (_FIRST.match(text), _LAST.search(text)) if match]
    return [value for match in found for value in _value(match[1])]


def _page_offsets(rows: Sequence[Row]) -> dict[str, set[int]]:
    """How far printed numbers lie from positions in the file, where at least three pages agree."""
    seen: dict[str, Counter[int]] = {"arabic": Counter(), "roman": Counter()}
    pages: set[tuple[str, int, int]] = set()
    for row in rows:
        for kind, value, _ in _number_alone(row.text) or _end_numbers(row.text):
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


def _counts(row: Row, kind: str, value: int, _text: str, offsets: dict[str, set[int]]) -> bool:
    return value - row.page in offsets.get(kind, ())


def _ends_in_page_number(row: Row, offsets: dict[str, set[int]]) -> bool:
    return any(_counts(row, *number, offsets) for number in _end_numbers(row.text))


def _key(row: Row, offsets: dict[str, set[int]]) -> str:
    """The row's words; a figure that counts pages is set aside, any other figure is part of the words."""
    text = row.text.strip()
    for kind, value, found in _end_numbers(text):
        if _counts(row, kind, value, found, offsets):
            text = text.removeprefix(found) if text.startswith(found) else text.removesuffix(found)
            text = text.strip(" |·•–—.:")
    return " ".join(text.casefold().split())


def _without_numbers(row: Row) -> str:
    """The row's words without a figure at either end, be it a page's or not: xii in a short preface."""
    text = row.text.strip()
    first = _FIRST.match(text)
    return " ".join(_LAST.sub("", text[first.end() :] if first else text).casefold().split())


def _after_titles(rows: Sequence[Row], offsets: dict[str, set[int]], leading: float) -> set[Row]:
    """Heads of chapters too short for them to come back: rows at one height on several pages, each with the
    words of a title at most NEARBY pages before.
    """
    places: dict[tuple[bool, int, float], list[Row]] = defaultdict(list)
    for row in rows:
        if row.at_top and 0.5 * leading < row.gap < ALONE and len(row.text) < 90:
            places[row.at_top, round(row.top), row.size].append(row)
    titles: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        titles[_key(row, offsets)].append(row)
    found: set[Row] = set()
    for place in places.values():
        said = [
            row
            for row in place
            if any(
                0 < row.page - other.page <= NEARBY
                and (abs(other.top - row.top) > SAME_HEIGHT or other.size > row.size)
                for other in titles[_key(row, offsets)]
            )
        ]
        if len({row.page for row in said}) >= REPEATS:
            found |= set(said)
    return found


def _repeated(rows: Sequence[Row], offsets: dict[str, set[int]], leading: float) -> set[Row]:
    """Rows whose words come back at the same height on at least three pages, mostly near one another."""
    groups: dict[tuple[bool, str], list[Row]] = defaultdict(list)
    for row in rows:
        if key := _key(row, offsets):
            groups[row.at_top, key].append(row)
    found: set[Row] = set()
    for group in groups.values():
        for row in group:
            level = [other for other in group if abs(other.top - row.top) < SAME_HEIGHT]
            apart = sum(other.gap > 0.35 * leading for other in level) * 2 > len(level)
            on = sorted({other.page for other in level})
            near = sum(second - first <= NEAR for first, second in pairwise(on)) * 2 >= len(on) - 1
            if len(on) >= REPEATS and near and (apart or len(level) >= 10):
                found.add(row)
    return found


def _bands(known: set[Row]) -> list[tuple[bool, float, float]]:
    """Heights at which heads and numbers stand: a chapter of one page has a head that never comes back."""
    places: Counter[tuple[bool, int, float]] = Counter(
        (row.at_top, round(row.top / 2), row.size) for row in sorted(known, key=lambda row: row.page)
    )
    return [(at_top, 2.0 * top, size) for (at_top, top, size), count in places.items() if count >= REPEATS]


def _stands_like_one(
    row: Row,
    bands: Sequence[tuple[bool, float, float]],
    offsets: dict[str, set[int]],
    leading: float,
) -> bool:
    """A head that never comes back: set apart, where heads stand or with the page's number at its end."""
    if row.gap <= 0.5 * leading or row.gap >= ALONE:
        return False
    # A footnote's number may happen to be the page's; its words end like a sentence.
    title = len(row.text) < 90 and not re.search(r"[.,;:?!”\"-]$", row.text)
    return _in_band(row, bands) or (_ends_in_page_number(row, offsets) and title)


def _in_band(row: Row, bands: Sequence[tuple[bool, float, float]]) -> bool:
    return any(
        row.at_top == at_top and abs(row.top - top) < SAME_HEIGHT and abs(row.size - size) < 0.3
        for at_top, top, size in bands
    )


def _remove_addresses(pages: Sequence[RawPage], removed: list[dict[int, str]]) -> None:
    """A line that is nothing but an address and comes back is the publisher's, wherever it stands."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, page in enumerate(pages):
        for at, line in enumerate(page.lines):
            if URL.fullmatch(line.text):
                places[line.text.casefold()].append((index, at))
    for found in places.values():
        if len({index for index, _ in found}) >= REPEATS:
            for index, at in found:
                removed[index][at] = "repeated address"
