"""The parts of a book: chapters to keep, and front and back matter to drop.

Three witnesses, in this order: the outline (as far as its entries point to pages), the contents page,
and headings by their words and type. A section runs from its start to the next, so that one odd page inside
the notes stays notes, and a page of body inside them, under a heading of its own, is body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from inkprint.extract.chapters import (
    CHAPTER,
    FRONT,
    OutlineEntry,
    Start,
    from_contents,
    from_outline,
    from_type,
    place_of,
)
from inkprint.extract.classes import (
    is_alphabetical,
    is_prose,
    licence_edge,
    looks_like,
    names_licence,
    section_name,
)
from inkprint.extract.footnotes import begins_note
from inkprint.extract.headings import PLAIN_NAMES, Heading, Type, clean_title, join_title, same_title
from inkprint.extract.lines import Line

ONE_PAGE = ("cover", "title", "copyright", "dedication")
BACK = ("notes", "bibliography", "glossary", "index")
LOOKED_AT = ("notes", "bibliography", "index")  # classes that figures can confirm


def find_starts(
    pages: Sequence[Sequence[Line]],
    headings: Sequence[Sequence[Heading]],
    outline: Sequence[OutlineEntry],
    type_: Type,
) -> list[Start]:
    """Every section's start, in order; the first is at the first line of the first page."""
    named = _named_sections(pages, headings, type_)
    contents = [start for start in named if start.kind == "contents"]
    starts = from_outline(pages, headings, outline)
    if sum(start.kind == CHAPTER for start in starts) < 2:
        # One entry alone, such as Start or the book's title, says nothing about chapters.
        starts = [start for start in starts if start.kind != CHAPTER]
        starts += from_contents(pages, headings, contents)
    if sum(start.kind == CHAPTER for start in starts) < 2:
        starts += from_type(pages, headings, named, type_)
    starts += [start for start in named if not _known(start, starts)]
    starts += _ends_of_contents(sorted(starts, key=place_of), pages, headings)
    starts = _confirmed(sorted(starts, key=place_of), pages, type_)
    starts += _author_own(headings, starts, pages, type_)
    starts = _with_licences(starts, pages)
    starts = _one_page_each(sorted(starts, key=place_of), len(pages))
    if not starts or place_of(starts[0]) > (0, 0):
        kind = FRONT if any(s.kind == CHAPTER for s in starts) else "body"
        starts.insert(0, Start(0, 0, 0, kind, "", "before the first named section"))
    return starts


def _known(start: Start, starts: Sequence[Start]) -> bool:
    return any(other.page == start.page and abs(other.line - start.line) <= 3 for other in starts)


# -- sections that name themselves ------------------------------------------------------------


def _named_sections(
    pages: Sequence[Sequence[Line]], headings: Sequence[Sequence[Heading]], type_: Type
) -> list[Start]:
    found: list[Start] = []
    for page in headings:
        for heading in page:
            for at in range(heading.first, heading.last + 1):
                text = pages[heading.page][at].text
                name = section_name(text)
                if name and (
                    heading.on_top or heading.size > 1.05 * type_.size or name in ("notes", "contents")
                ):
                    found.append(
                        Start(
                            heading.page,
                            at,
                            at + 1,
                            name,
                            clean_title(text),
                            f"heading {clean_title(text)!r}",
                        )
                    )
                    break
    return found


def _ends_of_contents(
    starts: Sequence[Start], pages: Sequence[Sequence[Line]], headings: Sequence[Sequence[Heading]]
) -> list[Start]:
    """A table of contents ends where prose begins, also when nobody names what begins there."""
    found: list[Start] = []
    for start, end in zip_longest(starts, starts[1:]):
        if start.kind not in ("contents", "figures"):
            continue
        last = (end.page, end.line) if end else (len(pages), 0)
        for index in range(start.page, min(last[0] + 1, len(pages))):
            begin = start.after if index == start.page else 0
            here = [h for h in headings[index] if h.first >= begin and (index, h.first) < last]
            firsts = [*(h.first for h in headings[index]), len(pages[index])]
            rests = [pages[index][h.last + 1 : min(f for f in firsts if f > h.first)][:12] for h in here]
            opened = [
                h
                for h, rest in zip(here, rests, strict=True)
                if is_prose(rest) and not looks_like("contents", rest, 0.0)
            ]
            if opened:
                heading = opened[0]
                title = join_title(heading.lines)
                found.append(
                    Start(
                        index,
                        heading.first,
                        heading.last + 1,
                        CHAPTER,
                        title,
                        f"heading {title!r} after the contents",
                    )
                )
                break
            prose = is_prose(pages[index]) and not looks_like("contents", pages[index], 0.0)
            if index > start.page and (index, 0) < last and prose:
                found.append(Start(index, 0, 0, FRONT, "", "prose after the contents"))
                break
    return found


