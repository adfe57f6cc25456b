"""Where chapters begin: what the outline, the contents page and the type of the headings say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from inkprint.extract.classes import WRAPPER, looks_like, section_name
from inkprint.extract.headings import (
    Heading,
    Type,
    chapter_number,
    clean_title,
    join_title,
    same_title,
    split_number,
)
from inkprint.extract.lines import Line

OutlineEntry = tuple[int, str, int]  # level from 1, title, page from 1 or less when it points nowhere

CHAPTER, FRONT = "chapter", "front"


@dataclass(frozen=True)
class Start:
    """A section begins at this line of this page."""

    page: int
    line: int  # its first line, the heading's if it has one
    after: int  # the first line after the heading
    kind: str  # CHAPTER, FRONT (told page by page) or a page class
    title: str
    evidence: str


def place_of(start: Start) -> tuple[int, int]:
    return (start.page, start.line)


# -- the outline ------------------------------------------------------------------------------


def from_outline(
    pages: Sequence[Sequence[Line]], headings: Sequence[Sequence[Heading]], outline: Sequence[OutlineEntry]
) -> list[Start]:
    entries = _pointing(pages, headings, outline)
    deepest = _chapter_level(entries, pages)
    places = [_find_title(title, pages[index], headings[index]) for _, title, index in entries]
    # Titles that stand on hardly any of their pages belong to another edition, or to nothing.
    trusted = sum(place is not None for place in places) * 2 >= len(places)
    starts: list[Start] = []
    for position, (level, title, index) in enumerate(entries):
        kind = section_name(title)
        below = entries[position + 1] if position + 1 < len(entries) else (0, "", len(pages))
        wraps = WRAPPER.fullmatch(title.casefold().strip(". ")) is not None
        # Notes deep inside a chapter that goes on after them are a part of it.
        inside = level > deepest and (not kind or below[0] > deepest)
        if inside or (wraps and below[0] > level):
            continue
        place = places[position]
        if place is None:
            # The book's own title over its chapters, or a heading that is a picture.
            if not (trusted or kind) or (below[0] > level and below[2] == index):
                continue
            place = (0, 0)
        start = Start(index, *place, kind or CHAPTER, title, f"outline entry {title!r}")
        if not any(place_of(other) == place_of(start) and other.kind == start.kind for other in starts):
            starts.append(start)
    return starts


def _pointing(
    pages: Sequence[Sequence[Line]], headings: Sequence[Sequence[Heading]], outline: Sequence[OutlineEntry]
) -> list[OutlineEntry]:
    """The entries with their positions. Where most point to pages, one that points nowhere gets the page that
    is headed by its title, between its neighbours' pages; without such a page it is left out."""
    titled = [(level, clean_title(title), page - 1) for level, title, page in outline if clean_title(title)]
    there = [0 <= page < len(pages) for _, _, page in titled]
    found: list[OutlineEntry] = []
    first = 0
    for at, (level, title, page) in enumerate(titled):
        if there[at]:
            found.append((level, title, page))
            first = page
            continue
        if sum(there) * 2 < len(there):
            continue
        last = next((titled[n][2] for n in range(at + 1, len(titled)) if there[n]), len(pages))
        headed = (
            index
            for index in range(first, last)
            for heading in headings[index]
            if heading.on_top and same_title(title, join_title(heading.lines))
            if not looks_like("contents", pages[index], 0.0)
        )
        if (index := next(headed, None)) is not None:
            found.append((level, title, index))
            first = index
    return found


def _chapter_level(entries: Sequence[tuple[int, str, int]], pages: Sequence[Sequence[Line]]) -> int:
    """The deepest outline level whose entries are chapters and not their sections."""
    deepest = 1
    for level in (1, 2):
        parents = [
            (entry, below)
            for entry, below in pairwise(entries)
            if entry[0] == level and below[0] == level + 1 and not section_name(entry[1])
        ]
        if not parents:
            break
        numbers = [split_number(title)[0] for lvl, title, _ in entries if lvl == level + 1]
        numbers = [number for number in numbers if number]
        dotted = sum(bool(re.match(r"\d+\.\d", title)) for lvl, title, _ in entries if lvl == level + 1)
        # Chapters are counted through the parts of a book; sections begin again in every chapter.
        counted = len(numbers) >= 3 and numbers == sorted(set(numbers)) and not dotted
        dividers = [
            sum(
                len(line.text.split())
                for lines in pages[entry[2] : max(below[2], entry[2] + 1)]
                for line in lines
            )
            < (60 if below[2] > entry[2] else 0)
            or WRAPPER.fullmatch(entry[1].casefold().strip(". ")) is not None
            or re.match(r"(part|book|volume|teil|partie)\b", entry[1], re.IGNORECASE) is not None
            for entry, below in parents
        ]
        if not ((counted and len(parents) > 1) or sum(dividers) * 2 > len(dividers)):
            break
        deepest = level + 1
    return deepest


def _find_title(title: str, lines: Sequence[Line], headings: Sequence[Heading]) -> tuple[int, int] | None:
    """The lines on a page that print this title: first of the heading, first after it."""
    for heading in headings:
        for first in range(heading.first, heading.last + 1):
            for last in range(first, heading.last + 1):
                if same_title(title, join_title([line.text for line in lines[first : last + 1]])):
                    # Words above on the same heading (Chapter I, the book's title) belong to it, and so
                    # does a second line that goes on with the title.
                    while last < heading.last and _goes_on(title, lines[last + 1]):
                        last += 1
                    return heading.first if heading.on_top or first <= heading.first + 1 else first, last + 1
    for at, line in enumerate(lines[:6]):
        number, key = split_number(title)
        if (len(key) >= 4 and (number, key) == split_number(line.text)) or split_number(line.text)[
            1
        ] == key != "":
            return at, at + 1
    return None


