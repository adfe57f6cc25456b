"""Out of memory: fewer rows at a time, more of them before a step, from the last checkpoint on.

What did not fit is noted in the work folder, and the training starts again in a process of its own, with
the memory of this one given back to the last byte.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from inkprint.command import Command
from inkprint.company import size
from inkprint.errors import UserError
from inkprint.jsonl import write_json
from inkprint.recipe_train import Tuning

NOTE = "out_of_memory.json"
KEPT_BYTES = 1e9  # of the layers' values between forward and backward, where they are kept on a CPU


@dataclass(frozen=True)
class Shortage:
    """Memory ran out at a step, with so many rows at a time."""

    step: int
    batch_size: int
    accumulation_steps: int


@dataclass(frozen=True)
class Batch:
    """Rows at a time, and how often before a step; their product is the recipe's."""

    batch_size: int
    accumulation_steps: int

    def narrower(self) -> Batch:
        """Half the rows at a time, or the largest part below that which divides them. UserError for one."""
        if self.batch_size == 1:
            raise UserError("train: out of memory with one row at a time; lower train.max_tokens, or take a"
                            " smaller model, method qlora, or a larger card")  # fmt: skip
        parts = [part for part in range(1, self.batch_size // 2 + 1) if self.batch_size % part == 0]
        return Batch(parts[-1], self.accumulation_steps * self.batch_size // parts[-1])

    def __str__(self) -> str:
        return f"{self.batch_size} x {self.accumulation_steps}"


def recomputes(config: Any, rows: int, tokens: int, always: bool) -> bool:
    """Whether a step makes the layers' values once more on its way back, instead of keeping them.

    On a GPU always: memory is what limits it (gradient checkpointing). On a CPU a quarter of the time goes
    into that, and what a small model keeps is little. Either way a step is the same to the last bit.
    config: the model's. rows, tokens: of the largest batch. always: on a GPU.
    """
    config = config.get_text_config()  # of a model that sees, too, its language's alone
    width, layers, heads = config.hidden_size, config.num_hidden_layers, config.num_attention_heads
    between = (getattr(config, "intermediate_size", None) or 4 * width) * getattr(
        config, "num_experts_per_tok", 1
    )
    # Numbers a token and layer, more than what was seen: 72 MB where this says 300.
    numbers = rows * tokens * layers * (16 * width + 6 * between + 2 * heads * tokens)
    return always or 4 * numbers > KEPT_BYTES


def shortages(work_folder: Path) -> list[Shortage]:
    """What ran out so far in this training, first things first."""
    path = work_folder / NOTE
    if not path.is_file():
        return []
    return [Shortage(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def fitting_batch(settings: Tuning, work_folder: Path) -> Batch:
    """The recipe's batch, made narrower for each time that memory ran out."""
    batch = Batch(settings.batch_size, settings.accumulation_steps)
    for _ in shortages(work_folder):
        batch = batch.narrower()
    return batch


def batch_of(arguments: Any) -> Batch:
    """The batch that a trainer was made with; in the work folder another process may have noted its own."""
    return Batch(arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps * size())


def is_shortage(error: RuntimeError) -> bool:
    """Whether memory ran out, a card's or this machine's; of the latter torch has no class of its own."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate" in str(error)


def note_shortage(work_folder: Path, batch: Batch, step: int) -> None:
    """Note that the batch did not fit, unless another process has. UserError where none is narrower."""
    batch.narrower()
    known = shortages(work_folder)
    if all(shortage.batch_size != batch.batch_size for shortage in known):
        now = Shortage(step, batch.batch_size, batch.accumulation_steps)
        write_json(work_folder / NOTE, [asdict(shortage) for shortage in [*known, now]])


def start_again(command: Command, batch: Batch) -> NoReturn:
    """Put a fresh process in place of this one; it goes on from the last checkpoint.

    Raises UserError under torchrun, which has to start all the machines' processes.
    """
    if "WORLD_SIZE" in os.environ:
        raise UserError(f"train: out of memory; the same command goes on with batches of {batch}")
    print(f"   out of memory: goes on with batches of {batch}", flush=True)
    command.working().close()
    os.execv(sys.executable, command.again())
