"""What a page is before anything is judged: its lines, each with its place and type."""

from __future__ import annotations

from dataclasses import dataclass


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
