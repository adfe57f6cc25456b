"""What a training will take of the machine that it is about to begin on: estimates, in a line or two."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from inkprint.console import duration
from inkprint.doctor.needs import (
    CARDS,
    GB,
    GIB,
    USED,
    Card,
    disk_bytes,
    gpu_bytes,
    parameters,
    train_hours,
    what_would_fit,
)
from inkprint.gpus import choose_gpus, find_gpus
from inkprint.recipe import Recipe

# 5 million parameters in 32 bits on two cores of an AMD EPYC did 96e9 a second; smaller models do less.
CORE_FLOPS = 48e9
# Of a CPU's memory torch, Unsloth and logits in 32 bits take that more: 0.9 to 1.9 GB were seen in all with
# models of 1 to 3 million parameters.
CPU_BYTES = 1e9


def here(processes: int) -> Card:
    """What trains: so many cards like the largest here, at once, or all of the CPU's cores.

    Its memory is that of one card; its flops are 0 for a card that CARDS does not have.
    """
    gpus = find_gpus()
    if not gpus:
        cores = os.cpu_count() or 1
        memory = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        return Card(f"{cores} cores", memory - CPU_BYTES, cores * CORE_FLOPS / USED)
    (largest,) = choose_gpus(gpus, 1)
    known = card_of(largest.name)
    name = largest.name if processes == 1 else f"{processes} x {largest.name}"
    return Card(name, largest.memory_bytes, processes * known.flops if known else 0.0)


def card_of(name: str) -> Card | None:
    """The card of CARDS that nvidia-smi calls so; a laptop's is another one."""
    words = re.split(r"[\s-]+", name)
    if "Laptop" in words:
        return None
    return next((card for card in CARDS.values() if card.name.removeprefix("RTX ").split()[0] in words), None)


def forecast(recipe: Recipe, tokens: float, processes: int, artifacts: Path) -> Iterator[str]:
    """Memory, disk and time of training here, and the settings that would fit where it does not.

    tokens: of one epoch. processes: that share each batch.
    """
    assert recipe.model is not None
    count = parameters(recipe.model)
    if count is None:
        yield f"memory, disk and hours: the name {recipe.model.base} does not say how large the model is"
        return
    machine = here(processes)
    memory, disk = gpu_bytes(recipe, count), disk_bytes(recipe, count)
    free = shutil.disk_usage(next(path for path in (artifacts, *artifacts.parents) if path.exists())).free
    time = f"how long a {machine.name} takes is not known here"
    if machine.flops:
        seconds = 3600 * train_hours(recipe, count, tokens, machine)
        time = f"{duration(seconds)} or more of training on {machine.name}"
    yield (
        f"estimated: {memory / GIB:.1f} GB of {machine.memory_bytes / GIB:.0f} GB memory,"
        f" {disk / GB:.0f} GB of {free / GB:.0f} GB disk, {time}"
    )
    if memory > machine.memory_bytes:
        yield f"memory may not suffice: {what_would_fit(recipe, count, machine.memory_bytes)}"
    if disk > free:
        yield "disk may not suffice: free some, or name another by INKPRINT_ARTIFACTS in .env"
