"""What takes the most memory, done once before training begins; it leaves no trace in the result."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from inkprint.train.plan import Plan
from inkprint.train.randomness import undisturbed


class TryOut(TrainerCallback):
    """One forward and backward on the longest batch and one look at the longest validation batch."""

    def __init__(self, trainer: Any, plan: Plan) -> None:
        self._trainer, self._plan = trainer, plan

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: object) -> None:
        trainer = self._trainer
        with undisturbed():
            longest = self._collated(
                trainer.train_dataset, self._plan.longest(args.per_device_train_batch_size)
            )
            trainer.current_gradient_accumulation_steps = args.gradient_accumulation_steps
            batches, items = trainer.get_batch_samples(iter([longest]), 1, args.device)
            loss = trainer.training_step(trainer.model_wrapped, batches[0], items)
            trainer.model.zero_grad(set_to_none=True)
            assert loss.isfinite(), f"the loss of the longest batch is {loss.item()}"
            # The validation rows are in the order of their length.
            count = len(trainer.eval_dataset)
            last = range(max(0, count - args.per_device_eval_batch_size), count)
            trainer.model.eval()
            trainer.prediction_step(
                trainer.model, self._collated(trainer.eval_dataset, list(last)), prediction_loss_only=True
            )

    def _collated(self, dataset: Any, rows: list[int]) -> dict[str, Any]:
        return self._trainer.data_collator([dataset[row] for row in rows])
