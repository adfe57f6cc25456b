"""The honesty checks of a run: each passes where it should, fails where it should, and is shown so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_up import make_passage
from small_run import RUN, make_run, page_of, result_of, run_script
from test_voice import OTHERS, write

from inkprint import runs
from inkprint.evaluate import checks, false_alarms, similarity, summary, train_text, voice_ends
from inkprint.evaluate.variants import read_answers
from inkprint.jsonl import read_records
from inkprint.records import Score

SAMPLES, SEED = 400, 1


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """What the checks measure with, of a small run: base speaks plainly, tuned in the voice."""
    folder = tmp_path_factory.mktemp("checked")
    make_run(folder)
    answers = read_answers(folder / RUN / "05_generate/answers.jsonl")
    texts = train_text.of_passages(folder / RUN / "02_prepare/passages.jsonl")
    return checks.Material(answers, texts, similarity.fit(texts.train), None, SAMPLES, SEED)


def saying(material, said):
    """The same with other answers of the tuned model."""
    pairs = zip(material.answers["tuned"], said, strict=True)
    tuned = [answer.model_copy(update={"answer": text}) for answer, text in pairs]
    return replace(material, answers={**material.answers, "tuned": tuned})


def test_a_sound_run_passes_every_check_of_answers(material):
    found, scores = checks.check_answers(material)
    assert {check.name: check.state for check in found} == dict.fromkeys(
        ("shuffled", "echo", "recital", "planted"), "passed"
    )
    assert {score.variant for score in scores} == {"shuffled", "echo", "recital", "planted"}
    by_name = {check.name: check.facts["means"] for check in found}
    recovered = by_name["shuffled"]["question_recovery"]
    assert recovered["tuned"]["low"] > recovered["shuffled"]["high"]
    assert by_name["echo"]["tfidf_similarity"]["echo"]["value"] == 0
    assert by_name["recital"]["recited"]["recital"]["value"] == 1
    assert by_name["planted"]["recited"]["planted"]["value"] == 1


def test_shuffled_answers_that_lose_nothing_fail_and_those_with_nothing_to_lose_do_not(material):
    found, _ = checks.check_shuffled(saying(material, ["So it is."] * 48))
    assert (found.state, "little to lose" in found.why) == ("cannot tell", True)
    # All the answers to all prompts at once lead everywhere, wherever they are dealt.
    every = " ".join(answer.reference for answer in material.asked)
    found, _ = checks.check_shuffled(saying(material, [every] * 48))
    assert found.state != "passed"


def test_an_echo_that_wins_fails(material, monkeypatch):
    """Where the question's own words are left in, as in plain TF-IDF, the check says so."""
    said = {"answer": "It is well known."}
    silent = replace(
        material, answers={**material.answers, "base": [a.model_copy(update=said) for a in material.asked]}
    )
    assert checks.check_echo(silent)[0].state == "passed"
    monkeypatch.setattr(similarity, "without", lambda vectors, words_of: vectors)
    assert checks.check_echo(silent)[0].state == "failed"


def test_a_recital_and_a_planted_passage_that_are_not_seen_fail(material):
    blind = runs.index_training_text([make_passage("another book altogether, of which nothing is here")])
    unseeing = replace(material, texts=replace(material.texts, index=blind))
    assert checks.check_recital(unseeing)[0].state == "failed"
    assert checks.check_planted(unseeing)[0].state == "failed"


@pytest.mark.whole_runs
def test_a_model_that_echoes_and_one_that_recites_score_badly(tmp_path, material):
    """All through 06: as the tuned model of a run."""
    recipe, measured = make_run(tmp_path), {}
    path = tmp_path / RUN / "05_generate/answers.jsonl"
    learned = material.texts.train
    for name in ("echo", "recital"):
        told = [json.loads(line) for line in path.open(encoding="utf-8")]
        for number, answer in enumerate(told):
            if answer["variant"] == "tuned":
                asked = answer["prompt"][-1]["content"]
                answer["answer"] = asked if name == "echo" else learned[number % len(learned)]
        path.write_text("".join(json.dumps(answer) + "\n" for answer in told), encoding="utf-8")
        run_script("06_evaluate.py", recipe)
        measured[name] = result_of(tmp_path)["metrics"]
    for metrics in measured.values():
        assert metrics["question_recovery"]["means"]["tuned"]["high"] < 0.25
    assert measured["echo"]["tfidf_similarity"]["means"]["tuned"]["value"] == 0
    for metric in ("recited", "copied"):
        assert measured["recital"][metric]["against"]["base"]["verdict"] == "worse"
    assert measured["recital"]["copied"]["means"]["tuned"]["value"] == 100


@pytest.mark.parametrize("counts", [[2] * 5, [1, 4, 2, 2], [3, 1, 1, 1], [1] * 9])
def test_dealt_answers_are_all_there_and_none_is_at_home(counts):
    sources = [f"passage-{n}" for n, count in enumerate(counts) for _ in range(count)]
    for seed in range(20):
        dealt = checks.deal(sources, seed)
        assert sorted(dealt) == list(range(len(sources)))
        assert all(sources[own] != sources[other] for own, other in enumerate(dealt))
    assert checks.deal(["a", "a", "a", "b"], 1) is None


# -- the voice's ends ---------------------------------------------------------------------------------------


def shelf(names, number=30):
    """Windows of made-up authors by name: {name: {passage: window}}."""
    return {
        name: {f"{name}-{n}": write(by, n, count=60) for n in range(number)} for name, by in names.items()
    }


