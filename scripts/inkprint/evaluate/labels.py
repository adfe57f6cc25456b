"""06 for labels: how well a trained classifier tells them, against two baselines.

`majority` gives every text the shares that the labels have among the train texts; `words` is a bag of words
with logistic regression, left out where the model is one itself. Texts of one group (an author, a film) are
no two witnesses: a resample draws groups whole, where the table has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.evaluate import label_metrics
from inkprint.evaluate.bag_of_words import ITSELF, label_by_words
from inkprint.evaluate.intervals import FEWEST_SOURCES, LEVEL
from inkprint.evaluate.label_checks import check_honesty
from inkprint.evaluate.label_comparison import HeldOut, compare
from inkprint.evaluate.label_swaps import draw_swaps
from inkprint.jsonl import read_records, write_json, write_records
from inkprint.recipe import EvaluateLabels
from inkprint.recipe_train import Linear
from inkprint.records import LabelledText, Prediction, Score, SplitRow, content_id

FORMAT = 4
SUM_TOLERANCE = 1e-3  # of a text's probabilities: rounding, not error
ROWS = "02_prepare/rows.jsonl"
EXAMPLES = "03_synthesize/examples.jsonl"
PREDICTIONS = "05_generate/predictions.jsonl"


def evaluate_labels(command: Command) -> None:
    """Compare, with intervals, check that, and write what came out."""
    recipe, settings = command.recipe, command.recipe.evaluate
    assert isinstance(settings, EvaluateLabels)
    stage = make_stage(command)
    if command.settled(stage):
        return
    examples, path, *rows = stage.inputs.values()
    texts = list(read_records(examples, LabelledText))
    learned = [text for text in texts if text.split == "train"]
    train, predictions = Counter(text.label for text in learned), read_predictions(path)
    check_labels(path, predictions)
    by_words, facts = None, {"why": ITSELF}
    if not isinstance(recipe.train, Linear):
        by_words, facts = label_by_words(learned, [p.text for p in predictions], recipe.seed)
    held_out = bring_together(predictions, train, read_groups(rows[0]) if rows else None, by_words)
    primary, samples, seed = settings.primary_metric, settings.bootstrap_samples, recipe.seed
    swapped = draw_swaps(held_out, samples, seed)
    result = {
        "primary": primary,
        "method": describe_method(samples, seed, bool(rows)),
        "majority": min(train, key=lambda label: (-train[label], label)),
        "words": facts,
        "texts_cut": sum(prediction.cut for prediction in predictions),
        **compare(held_out, train, primary, swapped, samples, seed),
    }
    result["checks"], put_in = check_honesty(held_out, result["metrics"], swapped, texts, primary, seed)
    with stage.writing() as folder:
        write_records(folder / "scores.jsonl", scores_of(held_out))
        write_records(folder / "checks.jsonl", put_in)
        write_json(folder / "metrics.json", result)
        number = len(predictions)
        stage.finish({"unit": "texts", "in": number, "out": number, "rejected": 0, "failed": 0})
    for metric in result["metrics"].values():
        verdicts = ", ".join(f"against {other}: {of['verdict']}" for other, of in metric["against"].items())
        print(f"   {metric['title']:<27}{len(predictions):>7,} texts   {verdicts or 'see the report'}")


def make_stage(command: Command) -> Stage:
    """Examples and predictions, and the rows where they have groups."""
    recipe = command.recipe
    grouped = "group" in (recipe.extract.columns or {})
    return Stage(
        run_folder=command.run_folder,
        name="evaluate",
        format_number=FORMAT,
        settings={
            "evaluate": recipe.evaluate.model_dump(),
            "bag_of_words": not isinstance(recipe.train, Linear),
        },
        seed=recipe.seed,
        inputs=command.inputs(EXAMPLES, PREDICTIONS, *([ROWS] if grouped else [])),
        script=command.script,
    )


def read_predictions(path: Path) -> list[Prediction]:
    """The tuned variant's. Raises UserError unless each text comes once and its probabilities add up to 1."""
    predictions = list(read_records(path, Prediction))
    again = "make it again with: scripts/05_generate.py RECIPE --force"
    if not predictions:
        raise UserError(f"{path}: nothing is in it; {again}")
    twice = [text for text, count in Counter(p.source_id for p in predictions).items() if count > 1]
    if twice:
        raise UserError(f"{path}: {twice[0]} stands twice; {again}")
    known = predictions[0].probabilities.keys()
    for prediction in predictions:
        if prediction.variant != "tuned":
            raise UserError(f"{path}: {prediction.id} is of variant {prediction.variant}; {again}")
        values = prediction.probabilities.values()
        if prediction.probabilities.keys() != known or not abs(sum(values) - 1) < SUM_TOLERANCE:
            raise UserError(f"{path}: {prediction.id} has other labels, or they do not add up to 1; {again}")
        if not all(0 <= value <= 1 for value in values):
            raise UserError(f"{path}: {prediction.id} has a probability that is none; {again}")
    return predictions


