"""What the printer put on every page: running heads and feet, page numbers, repeated addresses, ornament.

A line is judged by its place (the first or last rows of the page), by whether it comes back on other
pages at the same height with figures set aside, and by whether its figure counts pages.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from inkprint.extract.edges import ALONE, Row, edge_rows, usual_leading
from inkprint.extract.letters import is_ornament
from inkprint.extract.lines import RawPage
from inkprint.extract.page_numbers import (
    counts,
    end_numbers,
    ends_in_page_number,
    number_alone,
    page_offsets,
    without_numbers,
    words_of,
)

SAME_HEIGHT = 4.0  # points
REPEATS = 3  # pages on which a line must come back
FEWEST_KNOWN = 0.3  # of the rows at one height that come back; where they are fewer, the place is the text's
LARGER = 2.0  # points: a heading over the heads, and not a head in another type
NEARBY = 60  # pages: the longest chapter whose title may stand above its pages
NEAR = 2  # pages: a head comes back on the next page or the next left one, an author's refrain later

URL = re.compile(r"[<(\[]?(?:https?://|www\.)\S+|\S+@\S+\.\w+", re.IGNORECASE)


def find_furniture(pages: Sequence[RawPage], edges: bool = True) -> tuple[list[dict[int, str]], list[str]]:
    """For every page the lines to take out, by position, with the reason; and the printed page numbers.

    Without `edges` the pages are not a printer's: only ornament and repeated addresses go.
    """
    rows = [row for index, page in enumerate(pages) if edges for row in edge_rows(index, page)]
    leading = usual_leading(pages)
    offsets = page_offsets(rows)
    removed: list[dict[int, str]] = [{} for _ in pages]
    labels = [""] * len(pages)
    repeated = _repeated(rows, offsets, leading)
    numbers = {row for row in rows if any(counts(row, *n, offsets) for n in number_alone(row.text))}
    numbered = {row.page for row in numbers | repeated if row in numbers or ends_in_page_number(row, offsets)}
    repeated |= _after_titles(rows, offsets, leading)
    repeated -= _lines_of_text(rows, repeated | numbers, leading)
    bands = _bands(repeated | numbers)
    heights = defaultdict(list)
    for row in repeated:
        heights[row.at_top, words_of(row, offsets)].append(row.top)
    for row in rows:
        if row in numbers:
            reason, labels[row.page] = "page number", row.text.strip("[]()–—-~·•|* ")
        elif (
            row in repeated
            or any(abs(top - row.top) < SAME_HEIGHT for top in heights[row.at_top, without_numbers(row)])
            or _stands_like_one(row, bands, {} if row.page in numbered else offsets, leading)
        ):
            reason = "running head" if row.at_top else "running foot"
        else:
            continue
        for number in end_numbers(row.text):
            if counts(row, *number, offsets):
                labels[row.page] = labels[row.page] or number[2]
        for at in row.lines:
            figure = number_alone(pages[row.page].lines[at].text)
            removed[row.page][at] = "page number" if figure else reason
    for index, page in enumerate(pages):
        for at, line in enumerate(page.lines):
            if at not in removed[index] and is_ornament(line.text):
                removed[index][at] = "ornament"
    _remove_addresses(pages, removed)
    return removed, labels


def _lines_of_text(rows: Sequence[Row], known: set[Row], leading: float) -> set[Row]:
    """Rows where most pages have text: the last line of a full page, which says For example: now and then."""
    places: dict[tuple[bool, int, float], list[Row]] = defaultdict(list)
    for row in rows:
        places[row.at_top, round(row.top), row.size].append(row)
    return {
        row
        for place in places.values()
        if sum(row in known for row in place) < FEWEST_KNOWN * len(place)
        if sum(row.gap > 0.5 * leading for row in place) * 2 < len(place)
        for row in place
    }


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
        titles[words_of(row, offsets)].append(row)
    found: set[Row] = set()
    for place in places.values():
        said = [
            row
            for row in place
            if any(
                0 < row.page - other.page <= NEARBY
                and (abs(other.top - row.top) > SAME_HEIGHT or other.size > row.size)
                for other in titles[words_of(row, offsets)]
            )
        ]
        if len({row.page for row in said}) >= REPEATS:
            found |= set(said)
    return found


def _repeated(rows: Sequence[Row], offsets: dict[str, set[int]], leading: float) -> set[Row]:
    """Rows whose words come back at the same height on at least three pages, mostly near one another."""
    groups: dict[tuple[bool, str], list[Row]] = defaultdict(list)
    for row in rows:
        if key := words_of(row, offsets):
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
    # Nor is "1. The Lamp" on page 1 a head with its number: it is larger than all heads that are known.
    title = title and row.size <= max((size for _, _, size in bands), default=row.size) + LARGER
    return _in_band(row, bands) or (ends_in_page_number(row, offsets) and title)


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
