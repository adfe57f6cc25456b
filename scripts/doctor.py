"""Say what a recipe will miss on this machine, what it would take on another, or pack a run for a bug report.

    python scripts/doctor.py recipes/demo.yaml               # exit code 2 where a run would fail
    python scripts/doctor.py recipes/your/rows.yaml --card rtx4090 --price 0.69    # from a laptop
    python scripts/doctor.py --bundle demo                   # artifacts/demo-bundle.zip

Needs   a second and no GPU; the network where the base is on the Hub. A bundle holds manifests, logs and the
        recipe: no book text, no key.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inkprint.command import artifacts_folder, exit_with
from inkprint.doctor.bundle import pack
from inkprint.doctor.machine import examine
from inkprint.doctor.needs import (
    CARDS,
    GB,
    GIB,
    disk_bytes,
    export_bytes,
    gpu_bytes,
    parameters,
    train_hours,
    train_rows,
    train_steps,
    what_would_fit,
)
from inkprint.errors import UserError
from inkprint.recipe import Recipe
from inkprint.recipe_file import load_recipe


def check(recipe: Recipe) -> bool:
    """Print every finding; True where nothing would stop the run."""
    good = True
    for finding in examine(recipe, artifacts_folder()):
        good = good and not finding.fatal
        state = "STOP" if finding.fatal else "look" if finding.mend else "ok"
        print(f"{state:<5} {finding.what}{': ' if finding.mend else ''}{finding.mend}")
    return good


def plan(recipe: Recipe, card_name: str, price: float | None) -> bool:
    """Print memory, disk, hours and dollars on a card, all of them estimates; False where it does not fit."""
    card = CARDS[card_name]
    if recipe.model is None:
        print("no base model: any machine will do")
        return True
    count = parameters(recipe.model)
    if count is None:
        raise UserError(f"model.base {recipe.model.base}: its name does not say how large it is")
    memory = gpu_bytes(recipe, count)
    fits = memory <= card.memory_bytes
    print(
        f"{recipe.model.base}: {count / 1e9:.2g} billion parameters on one {card.name}; all of it estimated"
    )
    print(f"memory  {memory / GIB:.0f} of {card.memory_bytes / GIB:.0f} GB{'' if fits else ': does not fit'}")
    if not fits:
        print(f"        {what_would_fit(recipe, count, card.memory_bytes)}")
    print(
        f"disk    {disk_bytes(recipe, count) / GB:.0f} GB for the base and the results, 12 GB for the image,"
        f" {export_bytes(recipe, count) / GB:.0f} GB for merged weights and a GGUF"
    )
    rows = train_rows(artifacts_folder() / recipe.run)
    if rows is None:
        print("hours   not known before 03 has run here: ./run_all.sh RECIPE --estimate says what that costs")
        return fits
    hours = train_hours(recipe, count, sum(rows), card)
    print(
        f"hours   {hours:.1f} of training: {sum(rows):,.0f} tokens x {recipe.train.epochs:g},"
        f" {train_steps(recipe, len(rows)):,} steps; answers on top"
    )
    if price is not None:
        print(f"dollars {hours * price:.2f} at {price:.2f} an hour")
    return fits


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path, nargs="?", help="the demo's, if none is named")
    parser.add_argument(
        "--card", choices=CARDS, help="reckon for this card instead of looking at this machine"
    )
    parser.add_argument("--price", type=float, metavar="DOLLARS", help="of the card, an hour")
    parser.add_argument("--bundle", metavar="RUN", help="pack a run's manifests and logs for a bug report")
    options = parser.parse_args()
    if options.bundle:
        if options.recipe or options.card:
            parser.error("--bundle takes the name of a run and nothing else")
        print(pack(artifacts_folder(), options.bundle))
        return
    if options.price is not None and not options.card:
        parser.error("--price needs --card")
    recipe = load_recipe(options.recipe or Path("recipes/demo.yaml"))
    good = plan(recipe, options.card, options.price) if options.card else check(recipe)
    if not good:
        sys.exit(2)


if __name__ == "__main__":
    exit_with(main, "doctor.py")
