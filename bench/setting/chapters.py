"""An author's chapters on the press, with what printers put into them."""

from __future__ import annotations

from dataclasses import replace

from setting import matter
from setting.author import Chapter, Paragraph
from setting.draft import Draft
from setting.typeset import Word

NOTED = 0.35  # share of the paragraphs that have a note
ITALIC = 0.3  # and of those with words in italics


def set_chapters(draft: Draft) -> None:
    """All chapters; a picture that fills its page after the second, and half titles of parts."""
    chapters, press = draft.manuscript.chapters, draft.press
    for number, chapter in enumerate(chapters, start=1):
        if draft.layout.parts and number in (1, len(chapters) // 2 + 1):
            name = "One" if number == 1 else "Two"
            draft.display("title", [(f"Part {name}", 20.0)])
        _set_chapter(draft, number, chapter)
        if number == 2:
            press.page("no_text", bare=True).picture = True


def _set_chapter(draft: Draft, number: int, chapter: Chapter) -> None:
    press, layout = draft.press, draft.layout
    if number % 3 == 0 and len(press.leaves) % 2:
        press.page("blank", bare=True)
    press.page("body", head=chapter.title, opening=True)
    press.y += 36
    if layout.chapters == "numbered":
        press.row(f"Chapter {number}", "heading", size=12.0, at="centre", leading=22.0)
    title = f"{number} {chapter.title}" if layout.chapters == "counted" else chapter.title
    press.row(title, "heading", "b", 1.6 * layout.size, at="centre", leading=3.6 * layout.size)
    press.start_columns()
    draft.enlist(title)
    draft.chapters.append((len(press.leaves), chapter.title))
    draft.notes.append((chapter.title, []))
    for at, paragraph in enumerate(chapter.paragraphs):
        _set_paragraph(draft, paragraph, at)
        if at and at % 9 == 0:
            press.row(layout.ornament, "ornament", at="centre", leading=1.6 * layout.size)
        if layout.learned and at % 4 == 3:
            _set_exhibit(draft, number, at)
    if layout.notes == "chapter":
        press.y += 10
        press.next_class = "notes"
        press.room(30.0)
        press.row("Notes", "notes", "b", layout.size, leading=1.8 * layout.size)
        for note in draft.notes[-1][1]:
            draft.small(note, "notes")


def _set_paragraph(draft: Draft, paragraph: Paragraph, at: int) -> None:
    press, size, opening = draft.press, draft.layout.size, draft.layout.opening
    if paragraph.kind in ("verse", "list"):
        press.y += 4
        verse = paragraph.kind == "verse"
        for row, line in enumerate(paragraph.text.split("\n")):
            words = [Word(text, text) for text in line.split()]
            press.paragraph(words, goes_on=verse and row > 0, indent=0.0, inset=24.0 if verse else 10.0)
        press.y += 4
        return
    words = _noted(draft, paragraph.text)
    if paragraph.kind == "quotation" and at:
        press.y += 5
        press.paragraph(words, indent=0.0, inset=18.0, size=0.9 * size, leading=1.15 * size)
        press.y += 5
        return
    plain = at == 0 and words[0].text.isalpha()
    if plain and opening in ("small", "both"):
        words = [replace(word, small=not word.mark) for word in words[:3]] + words[3:]
    if plain and opening in ("drop", "both"):
        press.drop_capital(words)
    else:
        press.paragraph(words, first=at == 0)


def _noted(draft: Draft, text: str) -> list[Word]:
    """A paragraph's words, some in italics, one with a note's mark."""
    dice, layout = draft.dice, draft.layout
    words = [Word(word, word) for word in text.split()]
    if dice.random() < ITALIC:
        start = dice.randrange(len(words))
        words[start : start + 3] = [replace(word, face="i") for word in words[start : start + 3]]
    ends = [at for at, word in enumerate(words) if word.text[-1] in ".”" and len(word.text) > 4]
    if layout.notes == "none" or not ends or dice.random() > NOTED:
        return words
    at = dice.choice(ends)
    draft.mark += 1
    mark = "*" if layout.marks == "sign" else str(draft.mark)
    note = matter.remark(dice)
    if layout.notes != "feet":
        draft.notes[-1][1].append(f"{mark}. {note}")
        note = ""
    if layout.marks == "glued":
        words[at] = replace(words[at], text=words[at].text + mark, note=f"{mark} {note}" if note else "")
    else:
        words[at] = replace(words[at], mark=mark, note=note)
    return words


def _set_exhibit(draft: Draft, number: int, at: int) -> None:
    """What a textbook has between its paragraphs: a figure, a table, a formula, code, or a heading."""
    press, dice, size = draft.press, draft.dice, draft.layout.size
    which = dice.choice(("figure", "table", "formula", "code", "heading"))
    press.y += 6
    if which == "figure":
        _set_figure(draft, f"Figure {number}.{at}", dice.choice(matter.CAPTIONS))
    elif which == "table":
        press.room(110.0)
        draft.small(f"Table {number}.{at}. {dice.choice(matter.CAPTIONS)}.", "caption")
        press.cells(matter.table(dice), "table", [0.0, 0.4, 0.7], 0.85 * size)
    elif which == "formula":
        press.y += 4
        press.cells([[dice.choice(matter.FORMULAE), f"({number}.{at})"]], "formula", [0.3, 0.88], size)
        press.y += 4
    elif which == "code":
        press.code(dice.choice(matter.CODE))
    else:
        title = f"{number}.{at} {dice.choice(matter.SUBJECTS).title()} and {dice.choice(matter.SUBJECTS)}"
        press.room(40.0)
        press.row(title, "heading", "b", size + 1, leading=1.5 * size)
    press.y += 6


def _set_figure(draft: Draft, label: str, caption: str) -> None:
    """A frame with two words inside, and a caption."""
    press, layout = draft.press, draft.layout
    press.room(110.0)
    bottom = layout.height - press.y - 80
    press.leaf.drawings.append(f"0.8 w {press.left:.1f} {bottom:.1f} {press.measure:.1f} 78 re S")
    for text, place in (("north", 0.1), ("lamp", 0.6)):
        press.y += 28
        press.cells([[text]], "label", [place], 7.5)
    press.y += 24 - 2 * 1.35 * 7.5 + layout.size
    draft.figures[f"{label} {caption[:36]}"] = press.leaf.label
    draft.small(f"{label}. {caption}.", "caption")
