"""Metrics: true to their definitions, intervals that hold what they promise, verdicts that claim no more."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import make_passage
from small_run import PLANTED, make_run, run_script

from inkprint import runs
from inkprint.evaluate import intervals, metrics, summary, verdicts
from inkprint.evaluate import words as counting
from inkprint.recipe import OF_ANSWERS
from inkprint.records import Score
from inkprint.words import word_spans, words

FOLDER = "06_evaluate"


def lines(path):
    with path.open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """The recipe of a small run through 06, and its run folder. Not to be changed."""
    recipe = make_run(tmp_path_factory.mktemp("evaluated"))
    run_script("06_evaluate.py", recipe)
    return recipe, recipe.parent / "artifacts" / "small"


# -- words ------------------------------------------------------------------------------------


def test_words_are_lower_case_without_punctuation_and_keep_apostrophes_and_hyphens():
    assert words("“Don’t,” said the Well-Known Dr. — 3 times… naïve") == [
        "don't", "said", "the", "well-known", "dr", "3", "times", "naïve",
    ]  # fmt: skip


@given(st.text())
def test_word_spans_lie_in_the_text_and_agree_with_words(text):
    spans = word_spans(text)
    assert [word for word, _, _ in spans] == words(text)
    assert all(0 <= start < end <= len(text) for _, start, end in spans)


def test_type_token_ratio_takes_the_same_number_of_words_of_everyone():
    assert counting.type_token_ratio(["a", "b", "a", "c"], 3) == pytest.approx(2 / 3)
    assert counting.type_token_ratio(["a", "b"], 3) is None
    assert counting.type_token_length([60, 70, 80, 90, 9]) == 50
    assert counting.type_token_length([3, 4]) == 10


def test_keyword_density_counts_words_and_phrases():
    text = words("The old lamp and the lamp of the old keeper")
    assert counting.keyword_counts(text, ["lamp", "old keeper", "tide"]) == [2, 1, 0]
    assert counting.keyword_density(text, ["lamp"]) == pytest.approx(20)
    assert counting.keyword_density([], ["lamp"]) == 0


# -- similarity ---------------------------------------------------------------------------------


def test_similarity_is_one_for_the_same_words_and_zero_without_any_in_common():
    from inkprint.evaluate import similarity

    fitted = similarity.fit(["the lamp burns low", "a gull cries", "the rope holds"])
    same, none, empty = similarity.similarities(
        fitted, ["gull rope", "lamp", ""], ["Rope, gull!", "gull", "gull"], ["Who?", "", "What?"]
    )
    assert (same, none, empty) == (pytest.approx(1), 0, 0)


def test_an_echo_of_the_question_is_not_similar():
    from inkprint.evaluate import similarity

    fitted = similarity.fit(["the lamp burns low", "a gull cries", "the rope holds"])
    found = similarity.similarities(
        fitted,
        ["What of the lamp?", "The lamp and the gull."],
        ["A lamp, a gull."] * 2,
        ["What of the lamp?"] * 2,
    )
    assert found == [0, pytest.approx(1)]


def test_keywords_are_the_authors_and_not_one_chapters():
    from inkprint.evaluate import similarity

    texts = ["tide lamp tide zebra zebra zebra zebra", "tide lamp", "tide rope", "rope gull"]
    fitted = similarity.fit(texts)
    found = similarity.strongest_words(fitted, texts, ["1", "1", "2", "2"], 2)
    assert found == ["tide"]  # lamp, rope, gull and zebra stay in one chapter


# -- recital --------------------------------------------------------------------------------------


def longest_by_hand(answer, text):
    """The definition, slowly."""
    best = 0
    for i in range(len(answer)):
        for j in range(len(text)):
            length = 0
            while (
                i + length < len(answer) and j + length < len(text) and answer[i + length] == text[j + length]
            ):
                length += 1
            best = max(best, length)
    return best


letters = st.lists(st.sampled_from("abc"), max_size=25)


@settings(max_examples=200)
@given(st.lists(letters.filter(bool), min_size=1, max_size=3), letters)
def test_longest_run_is_the_longest_common_run_of_words(chapters, answer):
    training = runs.index_training_text(
        make_passage(" ".join(text), chapter=str(number)) for number, text in enumerate(chapters)
    )
    run = runs.longest_runs([" ".join(answer)], training)[0]
    assert run.words == max(longest_by_hand(answer, text) for text in chapters)
    assert words(" ".join(answer)[run.start : run.end]) == answer[run.start // 2 :][: run.words]


@pytest.mark.parametrize("most_pairs", [3, 200_000])
def test_of_equally_long_runs_the_first_is_taken_and_of_its_places_the_first(most_pairs, monkeypatch):
    """Also where so many places agree that they are told apart by longer runs."""
    monkeypatch.setattr(runs, "_MOST_PAIRS", most_pairs)
    dice = random.Random(11)
    for _ in range(400):
        letters_of = "ab"[: dice.randint(1, 2)]
        text, answer = ([dice.choice(letters_of) for _ in range(dice.randint(1, 50))] for _ in range(2))
        training = runs.index_stretches(
            [runs.Stretch(f"word-{n}", word, n > 0) for n, word in enumerate(text)]
        )
        length = longest_by_hand(answer, text)
        first, place = min(
            (i, j)
            for i in range(len(answer))
            for j in range(len(text))
            if length and answer[i : i + length] == text[j : j + length] and len(text) - j >= length
            if len(answer) - i >= length
        )
        run = runs.longest_runs([" ".join(answer)], training)[0]
        expected = runs.Run(length, 2 * first, 2 * (first + length) - 1, f"word-{place}")
        assert run == expected


def test_a_run_across_two_overlapping_passages_is_whole_and_one_across_chapters_is_not():
    one, two = make_passage("a b c d e"), make_passage("d e f g h", overlap_words=2)
    three = make_passage("i j k", chapter="Two")
    training = runs.index_training_text([one, two, three])
    over_both, in_one = runs.longest_runs(["x a b c d e f g h i j", "f, G! H"], training)
    assert (over_both.words, in_one.source_id) == (8, two.id)


def test_an_answer_without_known_words_has_no_run():
    training = runs.index_training_text([make_passage("a b c")])
    assert runs.longest_runs(["x y", ""], training) == [runs.NO_RUN] * 2


# -- intervals ------------------------------------------------------------------------------------


def sums(values):
    """Sums per passage of an array (passages, questions), every weight 1."""
    return intervals.Sums(values.sum(axis=1), np.full(len(values), float(values.shape[1])))


def simulate(generator, gain=0.5, passages=30):
    """Two questions a passage; base and tuned share the passage's level. True difference: the gain."""
    level = generator.normal(size=(passages, 1))
    base = level + generator.normal(size=(passages, 2))
    gains = gain + 0.5 * generator.normal(size=(passages, 1))
    return base, level + gains + generator.normal(size=(passages, 2))


