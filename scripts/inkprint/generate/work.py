"""The stage's work in jobs: each is kept as it finishes, and several processes can share them.

A killed run goes on behind its finished jobs. Under torchrun (`torchrun --nproc_per_node=2 05_generate.py
RECIPE`) every process loads the model on a card of its own and takes its turns; the first leads, waits for
the others and writes the result, which is that of one process. On several machines they need one folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.gpus import choose_gpus, find_gpus
from inkprint.records import AnyRecord, read_records, write_records

SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True)
class Turns:
    """Which jobs are this process's: every `of`-th, from `number` on. 0 leads."""

    number: int = 0
    of: int = 1

    def mine(self, job: int) -> bool:
        return job % self.of == self.number


def take_turns() -> Turns:
    """This process's turns among torchrun's. From here on it is on its own, with one card.

    Call it before torch is imported: what torchrun says of the others would have libraries join them.
    """
    number, local = (int(os.environ.pop(name, "0")) for name in ("RANK", "LOCAL_RANK"))
    of, beside = (int(os.environ.pop(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    if beside > 1 and (gpus := find_gpus()):
        os.environ["CUDA_VISIBLE_DEVICES"] = choose_gpus(gpus, beside)[local].uuid
    return Turns(number, of)


def settled(command: Command, stage: Stage, turns: Turns, check: Callable[[], None]) -> bool:
    """As command.settled; those that do not lead hold no lock and have a log of their own."""
    if turns.number == 0:
        return command.settled(stage, check)
    from inkprint.console import Output

    if command.plan or (stage.state()[0] and not command.force):
        return True
    command.check_inputs(stage)
    command.output = Output(command.run_folder / "logs" / f"rank-{turns.number}", stage.name)
    return False


@dataclass(frozen=True)
class Job:
    """What makes some records, and the file in which they are kept."""

    path: Path
    make: Callable[..., list[Any]]
    arguments: tuple[object, ...]

    def do(self, *first: object) -> None:
        """Unless an earlier, interrupted run did. first: arguments that were not there to be named before."""
        if not self.path.exists():
            partial = self.path.with_suffix(".partial")
            write_records(partial, self.make(*first, *self.arguments))
            partial.rename(self.path)

    def records(self, kind: type[AnyRecord]) -> list[AnyRecord]:
        """What was made, by whichever process, once it is there."""
        while not self.path.exists():
            time.sleep(SECONDS_BETWEEN_LOOKS)  # torchrun ends this process should the other one fail
        return list(read_records(self.path, kind))