def ends(books):
    """State and means where these are the author's books."""
    scores = voice_ends.score_left_out(shelf(books), shelf({name: name for name in OTHERS}), 1)
    means = {}
    for variant in dict.fromkeys(score.variant for score in scores):
        values = [score.value for score in scores if score.variant == variant]
        half = 2 * np.std(values) / np.sqrt(len(values))
        means[variant] = {
            "value": np.mean(values),
            "low": np.mean(values) - half,
            "high": np.mean(values) + half,
        }
    return voice_ends.judge_ends(means)[0], means


def test_the_authors_unread_book_stands_above_unread_authors():
    state, means = ends({"first": "own", "second": "own"})
    assert state == "passed"
    own = [mean["value"] for variant, mean in means.items() if variant.startswith("own: ")]
    others = [mean["value"] for variant, mean in means.items() if variant.startswith("other: ")]
    assert (len(own), len(others)) == (2, len(OTHERS))
    assert min(own) > 0.7 > 0.6 > np.mean(others)


def test_a_book_of_another_hand_among_the_authors_fails():
    assert ends({"first": "own", "second": "stranger 3"})[0] == "failed"


# -- false alarms -------------------------------------------------------------------------------------------


def scores_of(effect, passages=30):
    """Three metrics of base and tuned, so far apart."""
    dice = np.random.default_rng(4)
    return [
        Score(
            id="x", metric=metric, variant=variant, source_id=f"p{n}", example_id=f"e{n}-{question}",
            value=float(abs(dice.normal(5 + effect * (variant == "tuned")))), weight=1,
        )
        for metric in ("tfidf_similarity", "answer_words", "verbatim_run")
        for n in range(passages)
        for question in range(2)
        for variant in ("base", "tuned")
    ]  # fmt: skip


@pytest.mark.parametrize("effect", [0, 2])
def test_swapped_models_raise_few_alarms_however_far_they_are_apart(effect):
    found, lines = false_alarms.check_false_alarms(scores_of(effect), "tfidf_similarity", 1000, 1)
    assert found.state == "passed"
    assert 0 < found.facts["any"] <= 50
    said = [line for line in lines if line.metric == false_alarms.ANY]
    assert (len(said), sum(line.value for line in said)) == (500, found.facts["any"])


def test_p_values_of_swapped_reports_are_those_of_06():
    scores = scores_of(0.3)
    for null in false_alarms.swapped_reports(scores, 2000, 1):
        same = null.p_values(np.ones((1, 30)))[0]
        wording = {"type_token_words": "", "held_out": "", "window_words": "", "chance": ""}
        full = summary.summarize(scores, wording, null.name, 2000, 5)[null.name]["against"]["base"]["p"]
        assert same == pytest.approx(full, abs=0.04)
        swapped, kept = null.p_values(np.array([[0.0] * 30, [1.0] * 30]))
        assert swapped == kept  # all swapped is the same difference the other way round


def test_tests_that_cry_wolf_fail(monkeypatch):
    monkeypatch.setattr(false_alarms.Null, "p_values", lambda self, keeps: np.full(len(keeps), 1e-6))
    found, _ = false_alarms.check_false_alarms(scores_of(0), "tfidf_similarity", 400, 1)
    assert found.state == "failed"
    few, _ = false_alarms.check_false_alarms(scores_of(0, 19), "tfidf_similarity", 400, 1)
    assert few.state == "cannot tell"


# -- the report ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("honest")
    recipe = make_run(folder)
    run_script("06_evaluate.py", recipe)
    return recipe, folder


@pytest.mark.whole_runs
def test_the_report_shows_each_check_and_how_it_came_out(reported):
    recipe, folder = reported
    run_script("07_report.py", recipe)
    for form in ("html", "md"):
        section = page_of(folder, form).split("Honesty checks")[1].split("Training")[0]
        for said in ("Shuffled answers", "An echo", "recites is seen", "Planted words", "did not learn",
                     "No difference, no verdict", "leak audit", "mask proof"):  # fmt: skip
            assert said in section, (form, said)
        assert "ailed:" not in section
    lines = list(read_records(folder / RUN / "06_evaluate/checks.jsonl", Score))
    assert {line.variant for line in lines} == {"shuffled", "echo", "recital", "planted", "swapped"}


@pytest.mark.whole_runs
def test_a_check_that_failed_stands_at_the_head_of_the_page(reported):
    recipe, folder = reported
    path = folder / RUN / "06_evaluate/metrics.json"
    before = path.read_text(encoding="utf-8")
    result = json.loads(before)
    result["checks"][3] |= {"state": "failed", "why": "<b>none</b> was"}
    path.write_text(json.dumps(result), encoding="utf-8")
    proof = folder / RUN / "04_train/mask_proof.json"
    kept = proof.read_text(encoding="utf-8")
    proof.write_text(
        json.dumps(json.loads(kept) | {"sample": json.loads(kept)["sample"] | {"supervised": "No."}})
    )
    run_script("07_report.py", recipe)
    for form in ("html", "md"):
        head, section = page_of(folder, form).split("Honesty checks", 1)[0:2]
        said = "Planted words are found; What was learned is what was to be learned"
        assert f"that failed: {said}" in section[:400] or said in head
        assert f"Failed: {said}" in section
        assert "<b>none" not in section
    path.write_text(before, encoding="utf-8")
    proof.write_text(kept, encoding="utf-8")
