"""Rows of the demo's prose under a recipe's own column names, for a table that is not there yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from math import ceil
from pathlib import Path

from inkprint.demo.prose import PASSAGE, read_prose
from inkprint.recipe import ROOT, Recipe
from inkprint.records import Role

PROSE = ROOT / "data" / "demo" / "world" / "prose"
LABELS = ("first", "second")  # where the recipe names none
ROWS_A_LABEL, MOST_ROWS = 30, 500
GROUPS = 20
# Of ten rows; each split gets some of each label.
SPLITS = ("train",) * 6 + ("validation",) * 2 + ("test",) * 2


def write_rows(recipe: Recipe, folder: Path) -> int:
    """Write the rows where their columns say: as JSON Lines, or as a text in each file. Returns how many."""
    assert recipe.extract.columns is not None
    columns, count = recipe.extract.columns, 0
    for fields in made_up_rows(recipe):
        by_column = {columns[role]: text for role, text in fields.items()}
        below = folder / _as_name(by_column.get("<folder>", "."))
        below.mkdir(parents=True, exist_ok=True)
        if "<content>" in by_column:
            (below / f"{count:04}.txt").write_text(by_column["<content>"], encoding="utf-8")
        else:
            name = _as_name(by_column.get("<file>", "rows"))
            values = {column: text for column, text in by_column.items() if not column.startswith("<")}
            with (below / f"{name}.jsonl").open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(values, ensure_ascii=False) + "\n")
        count += 1
    return count


def made_up_rows(recipe: Recipe) -> Iterator[dict[Role, str]]:
    """Rows by what their columns are to us, as many as every split of every label needs."""
    roles = recipe.extract.columns or {}
    labels = recipe.extract.labels or LABELS
    settings = recipe.prepare
    least = min(share for share in (settings.validation, settings.test) if isinstance(share, float))
    a_label = max(ROWS_A_LABEL, ceil(1.5 / least))
    texts = [(prompt, answer) for prompt, answer in read_prose(PROSE) if not prompt.startswith(PASSAGE)]
    count = min(a_label * (len(labels) if "label" in roles else 2), MOST_ROWS, len(texts) // 2)
    turn = cycle(labels)
    for number, (prompt, answer) in enumerate(texts[:count]):
        label = next(turn)
        every: dict[Role, str] = {
            "text": answer,
            "system": "You keep a lighthouse.",
            "prompt": prompt,
            "input": texts[-1 - number][1] if number % 2 else "",
            "answer": answer,
            "label": label,
            "group": f"group {number % GROUPS}",
            "split": SPLITS[number // len(labels) % len(SPLITS)],
        }
        yield {role: text for role, text in every.items() if role in roles}


def _as_name(text: str) -> str:
    return text.replace("/", "-")
