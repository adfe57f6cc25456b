"""Where and when the figures were taken."""

from __future__ import annotations

import os
import time
from typing import Any

from inkprint.evidence import device_name, git_commit, versions
from inkprint.gpus import find_gpus

IDLE = 0.7  # load average below which others hardly disturb


def describe() -> dict[str, Any]:
    """Machine, versions, date and load; ask before anything is measured."""
    return {
        "machine": device_name(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": [gpu.name for gpu in find_gpus()],
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "commit": git_commit(),
        "versions": versions(),
    }


def print_machine(machine: dict[str, Any]) -> None:
    gpus = ", ".join(machine["gpus"]) or "no GPU"
    print(f"{machine['machine']}, {machine['memory_bytes'] / 1e9:.0f} GB, {gpus}; {machine['date']}")
    print(f"commit {machine['commit']}; {', '.join(f'{n} {v}' for n, v in machine['versions'].items())}")
    load = machine["load_before"][0]
    busy = ": others are at work here, and times say little" if load > IDLE else ""
    print(f"load before {load:.1f}{busy}", flush=True)
