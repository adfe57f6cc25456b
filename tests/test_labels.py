"""Labels: metrics that are scikit-learn's, intervals that know groups, and a page that shows the mistakes."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter

import numpy as np
import pytest
import yaml
from small_run import RUN, evaluate_and_report, make_label_run, page_of, result_of, run_script
from test_07_report import HOSTILE, Tags, change_records

from inkprint.errors import UserError
from inkprint.evaluate import intervals, label_metrics, labels
from inkprint.evaluate.bag_of_words import SETTINGS
from inkprint.evaluate.label_comparison import compare, left_out_weights, resample_weights
from inkprint.evaluate.label_swaps import draw_swaps
from inkprint.jsonl import read_records
from inkprint.recipe import ROOT
from inkprint.recipe_file import load_recipe
from inkprint.records import Prediction
from inkprint.report import labels as labels_report
from inkprint.report import numbers
from inkprint.report.style import COLOURS

# Of 11 comparisons that are adjusted together 200 swaps bear out none: the smallest p is 11 / 201.
MANY = {"evaluate__bootstrap_samples": 1000}
FIGURES = ("baselines", "confusion", "roc", "reliability", "training")


def told(texts=60, kinds=3, seed=4):
    """Probabilities and true labels by chance, with many ties."""
    dice = np.random.default_rng(seed)
    probabilities = dice.integers(1, 6, (texts, kinds)).astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return label_metrics.Told(dice.integers(0, kinds, texts), probabilities)


def predictions(truth, said, **more):
    """Records of these true labels and probabilities."""
    fields = {"variant": "tuned", "text": "A text.", "cut": False} | more
    return [
        Prediction(id=f"prediction-{n}", source_id=f"row-{n:03d}", label=label, probabilities=of, **fields)
        for n, (label, of) in enumerate(zip(truth, said, strict=True))
    ]


def compared(truth, said, train, groups=None, samples=200):
    held_out = labels.bring_together(predictions(truth, said), Counter(train), groups, None)
    swapped = draw_swaps(held_out, samples, 1)
    return compare(held_out, train, "accuracy", swapped, samples, 1)


# -- metrics ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [2, 3, 7])
def test_weights_count_a_text_as_often_as_if_it_stood_there(kinds):
    of, dice = told(kinds=kinds), np.random.default_rng(1)
    for _ in range(20):
        weights = dice.integers(0, 4, 60)
        again = np.repeat(np.arange(60), weights)
        repeated = label_metrics.Told(of.truth[again], of.probabilities[again])
        found = label_metrics.measure(of, weights.astype(float)).metrics
        assert found == pytest.approx(label_metrics.by_scikit_learn(repeated))


def test_the_area_of_each_label_is_scikit_learns_with_weights():
    from sklearn import metrics as sk

    of, weights = told(), np.random.default_rng(2).random(60)
    areas = label_metrics.measure(of, weights).auc
    for label in range(3):
        expected = sk.roc_auc_score(of.truth == label, of.probabilities[:, label], sample_weight=weights)
        assert areas[label] == pytest.approx(expected)


def test_brier_and_calibration_by_hand():
    of = label_metrics.tell(["a", "b"], [{"a": 0.75, "b": 0.25}] * 4, ["a", "a", "a", "b"])
    found = label_metrics.by_scikit_learn(of)
    assert found["brier"] == pytest.approx((3 * 0.25**2 + 0.75**2) / 4)
    assert found["calibration_error"] == pytest.approx(0)
    assert found["accuracy"] == 0.75


def test_macro_means_are_over_the_labels_that_held_out_texts_have():
    of = label_metrics.tell(["a", "b", "never"], [{"a": 1.0}, {"b": 1.0}, {"a": 1.0}], ["a", "b", "b"])
    found = label_metrics.measure(of, np.ones(3)).metrics
    assert found["macro_recall"] == pytest.approx((1 + 0.5) / 2)
    assert found == pytest.approx(label_metrics.by_scikit_learn(of))


def test_mcnemar_asks_of_the_texts_that_one_alone_gets_right():
    sure = {"a": 0.9, "b": 0.1}, {"a": 0.1, "b": 0.9}
    truth = "a" * 12
    first = label_metrics.tell(["a", "b"], [sure[n >= 10] for n in range(12)], truth)
    second = label_metrics.tell(["a", "b"], [sure[n < 8] for n in range(12)], truth)
    found = label_metrics.mcnemar(first, second)
    assert found == {"tuned_alone": 8, "other_alone": 2, "p": 0.109}


def test_a_calibrated_model_stays_within_what_chance_does_and_a_boastful_one_does_not():
    dice = np.random.default_rng(3)
    inside, rounds = 0, 40
    for _ in range(rounds):
        sure = dice.uniform(0.5, 1, 300)
        truth = np.where(dice.random(300) < sure, 0, 1)
        honest = label_metrics.Told(truth, np.stack([sure, 1 - sure], axis=1))
        found = label_metrics.reliability(honest, 100, 1)
        error = label_metrics.by_scikit_learn(honest)["calibration_error"]
        inside += error <= found["error_by_chance_high"]
    assert inside >= 0.85 * rounds
    boastful = label_metrics.Told(truth, np.tile([0.99, 0.01], (300, 1)))
    found = label_metrics.reliability(boastful, 100, 1)
    assert label_metrics.by_scikit_learn(boastful)["calibration_error"] > found["error_by_chance_high"]
    [only] = found["bins"]
    assert only["texts"] == 300 and only["accuracy"] < only["low"]


# -- intervals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("statistic", [np.mean, np.std, np.median])
def test_bca_intervals_are_scipys(statistic):
    from scipy.stats import bootstrap

    values = np.random.default_rng(8).exponential(size=40)
    theirs = bootstrap((values,), statistic, n_resamples=1000, method="BCa", random_state=2)
    left_out = np.array([statistic(np.delete(values, place)) for place in range(40)])
    found = intervals.bca_interval(statistic(values), theirs.bootstrap_distribution, left_out)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval))


def test_where_every_resample_says_the_same_there_is_no_width():
    found = intervals.bca_interval(0.5, np.full(100, 0.5), np.full(10, 0.5))
    assert (found.low, found.high) == (0.5, 0.5)


def test_a_resample_draws_groups_whole_and_leaves_whole_ones_out():
    units = np.array([0, 0, 1, 2, 2, 2])
    for weights in [*resample_weights(units, 50, 1), *left_out_weights(units, 1)]:
        assert weights[0] == weights[1]
        assert weights[3] == weights[4] == weights[5]
    assert sum(weights.sum() for weights in left_out_weights(units, 1)) == 2 * len(units)


def test_texts_of_one_group_are_no_two_witnesses():
    """Twelve texts a film, all alike: with groups the interval is as wide as thirty films allow."""
    dice = np.random.default_rng(6)
    right = np.repeat(dice.random(30) < 0.8, 12)
    truth = ["a" if n % 2 else "b" for n in range(360)]
    said = [
        {"a": 0.8, "b": 0.2} if (label == "a") == ok else {"a": 0.2, "b": 0.8}
        for label, ok in zip(truth, right, strict=True)
    ]
    groups = {f"row-{n:03d}": f"film {n // 12}" for n in range(360)}
    train = {"a": 60, "b": 50}
    apart, together = (compared(truth, said, train, of)["metrics"] for of in (None, groups))
    for name in ("accuracy", "macro_f1", "auc", "brier"):
        widths = [
            of[name]["means"]["tuned"]["high"] - of[name]["means"]["tuned"]["low"] for of in (apart, together)
        ]
        assert widths[1] > 2 * widths[0], name


def test_of_a_calibration_error_no_interval_is_claimed():
    """Measured: its BCa interval holds in 71 of 100."""
    found = compared("ab" * 30, [{"a": 0.9, "b": 0.1}, {"a": 0.1, "b": 0.9}] * 30, {"a": 5, "b": 5})
    error = found["metrics"]["calibration_error"]
    assert error["against"] == {}
    assert all(mean["low"] is None for mean in error["means"].values())
    assert found["metrics"]["brier"]["means"]["tuned"]["low"] is not None


def test_below_twenty_texts_nothing_is_claimed():
    found = compared("ab" * 9, [{"a": 0.9, "b": 0.1}, {"a": 0.1, "b": 0.9}] * 9, {"a": 5, "b": 5})
    for name, metric in found["metrics"].items():
        assert name == "calibration_error" or metric["against"]["majority"]["verdict"] == "too few to tell"
        assert metric["means"]["tuned"]["low"] is None


def test_a_label_that_training_never_saw_counts_as_missed():
    truth = ["a", "b", "new"] * 20
    found = compared(truth, [{"a": 0.6, "b": 0.4}, {"a": 0.3, "b": 0.7}, {"a": 0.9, "b": 0.1}] * 20,
                     {"a": 5, "b": 4})  # fmt: skip
    assert found["metrics"]["accuracy"]["means"]["tuned"]["value"] == pytest.approx(2 / 3, abs=1e-5)
    new = next(row for row in found["classes"] if row["label"] == "new")
    assert (new["texts"], new["given"], new["train"]) == (20, 0, 0)
    assert new["recall"]["value"] == 0 and new["precision"] is None


# -- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda made: [made[0], *made], "stands twice"),
        (lambda made: [], "nothing is in it"),
        (lambda made: [made[0].model_copy(update={"variant": "base"})], "of variant base"),
        (lambda made: [made[0].model_copy(update={"probabilities": {"a": 0.9, "b": 0.2}})], "add up to 1"),
        (lambda made: [made[0].model_copy(update={"probabilities": {"a": 1.5, "b": -0.5}})], "that is none"),
        (lambda made: [*made, made[0].model_copy(update={"source_id": "x", "probabilities": {"c": 1.0}})],
         "other labels"),
    ],
)  # fmt: skip
def test_predictions_that_cannot_be_are_refused(tmp_path, change, says):
    made = predictions("ab", [{"a": 0.9, "b": 0.1}] * 2)
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(one.model_dump_json() + "\n" for one in change(made)))
    with pytest.raises(UserError, match=says):
        labels.read_predictions(path)


def test_held_out_texts_of_one_label_are_refused_in_one_line(tmp_path):
    recipe = make_label_run(tmp_path, test=10)
    change_records(tmp_path, "05_generate/predictions.jsonl", lambda one: one | {"label": "merry"})
    done = run_script("06_evaluate.py", recipe, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "every held-out text has the label merry" in done.stderr


# -- the two stages ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A hostile run of three labels, with films as groups, through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("labels")
    changes = {"report__title": "<b>Table</b> *1*", "report__answers_shown": 50}
    recipe = make_label_run(folder, changes, moods=("dull", "merry", "wry"), films=30)
    change_records(folder, "05_generate/predictions.jsonl", lambda one: one | {"text": HOSTILE + one["text"]})
    return evaluate_and_report(recipe)


def test_every_number_is_recomputed_from_the_predictions(reported):
    from sklearn import metrics as sk

    result = result_of(reported)
    records = list(read_records(reported / RUN / "05_generate/predictions.jsonl", Prediction))
    truth = [one.label for one in records]
    said = [max(one.probabilities, key=one.probabilities.get) for one in records]
    values = {name: metric["means"]["tuned"]["value"] for name, metric in result["metrics"].items()}
    assert values["accuracy"] == pytest.approx(sk.accuracy_score(truth, said), abs=1e-5)
    assert values["macro_f1"] == pytest.approx(sk.f1_score(truth, said, average="macro"), abs=1e-5)
    assert result["confusion"] == sk.confusion_matrix(truth, said).tolist()
    table = np.array([list(one.probabilities.values()) for one in records])
    table /= table.sum(axis=1, keepdims=True)
    area = sk.roc_auc_score(truth, table, multi_class="ovr", average="macro")
    assert values["auc"] == pytest.approx(area, abs=1e-5)
    majority = result["metrics"]["accuracy"]["means"]["majority"]["value"]
    assert result["majority"] == "dull"
    assert majority == pytest.approx(truth.count("dull") / len(truth), abs=1e-5)
    for row in result["classes"]:
        assert row["texts"] == truth.count(row["label"])
        assert row["given"] == said.count(row["label"])
    assert result["texts_cut"] == sum(one.cut for one in records)


def test_rows_learned_from_and_rows_cut_off_are_of_one_split(reported):
    page = page_of(reported)
    learned, cut = (
        int(re.search(rf'<td>{name}</td><td class="n">([\d,]+)</td>', page).group(1).replace(",", ""))
        for name in ("Rows learned from", "Of these cut off")
    )
    assert (learned, cut) == (240, 5)


def test_scores_are_of_each_text_and_average_to_the_metrics(reported):
    scores = [
        json.loads(line) for line in (reported / RUN / "06_evaluate/scores.jsonl").open(encoding="utf-8")
    ]
    assert len({score["id"] for score in scores}) == len(scores) == 120 * 9
    result = result_of(reported)["metrics"]
    for metric, name in (("correct", "accuracy"), ("brier", "brier")):
        for variant in ("majority", "words", "tuned"):
            values = [s["value"] for s in scores if (s["metric"], s["variant"]) == (metric, variant)]
            assert np.mean(values) == pytest.approx(result[name]["means"][variant]["value"], abs=1e-5)


def test_groups_are_what_is_resampled_where_the_table_has_them(reported):
    result = result_of(reported)
    assert (result["texts"], result["sources"]) == (120, 30)
    assert result["method"]["resampled"] == "groups of texts"


def test_the_page_of_labels_is_one_harmless_file(reported):
    found = Tags(page_of(reported))
    names = {name for name, _ in found.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "img", "a"}
    text = "".join(found.texts)
    for said in ("<script>alert(1)</script>", "</style></p>{{ 7*7 }}", "<b>Table</b> *1*"):
        assert said in text
    assert not re.search("[\u202e\u061c\x07]", page_of(reported) + page_of(reported, "md"))
    assert "https://evil" not in page_of(reported, "md")
    figures = reported / RUN / "07_report/figures"
    assert {path.stem for path in figures.iterdir()} == set(FIGURES)
    assert page_of(reported).count("<svg") == len(FIGURES)


def test_the_table_of_labels_prints_what_06_measured(reported):
    text = page_of(reported)
    for metric in result_of(reported)["metrics"].values():
        for mean in metric["means"].values():
            assert f">{numbers.number(mean['value'], metric)}<small>" in text
    for sentence in labels_report.verdict_sentences(result_of(reported)):
        assert sentence in "".join(Tags(text).texts)


def test_the_most_confident_mistakes_come_first(reported):
    records = list(read_records(reported / RUN / "05_generate/predictions.jsonl", Prediction))
    wrong = [one for one in records if labels_report.told(one) != one.label]
    surest = max(wrong, key=lambda one: max(one.probabilities.values()))
    section = page_of(reported).split("its most confident mistakes")[1].split("<h3>")[0]
    ids = re.findall(r"<code>(prediction-\w+)</code>", section)
    assert ids[0] == surest.id
    assert set(ids) == {one.id for one in wrong}


def test_the_best_is_the_surest_that_is_right(reported):
    records = list(read_records(reported / RUN / "05_generate/predictions.jsonl", Prediction))
    right = [one for one in records if labels_report.told(one) == one.label]
    surest = max(right, key=lambda one: max(one.probabilities.values()))
    section = page_of(reported).split("the surest of those that are right")[1].split("<h3>")[0]
    assert re.findall(r"<code>(prediction-\w+)</code>", section) == [surest.id]
    assert "and so says the model" in section


def test_the_page_of_labels_has_the_order_of_all_reports(reported):
    order = ["Verdict", "What it gained, what it lost", "Label by label", "Texts", "Figures",
             "Honesty checks", "Training", "Data", "How the examples were made",
             "Cost, time and memory", "How to repeat it"]  # fmt: skip
    assert re.findall(r"<h2>(.*?)</h2>", page_of(reported)) == order
    assert re.findall(r"^## (.*)", page_of(reported, "md"), re.MULTILINE) == order


def test_the_verdict_on_labels_is_three_sentences(reported, poor):
    for folder in (reported, poor):
        sentences = labels_report.verdict_sentences(result_of(folder))
        assert len(sentences) == 3
        assert not [one for one in sentences if re.search(r"\.\s", one) or not one.endswith(".")]


def test_every_comparison_with_a_baseline_is_in_one_list(poor):
    metrics = result_of(poor)["metrics"].values()
    for other, called in (("majority", "the majority"), ("words", "the bag of words")):
        section = page_of(poor).split(f"<h3>Against {called}</h3>")[1]
        section = section.split("<details")[0].split("<h3>Against")[0]
        told = re.findall(r"<li><strong>(.*?)</strong>", section)
        apart = re.findall(r"(?:there is none|tell): (.*?)\.</p>", section)
        told += [title for line in apart for title in line.split(", ")]
        told = [title.removesuffix(" (primary)") for title in told]
        assert sorted(told) == sorted(of["title"] for of in metrics if other in of["against"])


def test_a_text_by_chance_is_right_or_wrong_and_says_so(reported):
    section = page_of(reported).split("Texts by chance")[1].split("<h2>Training</h2>")[0]
    assert "and so says the model" in section
    assert "; the model says" in section
    assert section.count('class="prompt"') == 50


def test_the_data_of_a_table_are_rows_and_labels(reported):
    text = page_of(reported)
    for told in ("<td>groups</td>", '<td class="long">dull</td>', '<td class="long">reviews.csv.gz</td>'):
        assert told in text
    assert "<h3>Pages</h3>" not in text
    assert "chapters" not in text


def test_of_a_model_that_guesses_the_verdict_says_nothing_good(tmp_path):
    recipe = make_label_run(tmp_path, MANY, test=200, certain=0.0)
    run_script("06_evaluate.py", recipe)
    result = result_of(tmp_path)
    verdicts = {
        name: of["against"]["majority"]["verdict"] for name, of in result["metrics"].items() if of["against"]
    }
    assert verdicts["macro_precision"] == "better", "as every guess has it"
    assert "better" not in (verdicts["accuracy"], verdicts["auc"], verdicts["brier"])
    assert "which is better" not in " ".join(labels_report.verdict_sentences(result))


def test_the_terminal_gets_three_numbers(reported):
    said = (reported / "said").read_text(encoding="utf-8")
    assert re.search(r"Accuracy +\d+\.\d -> \d+\.\d %, .*: better \(120 texts\)", said)
    assert "McNemar's p = " in said
    assert "Calibration error " in said


@pytest.mark.whole_runs
def test_a_linear_model_has_no_base_and_its_report_says_so(tmp_path):
    linear = {"method": "linear", "ngram_words": 2, "max_features": 1000, "min_texts": 2, "sublinear": True,
              "regularization": 1.0, "max_iterations": 100}  # fmt: skip
    recipe = make_label_run(tmp_path, {"train": linear, "model": None}, test=30)
    run_script("06_evaluate.py", recipe)
    run_script("07_report.py", recipe)
    assert "base model <code>none: bag of words and logistic regression</code>" in page_of(tmp_path)
    assert page_of(tmp_path).count("area 0.") == 0  # drawn, not written
    assert len(result_of(tmp_path)["roc"]) == 1


# -- against a bag of words -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def poor(tmp_path_factory):
    """A tuned model that knows little, where the words tell the labels: 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("poor")
    return evaluate_and_report(make_label_run(folder, MANY, test=80, certain=0.4))


