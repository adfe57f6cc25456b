"""A page as lines: one pass over PyMuPDF's spans, note marks taken out, fragments of a line put together."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from inkprint.extract.letters import SOFT_HYPHEN, clean, one_space, space_sentences

NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§‖¶]{1,3})(?:[,–-] ?\d{1,3})*[\])]?")
_OVER = re.compile(r"[−–-]?\d{1,3}")
_UNDER = re.compile(r"\d{1,3}[a-z]?(?!\w)|[a-z](?!\w)")
RAISED = 0.12  # a raised mark's baseline lies this share of the line's size above the line's
SMALLER = 0.85  # and its size is below this share


@dataclass(frozen=True, slots=True)
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
    mark: str = ""  # a raised note mark that it begins with
    marks: tuple[str, ...] = ()  # raised note marks cut out of it


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
    read_by: str = ""  # who read its picture, e.g. "Tesseract (eng)"
    unreadable: str = ""  # why its text can not be had
    aside: tuple[tuple[str, str], ...] = ()  # what its file marks as no text, with the reason
    breaks: frozenset[int] = frozenset()  # lines that begin a paragraph, where the file says so


def page_spans(page: Any) -> dict[str, Any]:
    """What stands on a PyMuPDF page: blocks of lines of spans."""
    import pymupdf

    return page.get_text("dict", flags=pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES)


def read_page(page: Any, number: int, found: dict[str, Any]) -> RawPage:
    """The lines of a PyMuPDF page from its spans. A function of the page alone, so that processes can share
    the work."""
    blocks: list[list[Line]] = []
    turned: list[list[Line]] = []
    for block in found["blocks"]:
        items = _stack_fractions(block.get("lines", ()))
        read = [(item["dir"][0] >= 0.9, line) for item in items if (line := _line(item["spans"]))]
        blocks.append(_merge([line for level, line in read if level]))
        turned.append([line for level, line in read if not level])
    if sum(map(len, turned)) > sum(map(len, blocks)):  # a whole page turned: its text is still text
        blocks, turned = turned, []
    lines = _reading_order([block for block in blocks if block])
    sideways = [line.text for block in turned for line in block]
    pdf = page.parent.is_pdf  # an EPUB has no labels, and its images are asked for in another way
    images = page.get_images if pdf else page.get_image_info
    pictures = not lines and bool(images() or page.get_drawings())
    size = found["width"], found["height"]
    label = page.get_label() if pdf else ""
    return RawPage(number, label, *size, tuple(lines), tuple(sideways), pictures)


def _stack_fractions(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A fraction's figures stand one above the other and come as the end of one line and the start of
    the next. Put together as 1/2 they are not taken for note marks."""
    kept = [dict(item, spans=[span for span in item["spans"] if span["text"]]) for item in items]
    for first, second in pairwise(kept):
        over = next((span for span in reversed(first["spans"]) if span["text"].strip()), None)
        under = next((span for span in second["spans"] if span["text"].strip()), None)
        if over is None or under is None:
            continue
        figures = _OVER.fullmatch(over["text"].strip()), _UNDER.match(under["text"])
        shared = min(over["bbox"][2], under["bbox"][2]) - max(over["bbox"][0], under["bbox"][0])
        beneath = under["bbox"][1] > over["bbox"][1] + 2
        if all(figures) and beneath and shared > 0.4 * min(_width(over), _width(under)):
            text = f"{over['text'].strip()}/{figures[1][0]}"
            first["spans"][first["spans"].index(over)] = dict(over, text=text)
            second["spans"][second["spans"].index(under)] = dict(
                under, text=under["text"][figures[1].end() :]
            )
    return kept


def _width(span: dict[str, Any]) -> float:
    return span["bbox"][2] - span["bbox"][0]


def _line(spans: list[dict[str, Any]]) -> Line | None:
    spans = [span for span in spans if span["text"]]
    sizes: Counter[float] = Counter()
    for span in spans:
        sizes[round(span["size"], 1)] += len(span["text"].strip())
    if not sizes or not max(sizes.values()):
        return None
    size = max(sizes, key=lambda key: (sizes[key], key))
    baselines = [span["origin"][1] for span in spans if round(span["size"], 1) == size]
    text, mark, marks = "", "", []
    for span in spans:
        piece = span["text"]
        if _is_mark(span, text, size, baselines[0]):
            marks.append(piece.strip())
            mark = mark or (piece.strip() if not text.strip() else "")
            # The blank after a mark is often set in the mark's own raised type.
            text += " " if piece[-1:].isspace() else ""
            continue
        text += piece
    text = clean(text)
    soft = SOFT_HYPHEN if text.rstrip().endswith(SOFT_HYPHEN) else ""
    text = space_sentences(one_space(text)) + soft
    if not text:
        return None
    main = [span for span in spans if round(span["size"], 1) == size]
    boxes = [span["bbox"] for span in spans if span["text"].strip()]
    return Line(
        text=text,
        x0=min(box[0] for box in boxes),
        top=min(span["bbox"][1] for span in main),
        x1=max(box[2] for box in boxes),
        bottom=max(span["bbox"][3] for span in main),
        size=size,
        bold=_most(main, 16),
        italic=_most(main, 2),
        mark=mark,
        marks=tuple(marks),
    )


