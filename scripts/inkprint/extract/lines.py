"""A page as lines: one pass over PyMuPDF's spans, note marks taken out, fragments of a line put together."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from inkprint.extract.letters import SOFT_HYPHEN, clean, one_space

NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§‖¶]{1,3})(?:[,–-] ?\d{1,3})*[\])]?")
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


def read_page(page: Any, number: int) -> RawPage:  # noqa: ANN401
    """Read a PyMuPDF page. A function of the page alone, so that processes can share the work."""
    import pymupdf

    found = page.get_text("dict", flags=pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES)
    lines: list[Line] = []
    sideways: list[str] = []
    for block in found["blocks"]:
        fragments: list[Line] = []
        for item in block.get("lines", ()):
            line = _line(item["spans"])
            if line is None:
                continue
            if item["dir"][0] < 0.9:
                sideways.append(line.text)
            elif not fragments or not _drawn_twice(fragments[-1], line):
                fragments.append(line)
        lines += _merge(fragments)
    if len(sideways) > len(lines):  # a whole page turned: its text is still text
        sideways.clear()
        lines = [line for block in found["blocks"] for line in _block_lines(block)]
    pictures = not lines and bool(page.get_images() or page.get_drawings())
    ordered = tuple(_reading_order(lines))
    return RawPage(
        number, page.get_label(), found["width"], found["height"], ordered, tuple(sideways), pictures
    )


def _block_lines(block: dict[str, Any]) -> list[Line]:
    return [line for item in block.get("lines", ()) if (line := _line(item["spans"]))]


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
    text = one_space(text) + soft
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
    """Put together the fragments of one line that PyMuPDF cut at wide gaps."""
    merged: list[Line] = []
    for line in lines:
        last = merged[-1] if merged else None
        if last and _same_row(last, line) and -2 < line.x0 - last.x1 < 3 * line.size:
            blank = "" if line.x0 - last.x1 < 0.12 * line.size else " "
            longer = last if len(last.text) >= len(line.text) else line
            merged[-1] = replace(
                longer,
                text=last.text + blank + line.text,
                x0=last.x0,
                x1=line.x1,
                mark=last.mark,
                marks=last.marks + line.marks,
            )
        elif last and _is_drop_cap(last, line):
            merged[-1] = replace(line, text=last.text + line.text, x0=last.x0, marks=line.marks)
        else:
            merged.append(line)
    return merged


def _same_row(first: Line, second: Line) -> bool:
    overlap = min(first.bottom, second.bottom) - max(first.top, second.top)
    return overlap > 0.6 * min(first.bottom - first.top, second.bottom - second.top)


def _is_drop_cap(first: Line, second: Line) -> bool:
    letter = first.text.strip("“\"'‘")
    if len(letter) != 1 or not letter.isupper() or first.size < 1.6 * second.size:
        return False
    return first.top - second.size < second.top < first.bottom and second.x0 > first.x0


def _reading_order(lines: list[Line]) -> list[Line]:
    """Top to bottom where there is one column; otherwise the order in which the file draws them."""
    ordered = sorted(lines, key=lambda line: (line.top, line.x0))
    beside = sum(
        1 for a, b in zip(ordered, ordered[1:], strict=False) if _same_row(a, b) and b.x0 > a.x1 + a.size / 2
    )
    return ordered if beside <= max(2, len(lines) // 8) else lines
