"""Every other metric of the runs' own reports, run by run over the common text: means, no tests.

What is tested across runs are the few metrics of one unit. The others are shown because readers look for
them, with the reason where runs were measured by different rulers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from inkprint.compare.finished import Finished
from inkprint.compare.measuring import described
from inkprint.compare.rulers import why_not
from inkprint.evaluate.metrics import METRICS
from inkprint.evaluate.summary import measure

SHOWN = ("base", "prompted", "tuned", "reference")


def every_metric(
    runs: Sequence[Finished], common: Sequence[str], effects: dict[str, dict[str, Any]], samples: int
) -> list[dict[str, Any]]:
    """In the order of the first report that has it; those whose effect is shown already are left out.

    The voice's single signals are, too: each run's are by its own windows.
    """
    names = dict.fromkeys(name for run in runs for name in run.result["metrics"] if name in METRICS)
    tested = {name for of_run in effects.values() for name in of_run}
    found = [
        _one(name, runs, common, samples)
        for name in names
        if name not in tested and not name.startswith("voice")
    ]
    return [metric for metric in found if metric["runs"]]


def _one(name: str, runs: Sequence[Finished], common: Sequence[str], samples: int) -> dict[str, Any]:
    wanted, of_run, words = set(common), {}, {}
    there = [run for run in runs if run.result["metrics"].get(name, {}).get("items")]
    for run in there:
        scores = [score for of in run.scores[name].values() for score in of if score.source_id in wanted]
        measured = measure(name, METRICS[name], scores, samples, run.recipe.seed)
        if measured["items"]:
            means = {variant: measured["means"][variant] for variant in SHOWN if variant in measured["means"]}
            of_run[run.name] = {"sources": measured["sources"], "means": means}
            words[run.name] = described(run, name)
    reasons = [why_not(name, one, other, common) for one, other in combinations(there, 2)]
    if len({of["what"] for of in words.values()}) > 1:
        reasons.append(", ".join(f"{run}: “{of['what']}”" for run, of in words.items()))
    first = next(iter(words.values()), {})
    return {"metric": name, **first, "runs": of_run, "why": "; ".join(dict.fromkeys(filter(None, reasons)))}
