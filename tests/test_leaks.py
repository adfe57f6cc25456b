"""What is held out stays out: the audit measures it, and above a limit nothing is written."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up import make_page, make_passage

from inkprint.jsonl import read_records, write_records
from inkprint.prepare import leaks
from inkprint.prepare.leaks import GRAM_WORDS, audit, find_shared
from inkprint.recipe import ROOT
from inkprint.recipe_file import load_recipe
from inkprint.records import ChapterStart, Passage, Reject, content_id
from inkprint.words import words

SETTINGS = load_recipe(ROOT / "recipes" / "demo.yaml").prepare.passages
SYLLABLES = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu".split()


def invented(seed, sentences):
    """Sentences of ten invented words that no other seed makes, in paragraphs of four."""
    dice = random.Random(f"leaks {seed}")
    made = [
        " ".join("".join(dice.choices(SYLLABLES, k=4)) for _ in range(10)).capitalize() + "."
        for _ in range(sentences)
    ]
    return "\n\n".join(" ".join(made[n : n + 4]) for n in range(0, sentences, 4))


def runs_of(text, length):
    return [tuple(text[n : n + length]) for n in range(len(text) - length + 1)]


letters = st.lists(st.sampled_from("ab"), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(letters, st.lists(letters, min_size=1, max_size=3))
def test_the_audit_is_what_its_definition_says(held, train):
    """Measured slowly, over whole chapters of train: the longest run, and the share of its 8-grams."""
    chapters = [make_passage(" ".join(text), "train", str(n)) for n, text in enumerate(train)]
    (leak,) = audit([*chapters, make_passage(" ".join(held), "test")], SETTINGS)["passages"]
    longest = max(
        (n for n in range(1, len(held) + 1) for t in train if set(runs_of(held, n)) & set(runs_of(t, n))),
        default=0,
    )
    known = {run for text in train for run in runs_of(text, GRAM_WORDS)}
    own = runs_of(held, GRAM_WORDS)
    assert leak["run_words"] == longest
    assert leak["run"].split() == words(leak["run"])
    assert len(leak["run"].split()) == longest
    assert leak["gram_share"] == round(sum(run in known for run in own) / max(len(own), 1), 4)


def test_case_punctuation_and_where_passages_are_cut_hide_nothing():
    text = "“One two,” three; four FIVE six seven eight. Nine ten eleven twelve?"
    cut = [make_passage("zero one two three four five six", "train")]
    cut += [make_passage("five six seven eight nine. Ten eleven", "train", overlap_words=2)]
    found = audit([*cut, make_passage(text, "test")], SETTINGS)
    (leak,) = found["passages"]
    assert leak["run_words"] == 11
    assert leak["run"].startswith("One two,") and leak["run"].endswith("eleven")
    assert leak["source_passage_id"] == cut[0].id
    assert leak["gram_share"] == 0.8
    assert found["splits"]["test"] == {
        "passages": 1,
        "run_words": {"max": 11, "mean": 11.0},
        "gram_share": {"max": 0.8, "mean": 0.8},
    }


def test_a_long_run_is_found_in_a_long_passage_and_over_the_end_of_two():
    held, own = invented(1, 12).split(), invented(2, 40)
    first = make_passage(f"{own} {' '.join(held[:12])}", "train")
    second = make_passage(f"{' '.join(held[12:24])} {own}", "train")
    other = make_passage(f"{' '.join(held[100:110])} {own}", "train", "Two")
    test = [make_passage(invented(3, 8), "test"), make_passage(" ".join(held), "test")]
    found = find_shared([first, second, other], test, share=0.2, run_words=20)
    assert {n: (shared.run_words, shared.of) for n, shared in found.items()} == {0: (24, 1), 1: (24, 1)}
    assert all(0 < shared.share < 0.04 for shared in found.values())
    assert find_shared([first, second, other], test, share=0.2, run_words=24) == {}
    assert find_shared([first, second, other], test, share=0.02, run_words=24).keys() == {0, 1, 2}
    assert find_shared([], test, 0.2, 20) == find_shared([first], [], 0.2, 20) == {}


words_of = st.lists(st.sampled_from("abc"), max_size=9)


def shared_by_hand(chapters, held_out, grams):
    """By definition: of each passage the share of its words in runs of `grams` that a held-out passage has,
    and the longest stretch of such words that reaches into it, also from its neighbours in the chapter."""
    stands = {tuple(text[at : at + grams]) for text in held_out for at in range(len(text) - grams + 1)}
    shares, longest = [], []
    for chapter in chapters:
        whole = [word for passage in chapter for word in passage]
        covered = [False] * len(whole)
        for at in range(len(whole) - grams + 1):
            if tuple(whole[at : at + grams]) in stands:
                covered[at : at + grams] = [True] * grams
        stretch = [0] * len(whole)
        for at, _ in enumerate(whole):
            first = last = at
            while covered[at] and first and covered[first - 1]:
                first -= 1
            while covered[at] and last + 1 < len(whole) and covered[last + 1]:
                last += 1
            stretch[at] = (last - first + 1) * covered[at]
        place = 0
        for passage in chapter:
            own = slice(place, place := place + len(passage))
            shares.append(sum(covered[own]) / max(len(passage), 1))
            longest.append(max(stretch[own], default=0))
    return shares, longest


@settings(max_examples=300)
@example([[["a", "a", "b"], [], ["a", "a", "b"]]], [["a", "a", "b"]])  # nothing in the middle of a stretch
@given(st.lists(st.lists(words_of, min_size=1, max_size=3), max_size=3), st.lists(words_of, max_size=3))
def test_what_is_shared_is_what_the_definition_says(chapters, held_out):
    train = [
        make_passage(" ".join(text), "train", f"Chapter {number}", id=f"passage-{number}-{place}")
        for number, chapter in enumerate(chapters)
        for place, text in enumerate(chapter)
    ]
    test = [make_passage(" ".join(text), "test", id=f"held-{n}") for n, text in enumerate(held_out)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leaks, "GRAM_WORDS", 3)
        found = find_shared(train, test, share=0.5, run_words=4)
    shares, longest = shared_by_hand(chapters, held_out, 3)
    assert list(found) == [n for n, _ in enumerate(train) if shares[n] > 0.5 or longest[n] > 4]
    for number in found:
        assert (found[number].share, found[number].run_words) == (shares[number], longest[number])


def write_pages(shop, books):
    """What 01 would write: {document: [chapter text]}, a page a chapter."""
    pages = [
        make_page(
            number,
            text,
            id=content_id("page", name, number),
            document=name,
            document_sha256=content_id("document", *chapters).ljust(64, "0"),
            chapters=[ChapterStart(title=f"Chapter {number}", at=0)],
        )
        for name, chapters in books.items()
        for number, text in enumerate(chapters, start=1)
    ]
    path = shop.output("01_extract/documents.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_records(path, pages)


@pytest.fixture
def shop(workshop):
    workshop.change(
        prepare__validation=["Chapter 2"],
        prepare__test=["Chapter 3"],
        prepare__passages__leak_run_words=20,
        prepare__passages__leak_gram_share=0.2,
    )
    return workshop


@pytest.fixture
def chapters():
    return [invented(n, 24) for n in range(8)]


def prepared(shop, books, **changes):
    """Passages and rejects of 02 over these books, counted."""
    shop.change(prepare__near_duplicate=0.8, prepare__passages__shared_share=0.2, **changes)
    write_pages(shop, books)
    shop.stage("prepare", "--force")
    passages = list(read_records(shop.output("02_prepare/passages.jsonl"), Passage))
    rejects = list(read_records(shop.output("02_prepare/rejects.jsonl"), Reject))
    counts = json.loads(shop.output("02_prepare/manifest.json").read_text())["counts"]
    assert counts["in"] == sum(len(text.split()) for chapters in books.values() for text in chapters)
    assert counts["out"] == sum(p.words - p.overlap_words for p in passages)
    assert counts["in"] == counts["out"] + sum(len(reject.text.split()) for reject in rejects)
    return passages, rejects


def held_out(passages, document):
    return [p for p in passages if p.document == document and p.split != "train"]


@pytest.mark.whole_runs
def test_nothing_held_out_stays_in_train_however_the_other_edition_is_cut(shop, chapters):
    """The second edition has other chapters, no paragraphs and capitals; both hold out chapters 2 and 3."""
    every = " ".join(chapters).upper().split()
    other = [" ".join(every[n : n + 377]) for n in range(0, len(every), 377)]
    alone, _ = prepared(shop, {"a.txt": chapters}, prepare__passages__overlap_words=15)
    passages, rejects = prepared(shop, {"a.txt": chapters, "b.txt": other})
    assert held_out(passages, "a.txt") == held_out(alone, "a.txt")
    said = [words(p.text) for p in passages if p.split == "train"]
    train = {run for text in said for run in runs_of(text, GRAM_WORDS)}
    for p in passages:
        assert p.split == "train" or not train & set(runs_of(words(p.text), GRAM_WORDS)), p
    # And what is in train is there once, but for the overlap and for what stands at the edge of a chapter.
    assert sum(map(len, said)) < 1.6 * len(set().union(*said))
    named = {p.id for p in passages} | {r.source_id for r in rejects}
    for reject in rejects:
        assert re.search(r"passage-[0-9a-f]{12}", reject.detail).group() in named, reject
    assert {"says what is held out", "stands in earlier passages"} <= {reject.reason for reject in rejects}


@pytest.mark.whole_runs
@pytest.mark.parametrize("split_by", ["chapter", "document"])
def test_a_further_book_changes_nothing_that_is_held_out(shop, chapters, split_by):
    """Whatever it is: here the second edition of one, which comes before all the others."""
    books = {f"{n}.txt": [invented(f"{n} {k}", 16) for k in range(6)] for n in range(1, 9)} | {
        "a.txt": chapters
    }
    changes = {
        "prepare__test": 0.2,
        "prepare__validation": 0.2,
        "prepare__passages__split_by": split_by,
        "prepare__passages__overlap_words": 10,
    }
    alone, _ = prepared(shop, books, **changes)
    every = " ".join(chapters).split()
    edition = [" ".join(every[n : n + 311]) for n in range(0, len(every), 311)]
    together, rejects = prepared(shop, {"0.txt": edition} | books, **changes)
    before = [p for p in alone if p.split != "train"]
    assert {p.split for p in before} == {"validation", "test"}
    assert before == [p for p in together if p.split != "train" and p.document != "0.txt"]
    assert rejects
    if split_by == "document":
        assert all(len({p.split for p in together if p.document == name}) <= 1 for name in books)
    assert {p.split for p in together} == {"train", "validation", "test"}


@pytest.mark.whole_runs
def test_documents_are_held_out_by_name_and_a_wrong_one_is_said(shop):
    books = {f"{n}.txt": [invented(f"{n} {k}", 8) for k in range(3)] for n in range(4)}
    shop.change(prepare__validation=["3.TXT"], prepare__test=["0.txt"])
    passages, _ = prepared(shop, books, prepare__passages__split_by="document")
    assert {(p.document, p.split) for p in passages} == {
        ("0.txt", "test"), ("1.txt", "train"), ("2.txt", "train"), ("3.txt", "validation"),
    }  # fmt: skip
    assert (
        "Whole documents are held out, as the recipe names them. test: 0.txt."
        in shop.output("02_prepare/review.html").read_text()
    )
    shop.change(prepare__test=["4.txt"])
    done = shop.stage("prepare", check=False)
    assert done.returncode == 2
    assert "prepare.test: no document is called '4.txt'; there are: 0.txt; 1.txt" in done.stderr
    shop.change(prepare__test=0.01, prepare__validation=0.01)
    done = shop.stage("prepare", check=False)
    assert "prepare: no document is left for validation; 4 documents found: 0.txt; 1.txt" in done.stderr


def test_a_preface_that_two_books_print_is_in_train_once(shop, chapters):
    changed = chapters[4].replace(chapters[4].split()[0], "Otherwise")
    books = {"a.txt": chapters[:5], "b.txt": [changed, *chapters[5:]]}
    passages, rejects = prepared(shop, books)
    assert not [p for p in passages if p.document == "b.txt" and p.chapter == "Chapter 1"]
    assert {reject.reason for reject in rejects} == {"near-duplicate of an earlier passage"}
    kept = {p.id for p in passages if p.document == "a.txt"}
    for reject in rejects:
        share, passage_id = re.fullmatch(
            r"(\d+)% alike: (passage-\w+), a.txt, 'Chapter 5'", reject.detail
        ).groups()
        assert int(share) == 100 or ("Otherwise" in reject.text and 80 < int(share) < 100)
        assert passage_id in kept


def test_what_is_held_out_stays_where_train_says_the_same_earlier(shop, chapters):
    """The same file twice, and a train chapter before the test chapter that says the same words."""
    books = {"a.txt": [chapters[2], *chapters[1:]], "copy.txt": [chapters[2], *chapters[1:]]}
    passages, _ = prepared(shop, books)
    assert {p.chapter for p in passages if p.split == "test"} == {"Chapter 3"}
    test_words = sum(p.words for p in passages if p.split == "test")
    assert test_words == len(chapters[2].split())
    assert not [p for p in passages if p.chapter == "Chapter 1"]
    assert len({p.id for p in passages}) == len(passages)


def test_a_leak_above_a_limit_stops_the_run_in_one_line_and_can_be_looked_at(shop, chapters):
    quoted = " ".join(chapters[2].split()[2:27])
    chapters[5] += f"\n\nAs it says: {quoted}"
    write_pages(shop, {"a.txt": chapters})
    done = shop.stage("prepare", check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "'Chapter 3', shares 25 words in a row" in line and "'Chapter 6'" in line
    assert "prepare.passages.leak_run_words is 20" in line
    assert not shop.output("02_prepare").exists()
    leaks = json.loads(shop.output("logs/leaks.json").read_text())
    assert max(leaks["passages"], key=lambda leak: leak["run_words"])["run"] == quoted.rstrip(".")
    shop.change(prepare__passages__leak_run_words=25, prepare__passages__leak_gram_share=1.0)
    shop.stage("prepare")
    leaks = json.loads(shop.output("02_prepare/leaks.json").read_text())
    assert leaks["splits"]["test"]["run_words"]["max"] == 25
    assert leaks["limits"] == {"run_words": 25, "gram_share": 1.0}


@pytest.mark.whole_runs
def test_many_short_leaks_stop_the_run_as_well(shop, chapters):
    said = chapters[2].split()
    chapters[5:] = [f"{text} {' '.join(said[12 * n : 12 * n + 10])}." for n, text in enumerate(chapters[5:])]
    write_pages(shop, {"a.txt": chapters})
    shop.change(prepare__passages__leak_gram_share=0.02)
    done = shop.stage("prepare", check=False)
    assert done.returncode == 2
    assert "prepare.passages.leak_gram_share is 0.02" in done.stderr
    shop.change(prepare__passages__leak_gram_share=0.5)
    shop.stage("prepare")