def _most(spans: list[dict[str, Any]], flag: int) -> bool:
    flagged = sum(len(span["text"]) for span in spans if span["flags"] & flag)
    return flagged * 2 > sum(len(span["text"]) for span in spans)


def _is_mark(span: dict[str, Any], before: str, size: float, baseline: float) -> bool:
    if not NOTE_MARK.fullmatch(span["text"].strip()):
        return False
    small = span["size"] < SMALLER * size
    raised = span["flags"] & 1 or span["origin"][1] < baseline - RAISED * size
    if not (small and raised):
        return False
    # An exponent follows a single letter, a figure or a bracket; a note mark follows a word or its point.
    tail = before.rstrip()
    return not tail or bool(re.search(r"[^\W\d_]{2}$|[.,;:!?”’\"'…—–-]$|[^\W\d_]{2}\)$", tail))


def _drawn_twice(first: Line, second: Line) -> bool:
    """Some programs print a line twice, a hair apart, to make it bold."""
    near = abs(first.x0 - second.x0) < 1.5 and abs(first.top - second.top) < 1.5
    return near and first.text == second.text


def _merge(lines: list[Line]) -> list[Line]:
    """Put together the fragments of one line that PyMuPDF cut at wide gaps; drop what is drawn twice."""
    merged: list[Line] = []
    for line in lines:
        last = merged[-1] if merged else None
        if last and _drawn_twice(last, line):
            continue
        if last and _same_row(last, line) and -4 < line.x0 - last.x1 < 3 * line.size:
            blank = "" if line.x0 - last.x1 < 0.12 * line.size and last.text[-1:] != "," else " "
            merged[-1] = _glue(last, line, blank)
        elif len(merged) > 1 and _is_sign(last) and _same_row(merged[-2], line) and line.x0 >= last.x0:
            # A root sign stands too high for its row and parts it: where |√| 2 ought to be.
            merged[-2:] = [_glue(_glue(merged[-2], merged[-1], " "), line, "")]
        elif last and _is_drop_cap(last, line):
            merged[-1] = replace(line, text=last.text + line.text, x0=last.x0, marks=line.marks)
        else:
            merged.append(line)
    return merged


def _glue(first: Line, second: Line, blank: str) -> Line:
    longer = first if len(first.text) >= len(second.text) else second
    return replace(
        longer,
        text=first.text + blank + second.text,
        x0=first.x0,
        x1=max(first.x1, second.x1),
        mark=first.mark,
        marks=first.marks + second.marks,
    )


def _is_sign(line: Line | None) -> bool:
    return line is not None and len(line.text) <= 2 and unicodedata.category(line.text[0]) == "Sm"


def _same_row(first: Line, second: Line) -> bool:
    overlap = min(first.bottom, second.bottom) - max(first.top, second.top)
    return overlap > 0.6 * min(first.bottom - first.top, second.bottom - second.top)


def _is_drop_cap(first: Line, second: Line) -> bool:
    letter = first.text.strip("“\"'‘")
    if len(letter) != 1 or not letter.isupper() or first.size < 1.6 * second.size:
        return False
    return first.top - second.size < second.top < first.bottom and second.x0 > first.x0


def _reading_order(blocks: list[list[Line]]) -> list[Line]:
    """Blocks from top to bottom where there is one column; otherwise as the file draws them."""
    tops = [(min(line.top for line in block), block) for block in blocks]
    lines = [line for block in blocks for line in block]
    ordered = sorted(lines, key=lambda line: (line.top, line.x0))
    pairs = pairwise(ordered)
    beside = sum(_same_row(a, b) and b.x0 > a.x1 + a.size / 2 for a, b in pairs)
    if beside <= max(2, len(lines) // 8):
        lines = [line for _, block in sorted(tops, key=lambda item: item[0]) for line in block]
    return _merge(lines)
