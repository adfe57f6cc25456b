"""Say where a run is: stage, step, losses, time left, last error, and the command that goes on.

Reads   artifacts/<run>/lock, logs/status.json, work/04_train-*/training_log.jsonl, every manifest.json

    python scripts/status.py recipes/demo.yaml
"""

from __future__ import annotations

import argparse
import fcntl
import json
import time
from pathlib import Path
from typing import Any

from inkprint.artifacts import NUMBERS, read_manifest, stage_folder
from inkprint.command import artifacts_folder, exit_with
from inkprint.console import duration
from inkprint.recipe_file import load_recipe


def is_worked_on(run_folder: Path) -> bool:
    """Whether a stage holds the run's lock now. The lock dies with its process, a status file does not."""
    try:
        with (run_folder / "lock").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def stage_lines(run_folder: Path) -> list[str]:
    """One line a stage: done with counts and time, or not made."""
    lines = []
    for name, number in NUMBERS.items():
        manifest = read_manifest(stage_folder(run_folder, name))
        if manifest is None:
            lines.append(f"{number} {name:<11} -")
        else:
            counts = manifest["counts"]
            kept = f"{counts['out']:,} of {counts['in']:,} {counts['unit']}"
            lines.append(f"{number} {name:<11} done, {kept}, {duration(manifest['seconds'])}")
    return lines


def state_lines(status: dict[str, Any], working: bool) -> list[str]:
    """What the last stage that worked is doing, or how it ended."""
    state = status["state"]
    if state == "running" and not working:
        state = "killed or crashed; what is finished is kept"
    ago = duration(max(0.0, time.time() - status["updated"]))
    lines = [f"{status['stage']}: {state} (last word {ago} ago, on {status['host']})"]
    if "step" in status:
        line = f"   {status['unit']} {status['step']} of {status['steps']}"
        for key in ("loss", "validation_loss"):
            line += f", {key.replace('_', ' ')} {status[key]:.3f}" if key in status else ""
        if working and status.get("seconds_left") is not None:
            line += f", about {duration(status['seconds_left'])} left"
        lines.append(line)
    if "error" in status:
        lines.append(f"   {status['error']}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path)
    options = parser.parse_args()
    run_folder = artifacts_folder() / load_recipe(options.recipe).run
    working = is_worked_on(run_folder)
    print("\n".join(stage_lines(run_folder)))
    path = run_folder / "logs" / "status.json"
    if path.is_file():
        print("\n".join(state_lines(json.loads(path.read_text(encoding="utf-8")), working)))
    done = read_manifest(stage_folder(run_folder, "report")) is not None
    if working:
        print(f"log: {run_folder / 'logs'}")
    elif done:
        print(f"report: {stage_folder(run_folder, 'report') / 'report.html'}")
    else:
        print(f"next: ./run_all.sh {options.recipe}")


if __name__ == "__main__":
    exit_with(main, "status.py")
