"""Quality filters: what is no prose goes, with a reason; verse and dialogue stay, and what a person kept."""

from __future__ import annotations

import json

from little import THINGS
from made_up import make_page

from inkprint.jsonl import read_records, write_records
from inkprint.prepare.quality import quality_faults
from inkprint.recipe import ROOT
from inkprint.recipe_file import load_recipe
from inkprint.records import KEPT_BY_HAND, ChapterStart, Passage, Reject

PROSE = (
    "The {a} that my father left to me was in the {b}, and nobody who came to the house had asked what it "
    "was for. I went to see it in the evening, when the others were at table, and it seemed to me that the "
    "{c} had been there before me; but of this I said nothing to them, for it was the {d} of {n} that I saw, "
    "and not house{i}, hall{i}, gate{i}, farm{i} or bridge{i}."
)
NAMES = "Abel Bruno Clara Doris Edgar Flora Gregor Hanna Ivo Julia Kaspar Lotte Moritz Nora Otto Paula"
FILTERS = load_recipe(ROOT / "recipes" / "demo.yaml").prepare.passages.filters


def prose(number):
    a, b, c, d = (THINGS[(number + step) % len(THINGS)] for step in (0, 3, 5, 6))
    return PROSE.format(a=a, b=b, c=c, d=d, n=NAMES.split()[number % 16], i=number)


def paragraphs(template, lines=16):
    names = NAMES.split()
    return "\n\n".join(template.format(n=n, year=1900 + n, name=names[n], far=37 * n) for n in range(lines))


def verdicts(*texts):
    """What the rules say of these texts among twenty passages of one book's prose."""
    faults = quality_faults([prose(n) for n in range(20)] + list(texts), FILTERS)
    assert not [number for number in faults if number < 20]
    return [faults.get(20 + number, ("",))[0] for number in range(len(texts))]


def test_what_is_no_prose_is_left_out_with_its_reason():
    table, index = paragraphs("{year} {far} {far} of {far}11"), paragraphs("{name}, {year}, {far}")
    bullets, names = paragraphs("• the {name} of the house"), paragraphs("Van{name} Zu{name}")
    contents = paragraphs("The {name} of the House and the Sea {n}")
    again = " ".join(["I have nothing to say to you now."] * 30)
    german = "Der Mann ging die Straße hinunter und dachte an nichts, denn er war müde und der Tag war lang."
    assert verdicts(table, index) == ["too many digits"] * 2
    assert verdicts(bullets, names, contents) == ["a list"] * 3
    assert verdicts(again) == ["says the same over and over"]
    assert verdicts(german) == ["few of the book's common words (another language, names)"]


def test_verse_dialogue_numbered_sentences_and_figures_in_prose_stay():
    verse = (
        "I went to the house of the king\n\nand nobody asked what I had seen\n\nthe wind was in the open door"
        "\n\nand all that was said to me\n\nwas less than the sea had said\n\nto those who came before"
    )
    dashes, quotes = paragraphs("— And what of {name}? said she."), paragraphs("“{name} it was,” said I.")
    numbered = paragraphs("({n}) If the {name} is in the house, then who has seen it was in there before.")
    figures = f"In 1904 it was 3.50 to the pound, and in 1905 it was 4.20. {prose(3)}"
    refrain = "\n\n".join(f"{prose(n)} And that was all that was said of it." for n in range(4))
    assert verdicts(verse, dashes, quotes, numbered, figures, refrain) == [""] * 6


def test_languages_without_spaces_little_text_and_null():
    said = "我昨天在河边看见一个老人。他没有说话，只是看着水。"
    assert quality_faults([said + sign * 3 for sign in "山水火木金土日月人心手口"], FILTERS) == {}
    assert quality_faults(["Wholly different words everywhere.", prose(1)], FILTERS) == {}
    assert quality_faults([paragraphs("white {name}\n\nglazed {far}rain")], FILTERS) == {}, "a poem by itself"
    off = FILTERS.model_copy(update=dict.fromkeys(type(FILTERS).model_fields))
    assert quality_faults([prose(n) for n in range(20)] + ["1 2 3 4 5 6 7 8", "la " * 90], off) == {}


def filtered(workshop, pages):
    """The pages that are in no passage, with chapters 2 and 3 for test."""
    path = workshop.output("01_extract/documents.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_records(path, pages)
    workshop.change(prepare__validation=["C9"], prepare__test=["C2", "C3"])
    workshop.stage("prepare")
    rejects = list(read_records(workshop.output("02_prepare/rejects.jsonl"), Reject))
    counts = json.loads(workshop.output("02_prepare/manifest.json").read_text())["counts"]
    assert counts["in"] == sum(len(page.text.split()) for page in pages)
    assert counts["rejected"] == sum(len(reject.text.split()) for reject in rejects)
    passages = list(read_records(workshop.output("02_prepare/passages.jsonl"), Passage))
    there = {number for passage in passages for number in passage.pages}
    return [page.page for page in pages if page.page not in there]


def test_filters_are_the_same_in_every_split_and_a_persons_word_is_over_them(workshop):
    """Figures on pages 3 and 6, a page of four words on 8; overrides.yaml kept one or more of them."""
    texts = {3: paragraphs("{year} {far}"), 6: paragraphs("{far} {year}"), 8: "That is all now."}
    pages = [
        make_page(n, texts.get(n, prose(n)), chapters=[ChapterStart(title=f"C{n}", at=0)])
        for n in range(1, 11)
    ]
    assert filtered(workshop, pages) == [3, 6, 8]
    for number in (3, 8):
        kept = {"evidence": f"{KEPT_BY_HAND}; was body: "}
        pages[number - 1] = pages[number - 1].model_copy(update=kept)
    assert filtered(workshop, pages) == [6]
