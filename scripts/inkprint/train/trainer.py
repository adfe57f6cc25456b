"""What TRL's and transformers' trainers are told alike: settings, the order of the rows, callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import Any

from inkprint.company import rank, size
from inkprint.errors import UserError
from inkprint.recipe import Recipe
from inkprint.train.memory import Batch
from inkprint.train.plan import Order, Plan
from inkprint.train.rows import IGNORED

CHECKPOINTS_KEPT = 3  # the best, the last, and the one before it should the last be damaged


def trainer_settings(recipe: Recipe, batch: Batch, checkpoints: Path, model: Any) -> dict[str, Any]:
    """Arguments of SFTConfig and TrainingArguments."""
    import torch

    settings = recipe.train
    gpu = torch.cuda.is_available()
    bf16 = gpu and torch.cuda.is_bf16_supported()
    return {
        "output_dir": str(checkpoints),
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": batch.batch_size,
        "per_device_eval_batch_size": batch.batch_size,  # never more memory than training
        "gradient_accumulation_steps": batch.accumulation_steps // size(),
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": settings.scheduler,
        "warmup_steps": settings.warmup_steps,
        "weight_decay": settings.weight_decay,
        # What works with 8 bits or in pages has no kernels for a CPU.
        "optim": settings.optimizer if gpu else "adamw_torch_fused",
        "bf16": bf16,
        "fp16": gpu and not bf16,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "logging_steps": 1,
        "eval_strategy": "steps",
        "eval_steps": settings.evaluate_every_steps,
        "metric_for_best_model": "loss",
        "greater_is_better": False,
        "save_strategy": "steps",
        "save_steps": settings.save_every_steps,
        "save_total_limit": CHECKPOINTS_KEPT,
        "dataloader_num_workers": 0,
        "disable_tqdm": True,
        "ddp_find_unused_parameters": some_may_rest(model),
        "report_to": settings.report_to,
    }


def check_reports(report_to: list[str]) -> None:
    """Raise UserError for a service whose library is not installed, or that the Trainer does not know."""
    from transformers.integrations import get_available_reporting_integrations

    for name in sorted(set(report_to) - set(get_available_reporting_integrations())):
        raise UserError(
            f"train.report_to: {name}: the trainer does not know it, or its library is not installed"
        )


def let_it_settle(config: Any) -> None:
    """One of several processes calls the CPU cpu:0, where torch cannot load a checkpoint's optimizer to."""
    import torch

    if config.device.type == "cpu":
        config.__dict__["_setup_devices"] = torch.device("cpu")


def some_may_rest(model: Any) -> bool:
    """Whether some of what is learned may take no part in a step: the matrices of an expert without a token.

    DDP has to look for such. The trainer's guess is that any adapter has some; where there are none, DDP
    searches at every step for nothing, and warns of that.
    """
    return any(".experts." in name and weights.requires_grad for name, weights in model.named_parameters())


def planned(kind: type, plan: Plan, texts: bool) -> type:
    """A trainer's class that goes through the rows in the plan's order, and weighs every token alike.

    Its validation loss is the mean over all tokens that are learned from, or over all texts, to the last one,
    whatever they are batched with and however many processes share them. The trainer's own is a mean of
    batches' means, in which processes count some rows twice. texts: of one label each; it tells how
    many it gets right.
    """

    class Planned(kind):  # type: ignore[misc, valid-type]
        def _get_train_sampler(self, train_dataset: Any = None) -> Order:
            return Order(plan, lambda: int(self.state.epoch or 0))

        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            import torch

            self.model.eval()
            sums = torch.zeros(3, device=self.args.device, dtype=torch.float64)  # loss, right ones, all
            for rows, counted in self._shares():
                own = self._sums(self.data_collator([self.eval_dataset[row] for row in rows]))
                sums += own * counted
            loss, right, count = self.accelerator.reduce(sums, "sum").tolist()
            metrics = {"eval_loss": loss / count}
            if texts:
                metrics["eval_accuracy"] = right / count
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def _shares(self) -> Iterator[tuple[range, bool]]:
            """This process's batches, and which count: TRL gathers at each, so that all need equally many."""
            rows, count = self.args.per_device_eval_batch_size, len(self.eval_dataset)
            batches = [range(start, min(start + rows, count)) for start in range(0, count, rows)]
            for turn in range(rank(), ceil(len(batches) / size()) * size(), size()):
                yield batches[turn % len(batches)], turn < len(batches)

        def _sums(self, batch: dict[str, Any]) -> Any:
            import torch

            loss, logits, labels = self.prediction_step(self.model, batch, prediction_loss_only=not texts)
            count = len(labels) if texts else (batch["labels"][:, 1:] != IGNORED).sum().item()
            right = (logits.argmax(-1) == labels).sum().item() if texts else 0
            return torch.tensor([loss.item() * count, right, count], device=self.args.device)

    return Planned


def by_length(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Columns of rows, the shortest first: what is only looked at needs no other order."""
    order = sorted(range(len(columns["input_ids"])), key=lambda row: len(columns["input_ids"][row]))
    return {name: [values[row] for row in order] for name, values in columns.items()}


def add_callbacks(trainer: Any, callbacks: Iterable[Any]) -> None:
    """Ours in place of the trainer's own way to print."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)  # Follow writes the log
    for callback in callbacks:
        trainer.add_callback(callback)


def optimizer_of(trainer: Any) -> str:
    """The optimizer that the trainer took, by transformers' name."""
    return str(getattr(trainer.args.optim, "value", trainer.args.optim))