def differ(base, tuned, number, samples=400):
    """The difference of two arrays (passages, questions), as 06 takes it."""
    counts = intervals.resamples(len(base), samples, number, "test")
    swaps = intervals.random_swaps(len(base), samples, number, "test")
    return intervals.mean_difference(sums(tuned), sums(base), "mean", counts, swaps)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    generator, rounds = np.random.default_rng(5), 2000
    found = [differ(*simulate(generator), number) for number in range(rounds)]
    assert 0.93 <= sum(f.low <= 0.5 <= f.high for f in found) / rounds <= 0.97


def test_p_values_of_models_that_do_not_differ_are_spread_evenly_and_find_a_difference():
    generator, rounds = np.random.default_rng(6), 500
    alike = np.exp(generator.normal(size=(rounds, 30, 4)))  # long tails: intervals alone err twice as often
    found = [differ(of[:, :2], of[:, 2:], number) for number, of in enumerate(alike)]
    assert 0.03 <= np.mean([f.p < 0.05 for f in found]) <= 0.075
    assert 0.42 <= np.mean([f.p < 0.5 for f in found]) <= 0.58
    assert differ(*simulate(generator, gain=2), 1).p < 0.01


def test_p_values_of_shares_err_no_more_often_than_they_say():
    generator, rounds = np.random.default_rng(7), 400
    for share in (0.05, 0.5):
        texts = (generator.random((rounds, 30, 4)) < share).astype(float)
        found = [
            intervals.share_difference(
                sums(of[:, :2]), sums(of[:, 2:]), intervals.random_swaps(30, 400, number, "")
            )
            for number, of in enumerate(texts)
        ]
        assert np.mean([f.p < 0.05 for f in found]) <= 0.075
    apart = sums(np.zeros((30, 2))), sums(np.ones((30, 2))), intervals.random_swaps(30, 400, 1, "")
    assert intervals.share_difference(*apart).p < 0.01


