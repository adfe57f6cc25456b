"""Fitting a bag of words and a logistic regression: no base model, no steps, no GPU."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.jsonl import write_json, write_records
from inkprint.linear import LinearModel, fit_linear, save_linear
from inkprint.recipe import Recipe
from inkprint.recipe_train import Linear
from inkprint.train.texts import Texts, prove_labels, read_texts


def train_linear(recipe: Recipe, stage: Stage) -> None:
    """Fit, and write the stage's folder. Its steps are the solver's (L-BFGS); each sees all texts."""
    settings = recipe.train
    assert isinstance(settings, Linear)
    texts = read_texts(stage.inputs["03_synthesize/examples.jsonl"])
    print(f"   {len(texts.train):,} texts, labels {', '.join(texts.labels)}", flush=True)
    began = time.monotonic()
    model = fit_linear(
        [example.text for example in texts.train],
        [example.label for example in texts.train],
        settings,
        recipe.seed,
    )
    log = _log(model, texts, round(time.monotonic() - began, 1))
    facts = _facts(model, log, settings)
    with stage.writing() as folder:
        save_linear(model, folder / "linear")
        with (folder / "training_log.jsonl").open("w", encoding="utf-8") as handle:
            handle.writelines(json.dumps(entry) + "\n" for entry in log)
        write_json(folder / "mask_proof.json", prove_labels(texts, texts.train[0].text, truncated=0))
        write_records(folder / "rejects.jsonl", texts.rejects)
        facts["linear_bytes"] = _bytes(folder / "linear")
        kept, rejected = len(texts.train) + len(texts.validation), len(texts.rejects)
        counts = {"unit": "texts", "in": kept + rejected, "out": kept, "rejected": rejected, "failed": 0}
        stage.finish(counts, **facts)
    _tell(facts, log[-1]["validation_accuracy"], settings)


def _log(model: LinearModel, texts: Texts, seconds: float) -> list[dict[str, Any]]:
    """Before and after: losses in nats, the mean over texts; the first is of the labels' shares in train."""
    labels = [example.label for example in texts.train]
    shares = [labels.count(label) / len(labels) for label in model.labels]
    truth = [example.label for example in texts.validation]
    steps = int(model.regression.n_iter_.max())
    predicted = model.predict([example.text for example in texts.validation])
    right = [model.labels[row.index(max(row))] == label for row, label in zip(predicted, truth, strict=True)]
    learned = _loss(model.labels, model.predict([example.text for example in texts.train]), labels)
    untaught = _loss(model.labels, [shares] * len(truth), truth)
    return [
        {"step": 0, "epoch": 0, "validation_loss": untaught, "seconds": 0.0},
        {"step": steps, "epoch": steps, "loss": learned, "seconds": seconds},
        {
            "step": steps,
            "epoch": steps,
            "validation_loss": _loss(model.labels, predicted, truth),
            "validation_accuracy": round(sum(right) / len(right), 8),
            "seconds": seconds,
        },
    ]


def _loss(labels: list[str], predicted: list[list[float]], truth: list[str]) -> float:
    from math import log

    own = [row[labels.index(label)] for row, label in zip(predicted, truth, strict=True)]
    return round(-sum(log(max(share, 1e-300)) for share in own) / len(own), 8)


def _facts(model: LinearModel, log: list[dict[str, Any]], settings: Linear) -> dict[str, Any]:
    parameters = model.regression.coef_.size + model.regression.intercept_.size
    return {
        "steps": log[-1]["step"],
        "planned_steps": settings.max_iterations,
        "converged": log[-1]["step"] < settings.max_iterations,
        "epochs": log[-1]["epoch"],
        "features": len(model.vectorizer.idf_),
        "trainable_parameters": parameters,
        "total_parameters": parameters,
        "train_seconds": log[-1]["seconds"],
        "final_loss": log[1]["loss"],
        "first_validation_loss": log[0]["validation_loss"],
        "best_validation_loss": log[-1]["validation_loss"],
        "best_step": log[-1]["step"],
        "last_validation_loss": log[-1]["validation_loss"],
    }


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _tell(facts: dict[str, Any], accuracy: float, settings: Linear) -> None:
    if not facts["converged"]:
        print(f"   not settled after {settings.max_iterations} iterations: raise train.max_iterations")
    first, last = facts["first_validation_loss"], facts["last_validation_loss"]
    print(
        f"   {facts['features']:,} features, {facts['steps']} iterations,"
        f" validation loss {first:.3f} -> {last:.3f}, accuracy {accuracy:.1%}"
    )
