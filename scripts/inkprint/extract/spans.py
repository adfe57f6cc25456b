"""Lines from PyMuPDF's spans, in one pass: what letters they are in, with raised note marks taken out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from inkprint.extract.fragments import reading_order
from inkprint.extract.letters import SOFT_HYPHEN, clean, one_space, space_sentences
from inkprint.extract.lines import Line, RawPage

_TYPEWRITER = re.compile(
    r"mono|monl|courier|typewriter|cmtt|[a-z]tt\d|consol|menlo|sourcecode|lettergothic", re.I
)
NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§‖¶]{1,3})(?:[,–-] ?\d{1,3})*[\])]?")
_OVER = re.compile(r"\s*[−–-]?\d{1,3}\s*")
_UNDER = re.compile(r"\d{1,3}[a-z]?(?!\w)|[a-z](?!\w)")
RAISED = 0.12  # a raised mark's baseline lies this share of the line's size above the line's
SMALLER = 0.85  # and its size is below this share


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
    lines, columns = reading_order(blocks)
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