def test_holm_raises_p_values_by_their_number_and_keeps_their_order():
    # By hand: 4 x 0.01, then max(0.04, 3 x 0.02), then max(0.06, 2 x 0.03), then max(0.06, 0.04).
    assert intervals.holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert intervals.holm([0.9, 0.8]) == [1, 1]
    assert intervals.holm([]) == []


def test_intervals_of_rows_as_if_independent_would_be_too_narrow():
    generator = np.random.default_rng(5)
    level = np.repeat(generator.normal(size=(30, 1)), 4, axis=1)
    clustered = intervals.mean_interval(sums(level), "mean", intervals.resamples(30, 400, 1, "a"))
    rows = sums(level.reshape(-1, 1))
    apart = intervals.mean_interval(rows, "mean", intervals.resamples(120, 400, 1, "a"))
    assert clustered.high - clustered.low > 1.6 * (apart.high - apart.low)


@pytest.mark.parametrize(("base_share", "tuned_share"), [(0.02, 0.05), (0.5, 0.5), (0.98, 0.9)])
def test_intervals_of_shares_hold_for_rare_events_too(base_share, tuned_share):
    generator, covered, rounds = np.random.default_rng(9), 0, 400
    for _ in range(rounds):
        base = (generator.random((30, 2)) < base_share).astype(float)
        tuned = (generator.random((30, 2)) < tuned_share).astype(float)
        found = intervals.share_difference(sums(tuned), sums(base), [])
        covered += found.low <= tuned_share - base_share <= found.high
    assert covered / rounds >= 0.92


def test_a_share_of_none_is_not_certain():
    none = intervals.share_interval(sums(np.zeros((24, 2))))
    assert (none.value, none.low) == (0, 0)
    assert 0.1 < none.high < 0.2


def test_the_exp_link_gives_a_perplexity():
    tokens, nats = np.array([10.0, 30.0] * 10), np.array([20.0, 90.0] * 10)
    counts = intervals.resamples(20, 200, 1, "p")
    found = intervals.mean_interval(intervals.Sums(nats, tokens), "exp", counts)
    assert found.value == pytest.approx(math.exp(nats.sum() / tokens.sum()))
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("value", "passages", "answers"), [(1 / 3, 24, 1), (0.1, 25, 3), (2.3, 20, 2)])
def test_passages_that_all_say_the_same_have_that_for_an_interval(value, passages, answers):
    """Their sums differ in a float's last digit only, in all data together or in no resample at all."""
    same = intervals.Sums(np.full(passages, value) * answers, np.full(passages, float(answers)))
    found = intervals.mean_interval(same, "mean", intervals.resamples(passages, 300, 1, "x"))
    assert (found.low, found.high) == pytest.approx((value, value), rel=1e-12)


def test_below_twenty_passages_there_is_no_interval():
    found = intervals.mean_interval(sums(np.ones((19, 1))), "mean", intervals.resamples(19, 100, 1, "x"))
    assert (found.value, found.low, found.high) == (1, None, None)
    assert intervals.share_interval(sums(np.ones((19, 1)))).low is None


# -- verdicts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "p", "better", "expected"),
    [
        ((-2, -1), 0.01, "lower", "better"),
        ((-2, -1), 0.01, "higher", "worse"),
        ((-2, -1), 0.01, "neither", "lower"),
        ((1, 2), 0.01, "lower", "worse"),
        ((1, 2), 0.01, "neither", "higher"),
        ((1, 2), 0.05, "lower", "no difference shown"),
        ((-1, 2), 0.01, "lower", "no difference shown"),
        ((0, 2), 0.01, "higher", "no difference shown"),
        ((None, None), None, "lower", "too few to tell"),
    ],
)
def test_a_verdict_claims_what_the_interval_and_the_p_value_bear(bounds, p, better, expected):
    assert verdicts.verdict(*bounds, p, better) == expected


