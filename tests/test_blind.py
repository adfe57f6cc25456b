"""The page for a client: unlabelled answers in a fair order, harmless, and with nothing to be fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path

import pytest
from small_run import RUN
from test_07_report import HOSTILE, Tags
from test_compare import finish, poison, run_compare

from inkprint.compare import blind as blind_module
from inkprint.compare.preference import every_outcome
from inkprint.errors import UserError
from inkprint.jsonl import read_records
from inkprint.records import Answer

pytestmark = pytest.mark.whole_runs
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Runs that went through 06. Not to be changed."""
    root = tmp_path_factory.mktemp("shelf")
    runs = {
        "old": {"test": 30, "prompted": True, "change": poison},
        "new": {"test": 30},
        "like": {"test": 30, "change": poison},
        "tiny": {"test": 12},
    }
    for number, (name, options) in enumerate(runs.items()):
        (folder := root / f"of-{number}").mkdir()
        finish(root, name, folder, **options)
    return root


def blind(root, *words):
    done = run_compare(root, *words, "--blind")
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.split("Page: ")[1].strip()).read_bytes().decode()


@pytest.fixture(scope="module")
def page(shelf):
    return blind(shelf, "old")


def data_of(page):
    (text,) = DATA.findall(page)
    return json.loads(text)


def order_of(page):
    return [int(digit) for digit in base64.b64decode(data_of(page)["order"]).decode()]


def answers_of(root, run):
    path = root / "artifacts" / run / "05_generate/answers.jsonl"
    return {(one.example_id, one.variant): one for one in read_records(path, Answer)}


def shown_pairs(page):
    """Of each pair the two texts, as a reader sees them, white space aside."""
    for section in re.findall(r'<section class="pair".*?</section>', page, re.DOTALL):
        articles = re.findall(r"<article>(.*?)</article>", section, re.DOTALL)
        yield [words(unescape(re.search(r'<p class="text">(.*?)</p>', a, re.DOTALL)[1])) for a in articles]


def words(text):
    return re.sub(r"[^\w ]+", "", " ".join(text.split()))


@pytest.mark.parametrize(
    ("runs", "options", "variants"),
    [
        (["old"], [], ["base", "tuned"]),
        (["old"], ["--against", "prompted"], ["prompted", "tuned"]),
        (["old", "like"], [], ["tuned", "tuned"]),
    ],
)
def test_each_side_stands_where_the_key_says_and_first_in_half_of_the_pairs(shelf, runs, options, variants):
    page = blind(shelf, *runs, *options)
    data, order = data_of(page), order_of(page)
    assert len(data["examples"]) == len(order) == 20
    assert sum(order) == 10
    said = [answers_of(shelf, run) for run in (runs[0], runs[-1])]
    for example, first, shown in zip(data["examples"], order, shown_pairs(page), strict=True):
        texts = [words(said[side][example, variants[side]].answer) for side in (0, 1)]
        assert shown == [texts[first], texts[1 - first]]
    assert data["sides"] == (variants if len(runs) == 1 else runs)
    sources = [said[0][example, "tuned"].source_id for example in data["examples"]]
    assert len(set(sources)) == 20  # a passage is asked about once, or clicks would not be witnesses


def test_answers_carry_no_label(page):
    body = DATA.sub("", page)
    for pair in re.findall(r'<section class="pair".*?</section>', body, re.DOTALL):
        assert not re.search(r'tuned|"base"|answer-|example-|passage-', pair)
    # In what the script reads, the order is no plain list either.
    assert '"' + "".join(map(str, order_of(page))) + '"' not in page


def test_the_page_has_a_sentence_for_every_outcome(page):
    data = data_of(page)
    assert data["outcomes"] == every_outcome(20, data["called"])


def test_what_a_model_said_cannot_leave_its_place(page):
    found = Tags(page)
    assert [a for name, a in found.tags if name == "script"] == [
        {"type": "application/json", "id": "data"}, {},
    ]  # fmt: skip
    assert not {name for name, _ in found.tags} & {"iframe", "object", "link", "base", "img", "form", "h4"}
    assert not [key for _, attributes in found.tags for key in attributes if key.startswith("on")]
    assert "<script>alert(1)</script>" in "".join(found.texts)
    assert HOSTILE.split("\n")[0] not in page
    assert not re.search("[\u202e\u061c\x07]", page)