def read_groups(path: Path) -> dict[str, str]:
    """Of each held-out row its group; a row without one stands alone."""
    return {
        row.id: row.fields.get("group", row.id) for row in read_records(path, SplitRow) if row.split == "test"
    }


def bring_together(
    predictions: Sequence[Prediction],
    train: Counter[str],
    groups: dict[str, str] | None,
    by_words: Sequence[dict[str, float]] | None,
) -> HeldOut:
    """Every variant's probabilities over one list of labels. train: how many train texts have each label.

    by_words: what the bag of words says of each text, where there is one.
    """
    labels = sorted({*predictions[0].probabilities, *train, *(p.label for p in predictions)})
    shares = {label: count / train.total() for label, count in train.items()}
    truth = [prediction.label for prediction in predictions]
    said = {
        "majority": [shares] * len(truth),
        **({} if by_words is None else {"words": by_words}),
        "tuned": [prediction.probabilities for prediction in predictions],
    }
    told = {variant: label_metrics.tell(labels, of_texts, truth) for variant, of_texts in said.items()}
    source_ids = [prediction.source_id for prediction in predictions]
    units = source_ids if groups is None else [groups[source_id] for source_id in source_ids]
    return HeldOut(labels, source_ids, told, np.unique(units, return_inverse=True)[1])


def check_labels(path: Path, predictions: Sequence[Prediction]) -> None:
    """Raise UserError where every held-out text has the same label: nothing could be told apart."""
    only = predictions[0].label
    if all(prediction.label == only for prediction in predictions):
        raise UserError(f"{path}: every held-out text has the label {only}; hold out more: prepare.test")


def scores_of(held_out: HeldOut) -> Iterator[Score]:
    """Of each text and variant whether it is right, how sure, and its Brier score."""
    for variant, told in held_out.told.items():
        for metric, values in (
            ("correct", told.correct), ("confidence", told.confidence), ("brier", told.brier)
        ):  # fmt: skip
            for source_id, value in zip(held_out.source_ids, values, strict=True):
                yield Score(
                    id=content_id("score", metric, variant, source_id),
                    metric=metric,
                    variant=variant,
                    source_id=source_id,
                    example_id=None,
                    value=round(float(value), 6),
                    weight=1.0,
                )


def describe_method(samples: int, seed: int, grouped: bool) -> dict[str, Any]:
    """What a reader must know to check an interval; part of metrics.json."""
    return {
        "interval": "bootstrap, bias-corrected and accelerated; shares: Wilson and Newcombe",
        "resampled": "groups of texts" if grouped else "texts",
        "level": LEVEL,
        "samples": samples,
        "seed": seed,
        "fewest_sources": FEWEST_SOURCES,
        "bins": label_metrics.BINS,
    }