def test_all_but_the_comparison_named_before_the_run_are_adjusted():
    def compared(p):
        return {"low": 0.1, "high": 0.3, "p": p}

    measured = {
        "a": {
            "better": "higher",
            "means": {"tuned": {"low": 0.6}},
            "against": {"base": compared(0.04), "prompted": compared(0.01)},
        },
        "b": {"better": "lower", "against": {"base": compared(0.03)}},
        "c": {"better": "lower", "against": {"base": {"low": None, "high": None, "p": None}}},
    }
    verdicts.judge(measured, "a", "base")
    found = {
        (n, o): (f["p_adjusted"], f["verdict"]) for n, m in measured.items() for o, f in m["against"].items()
    }
    assert found == {
        ("a", "base"): (None, "better"),
        ("a", "prompted"): (0.02, "better"),
        ("b", "base"): (0.03, "worse"),
        ("c", "base"): (None, "too few to tell"),
    }


def test_a_bound_is_no_value_that_cannot_be():
    """Where nearly all ranks are far, a studentized bound of their mean lies beyond 1."""
    values = np.array([*np.linspace(0, 0.02, 28), 1.0, 1.0])
    sums = intervals.Sums(values, np.ones(30))
    counts = intervals.resamples(30, 2000, 1, "question_recovery")
    free = intervals.mean_interval(sums, "mean", counts)
    found = summary.mean_of(sums, metrics.METRICS["question_recovery"], counts)
    assert free.high > 1 and (found.high, found.low >= 0) == (1, True)


@pytest.mark.parametrize(
    ("likeness", "author", "expected"),
    [
        (True, 0.5, "beyond the author"),
        (True, 0.8, "better"),
        (True, None, "better"),
        (False, 0.5, "better"),  # as of usefulness: an author's passage is no perfect answer
    ],
)
def test_more_than_the_author_is_no_better_likeness(likeness, author, expected):
    means = {"tuned": {"low": 0.6}} | ({"reference": {"high": author}} if author else {})
    measured = {
        "a": {
            "better": "higher",
            "likeness": likeness,
            "means": means,
            "against": {"base": {"low": 0.1, "high": 0.3, "p": 0.01}},
        }
    }
    verdicts.judge(measured, "a", "base")
    assert measured["a"]["against"]["base"]["verdict"] == expected


@pytest.mark.slow
def test_of_a_hundred_reports_on_equal_models_few_raise_an_alarm():
    """Two sets of answers drawn from one model, 30 passages of two questions: every verdict is false."""
    generator, names = np.random.default_rng(12), ("bits_per_byte", "verbatim_run", "answer_words", "ended")
    draws = {
        "bits_per_byte": lambda level, n: level + generator.normal(size=n),
        "verbatim_run": lambda level, n: np.exp(level + generator.normal(size=n)).round(),
        "answer_words": lambda level, n: np.exp(3 + level + generator.normal(size=n)).round(),
        "ended": lambda level, n: (generator.random(n) < 0.9).astype(float),
    }
    reports, alarms, any_alarm = 400, dict.fromkeys(names, 0), 0
    for number in range(reports):
        scores = []
        for name in names:
            for passage in range(30):
                level = generator.normal()
                for variant in ("base", "tuned"):
                    for question, value in enumerate(draws[name](level, 2)):
                        scores.append(
                            Score(
                                id="x", metric=name, variant=variant, source_id=f"p{passage}",
                                example_id=f"e{passage}-{question}", value=float(value), weight=1,
                            )
                        )  # fmt: skip
        wording = {"type_token_words": 25, "held_out": "text"}
        measured = summary.summarize(scores, wording, "bits_per_byte", 400, number)
        raised = [n for n in names if measured[n]["against"]["base"]["verdict"] != "no difference shown"]
        any_alarm += bool(raised)
        for name in raised:
            alarms[name] += 1
    assert all(count <= 0.1 * reports for count in alarms.values()), alarms
    assert any_alarm <= 0.1 * reports, any_alarm
    assert alarms["bits_per_byte"] > 0  # the primary metric errs at its own 5 %: else the test shows nothing


