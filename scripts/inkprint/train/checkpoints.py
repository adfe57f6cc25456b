"""Checkpoints that are whole, and the training log that goes with them.

training_log.jsonl is written beside the checkpoints while training goes on. A checkpoint counts
only once it holds the file `complete`, written after everything else, so that a kill in the middle
of saving is survived; the file says how long the log was, which is cut back to that on resuming.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

COMPLETE = "complete"


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


def rewind_log(log: Path, checkpoint: Path | None) -> float:
    """Cut the log back to what it was at the checkpoint. Returns the seconds trained until then."""
    if checkpoint is None:
        log.unlink(missing_ok=True)
        return 0.0
    note = json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))
    with log.open("r+b") as handle:
        handle.truncate(note["log_bytes"])
    return note["seconds"]


def read_log(log: Path) -> list[dict[str, Any]]:
    with log.open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]