def test_a_model_that_is_worse_than_a_bag_of_words_is_called_so(poor):
    result = result_of(poor)
    accuracy = result["metrics"]["accuracy"]
    assert accuracy["means"]["words"]["value"] > accuracy["means"]["tuned"]["value"]
    assert accuracy["against"]["words"]["high"] < 0
    assert accuracy["against"]["words"]["verdict"] == "worse"
    assert '<th class="n words">bag of words</th>' in page_of(poor)
    assert '<th class="n">tuned − bag of words</th>' in page_of(poor)
    assert "var(--words)" in page_of(poor), "the colour of the page's theme, in its figure"
    sentence = "A bag of words does better than the tuned model: Accuracy is "
    assert sentence in "".join(Tags(page_of(poor)).texts)
    assert sentence in page_of(poor, "md").replace("\\", "")
    said = (poor / "said").read_text(encoding="utf-8")
    assert re.search(
        r"Against bag of words +\d+\.\d -> \d+\.\d %, .*: worse; alone right: tuned \d+, bag of", said
    )


def test_only_the_comparison_named_before_the_run_is_not_adjusted(poor):
    result = result_of(poor)
    raw = [
        (name, other)
        for name, metric in result["metrics"].items()
        for other, found in metric["against"].items()
        if found["p_adjusted"] is None
    ]
    assert raw == [("accuracy", "majority")]
    for name, metric in result["metrics"].items():
        assert list(metric["against"]) == (["majority", "words"] if metric["bounded"] else []), name
        assert list(metric["means"]) == ["majority", "words", "tuned"]


