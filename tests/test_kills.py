"""Interrupted equals uninterrupted, bit for bit: training killed at ten points, generation at four.

Each kill is SIGKILL to the whole process group, at a moment that is watched for on the disk: the processes
are held, it is looked again whether the moment is still there, and only then are they killed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT, Workshop
from training import read

pytestmark = [pytest.mark.slow, pytest.mark.training]
STEPS = 13  # a save at every other one, a look at 5, 10 and 13, where what is better is saved as well
# What may differ: times, and the code, should somebody work on it while this runs.
TIMES = {"seconds", "train_seconds", "tokens_per_second", "peak_memory_bytes", "finished"}
CODE = {"commit", "script_sha256"}


@dataclass(frozen=True)
class Moment:
    """When to kill: what must be on the disk. It looks at the stage's work folder and at its `.partial`."""

    name: str
    is_there: Callable[[Path, Path], bool]

    def __str__(self) -> str:
        return self.name


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []


def reached(step: int, work: Path, _: Path) -> bool:
    return any(entry["step"] >= step and "loss" in entry for entry in lines(work / "training_log.jsonl"))


def saving(step: int, work: Path, _: Path) -> bool:
    folders = work.glob("checkpoints/checkpoint-*")
    return any(int(f.name[11:]) >= step and not (f / "complete").exists() for f in folders)


def looking(step: int, work: Path, _: Path) -> bool:
    """The step is done, and its validation loss is being found."""
    entries = [e for e in lines(work / "training_log.jsonl") if e["step"] in (5, 10, STEPS)]
    return bool(entries) and entries[-1]["step"] >= step and "loss" in entries[-1]


def answering(step: int, work: Path, _: Path) -> bool:
    """The validation loss is there, and the three prompts are being answered."""
    looked = [e["step"] for e in lines(work / "training_log.jsonl") if "validation_loss" in e]
    answered = {sample["step"] for sample in lines(work / "samples.jsonl")}
    return bool(looked) and looked[-1] >= step and looked[-1] not in answered


def landing(_: Path, partial_folder: Path) -> bool:
    return partial_folder.exists() and not (partial_folder / "manifest.json").exists()


def loading(work: Path, _: Path) -> bool:
    """The rows are tokens, and the model is being loaded: there is nothing to go on from."""
    return work.exists() and "rows of" in (work.parents[1] / "logs" / "train.log").read_text()


def drawn(seed: int) -> list[tuple[Moment, ...]]:
    """Ten runs and when each is killed; the last of them again and again."""
    dice = random.Random(seed)
    odd = dice.sample([3, 7, 9, 11], 3)
    saves = dice.sample(range(2, STEPS, 2), 3)

    def at(step: int) -> Moment:
        return Moment(f"step {step}", partial(reached, step))

    def save(step: int) -> Moment:
        return Moment(f"saving {step}", partial(saving, step))

    look, answer = dice.choice([5, 10, STEPS]), dice.choice([5, 10])
    start = Moment("loading", loading)
    return [
        (start,),
        (at(1),),
        (at(odd[0]),),
        (at(odd[1]),),
        (save(saves[0]),),
        (save(saves[1]),),
        (Moment(f"look at {look}", partial(looking, look)),),
        (Moment(f"samples at {answer}", partial(answering, answer)),),
        (Moment("landing", landing),),
        (at(2), save(4), Moment("landing", landing)),
    ]


def kill_at(shop: Workshop, stage: str, moment: Moment) -> None:
    """Start a stage and kill it, with all that it started, at the moment.

    Some last milliseconds, and on a busy machine nobody looks just then: it is begun again from before.
    """
    before = shop.folder / "before"
    for _ in range(5):
        shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(shop.run_folder, before, symlinks=True)
        if killed(shop, stage, moment):
            return
        shutil.rmtree(shop.run_folder)
        before.replace(shop.run_folder)
    raise AssertionError(f"{stage} ended before {moment}, five times")


