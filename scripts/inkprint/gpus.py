"""Which NVIDIA cards a run takes: the largest, one unless the recipe says more.

Cards are numbered by the PCI bus, as nvidia-smi does. CUDA by itself puts the fastest first, so that
card 0 of one program is not card 0 of the other; both are told to use the bus.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from inkprint.errors import UserError


@dataclass(frozen=True)
class Gpu:
    index: int  # by the PCI bus, from 0
    uuid: str
    name: str
    memory_bytes: float
    driver: int  # 570 of 570.86.10
    capability: float


def find_gpus() -> list[Gpu]:
    """The NVIDIA cards that this process may use, in the order of the PCI bus.

    None where nvidia-smi does not answer. CUDA_VISIBLE_DEVICES, where it is set, hides the others.
    """
    query = "--query-gpu=index,uuid,memory.total,driver_version,compute_cap,name"
    try:
        answer = subprocess.run(
            ["nvidia-smi", query, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    gpus = []
    for line in answer.strip().splitlines():
        index, uuid, memory, driver, capability, name = (part.strip() for part in line.split(",", 5))
        major = int(driver.split(".")[0])
        gpus.append(Gpu(int(index), uuid, name, float(memory) * 2**20, major, float(capability)))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return gpus
    names = [part.strip() for part in visible.split(",")]
    return [gpu for gpu in gpus if str(gpu.index) in names or gpu.uuid in names]


def choose_gpus(gpus: list[Gpu], count: int) -> list[Gpu]:
    """The `count` largest, of equal ones the first. UserError where there are fewer, or unequal ones."""
    if len(gpus) < count:
        raise UserError(f"gpus: {count}: this machine has {len(gpus)}")
    chosen = sorted(gpus, key=lambda gpu: (-gpu.memory_bytes, gpu.index))[:count]
    unequal = sorted({f"{gpu.name} ({gpu.memory_bytes / 2**30:.0f} GB)" for gpu in chosen})
    if len(unequal) > 1:
        raise UserError(f"gpus: {count}: unequal cards wait for the slowest: {', '.join(unequal)}")
    return chosen


def check_gpus(count: int) -> None:
    """Raise UserError where there are cards, but not so many equal ones. Without any it is the CPU's turn."""
    if gpus := find_gpus():
        choose_gpus(gpus, count)


def claim_gpus(count: int) -> int:
    """Let CUDA see the chosen cards and no other; before torch is imported. Returns how many: 0 without any.

    A second card in sight would make the trainer split every batch.
    """
    gpus = find_gpus()
    if not gpus:
        return 0
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpu.uuid for gpu in choose_gpus(gpus, count))
    return count