def test_mcnemar_is_asked_of_both_baselines(poor):
    right = {
        variant: {
            score["source_id"]: score["value"] for score in scores_of(poor)
            if (score["metric"], score["variant"]) == ("correct", variant)
        }
        for variant in ("majority", "words", "tuned")
    }  # fmt: skip
    tests = result_of(poor)["mcnemar"]
    assert list(tests) == ["majority", "words"]
    for other, test in tests.items():
        apart = Counter(right["tuned"][text] - right[other][text] for text in right["tuned"])
        assert (test["tuned_alone"], test["other_alone"]) == (apart[1], apart[-1])
        cells = [rf'<td class="n" [^>]+>{apart[alone]}</td>' for alone in (1, -1)]
        called = labels_report.CALLED[other]
        assert re.search(f"against the {called}</td>{cells[0]}{cells[1]}", page_of(poor))
    assert tests["majority"] != tests["words"]


@pytest.mark.whole_runs
def test_the_bag_of_words_is_what_a_run_of_method_linear_makes_of_the_same_rows(poor, tmp_path):
    """04 fits, 05 asks and 06 measures; only the files of the run itself are shared."""
    shutil.copytree(poor / RUN, tmp_path / RUN)
    recipe = make_recipe_linear(poor, tmp_path)
    for stage in ("04_train.py", "05_generate.py", "06_evaluate.py", "07_report.py"):
        run_script(stage, recipe, "--force")
    linear, beside = result_of(tmp_path), result_of(poor)
    for name, metric in linear["metrics"].items():
        assert metric["means"]["tuned"]["value"] == beside["metrics"][name]["means"]["words"]["value"], name
        assert list(metric["means"]) == ["majority", "tuned"], "it is not held against itself"
    values = [
        {(s["metric"], s["source_id"]): s["value"] for s in scores_of(folder) if s["variant"] == variant}
        for folder, variant in ((tmp_path, "tuned"), (poor, "words"))
    ]
    assert len(values[0]) == 3 * 80
    assert values[0] == pytest.approx(values[1], abs=2e-6)
    assert "the model is itself a bag of words" in page_of(tmp_path)
    assert "bag of words</th>" not in page_of(tmp_path)
    assert list(linear["mcnemar"]) == ["majority"]


