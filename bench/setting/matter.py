"""What surrounds an author's text in a book, line by line: all of it invented."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from setting.author import Manuscript

SURNAMES = (
    "Abernathy Bell Calder Dunmore Eastgate Farrow Garrick Hollis Inglis Jessop Kerr Lomax Munro Nairn Orme"
    " Pryce Quarles Rennie Sallow Tarn Upton Vesey Wray Yule"
).split()
PLACES = "Leith Oban Whitby Bergen Cork Hull Ghent Malmö".split()
SUBJECTS = "harbours lamps winters kettles ladders gardens ferries weather bells coal rope bread".split()
TERMS = (
    "anchor barrel bell boat bread bucket candle cliff clock coat door fire fish garden gate goat harbour hen"
    " hill kettle key kitchen ladder lamp letter lighthouse milk morning net oil path potato rain road roof"
    " rope sail salt school ship shop snow soup stone stove storm table tea tide tower town wall water well"
    " wind window winter wool"
).split()
MEANINGS = (
    "what is kept by the door and seldom used",
    "a thing that the harbour-master counts twice a year",
    "the sound of it, and also the person who makes it",
    "said of the weather when nothing else can be said",
    "a measure of coal, about as much as one man carries up a hill",
)
CAPTIONS = (
    "The harbour from the north, with the two green lamps",
    "A ladder of the longer kind, drawn from memory by a neighbour who never climbed it",
    "Coal burned in each month of the year",
    "The road to the lighthouse before it was mended",
)
FORMULAE = ("f(x) = α + βx − π", "∑ a + b ≤ ∞", "y = ∫ g(t) dt − β", "x ∈ A, √2 ∈ B", "∂u/∂t = α(u − v)")
CODE = (
    (
        "def lamps_lit(hours, oil):",
        "    for hour in hours:",
        "        total += oil[hour]",
        "    return total",
    ),
    ("for (i = 0; i < count; i++) {", "    sum += weights[i];", "}"),
    ("SELECT name, height FROM ladders", "  WHERE owner = 'Tansy'", "  ORDER BY height;"),
)
LICENCE_HEAD = (
    "The Project Gutenberg eBook of {title}",
    "This ebook is for the use of anyone anywhere, under the terms that stand at its end.",
    "Title: {title}",
    "Author: {author}",
    "Language: English",
    "*** START OF THE PROJECT GUTENBERG EBOOK {caps} ***",
)
LICENCE_TAIL = (
    "*** END OF THE PROJECT GUTENBERG EBOOK {caps} ***",
    "Updated editions will replace the previous one; the old editions will be renamed.",
    "START: FULL LICENSE",
    "Section 1. Whoever has this work may use it under these terms, which a lawyer has read.",
    "Section 2. The work is given as it is. Nobody promises that it is fit for any purpose, tea included.",
    "Section 3. Donations are welcome at every hour of the day and at www.example.org/donate.",
)


def copyright_lines(book: Manuscript, dice: Random) -> list[str]:
    year = dice.randint(1931, 2019)
    number = "-".join(str(dice.randint(1, 9999)) for _ in range(3))
    return [
        f"Copyright © {year} by {book.author}",
        "All rights reserved. No part of this book may be copied by lamplight.",
        f"First published {year} by the {dice.choice(PLACES)} Press",
        f"ISBN 978-{number}",
        "Printed in a shed",
    ]


def citation(dice: Random) -> str:
    """Where something was read, as notes say it."""
    name, other = dice.sample(SURNAMES, 2)
    year, page = dice.randint(1880, 2015), dice.randint(2, 390)
    subject, place = dice.choice(SUBJECTS), dice.choice(PLACES)
    return dice.choice(
        (
            f"{name}, A History of {subject.title()} ({place}: Harbour Press, {year}), {page}.",
            f"See {name} and {other}, “On {subject},” Journal of Small Islands {page % 40} ({year}): {page}.",
            f"Ibid., pp. {page}–{page + 3}; compare {other}, {year}.",
            f"The letter is quoted in {name}, vol. {page % 4 + 1}, p. {page}, where {other} doubts it.",
        )
    )


def remark(dice: Random) -> str:
    """A footnote: a citation, or some words."""
    aside = (
        f"It was {dice.choice(SURNAMES)} who said so, and nobody has dared to contradict; the affair of the "
        f" {dice.choice(SUBJECTS)} was never explained."
    )
    return citation(dice) if dice.random() < 0.6 else aside


def bibliography(dice: Random, count: int) -> list[str]:
    entries = []
    for name in sorted(dice.choice(SURNAMES) for _ in range(count)):
        subject, year = dice.choice(SUBJECTS), dice.randint(1880, 2015)
        entries.append(
            f"{name}, {dice.choice('ABCDEFG')}. ({year}). A Handbook of {subject.title()}, with Some Account"
            f" of {dice.choice(SUBJECTS).title()}. {dice.choice(PLACES)}: Harbour Press."
        )
    return entries


def glossary(dice: Random) -> list[str]:
    return [
        f"{term.capitalize()}. {dice.choice(MEANINGS).capitalize()}." for term in TERMS if dice.random() < 0.7
    ]


def index_entries(dice: Random, pages: Sequence[tuple[str, set[str]]]) -> list[str]:
    """Terms with the printed numbers of the pages (label, words) on which they stand."""
    entries = []
    for term in TERMS:
        labels = [label for label, words in pages if term in words]
        if labels:
            shown = sorted(dice.sample(labels, min(len(labels), 9)), key=int)
            entries.append(f"{term}, {', '.join(shown)}")
        else:
            entries.append(f"{term}, see also {dice.choice(TERMS)}")
    return entries


def table(dice: Random) -> list[list[str]]:
    """A head and some rows of three cells."""
    rows = [["Season", "Lamps", "Coal (tons)"]]
    for season in ("Spring", "Summer", "Autumn", "Winter"):
        rows.append([season, str(dice.randint(2, 99)), f"{dice.randint(1, 9)}.{dice.randint(0, 9)}"])
    return rows