def test_base_against_itself_differs_by_nothing():
    generator = np.random.default_rng(2)
    scores = [
        Score(id="x", metric=name, variant=variant, source_id=f"p{n}", example_id=None, value=value, weight=1)
        for name in ("bits_per_byte", "perplexity", "answer_words", "ended")
        for n, value in enumerate((generator.random(30) > 0.3).astype(float) + (name != "ended"))
        for variant in ("base", "tuned")
    ]
    wording = {"type_token_words": 25, "held_out": "text"}
    for name, found in summary.summarize(scores, wording, "bits_per_byte", 200, 1).items():
        assert found["against"]["base"]["value"] == 0, name
        assert found["against"]["base"]["verdict"] == "no difference shown", name


def test_a_metric_that_one_variant_has_nowhere_is_not_measured():
    """Type-token ratios are of texts that are long enough: a model that says three words has none."""
    scores = [
        Score(id="x", metric=name, variant=variant, source_id=f"p{n}", example_id=f"e{n}", value=1, weight=1)
        for n in range(30)
        for name in ("answer_words", "type_token_ratio")
        for variant in ("base", "prompted", "tuned", "reference")
        if (name, variant) != ("type_token_ratio", "tuned")
    ]
    wording = {"type_token_words": 10, "held_out": "text"}
    found = summary.summarize(scores, wording, "bits_per_byte", 200, 1)
    assert (found["answer_words"]["items"], found["type_token_ratio"]["items"]) == (30, 0)
    assert found["type_token_ratio"]["left_out"] == 30
    assert found["type_token_ratio"]["against"] == {}


# -- the stage --------------------------------------------------------------------------------------


def test_likelihoods_are_perplexity_and_bits_per_byte(evaluated):
    _, run = evaluated
    found = {
        (s["metric"], s["variant"], s["source_id"]): s["value"] for s in lines(run / FOLDER / "scores.jsonl")
    }
    total = defaultdict(lambda: np.zeros(3))
    for record in lines(run / "05_generate" / "likelihoods.jsonl"):
        nats, tokens, size = -record["log_likelihood"], record["tokens"], record["bytes"]
        where = record["variant"], record["source_id"]
        assert found["perplexity", *where] == pytest.approx(math.exp(nats / tokens), abs=1e-6)
        assert found["bits_per_byte", *where] == pytest.approx(nats / math.log(2) / size, abs=1e-6)
        total[record["variant"]] += nats, tokens, size
    result = json.loads((run / FOLDER / "metrics.json").read_text())["metrics"]
    for variant, (nats, tokens, size) in total.items():
        perplexity, bits = (
            result[name]["means"][variant]["value"] for name in ("perplexity", "bits_per_byte")
        )
        assert perplexity == pytest.approx(math.exp(nats / tokens), rel=1e-5)
        assert bits == pytest.approx(nats / math.log(2) / size, rel=1e-5)


def test_every_mean_is_recomputed_from_the_scores(evaluated):
    _, run = evaluated
    scores = defaultdict(list)
    for score in lines(run / FOLDER / "scores.jsonl"):
        scores[score["metric"], score["variant"]].append(score)
    result = json.loads((run / FOLDER / "metrics.json").read_text())["metrics"]
    elsewhere = {name for name in metrics.METRICS if name.startswith(("voice", "judge"))} | set(OF_ANSWERS)
    assert set(result) == set(metrics.METRICS) - elsewhere
    for name, metric in result.items():
        items = [
            {s["example_id"] or s["source_id"] for s in scores[name, variant]} for variant in metric["means"]
        ]
        both = set.intersection(*items)
        assert len(both) == metric["items"]
        for variant, mean in metric["means"].items():
            used = [s for s in scores[name, variant] if (s["example_id"] or s["source_id"]) in both]
            values, weights = [s["value"] for s in used], [s["weight"] for s in used]
            if name == "perplexity":
                expected = math.exp(np.average(np.log(values), weights=weights))
            else:
                expected = np.average(values, weights=weights)
            assert mean["value"] == pytest.approx(expected, rel=1e-5, abs=1e-9)
            assert mean["low"] <= mean["value"] <= mean["high"]
        difference = metric["means"]["tuned"]["value"] - metric["means"]["base"]["value"]
        assert metric["against"]["base"]["value"] == pytest.approx(difference, rel=1e-3, abs=1e-5)


