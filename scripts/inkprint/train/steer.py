"""When to look at the validation split, to save and to stop: the same decisions in every process."""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback

from inkprint.recipe_train import Tuning
from inkprint.train import team
from inkprint.train.checkpoints import best_step, has_stopped, validation_losses


class Steer(TrainerCallback):
    """Looks at the end as well, saves what is best so far and so many minutes after the last time, stops."""

    def __init__(self, settings: Tuning) -> None:
        self._settings = settings
        self._saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        if state.global_step >= state.max_steps:
            control.should_evaluate = True
        minutes = self._settings.save_every_minutes
        # One clock for all: a process that saved alone would wait for the others for ever.
        if minutes is not None and team.leader_says(time.monotonic() - self._saved >= minutes * 60):
            control.should_save = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: object) -> None:
        losses = validation_losses(state.log_history)
        if not losses:  # the untouched base
            return
        if best_step(losses) == state.global_step:
            control.should_save = True
        if has_stopped(losses, self._settings.stop_after_evaluations):
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: object) -> None:
        self._saved = time.monotonic()
