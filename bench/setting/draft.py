"""A book on the press: what its parts share while they are set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from setting.author import Manuscript, Paragraph
from setting.layouts import Layout
from setting.press import Press
from setting.typeset import Word


@dataclass
class Draft:
    """One book, and what is known of it so far."""

    layout: Layout
    manuscript: Manuscript
    press: Press
    dice: Random
    listed: dict[str, str]  # titles and printed numbers from the time before, for the contents
    listed_figures: dict[str, str]
    numbers: dict[str, str] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    outline: list[tuple[str, int]] = field(default_factory=list)
    chapters: list[tuple[int, str]] = field(default_factory=list)  # page and title
    notes: list[tuple[str, list[str]]] = field(default_factory=list)  # endnotes by chapter
    mark: int = 0  # the last note's number

    def open_part(self, title: str, page_class: str, listed: bool = True) -> None:
        """A page on which a part of the book begins, with its title in large type."""
        press, size = self.press, self.layout.size
        press.page(page_class, head=title, opening=True)
        press.y += 20
        kind = "heading" if page_class == "body" else page_class
        press.row(title, kind, "b", 1.6 * size, at="centre", leading=3.4 * size)
        press.start_columns()
        if listed:
            self.enlist(title)

    def enlist(self, title: str) -> None:
        """Put the part that begins here into the contents and the outline."""
        self.numbers[title] = self.press.leaf.label
        self.outline.append((title, len(self.press.leaves)))

    def section(self, title: str, kind: str, paragraphs: Sequence[Paragraph], signed: str = "") -> None:
        """A part of plain paragraphs under its title: foreword, preface, acknowledgements."""
        self.open_part(title, kind)
        if kind == "body":
            self.chapters.append((len(self.press.leaves), title))
        for at, paragraph in enumerate(paragraphs):
            self.press.paragraph([Word(text, text) for text in paragraph.text.split()], kind, first=at == 0)
        if signed:
            self.press.row(signed, kind, "i", at="right")

    def display(self, page_class: str, rows: Sequence[tuple[str, float]]) -> None:
        """A page of a few centred lines, each in a size of its own."""
        self.press.page(page_class, bare=True)
        self.press.y = 0.3 * self.layout.height
        for text, size in rows:
            self.press.row(text, page_class.split(",")[0], size=size, at="centre", leading=2.2 * size)

    def small(self, text: str, kind: str, hang: float = 0.0) -> None:
        """A paragraph in smaller type."""
        size = 0.85 * self.layout.size
        words = [Word(word) for word in text.split()]
        self.press.paragraph(words, kind, first=True, size=size, leading=1.25 * size, hang=hang)

    def boilerplate(self, texts: Sequence[str]) -> None:
        """A page of an e-book's licence."""
        book = self.manuscript
        self.press.page("licence", bare=True)
        for text in texts:
            said = text.format(title=book.title, author=book.author, caps=book.title.upper())
            self.press.paragraph([Word(word) for word in said.split()], "licence", first=True)
            self.press.y += 6
