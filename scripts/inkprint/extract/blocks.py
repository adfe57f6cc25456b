"""Documents that have paragraphs and no pages (HTML, EPUB, DOCX, Markdown), cut into pages to be judged.

A page of these is about 400 words, and a new one begins with every chapter. They are laid out like a typed
page, headings larger, so that the same rules read them as read a book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from inkprint.extract.chapters import OutlineEntry
from inkprint.extract.gutenberg import reason_out
from inkprint.extract.letters import clean, one_space
from inkprint.extract.lines import Line, RawPage

WORDS_A_PAGE = 400
LINE, LETTER, SIZE = 12.0, 6.0, 10.0  # points: from line to line, a letter's width, the text's type
HEADING_SIZES = (24.0, 20.0, 16.0, 14.0, 13.0, 13.0, 13.0)  # the book's title, then levels 1 to 6
DISPLAYS = ("caption", "table", "formula", "code")  # the recipe says which of them go
LETTERS_A_LINE = 90
BREAKING_LEVELS = 2  # headings so high begin a page
LONGEST_HEADING = 30  # words: Markdown makes a heading of any paragraph over a row of dashes
_DASH_AT_END = re.compile(r"[-–—/]$")


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, or something that is not text and goes into a page's `removed`."""

    text: str  # a line break in it is the author's, as in verse
    level: int = -1  # of a heading: 0 for the book's own title, 1 to 6; -1: no heading
    bold: bool = False
    marks: tuple[str, ...] = ()  # note marks cut out of it
    reason: str = ""  # why it is not text: code, table, caption, footnote, ...
    names: tuple[str, ...] = ()  # what links call this place
    picture: bool = False  # nothing but a picture
    new_file: bool = False  # nothing but the place where a file of an EPUB begins


def pages_of(
    blocks: Iterable[Block], outline: Sequence[tuple[int, str, str]] = ()
) -> tuple[list[RawPage], list[OutlineEntry]]:
    """Pages and their outline: of the file (level, title, name of the place), or else of its headings."""
    targets = {name for _, _, name in outline}
    pages: list[list[Block]] = [[]]
    words, at = 0, {}
    for block in _plain_headings(blocks):
        text = bool(block.text and not block.reason)
        breaks = 0 <= block.level <= BREAKING_LEVELS or not targets.isdisjoint(block.names)
        only_headings = all(other.level >= 0 or not other.text or other.reason for other in pages[-1])
        shown = any(other.picture or (other.text and not other.reason) for other in pages[-1])
        full = text and words >= WORDS_A_PAGE
        if (breaks and not only_headings) or full or (block.new_file and shown):
            pages.append([])
            words = 0
        pages[-1].append(block)
        at |= {name: len(pages) for name in block.names if name not in at}
        words += len(block.text.split()) if text else 0
    entries = [(level, title, at.get(name, -1)) for level, title, name in outline]
    return [_page(number, page) for number, page in enumerate(pages, start=1)], (
        entries if sum(page > 0 for _, _, page in entries) >= 2 else _own_outline(pages)
    )


def _plain_headings(blocks: Iterable[Block]) -> Iterable[Block]:
    for block in blocks:
        if block.level >= 0 and len(block.text.split()) > LONGEST_HEADING:
            yield replace(block, level=-1)
        elif not block.reason and (reason := reason_out(block.text)):
            yield replace(block, level=-1, reason=reason)
        else:
            yield block


def _own_outline(pages: Sequence[Sequence[Block]]) -> list[OutlineEntry]:
    """The headings; without the one that stands alone above all others, which is the book's title."""
    found = [
        (block.level, one_space(clean(block.text)), number)
        for number, page in enumerate(pages, start=1)
        for block in page
        if block.level > 0 and block.text and not block.reason
    ]
    highest = min((level for level, _, _ in found), default=0)
    below = [entry for entry in found if entry[0] > highest]
    if len(found) - len(below) == 1 and len(below) > 1 and found[0][0] == highest:
        found, highest = below, min(level for level, _, _ in below)
    return [(level - highest + 1, title, number) for level, title, number in found]


def _page(number: int, blocks: Sequence[Block]) -> RawPage:
    lines: list[Line] = []
    breaks: set[int] = set()
    aside: list[tuple[str, str]] = []
    displays: list[tuple[int, str]] = []
    row = 0
    for block in blocks:
        parts = [text for part in block.text.split("\n") if (text := one_space(clean(part)))]
        if block.reason and block.reason not in DISPLAYS:
            aside += [(text, block.reason) for text in parts]
            continue
        breaks.add(len(lines))
        size = HEADING_SIZES[block.level] if block.level >= 0 else SIZE
        for text in [typed for part in parts for typed in typed_lines(part)]:
            top = LINE * row
            if block.reason:
                displays.append((len(lines), block.reason))
            lines.append(Line(text, 0.0, top, LETTER * len(text), top + SIZE, size, block.bold, False, False))
            row += 1
        if block.marks and lines:
            lines[-1] = replace(lines[-1], marks=lines[-1].marks + block.marks)
        row += 1
    width = max((line.x1 for line in lines), default=0.0)
    pictures = not lines and any(block.picture for block in blocks)
    return RawPage(
        number,
        "",
        width,
        LINE * row,
        tuple(lines),
        (),
        pictures,
        aside=tuple(aside),
        breaks=frozenset(breaks),
        displays=tuple(displays),
    )


def typed_lines(text: str) -> list[str]:
    """A paragraph as lines. None ends in a dash, which would tie the next line's first word to its last."""
    lines: list[str] = []
    for word in text.split():
        last = lines[-1] if lines else ""
        if last and (len(last) + len(word) < LETTERS_A_LINE or _DASH_AT_END.search(last) or word[0] in "-–—"):
            lines[-1] = f"{last} {word}"
        else:
            lines.append(word)
    return lines
