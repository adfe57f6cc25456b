"""The layouts of the bench's books."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from setting.typeset import Type


@dataclass(frozen=True)
class Layout:
    """How a book looks. Lengths in points."""

    name: str
    width: float = 360.0
    height: float = 560.0
    margin: float = 46.0  # left and right
    top: float = 62.0
    bottom: float = 60.0
    size: float = 10.5
    leading: float = 13.6
    columns: int = 1
    gutter: float = 20.0
    type: Type = field(default_factory=Type)
    hyphens: bool = True  # words are broken at line ends
    indent: float = 14.0
    paragraph_gap: float = 0.0
    heads: str = "alternating"  # book's title left and chapter's right; same; none
    numbers: str = "foot"  # foot (centred), outer (foot, outer edge), head (beside the running head)
    number_form: str = "{}"
    address: str = ""  # printed at the foot of every page
    furniture_last: bool = True  # heads are drawn after the text
    opening: str = "plain"  # plain, drop (drop capital), small (small capitals), both
    chapters: str = "named"  # named, numbered (Chapter 1 over the title), counted (1 Title)
    ornament: str = "* * *"
    marks: str = "raised"  # raised or glued note marks
    notes: str = "feet"  # feet, end (of the book), chapter (after each chapter), none
    learned: bool = False  # captions, tables, formulae, code
    contents: bool = True
    outline: str = "good"  # good, none, nowhere (entries that point nowhere), circular
    labels: bool = True
    gutenberg: bool = False  # an e-book's boilerplate around it
    foreword: bool = True  # by another hand
    index: bool = True
    parts: bool = False  # half titles between chapters
    words: int = 20000


TEXTBOOK = Type(split_accents=True, blanks=False)
LAYOUTS = (
    Layout("novel", opening="both", marks="sign", numbers="outer", gutenberg=True, words=24000),
    Layout(
        "textbook", width=432, height=648, numbers="head", chapters="counted", learned=True, type=TEXTBOOK,
        words=30000, furniture_last=False,
    ),
    Layout(
        "columns", width=540, height=720, columns=2, size=9.5, leading=11.8, notes="end", chapters="numbered",
        opening="drop", learned=True, type=Type("helvetica"), foreword=False, words=30000,
    ),
    Layout(
        "large-print", width=432, height=648, size=16.0, leading=20.5, heads="none", number_form="– {} –",
        hyphens=False, indent=0.0, paragraph_gap=10.0, notes="none", ornament="~", foreword=False,
        index=False, words=12000,
    ),
    Layout(
        "no-outline", outline="none", notes="end", marks="glued", numbers="head", opening="small",
        labels=False, parts=True, words=22000,
    ),
    Layout(
        "broken-outline", outline="nowhere", notes="chapter", numbers="outer", number_form="Page {}",
        address="https://www.example.org/books/quiet", heads="same", ornament="• • •", foreword=False,
        words=22000,
    ),
    Layout(
        "no-contents", outline="circular", contents=False, labels=False, chapters="numbered", notes="none",
        opening="drop", heads="same", foreword=False, index=False, words=18000,
    ),
)  # fmt: skip


def varied(layout: Layout, seed: int) -> Layout:
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
