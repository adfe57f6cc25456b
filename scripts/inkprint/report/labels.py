"""The report of labels: how well they are told, which are mistaken for which, and texts to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.draws import draw as draw_some
from inkprint.records import LabelledText, Prediction, read_records
from inkprint.report import numbers
from inkprint.report.examples import Made
from inkprint.report.numbers import MINUS, TIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from inkprint.recipe import Recipe

TEMPLATE = "labels"
LOSS_UNIT = "nats per text"
INPUTS = ("05_generate/predictions.jsonl",)
CHARACTERS_SHOWN = 1500  # of a text
FIGURES = {
    "confusion": ("Which are mistaken for which", "Texts of each label (down) by what the model says"
                  " (across); darker is a larger share of the row. On the diagonal it is right."),
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
    drawn = draw_some((("", p.source_id, p) for p in predictions), shown, seed).get("", [])
    return {
        "sentences": verdict_sentences(result),
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
    """What the run shows, in three sentences with numbers; none says more than its interval."""
    primary = result["primary"]
    second = "macro_f1" if primary != "macro_f1" else "accuracy"
    over = f" over {result['texts']:,} held-out texts"
    baseline = f"always saying “{result['majority']}”, the most frequent label in train"
    return [
        f"{_change(result, primary, ' (the primary metric)', over, baseline)}.",
        f"{_coin(result['mcnemar'])}; {_change(result, second)}.",
        _calibration(result),
    ]


def lines(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The three numbers that matter, in ASCII for any terminal."""
    metrics, test = result["metrics"], result["mcnemar"]
    main = metrics[result["primary"]]
    means = [numbers.number(main["means"][variant]["value"], main) for variant in ("majority", "tuned")]
    against = main["against"]["majority"]
    change = f"{means[0]} -> {means[1]}{numbers.unit(main)}, {numbers.difference(main, against)}"
    found = [
        (main["title"], f"{change}: {against['verdict']} ({result['texts']:,} texts)"),
        (
            "Against the majority",
            f"alone right: tuned {test['tuned_alone']:,}, majority {test['majority_alone']:,}; "
            f"McNemar's p = {test['p']:.2g}",
        ),
        (
            "Calibration error",
            f"{numbers.measured(metrics['calibration_error'], 'tuned')}; by chance alone "
            f"{numbers.percent(result['calibration']['error_by_chance'])}",
        ),
    ]
    return [(name, text.replace(MINUS, "-").replace(TIGHT, " ")) for name, text in found]


def _change(
    result: dict[str, Any], name: str, role: str = "", over: str = "", baseline: str = "the majority"
) -> str:
    """What one metric says, up to the full stop. over: which texts."""
    metric = result["metrics"][name]
    against = metric["against"]["majority"]
    tuned, majority = (numbers.measured(metric, variant) for variant in ("tuned", "majority"))
    said = f"{metric['title']}{role} is {tuned}{over} and {majority} for {baseline}"
    if against["verdict"] == "too few to tell":
        return f"{said}: too few to tell"
    if against["verdict"] == "no difference shown":
        return f"{said}; the difference of {numbers.difference(metric, against)} may be none"
    return f"{said}: {numbers.difference(metric, against)}, which is {against['verdict']}"


def _coin(test: dict[str, Any]) -> str:
    """McNemar's test in words."""
    alone = (
        f"The tuned model alone gets {test['tuned_alone']:,} texts right, the majority alone"
        f" {test['majority_alone']:,}"
    )
    p = "p < 0.0001" if test["p"] < 1e-4 else f"p = {test['p']:.2g}"
    return f"{alone} (McNemar's exact test: {p})"


def _calibration(result: dict[str, Any]) -> str:
    """Whether the probabilities can be taken at their word."""
    of, metric = result["calibration"], result["metrics"]["calibration_error"]
    accuracy = result["metrics"]["accuracy"]["means"]["tuned"]["value"]
    error, high = metric["means"]["tuned"]["value"], of["error_by_chance_high"]
    percent = numbers.percent
    found = (
        f"On average it is {percent(of['confidence'])} sure and {percent(accuracy)} of the time right:"
        f" the calibration error is {numbers.measured(metric, 'tuned')}"
    )
    if error <= high:
        return f"{found}, which chance alone gives a calibrated model too (up to {percent(high)})."
    side = "more" if of["confidence"] > accuracy else "less"
    return f"{found}, over the {percent(high)} that chance explains: it is {side} sure than it is right."
