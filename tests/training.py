"""What tests of training share: records read back, a kill at a step, a run with something changed."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time

from conftest import ROOT
from warm import TRAINING, run_warm


def read(path):
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def adapter_digest(shop):
    return hashlib.sha256(shop.output("04_train/adapter/adapter_model.safetensors").read_bytes()).hexdigest()


def kill_at_step(shop, step: int) -> None:
    """Start training and kill it with SIGKILL once the log holds `step`."""
    command = [sys.executable, str(ROOT / "scripts" / "04_train.py"), str(shop.recipe)]
    process = subprocess.Popen(
        command, env=shop.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for_step(shop, process, step)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not shop.output("04_train").exists()


def wait_for_step(shop, process: subprocess.Popen, step: int) -> None:
    for _ in range(6000):
        logs = list(shop.run_folder.glob("work/04_train-*/training_log.jsonl"))
        if logs and any(entry["step"] >= step for entry in _whole_lines(logs[0])):
            return
        assert process.poll() is None, "training ended before it could be killed"
        time.sleep(0.05)
    raise AssertionError(f"step {step} was not reached in five minutes")


def _whole_lines(path):
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def losses(shop) -> list[float]:
    return [entry["loss"] for entry in read(shop.output("04_train/training_log.jsonl")) if "loss" in entry]


def run_changed(shop, change: str) -> subprocess.CompletedProcess:
    """Run 04_train.py after `change`, Python that is run before it in the same process."""
    script = str(ROOT / "scripts" / "04_train.py")
    return run_warm(TRAINING, [script, str(shop.recipe)], shop.environment(), change)
