"""A finished run as a comparison reads it, refused where it is not whole or not as 06 left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.artifacts import NUMBERS, read_manifest, stage_folder
from inkprint.errors import UserError
from inkprint.hashes import hash_file
from inkprint.jsonl import read_records
from inkprint.recipe import EvaluateLabels, Recipe
from inkprint.recipe_file import load_recipe
from inkprint.records import Passage, Score, SplitRow
from inkprint.report.facts import read_json

STAGES = ("prepare", "synthesize", "train", "generate", "evaluate")
MEASURED = ("metrics.json", "scores.jsonl", "recitals.jsonl")  # of 06
ANSWERS = "05_generate/answers.jsonl"


@dataclass(frozen=True)
class Finished:
    """One run that went as far as 06, its scores by metric and variant."""

    name: str
    folder: Path
    recipe: Recipe
    manifests: dict[str, dict[str, Any]]  # by stage
    result: dict[str, Any]  # metrics.json
    held_out: list[str]  # 02's test passages or rows
    scores: dict[str, dict[str, list[Score]]]
    voice_words: int | None = (
        None  # the windows that its voice was judged anew in; None: as its own report has it
    )

    @property
    def primary(self) -> str:
        return self.result["primary"]


def load_runs(root: Path, names: Sequence[str], fewest: int = 2) -> list[Finished]:
    """At least `fewest` finished runs below `root`, each named once. Raises UserError for anything else."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{twice[0]}: named twice; a run tells nothing against itself")
    if len(names) < fewest:
        raise UserError(f"name {'two runs or more' if fewest > 1 else 'a run'}: {_those_there(root)}")
    runs = [_load(root, name) for name in names]
    formats = {run.name: run.manifests["evaluate"]["format"] for run in runs}
    old = min(runs, key=lambda run: formats[run.name])
    if len(set(formats.values())) > 1:
        raise UserError(
            f"{old.name}: 06 measured it by older code than another run, so that the numbers mean different"
            f" things; measure it again with: ./run_all.sh {old.folder / 'recipe.yaml'} --from evaluate"
        )
    return runs


def _load(root: Path, name: str) -> Finished:
    folder = root / name
    if Path(name).name != name or not folder.is_dir():
        raise UserError(f"{folder}: no such run; {_those_there(root)}")
    again = f"./run_all.sh {folder / 'recipe.yaml'}"
    manifests: dict[str, dict[str, Any]] = {}
    for stage in STAGES:
        manifest = read_manifest(stage_folder(folder, stage))
        if manifest is None:
            raise UserError(f"{folder}: {NUMBERS[stage]}_{stage} is not done; finish the run with: {again}")
        manifests[stage] = manifest
    recipe = load_recipe(folder / "recipe.yaml")
    if isinstance(recipe.evaluate, EvaluateLabels):
        raise UserError(f"{folder}: its model tells labels; runs of models that write are compared here")
    _check_intact(folder, manifests["evaluate"], again)
    evaluated = stage_folder(folder, "evaluate")
    result = read_json(evaluated / "metrics.json")
    if "voice" not in result:
        raise UserError(f"{evaluated}: made by older code; make it again with: {again} --from evaluate")
    scores: dict[str, dict[str, list[Score]]] = {}
    for score in read_records(evaluated / "scores.jsonl", Score):
        scores.setdefault(score.metric, {}).setdefault(score.variant, []).append(score)
    return Finished(name, folder, recipe, manifests, result, _held_out(folder, recipe), scores)


def _check_intact(folder: Path, evaluated: dict[str, Any], again: str) -> None:
    """Raise UserError unless 06's files are as it wrote them, from the answers that are there now."""
    wanted = {f"06_evaluate/{name}": evaluated["outputs"].get(name) for name in MEASURED}
    wanted |= {ANSWERS: evaluated["inputs"].get(ANSWERS)}
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file() or hash_file(path) != digest:
            raise UserError(f"{path}: not what 06 measured; make it again with: {again} --from evaluate")


def _held_out(folder: Path, recipe: Recipe) -> list[str]:
    prepared = stage_folder(folder, "prepare")
    if recipe.extract.columns is None:
        passages = read_records(prepared / "passages.jsonl", Passage)
        return [passage.id for passage in passages if passage.split == "test"]
    rows = read_records(prepared / "rows.jsonl", SplitRow)
    return [row.id for row in rows if row.split == "test"]


def _those_there(root: Path) -> str:
    there = sorted(path.name for path in root.glob("*") if (stage_folder(path, "evaluate")).is_dir())
    return f"runs that went as far as 06 in {root}: {', '.join(there) or 'none'}"
