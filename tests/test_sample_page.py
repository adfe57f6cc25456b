"""The page of `03_synthesize.py --sample`: what was asked, what came, and what the checks say of it."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from inkprint.asking.money import Budget, Estimate
from inkprint.asking.prices import Price
from inkprint.asking.requests import Request
from inkprint.asking.writer import Writer
from inkprint.recipe_synthesize import Claude
from inkprint.records import Example, Message, Reject
from inkprint.synthesize.examples import Outcome
from inkprint.synthesize.replies import Pairs
from inkprint.synthesize.sample import choose, write_page
from inkprint.synthesize.sources import Source
from inkprint.synthesize.tasks import Item

HOSTILE = "<script>alert(1)</script></style>{{ 7*7 }} \u202e\u061c\x07"
PASSAGE = f"{HOSTILE} The lamp is old.\n\nThe keeper is older."


def item(number, task="question_answer", document="book.pdf"):
    source = Source(f"passage-{number}", "train", document, "Of <i>Rope</i>", {"text": PASSAGE})
    return Item(source, task, None, 2, Request(task, "Ask.", Pairs, 2, 10))


def good(answer):
    example = Example(
        id="example-1", source_id="passage-1", task="question_answer", split="train",
        prompt=[Message(role="user", content=f"Whose is it, {HOSTILE}?")],
        completion=[Message(role="assistant", content=answer)], provider="anthropic claude",
    )  # fmt: skip
    return Outcome("ok", example)


def bad(number, state, why, text=""):
    reason = f"question_answer: {why}"
    reject = Reject(id=f"reject-{number}", source_id="passage-1", reason=reason, text=text, detail=HOSTILE)
    return Outcome(state, reject)


@pytest.fixture
def page(tmp_path):
    price = Price(input=1, output=5, batch=0.5)
    provider = Claude(
        name="anthropic", model="claude", max_tokens=100, connections=1, timeout_seconds=1, deadline_hours=1
    )
    writer = Writer(provider, "anthropic claude", price, "2026-11-21", {})
    found = Estimate()
    found.requests["question_answer"], found.answered["question_answer"] = 1234, 3
    found.input_tokens["question_answer"] = 56789
    shown = [
        (item(1), None, [good("Mine."), bad(1, "rejected", "copied", HOSTILE)]),
        (item(2), None, [bad(2, "rejected", "refusal", "No."), bad(3, "rejected", "refusal", "No.")]),
        (item(3), None, [bad(4, "failed", "failed: timeout, 8 times"), good(PASSAGE)]),
    ]
    write_page(tmp_path / "sample.html", shown, writer, found, Budget(price, 5.0, 0.25, 100))
    return (tmp_path / "sample.html").read_text(encoding="utf-8")


def test_every_planned_example_is_counted(page):
    assert "3 requests to <code>anthropic claude</code>: 2 of 6 examples passed the checks." in page
    reasons = ("2 × question_answer: refusal", "1 × question_answer: copied")
    assert all(reason in page for reason in reasons)
    assert "1 × question_answer: failed: timeout, 8 times" in page


def test_a_verdict_names_the_check_once_and_a_refused_reply_once(page):
    verdicts = re.findall(r'<b class="verdict">([^<]*)</b>', page)
    assert verdicts == [
        "passed", "rejected: copied", "rejected: refusal", "failed: timeout, 8 times", "passed",
    ]  # fmt: skip
    assert page.count("2 examples</span>") == 1


def test_an_answer_that_is_the_passage_is_not_printed_again(page):
    assert page.count("The keeper is older.") == 3
    assert page.count("The answer is the passage, word for word.") == 1


def test_the_estimate_says_what_is_to_come(page):
    assert "3 requests answered, 1,234 to come with 56,789 tokens in and 0 out" in page
    assert "spent by this run so far $0.25 of max_dollars $5.00" in page


def test_the_page_looks_like_the_others(page):
    assert "<style>\n" + (ROOT / "scripts/inkprint/page.css").read_text() in page


def test_what_models_and_books_say_is_shown_and_not_obeyed(page):
    assert "<script" not in page and "<i>" not in page
    assert page.count("</style>") == 1
    assert not re.search("[\u202e\u061c\x07]", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;/style&gt;{{ 7*7 }} \ufffd\ufffd\ufffd" in page
    assert "default-src 'none'" in page


def test_a_sample_goes_through_all_documents_and_tasks_and_is_the_same_again():
    items = [
        item(number, task, document)
        for number in range(30)
        for task, document in (("question_answer", "a.pdf"), ("rows", "a.pdf"), ("rows", "b.pdf"))
    ]
    chosen = choose(items, 6, seed=1)
    groups = [(one.source.document, one.name) for one in chosen]
    assert groups == [("a.pdf", "question_answer"), ("a.pdf", "rows"), ("b.pdf", "rows")] * 2
    assert choose(reversed(items), 6, seed=1) == chosen
    assert choose(items, 6, seed=2) != chosen