def test_the_baseline_has_the_settings_of_its_recipe():
    assert load_recipe(ROOT / "recipes/imdb/logreg.yaml").train == SETTINGS


def test_a_second_run_writes_the_same_bytes(poor):
    before = {path.name: path.read_bytes() for path in measured_files(poor)}
    assert set(before) == {"scores.jsonl", "metrics.json"}
    run_script("06_evaluate.py", poor / "small.yaml", "--force")
    assert {path.name: path.read_bytes() for path in measured_files(poor)} == before


def test_a_table_too_small_for_a_bag_of_words_says_so(tmp_path):
    recipe = make_label_run(tmp_path, test=30)
    number = iter(range(1000))
    change_records(
        tmp_path, "03_synthesize/examples.jsonl", lambda one: one | {"text": f"only{next(number)}"}
    )
    run_script("06_evaluate.py", recipe)
    result = result_of(tmp_path)
    assert result["words"] == {"why": "no word is in 3 of the 60 train texts"}
    assert list(result["mcnemar"]) == list(result["metrics"]["accuracy"]["against"]) == ["majority"]
    sentence = "Whether the model beats a bag of words is not asked: no word is in 3 of the 60 train texts."
    assert sentence in labels_report.verdict_sentences(result)
    assert (
        "Against bag of words",
        "not asked: no word is in 3 of the 60 train texts",
    ) in labels_report.lines(result)


