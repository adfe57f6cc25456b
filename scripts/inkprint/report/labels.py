"""The report of labels: how well they are told, which are mistaken for which, and texts to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.draws import draw as draw_some
from inkprint.evaluate.verdicts import NONE_SHOWN, TOO_FEW
from inkprint.jsonl import read_records
from inkprint.records import LabelledText, Prediction
from inkprint.report import checks, numbers
from inkprint.report.examples import Made
from inkprint.report.gains import sort_out
from inkprint.report.numbers import MINUS, TIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from inkprint.recipe import Recipe

TEMPLATE = "labels"
LOSS_UNIT = "nats per text"
INPUTS = ("05_generate/predictions.jsonl",)
CHARACTERS_SHOWN = 800  # of a text
CALLED = {"majority": "majority", "words": "bag of words"}  # what a model is held against
FIGURES = {
    "baselines": ("Against the baselines", "Every metric that runs from 0 to 1, with its 95 % interval; of"
                  " the Brier score less is better, of the others more."),
    "confusion": ("Which are mistaken for which", "Texts of each label (down) by what the model says"
                  " (across); the stronger the tone, the larger the share of the row. On the diagonal it"
                  " is right."),
    "roc": ("ROC", "For every threshold the share of a label's texts that reach it, against the share of the"
            " others that do. The dashed line is chance."),
    "reliability": ("Is it as right as it is sure?", "Texts in bins of the most likely label's probability:"
                    " how many of them are right. On the dashed line the model is calibrated; so far as the"
                    " grey bars reach chance alone moves one that is (95 %). Below: texts in each bin."),
}  # fmt: skip


def read_examples(path: Path) -> list[Made]:
    """Of each labelled text its task and its split; nobody wrote it."""
    return [Made(text.task, text.split, "") for text in read_records(path, LabelledText)]


def describe(
    recipe: Recipe, inputs: dict[str, Path], result: dict[str, Any], places: Mapping[str, str]
) -> dict[str, Any]:
    """What the template needs beside metrics.json. places: of each row where it stands."""
    predictions = list(read_records(inputs["05_generate/predictions.jsonl"], Prediction))
    shown, seed = recipe.report.answers_shown, recipe.seed
    wrong = sorted(
        (prediction for prediction in predictions if told(prediction) != prediction.label),
        key=lambda prediction: (-prediction.probabilities[told(prediction)], prediction.source_id),
    )
    right = sorted(
        (prediction for prediction in predictions if told(prediction) == prediction.label),
        key=lambda prediction: (-prediction.probabilities[told(prediction)], prediction.source_id),
    )
    checked = checks.rows(result, inputs)
    drawn = draw_some((("", p.source_id, p) for p in predictions), shown, seed).get("", [])
    return {
        "checks": checked,
        "checks_failed": checks.failed(checked),
        "sentences": verdict_sentences(result),
        "others": [_other(variant, test) for variant, test in result["mcnemar"].items()],
        "of_words": _of_words(result["words"]),
        "changes": sort_out(
            result["metrics"],
            result["primary"],
            [(name, f"the {CALLED[name]}") for name in result["mcnemar"]],
        ),
        "surest": [_text(prediction, places) for prediction in right[:1]],
        "mistakes": [_text(prediction, places) for prediction in wrong[:shown]],
        "mistakes_in_all": len(wrong),
        "drawn": [_text(prediction, places) for prediction in drawn],
    }


def draw(
    inputs: dict[str, Path], result: dict[str, Any], seed: int
) -> Iterator[tuple[str, tuple[str, str], Figure]]:
    """Name, title and caption, and figure, in the report's order. All is in metrics.json."""
    from inkprint.report import label_figures

    for name, figure in label_figures.draw_all(result):
        yield name, FIGURES[name], figure


def told(prediction: Prediction) -> str:
    """The most likely label; of equals the first in the alphabet, as in 06."""
    return min(prediction.probabilities, key=lambda label: (-prediction.probabilities[label], label))


def _other(variant: str, test: dict[str, Any]) -> dict[str, Any]:
    """One baseline as the tables name it. The majority has the grey that stands for no model."""
    called = CALLED[variant]
    colour = "reference" if variant == "majority" else variant
    return {
        "variant": variant, "called": called, "the": f"the {called}", "colour": colour,
        "test": test, "p": _p(test),
    }  # fmt: skip


def _of_words(facts: dict[str, Any]) -> str:
    """What the bag of words is, or why there is none."""
    if "why" in facts:
        return f"There is no bag of words to compare with: {facts['why']}."
    settings = facts["settings"]
    return (
        f"Bag of words: logistic regression on {facts['features']:,} words and runs of up to"
        f" {settings['ngram_words']} words (tf-idf, C = {settings['regularization']:g}), fitted on the"
        f" same train texts, with the same settings in every report."
    )


def _text(prediction: Prediction, places: Mapping[str, str]) -> dict[str, Any]:
    said = told(prediction)
    return {
        "text": prediction.text[:CHARACTERS_SHOWN],
        "characters": len(prediction.text),
        "label": prediction.label,
        "told": said,
        "right": said == prediction.label,
        "sure": numbers.percent(prediction.probabilities[said]),
        "of_label": numbers.percent(prediction.probabilities.get(prediction.label, 0.0)),
        "cut": prediction.cut,
        "place": places[prediction.source_id],
        "id": prediction.id,
    }


