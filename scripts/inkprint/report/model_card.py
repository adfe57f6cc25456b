"""MODEL_CARD.md: what goes with the weights, in the form that the Hub reads, with the measured evidence."""

from __future__ import annotations

from typing import Any

from inkprint.recipe import Evaluate, Recipe
from inkprint.recipe_train import Linear
from inkprint.report.numbers import measured, percent


def describe(recipe: Recipe, context: dict[str, Any]) -> dict[str, Any]:
    """What the card's template needs beside the report's context."""
    model = recipe.model
    rows = recipe.extract.columns is not None
    return {
        "hub_base": model.base if model is not None and model.folder is None else None,
        "library": library(recipe),
        "kind": kind(recipe),
        "of_base": model is not None,
        "held_out": "rows that it never saw"
        if rows
        else "text that was held out whole before anything was cut",
        "warnings": warnings(recipe, context["metrics"]),
        "data_line": data_line(context, rows),
        "purpose": purpose(recipe),
    }


def warnings(recipe: Recipe, metrics: dict[str, Any]) -> list[str]:
    """What whoever takes the weights must know before."""
    said = []
    if (share := over_limit(recipe, metrics)) is not None:
        said.append(
            f"It recites: {measured(metrics['recited'], 'tuned')} of its answers have twenty words in a row"
            f" or more from the text that it learned from; the recipe's limit is {percent(share)}. What it"
            " says may be the book's own words, and under its copyright."
        )
    return said


def over_limit(recipe: Recipe, metrics: dict[str, Any]) -> float | None:
    """The recipe's limit of answers that recite, where the tuned model is above it."""
    if not isinstance(recipe.evaluate, Evaluate) or recipe.evaluate.max_recited_share is None:
        return None
    limit = recipe.evaluate.max_recited_share
    means = metrics.get("recited", {}).get("means", {})
    return limit if means and means["tuned"]["value"] > limit else None


def library(recipe: Recipe) -> str:
    if isinstance(recipe.train, Linear):
        return "scikit-learn"
    return "transformers" if recipe.train.method == "full" else "peft"


def kind(recipe: Recipe) -> str:
    """What the weights are, up to the name of their base where they have one."""
    return {
        "qlora": "A LoRA adapter, learned with the base in 4 bits,",
        "lora": "A LoRA adapter",
        "full": "A full fine-tune",
        "linear": "A bag of words with a logistic regression",
    }[recipe.train.method]


def data_line(context: dict[str, Any], rows: bool) -> str:
    """How much text it learned from, in a sentence."""
    counted = context["making"]["total"]["made"]
    what = "rows of a table" if rows else f"the books of {context['author']}"
    return f"{counted:,} examples made of {what}, those of all splits together."


def purpose(recipe: Recipe) -> str:
    if recipe.synthesize.tasks.classification is not None:
        return "It tells labels of texts like those that it learned from."
    if recipe.extract.columns is not None:
        return "It answers as the table's rows do."
    return (
        f"It writes in the manner of {recipe.author}; it is not {recipe.author}, and what it says is its own."
    )
