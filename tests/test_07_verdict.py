"""The verdict, what was gained and lost, extremes, strips of pages, cost: nothing says more than 06."""

from __future__ import annotations

import json
import re

import pytest
from made_up import make_page, make_passage
from small_run import RUN, evaluate_and_report, make_run, page_of, result_of

from inkprint.evaluate.verdicts import BEYOND, NONE_SHOWN, TOO_FEW
from inkprint.records import Recital, Score
from inkprint.report import extremes, facts, gains, page, strips, verdict

SECTIONS = [
    "Verdict", "The voice", "What it gained, what it lost", "Side by side", "Figures",
    "Honesty checks", "Training", "Data",
    "How the examples were made", "Cost, time and memory", "How to repeat it",
]  # fmt: skip


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A run with the prompted variant through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("verdict")
    return evaluate_and_report(make_run(folder, {"answers_shown: 8": "answers_shown: 48"}, prompted=True))


def against(value=0.1, low=0.05, high=0.2, said="better", p=0.001):
    found = {"value": value, "low": low, "high": high, "p": p, "p_adjusted": p, "verdict": said}
    return found | {"items": 60, "sources": 30}


def metric(title="A metric", better="higher", said="better", reference=None, **others):
    """One entry of metrics.json; its item is an answer."""
    mean = {"value": 0.4, "low": 0.3, "high": 0.5}
    means = {"base": mean, "tuned": mean} | dict.fromkeys(others, mean)
    found = {"base": against(said=said)} | {name: against(said=of) for name, of in others.items()}
    if reference is not None:
        means["reference"] = {"value": reference, "low": reference, "high": reference}
    return {
        "title": title, "unit": "", "decimals": 2, "share": False, "better": better, "item": "answer",
        "items": 60, "sources": 30, "means": means, "against": found, "largest": {"tuned": 9, "reference": 7},
    }  # fmt: skip


def result(**metrics):
    """What the verdict reads of metrics.json: a primary metric, and these."""
    usual = {
        name: metric(name, "neither") for name in ("recited", "verbatim_run", "ended", "tfidf_similarity")
    }
    return {
        "primary": "main",
        "method": {"unit": "passages", "recital_words": 20},
        "metrics": usual | {"main": metric("Main")} | metrics,
        "voice": {"why": "nobody to tell it from"},
    }


# -- the three sentences ----------------------------------------------------------------------------


@pytest.mark.parametrize("variants", [{}, {"prompted": "better"}])
@pytest.mark.parametrize("said", ["better", "worse", NONE_SHOWN, TOO_FEW, BEYOND])
def test_the_verdict_is_three_sentences_whatever_came_out(said, variants):
    every = {
        name: metric("A metric", "higher", said, **variants) for name in ("main", "tfidf_similarity", "ended")
    }
    sentences = verdict.verdict_sentences(result(**every))
    assert len(sentences) == 3
    for sentence in sentences:
        assert sentence.endswith(".")
        assert not re.search(r"\.\s", sentence), "a sentence and no more"
        assert sentence[0].isupper() or sentence[0].isdigit()


@pytest.mark.whole_runs
def test_a_real_verdict_is_three_sentences_on_the_page(reported):
    listed = page_of(reported).split('<ol class="verdict">')[1].split("</ol>")[0]
    assert listed.count("<li>") == 3
    assert max(map(len, verdict.verdict_sentences(result_of(reported)))) < 400


def test_the_second_sentence_counts_every_verdict_and_names_each_loss():
    told = {"better": 2, "worse": 4, NONE_SHOWN: 1, TOO_FEW: 1, BEYOND: 1}
    metrics = {
        f"{said} {number}": metric(f"{said} {number}", "higher", said)
        for said, count in told.items()
        for number in range(count)
    }
    metrics |= {"no side": metric("no side", "neither", "higher"), "none": metric("none") | {"items": 0}}
    sentence = verdict.verdict_sentences(result(**metrics))[1]
    assert sentence.startswith("Of 9 other metrics that can be better or worse, 2 are better, 4 are worse (")
    for part in ("1 is beyond the author", "1 shows no difference", "1 has too few answers to tell"):
        assert part in sentence
    for number in range(3):
        assert f"worse {number} +0.10 [+0.05, +0.20]" in sentence
    assert "worse 3" not in sentence and "; 1 more)" in sentence
    assert "no side" not in sentence


