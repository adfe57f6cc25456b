"""Plain text as pages: the blank lines of a text file are its layout, read like the space on paper."""

from __future__ import annotations

import re

from inkprint.extract.letters import clean, one_space
from inkprint.extract.lines import Line, RawPage

WORDS_A_PAGE = 400
BIG_GAP = 3  # blank lines: a new page begins when there is something on this one
LINE = 12.0  # points from line to line on the pages that are made here
LETTER = 6.0
SIZE = 10.0

# _word_ or _some words on
# two lines_: the plain-text way to write italics
_ITALICS = re.compile(r"(?<![^\W_])_([^_\n]+(?:\n[^_\n]+)?)_(?![^\W_])")
_EDGE = re.compile(
    r"\*{3} ?(start|end) of (the|this) project gutenberg|^end of (the |this )?project gutenberg", re.I
)


def text_pages(text: str) -> list[RawPage]:
    """Cut a text into pages of about 400 words, at blank lines, and at large gaps between chapters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n\n\n")
    text = _ITALICS.sub(r"\1", text)
    lines = [line.rstrip() for line in text.split("\n")]
    spaced = _paragraph_a_line(lines)
    pages: list[list[tuple[int, str]]] = [[]]
    words, blanks, row = 0, 0, 0
    for line in lines:
        if not line.strip():
            blanks += 1
            continue
        full = words >= WORDS_A_PAGE and (blanks or spaced)
        if pages[-1] and (full or (blanks >= BIG_GAP and words >= 60) or _EDGE.search(line)):
            pages.append([])
            words, row = 0, min(blanks, BIG_GAP)
        else:
            row += min(blanks, 6) + (1 if spaced else 0)
        pages[-1].append((row, line))
        words += len(line.split())
        blanks, row = 0, row + 1
        if _EDGE.search(line) and "start" in line.lower():
            pages.append([])
            words = row = 0
    return [_page(number, lines) for number, lines in enumerate(filter(None, pages), start=1)]


def _paragraph_a_line(lines: list[str]) -> bool:
    """Files that are not wrapped have a paragraph on each line, and often no blank lines between."""
    filled = [line for line in lines if line]
    long = sum(len(line) > 120 for line in filled)
    return bool(filled) and long * 3 > len(filled)


def _page(number: int, lines: list[tuple[int, str]]) -> RawPage:
    made = tuple(line for row, text in lines if (line := _line(row, text)) is not None)
    width = max((line.x1 for line in made), default=0.0)
    return RawPage(number, "", width, LINE * (lines[-1][0] + 1), made, (), False)


def _line(row: int, text: str) -> Line | None:
    indent = len(text.expandtabs()) - len(text.expandtabs().lstrip())
    words = one_space(clean(text))
    if not words:
        return None
    left, top = LETTER * indent, LINE * row
    return Line(words, left, top, left + LETTER * len(words), top + SIZE, SIZE, False, False, False)