def test_only_the_pages_own_script_and_style_may_run(page):
    policy = next(a["content"] for name, a in Tags(page).tags if a.get("http-equiv"))
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (script,), (style,) = SCRIPT.findall(page), re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    for kind, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules.pop(kind) == f"'sha256-{digest}'"
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    assert "\r" not in page  # a browser would read another text, and hash it
    assert " style=" not in page
    assert not re.search(r"https?://", SCRIPT.sub("", page).replace(HOSTILE, "").split("<main>")[0])


def test_the_script_finds_what_it_looks_for_and_makes_no_html(page):
    (script,) = SCRIPT.findall(page)
    ids = {attributes["id"] for _, attributes in Tags(page).tags if "id" in attributes}
    wanted = set(re.findall(r'one\("([a-z-]+)"\)', script))
    assert {"data", "choice", "votes", "said"} <= wanted
    assert wanted <= ids
    assert set(re.findall(r"page\.([a-z]+)", script)) == set(data_of(page))
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "eval", "Function", "fetch", "import", ".write("):
        assert way not in script


def test_it_can_be_used_by_ear_and_by_keyboard(page):
    tags = Tags(page).tags
    ids = {attributes.get("id") for _, attributes in tags}
    for _, attributes in tags:
        for key in ("aria-labelledby", "for"):
            assert attributes.get(key) in {None} | ids
    buttons = [attributes for name, attributes in tags if name == "button"]
    assert [one["value"] for one in buttons if "value" in one] == ["0", "2", "1"]
    assert all(one["type"] == "button" for one in buttons)
    assert [a["tabindex"] for n, a in tags if n == "h2"] == ["-1"] * 22
    assert any(name == "progress" and attributes["aria-label"] for name, attributes in tags)


def test_the_same_runs_give_the_same_page(shelf, page):
    assert blind(shelf, "old") == page


def test_with_few_passages_there_is_a_page_without_an_interval(shelf):
    done = run_compare(shelf, "tiny", "--blind")
    assert (
        "12 pairs of the untuned model and the tuned model, fewer than 20: the page gives no" in done.stdout
    )
    page = (shelf / "artifacts/compare/tiny-blind/blind.html").read_text(encoding="utf-8")
    assert sum(order_of(page)) == 6
    assert "too few to tell" in data_of(page)["outcomes"][12][0]["said"][-1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["old", "new", "like", "--blind"], "--blind: one run"),
        (["old", "new", "--blind", "--against", "base"], "--blind: one run"),
        (["old", "--blind", "--redact"], "--redact: a blind page has neither paths nor costs"),
        (["old", "--against", "prompted"], "--against goes with --blind"),
        (["new", "--blind", "--against", "prompted"], "new: no answers of the variant prompted"),
        (["old", "tiny", "--blind"], "12 held-out passages are common to all"),
        (["--blind"], "name a run: "),
        (["--votes", "nothing.json", "--blind"], "--votes stands alone"),
        (["--votes", "nothing.json"], "nothing.json: No such file"),
    ],
)
def test_mistakes_are_one_line(shelf, options, said):
    done = run_compare(shelf, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list((shelf / "artifacts").glob("compare/*.partial"))


def test_models_that_were_asked_different_things_are_refused(shelf):
    sides = [
        blind_module.Side(
            variant, variant, {one: a for (one, v), a in answers_of(shelf, "old").items() if v == variant}
        )
        for variant in ("base", "tuned")
    ]
    common = sorted({answer.source_id for answer in sides[0].answers.values()})
    asked = sorted(sides[0].answers)
    halves = [asked[:10], asked[10:]]
    apart = [
        blind_module.Side(side.name, side.called, {one: side.answers[one] for one in half})
        for side, half in zip(sides, halves, strict=True)
    ]
    assert len(blind_module.draw_pairs(tuple(sides), common, 1)) == 20
    with pytest.raises(UserError, match="no held-out prompt was put to both"):
        blind_module.draw_pairs(tuple(apart), common, 1)


def test_votes_are_read_from_the_file_that_the_page_saves(shelf, page, tmp_path):
    data = data_of(page)
    votes = [{"example_id": one, "preferred": "tuned"} for one in data["examples"]]
    path = tmp_path / "anna.json"
    path.write_text(json.dumps({"page": data["page"], "sides": data["sides"], "votes": votes}))
    done = run_compare(shelf, "--votes", str(path))
    assert done.returncode == 0, done.stderr
    assert "tuned 20, base 0, ties 0" in done.stdout
    assert "tuned is preferred" in done.stdout
    assert RUN not in done.stdout
