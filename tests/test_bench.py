"""The benches: books that say what is true of them, measures that notice what is wrong, honest arithmetic."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import groupby

import pytest
from conftest import ROOT

import run as bench
from alike import alike_rows, measure_recited
from goals import Goal, Row, in_turn
from growth import STAGES, growth_rows
from measures import align, order_similarity
from once import once
from score import score_book
from setting.books import set_book
from setting.layouts import LAYOUTS
from shapes import SHAPES, operations_a_token, parameters
from tuning import agreement, check_alike, parting


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


@pytest.mark.parametrize(
    ("goal", "value", "says"),
    [
        (Goal(1.15), 1.15, "met"),
        (Goal(1.15), 1.2, "met"),
        (Goal(2.0), 1.5, "short by 25 %"),
        (Goal(2.0), 1.999, "short by 0.05 %"),
        (Goal(3.0, " s", most=True), 3.0, "met"),
        (Goal(3.0, " s", most=True), 4.5, "short by 50 %"),
        (Goal(0.0, " requests", most=True), 0.0, "met"),
        (Goal(0.0, " requests", most=True), 2.0, "short by 200 %"),
    ],
)
def test_a_row_says_whether_its_goal_is_met_and_by_how_much_not(goal, value, says):
    assert Row("part", "what", goal, value).verdict == says


def test_a_row_without_a_value_says_that_it_was_not_measured():
    assert Row("gpu", "what", Goal(2.0), note="no GPU").verdict == "not measured here (no GPU)"


def test_sides_take_turns_and_the_median_counts():
    calls = []

    def side(name, values):
        left = iter(values)

        def measure():
            calls.append(name)
            return {"rate": next(left)}

        return measure

    found = in_turn({"ours": side("ours", [1, 100, 3]), "theirs": side("theirs", [5, 4, 6])}, rounds=3)
    assert calls == ["ours", "theirs"] * 3
    assert found == {"ours": {"rate": 3}, "theirs": {"rate": 5}}


def beginnings(**changes):
    """What two sides of a training begin with, alike but for changes of the second."""
    alike = {"trained": 1000.0, "widest_bytes": 42.0, "steps": 30.0, "loss_before": 2.0}
    return {"inkprint": alike, "plain": alike | changes}


def test_trainings_that_begin_alike_are_compared_and_others_are_not():
    check_alike(beginnings(loss_before=2.01))
    for change in ({"loss_before": 2.05}, {"trained": 999.0}, {"widest_bytes": 22.0}, {"steps": 29.0}):
        with pytest.raises(AssertionError, match=next(iter(change)).split("_")[0]):
            check_alike(beginnings(**change))


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [([1, 2, 3], [1, 2, 3], None), ([1, 2, 3], [1, 9, 3], 1), ([1, 2], [1, 2, 3], 2), ([], [1], 0)],
)
def test_answers_part_at_the_first_token_that_differs_or_is_missing(one, other, place):
    assert parting(one, other) == place


def test_agreement_counts_answers_that_are_the_same_and_nats_a_token():
    theirs = {
        "answers": {"base": {"a": [1, 2], "b": [1, 2, 3]}},
        "likelihoods": {"base": {"p": -10.0, "q": -20.0}},
        "tokens": {"p": 5, "q": 10},
    }
    ours = {
        "answers": {"base": {"a": [1, 2], "b": [1, 2, 4]}},
        "likelihoods": {"base": {"p": -10.5, "q": -20.5}},
    }
    assert agreement(ours, theirs) == {"answers": 2, "same": 1, "first_divergence": 2, "nats_a_token": 0.1}


def shelves(cost):
    return {
        books: {stage: {"cpu_seconds": cost(books), "bytes": 1e8} for stage in STAGES}
        for books in (1, 10, 100)
    }


def test_growth_leaves_the_start_up_out_and_sees_what_is_not_linear():
    linear = [row for row in growth_rows(shelves(lambda books: 5 + 0.1 * books)) if "further" in row.what]
    assert [row.verdict for row in linear] == ["met"] * len(STAGES)
    assert linear[0].value == pytest.approx(1.0)
    worse = [row for row in growth_rows(shelves(lambda books: 5 + books**1.1)) if "further" in row.what]
    assert all(row.verdict.startswith("short by") for row in worse)
    none = [row for row in growth_rows(shelves(lambda books: 5.0)) if "further" in row.what]
    assert all("too few books to tell" in row.verdict for row in none)


def alike(near, leaks):
    pairs = {"passages": 500, "linear_seconds": 0.5, "pairs_seconds": 2.0, "bytes": 2e8}
    small = {"passages": 1000, "seconds": 2.0, "bytes": 1e8}
    large = {"passages": 10_000, "bytes": 3e9}
    return {
        "alike small": small, "alike large": large | near, "leak small": small, "leak large": large | leaks,
        "pairs": pairs,
    }  # fmt: skip


def test_all_pairs_of_a_sample_are_scaled_by_the_square_and_the_rest_is_not():
    near, memory, leaks, _ = alike_rows(alike({"seconds": 22.0}, {"seconds": 50.0}), 100)
    assert (near.value, near.verdict) == (11.0, "met")
    assert (leaks.value, leaks.verdict) == (25.0, "short by 108 %")
    assert near.against.endswith("scaled: 810 s")  # 20 * 0.5 + 400 * 2
    assert memory.verdict == "short by 50 %"


def test_passages_that_took_too_long_are_said_to_have_been_stopped():
    near, _, leaks, memory = alike_rows(alike({"seconds": 22.0}, {"stopped_seconds": 240}), 100)
    assert not near.note
    assert leaks.value == 120.0 and leaks.ours.startswith("over 240.0 s")
    assert "the least that it can be" in leaks.note and "the least that it can be" in memory.note


def test_a_size_is_stopped_when_its_cpu_time_is_used_up():
    job = {"side": "inkprint", "part": "leak", "passages": 20_000, "words": 60, "limit_seconds": 1}
    assert once("alike_once.py", job)["stopped_seconds"] == 1


def test_recited_runs_are_those_that_difflib_finds():
    found = measure_recited(text_words=5000, answers=6, sample=6)  # it compares them, and raises
    assert found["difflib_seconds"] > 0


def test_operations_of_a_token_are_six_a_weight_and_those_of_attention():
    qwen, oss = (shape.values for shape in SHAPES)
    weights = parameters(qwen)
    assert weights["layers"] + 2 * weights["head"] == pytest.approx(14.77e9, rel=1e-3)
    assert sum(parameters(oss).values()) == pytest.approx(3.6e9, rel=0.01)  # active of 21 billion
    plain = operations_a_token(qwen, row_tokens=0, learned_share=0, rank=0)
    assert plain == 6 * weights["layers"]
    assert operations_a_token(qwen, 0, 1, 0) - plain == 4 * weights["head"]
    # 40 layers, two products of two operations over half the row and 5,120 numbers, four times.
    assert operations_a_token(qwen, 800, 0, 0) - plain == 40 * 2 * 2 * 400 * 5120 * 4
    assert operations_a_token(qwen, 0, 0, 32) - plain == pytest.approx(8 * 128.5e6, rel=0.01)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(1800)
def test_a_small_run_prints_every_row(tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, ROOT / "bench" / "run.py", "--small", "--json", figures]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(figures.read_text())
    assert {row["part"] for row in found["rows"]} == set(bench.PARTS)
    for row in found["rows"]:
        assert f"| {row['what']} |" in done.stdout
        assert row["value"] is not None or row["verdict"].startswith("not measured here (")
    for row in found["rows"]:  # what every machine can measure
        assert row["value"] is not None or row["part"] in ("gpu", "extraction", "growth"), row
    assert "these figures say nothing" in done.stdout
