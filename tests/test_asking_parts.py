"""The parts of asking: keys, replies, prices, the cap, and the form that a local model fills in."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from inkprint.asking import prices
from inkprint.asking.local import _as_json, skeleton, text_end
from inkprint.asking.money import Budget, CapReached, Estimate, estimate
from inkprint.asking.prices import Price, price_of, read_prices
from inkprint.asking.replies import Paid, Replies
from inkprint.asking.requests import MOST_ATTEMPTS, Request, Stored, distinct, read, schema
from inkprint.errors import UserError
from inkprint.synthesize.prompts import Prompt
from inkprint.synthesize.replies import OneAnswer, Pairs, Questions

FORMS = (Questions, Pairs, OneAnswer)
PRICE = Price(input=1.0, output=5.0, batch=0.5)


def request(prompt="Why?", form=Questions, items=2) -> Request:
    return Request("question_passage", prompt, form, items, 28)


def stored(text: str, stop: str = "end_turn", tokens: int = 10) -> Stored:
    return Stored(text, stop, 100, tokens)


GOOD = json.dumps({"questions": ["Why?", "When?"]})


@pytest.mark.parametrize(
    ("replies", "state", "reason"),
    [
        ([], "open", ""),
        ([stored(GOOD)], "ok", ""),
        ([stored(f"```json\n{GOOD}\n```")], "ok", ""),
        ([stored("no"), stored(GOOD)], "ok", ""),
        ([stored("no")], "open", ""),
        ([stored("no")] * MOST_ATTEMPTS, "rejected", "malformed"),
        ([stored('{"question": "Why?"}')] * MOST_ATTEMPTS, "rejected", "off_schema"),
        ([stored('{"questions": ["Why?"], "more": 1}')] * MOST_ATTEMPTS, "rejected", "off_schema"),
        ([stored("")] * MOST_ATTEMPTS, "rejected", "malformed"),
        ([stored("", "refusal")], "rejected", "refusal"),
        ([stored(GOOD[:9], "max_tokens")], "rejected", "max_tokens"),
        ([stored("no"), stored("", "refusal")], "rejected", "refusal"),
    ],
)
def test_what_replies_come_to(replies, state, reason):
    reading = read(request(), replies)
    assert (reading.state, reading.reason) == (state, reason)


def test_a_key_changes_with_all_that_a_reply_depends_on():
    first = request().key("anthropic m", 100)
    assert request().key("anthropic m", 100) == first
    others = {
        request("Why not?").key("anthropic m", 100),
        request(form=OneAnswer).key("anthropic m", 100),
        request(items=3).key("anthropic m", 100),
        request().key("anthropic n", 100),
        request().key("anthropic m", 101),
        request().key("anthropic m", 100, temperature=0.5),
    }
    assert len(others | {first}) == 7
    longer = Request("another_task", "Why?", Questions, 2, 999)
    assert longer.key("anthropic m", 100) == first, "what we expect is no part of what is asked"


@pytest.mark.parametrize("form", FORMS)
def test_schemas_are_what_structured_output_takes(form):
    text = json.dumps(schema(form))
    assert "$ref" not in text
    assert text.count('"additionalProperties": false') == text.count('"type": "object"')
    assert not re.search("title|minItems|maxItems|default", text)


TEXTS = st.lists(st.text(max_size=30), min_size=12, max_size=12)


@given(TEXTS, st.sampled_from(FORMS), st.integers(1, 3))
def test_a_filled_form_is_a_reply_of_its_schema(texts, form, items):
    parts = skeleton(schema(form), items)
    filled = parts[0] + "".join(_as_json(text) + part for text, part in zip(texts, parts[1:], strict=False))
    value = form.model_validate_json(filled).model_dump()
    entries = next(iter(value.values()))
    flat = entries if isinstance(entries, str) else [
        text for entry in entries for text in ([entry] if isinstance(entry, str) else entry.values())
    ]  # fmt: skip
    used = [json.loads(f'"{_as_json(text)}"') for text in texts[: len(parts) - 1]]
    assert list([flat] if isinstance(flat, str) else flat) == used
    assert form is OneAnswer or len(entries) == items


@given(st.text())
def test_a_text_ends_at_its_first_bare_quotation_mark(text):
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    assert text_end(written) is None
    assert text_end(written + '"}') == len(written)
    assert json.loads(f'"{_as_json(written)}"') == text.strip() or "\\" in written


def test_escapes_that_are_none_are_meant_as_they_stand():
    assert json.loads(f'"{_as_json(chr(92) + "quay")}"') == "\\quay"
    assert json.loads(f'"{_as_json("two" + chr(92) + "nlines")}"') == "two\nlines"


@given(st.lists(st.floats(0, 0.4), max_size=20), st.floats(0.05, 1))
def test_no_run_passes_its_cap_whatever_replies_cost(costs, cap):
    """Each costs at most what was put aside for it: then the sum stays under the cap."""
    budget = Budget(PRICE, cap, 0.0, 1000)
    for cost in costs:
        if budget.allows(0.4):
            budget.reserve(0.4)
            budget.settle(0.4, cost)
    assert budget.spent <= cap + 1e-7
    assert budget.reserved == pytest.approx(0)


def test_the_most_that_a_request_can_cost_is_more_than_it_does():
    asked = request("Wörter " * 500)
    budget = Budget(PRICE, 1.0, 0.0, 300)
    most = PRICE.of(len(asked.prompt.encode()) / 2, 300, batch=False)
    assert budget.most(asked, batch=False) > most
    assert budget.most(asked, batch=True) == pytest.approx(budget.most(asked, batch=False) / 2)
    assert issubclass(CapReached, Exception)


def test_replies_are_kept_with_what_they_cost_by_run(tmp_path):
    path, key = tmp_path / "deep" / "replies.sqlite", "ab" * 32
    with Replies(path, "one") as replies:
        replies.keep([Paid.of(request(), key, stored("no"), 0.25)], "m")
        replies.keep([Paid.of(request(), key, stored(GOOD), 0.5)], "m")
    with Replies(path, "two") as replies:
        assert [reply.text for reply in replies.of(key)] == ["no", GOOD]
        assert replies.spent() == 0
        assert replies.measured("m", "question_passage").replies == 2
        assert replies.measured("n", "question_passage") is None
    with Replies(path, "one") as replies:
        assert replies.spent() == 0.75


def test_a_write_that_fails_keeps_nothing_of_it(tmp_path):
    with Replies(tmp_path / "r.sqlite", "one") as replies:
        bad = Paid("cd" * 32, Stored(None, "end_turn", 1, 1), 1.0)  # type: ignore[arg-type]
        with pytest.raises(Exception, match="NOT NULL"):
            replies.keep([Paid("ab" * 32, stored(GOOD), 1.0), bad], "m")
        assert replies.of("ab" * 32) == []
        assert replies.spent() == 0


def test_estimates_learn_from_replies(tmp_path):
    asked = [(f"{number:064x}", request("word " * 100)) for number in range(10)]
    with Replies(tmp_path / "r.sqlite", "one") as replies:
        guess = estimate([*asked, asked[0]], replies, "m")
        assert (guess.requests["question_passage"], guess.answered["question_passage"]) == (10, 0)
        replies.keep([Paid.of(asked[0][1], asked[0][0], Stored(GOOD, "end_turn", 900, 77), 0.1)], "m")
        found = estimate(asked, replies, "m")
    assert (found.requests["question_passage"], found.answered["question_passage"]) == (9, 1)
    assert found.output_tokens["question_passage"] == 9 * 77
    assert found.input_tokens["question_passage"] == 9 * 900
    assert found.dollars(PRICE, batch=False) == pytest.approx(9 * (900 + 5 * 77) / 1e6)
    assert isinstance(found, Estimate)


def test_equal_requests_are_asked_once():
    asked = [("aa", request()), ("bb", request("b")), ("aa", request())]
    assert [key for key, _ in distinct(asked)] == ["aa", "bb"]


def test_the_price_list_is_dated_and_read():
    found = read_prices()
    assert found.date.year >= 2026
    assert price_of("claude-haiku-4-5", found) == Price(input=1.0, output=5.0, batch=0.5)
    with pytest.raises(UserError, match="no price for claude-x; look it up and add a line: claude-x:"):
        price_of("claude-x", found)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"date": "2026-01-01", "models": {"m": {"input": -1, "output": 1, "batch": 1}}}, "models.m.input"),
        ({"date": "soon", "models": {}}, "date"),
        ({"models": {}}, "date"),
        ([], "valid dictionary"),
    ],
)
def test_a_price_list_that_says_something_else(tmp_path, monkeypatch, content, says):
    (tmp_path / "prompts").mkdir()
    (tmp_path / prices.PRICES).write_text(yaml.safe_dump(content))
    monkeypatch.setattr(prices, "ROOT", tmp_path)
    with pytest.raises(UserError, match=re.escape(says)):
        read_prices()


def prompt_file(tmp_path, text):
    path = tmp_path / "p.txt"
    path.write_text(text)
    return path


def test_a_prompt_is_filled_once(tmp_path):
    path = prompt_file(tmp_path, "# for editors\n\nOn {passage} by {author}: {passage}\n# kept\n")
    prompt = Prompt(path, {"passage", "author"}, {"passage"})
    assert (
        prompt.fill(passage="{author} {x}", author="$1 \\2")
        == "On {author} {x} by $1 \\2: {author} {x}\n# kept"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{pasage}", "nothing fills {pasage}; there are: {passage}"),
        ("hello", "needs {passage}"),
        ("# only a comment", "needs {passage}"),
    ],
)
def test_a_prompt_with_the_wrong_slots_is_refused(tmp_path, text, says):
    with pytest.raises(UserError, match=re.escape(says)):
        Prompt(prompt_file(tmp_path, text), {"passage"}, {"passage"})


def test_the_prompts_that_come_with_it_can_be_filled():
    """Every prompt file that a recipe may name has the slots that its task fills."""
    known = set("passage author count min_words max_words copied_words prompt answer style".split())
    known |= set("label group opening first second text persona passages samples".split())
    for path in (ROOT / "prompts").glob("*.txt"):
        Prompt(path, known, set())