def test_where_nothing_got_worse_it_says_none():
    metrics = {"main": metric(), "tfidf_similarity": metric("One"), "two": metric("Two", said="worse")}
    assert "1 is better, 1 is worse (Two" in verdict.verdict_sentences(result(**metrics))[1]
    metrics["two"] = metric("Two", said=NONE_SHOWN)
    assert (
        ", 1 is better, none is worse, 1 shows no difference;"
        in (verdict.verdict_sentences(result(**metrics))[1])
    )


def test_the_voice_stands_on_its_line_and_the_verdict_is_that_of_its_metric():
    voice = {"metrics": {"voice": {"floor": 0.3, "ceiling": 0.5}}}
    for said, words in (
        ("better", "nearer to the author"),
        (NONE_SHOWN, NONE_SHOWN),
        (BEYOND, "no better likeness"),
    ):
        found = verdict.verdict_sentences(result(voice=metric("Voice", said=said)) | {"voice": voice})[0]
        assert "base's voice stands at 0.50 [0.00, 1.00], the tuned model's at 0.50" in found
        assert found.endswith(words + ".")
    assert "the voice was not measured: nobody to tell" in verdict.verdict_sentences(result())[0]
    level = {"metrics": {"voice": {"floor": 0.5, "ceiling": 0.5}}}
    found = verdict.verdict_sentences(result(voice=metric("Voice")) | {"voice": level})[0]
    assert "cannot be told" in found


def test_the_third_sentence_asks_whether_a_prompt_would_have_done():
    asked = verdict.verdict_sentences(result(tfidf_similarity=metric("TF-IDF", prompted="worse")))[2]
    assert asked.startswith("Against the base that is only shown the author in its prompt, TF-IDF rose from")
    assert "which is worse" in asked
    by_voice = {"voice": metric("Voice", prompted="better"), "tfidf_similarity": metric(prompted="worse")}
    assert (
        "prompt, Voice rose"
        in verdict.verdict_sentences(
            result(**by_voice) | {"voice": {"metrics": {"voice": {"floor": 0.3, "ceiling": 0.5}}}}
        )[2]
    )
    assert "was not asked;" in verdict.verdict_sentences(result())[2]


# -- gained and lost --------------------------------------------------------------------------------


@pytest.mark.whole_runs
def test_every_comparison_is_in_one_list_by_its_verdict(reported):
    found = result_of(reported)
    others = [("base", "the base"), ("prompted", "the prompted base")]
    changes = gains.sort_out(found["metrics"], found["primary"], others)
    assert [change["called"] for change in changes] == ["the base", "the prompted base"]
    for (variant, _), change in zip(others, changes, strict=True):
        told = {
            line["title"].removesuffix(" (primary)"): name
            for name, lines in change["lists"].items()
            for line in lines
        }
        assert sum(map(len, change["lists"].values())) == len(told)
        assert told == {
            of["title"]: gains.LISTS[of["against"][variant]["verdict"]]
            for of in found["metrics"].values()
            if variant in of["against"]
        }


@pytest.mark.whole_runs
def test_the_lists_are_on_both_pages_with_interval_and_p(reported):
    found = result_of(reported)
    changes = gains.sort_out(found["metrics"], found["primary"], [("base", "the base")])
    lines = [line for name in ("gained", "lost", "moved") for line in changes[0]["lists"][name]]
    assert len(lines) > 3, "or this test tests nothing"
    for line in lines:
        told = f"{line['difference']} · {line['p']}".replace("<", "&lt;").replace("'", "&#39;")
        assert f"<small>{told}" in page_of(reported), line
        assert f"**{page.markdown_escape(line['title'])}** {line['before']} → " in page_of(reported, "md")
    primary = [line for line in lines if line["title"].endswith("(primary)")]
    assert [line["p"].startswith("p ") for line in primary] == [True], "it is not adjusted"
    assert all(line["p"].startswith("Holm's p ") for line in lines if line not in primary)


