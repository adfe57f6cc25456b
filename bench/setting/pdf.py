"""Pages as they fill, with the truth about each of their lines, and as a PDF file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from setting.typeset import CODES, FACES, SPECIAL, Run, Type, advance, draw


@dataclass(frozen=True)
class Printed:
    """One line as it stands in the book: the truth that extraction is measured against."""

    page: int  # of the file, from 1
    kind: str  # body, running head, page number, footnote, caption, … or the class of a page that is no text
    text: str
    words: tuple[str, ...] = ()  # the author's that begin on it, whole
    begins: bool = False  # it is the first line of a paragraph


@dataclass
class Leaf:
    """One page as it fills."""

    page_class: str
    label: str = ""
    head: str = ""
    opening: bool = False  # a chapter begins on it: no running head
    runs: list[Run] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)
    lines: list[Printed] = field(default_factory=list)
    picture: bool = False


def write_pages(leaves: list[Leaf], type_: Type, width: float, height: float) -> Any:
    """The pages as a PyMuPDF document, without outline and labels yet."""
    document = pymupdf.open()
    fonts = " ".join(f"/{name} {xref} 0 R" for name, xref in _fonts(document).items())
    for leaf in leaves:
        page = document.new_page(width=width, height=height)
        if leaf.picture:
            page.insert_image(page.rect, pixmap=_picture())
            continue
        document.xref_set_key(page.xref, "Resources", f"<</Font<<{fonts}>>>>")
        texts = [draw(run, type_).format(f"{height - run.y + run.rise:.2f}") for run in leaf.runs]
        stream = document.get_new_xref()
        document.update_object(stream, "<<>>")
        commands = "\n".join([*leaf.drawings, *(f"BT {text} ET" for text in texts)])
        document.update_stream(stream, commands.encode("ascii"))
        page.set_contents(stream)
    return document


def _fonts(document: Any) -> dict[str, int]:
    """Every face as a simple font with this module's encoding: the number of its object."""
    numbers = {}
    differences = " ".join(f"/{name}" for name in SPECIAL.values())
    known = {code: character for character, code in CODES.items()}
    encoding = f"<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[14 {differences}]>>"
    for family, faces in FACES.items():
        for face, (name, full) in faces.items():
            characters = [
                known.get(code) or bytes([code]).decode("cp1252", "replace") for code in range(14, 256)
            ]
            widths = " ".join(f"{1000 * advance(family, face, character):.0f}" for character in characters)
            numbers[name] = document.get_new_xref()
            document.update_object(
                numbers[name],
                f"<</Type/Font/Subtype/Type1/BaseFont/{full}/Encoding{encoding}/FirstChar 14/LastChar 255"
                f"/Widths[{widths}]>>",
            )
    return numbers


def _picture() -> Any:
    """A picture without text: stripes."""
    side = 48
    samples = bytes((40 * (row // 8) + 3 * column) % 256 for row in range(side) for column in range(side))
    return pymupdf.Pixmap(pymupdf.csGRAY, side, side, samples, False)


def add_outline(document: Any, entries: Sequence[tuple[str, int]], kind: str) -> None:
    """Titles and pages as bookmarks: good, none, nowhere (every second points to no page) or circular."""
    if kind == "none":
        return
    document.set_toc(
        [[1, title, -1 if kind == "nowhere" and at % 2 else page] for at, (title, page) in enumerate(entries)]
    )
    if kind == "circular":
        # The last entry names the first as the one that follows it.
        root = int(document.xref_get_key(document.pdf_catalog(), "Outlines")[1].split()[0])
        first, last = (int(document.xref_get_key(root, key)[1].split()[0]) for key in ("First", "Last"))
        document.xref_set_key(last, "Next", f"{first} 0 R")


def add_labels(document: Any, first_main: int) -> None:
    """Roman numbers in front, arabic ones from the page at position `first_main`."""
    document.set_page_labels(
        [
            {"startpage": 0, "style": "r", "firstpagenum": 1},
            {"startpage": first_main, "style": "D", "firstpagenum": 1},
        ]
    )
