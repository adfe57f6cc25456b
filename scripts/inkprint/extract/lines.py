"""A page as lines: one pass over PyMuPDF's spans, note marks taken out, fragments of a line put together."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from operator import attrgetter
from typing import Any

from inkprint.extract.columns import by_columns
from inkprint.extract.letters import SOFT_HYPHEN, clean, one_space, space_sentences

_TYPEWRITER = re.compile(
    r"mono|monl|courier|typewriter|cmtt|[a-z]tt\d|consol|menlo|sourcecode|lettergothic", re.I
)
NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§‖¶]{1,3})(?:[,–-] ?\d{1,3})*[\])]?")
_OVER = re.compile(r"\s*[−–-]?\d{1,3}\s*")
_UNDER = re.compile(r"\d{1,3}[a-z]?(?!\w)|[a-z](?!\w)")
WORDS_OF_A_LETTER = ("A", "I", "O")
GUTTER = 6.0  # points between columns at least
CELL_SPACE = 0.9  # of the type's size: wider than any space between words, it parts the cells of a table
RAISED = 0.12  # a raised mark's baseline lies this share of the line's size above the line's
SMALLER = 0.85  # and its size is below this share


@dataclass(slots=True)  # never changed; not frozen, because that makes one five times as slow to make
class Line:
    """One printed line. Lengths in points, from the page's top left corner."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float  # the size of most of its letters
    bold: bool
    italic: bool
    mono: bool  # in the letters of a typewriter
    mark: str = ""  # a raised note mark that it begins with
    marks: tuple[str, ...] = ()  # raised note marks cut out of it
    capital: float = 0.0  # the bottom of the drop capital that it begins with
    cells: tuple[tuple[float, float], ...] = ()  # left and right edges of the pieces that wide spaces part


@dataclass(frozen=True, slots=True)
class RawPage:
    """What stands on one page, before anything is judged."""

    number: int  # from 1
    label: str
    width: float
    height: float
    lines: tuple[Line, ...]
    sideways: tuple[str, ...]  # lines that do not run from left to right
    pictures: bool  # looked for only where there is no text
    columns: bool = False  # its lines go down one column and then the next
    read_by: str = ""  # who read its picture, e.g. "Tesseract (eng)"
    unreadable: str = ""  # why its text can not be had
    aside: tuple[tuple[str, str], ...] = ()  # what its file marks as no text, with the reason
    breaks: frozenset[int] = frozenset()  # lines that begin a paragraph, where the file says so
    displays: tuple[tuple[int, str], ...] = ()  # lines that are a caption, table, formula or code, likewise


def page_spans(page: Any) -> dict[str, Any]:
    """What stands on a PyMuPDF page: blocks of lines of spans."""
    from inkprint.extract.mupdf import pymupdf

    # A ligature kept as one character eats the blank after it: off|saying.
    unwanted = pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_PRESERVE_LIGATURES
    return page.get_textpage(flags=pymupdf.TEXTFLAGS_DICT & ~unwanted).extractDICT()


def read_page(page: Any, number: int, label: str, found: dict[str, Any]) -> RawPage:
    """The lines of a PyMuPDF page from its spans. A function of the page alone, so that processes can share
    the work."""
    blocks: list[list[Line]] = []
    turned: list[list[Line]] = []
    for block in found["blocks"]:
        items = block.get("lines", ())
        spans = [[span for span in item["spans"] if span["text"]] for item in items]
        _stack_fractions(spans)
        blocks.append([])
        turned.append([])
        for item, own in zip(items, spans, strict=True):
            if line := _line(own):
                (blocks if item["dir"][0] >= 0.9 else turned)[-1].append(line)
    if sum(map(len, turned)) > sum(map(len, blocks)):  # a whole page turned: its text is still text
        blocks, turned = turned, []
    lines, columns = _reading_order(blocks)
    sideways = tuple(line.text for block in turned for line in block)
    pictures = not lines and _has_pictures(page)
    size = found["width"], found["height"]
    return RawPage(number, label, *size, tuple(lines), sideways, pictures, columns)


def _has_pictures(page: Any) -> bool:
    """Images or drawings; of what is no PDF the images are asked for in another way."""
    images = page.get_images if page.parent.is_pdf else page.get_image_info
    return bool(images() or page.get_drawings())


