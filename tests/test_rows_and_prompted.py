"""Rows as chats, and the variant that is only prompted: the same numbers over other things."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict

import numpy as np
import pytest
from small_run import (
    PLANTED,
    RUN,
    evaluate_and_report,
    make_row_run,
    make_run,
    page_of,
    result_of,
    run_script,
    write_stage,
)
from test_07_report import HOSTILE, Tags, change_records

from inkprint.evaluate import train_text
from inkprint.jsonl import read_records
from inkprint.records import Answer, Example, Recital
from inkprint.report import numbers
from inkprint.words import words

pytestmark = pytest.mark.whole_runs


def make_samples(folder):
    """04 again, with what the model said on the way: hostile, at two steps."""
    train = folder / RUN / "04_train"
    files = {
        "training_log.jsonl": [json.loads(line) for line in (train / "training_log.jsonl").open()],
        "mask_proof.json": json.loads((train / "mask_proof.json").read_text()),
        "samples.jsonl": [
            {"id": f"sample-{step}", "example_id": "example-1", "step": step,
             "prompt": [{"role": "user", "content": "Who are you?"}],
             "answer": f"{HOSTILE} at {step}" if step < 80 else "", "reference": "The keeper.",
             "ended": step > 0}
            for step in (0, 40, 80)
        ],
    }  # fmt: skip
    write_stage(folder / RUN, "train", files, unit="rows", out=88)


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A run of rows with the prompted variant and samples, through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("rows")
    recipe = make_row_run(folder, {"report__answers_shown": 30}, prompted=True)
    make_samples(folder)
    change_records(
        folder, "05_generate/answers.jsonl",
        lambda one: one | {"answer": HOSTILE + one["answer"]} if one["variant"] == "prompted" else one,
    )  # fmt: skip
    return evaluate_and_report(recipe)


# -- rows -------------------------------------------------------------------------------------------


def test_rows_are_what_is_counted_and_resampled(reported):
    result = result_of(reported)
    assert result["method"]["unit"] == "rows"
    assert result["method"]["keywords_from"] == "the train rows"
    assert {metric["sources"] for metric in result["metrics"].values()} == {30}
    said = (reported / "said").read_text(encoding="utf-8")
    assert "(30 rows)" in said
    assert "passages" not in said


def test_a_page_of_rows_says_nothing_of_passages_chapters_and_pages(reported):
    for text in (page_of(reported), page_of(reported, "md")):
        without = text.split("<details>\n<summary>The recipe")[0].split("How to repeat it")[0]
        without = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", without, flags=re.DOTALL)
        for word in ("passage", "chapter", "Pages", "leak"):
            assert word not in without, word
        assert "held-out rows" in without
        assert "source rows" in without or "rows |" in without


def test_where_an_answer_and_its_run_stand_is_a_row_of_a_file(reported):
    rows = {row["id"]: row for row in map(json.loads, (reported / RUN / "02_prepare/rows.jsonl").open())}
    answers = list(read_records(reported / RUN / "05_generate/answers.jsonl", Answer))
    shown = page_of(reported)
    for answer in answers:
        assert f"talks.jsonl, row {rows[answer.source_id]['row']} · <code>{answer.example_id}" in shown


def test_verbatim_runs_are_found_in_the_train_answers(reported):
    recitals = list(read_records(reported / RUN / "06_evaluate/recitals.jsonl", Recital))
    longest = max(recitals, key=lambda recital: recital.words)
    assert (longest.variant, longest.words) == ("tuned", len(PLANTED.split()))
    examples = read_records(reported / RUN / "03_synthesize/examples.jsonl", Example)
    source = next(e for e in examples if e.source_id == longest.train_source_id)
    assert source.split == "train"
    assert PLANTED.capitalize() in source.completion[0].content
    assert "talks.jsonl, row 4" in page_of(reported)


def test_train_text_of_rows_is_the_train_completions_and_no_run_crosses_two(tmp_path):
    told = [("row-1", "train", "a b c"), ("row-2", "train", "d e f"), ("row-3", "test", "x y z")]
    examples = [
        {"id": f"example-{n}", "source_id": row, "task": "rows", "split": split, "provider": "template",
         "prompt": [{"role": "user", "content": "q q"}],
         "completion": [{"role": "assistant", "content": text}]}
        for n, (row, split, text) in enumerate(told)
    ]  # fmt: skip
    path = tmp_path / "examples.jsonl"
    path.write_text("".join(json.dumps(example) + "\n" for example in examples))
    from inkprint.runs import longest_runs

    texts = train_text.of_examples(path)
    assert (texts.train, texts.wholes, texts.unit) == (["a b c", "d e f"], ["row-1", "row-2"], "rows")
    learned = longest_runs(["b c d e", "x y", "q q", "e f"], texts.index)
    assert [run.words for run in learned] == [2, 0, 0, 2]
    assert learned[3].source_id == "row-2"
    assert [run.words for run in longest_runs(["x y", "b c"], texts.held_out_index)] == [2, 0]


def test_keywords_of_rows_come_in_two_rows():
    from inkprint.evaluate import similarity  # which loads scikit-learn

    texts = ["tide lamp tide zebra zebra zebra zebra", "tide rope", "rope gull"]
    fitted = similarity.fit(texts)
    assert similarity.strongest_words(fitted, texts, ["row-1", "row-2", "row-3"], 5) == ["rope", "tide"]


def test_likelihoods_of_rows_are_bits_per_byte_of_an_answer(reported):
    result = result_of(reported)["metrics"]
    sums = defaultdict(lambda: np.zeros(2))
    for record in map(json.loads, (reported / RUN / "05_generate/likelihoods.jsonl").open()):
        sums[record["variant"]] += -record["log_likelihood"] / math.log(2), record["bytes"]
    for variant, (bits, size) in sums.items():
        assert result["bits_per_byte"]["means"][variant]["value"] == pytest.approx(bits / size, rel=1e-5)
    assert "a held-out answer, given its prompt" in result["bits_per_byte"]["what"]


# -- prompted ---------------------------------------------------------------------------------------


def test_tuned_is_held_against_base_and_against_the_prompted_base(reported):
    result = result_of(reported)["metrics"]
    for name, metric in result.items():
        likelihood = name in ("bits_per_byte", "perplexity")
        assert set(metric["against"]) == ({"base"} if likelihood else {"base", "prompted"}), name
        for other, found in metric["against"].items():
            means = metric["means"]
            gap = means["tuned"]["value"] - means[other]["value"]
            assert found["value"] == pytest.approx(gap, rel=1e-3, abs=1e-5)
            assert found["low"] <= found["value"] <= found["high"]


def test_a_prompted_base_that_says_hardly_anything_changes_no_other_number(tmp_path):
    """Of its answers those that are long enough are compared; base and tuned keep theirs."""
    recipe = make_row_run(tmp_path, prompted=True)
    path = tmp_path / RUN / "05_generate/answers.jsonl"
    answers = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(a for a in answers if '"prompted"' not in a), encoding="utf-8")
    run_script("06_evaluate.py", recipe)
    before = result_of(tmp_path)
    path.write_text("".join(answers), encoding="utf-8")
    said = iter(range(10**6))
    change_records(
        tmp_path, "05_generate/answers.jsonl",
        lambda a: a | {"answer": "."} if a["variant"] == "prompted" and next(said) < 25 else a,
    )  # fmt: skip
    run_script("06_evaluate.py", recipe)
    after = result_of(tmp_path)
    assert after["method"] == before["method"]
    for name, metric in before["metrics"].items():
        now = after["metrics"][name]
        assert now["means"] | metric["means"] == now["means"], name
        assert (now["items"], now["left_out"]) == (metric["items"], metric["left_out"]), name
        # Holm's p-values are of all comparisons together, and there are more now.
        apart = {"p_adjusted", "verdict"}
        found, earlier = (of["against"]["base"] for of in (now, metric))
        assert {k: v for k, v in found.items() if k not in apart} == {
            k: v for k, v in earlier.items() if k not in apart
        }, name
    short = after["metrics"]["type_token_ratio"]
    assert short["against"]["prompted"]["items"] == 5 < short["items"]
    assert short["against"]["prompted"]["verdict"] == "too few to tell"
    run_script("07_report.py", recipe)
    assert page_of(tmp_path).count("<small>5 answers</small>") == 3  # both type-token ratios, new words
    assert "too few to tell (5 answers)" in page_of(tmp_path, "md")


def test_what_is_said_of_the_prompted_base_is_what_it_said(reported):
    answers = [
        a
        for a in read_records(reported / RUN / "05_generate/answers.jsonl", Answer)
        if a.variant == "prompted"
    ]
    mean = np.mean([len(words(answer.answer)) for answer in answers])
    found = result_of(reported)["metrics"]["answer_words"]["means"]
    assert found["prompted"]["value"] == pytest.approx(mean, rel=1e-5)
    assert found["prompted"]["value"] > found["base"]["value"] + 10  # the hostile words


def test_the_report_says_whether_tuning_was_worth_it(reported):
    shown = "".join(Tags(page_of(reported)).texts)
    metric = result_of(reported)["metrics"]["tfidf_similarity"]
    found = numbers.change(metric, "prompted", "rows")
    assert f"Against the base that is only shown the author in its prompt, {found}; " in shown
    assert numbers.difference(metric, metric["against"]["prompted"]) in found
    for form in ("html", "md"):
        assert "tuned − prompted" in page_of(reported, form)
    for metric in result_of(reported)["metrics"].values():
        if "prompted" in metric["against"]:
            value = numbers.number(metric["against"]["prompted"]["value"], metric, True)
            assert f'data-label="− prompted">{value}<small>' in page_of(reported)


def test_the_prompted_answer_stands_beside_the_others_and_is_not_obeyed(reported):
    found = Tags(page_of(reported))
    assert not {name for name, _ in found.tags} & {"script", "img", "iframe", "a", "link"}
    assert page_of(reported).count('<div class="prompted">') == 30
    assert page_of(reported).count('<div class="tuned">') == 30
    text = "".join(found.texts)
    assert text.count("<script>alert(1)</script>") == 30 + 2  # and two samples
    for form in ("html", "md"):
        assert not re.search("[\u202e\u061c\x07]", page_of(reported, form))
    assert "https://evil" not in page_of(reported, "md")


def test_the_radar_has_a_gap_where_the_prompted_base_has_no_likelihood(reported):
    radar = {axis["metric"]: axis for axis in result_of(reported)["radar"]}
    assert radar["bits_per_byte"]["prompted"] is None
    assert all(0 <= axis["prompted"] <= 1 for name, axis in radar.items() if name != "bits_per_byte")
    assert "There is no prompted value for Bits per byte: its line passes there dashed." in page_of(reported)


def test_every_figure_shows_the_prompted_base_in_its_own_colour(reported):
    from inkprint.report.style import COLOURS

    for name in ("similarity", "responses", "keywords", "clouds", "radar"):
        drawn = (reported / RUN / f"07_report/figures/{name}.svg").read_text(encoding="utf-8")
        assert COLOURS["prompted"] in drawn, name
    words_of = json.loads((reported / RUN / "06_evaluate/words.json").read_text(encoding="utf-8"))
    assert list(words_of["per_thousand"]) == ["base", "prompted", "tuned", "reference"]


def test_without_a_prompted_base_nothing_is_said_of_one(tmp_path):
    recipe = make_run(tmp_path)
    run_script("06_evaluate.py", recipe)
    run_script("07_report.py", recipe)
    said = page_of(tmp_path).split("</style>")[1].split("The recipe")[0]
    assert "prompted" not in re.sub(r"<svg.*?</svg>", "", said, flags=re.DOTALL)
    assert "On the way" not in said
    assert len(result_of(tmp_path)["radar"][0].keys() & {"base", "prompted", "tuned"}) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: [one for one in lines if one["variant"] != "tuned"], "nothing of variant tuned"),
        (lambda lines: [*lines, lines[0] | {"variant": "other"}], "no such variant: other"),
        (lambda lines: lines[:31] + lines[32:], "is there for another variant and not for prompted"),
    ],
)
def test_variants_that_do_not_fit_together_are_refused_in_one_line(tmp_path, change, says):
    from inkprint.errors import UserError
    from inkprint.evaluate.variants import read_answers

    answer = {"task": "rows", "prompt": [], "answer": "a", "reference": "b", "tokens": 1, "ended": True}
    lines = [
        answer | {"id": f"answer-{v}-{n}", "example_id": f"example-{n}", "source_id": "row", "variant": v}
        for v in ("base", "prompted", "tuned") for n in range(30)
    ]  # fmt: skip
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    assert list(read_answers(path)) == ["base", "prompted", "tuned"]
    path.write_text("".join(json.dumps(one) + "\n" for one in change(lines)))
    with pytest.raises(UserError, match=says):
        read_answers(path)


# -- on the way -------------------------------------------------------------------------------------


def test_what_the_model_said_on_the_way_is_shown_by_step(reported):
    section = page_of(reported).split("On the way")[1].split("What the loss was taken on")[0]
    assert section.count("<details open>") == 1
    assert re.findall(r"Step (\d+)", section) == ["0", "40", "80"]
    assert "Step 0, cut off at the limit of tokens" in section
    assert "Who are you?" in section and "The keeper." in section
    assert "Step 80, an empty answer" in section, "or a reader takes it for a fault of the page"
    assert "Step 40:" in page_of(reported, "md")
    assert "Step 80, an empty answer:" in page_of(reported, "md")
