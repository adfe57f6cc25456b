"""How the examples were made: who wrote them, what became of all that were planned, some of the rejected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inkprint.artifacts import read_manifest
from inkprint.draws import draw, in_turns
from inkprint.errors import UserError
from inkprint.jsonl import read_records
from inkprint.records import Reject
from inkprint.report.numbers import dollars

REASONS_SHOWN = 12
REJECTS_SHOWN = 6
CHARACTERS_SHOWN = 3000  # of a reject: a model that finds no end writes until its limit of tokens


class Made(NamedTuple):
    """What the page counts of an example."""

    task: str
    split: str
    written_by: str  # "" where nothing was written: a text and its label


def how_made(examples: Sequence[Made], rejects: Path, seed: int) -> dict[str, Any]:
    """What the page shows of 03, counted in its files; `planned` of all is what its manifest says.

    Raises UserError for a stage folder without a manifest.
    """
    manifest = read_manifest(rejects.parent)
    if manifest is None:
        raise UserError(f"{rejects.parent}: has no manifest.json; make it again with --force")
    states: dict[str, Counter[str]] = defaultdict(Counter)
    writers: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        states[example.task]["made"] += 1
        writers[example.task].add(example.written_by)
    counted: Counter[str] = Counter()
    for task, state, reject in _left_out(rejects):
        states[task][state] += 1
        counted[reject.reason] += 1
    reasons, planned = counted.most_common(), manifest["counts"]["in"]
    total = sum(states.values(), Counter[str]())
    return {
        "tasks": [
            _row(task, ", ".join(sorted(writers[task])), found.total(), found)
            for task, found in sorted(states.items())
        ],
        "total": _row("all", "", planned, total),
        "adds_up": total.total() == planned,
        "reasons": reasons[:REASONS_SHOWN],
        "more_reasons": len(reasons[REASONS_SHOWN:]),
        "more_left_out": sum(count for _, count in reasons[REASONS_SHOWN:]),
        "shown": sample(rejects, [reason for reason, _ in reasons], seed),
        **_asked(manifest),
    }


def sample(rejects: Path, reasons: list[str], seed: int) -> list[dict[str, Any]]:
    """Some of the rejected: one of each reason, in their order, then a second; no text of a source twice."""
    drawn = draw(
        (
            (reject.reason, f"{reject.reason} {reject.source_id} {reject.text}", reject)
            for _, state, reject in _left_out(rejects)
            if state == "rejected"
        ),
        REJECTS_SHOWN,
        seed,
    )
    chosen = in_turns((drawn[reason] for reason in reasons if reason in drawn), REJECTS_SHOWN)
    return [
        reject.model_dump() | {"text": reject.text[:CHARACTERS_SHOWN], "characters": len(reject.text)}
        for reject in chosen
    ]


def _left_out(rejects: Path) -> Iterator[tuple[str, str, Reject]]:
    """Each reject with its task and state, by its reason: `task: check` or `task: failed: what happened`."""
    for reject in read_records(rejects, Reject):
        task, _, why = reject.reason.partition(": ")
        yield task, "failed" if why.startswith("failed: ") else "rejected", reject


def _row(task: str, written_by: str, planned: int, found: Counter[str]) -> dict[str, Any]:
    states = {state: found[state] for state in ("made", "rejected", "failed")}
    return {"task": task, "written_by": written_by, "planned": planned, **states}


def _asked(manifest: dict[str, Any]) -> dict[str, Any]:
    """Who was asked, how often, and what it cost; `writer` is "" where no model was."""
    if "writer" not in manifest:
        return {"writer": ""}
    again = Counter(manifest["tried_again"]).most_common()
    return {
        "writer": manifest["writer"],
        "requests": manifest["requests"],
        "tried_again": ", ".join(f"{count:,} × {fault}" for fault, count in again),
        "dollars": dollars(manifest["dollars"]),
        "paid_by": manifest.get("reused_from", ""),
    }
