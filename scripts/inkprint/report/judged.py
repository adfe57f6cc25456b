"""What the report says of the judge: marks, pairs, how far it can be trusted, and its own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inkprint.evaluate.judge import CHOSEN, MARKED, PLACES
from inkprint.jsonl import read_records
from inkprint.records import Judgement
from inkprint.report.numbers import bounds, number

FIGURES = ("marks", "boxes")  # which stand in the judge's own section
RHO = {"share": False, "decimals": 2}  # how a rank correlation is printed


def describe(result: dict[str, Any], judgements: Path | None, shown: int) -> dict[str, Any] | None:
    """What the template needs; None without a judge."""
    facts, metrics = result.get("judge"), result["metrics"]
    if not facts or judgements is None:
        return None
    return facts | {
        "marks": _marks(metrics, facts["spread"]),
        "preferred": [
            (metrics[name]["title"], metrics[name]) for name in CHOSEN if metrics.get(name, {}).get("items")
        ],
        "agreeing": _agreement(facts["agreement"], metrics),
        "said": _said(list(read_records(judgements, Judgement)), shown),
    }


def _marks(metrics: dict[str, Any], spread: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each text that was marked: mean with interval and standard deviation of both marks."""
    rows = []
    for name in PLACES:
        cells = [
            {
                "mean": number(metrics[metric]["means"][name]["value"], metrics[metric]),
                "bounds": bounds(metrics[metric]["means"][name], metrics[metric]),
                "spread": f"{spread[metric][name]:.3f}" if name in spread.get(metric, {}) else "",
            }
            for metric in MARKED
            if name in metrics.get(metric, {}).get("means", {})
        ]
        if cells:
            rows.append({"name": name, "cells": cells})
    return rows


def _agreement(agreement: dict[str, list[dict[str, Any]]], metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each metric: its rank correlation with both marks."""
    rows: dict[str, dict[str, Any]] = {}
    for place, judged in enumerate(MARKED):
        for found in agreement.get(judged, []):
            row = rows.setdefault(
                found["metric"], {"title": metrics[found["metric"]]["title"], "cells": ["–", "–"]}
            )
            row["cells"][place] = _rho(found)
    return list(rows.values())


def _rho(found: dict[str, Any]) -> str:
    if found["rho"] is None:
        return "too few differ"
    return f"{number(found['rho'], RHO, True)} {bounds(found, RHO, True)}".rstrip()


def _said(judgements: list[Judgement], shown: int) -> list[dict[str, Any]]:
    """What it said of the first prompts, all of a prompt together."""
    of_prompt: dict[str, list[Judgement]] = {}
    for one in judgements:
        of_prompt.setdefault(one.example_id, []).append(one)
    return [{"example_id": name, "judgements": of_prompt[name]} for name in list(of_prompt)[:shown]]
