"""Rehearse a recipe: a run of minutes on any machine, before the one that takes hours and dollars.

Reads   a recipe                           and the data and the base that it names, where they are there
Writes  artifacts/RUN-rehearsal/           recipe.yaml   the recipe with a tiny model, few rows, few steps
                                           model/        random weights, config.json, tokenizer
                                           data/         what stands in for the data, or a part of them
                                           rehearsal.json {"recipe": "recipes/demo.yaml", "unproven": […], …}

    ./run_all.sh recipes/your/books.yaml --rehearse      makes these calls, and runs the stages in between:

    python scripts/rehearse.py RECIPE                    prints the path of the rehearsal's recipe
    python scripts/rehearse.py RECIPE --shorten          after 03: makes the model, leaves a few steps
    python scripts/rehearse.py RECIPE --verdict          PASS, or PARTIAL with what is not proven

Configuration, tokenizer and template of a base on the Hub are fetched at the recipe's revision, a few
megabytes, never the weights. Where neither Hub nor cache has them, the name tells the architecture.
Time: seconds; a minute for a large table. Memory: 600 MB, for torch makes the weights.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from pathlib import Path

import yaml

from inkprint.artifacts import REHEARSAL
from inkprint.command import artifacts_folder, exit_with
from inkprint.errors import UserError
from inkprint.recipe import ROOT, Recipe
from inkprint.recipe_file import load_recipe
from inkprint.recipe_synthesize import Local
from inkprint.recipe_train import Linear
from inkprint.rehearse.data import find_data
from inkprint.rehearse.derive import SUFFIX, derive
from inkprint.rehearse.hub import ask_for_others, settle
from inkprint.rehearse.stand_ins import Base, find_base, make_model
from inkprint.rehearse.state import State, read_state
from inkprint.rehearse.steps import shorten, split_counts, steps_an_epoch, texts
from inkprint.rehearse.verdict import verdict


def begin(path: Path) -> Path:
    """Make the rehearsal's folder anew, up to its recipe; returns the recipe's path."""
    began = time.time()
    recipe = load_recipe(path)
    folder = artifacts_folder() / f"{recipe.run}{SUFFIX}"
    reached = names_the_hub(recipe) and settle()
    base = base_of(recipe, reached)
    unasked = ask_for_others(recipe, reached)
    empty(folder)
    data = find_data(recipe, folder / "data")
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = base is not None and not base.as_it_is
    notes = derive(recipe, values, data, folder / "model" if made else None, folder)
    if base is not None and not base.real:
        notes.insert(0, f"tokenizer, lengths and template are stand-ins: {why_none(recipe)}")
    if recipe.model is not None and recipe.model.folder is None and not reached:
        unasked.insert(0, recipe.model.base)
    if unasked:
        notes.append(f"access: the Hub was not asked whether it gives {' and '.join(unasked)}")
    real = base is not None and base.real
    write_recipe(folder / "recipe.yaml", values, path)
    State(str(path), notes, data.own, data.there, data.taken, real, began).write(folder)
    return folder / "recipe.yaml"


def names_the_hub(recipe: Recipe) -> bool:
    hub = recipe.extract.hub
    writer = recipe.synthesize.provider
    models = (recipe.model, recipe.export, writer.model if isinstance(writer, Local) else None)
    named = any(model is not None and model.folder is None for model in models)
    return named or (hub is not None and not hub.folder)


def base_of(recipe: Recipe, reached: bool) -> Base | None:
    """Where the base comes from; None for a method without one. reached: the Hub answers."""
    return None if recipe.model is None else find_base(recipe.model, reached)


def why_none(recipe: Recipe) -> str:
    """Where the base's own were looked for."""
    assert recipe.model is not None
    if recipe.model.folder is not None:
        return f"no model in {recipe.model.base} yet"
    return f"{recipe.model.base} is neither in the cache nor to be had from the Hub now"


def empty(folder: Path) -> None:
    """Remove an earlier rehearsal. Raises UserError where the folder is something else."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / REHEARSAL).is_file():
        raise UserError(f"{folder}: not of a rehearsal; move it away, or rehearse with another --run NAME")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def write_recipe(target: Path, values: dict[str, object], source: Path) -> None:
    partial = target.with_suffix(".partial")
    body = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)
    partial.write_text(f"# A rehearsal of {source}\n{body}", encoding="utf-8")
    partial.replace(target)


def get_ready(path: Path) -> None:
    """After 03, when it is known what there is to learn: the model, and a few steps."""
    recipe = load_recipe(path)
    folder = artifacts_folder() / f"{recipe.run}{SUFFIX}"
    read_state(folder)
    examples = folder / "03_synthesize" / "examples.jsonl"
    if not examples.is_file():
        raise UserError(f"{examples}: not there; ./run_all.sh {path} --rehearse makes it")
    base = base_of(recipe, reached=False)  # what the Hub had is in the cache now
    if base is not None and not base.as_it_is:
        make_model(base, texts(examples), folder / "model", recipe.seed)
    if not isinstance(recipe.train, Linear):
        own = folder / "recipe.yaml"
        values = yaml.safe_load(own.read_text(encoding="utf-8"))
        shorten(values["train"], steps_an_epoch(split_counts(examples)["train"], recipe.train))
        write_recipe(own, values, path)


def end(path: Path) -> None:
    """Say what is proven."""
    recipe = load_recipe(path)
    folder = artifacts_folder() / f"{recipe.run}{SUFFIX}"
    print("\n".join(verdict(recipe, read_state(folder), folder)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--shorten", action="store_true", help="after 03: the model, and a few steps")
    part.add_argument("--verdict", action="store_true", help="after the stages: PASS or PARTIAL")
    options = parser.parse_args()
    if options.shorten:
        get_ready(options.recipe)
    elif options.verdict:
        end(options.recipe)
    else:
        made = begin(options.recipe)
        print(os.path.relpath(made, ROOT) if (Path.cwd() / made).is_relative_to(ROOT) else made)


if __name__ == "__main__":
    exit_with(main, "rehearse.py")
