"""What a manifest says about the machine and the code that made a result."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "torch", "unsloth", "unsloth_zoo", "transformers", "trl", "peft", "bitsandbytes", "datasets",
    "pymupdf", "anthropic", "scikit-learn", "numpy", "matplotlib", "wordcloud", "pydantic",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Python's version and those of the packages that can change a result."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def device_name() -> str:
    """The GPU's name where this process used one, else the CPU's with its number of cores."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return torch.cuda.get_device_name()
    cores = len(os.sched_getaffinity(0))
    return f"{_cpu_model()}, {cores} core{'s' if cores > 1 else ''}"


def peak_memory_bytes(helpers: int = 0) -> dict[str, int]:
    """Most memory of this process or the largest that it started; and, where it used one, of the GPU.

    helpers: what processes held that the system does not count as started by this one.
    """
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own = max(resource.getrusage(one).ru_maxrss for one in who) * 1024  # Linux counts KiB
    peak = {"machine": max(own, helpers)}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        peak["gpu"] = torch.cuda.max_memory_reserved()
    return peak


def git_commit() -> str:
    """The checkout's commit, with `+changes` where it was edited; from the environment in the image."""
    if "INKPRINT_COMMIT" in os.environ:
        return os.environ["INKPRINT_COMMIT"]
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        edited = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+changes" if edited else "")


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
