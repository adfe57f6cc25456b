"""Save a recipe under another name, with some settings changed.

Reads   a recipe
Writes  artifacts/NAME/recipe.yaml    the recipe with `run: NAME` and the new values; prints its path

    python scripts/vary.py recipes/demo.yaml --run slow --set train.learning_rate=1e-4
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import yaml

from inkprint.command import artifacts_folder, exit_with
from inkprint.recipe import ROOT
from inkprint.recipe_file import check_recipe, load_recipe, override


def vary(recipe: Path, name: str, assignments: list[str]) -> Path:
    """Write the varied recipe and return its path; without assignments an earlier one of that name serves.

    Raises UserError for what would not be a recipe.
    """
    target = artifacts_folder() / name / "recipe.yaml"
    if not assignments and target.is_file():
        return target
    load_recipe(recipe)
    values = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    for assignment in assignments:
        override(values, assignment)
    values["run"] = name
    source = f"{recipe} with {' '.join(assignments)}" if assignments else str(recipe)
    check_recipe(values, source)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    body = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)
    partial.write_text(f"# {source}\n{body}", encoding="utf-8")
    partial.replace(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--run", required=True, metavar="NAME")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    options = parser.parse_args()
    target = vary(options.recipe, options.run, options.set)
    print(os.path.relpath(target, ROOT) if target.is_relative_to(ROOT) else target)


if __name__ == "__main__":
    exit_with(main, "vary.py")
