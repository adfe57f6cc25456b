"""Following the trainer, in the process that leads: its log as JSONL, the progress bar, whole checkpoints."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from inkprint.train.checkpoints import mark_complete
from inkprint.train.memory import Batch, Shortage

NAMES = {
    "eval_loss": "validation_loss",
    "eval_accuracy": "validation_accuracy",
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
}


class Follow(TrainerCallback):
    """Writes the log, moves the bar, marks checkpoints as complete."""

    def __init__(
        self, work_folder: Path, advance: Any, tokens_per_epoch: int, resumed_seconds: float
    ) -> None:
        self._folder, self._advance = work_folder, advance
        self._log = work_folder / "training_log.jsonl"
        self._tokens_per_epoch = tokens_per_epoch
        self._started = time.monotonic() - resumed_seconds
        self._loss = ""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: object) -> None:
        if "loss" not in logs and "eval_loss" not in logs:
            return
        values = {ours: round(float(logs[theirs]), 8) for theirs, ours in NAMES.items() if theirs in logs}
        entry = {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)} | values
        if "loss" in logs:
            entry["tokens"] = round((state.epoch or 0.0) * self._tokens_per_epoch)
            self._loss = f"loss {logs['loss']:.3f}"
        self._write(entry)
        self._advance(state.global_step, self._loss, **values)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        self._advance(state.global_step, self._loss)

    def on_save(self, args: Any, state: Any, control: Any, **_: object) -> None:
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        mark_complete(checkpoint, self._folder, time.monotonic() - self._started)

    def tell_shortages(self, shortages: list[Shortage], batch: Batch, known: list[dict[str, Any]]) -> None:
        """Log each time that memory ran out and that the log does not tell of yet."""
        told = sum("out_of_memory" in entry for entry in known)
        for shortage in shortages[told:]:
            size = f"{shortage.batch_size} x {shortage.accumulation_steps}"
            self._write({"step": shortage.step, "out_of_memory": size, "goes_on_with": str(batch)})

    def tell_stop(self, step: int, best: int) -> None:
        """Log that training ended before its time."""
        self._write({"step": step, "stopped": f"no better validation loss since step {best}"})

    def _write(self, entry: dict[str, Any]) -> None:
        entry["seconds"] = round(time.monotonic() - self._started, 1)
        with self._log.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry) + "\n")