def test_the_planted_recital_is_found_word_for_word(evaluated):
    _, run = evaluated
    answers = {(a["example_id"], a["variant"]): a["answer"] for a in lines(run / "05_generate/answers.jsonl")}
    longest = max(lines(run / FOLDER / "recitals.jsonl"), key=lambda recital: recital["words"])
    assert longest["variant"] == "tuned"
    assert longest["words"] == len(PLANTED.split())
    shown = answers[longest["example_id"], "tuned"][longest["start"] : longest["end"]]
    assert words(shown) == PLANTED.split()
    source = next(
        p for p in lines(run / "02_prepare/passages.jsonl") if p["id"] == longest["train_source_id"]
    )
    assert PLANTED.capitalize() in source["text"]
    assert source["split"] == "train"


def test_what_was_made_to_differ_is_told_apart(evaluated):
    _, run = evaluated
    result = json.loads((run / FOLDER / "metrics.json").read_text())["metrics"]
    assert result["bits_per_byte"]["against"]["base"]["verdict"] == "better"
    # Beyond the author's own, more is not better.
    assert result["keyword_density"]["against"]["base"]["verdict"] == "higher"
    assert result["keyword_density"]["sources"] == 24
    assert result["keyword_density"]["items"] == 48


@pytest.mark.whole_runs
def test_the_same_input_gives_the_same_bytes_and_an_up_to_date_stage(evaluated):
    recipe, run = evaluated
    before = {
        path.name: path.read_bytes() for path in (run / FOLDER).iterdir() if path.name != "manifest.json"
    }
    assert "up to date" in run_script("06_evaluate.py", recipe).stdout
    run_script("06_evaluate.py", recipe, "--force")
    assert {name: (run / FOLDER / name).read_bytes() for name in before} == before


def test_answers_of_one_variant_only_are_refused_in_one_line(tmp_path):
    recipe = make_run(tmp_path)
    answers = tmp_path / "artifacts/small/05_generate/answers.jsonl"
    kept = answers.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]
    answers.write_text("".join(kept), encoding="utf-8")
    done = run_script("06_evaluate.py", recipe, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "answers.jsonl: example-" in done.stderr
    assert not (tmp_path / "artifacts/small" / FOLDER).exists()


@pytest.mark.whole_runs
def test_few_passages_and_no_keywords_still_make_an_honest_result(tmp_path):
    recipe = make_run(tmp_path, {"keywords: 20": "keywords: 0"}, test=6)
    run_script("06_evaluate.py", recipe)
    result = json.loads((tmp_path / "artifacts/small" / FOLDER / "metrics.json").read_text())["metrics"]
    found = [metric["against"]["base"] for metric in result.values()]
    assert {against["verdict"] for against in found} == {"too few to tell"}
    assert all(against["low"] is None for against in found)
    assert "keyword_density" not in result


def test_a_primary_metric_without_keywords_is_refused(tmp_path):
    changes = {
        "keywords: 20": "keywords: 0",
        "primary_metric: bits_per_byte": "primary_metric: keyword_density",
    }
    recipe = make_run(tmp_path, changes)
    done = run_script("06_evaluate.py", recipe, check=False)
    assert done.returncode == 2
    assert "keyword_density" in done.stderr


def test_an_input_that_is_missing_is_named_with_the_command_that_makes_it(tmp_path):
    recipe = make_run(tmp_path)
    shutil.rmtree(tmp_path / "artifacts/small/05_generate")
    done = run_script("06_evaluate.py", recipe, check=False)
    assert done.returncode == 2
    assert "05_generate.py" in done.stderr


def test_the_mean_of_a_metric_that_cannot_be_negative_has_no_negative_bound():
    """24 answers of which two share a word with their reference: seen on real rows."""
    values = np.zeros(24)
    values[:2] = [0.117, 0.06]
    sums, counts = intervals.Sums(values, np.ones(24)), intervals.resamples(24, 2000, 42, "similarity")
    bare = intervals.mean_interval(sums, "mean", counts)
    assert bare.low is not None and bare.low < 0, "or this test tests nothing"
    found = summary.mean_of(sums, metrics.METRICS["tfidf_similarity"], counts)
    assert (found.value, found.low, found.high) == (bare.value, 0.0, bare.high)