def _goes_on(title: str, line: Line) -> bool:
    """Whether a line is a piece of the title: a heading may take several."""
    words = "".join(character for character in title.casefold() if character.isalnum())
    piece = "".join(character for character in line.text.casefold() if character.isalnum())
    return len(piece) >= 3 and piece in words


# -- the contents page ------------------------------------------------------------------------


def from_contents(
    pages: Sequence[Sequence[Line]], headings: Sequence[Sequence[Heading]], contents: Sequence[Start]
) -> list[Start]:
    """Headings whose words stand in the table of contents, found in its order."""
    found: list[Start] = []
    for start in contents[:1]:
        titles = _listed_titles(pages, start)
        place = (start.page, start.after)
        for title in titles:
            match = _next_heading(title, place, start, headings)
            if match is None or section_name(title):
                continue
            place = (match.page, match.last + 1)
            text = join_title(match.lines)
            found.append(
                Start(match.page, match.first, match.last + 1, CHAPTER, text, f"contents entry {title!r}")
            )
    return found if len(found) >= 3 else []


def _listed_titles(pages: Sequence[Sequence[Line]], start: Start) -> list[str]:
    titles: list[str] = []
    for index in range(start.page, min(start.page + 6, len(pages))):
        lines = pages[index][start.after if index == start.page else 0 :]
        if index > start.page and not looks_like("contents", lines, 0.0):
            break
        for line in lines:
            text = re.sub(r"[\s.…·_]*\b(\d+|[ivxlc]+)$", "", line.text, flags=re.IGNORECASE)
            if clean_title(text):
                titles.append(clean_title(text))
    return titles


def _next_heading(
    title: str, place: tuple[int, int], start: Start, headings: Sequence[Sequence[Heading]]
) -> Heading | None:
    for page in range(place[0], len(headings)):
        for heading in headings[page]:
            if (page, heading.first) < place or (page == start.page and heading.first <= start.line):
                continue
            if same_title(title, join_title(heading.lines)):
                return heading
    return None


# -- headings by their type -------------------------------------------------------------------


def from_type(
    pages: Sequence[Sequence[Line]],
    headings: Sequence[Sequence[Heading]],
    named: Sequence[Start],
    type_: Type,
) -> list[Start]:
    """Chapters told by their headings alone: numbered ones and their like, or the largest that recur."""
    listed = {(start.page, start.line) for start in named}
    likely = [
        heading
        for page in headings
        for heading in page
        if (heading.page, heading.first) not in listed
        and len(heading.lines) <= 4
        and not section_name(heading.text)
        and text_follows(pages, heading)
    ]
    if numbered := _numbered_and_alike(likely, type_):
        chosen, how = numbered, "numbered heading, or one set like it"
    elif counted := _counting(likely):
        chosen, how = counted, "headings numbered from 1"
    else:
        tops = [heading for heading in likely if heading.on_top and heading.size >= 1.12 * type_.size]
        sizes = Counter(heading.size for heading in tops)
        recurring = [size for size, count in sizes.items() if count >= 2]
        chosen = [heading for heading in tops if recurring and heading.size >= max(recurring) - 0.3]
        how = f"heading in large type ({max(recurring):g} against {type_.size:g})" if recurring else ""
    return [
        Start(h.page, h.first, h.last + 1, CHAPTER, join_title(h.lines), how)
        for h in sorted(chosen, key=lambda heading: (heading.page, heading.first))
    ]


def _numbered_and_alike(likely: Sequence[Heading], type_: Type) -> list[Heading]:
    """Headings such as Chapter 3, and after the first of them those in the same type: an epilogue."""
    numbered = [heading for heading in likely if heading.numbered]
    if len(numbered) < 2:
        return []
    sizes = Counter(heading.size for heading in numbered)
    size = max(sizes, key=lambda key: (sizes[key], key))
    chosen = [heading for heading in numbered if heading.size >= size - 0.3]
    first = (chosen[0].page, chosen[0].first)
    return chosen + [
        heading
        for heading in likely
        if not heading.numbered and heading.on_top and (heading.page, heading.first) > first
        if abs(heading.size - size) < 0.3 and size > 1.05 * type_.size
    ]


def _counting(headings: Sequence[Heading]) -> list[Heading]:
    """The longest run of headings whose bare numbers count up from 1: I. The Maniac, II. …"""
    best: list[Heading] = []
    run: list[Heading] = []
    for heading in headings:
        number, _ = split_number(join_title(heading.lines))
        if number == 1:
            run = [heading]
        elif run and number == len(run) + 1:
            run = [*run, heading]
        if len(run) > len(best):
            best = run
    return best if len(best) >= 3 else []


def text_follows(pages: Sequence[Sequence[Line]], heading: Heading) -> bool:
    rest = list(pages[heading.page][heading.last + 1 :])
    if len(rest) < 6 and heading.page + 1 < len(pages):
        rest += pages[heading.page + 1][:12]
    following = [line for line in rest[:8] if not chapter_number(line.text)]
    return sum(len(line.text.split()) for line in following) >= 20