def verdict_sentences(result: dict[str, Any]) -> list[str]:
    """What the run shows, in three sentences with numbers and intervals; none says more than its interval.

    Beside the primary metric stands the area: whoever says a label at random has a better macro F1 than the
    majority, and no better area. Then whether it was worth it, and whether its probabilities can be believed.
    """
    over = f" over {result['texts']:,} held-out texts"
    baseline = f"always saying “{result['majority']}”, the most frequent label in train"
    main = _change(result, result["primary"], " (the primary metric)", over, baseline)
    return [f"{main}; {_change(result, 'auc')}.", against_words(result), _calibration(result)]


def against_words(result: dict[str, Any]) -> str:
    """Whether all this was worth it, by the primary metric: the sentence that a sceptic looks for."""
    if "words" not in result["mcnemar"]:
        return f"Whether the model beats a bag of words is not asked: {result['words']['why']}."
    metric = result["metrics"][result["primary"]]
    found = metric["against"]["words"]
    said = {
        "better": "The tuned model beats a bag of words",
        "worse": "A bag of words does better than the tuned model",
        NONE_SHOWN: "A bag of words does as well as the tuned model, so far as these texts can tell",
        TOO_FEW: "Whether the tuned model beats a bag of words, these texts are too few to tell",
    }[found["verdict"]]
    maybe = ", which may be none" if found["verdict"] == NONE_SHOWN else ""
    tuned, words = (_value(metric, variant) for variant in ("tuned", "words"))
    return (
        f"{said}: {metric['title']} is {tuned} and {words} for logistic regression on the words of the"
        f" same train texts, a difference of {numbers.difference(metric, found)}{maybe}."
    )


def lines(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers that matter, in ASCII for any terminal."""
    metrics = result["metrics"]
    main = metrics[result["primary"]]
    found = [
        (main["title"], f"{_moved(main, 'majority')} ({result['texts']:,} texts)"),
        ("Against the majority", _alone(result["mcnemar"]["majority"], "majority")),
        ("Against bag of words", _words_line(result, main)),
        (
            "Calibration error",
            f"{numbers.measured(metrics['calibration_error'], 'tuned')}; by chance alone "
            f"{numbers.percent(result['calibration']['error_by_chance'])}",
        ),
    ]
    return [(name, text.replace(MINUS, "-").replace(TIGHT, " ")) for name, text in found]


def _words_line(result: dict[str, Any], main: dict[str, Any]) -> str:
    if "words" not in result["mcnemar"]:
        return f"not asked: {result['words']['why']}"
    return f"{_moved(main, 'words')}; {_alone(result['mcnemar']['words'], 'words')}"


def _moved(metric: dict[str, Any], other: str) -> str:
    """From another's value to the tuned model's, and what that is."""
    before, tuned = (numbers.number(metric["means"][of]["value"], metric) for of in (other, "tuned"))
    found = metric["against"][other]
    change = numbers.difference(metric, found)
    return f"{before} -> {tuned}{numbers.unit(metric)}, {change}: {found['verdict']}"


def _alone(test: dict[str, Any], other: str) -> str:
    return (
        f"alone right: tuned {test['tuned_alone']:,}, {CALLED[other]} {test['other_alone']:,};"
        f" McNemar's p = {test['p']:.2g}"
    )


def _change(
    result: dict[str, Any], name: str, role: str = "", over: str = "", baseline: str = "the majority"
) -> str:
    """What one metric says, up to the full stop. over: which texts."""
    metric = result["metrics"][name]
    against = metric["against"]["majority"]
    tuned, majority = (_value(metric, variant) for variant in ("tuned", "majority"))
    said = f"{metric['title']}{role} is {tuned}{over} and {majority} for {baseline}"
    if against["verdict"] == TOO_FEW:
        return f"{said}: too few to tell"
    found = numbers.difference(metric, against)
    if against["verdict"] == NONE_SHOWN:
        return f"{said}: {found}, which may be none"
    return f"{said}: {found}, which is {against['verdict']}"


def _value(metric: dict[str, Any], variant: str) -> str:
    return f"{numbers.number(metric['means'][variant]['value'], metric)}{numbers.unit(metric)}"


def _p(test: dict[str, Any]) -> str:
    """A p-value in its column."""
    return "< 0.0001" if test["p"] < 1e-4 else f"{test['p']:.2g}"


def _calibration(result: dict[str, Any]) -> str:
    """Whether the probabilities can be taken at their word."""
    of, metric = result["calibration"], result["metrics"]["calibration_error"]
    accuracy = result["metrics"]["accuracy"]["means"]["tuned"]["value"]
    error, high = metric["means"]["tuned"]["value"], of["error_by_chance_high"]
    percent = numbers.percent
    found = f"On average it is {percent(of['confidence'])} sure and {percent(accuracy)} of the time right"
    error_is = f"a calibration error of {numbers.measured(metric, 'tuned')}"
    if error <= high:
        return (
            f"{found}, {error_is}, which chance alone gives a calibrated model too (up to {percent(high)})."
        )
    side = "more" if of["confidence"] > accuracy else "less"
    return (
        f"{found}: with {error_is}, over the {percent(high)} that chance explains, it is {side} sure than"
        " it is right."
    )
