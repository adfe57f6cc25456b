"""What stands before an author's text and after it, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from setting import matter
from setting.draft import Draft
from setting.typeset import measure


def set_front(draft: Draft) -> None:
    """From the cover to the preface."""
    press, book, layout = draft.press, draft.manuscript, draft.layout
    press.page("cover", bare=True).picture = True
    if layout.gutenberg:
        draft.boilerplate(matter.LICENCE_HEAD)
    draft.display("title,cover", [(book.title, 14.0)])
    draft.display("title", [(book.title, 24.0), (f"by {book.author}", 14.0), ("Harbour Press", 10.0)])
    press.page("copyright", bare=True)
    press.y = 0.6 * layout.height
    for text in matter.copyright_lines(book, draft.dice):
        press.row(text, "copyright", size=8.5)
    draft.display("dedication", [(f"For {draft.dice.choice(matter.SURNAMES)}, who waited", 11.0)])
    press.page("blank", bare=True)
    if layout.contents:
        draft.open_part("Contents", "contents", listed=False)
        for title, number in draft.listed.items():
            _leader(draft, title, number, "contents")
    if layout.learned:
        draft.open_part("List of Figures", "figures")
        for title, number in draft.listed_figures.items():
            _leader(draft, title, number, "figures")
    if layout.foreword:
        draft.section("Foreword", "foreword", book.foreword, signed=book.other)
    draft.section("Preface", "body", book.preface)
    if len(press.leaves) % 2:
        press.page("blank", bare=layout.heads == "none")


def _leader(draft: Draft, title: str, number: str, kind: str) -> None:
    """A title, dots, and a page's number at the right edge."""
    press, size, type_ = draft.press, draft.layout.size, draft.layout.type
    used, end = measure(title, "r", size, type_), press.measure - measure(number, "r", size, type_)
    dots = max(2, int((end - used - 12) / measure(" .", "r", size, type_)))
    press.room(0.0)
    places = [0.0, (used + 6) / press.measure, end / press.measure]
    press.cells([[title, " ".join("." * dots), number]], kind, places, size)


def set_back(draft: Draft) -> None:
    """From the acknowledgements to the last page's advertisement."""
    layout, dice, press = draft.layout, draft.dice, draft.press
    pages = list(_words_by_page(draft))
    draft.section("Acknowledgements", "body", draft.manuscript.acknowledgements)
    if layout.notes == "end":
        draft.open_part("Notes", "notes")
        for title, notes in draft.notes:
            press.row(title, "notes", "b", layout.size, leading=1.6 * layout.size)
            for note in notes:
                draft.small(note, "notes", hang=12.0)
    if layout.learned:
        draft.open_part("Glossary", "glossary")
        for entry in matter.glossary(dice):
            draft.small(entry, "glossary", hang=12.0)
    if layout.learned or layout.notes == "end":
        draft.open_part("Bibliography", "bibliography")
        for entry in matter.bibliography(dice, 40):
            draft.small(entry, "bibliography", hang=14.0)
    if layout.index:
        press.columns = 2
        draft.open_part("Index", "index")
        for entry in matter.index_entries(dice, pages):
            draft.small(entry, "index", hang=10.0)
        press.columns = layout.columns
    if layout.gutenberg:
        draft.boilerplate(matter.LICENCE_TAIL)
    others = [(f"The {name.title()} Book", 10.0) for name in dice.sample(matter.SUBJECTS, 5)]
    draft.display("cover,licence", [(f"Also by {draft.manuscript.author}", 13.0), *others])


def _words_by_page(draft: Draft) -> Iterator[tuple[str, set[str]]]:
    """What an index is made of: the printed number of each page of the text, and its words."""
    for leaf in draft.press.leaves[draft.press.first_main :]:
        if leaf.page_class == "body" and leaf.label:
            words = {word.strip(".,;:!?“”").rstrip("s") for line in leaf.lines for word in line.words}
            yield leaf.label, words
