"""Whole books set as PDF, in several layouts, with the truth about every page, line and word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import matter
from author import Chapter, Manuscript, Paragraph, write_manuscript
from press import Layout, Press
from typeset import Leaf, Printed, Type, Word, measure, write_pages

LAYOUTS = (
    Layout("novel", opening="both", notes="feet", marks="sign", numbers="outer", words=24000),
    Layout(
        "textbook", width=432, height=648, heads="alternating", numbers="head", chapters="counted", learned=True,
        type=Type(split_accents=True, blanks=False), notes="feet", words=30000, furniture_last=False,
    ),
    Layout("columns", width=540, height=720, columns=2, size=9.5, leading=11.8, numbers="foot", notes="end",
           chapters="numbered", opening="drop", learned=True, type=Type("helvetica"), words=30000),
    Layout("large-print", width=432, height=648, size=16.0, leading=20.5, heads="none", number_form="– {} –",
           hyphens=False, indent=0.0, paragraph_gap=10.0, notes="none", ornament="~", words=12000),
    Layout("no-outline", outline="none", notes="end", marks="glued", numbers="head", opening="small", labels=False,
           words=22000),
    Layout("broken-outline", outline="nowhere", notes="chapter", numbers="outer", number_form="Page {}",
           address="https://www.example.org/books/quiet", heads="same", ornament="• • •", words=22000),
    Layout("no-contents", outline="circular", contents=False, labels=False, chapters="numbered", notes="none",
           opening="drop", heads="same", words=18000),
)  # fmt: skip


@dataclass
class Truth:
    """A book as PDF, and what an extraction of it ought to find."""

    name: str
    layout: str
    path: Path
    classes: list[str]  # of each page
    lines: list[Printed]
    chapters: list[tuple[int, str]]  # page and title

    def words(self) -> list[str]:
        """The author's words in their order."""
        return [word for line in self.lines for word in line.words]


def set_book(layout: Layout, seed: int, folder: Path, share: float = 1.0) -> Truth:
    """Set one book; `share` of its words is written. The same arguments give the same bytes."""
    layout = _varied(layout, seed)
    manuscript = write_manuscript(seed, int(layout.words * share))
    book = _Book(layout, manuscript, seed, {})
    book.set()
    # The table of contents needs page numbers, and moves those after it.
    while book.listed != book.numbers:
        book = _Book(layout, manuscript, seed, book.numbers)
        book.set()
    name = f"{layout.name}-{seed}"
    path = folder / f"{name}.pdf"
    document = write_pages(book.press.leaves, layout.type, layout.width, layout.height)
    _add_outline(document, book.outline, layout.outline)
    if layout.labels:
        main = book.press.first_main
        document.set_page_labels(
            [
                {"startpage": 0, "style": "r", "firstpagenum": 1},
                {"startpage": main, "style": "D", "firstpagenum": 1},
            ]
        )
    document.save(path, garbage=0, deflate=True, no_new_id=True)
    leaves: list[Leaf] = book.press.leaves
    return Truth(
        name,
        layout.name,
        path,
        [leaf.page_class for leaf in leaves],
        [line for leaf in leaves for line in leaf.lines],
        book.chapters,
    )


def _varied(layout: Layout, seed: int) -> Layout:
    """Another seed is another printer: other numbers, other type, heads drawn before or after the text."""
    dice = Random(f"{layout.name}-{seed}")
    if seed % 2:
        return layout
    family = "times" if layout.type.family == "helvetica" else "helvetica"
    return replace(
        layout,
        type=replace(layout.type, family=family, ligatures=not layout.type.ligatures),
        furniture_last=not layout.furniture_last,
        numbers=dice.choice([place for place in ("foot", "outer", "head") if place != layout.numbers]),
        outline={"nowhere": "circular", "circular": "none"}.get(layout.outline, layout.outline),
        marks="glued" if layout.marks == "raised" else "raised",
    )


def _add_outline(document: Any, entries: Sequence[tuple[str, int]], kind: str) -> None:
    if kind == "none":
        return
    nowhere = {at for at in range(len(entries)) if at % 2} if kind == "nowhere" else set()
    document.set_toc([[1, title, -1 if at in nowhere else page] for at, (title, page) in enumerate(entries)])
    if kind == "circular":
        # The last entry names the first as the one that follows it.
        root = int(document.xref_get_key(document.pdf_catalog(), "Outlines")[1].split()[0])
        first, last = (int(document.xref_get_key(root, key)[1].split()[0]) for key in ("First", "Last"))
        document.xref_set_key(last, "Next", f"{first} 0 R")


