"""The recipe of a rehearsal: the original but for model, data, writer, and how much there is of each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from inkprint.gpus import find_gpus
from inkprint.recipe import ROOT, EvaluateLabels, Recipe
from inkprint.recipe_file import check_recipe
from inkprint.recipe_synthesize import Template
from inkprint.recipe_train import Linear
from inkprint.recipe_values import Model
from inkprint.rehearse.data import Data

DEMO_RECIPE = ROOT / "recipes" / "demo.yaml"
QUESTIONS = "prompts/questions.txt"  # of the provider template
PROMPTS, NEW_TOKENS, BOOTSTRAP = 4, 16, 100
SUFFIX = "-rehearsal"


def derive(recipe: Recipe, values: dict[str, Any], data: Data, model: Path | None, folder: Path) -> list[str]:
    """Change a recipe's raw values, in place, into those of its rehearsal; returns what that does not prove.

    model: the stand-in's folder; None where the base is what the recipe names, or there is none.
    folder: the rehearsal's own, for a prompt that it writes.
    """
    notes = list(data.notes)
    values["run"] += SUFFIX
    values["max_dollars"], values["device"] = 0, "auto"
    values["gpus"] = _gpus(recipe, notes)
    if recipe.device == "gpu" and not find_gpus():
        eight = not isinstance(recipe.train, Linear) and "8bit" in recipe.train.optimizer
        optimizer = f", and {recipe.train.optimizer}" if eight else ""
        notes.append(f"device: no GPU here: its kernels, its memory and speed{optimizer}")
    if model is not None:
        values["model"] |= {"base": as_base(model), "revision": None}
        if recipe.model is not None and "4bit" in recipe.model.base.lower():
            notes.append("model: weights that are in 4 bits already: these were put into 4 bits on loading")
    values["extract"]["data"] = below_root(data.where) if isinstance(data.where, Path) else data.where
    if not data.own and recipe.extract.columns is None:
        _suit_the_demos_book(values["prepare"], notes)
    _write_without_a_model(recipe, values["synthesize"], notes, folder)
    if not isinstance(recipe.train, Linear) and recipe.train.report_to:
        notes.append(f"train.report_to: nothing was sent to {', '.join(recipe.train.report_to)}")
        values["train"]["report_to"] = []
    _few_answers(values["generate"])
    values["evaluate"]["bootstrap_samples"] = BOOTSTRAP
    if not isinstance(recipe.evaluate, EvaluateLabels) and recipe.evaluate.judge is not None:
        notes.append(f"evaluate.judge: {recipe.evaluate.judge.provider.model} was not asked")
        values["evaluate"]["judge"] = None
    if recipe.background is not None and not recipe.background.exists():
        notes.append(f"evaluate.background: {recipe.background} is not there: no voice was told")
        primary = recipe.evaluate.primary_metric
        values["evaluate"] |= {
            "background": None,
            "primary_metric": "bits_per_byte" if primary == "voice" else primary,
        }
    if recipe.export is not None:
        notes.append("export: it was not run")
    values["report"]["title"] += " (rehearsal)"
    values["report"]["note"] = "A rehearsal: the model's weights are random, and a few steps were trained."
    check_recipe(values, "the recipe's rehearsal")
    return notes


def below_root(path: Path) -> str:
    """A path as recipes have it: from the repository's root where it lies below."""
    whole = path if path.is_absolute() else Path.cwd() / path
    return str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else str(whole)


def as_base(path: Path) -> str:
    """The same as a model's base, which is a folder only where it begins with . or /."""
    name = below_root(path)
    return name if name.startswith("/") else f"./{name}"


def _gpus(recipe: Recipe, notes: list[str]) -> int:
    """The cards that the recipe wants; without any, processes on this machine's cores."""
    cards = len(find_gpus())
    if recipe.gpus <= (cards or os.cpu_count() or 1):
        if recipe.gpus > 1 and not cards:
            notes.append(f"gpus: {recipe.gpus} processes on the CPU shared each batch, and no cards")
        return recipe.gpus
    notes.append(f"gpus: {recipe.gpus} are not here: one process trained")
    return 1


def _suit_the_demos_book(prepare: dict[str, Any], notes: list[str]) -> None:
    """The demo's author repeats herself, and wrote one book: what 02 must let pass is the demo's."""
    demo = yaml.safe_load(DEMO_RECIPE.read_text(encoding="utf-8"))["prepare"]
    passages = prepare["passages"]
    if isinstance(prepare["test"], list):
        prepare |= {split: demo[split] for split in ("validation", "test")}
    passages["split_by"] = "chapter"
    for key in ("shared_share", "leak_run_words", "leak_gram_share"):
        if passages[key] is not None:
            passages[key] = max(passages[key], demo["passages"][key])
    notes.append("prepare: split and leak limits, which suit the demo's book here")


def _write_without_a_model(
    recipe: Recipe, synthesize: dict[str, Any], notes: list[str], folder: Path
) -> None:
    """The provider template, and in place of each task that a model writes one that it can make."""
    settings = recipe.synthesize
    if isinstance(settings.provider, Template):
        return
    writer = settings.provider.model
    name = writer.base if isinstance(writer, Model) else writer
    notes.append(f"synthesize: {name} wrote nothing: the provider was template")
    synthesize["provider"] = {"name": "template"}
    tasks = synthesize["tasks"] = {name: dict(task) for name, task in synthesize["tasks"].items() if task}
    asked = tasks.pop("question_answer", None) or tasks.get("question_passage")
    if asked is not None:
        kept = {key: asked[key] for key in ("share", "questions")}
        tasks["question_passage"] = kept | {"prompt": QUESTIONS}
    if settings.tasks.question_answer is not None:
        notes.append("question_answer: answers were the passages, as question_passage makes them")
    if (restyled := tasks.pop("style_transfer", None)) is not None:
        tasks.setdefault("rows", {"share": restyled["share"], "prompts": "columns", "prompt": None})
        notes.append("style_transfer: answers were the table's own, as rows makes them")
    if settings.tasks.rows is not None and settings.tasks.rows.prompts == "generated":
        (folder / "prompt.txt").write_text("Say something of your own.\n", encoding="utf-8")
        tasks["rows"] |= {"prompts": "fixed", "prompt": below_root(folder / "prompt.txt")}
        notes.append("rows: every prompt was the same, and none was generated")


def _few_answers(generate: dict[str, Any]) -> None:
    for key, most in (("prompts", PROMPTS), ("max_new_tokens", NEW_TOKENS)):
        if key in generate:
            generate[key] = min(generate[key], most)
