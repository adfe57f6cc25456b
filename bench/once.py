"""One side of a comparison in a process of its own: nothing is warm, nothing patched, all memory its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Failed(Exception):
    """A side that did not come to its end, with the last of what it said."""


def once(script: str, job: dict[str, Any]) -> dict[str, Any]:
    """Hand a job to bench/SCRIPT in a new process; returns what that answers. See `answer`.

    Raises Failed when it ends with an error.
    """
    with tempfile.TemporaryDirectory(prefix="inkprint-bench-") as name:
        asked, answered = Path(name) / "job.json", Path(name) / "answer.json"
        asked.write_text(json.dumps(job), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(ROOT / "bench" / script), str(asked), str(answered)],
            capture_output=True, text=True, cwd=name, env=_environment(),
        )  # fmt: skip
        if done.returncode:
            raise Failed(f"{script} {job}: {(done.stdout + done.stderr)[-2000:]}")
        return json.loads(answered.read_text(encoding="utf-8"))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INKPRINT_")}
    return kept | {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}


def job() -> dict[str, Any]:
    """In the new process: what it was handed."""
    return json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


def answer(found: dict[str, Any]) -> None:
    """In the new process: hand back what was found, and with it the most bytes that the process held."""
    found = found | {"bytes": peak_bytes()}
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


def peak_bytes() -> int:
    """The most that this process held; its rusage still counts the one that it was forked from."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    raise AssertionError("no VmHWM in /proc/self/status")