class _Book:
    """One book on the press, part by part."""

    def __init__(self, layout: Layout, manuscript: Manuscript, seed: int, numbers: dict[str, str]) -> None:
        self.layout, self.manuscript = layout, manuscript
        self.press = Press(layout, manuscript.title)
        self.dice = Random(f"{layout.name} {seed} matter")
        self.listed = numbers  # printed numbers from the time before, for the contents
        self.numbers: dict[str, str] = {}
        self.outline: list[tuple[str, int]] = []
        self.chapters: list[tuple[int, str]] = []
        self.notes: list[tuple[str, list[str]]] = []  # endnotes by chapter
        self.captions: list[tuple[str, str]] = []  # figures with their printed numbers
        self.mark = 0

    def set(self) -> None:
        self._front()
        self.press.front = False
        self.press.first_main = len(self.press.leaves)
        for number, chapter in enumerate(self.manuscript.chapters, start=1):
            self._chapter(number, chapter)
            if number == 2:
                self.press.page("no_text").picture = True
                self.press.leaf.label = ""
        self._back()
        self.press.close()

    # -- front --------------------------------------------------------------------------------

    def _front(self) -> None:
        press, book, dice = self.press, self.manuscript, self.dice
        press.page("cover", bare=True).picture = True
        if self.layout.name == "novel":
            self._licence(matter.LICENCE_HEAD)
        self._display("title,cover", [(book.title, 14.0)])
        self._display("title", [(book.title, 24.0), (f"by {book.author}", 14.0), ("Harbour Press", 10.0)])
        press.page("copyright", bare=True)
        press.y = 0.6 * self.layout.height
        for text in matter.copyright_lines(book, dice):
            press.row(text, "copyright", size=8.5)
        self._display("dedication", [(f"For {dice.choice(matter.SURNAMES)}, who waited", 11.0)])
        press.page("blank", bare=True)
        if self.layout.contents:
            self._contents()
        if self.layout.learned:
            self._figures()
        if self.layout.name in ("textbook", "novel", "no-outline"):
            self._section("Foreword", "foreword", book.foreword, f"{book.other}")
        self._section("Preface", "body", book.preface, "")
        if len(press.leaves) % 2:
            press.page("blank", bare=self.layout.heads == "none")

    def _display(self, page_class: str, rows: Sequence[tuple[str, float]]) -> None:
        self.press.page(page_class, bare=True)
        self.press.y = 0.3 * self.layout.height
        for text, size in rows:
            self.press.row(text, page_class.split(",")[0], size=size, at="centre", leading=2.2 * size)

    def _contents(self) -> None:
        self._open("Contents", "contents", listed=False)
        for title, number in self.listed.items():
            self._leader(title, number, "contents")

    def _figures(self) -> None:
        self._open("List of Figures", "figures")
        for title, number in [item for item in self.listed.items() if item[0].startswith("\t")]:
            self._leader(title.strip(), number, "figures")

    def _leader(self, title: str, number: str, kind: str) -> None:
        press, size = self.press, self.layout.size
        if kind == "contents" and title.startswith("\t"):
            return
        room = press.measure - measure(title + number, "r", size, self.layout.type) - 16
        dots = " ." * max(2, int(room / measure(" .", "r", size, self.layout.type)))
        press.room(0.0)
        used = measure(title, "r", size, self.layout.type) / press.measure
        end = 1 - measure(number, "r", size, self.layout.type) / press.measure
        press.cells([[title, dots.strip(), number]], kind, [0.0, used + 0.015, end], size)

    def _open(self, title: str, page_class: str, listed: bool = True, kind: str = "") -> None:
        """A page on which a part of the book begins, with its title in large type."""
        press = self.press
        press.page(page_class, head=title, opening=True)
        press.y += 20
        kind = kind or ("heading" if page_class == "body" else page_class)
        press.row(title, kind, "b", 1.6 * self.layout.size, at="centre", leading=3.4 * self.layout.size)
        press.column_top = press.y if press.columns > 1 else press.column_top
        if listed:
            self._list(title)

    def _list(self, title: str) -> None:
        self.numbers[title] = self.press.leaf.label
        self.outline.append((title, len(self.press.leaves)))

    def _section(self, title: str, kind: str, paragraphs: Sequence[Paragraph], signed: str) -> None:
        self._open(title, kind)
        if kind == "body":
            self.chapters.append((len(self.press.leaves), title))
        for at, paragraph in enumerate(paragraphs):
            self.press.paragraph([Word(text, text) for text in paragraph.text.split()], kind, first=at == 0)
        if signed:
            self.press.row(signed, kind, "i", at="right")

    def _licence(self, texts: Sequence[str]) -> None:
        book = self.manuscript
        self.press.page("licence", bare=True)
        for text in texts:
            text = text.format(title=book.title, author=book.author, caps=book.title.upper())
            self.press.paragraph([Word(word) for word in text.split()], "licence", first=True)
            self.press.y += 6

    # -- chapters -----------------------------------------------------------------------------

    def _chapter(self, number: int, chapter: Chapter) -> None:
        press, layout = self.press, self.layout
        if number % 3 == 0 and len(press.leaves) % 2:
            press.page("blank", bare=True)
        press.page("body", head=chapter.title, opening=True)
        press.y += 36
        if layout.chapters == "numbered":
            press.row(f"Chapter {number}", "heading", size=12.0, at="centre", leading=22.0)
        title = f"{number} {chapter.title}" if layout.chapters == "counted" else chapter.title
        press.row(title, "heading", "b", 1.6 * layout.size, at="centre", leading=3.6 * layout.size)
        press.column_top = press.y if press.columns > 1 else press.column_top
        self._list(title)
        self.chapters.append((len(press.leaves), chapter.title))
        self.notes.append((chapter.title, []))
        for at, paragraph in enumerate(chapter.paragraphs):
            self._paragraph(paragraph, at)
            if at and at % 9 == 0:
                press.row(layout.ornament, "ornament", at="centre", leading=1.6 * layout.size)
            if layout.learned and at % 4 == 3:
                self._exhibit(number, at)
        if layout.notes == "chapter":
            self._chapter_notes()

    def _paragraph(self, paragraph: Paragraph, at: int) -> None:
        press, size = self.press, self.layout.size
        if paragraph.kind in ("verse", "list"):
            press.y += 4
            verse = paragraph.kind == "verse"
            for row, line in enumerate(paragraph.text.split("\n")):
                words = [Word(text, text) for text in line.split()]
                press.paragraph(words, goes_on=verse and row > 0, indent=0.0, inset=24.0 if verse else 10.0)
            press.y += 4
            return
        words = self._noted(paragraph.text)
        if paragraph.kind == "quotation" and at:
            press.y += 5
            press.paragraph(words, indent=0.0, inset=18.0, size=0.9 * size, leading=1.15 * size)
            press.y += 5
            return
        opening = self.layout.opening
        if at == 0 and opening in ("small", "both") and words[0].text.isalpha():
            words = [replace(word, small=not word.mark) for word in words[:3]] + words[3:]
        if at == 0 and opening in ("drop", "both") and words[0].text.isalpha():
            press.drop_capital(words)
        else:
            press.paragraph(words, first=at == 0)

    def _noted(self, text: str) -> list[Word]:
        """A paragraph's words, some in italics, some with a note's mark."""
        dice, layout = self.dice, self.layout
        words = [Word(word, word) for word in text.split()]
        if dice.random() < 0.3:
            start = dice.randrange(len(words))
            words[start : start + 3] = [replace(word, face="i") for word in words[start : start + 3]]
        ends = [at for at, word in enumerate(words) if word.text[-1] in ".”" and len(word.text) > 4]
        if layout.notes == "none" or not ends or dice.random() > 0.35:
            return words
        at = dice.choice(ends)
        self.mark += 1
        mark = "*" if layout.marks == "sign" else str(self.mark)
        note = matter.remark(dice)
        if layout.notes != "feet":
            self.notes[-1][1].append(f"{mark}. {note}")
            note = ""
        if layout.marks == "glued":
            words[at] = replace(words[at], text=words[at].text + mark, note=f"{mark} {note}" if note else "")
        else:
            words[at] = replace(words[at], mark=mark, note=note)
        return words

    def _exhibit(self, number: int, at: int) -> None:
        """What a textbook has between its paragraphs: a figure, a table, a formula, code, or a heading."""
        press, dice, size = self.press, self.dice, self.layout.size
        which = dice.choice(("figure", "table", "formula", "code", "heading"))
        press.y += 6
        if which == "figure":
            press.room(110.0)
            bottom = self.layout.height - press.y - 80
            press.leaf.drawings.append(f"0.8 w {press.left:.1f} {bottom:.1f} {press.measure:.1f} 78 re S")
            press.y += 80 + size
            label = f"Figure {number}.{at}"
            caption = dice.choice(matter.CAPTIONS)
            self.numbers[f"\t{label} {caption[:36]}"] = press.leaf.label
            self._small(f"{label}. {caption}.", "caption")
        elif which == "table":
            press.room(110.0)
            self._small(f"Table {number}.{at}. {dice.choice(matter.CAPTIONS)}.", "caption")
            press.cells(matter.table(dice), "table", [0.0, 0.4, 0.7], 0.85 * size)
        elif which == "formula":
            press.y += 4
            formula = dice.choice(matter.FORMULAE)
            press.cells([[formula, f"({number}.{at})"]], "formula", [0.3, 0.88], size)
            press.y += 4
        elif which == "code":
            press.code(dice.choice(matter.CODE))
        else:
            title = f"{number}.{at} {dice.choice(matter.SUBJECTS).title()} and {dice.choice(matter.SUBJECTS)}"
            press.room(40.0)
            press.row(title, "heading", "b", size + 1, leading=1.5 * size)
        press.y += 6

    def _small(self, text: str, kind: str, **how: float) -> None:
        size = 0.85 * self.layout.size
        words = [Word(word) for word in text.split()]
        self.press.paragraph(words, kind, first=True, size=size, leading=1.25 * size, **how)

    def _chapter_notes(self) -> None:
        press = self.press
        press.y += 10
        press.room(30.0)
        press.row("Notes", "notes", "b", self.layout.size, leading=1.8 * self.layout.size)
        press.next_class = "notes"
        for note in self.notes[-1][1]:
            self._small(note, "notes")

    # -- back ---------------------------------------------------------------------------------

    def _back(self) -> None:
        layout, dice, press = self.layout, self.dice, self.press
        pages = list(self._words_by_page())
        self._section("Acknowledgements", "body", self.manuscript.acknowledgements, "")
        if layout.notes == "end":
            self._open("Notes", "notes")
            for title, notes in self.notes:
                press.row(title, "notes", "b", layout.size, leading=1.6 * layout.size)
                for note in notes:
                    self._small(note, "notes", hang=12.0)
        if layout.learned:
            self._open("Glossary", "glossary")
            for entry in matter.glossary(dice):
                self._small(entry, "glossary", hang=12.0)
        if layout.learned or layout.notes == "end":
            self._open("Bibliography", "bibliography")
            for entry in matter.bibliography(dice, 40):
                self._small(entry, "bibliography", hang=14.0)
        if layout.name not in ("large-print", "no-contents"):
            press.columns = 2
            self._open("Index", "index")
            for entry in matter.index_entries(dice, pages):
                self._small(entry, "index", hang=10.0)
            press.columns = layout.columns
        if layout.name == "novel":
            self._licence(matter.LICENCE_TAIL)
        self._display(
            "cover,licence", [(f"Also by {self.manuscript.author}", 13.0)] + [
                (f"The {name.title()} Book", 10.0) for name in dice.sample(matter.SUBJECTS, 5)
            ],
        )  # fmt: skip

    def _words_by_page(self) -> Iterator[tuple[str, set[str]]]:
        for leaf in self.press.leaves[self.press.first_main :]:
            if leaf.page_class == "body" and leaf.label:
                words = {word.strip(".,;:!?“”").rstrip("s") for line in leaf.lines for word in line.words}
                yield leaf.label, words


def set_books(folder: Path, seeds: Sequence[int], share: float = 1.0) -> list[Truth]:
    """Every layout with every seed."""
    folder.mkdir(parents=True, exist_ok=True)
    return [set_book(layout, seed, folder, share) for layout in LAYOUTS for seed in seeds]