def sentence_of(tuned_right, words_right, texts):
    """What the report says of a tuned model and a bag of words that are right so often."""
    truth = ["a", "b"] * (texts // 2)
    sure = {"a": {"a": 0.8, "b": 0.2}, "b": {"a": 0.2, "b": 0.8}}
    wrong = {"a": "b", "b": "a"}
    said = [
        [sure[label if number < right else wrong[label]] for number, label in enumerate(truth)]
        for right in (tuned_right, words_right)
    ]
    held_out = labels.bring_together(predictions(truth, said[0]), Counter("aab"), None, said[1])
    swapped = draw_swaps(held_out, 1000, 1)
    result = {"primary": "accuracy", **compare(held_out, Counter("aab"), "accuracy", swapped, 1000, 1)}
    return labels_report.against_words(result)


@pytest.mark.parametrize(
    ("right", "texts", "says"),
    [
        ((98, 60), 100, "The tuned model beats a bag of words: Accuracy is 98.0"),
        ((60, 98), 100, "A bag of words does better than the tuned model: Accuracy is 60.0"),
        (
            (80, 79),
            100,
            "A bag of words does as well as the tuned model, so far as these texts can tell: Acc",
        ),
        ((18, 2), 18, "Whether the tuned model beats a bag of words, these texts are too few to tell: Acc"),
    ],
)
def test_the_sentence_that_a_sceptic_looks_for(right, texts, says):
    said = sentence_of(*right, texts)
    assert said.startswith(says)
    assert ("which may be none" in said) == ("as well as" in said)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_colour_of_the_words_stays_apart_for_the_colour_blind(theme):
    """Distances in CIELAB as Machado et al. (2009) have the colour-blind see; 10 is told at a glance."""
    css = (ROOT / "scripts/inkprint/report/report.css").read_text()
    found = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{[^}]*\}", css)][
        theme
    ]
    if theme == 0:
        assert {name: found[name] for name in COLOURS} == COLOURS
    for name in ("base", "prompted", "tuned", "reference"):
        for seen in (np.eye(3), *COLOUR_BLIND):
            distance = np.linalg.norm(
                lab(seen @ linear_light(found["words"])) - lab(seen @ linear_light(found[name]))
            )
            assert distance > 15, name


