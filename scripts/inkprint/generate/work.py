"""The stage's work in jobs: each is kept as it finishes, and several processes can share them.

A killed run goes on behind its finished jobs. With `gpus: 2`, or under torchrun (`torchrun --nproc_per_node=2
05_generate.py RECIPE`), every process loads the model on a card of its own and takes its turns; the first
leads, waits for the others and writes the result: that of one process. On several machines they need one
folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.company import rank
from inkprint.gpus import choose_gpus, find_gpus
from inkprint.jsonl import AnyRecord, read_records, write_records

SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True)
class Turns:
    """Which jobs are this process's: every `of`-th, from `number` on. 0 leads.

    wait: until the others have ended, where this process started them.
    """

    number: int = 0
    of: int = 1
    wait: Callable[[], None] = field(default=lambda: None, compare=False)

    def mine(self, job: int) -> bool:
        return job % self.of == self.number


def take_turns(wait: Callable[[], None] = lambda: None) -> Turns:
    """This process's turns among those that work together. From here on it is on its own, with one card.

    Call it before torch is imported: what the environment says of the others would have libraries join them.
    """
    number, local = (int(os.environ.pop(name, "0")) for name in ("RANK", "LOCAL_RANK"))
    of, beside = (int(os.environ.pop(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    if beside > 1 and (gpus := find_gpus()):
        os.environ["CUDA_VISIBLE_DEVICES"] = choose_gpus(gpus, beside)[local].uuid
    return Turns(number, of, wait)


def settled(command: Command, stage: Stage, check: Callable[[], None]) -> bool:
    """As command.settled; those that do not lead hold no lock and have a log of their own."""
    if rank() == 0:
        done = command.settled(stage, check)
    else:
        from inkprint.console import Output

        done = command.plan or (stage.state()[0] and not command.force)
        if not done:
            command.check_inputs(stage)
            command.output = Output(command.run_folder / "logs" / f"rank-{rank()}", stage.name)
    if not done:
        stage.work_folder.mkdir(parents=True, exist_ok=True)
    return done


@dataclass(frozen=True)
class Job:
    """What makes some records, and the file in which they are kept."""

    path: Path
    make: Callable[..., list[Any]]
    arguments: tuple[object, ...]

    def do(self, *first: object) -> None:
        """Unless an earlier, interrupted run did. first: arguments that were not there to be named before.

        Where the folder is gone, the leader had every job and has finished without this process.
        """
        if not self.path.exists() and self.path.parent.exists():
            partial = self.path.with_suffix(".partial")
            write_records(partial, self.make(*first, *self.arguments))
            partial.rename(self.path)

    def records(self, kind: type[AnyRecord]) -> list[AnyRecord]:
        """What was made, by whichever process, once it is there."""
        while not self.path.exists():
            time.sleep(SECONDS_BETWEEN_LOOKS)  # should the other fail, company or torchrun interrupts this
        return list(read_records(self.path, kind))