def test_a_caricature_is_no_gain_and_too_few_is_neither():
    metrics = {"voice": metric("Voice", said=BEYOND, reference=0.35), "few": metric("Few", said=TOO_FEW)}
    (change,) = gains.sort_out(metrics, "main", [("base", "the base")])
    named = {name: [line["title"] for line in lines] for name, lines in change["lists"].items() if lines}
    assert named == {"beyond": ["Voice"], "few": ["Few"]}
    assert change["lists"]["beyond"][0]["author"] == "0.35"


# -- the extremes -----------------------------------------------------------------------------------


def score(example, variant, value, name="tfidf_similarity"):
    return Score(
        id="s", metric=name, variant=variant, source_id="p", example_id=example, value=value, weight=1
    )


SCORES = [
    score(example, variant, value)
    for example, base, tuned in (("b", 0.2, 0.9), ("a", 0.2, 0.9), ("c", 0.9, 0.1), ("d", 0.5, 0.5))
    for variant, value in (("base", base), ("tuned", tuned), ("prompted", 9.0), ("reference", 9.0))
]


def recital(example, words, variant="tuned"):
    return Recital(id="r", example_id=example, source_id="p", variant=variant, words=words, start=0, end=1,
                   train_source_id="t")  # fmt: skip


def test_best_and_worst_go_by_the_primary_metric_where_an_answer_has_it():
    metrics = {"tfidf_similarity": metric("TF-IDF"), "bits": metric("Bits") | {"item": "source"}}
    for primary in metrics:
        found = extremes.find(metrics, primary, SCORES, [], 20)
        assert list(found) == ["a", "c"], "of equals the first"
        assert found["a"][0].startswith("The best by TF-IDF, ") and "0.20 → 0.90, +0.70" in found["a"][0]
        assert found["c"][0].startswith("The worst by TF-IDF, ") and "0.90 → 0.10, −0.80" in found["c"][0]
    metrics["density"] = metric("Density", "neither")
    more = [*SCORES, *(score(one, variant, 0.5, "density") for one in "ab" for variant in ("base", "tuned"))]
    assert "TF-IDF" in extremes.find(metrics, "density", more, [], 20)["a"][0]


def test_where_lower_is_better_the_lowest_is_the_best():
    found = extremes.find({"main": metric("Main", "lower"), "tfidf_similarity": metric()}, "main",
                          [one.model_copy(update={"metric": "main"}) for one in SCORES], [], 20)  # fmt: skip
    assert found["c"][0].startswith("The best by Main")


def test_the_longest_recital_of_the_tuned_model_is_named():
    recitals = [recital("b", 20), recital("c", 25), recital("d", 25), recital("a", 90, "base")]
    found = extremes.find({"tfidf_similarity": metric()}, "tfidf_similarity", SCORES, recitals, 20)
    assert found["c"][1] == "The longest recital: 25 words in a row from the training text"
    assert list(found) == ["a", "c"]
    short = extremes.find({"tfidf_similarity": metric()}, "tfidf_similarity", SCORES, [recital("d", 19)], 20)
    assert not [note for notes in short.values() for note in notes if "recital" in note]