def _stack_fractions(lines: Sequence[list[dict[str, Any]]]) -> None:
    """A fraction's figures stand one above the other and come as the end of one line and the start of
    the next. Put together as 1/2, in the lists of spans given, they are not taken for note marks."""
    if not any(map(_OVER.fullmatch, [span["text"] for spans in lines for span in spans[-2:]])):
        return  # nearly every block
    for first, second in pairwise(lines):
        over = next((span for span in reversed(first) if span["text"].strip()), None)
        under = next((span for span in second if span["text"].strip()), None)
        if over is None or under is None:
            continue
        figures = _OVER.fullmatch(over["text"]), _UNDER.match(under["text"])
        shared = min(over["bbox"][2], under["bbox"][2]) - max(over["bbox"][0], under["bbox"][0])
        beneath = under["bbox"][1] > over["bbox"][1] + 2
        if all(figures) and beneath and shared > 0.4 * min(_width(over), _width(under)):
            text = f"{over['text'].strip()}/{figures[1][0]}"
            first[first.index(over)] = dict(over, text=text)
            second[second.index(under)] = dict(under, text=under["text"][figures[1].end() :])


def _width(span: dict[str, Any]) -> float:
    return span["bbox"][2] - span["bbox"][0]


def _line(spans: list[dict[str, Any]]) -> Line | None:
    if len(spans) == 1:  # most lines
        main, size, flags = spans, round(spans[0]["size"], 1), spans[0]["flags"]
        text, marks, mark = spans[0]["text"], (), ""
        x0, top, x1, bottom = spans[0]["bbox"]
    else:
        boxes = [span["bbox"] for span in spans if span["text"].strip()]
        if not boxes:
            return None
        size, main = _main_spans(spans)
        flags = _most_flags(main)
        text, marks, mark = _without_marks(spans, size, main[0]["origin"][1])
        x0, x1 = min(box[0] for box in boxes), max(box[2] for box in boxes)
        top, bottom = min(span["bbox"][1] for span in main), max(span["bbox"][3] for span in main)
    text = clean(text)
    soft = SOFT_HYPHEN if text.rstrip().endswith(SOFT_HYPHEN) else ""
    text = space_sentences(one_space(text)) + soft
    if not text:
        return None
    bold, italic, mono = flags & 16 > 0, flags & 2 > 0, flags & 8 > 0 or is_typewriter(main[0]["font"])
    return Line(text, x0, top, x1, bottom, size, bold, italic, mono, mark, marks)


def _without_marks(
    spans: list[dict[str, Any]], size: float, baseline: float
) -> tuple[str, tuple[str, ...], str]:
    """A line's text without raised note marks, those marks, and the one that it begins with, or ""."""
    text, marks, mark = "", [], ""
    for span in spans:
        piece = span["text"]
        if span["size"] < SMALLER * size and _is_mark(span, text, size, baseline):
            marks.append(piece.strip())
            mark = mark or (piece.strip() if not text.strip() else "")
            # The blank after a mark is often set in the mark's own raised type.
            text += " " if piece[-1:].isspace() else ""
            continue
        text += piece
    return text, tuple(marks), mark


@cache
def is_typewriter(font: str) -> bool:
    """Whether a font's name says that its letters are all of one width; many do not say it otherwise."""
    return _TYPEWRITER.search(font) is not None


def _main_spans(spans: list[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    """The size of most letters, and the spans that have it."""
    if len({span["size"] for span in spans}) == 1:
        return round(spans[0]["size"], 1), spans
    rounded = [round(span["size"], 1) for span in spans]
    sizes: Counter[float] = Counter()
    for size, span in zip(rounded, spans, strict=True):
        sizes[size] += len(span["text"].strip())
    most = max(sizes, key=lambda size: (sizes[size], size))
    return most, [span for size, span in zip(rounded, spans, strict=True) if size == most]


def _most_flags(spans: list[dict[str, Any]]) -> int:
    """PyMuPDF's flags that most letters have, of 2 (italic), 8 (a typewriter's) and 16 (bold)."""
    if len({span["flags"] for span in spans}) == 1:
        return spans[0]["flags"]
    letters = sum(len(span["text"]) for span in spans)
    flagged = {flag: sum(len(span["text"]) for span in spans if span["flags"] & flag) for flag in (2, 8, 16)}
    return sum(flag for flag, count in flagged.items() if count * 2 > letters)


def _is_mark(span: dict[str, Any], before: str, size: float, baseline: float) -> bool:
    """Whether a span in small type is a raised note mark."""
    raised = span["flags"] & 1 or span["origin"][1] < baseline - RAISED * size
    if not (raised and NOTE_MARK.fullmatch(span["text"].strip())):
        return False
    # An exponent follows a single letter, a figure or a bracket; a note mark follows a word or its point.
    tail = before.rstrip()
    return not tail or bool(re.search(r"[^\W\d_]{2}$|[.,;:!?”’\"'…—–-]$|[^\W\d_]{2}\)$", tail))


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


def _reading_order(blocks: list[list[Line]]) -> tuple[list[Line], bool]:
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