def _confirmed(starts: list[Start], pages: Sequence[Sequence[Line]], type_: Type) -> list[Start]:
    """A long section of plain prose under a name such as Notes or Contents is a chapter of that name."""
    result: list[Start] = []
    for start, end in zip_longest(starts, starts[1:]):
        last = end.page if end else len(pages)
        inner = [
            pages[index][start.after if index == start.page else 0 :]
            for index in range(start.page, max(last, start.page + 1))
        ]
        inner = [lines for lines in inner if lines]
        looked_at = start.kind in LOOKED_AT
        like = sum(looks_like(start.kind, lines, type_.size) for lines in inner) if looked_at else 0
        prose = sum(is_prose(lines) for lines in inner) if looked_at and not like else 0
        if prose * 2 > len(inner) and prose >= 2:
            result.append(replace(start, kind=CHAPTER))
        elif _is_aside(start, len(inner), like, result):
            continue
        elif _is_reading_list(start, inner, result):
            evidence = f"{start.evidence}; after the notes or index, entries in the order of the alphabet"
            result.append(replace(start, kind="bibliography", evidence=evidence))
        else:
            result.append(start)
    return result


def _is_aside(start: Start, pages: int, like: int, before: Sequence[Start]) -> bool:
    """References: in the middle of a text, after which the chapter goes on for pages that list nothing."""
    small = start.line > 0 or start.title.endswith(":")  # it does not open a page, or announces a list
    inside = bool(before) and before[-1].kind == CHAPTER and small
    return start.kind in LOOKED_AT and inside and pages > 1 and like * 2 < pages


def _is_reading_list(start: Start, pages: Sequence[Sequence[Line]], before: Sequence[Start]) -> bool:
    """A bibliography under a title of its own, such as Books in the House."""
    back = any(other.kind in BACK for other in before)
    own = PLAIN_NAMES.fullmatch(start.title.strip(". ")) is not None
    return start.kind == CHAPTER and back and not own and all(is_alphabetical(lines) for lines in pages)


def _author_own(
    headings: Sequence[Sequence[Heading]],
    starts: Sequence[Start],
    pages: Sequence[Sequence[Line]],
    type_: Type,
) -> list[Start]:
    """Preface, introduction, afterword and their like that neither outline nor contents named.

    And inside dropped sections any heading on top of a page of prose: body that must not go with them.
    """
    known = [start.title for start in starts if start.kind == CHAPTER]
    if not known:
        return []
    found: list[Start] = []
    for heading in (heading for page in headings for heading in page):
        here = [s for s in starts if place_of(s) <= (heading.page, heading.first)]
        inside = here[-1].kind if here else FRONT
        own = PLAIN_NAMES.fullmatch(heading.text.strip(". ")) is not None and inside != CHAPTER
        lost = heading.on_top and inside not in (CHAPTER, FRONT, "licence")
        rest = pages[heading.page][heading.last + 1 :] or _next_page(pages, heading.page)
        if not (own or lost) or not is_prose(rest) or section_name(heading.text):
            continue
        if inside in BACK:
            # Notes are parted by the chapters' titles; body is set in body type and is not numbered.
            title = join_title(heading.lines)
            again = heading.numbered or any(same_title(other, title) for other in known)
            small = sum(line.size < 0.95 * type_.size for line in rest) * 2 > len(rest)
            if again or small or looks_like(inside, rest, type_.size) or begins_note(rest[0]):
                continue
        start = Start(
            heading.page,
            heading.first,
            heading.last + 1,
            CHAPTER,
            join_title(heading.lines),
            f"heading {clean_title(heading.text)!r}",
        )
        if not _known(start, [*starts, *found]):
            found.append(start)
    return found


def _next_page(pages: Sequence[Sequence[Line]], index: int) -> Sequence[Line]:
    return pages[index + 1] if index + 1 < len(pages) else ()


def _one_page_each(starts: Sequence[Start], count: int) -> list[Start]:
    """Title pages, copyright pages and their like are one page long; what follows is told page by page."""
    result: list[Start] = []
    chapters = [start.page for start in starts if start.kind == CHAPTER]
    for start, end in zip_longest(starts, starts[1:]):
        result.append(start)
        after = start.page + 1
        goes_on = after < (end.page if end else count)
        short = start.kind in ONE_PAGE or (start.kind == "licence" and start.line < start.after)
        if short and goes_on and any(page >= after for page in chapters):
            result.append(Start(after, 0, 0, FRONT, "", f"after the page {start.title!r}"))
    return result


def _with_licences(starts: Sequence[Start], pages: Sequence[Sequence[Line]]) -> list[Start]:
    """The text of a Project Gutenberg licence, from its own marks; nothing begins inside it."""
    head, tail = None, None
    for index, lines in enumerate(pages):
        if not names_licence("\n".join([line.text for line in lines])):
            continue  # nearly every page
        for at, line in enumerate(lines):
            edge = licence_edge(line.text)
            if edge == "start" and tail is None and index * 2 >= len(pages):
                tail = Start(index, at, at, "licence", "", f"says {line.text[:60]!r}")
            elif edge == "end" and index * 2 < len(pages):
                head = Start(0, 0, 0, "licence", "", f"ends with {line.text[:60]!r}")
                after = Start(index, at + 1, at + 1, FRONT, "", "after the e-book's boilerplate")
    result = list(starts)
    if head:
        result = [head, after, *(start for start in result if place_of(start) > place_of(after))]
    if tail:
        result = [*(start for start in result if place_of(start) < place_of(tail)), tail]
    return result
