"""What the tuned models of all runs say to the same held-out prompts, drawn by seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inkprint.compare.finished import ANSWERS, Finished
from inkprint.compare.measuring import VARIANTS
from inkprint.jsonl import read_records
from inkprint.records import Answer, Recital
from inkprint.report import chats, documents, rows

SHOWN = 6


def prompts_of_all(runs: Sequence[Finished], common: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """Each prompt with every run's base and tuned answer; none where no prompt was put to all runs."""
    answers = {run.name: list(read_records(run.folder / ANSWERS, Answer)) for run in runs}
    wanted = set(common)
    asked = [{answer.example_id for answer in of if answer.source_id in wanted} for of in answers.values()]
    shared = set.intersection(*asked)
    by_run = {}
    for run in runs:
        own = [answer for answer in answers[run.name] if answer.example_id in shared]
        recitals = list(read_records(run.folder / "06_evaluate/recitals.jsonl", Recital))
        # The same ids and seed draw the same prompts of every run.
        by_run[run.name] = chats.side_by_side(own, recitals, _places(run), SHOWN, seed)
    return [
        {
            "example": of_prompt[0]["example"],
            "place": of_prompt[0]["place"],
            "voices": [
                (variant, f"{name}: {variant}", said)
                for name, prompt in zip(by_run, of_prompt, strict=True)
                for variant, said in prompt["voices"]
                if variant in VARIANTS
            ],
        }
        for of_prompt in zip(*by_run.values(), strict=True)
    ]


def _places(run: Finished) -> dict[str, str]:
    data = documents if run.recipe.extract.columns is None else rows
    return data.places({name: run.folder / name for name in data.INPUTS})