# What a red-blind, a green-blind and a blue-blind eye makes of linear red, green and blue.
COLOUR_BLIND = np.array([
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
])  # fmt: skip


def linear_light(colour):
    from matplotlib.colors import to_rgb

    values = np.array(to_rgb(colour))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIELAB of linear sRGB, D65."""
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
    parts = to_xyz @ np.clip(light, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(parts > 0.008856, np.cbrt(parts), 7.787 * parts + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def scores_of(folder):
    return [json.loads(line) for line in (folder / RUN / "06_evaluate/scores.jsonl").open(encoding="utf-8")]


def measured_files(folder):
    return [folder / RUN / "06_evaluate" / name for name in ("scores.jsonl", "metrics.json")]


def make_recipe_linear(folder, place):
    """The recipe of a run beside another folder's artifacts, as a bag of words."""
    values = yaml.safe_load((folder / "small.yaml").read_text(encoding="utf-8"))
    values |= {"model": None, "train": SETTINGS.model_dump()}
    (place / "small.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return place / "small.yaml"


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100.0"), (0.9999, "over 99.9"), (0.0001, "under 0.1"), (0.0, "0.0")]
)
def test_a_share_is_neither_all_nor_none_unless_it_is(share, said):
    assert numbers.percent(share) == f"{said}\u00a0%"


def test_many_labels_are_drawn_with_the_rarest_together():
    from inkprint.report import label_figures

    classes = [{"label": f"label {n}", "texts": 50 - n} for n in range(20)]
    figure = label_figures.confusion(np.ones((20, 20), dtype=int), classes, list(range(12)))
    [axes] = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[-1] == "8 others" and len(names) == 13
    assert sum(int(text.get_text()) for text in axes.texts) == 400