@pytest.mark.whole_runs
def test_the_extremes_on_the_page_are_those_of_the_scores_and_are_not_drawn_again(reported):
    values: dict[str, dict[str, float]] = {}
    for line in (reported / RUN / "06_evaluate/scores.jsonl").read_text().splitlines():
        one = json.loads(line)
        if one["metric"] == "tfidf_similarity":
            values.setdefault(one["example_id"], {})[one["variant"]] = one["value"]
    gained = {item: of["tuned"] - of["base"] for item, of in values.items()}
    chosen, drawn = page_of(reported).split("<h3>Chosen")[1].split("<h2>Figures")[0].split("<h3>Not chosen")
    cards = chosen.split('<div class="prompt">')[1:]
    assert (
        max(gained.values()) == gained[re.search(r"example-\w+", cards[0])[0]] and "The best by" in cards[0]
    )
    assert (
        min(gained.values()) == gained[re.search(r"example-\w+", cards[1])[0]] and "The worst by" in cards[1]
    )
    assert "The longest recital" in chosen
    shown = [re.findall(r"<code>(example-\w+)</code>", part) for part in (chosen, drawn)]
    assert sorted(shown[0] + shown[1]) == sorted(gained), "each once"


# -- order, strips, cost ----------------------------------------------------------------------------


@pytest.mark.whole_runs
def test_the_sections_stand_in_one_order_on_both_pages(reported):
    assert re.findall(r"<h2>(.*?)</h2>", page_of(reported)) == SECTIONS
    assert re.findall(r"^## (.*)", page_of(reported, "md"), re.MULTILINE) == SECTIONS


def test_a_strip_tells_of_each_page_what_became_of_it():
    pages = [make_page(n, id=f"page-{n}", document="a.pdf", kept=n not in (1, 5)) for n in range(1, 6)]
    pages.append(make_page(1, id="page-b", document="b.pdf"))
    passages = [
        make_passage("Words.", split, "One", id=f"passage-{n}", document="a.pdf", pages=of)
        for n, (split, of) in enumerate((("test", [2, 3]), ("train", [3, 5])))
    ]
    found = strips.books(pages, passages)
    assert found == [
        ("a.pdf", [strips.DROPPED, "test", "test", strips.UNUSED, strips.DROPPED]),
        ("b.pdf", [strips.UNUSED]),
    ]
    [axes] = strips.draw_strips(found).axes
    widths = [bar.get_paths()[0].get_extents().width for bar in axes.collections]
    assert widths == pytest.approx([0.2, 0.4, 0.2, 0.2, 1.0])
    told = [text.get_text() for text in axes.texts]
    assert told == ["a.pdf", "3 of 5 pages kept", "b.pdf", "1 of 1 pages kept"]


def test_what_was_paid_and_the_hours_of_a_gpu_are_added_up():
    stages = [
        {"stage": "03 synthesize", "dollars": 1.5, "seconds": 9, "device": "CPU", "reused_from": "first",
         "peak_memory_bytes": {"machine": 1}},
        {"stage": "04 train", "seconds": 1800, "processes": 2, "device": "RTX",
         "peak_memory_bytes": {"gpu": 1}},
        {"stage": "05 generate", "seconds": 900, "device": "RTX", "peak_memory_bytes": {"gpu": 1}},
        {"stage": "06 evaluate", "seconds": 9, "device": "CPU", "peak_memory_bytes": {"machine": 1}},
    ]  # fmt: skip
    assert facts.cost(stages, 0.25) == {
        "paid": [
            {"what": "03 synthesize", "dollars": "$1.50", "by": "first"},
            {"what": "the judge", "dollars": "$0.2500", "by": ""},
        ],
        "total": "$1.75",
        "gpu_hours": [{"device": "RTX", "hours": "1.25"}],
    }
    assert facts.cost(stages[1:2], None)["paid"] == []
    taken_over = [*stages[:3], stages[3] | {"reused_from": "second"}]
    told = facts.cost(taken_over, 0.25)["paid"][1]
    assert told["by"] == "second", "another run paid the judge"


@pytest.mark.whole_runs
def test_the_page_says_what_was_paid(reported):
    told = "Paid to models&#39; providers: $0.1234: $0.1234 for 03 synthesize. No GPU was used."
    assert told in page_of(reported) or told.replace("&#39;", "'") in page_of(reported)