def killed(shop: Workshop, stage: str, moment: Moment) -> bool:
    """Whether the stage was killed at the moment, and did not end before."""
    (script,) = (ROOT / "scripts").glob(f"[0-9][0-9]_{stage}.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(shop.recipe)], env=shop.environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ends = time.monotonic() + 300
    try:
        while not is_there(shop, script.stem, moment, process):
            if process.poll() is not None:
                assert process.returncode == 0, f"{stage} failed before {moment}"
                return False
            assert time.monotonic() < ends, f"{moment} was not reached in five minutes"
            time.sleep(0.002)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert not shop.output(script.stem).exists()
    return True


def is_there(shop: Workshop, folder: str, moment: Moment, process: subprocess.Popen) -> bool:
    """Whether the moment is there; the process is held then."""
    for work in shop.run_folder.glob(f"work/{folder}-*"):
        if moment.is_there(work, shop.output(f"{folder}.partial")):
            os.killpg(process.pid, signal.SIGSTOP)
            if moment.is_there(work, shop.output(f"{folder}.partial")):
                return True
            os.killpg(process.pid, signal.SIGCONT)
    return False


def leftovers(shop: Workshop) -> list[Path]:
    return [
        *shop.run_folder.rglob("*.partial"),
        *shop.run_folder.rglob("*.new"),
        *shop.run_folder.glob("work/*"),
    ]


def without_times(entry: dict) -> dict:
    return {key: value for key, value in entry.items() if key not in TIMES | CODE}


@pytest.mark.parametrize("moments", drawn(6), ids=lambda moments: ", ".join(map(str, moments)))
def test_training_killed_at_any_point_ends_in_the_same_bytes(moments, finished, workshop, written):
    workshop.take(written, "synthesize")
    for moment in moments:
        kill_at(workshop, "train", moment)
    workshop.stage("train")
    ours, theirs = (shop.output("04_train") for shop in (workshop, finished))
    names = {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
    assert {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()} == names
    base = [str(shop.folder / "base").encode() for shop in (workshop, finished)]
    for name in names - {Path("manifest.json"), Path("training_log.jsonl")}:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes().replace(*reversed(base)), name
    logs = [list(map(without_times, read(folder / "training_log.jsonl"))) for folder in (ours, theirs)]
    assert logs[0] == logs[1]
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (ours, theirs)]
    assert manifests[0]["steps"] == manifests[0]["planned_steps"] == STEPS
    for manifest in manifests:
        for name in ("training_log.jsonl", "adapter/adapter_config.json"):
            del manifest["outputs"][name]
    assert without_times(manifests[0]) == without_times(manifests[1])
    assert not leftovers(workshop)


def jobs_done(name: str, count: int, work: Path, _: Path) -> bool:
    return len(list(work.glob(f"{name}-*.jsonl"))) >= count


def test_generation_killed_again_and_again_gives_the_same_bytes(finished, trained):
    """What a killed run had finished is not done anew."""
    dice = random.Random(7)
    jobs = [("answers-base", 1), ("answers-prompted", dice.randint(1, 3)), ("likelihoods-tuned", 1)]
    moments = [Moment(f"{count} {name}", partial(jobs_done, name, count)) for name, count in jobs]
    kept: dict[str, int] = {}
    for moment in [*moments, Moment("landing", landing)]:
        kill_at(trained, "generate", moment)
        now = {path.name: path.stat().st_mtime_ns for path in trained.run_folder.glob("work/05_*/*.jsonl")}
        assert kept.items() <= now.items(), f"{moment}: done anew"
        kept = now
    trained.stage("generate")
    for name in ("answers.jsonl", "likelihoods.jsonl", "rejects.jsonl"):
        ours, theirs = (shop.output(f"05_generate/{name}").read_bytes() for shop in (trained, finished))
        assert ours == theirs
    assert not leftovers(trained)
