"""What 04 left, by the recipe's method, and what it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inkprint.artifacts import read_manifest
from inkprint.errors import UserError
from inkprint.models import MODEL_FILES, base_commit, base_inputs
from inkprint.recipe import Recipe
from inkprint.recipe_values import Model

ADAPTER, MODEL, LINEAR = "04_train/adapter", "04_train/model", "04_train/linear"


def trained_files(recipe: Recipe, run_folder: Path) -> dict[str, Path]:
    """The files that 05 loads, by name; of a whole model those that are there."""
    if recipe.train.method == "full":
        files = {path for pattern in MODEL_FILES for path in (run_folder / MODEL).glob(pattern)}
        names = [f"{MODEL}/{path.name}" for path in sorted(files | {run_folder / MODEL / "config.json"})]
    elif recipe.train.method == "linear":
        names = [f"{LINEAR}/weights.safetensors", f"{LINEAR}/vocabulary.json"]
    else:
        names = [f"{ADAPTER}/adapter_config.json", f"{ADAPTER}/adapter_model.safetensors"]
    return {name: run_folder / name for name in names}


def require_trained(recipe: Recipe, run_folder: Path, recipe_path: Path) -> dict[str, Path]:
    """The same. Raises UserError for one that is not there, with what makes it."""
    files = trained_files(recipe, run_folder)
    for path in files.values():
        if not path.is_file():
            raise UserError(f"{path}: not there; make it with: python scripts/04_train.py {recipe_path}")
    return files


def check_commit(base: Model, run_folder: Path) -> None:
    """Raise UserError where the base's revision, a branch, has moved on the Hub since 04 learned with it."""
    learned = (read_manifest(run_folder / "04_train") or {}).get("base_commit")
    if learned is None or (now := base_commit(base)) in (None, learned):
        return
    raise UserError(
        f"model.revision: {base.revision} of {base.base} was {learned} when 04 learned and is {now} now;"
        f" write revision: {learned}"
    )


def full_model(recipe: Recipe, run_folder: Path) -> Model:
    """What 04 made where every weight moved, to be loaded as a base is."""
    assert recipe.model is not None and recipe.train.method == "full"
    folder = str((run_folder / MODEL).resolve())
    return recipe.model.model_copy(update={"base": folder, "revision": None})


def needs_base(recipe: Recipe) -> bool:
    """Whether the base is loaded: as a variant, or to put the adapter on."""
    labels = recipe.generate.method == "classify"
    return recipe.model is not None and not (labels and recipe.train.method == "full")


def base_of(recipe: Recipe) -> dict[str, Any]:
    """The base as arguments of artifacts.Stage, where it is loaded."""
    if recipe.model is None or not needs_base(recipe):
        return {}
    return base_inputs(recipe.model)
