"""The bench for extraction: its books say what is true of them, its measures notice what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import groupby

import pytest
from conftest import ROOT

from measures import align, order_similarity
from score import score_book
from setting.books import set_book
from setting.layouts import LAYOUTS


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A short textbook, which has everything that a book can have."""
    folder = tmp_path_factory.mktemp("books")
    return set_book(next(layout for layout in LAYOUTS if layout.name == "textbook"), 1, folder, 0.15)


def perfect(book):
    """The records that an extraction without a fault would write."""
    by_page = {number: list(lines) for number, lines in groupby(book.lines, key=lambda line: line.page)}
    pages = []
    for number, true in enumerate(book.classes, start=1):
        kept, lines = true == "body", by_page.get(number, [])
        paragraphs, continues = [], False
        for line in (line for line in lines if line.words and kept):
            if line.begins or not paragraphs:
                continues = continues or not (paragraphs or line.begins)
                paragraphs.append([])
            paragraphs[-1] += line.words
        removed = [line for line in lines if kept and line.kind != "body"]
        pages.append(
            {
                "page": number,
                "page_class": true.split(",")[0],
                "kept": kept,
                "evidence": "",
                "text": "\n\n".join(" ".join(words) for words in paragraphs),
                "continues": continues,
                "chapters": [{"title": title, "at": 0} for page, title in book.chapters if page == number],
                "removed": [{"text": line.text, "reason": line.kind} for line in removed],
            }
        )
    return pages


def body_page(pages):
    """A page in the middle with much text."""
    return next(page for page in pages[len(pages) // 2 :] if len(page["text"].split()) > 150)


def test_an_extraction_without_a_fault_has_full_marks(book):
    score = score_book(book, perfect(book))
    assert score.faults == []
    assert score.order == 1.0
    for rates in (score.pages, score.lines, score.words, score.chapters, score.paragraphs, score.own_case):
        assert (rates.precision, rates.recall) == (1.0, 1.0)
        assert rates.wanted > 0


def test_the_book_has_every_class_and_kind_of_line(book):
    assert {
        "cover", "title", "copyright", "dedication", "contents", "figures", "foreword", "body", "glossary",
        "bibliography", "index", "blank", "no_text",
    } <= {true.split(",")[0] for true in book.classes}  # fmt: skip
    kinds = {line.kind for line in book.lines}
    assert {"running head", "page number", "footnote", "caption", "heading", "body"} <= kinds
    assert kinds & {"table", "formula", "code"}


def test_a_dropped_page_and_a_kept_index_cost_pages_lines_and_words(book):
    pages = perfect(book)
    body_page(pages).update(kept=False, page_class="notes")
    index = next(page for page in pages if page["page_class"] == "index")
    index.update(kept=True, page_class="body", text=" ".join(
        line.text for line in book.lines if line.page == index["page"]
    ))  # fmt: skip
    score = score_book(book, pages)
    assert score.pages.wanted - score.pages.right == 1
    assert score.pages.found - score.pages.right == 1
    assert score.lines.recall < 1 and score.lines.precision < 1
    assert score.words.recall < 1 and score.words.precision < 1
    assert {fault.got.split()[0] for fault in score.faults if fault.what == "page"} == {"notes", "body"}


def test_a_kept_head_and_a_glued_word_are_named(book):
    pages = perfect(book)
    page = next(
        page for page in pages
        if page["kept"] and any(line["reason"] == "running head" for line in page["removed"])
    )  # fmt: skip
    head = next(line for line in page["removed"] if line["reason"] == "running head")
    page["removed"].remove(head)
    first, second, rest = page["text"].split(" ", 2)
    page["text"] = f"{head['text']} {first}{second} {rest}"
    score = score_book(book, pages)
    assert [fault.what for fault in score.faults if fault.what.startswith("line")] == ["line: running head"]
    assert any(f"{first}{second}" in fault.got for fault in score.faults if fault.what == "words")


def test_text_in_another_order_has_all_words_but_not_their_order(book):
    pages = perfect(book)
    page = body_page(pages)
    words = page["text"].split()
    page["text"] = " ".join(words[len(words) // 2 :] + words[: len(words) // 2])
    score = score_book(book, pages)
    assert score.words.recall == 1.0
    assert score.order < 1.0


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("a b c", "a b c", 3),
        ("a b c d", "a b", 2),
        ("a b c", "", 0),
        ("a b c d e f", "d e f a b c", 3),
        ("a x b", "a y b", 2),
    ],
)
def test_alignment_finds_the_words_in_order(first, second, shared):
    first, second = first.split(), second.split()
    assert sum(length for _, _, length in align(first, second)) == shared
    assert order_similarity(first, second) == 2 * shared / (len(first) + len(second))


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_book(tmp_path):
    for folder in ("one", "again"):
        (tmp_path / folder).mkdir()
    one, again, other = (
        set_book(LAYOUTS[0], seed, tmp_path / folder, 0.05)
        for seed, folder in ((1, "one"), (1, "again"), (2, "one"))
    )
    assert one.path.read_bytes() == again.path.read_bytes()
    assert one.lines == again.lines
    assert one.lines != other.lines


@pytest.mark.whole_runs
def test_extraction_stays_as_good_as_it_is(tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, ROOT / "bench" / "extraction.py", "--quick", "--only", "truth"]
    done = subprocess.run([*command, "--json", figures], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    layouts = json.loads(figures.read_text())["truth"]
    assert set(layouts) == {layout.name for layout in LAYOUTS} | {"all"}
    all_ = layouts["all"]
    for part, least in (("pages", 0.985), ("lines", 0.99), ("words", 0.995), ("chapters", 0.95)):
        assert all_[part]["precision"] >= least, (part, all_)
        assert all_[part]["recall"] >= least, (part, all_)
    assert min(figures["words"]["recall"] for figures in layouts.values()) >= 0.98
    assert all_["order"] >= 0.97
