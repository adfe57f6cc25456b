"""What changed from one run to the next: settings of the recipe, and whether the examples are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from inkprint.compare.finished import Finished
from inkprint.compare.summary_rows import base_name

EXAMPLES = "03_synthesize/examples.jsonl"
NOT_THERE = "–"
# How a run is called and what its report shows changes no number.
_ASIDE = ("run", "report.", "model.revision")
_HIDDEN = "(left out)"


def changes(runs: Sequence[Finished], redact: bool) -> list[dict[str, Any]]:
    """For each run and the one before it: every setting that differs, old and new, as the recipe writes it.

    redact: whatever may be a path, and costs, are named without their values.
    """
    return [
        {
            "runs": [one.name, other.name],
            "same_examples": _examples(one) == _examples(other),
            "settings": list(_settings(one, other, redact)),
        }
        for one, other in pairwise(runs)
    ]


def _settings(one: Finished, other: Finished, redact: bool) -> Iterator[dict[str, str]]:
    before, after = (_flat(run) for run in (one, other))
    for key in dict.fromkeys([*before, *after]):
        values = [found.get(key, NOT_THERE) for found in (before, after)]
        if values[0] == values[1] or key.startswith(_ASIDE):
            continue
        if key == "model.base":
            values = [base_name(run, redact) for run in (one, other)]
        elif redact and ("dollar" in key or any("/" in value for value in values)):
            values = [_HIDDEN, _HIDDEN]
        yield {"key": key, "before": values[0], "after": values[1]}


def _flat(run: Finished) -> dict[str, str]:
    """A recipe's settings by their way through the sections, `train.rank`, each as text."""
    found: dict[str, str] = {}

    def add(way: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(f"{way}.{key}" if way else key, inner)
        else:
            found[way] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    add("", run.recipe.model_dump(mode="json"))
    return found


def _examples(run: Finished) -> str | None:
    return run.manifests["train"]["inputs"].get(EXAMPLES)
