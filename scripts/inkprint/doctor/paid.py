"""What is paid for: whether there is a key and a price, for the judge and for the writer of examples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from inkprint.artifacts import read_manifest, stage_folder
from inkprint.asking.claude import BASE_URL, KEY, host
from inkprint.asking.prices import price_of, read_prices
from inkprint.doctor.finding import Finding
from inkprint.errors import UserError
from inkprint.recipe import Evaluate, Recipe
from inkprint.recipe_synthesize import Claude, ClaudeBatch


def judge(recipe: Recipe, artifacts: Path) -> Iterator[Finding]:
    """What the judge needs; better known before the hours of training than after them."""
    settings = recipe.evaluate.judge if isinstance(recipe.evaluate, Evaluate) else None
    if settings is None:
        return
    made = read_manifest(stage_folder(artifacts / recipe.run, "evaluate")) is not None
    for finding in (price(settings.provider, recipe.max_dollars), key()):
        yield replace(finding, what=f"judge's {finding.what}", fatal=finding.fatal and not made)


def price(provider: Claude | ClaudeBatch, max_dollars: float) -> Finding:
    try:
        prices = read_prices()
        found = price_of(provider.model, prices)
    except UserError as error:
        what, _, mend = str(error).partition("; ")
        return Finding(f"price: {what}", mend or "mend that file", fatal=True)
    read, written = (found.of(*tokens, isinstance(provider, ClaudeBatch)) for tokens in ((1e6, 0), (0, 1e6)))
    said = f"price: {provider.model}, ${read:g} a million tokens in and ${written:g} out, as of {prices.date}"
    if max_dollars == 0 and read + written > 0:
        return Finding(f"{said}; max_dollars is 0", "raise it: nothing would be asked", fatal=True)
    return Finding(f"{said}; at most ${max_dollars:,.2f} in all")


def key() -> Finding:
    """Whether there is a key; what it is, nobody is told."""
    try:
        asked = host()
    except UserError as error:
        return Finding(f"server: {error}", "mend it, or take it out: then Claude is asked", fatal=True)
    if not os.environ.get(KEY, "").strip():
        return Finding(f"key: {KEY} is not set", "put it into .env, or export it", fatal=True)
    inside = "INKPRINT_IN_IMAGE" in os.environ and asked.startswith(("localhost", "127."))
    mend = f"in a container that is itself; for this machine write host.docker.internal into {BASE_URL}"
    return Finding(f"key: {KEY} is set; {asked} is asked", mend if inside else "")
