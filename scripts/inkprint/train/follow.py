"""Following the trainer: its log as JSONL, the progress bar, and checkpoints marked as whole."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from inkprint.records import write_json
from inkprint.train.checkpoints import COMPLETE


class Follow(TrainerCallback):
    """Writes the log, moves the bar, marks checkpoints as complete."""

    def __init__(self, log: Path, advance: Any, tokens_per_epoch: int, resumed_seconds: float) -> None:
        self._log, self._advance = log, advance
        self._tokens_per_epoch = tokens_per_epoch
        self._started = time.monotonic() - resumed_seconds
        self._loss = ""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: object) -> None:
        names = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm"}
        if "eval_loss" in logs:
            names = {"eval_loss": "validation_loss"}
        elif "loss" not in logs:
            return
        entry: dict[str, Any] = {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)}
        entry |= {ours: round(float(logs[theirs]), 8) for theirs, ours in names.items() if theirs in logs}
        if "loss" in logs:
            entry["tokens"] = round((state.epoch or 0.0) * self._tokens_per_epoch)
            self._loss = f"loss {logs['loss']:.3f}"
        entry["seconds"] = round(time.monotonic() - self._started, 1)
        with self._log.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry) + "\n")
        self._advance(state.global_step, self._loss, **{k: entry[k] for k in names.values() if k in entry})

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        self._advance(state.global_step, self._loss)

    def on_save(self, args: Any, state: Any, control: Any, **_: object) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        note = {
            "log_bytes": self._log.stat().st_size if self._log.exists() else 0,
            "seconds": round(time.monotonic() - self._started, 1),
        }
        write_json(folder / COMPLETE, note)
