"""Honesty checks of a classifier's run: each says no where it must, and its numbers are lines of a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from small_run import RUN, evaluate_and_report, make_label_run, page_of, result_of
from test_07_report import Tags, change_records

from inkprint.evaluate import label_checks
from inkprint.evaluate.intervals import permutation_p
from inkprint.evaluate.label_comparison import HeldOut, compare
from inkprint.evaluate.label_metrics import METRICS, Told
from inkprint.evaluate.label_swaps import differences, draw_swaps
from inkprint.jsonl import read_records
from inkprint.records import LabelledText, Score

SAMPLES = 400


def said(dice: np.random.Generator, truth: np.ndarray, kinds: int, skill: float) -> np.ndarray:
    """Probabilities (texts, labels) of a classifier; skill 0 is chance."""
    weights = np.exp(dice.normal(size=(len(truth), kinds)) + skill * np.eye(kinds)[truth])
    return weights / weights.sum(axis=1, keepdims=True)


def held_out_texts(texts: int = 90, kinds: int = 3, skill: float = 1.0, seed: int = 3) -> HeldOut:
    dice = np.random.default_rng(seed)
    truth = dice.choice(kinds, texts, p=np.arange(kinds, 0, -1) / np.arange(1, kinds + 1).sum())
    shares = np.tile(np.bincount(truth, minlength=kinds) / texts, (texts, 1))
    told = {
        "majority": Told(truth, shares),
        "words": Told(truth, said(dice, truth, kinds, skill)),
        "tuned": Told(truth, said(dice, truth, kinds, skill)),
    }
    labels = [f"label {number}" for number in range(kinds)]
    return HeldOut(labels, [f"row-{number:03d}" for number in range(texts)], told, np.arange(texts))


def measured(held_out: HeldOut) -> dict:
    swapped = draw_swaps(held_out, SAMPLES, 1)
    return compare(held_out, Counter(held_out.labels), "accuracy", swapped, SAMPLES, 1)["metrics"]


def test_what_is_said_of_other_texts_tells_no_labels():
    held_out = held_out_texts()
    check, lines = label_checks.check_shuffled(held_out, measured(held_out), 1)
    assert check.state == "passed"
    for metric, means in check.facts["means"].items():
        assert means["shuffled_labels"]["high"] < means["tuned"]["value"], metric
        of_deals = [line.value for line in lines if line.metric == metric]
        assert len(of_deals) == check.facts["deals"]
        assert means["shuffled_labels"]["value"] == pytest.approx(np.mean(of_deals), abs=1e-5)


def test_a_model_that_knows_nothing_has_nothing_to_lose():
    held_out = held_out_texts(skill=0)
    check, _ = label_checks.check_shuffled(held_out, measured(held_out), 1)
    assert (check.state, check.why[:10]) == ("cannot tell", "the model ")


def test_a_score_that_does_not_see_the_texts_fails(monkeypatch):
    held_out = held_out_texts()
    of_metrics = measured(held_out)
    monkeypatch.setattr(
        label_checks, "Told", lambda truth, probabilities: Told(held_out.told["tuned"].truth, probabilities)
    )
    assert label_checks.check_shuffled(held_out, of_metrics, 1)[0].state == "failed"


@pytest.mark.parametrize("kinds", [2, 3, 7])
def test_the_truth_is_the_best_and_its_opposite_the_worst(kinds, monkeypatch):
    held_out = held_out_texts(kinds=kinds)
    assert label_checks.check_ends(held_out)[0].state == "passed"
    one_is_off = Told(np.roll(held_out.told["tuned"].truth, 1), held_out.told["tuned"].probabilities)
    monkeypatch.setattr(label_checks, "Told", lambda truth, rows: Told(one_is_off.truth, rows))
    assert label_checks.check_ends(held_out)[0].state == "failed"


def test_a_held_out_text_that_train_has_in_other_type_is_found():
    def text(number: int, split: str, words: str) -> LabelledText:
        return LabelledText(
            id=f"example-{number}", source_id=f"row-{number}", task="classification", split=split,
            text=words, label="merry",
        )  # fmt: skip

    train = [text(1, "train", "A merry film, at last!"), text(2, "validation", "Another film.")]
    fresh = label_checks.check_unseen([*train, text(3, "test", "Another film.")])
    assert (fresh[0].state, fresh[1]) == ("passed", [])
    check, lines = label_checks.check_unseen([*train, text(4, "test", "a MERRY film at last")])
    assert check.state == "failed"
    assert check.facts == {"seen": 1, "held_out": 1}
    assert [line.source_id for line in lines] == ["row-4"]


def test_swapped_classifiers_raise_few_alarms_and_a_lax_test_is_caught(monkeypatch):
    held_out = held_out_texts()
    swapped = draw_swaps(held_out, SAMPLES, 1)
    check, lines = label_checks.check_false_alarms(held_out, swapped, "accuracy", 1)
    facts = check.facts
    assert check.state == "passed"
    assert facts["comparisons"] == 12
    assert 5 <= facts["any"] <= 0.1 * facts["reports"]
    assert facts["any"] == sum(line.value for line in lines if line.metric == "any")
    alarms = Counter((line.metric, line.variant) for line in lines if line.metric != "any")
    assert facts["primary"] == alarms["accuracy", "swapped with majority"]
    assert facts["of_worst"] == max(alarms.values())
    assert facts["of_worst"] == alarms[facts["worst"], f"swapped with {facts['against']}"]
    monkeypatch.setattr(label_checks, "permutation_p", lambda *of: permutation_p(*of) / 5)
    assert label_checks.check_false_alarms(held_out, swapped, "accuracy", 1)[0].state == "failed"


def test_below_twenty_witnesses_no_alarm_is_possible():
    few = replace(held_out_texts(), units=np.arange(90) % 19)
    assert draw_swaps(few, SAMPLES, 1) == {}
    assert label_checks.check_false_alarms(few, {}, "accuracy", 1)[0].state == "cannot tell"
    assert measured(few)["accuracy"]["against"]["majority"]["verdict"] == "too few to tell"


def test_swaps_give_each_variant_what_the_other_said():
    """Against metrics of the mixtures themselves; in groups all texts of one go together."""
    held_out = replace(held_out_texts(), units=np.arange(90) // 3)
    swaps = np.random.default_rng(2).integers(0, 2, (5, 30)).astype(float)
    found = differences(held_out, "words", swaps)
    tuned, words = held_out.told["tuned"], held_out.told["words"]
    for number, swap in enumerate(swaps):
        kept = (np.repeat(swap, 3) == 1)[:, None]
        pair = [
            Told(tuned.truth, np.where(kept, one.probabilities, other.probabilities))
            for one, other in ((tuned, words), (words, tuned))
        ]
        one, other = (label_checks.measure(of, np.ones(90)).metrics for of in pair)
        for name in METRICS:
            assert found[name][number] == pytest.approx(one[name] - other[name], abs=1e-12), name


def test_p_values_of_classifiers_that_do_not_differ_err_no_more_often_than_they_say():
    rounds, small = 200, Counter()
    for number in range(rounds):
        held_out = held_out_texts(texts=60, seed=number)
        of_words = replace(held_out, told={name: held_out.told[name] for name in ("words", "tuned")})
        nulls = draw_swaps(of_words, 99, number)["words"]
        found = differences(of_words, "words", np.ones((1, 60)))
        small.update(name for name in METRICS if permutation_p(found[name], nulls[name])[0] < 0.05)
    assert max(small.values()) <= 0.09 * rounds  # three standard errors above 5 in 100, less than BCa's 13
    assert min(small.values()) >= 0.01 * rounds


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Films as groups, one held-out text learned from, through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("checked")
    recipe = make_label_run(folder, films=30, test=90)
    path = "03_synthesize/examples.jsonl"
    learned = next(text for text in read_records(folder / RUN / path, LabelledText) if text.split == "train")
    texts: list[str] = []

    def copy_one(one):
        if one["split"] == "test" and not texts:
            texts.append(one["source_id"])
            return one | {"text": learned.text.upper()}
        return one

    change_records(folder, path, copy_one)
    return evaluate_and_report(recipe)


@pytest.mark.whole_runs
def test_every_number_of_the_checks_is_a_line_of_a_file(reported):
    result = {check["name"]: check for check in result_of(reported)["checks"]}
    assert list(result) == ["shuffled_labels", "ends", "unseen", "swapped_labels"]
    lines = list(read_records(reported / RUN / "06_evaluate/checks.jsonl", Score))
    assert len({line.id for line in lines}) == len(lines)
    for check in ("shuffled_labels", "ends"):
        for metric, means in result[check]["facts"]["means"].items():
            for variant in set(means) - {"tuned"}:
                values = [line.value for line in lines if (line.metric, line.variant) == (metric, variant)]
                assert means[variant]["value"] == pytest.approx(np.mean(values), abs=1e-5)
                if means[variant]["low"] is not None:
                    bounds = np.quantile(values, [0.025, 0.975])
                    assert [means[variant]["low"], means[variant]["high"]] == pytest.approx(bounds, abs=1e-5)
            if "tuned" in means:
                assert means["tuned"] == result_of(reported)["metrics"][metric]["means"]["tuned"]
    assert result["unseen"]["facts"]["seen"] == sum(line.metric == "seen" for line in lines) == 1
    alarms = [line.value for line in lines if line.metric == "any"]
    assert len(alarms) == result["swapped_labels"]["facts"]["reports"]
    assert sum(alarms) == result["swapped_labels"]["facts"]["any"]


@pytest.mark.whole_runs
def test_a_check_that_failed_stands_at_the_head_of_the_page_of_labels(reported):
    for form in ("html", "md"):
        text = page_of(reported, form)
        text = "".join(Tags(text).texts) if form == "html" else text
        head = text.split("Honesty checks that failed: ")[1]
        assert head.startswith("Held-out texts are unseen.")
        assert "Also in train: 1 of 90 held-out texts" in text
        for said_there in ("dealt ", "the truth 100.0", "its opposite 0.0", "With any verdict: "):
            assert said_there in text, (form, said_there)
        assert "What was learned is what was to be learned" in text
