"""The first and last rows of every page: where heads, feet and page numbers stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from inkprint.extract.letters import is_ornament
from inkprint.extract.lines import RawPage

EDGE_ROWS = 3  # a head or foot is among the first or last so many rows
ALONE = 1000.0  # the gap to the next row where there is none


@dataclass(frozen=True, eq=False)  # no two are the same lines: in a set each counts as itself
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


def edge_rows(index: int, page: RawPage) -> Iterator[Row]:
    middles = {
        at: (line.top + line.bottom) / 2 for at, line in enumerate(page.lines) if not is_ornament(line.text)
    }
    grouped: list[list[int]] = []
    for at in sorted(middles, key=middles.__getitem__):
        first = page.lines[grouped[-1][0]] if grouped else None
        if first and first.top < middles[at] < first.bottom:
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


def usual_leading(pages: Sequence[RawPage]) -> float:
    """The usual distance from one line's top to the next's."""
    steps = [
        b.top - a.top
        for page in pages
        for a, b in zip(page.lines, page.lines[1:], strict=False)
        if 0 < b.top - a.top < 60
    ]
    return median(steps) if steps else 12.0
