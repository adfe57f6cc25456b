"""Checkpoints that are whole, what is written beside them, and which one is the best.

training_log.jsonl and samples.jsonl are written beside the checkpoints while training goes on. A checkpoint
counts only once it holds the file `complete`, written after everything else, so that a kill in the middle of
saving is survived; the file says how long the two were, which are cut back to that on resuming.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inkprint.jsonl import write_json

COMPLETE = "complete"
BESIDE = ("training_log.jsonl", "samples.jsonl")


def clear_checkpoints(folder: Path) -> None:
    """Make the folder, or delete what a kill left of a checkpoint in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("checkpoint-*"):
        if not (path / COMPLETE).is_file():
            shutil.rmtree(path)


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{COMPLETE}")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def mark_complete(checkpoint: Path, work_folder: Path, seconds: float) -> None:
    """Say that a checkpoint is whole, and what stood beside it by then. seconds: of training, in all."""
    sizes = {name: _size(work_folder / name) for name in BESIDE}
    write_json(checkpoint / COMPLETE, {"bytes": sizes, "seconds": round(seconds, 1)})


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def rewind(work_folder: Path, checkpoint: Path | None) -> float:
    """Cut what was written back to what it was at the checkpoint. Returns the seconds trained until then."""
    if checkpoint is None:
        for name in BESIDE:
            (work_folder / name).unlink(missing_ok=True)
        return 0.0
    note = json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))
    for name, size in note["bytes"].items():
        if (work_folder / name).exists():
            os.truncate(work_folder / name, size)
    return note["seconds"]


def read_log(log: Path) -> list[dict[str, Any]]:
    with log.open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def validation_losses(history: Iterable[dict[str, Any]]) -> list[tuple[int, float]]:
    """(step, loss) of every look at the validation split since training began, from the trainer's history."""
    return [
        (entry["step"], entry["eval_loss"]) for entry in history if entry.get("step") and "eval_loss" in entry
    ]


def best_step(losses: list[tuple[int, float]]) -> int:
    """The step with the lowest validation loss, the first of equal ones."""
    return min(losses, key=lambda pair: pair[1])[0]


def has_stopped(losses: list[tuple[int, float]], patience: int | None) -> bool:
    """Whether the last `patience` looks brought no better validation loss; null never stops."""
    if patience is None or len(losses) <= patience:
        return False
    best = best_step(losses)
    return sum(step > best for step, _ in losses) >= patience
