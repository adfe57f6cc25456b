"""The author's text in the bench's books: the demo's prose in a seeded order, and sentences of its own.

The demo's prose is plain English, 52,000 words of it. What it lacks stands here: compounds whose hyphens are
the author's, long words that a line's end breaks, accents, letters that printers join, dialogue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

from inkprint.demo.prose import read_prose

PROSE = Path(__file__).resolve().parents[2] / "data" / "demo" / "world" / "prose"
PERSONS = "Tansy Quill,Noël Brandt,Oona Fjell,Zoë Harker,Ivor Lund,Ada Penrose,Cormac Vale,Edda Thorne".split(
    ","
)
NOUNS = "Lantern Harbour Kettle Orchard Ladder Winter Compass Meadow Chimney Anchor Ferry Lighthouse".split()
KINDS = "Quiet,Last,Second,Borrowed,Long,Northern,Unfinished,Stone".split(",")
OPENINGS = (
    "Of the {},The {} and Its Keepers,The {} in the Rain,What the {} Was For,Under the {},The {} Again".split(
        ","
    )
)
LONG = """\
The half-finished boat lay beside the well-known ladder, and nobody understood the arrangement.
Her mother-in-law considered the neighbourhood unreasonable and the afternoon interminable.
It was a self-evident misunderstanding, and therefore it lasted twenty-three years.
The office found five different explanations, each of them sufficient and none of them official.
Zoë thought the façade naïve, and the café beside it overdecorated.
A first-rate lamplighter is a long-suffering, level-headed and slow-spoken person.
Notwithstanding the circumstances, the schoolmaster's handkerchief was extraordinarily clean.
The co-operation of the north-western fishermen was indispensable to the reconstruction.
Professor Poincaré's fiancée affirmed that the fluctuations were insignificant.
The re-examination of the evidence, so-called, satisfied the short-sighted commissioners.
Everything considered, the old-fashioned instrument was remarkably trustworthy.
In nineteen-thirty-one the sea-captain's daughter-in-law rediscovered the manuscript.
The difficulty of the undertaking, however, had been considerably underestimated.
They were good-natured, well-to-do and thoroughly unaccustomed to disappointment.
The waterproof overcoat and the candlestick were afterwards found in the greenhouse.
What a straightforward, matter-of-fact and unsentimental description that is!
The administration's correspondence filled fifteen cupboards — and the staircase besides.
The flour, the coffee, the fish and the firewood were affordable; the flowers were not.
Communication between the lighthouse-keepers was infrequent and affectionate.
The vice-chairman's counter-proposal was half-hearted, far-fetched and ill-timed."""
SPEECHES = """\
“I understand,” said {name}, “that nothing of the kind was ever intended.”
“Nonsense!” cried {name}. “You have misunderstood the whole arrangement, and so has the {noun}-keeper.”
“Is it finished?” asked {name}. “It is half-finished,” said {other}’s sister-in-law, and closed the door.
“Perhaps,” answered {name}, “and perhaps not; {other} and the harbour-master will determine it.”"""
VERSE = """\
The tide goes out, the tide comes in,
and nobody is asked;
the lamp is lit, the day begins,
the hill is never passed."""
ITEMS = (
    "a lantern that had belonged to the former harbour-master and to nobody since;",
    "two ladders, of which the longer was the less dependable;",
    "an inventory of everything that the household could not find;",
    "thirty-one candlesticks, counted by {name};",
    "a wheelbarrow, half-painted, that {name} had borrowed;",
    "correspondence about the wheelbarrow;",
    "the ship’s bell, which {name} rang only in thunderstorms.",
)


@dataclass(frozen=True)
class Paragraph:
    """Words of the author. `kind`: plain, quotation (in smaller type), verse (line for line) or list."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True)
class Chapter:
    title: str
    paragraphs: list[Paragraph]


@dataclass(frozen=True)
class Manuscript:
    """A book before it is set."""

    title: str
    author: str
    other: str  # who wrote the foreword
    chapters: list[Chapter]
    preface: list[Paragraph]
    acknowledgements: list[Paragraph]
    foreword: list[Paragraph]  # another's words


def write_manuscript(seed: int, words: int) -> Manuscript:
    """A book of about so many words; the same seed gives the same book."""
    dice = Random(seed)
    blocks = [printed(f"{_passage(question)} {answer}".strip()) for question, answer in read_prose(PROSE)]
    dice.shuffle(blocks)
    persons, nouns = dice.sample(PERSONS, 2), dice.sample(NOUNS, len(NOUNS))
    chapters: list[Chapter] = []
    written = 0
    while written < words:
        title = dice.choice(OPENINGS).format(nouns[len(chapters) % len(nouns)])
        if any(chapter.title == title for chapter in chapters):
            continue
        paragraphs: list[Paragraph] = []
        length = dice.uniform(0.06, 0.14) * words
        while length > 0:
            paragraphs.append(_paragraph(dice, blocks))
            length -= len(paragraphs[-1].text.split())
            written += len(paragraphs[-1].text.split())
        chapters.append(Chapter(title, paragraphs))
    return Manuscript(
        f"The {dice.choice(KINDS)} {dice.choice(nouns)}",
        *persons,
        chapters,
        *([_plain(dice, blocks) for _ in range(count)] for count in (4, 3, 5)),
    )


def printed(text: str) -> str:
    """Typewriter's quotes as a printer sets them."""
    text = re.sub(r'"(?=\w)', "“", text).replace('"', "”")
    return text.replace("'", "’")


def _passage(question: str) -> str:
    opening = "Continue this passage:"
    return question.removeprefix(opening).strip() if question.startswith(opening) else ""


def _plain(dice: Random, blocks: list[str]) -> Paragraph:
    """A block of the demo's prose, with a sentence of the bench's in two of three."""
    text = blocks.pop()
    blocks.insert(0, text)
    if dice.random() < 0.66:
        text = f"{text} {printed(dice.choice(LONG.splitlines()))}"
    return Paragraph(text)


def _paragraph(dice: Random, blocks: list[str]) -> Paragraph:
    chance = dice.random()
    if chance < 0.10:
        return Paragraph(_peopled(dice, dice.choice(SPEECHES.splitlines())))
    if chance < 0.13:
        return Paragraph(VERSE, "verse")
    if chance < 0.16:
        items = (_peopled(dice, item) for item in dice.sample(ITEMS, 3))
        return Paragraph("\n".join(f"{at}. {item}" for at, item in enumerate(items, start=1)), "list")
    if chance < 0.20:
        return Paragraph(_plain(dice, blocks).text, "quotation")
    return _plain(dice, blocks)


def _peopled(dice: Random, text: str) -> str:
    """A sentence with names in it, so that it seldom breaks at the same place."""
    name, other = (person.split()[dice.randrange(2)] for person in dice.sample(PERSONS, 2))
    return text.format(name=name, other=other, noun=dice.choice(NOUNS).lower())
