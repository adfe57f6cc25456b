"""A small typesetter: books as PDFs with everything at known places, for the tests of extraction."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field
from pathlib import Path

from inkprint.extract.mupdf import pymupdf
from inkprint.extract.overrides import Overrides
from inkprint.extract.reading import read_document
from inkprint.recipe import ROOT
from inkprint.recipe_file import load_recipe
from inkprint.records import Page

WIDTH, HEIGHT, LEFT, RIGHT, TOP, LEADING = 360, 540, 50, 310, 80, 14
FONT, TITLE = "tiro", "A Count of Small Things"
WORDS = (
    "harbour lamp kettle rope ladder evening morning island weather neighbour window bread silver "
    "winter copper anchor garden letter thunder pebble candle number shelter mountain feather carry "
    "gather remember promise wander follow listen answer travel hammer whisper settle measure borrow"
).split()
SETTINGS = load_recipe(ROOT / "recipes" / "demo.yaml").extract.model_copy(update={"ocr_language": None})
LINKS = "the of and in with under over beside for near from".split()


def make_prose(seed: int, paragraphs: int) -> list[str]:
    """Paragraphs of made-up sentences, the same for the same seed."""
    dice = random.Random(seed)
    made = []
    for _ in range(paragraphs):
        sentences = []
        for _ in range(dice.randint(3, 6)):
            words = [dice.choice(LINKS if n % 3 == 0 else WORDS) for n in range(dice.randint(7, 15))]
            sentences.append(" ".join(words).capitalize() + ".")
        made.append(" ".join(sentences))
    return made


@functools.cache
def _width_of_word(word: str, size: float) -> float:
    return pymupdf.get_text_length(word, FONT, size)


def width_of(text: str, size: float) -> float:
    """Of words with a blank between them; PyMuPDF takes a millisecond for a line, and a word comes often."""
    words = text.split()
    return sum(_width_of_word(word, size) for word in words) + (len(words) - 1) * _width_of_word(" ", size)


def wrap(text: str, width: float, size: float, indent: float = 0.0) -> list[str]:
    """Lines of at most `width`, words broken after four letters where that fills the line."""
    lines, line = [], ""
    for word in text.split():
        room = width - (indent if not lines else 0)
        tried = f"{line} {word}".strip()
        if width_of(tried, size) <= room:
            line = tried
            continue
        head, tail = word[:4] + "-", word[4:]
        if len(tail) > 2 and word.isalpha() and width_of(f"{line} {head}", size) <= room:
            lines.append(f"{line} {head}".strip())
            line = tail
        else:
            lines.append(line)
            line = word
    return [*lines, line]


@dataclass
class Press:
    """Prints pages; counts them as a book does, front matter apart."""

    heads: bool = True
    document: pymupdf.Document = field(default_factory=pymupdf.open)
    chapter: str = ""
    printed: int = 0
    y: float = 0.0
    outline: list[list] = field(default_factory=list)

    @property
    def page(self) -> pymupdf.Page:
        return self.document[-1]

    def leaf(self) -> None:
        """A page without head or number."""
        self.document.new_page(width=WIDTH, height=HEIGHT)
        self.y = TOP

    def turn(self) -> None:
        """A numbered page: the book's title on the left, the chapter's on the right."""
        self.leaf()
        self.printed += 1
        if not self.heads:
            return
        if self.printed % 2:
            self.at(200, 40, f"{self.chapter}", 8)
            self.at(RIGHT - 12, 40, str(self.printed), 8)
        else:
            self.at(LEFT, 40, f"{self.printed}   {TITLE.upper()}", 8)

    def at(self, x: float, y: float, text: str, size: float, font: str = FONT) -> None:
        self.page.insert_text((x, y), text, fontsize=size, fontname=font)

    def centre(self, y: float, text: str, size: float) -> None:
        self.at((WIDTH - pymupdf.get_text_length(text, FONT, size)) / 2, y, text, size)

    def open_chapter(self, title: str, heading: list[str]) -> None:
        self.chapter = title
        self.leaf()
        self.printed += 1
        self.outline.append([1, title, len(self.document)])
        for line in heading:
            self.centre(self.y + 30, line, 16)
            self.y += 26
        self.y += 50
        self.centre(HEIGHT - 40, str(self.printed), 8)

    def set(self, paragraphs: list[str], size: float = 10, bottom: float = HEIGHT - 90) -> None:
        for text in paragraphs:
            for number, line in enumerate(wrap(text, RIGHT - LEFT, size, indent=14)):
                if self.y > bottom:
                    self.turn()
                self.at(LEFT + (14 if number == 0 else 0), self.y, line, size)
                self.y += LEADING * size / 10


@dataclass
class Made:
    path: Path
    chapters: dict[str, list[str]]  # title -> paragraphs
    classes: list[str]  # page by page


def make_book(path: Path, outline: str = "whole", contents: bool = True, heads: bool = True) -> Made:
    """A whole book. outline: whole, broken (entries that point nowhere or in circles) or none."""
    press = Press(heads)
    classes = []
    press.leaf()
    press.centre(200, TITLE, 24)
    press.centre(260, "Ida Penhallow", 14)
    press.leaf()
    for y, line in zip(
        range(300, 400, 12),
        ["Copyright © 2021 Ida Penhallow", "All rights reserved", "ISBN 0-00"],
        strict=False,
    ):
        press.centre(y, line, 8)
    press.leaf()
    press.centre(200, "For Wilhelmina", 10)
    press.leaf()
    classes += ["title", "copyright", "dedication", "blank"]
    titles = ["Preface", "The Lamp", "The Kettle", "The Long Rope"]
    chapters = {title: make_prose(seed, 10) for seed, title in enumerate(titles)}
    if contents:
        press.leaf()
        press.centre(60, "Contents", 16)
        for number, title in enumerate([*titles, "Notes", "Index"]):
            press.at(LEFT, 120 + 18 * number, f"{title} . . . . . . . . . . . . . . {4 * number + 1}", 10)
        classes.append("contents")
    for number, title in enumerate(titles):
        press.open_chapter(title, [title] if number == 0 else [f"CHAPTER {number}", title])
        press.set(chapters[title])
    classes += ["body"] * (len(press.document) - len(classes))
    back_matter(press, classes)
    if outline == "whole":
        press.document.set_toc(press.outline)
    elif outline == "broken":
        press.document.set_toc([[1, "Nowhere", -1], [1, "Start", 1], *([1, t, -1] for t in titles[:2])])
    press.document.save(path)
    return Made(path, chapters, classes)


def back_matter(press: Press, classes: list[str]) -> None:
    first = len(press.document)
    press.open_chapter("Notes", ["Notes"])
    for number in range(1, 60):
        if press.y > HEIGHT - 90:
            press.turn()
        text = f"{number}. Penhallow, Letters, vol. 2 (London: Press, 19{number + 20}), p. {number}."
        if number == 30:  # an odd page among the notes: one long note without a figure
            press.turn()
            press.set(make_prose(99, 5), size=8)
            press.turn()
        press.at(LEFT, press.y, text, 8)
        press.y += 11
    classes += ["notes"] * (len(press.document) - first)
    first = len(press.document)
    press.open_chapter("Index", ["Index"])
    for number, word in enumerate(sorted(WORDS) * 2):
        column, row = divmod(number % 50, 25)
        if number and number % 50 == 0:
            press.turn()
        press.at(LEFT + 140 * column, TOP + 60 + 12 * row, f"{word}, {number}, {number + 7}-{number + 9}", 8)
    classes += ["index"] * (len(press.document) - first)


# -- what came out ----------------------------------------------------------------------------


def read(path: Path, **changes: object) -> list[Page]:
    """The pages of a document as 01 writes them, by the demo's settings, with these changes, without OCR."""
    settings = SETTINGS.model_copy(update=changes)
    return read_document(path.name, path, Overrides(), settings, "", lambda done, of: None)


def chapters_of(pages: list[Page]) -> dict[str, list[str]]:
    """Chapters as a reader would join them from the records: title -> paragraphs."""
    found: dict[str, list[str]] = {"": []}
    title = ""
    for page in pages:
        if not page.kept:
            continue
        cuts = [(start.at, start.title) for start in page.chapters]
        offset = 0
        for at, name in [*cuts, (len(page.text), None)]:
            parts = [part for part in page.text[offset:at].split("\n\n") if part]
            if parts and page.continues and offset == 0 and found[title]:
                found[title][-1] += " " + parts.pop(0)
            found[title] += parts
            if name is not None:
                title = name
                found[title] = []
            offset = at
    return {name: paragraphs for name, paragraphs in found.items() if paragraphs}


def removed(pages: list[Page], reason: str) -> list[str]:
    return [line.text for page in pages for line in page.removed if line.reason == reason]
