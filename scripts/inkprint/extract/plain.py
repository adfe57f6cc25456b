"""Plain text as pages: the blank lines of a text file are its layout, read like the space on paper."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from inkprint.extract.blocks import typed_lines
from inkprint.extract.gutenberg import reason_out
from inkprint.extract.letters import clean, one_space
from inkprint.extract.lines import Line, RawPage

WORDS_A_PAGE = 400
LONGEST_LINE = 120  # letters; what is longer was never wrapped
BIG_GAP = 3  # blank lines: a new page begins when there is something on this one
LINE = 12.0  # points from line to line on the pages that are made here
LETTER = 6.0
SIZE = 10.0

# _word_ or _some words on
# two lines_: the plain-text way to write italics
_ITALICS = re.compile(r"(?<![^\W_])_([^_\n]+(?:\n[^_\n]+)?)_(?![^\W_])")
_BOLD = re.compile(r"(?<![\w=])=([^\s=](?:[^=\n]*[^\s=])?)=(?![\w=])")  # =word=, at Project Gutenberg
# Verse is counted in the margin, line by line five or ten: the number stands apart after the line.
_LINE_NUMBER = re.compile(r"(?<=\S)(?:\s{3,}|\t+)(\d{1,4})$")
FEWEST_NUMBERS, FEWEST_NOTES = 4, 2
_NOTE_BEGINS = re.compile(r"\s*\[(\d{1,3}|[A-Z*†])\]\s+\S")
_NOTE_MARK = re.compile(r"(?<=[\w.,;:!?”’\"'])\[(\d{1,3}|[A-Z*†])\]")
_EDGE = re.compile(
    r"\*{3} ?(start|end) of (the|this) project gutenberg|^end of (the |this )?project gutenberg"
    r"|\*end[ *]+the small print|\*{3}start[ *]+the small print",
    re.I,
)
_BEGINS_TEXT = re.compile(r"\*{3} ?start of|\*end[ *]+the small print", re.I)


@dataclass
class _Sheet:
    """A page on its way: rows of text, and what was taken out beside them."""

    rows: list[tuple[int, str]] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)


def text_pages(text: str) -> list[RawPage]:
    """Cut a text into pages of about 400 words, at blank lines, and at large gaps between chapters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n\n\n")
    text = _ITALICS.sub(r"\1", text)
    if "project gutenberg" in text.casefold():
        text = _BOLD.sub(r"\1", text)
    lines = _single_spaced([line.rstrip() for line in text.split("\n")])
    spaced = _paragraph_a_line(lines)
    out = _not_the_authors(lines)
    noted = (
        "footnote" in out.values() or sum(bool(_NOTE_BEGINS.match(line)) for line in lines) >= FEWEST_NOTES
    )
    numbers = _line_numbers(lines)
    sheets = [_Sheet()]
    words, blanks, row = 0, 0, 0
    for at, line in enumerate(lines):
        if not line.strip() or at in out:
            blanks += 1
            if at in out:
                sheets[-1].aside.append((one_space(clean(line)), out[at]))
            continue
        full = words >= WORDS_A_PAGE and (blanks or spaced)
        if sheets[-1].rows and (full or (blanks >= BIG_GAP and words >= 60) or _EDGE.search(line)):
            sheets.append(_Sheet())
            words, row = 0, min(blanks, BIG_GAP)
        else:
            row += min(blanks, 6) + (1 if spaced else 0)
        if at in numbers:
            sheets[-1].aside.append((numbers[at], "line number"))
            line = line[: -len(numbers[at])].rstrip()
        if noted:
            sheets[-1].aside += [(match[0], "note mark") for match in _NOTE_MARK.finditer(line)]
            line = _NOTE_MARK.sub("", line)
        for typed in typed_lines(line) if len(line) > LONGEST_LINE else [line]:
            sheets[-1].rows.append((row, typed))
            row += 1
        words, blanks = words + len(line.split()), 0
        if _BEGINS_TEXT.search(line):
            sheets.append(_Sheet())
            words = row = 0
    sheets = [sheet for sheet in sheets if sheet.rows or sheet.aside]
    return [_page(number, sheet) for number, sheet in enumerate(sheets, start=1)]


def _not_the_authors(lines: list[str]) -> dict[int, str]:
    """The lines of paragraphs such as [Illustration: …], with the reason why they are not text."""
    out: dict[int, str] = {}
    paragraph: list[int] = []
    for at, line in enumerate([*lines, ""]):
        if line.strip():
            paragraph.append(at)
            continue
        if paragraph and (reason := reason_out("\n".join(lines[at] for at in paragraph))):
            out |= dict.fromkeys(paragraph, reason)
        paragraph = []
    return out


def _line_numbers(lines: list[str]) -> dict[int, str]:
    """The lines that a number in the margin ends, with it: most are the next five or ten."""
    found = {at: match[1] for at, line in enumerate(lines) if (match := _LINE_NUMBER.search(line))}
    values = [int(number) for number in found.values()]
    fives = [value for value in values if value and value % 5 == 0]
    steps = sum(0 < below - above <= 10 for above, below in pairwise(fives))
    if len(fives) < FEWEST_NUMBERS or steps * 2 < len(values):
        return {}
    return {at: number for at, number in found.items() if int(number) and int(number) % 5 == 0}


def _single_spaced(lines: list[str]) -> list[str]:
    """Without the blank line after every line where a file is typed so: most of its lines end no sentence."""
    filled = [at for at, line in enumerate(lines[:-1]) if line]
    alone = sum(not lines[at + 1] for at in filled)
    ended = sum(bool(re.search(r"[.!?:;”\"]$", lines[at])) for at in filled)
    if len(filled) < 20 or alone < 0.95 * len(filled) or ended * 2 > len(filled):
        return lines
    return [line for at, line in enumerate(lines) if line or not at or not lines[at - 1]]


def _paragraph_a_line(lines: list[str]) -> bool:
    """Files that are not wrapped have a paragraph on each line, and often no blank lines between."""
    filled = [line for line in lines if line]
    long = sum(len(line) > LONGEST_LINE for line in filled)
    return bool(filled) and long * 3 > len(filled)


def _page(number: int, sheet: _Sheet) -> RawPage:
    made = tuple(line for row, text in sheet.rows if (line := _line(row, text)) is not None)
    width = max((line.x1 for line in made), default=0.0)
    height = LINE * (sheet.rows[-1][0] + 1) if sheet.rows else LINE
    return RawPage(number, "", width, height, made, (), False, aside=tuple(sheet.aside))


def _line(row: int, text: str) -> Line | None:
    indent = len(text.expandtabs()) - len(text.expandtabs().lstrip())
    words = one_space(clean(text))
    if not words:
        return None
    left, top = LETTER * indent, LINE * row
    return Line(words, left, top, left + LETTER * len(words), top + SIZE, SIZE, False, False, False)
