"""What a rehearsal proved, what it did not, and what is known of the real run by it."""

from __future__ import annotations

import json
import time
from collections import Counter
from math import ceil
from pathlib import Path
from typing import Any

from inkprint.artifacts import NUMBERS, read_manifest, stage_folder
from inkprint.console import duration
from inkprint.doctor.forecast import here
from inkprint.doctor.needs import CARDS, parameters, train_hours, train_tokens
from inkprint.recipe import Recipe
from inkprint.recipe_synthesize import Template
from inkprint.recipe_train import Linear
from inkprint.rehearse.state import State
from inkprint.rehearse.steps import split_counts, steps_an_epoch

CARD = "rtx4090"  # what docs/gpu-boxes.md reckons with


def verdict(recipe: Recipe, state: State, folder: Path) -> list[str]:
    """The lines that end a rehearsal. recipe: the original. folder: the rehearsal's."""
    left = [stage for stage in NUMBERS if read_manifest(stage_folder(folder, stage)) is None]
    unproven = state.unproven + ([f"stages: {', '.join(left)} did not run"] if left else [])
    took = duration(time.time() - state.began)
    lines = [f"rehearsal   {'PARTIAL' if unproven else 'PASS'}: {state.recipe}, {took}: {folder}"]
    lines += [f"   not proven  {line}" for line in unproven]
    return lines + [f"   real run    {line}" for line in facts(recipe, state, folder)]


def facts(recipe: Recipe, state: State, folder: Path) -> list[str]:
    """What is known of the real run; an estimate says so. Nothing where the data are not the user's."""
    if not state.own_data:
        return []
    what = "document" if recipe.extract.columns is None else "row"
    what += "s" if state.there != 1 else ""
    part = "" if state.taken == state.there else f", of which {state.taken:,} were rehearsed"
    lines = [f"{state.there:,} {what}{part}"]
    path = stage_folder(folder, "synthesize") / "examples.jsonl"
    if not path.is_file():
        return lines
    scale = state.there / state.taken
    guess = "" if scale == 1 and isinstance(recipe.synthesize.provider, Template) else "about "
    counts = split_counts(path)
    shown = ", ".join(f"{round(counts[split] * scale):,} {split}" for split in counts)
    lines.append(f"examples: {guess}{shown}")
    proof = stage_folder(folder, "train") / "mask_proof.json"
    if isinstance(recipe.train, Linear) or not proof.is_file():
        return lines
    found = json.loads(proof.read_text(encoding="utf-8"))
    return lines + _training(recipe, state, found, counts, guess, folder)


def _training(
    recipe: Recipe, state: State, proof: dict[str, Any], counts: Counter[str], guess: str, folder: Path
) -> list[str]:
    """Rows that are too long, steps and hours of the real run."""
    scale = state.there / state.taken
    rejected = (
        ", ".join(f"{count:,} {reason}" for reason, count in proof["rejected"].items()) or "none rejected"
    )
    of = "" if state.real_tokens else " by the stand-in's tokens"
    lines = [
        f"rows of {counts['train'] + counts['validation']:,}{of}: {rejected}, {proof['truncated']:,} cut"
    ]
    an_epoch = steps_an_epoch(max(round(proof["rows"]["train"] * scale), 1), recipe.train)
    steps = ceil(an_epoch * recipe.train.epochs)
    lines.append(f"steps: {guess}{steps:,}, {recipe.train.epochs:g} x {an_epoch:,}")
    size = parameters(recipe.model) if recipe.model else None
    tokens = _tokens(proof) if state.real_tokens else train_tokens(folder)
    if size and tokens and recipe.device == "gpu":
        hours = train_hours(recipe, size, tokens * scale, CARDS[CARD])
        lines.append(f"hours: some {hours:.1f} of training on one {CARDS[CARD].name}, an estimate")
    elif size and tokens:
        machine = here(recipe.gpus)
        if machine.flops:
            hours = train_hours(recipe, size, tokens * scale, machine)
            lines.append(f"hours: {hours:.1f} or more of training on {machine.name}, an estimate")
    return lines


def _tokens(proof: dict[str, Any]) -> int:
    """Tokens that one epoch reads: of chats what is learned and what is only read, of texts all."""
    if "tokens" in proof:
        return proof["tokens"]["train"]
    return proof["supervised_tokens"] + proof["prompt_tokens"]
