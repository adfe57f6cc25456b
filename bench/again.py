"""The rows of what costs nothing: a second run with nothing changed, and a recipe with a typo in it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from asking import Asking, passages_of
from claude_server import claude_server

from demo_run import DemoRun
from goals import Goal, Row
from once import ROOT

AGAIN = Goal(3.0, " s", most=True)
REQUESTS = Goal(0.0, " requests", most=True)
FIRST_LINE = Goal(1.0, " s", most=True)
# Whatever is called with a recipe.
SCRIPTS = (
    "01_extract", "02_prepare", "03_synthesize", "04_train", "05_generate", "06_evaluate", "07_report",
    "chat", "doctor", "export", "rehearse",
)  # fmt: skip
TYPO = ("batch_size:", "batchsize:")


def measure_again(run: DemoRun, rounds: int) -> dict[str, float]:
    """Seconds of run_all.sh when all stages are up to date, and of the first run."""
    before = _changes(run.artifacts)
    seconds = median(run.run() for _ in range(rounds))
    assert _changes(run.artifacts) == before, "a second run made a stage anew"
    return {"seconds": seconds, "first_seconds": run.first_seconds}


def _changes(artifacts: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(artifacts.glob("*/*/manifest.json"))}


def measure_requests(passages: int) -> dict[str, int]:
    """What a server of Claude's API on loopback is asked in 03's first run, and in its second."""
    with tempfile.TemporaryDirectory(prefix="inkprint-bench-") as name, claude_server(Path(name)) as server:
        asking = Asking(Path(name), server.url)
        asking.write(passages_of("one.pdf", passages))
        asking.run()
        first = len(server.log())
        asking.run()
        return {"first": first, "second": len(server.log()) - first}


def again_rows(found: dict[str, float], asked: dict[str, int]) -> list[Row]:
    return [
        Row("again", "a second run, nothing changed, seven stages", AGAIN, found["seconds"],
            f"{found['seconds']:.2f} s", f"the first: {found['first_seconds']:.0f} s"),
        Row("again", "requests of a second run of 03", REQUESTS, float(asked["second"]), str(asked["second"]),
            f"the first: {asked['first']}"),
    ]  # fmt: skip


def measure_first_lines(rounds: int) -> dict[str, float]:
    """Seconds until each script has said what is wrong with a recipe that has a key misspelled."""
    with tempfile.TemporaryDirectory(prefix="inkprint-bench-") as name:
        recipe = Path(name) / "typo.yaml"
        text = (ROOT / "recipes" / "demo.yaml").read_text(encoding="utf-8")
        recipe.write_text(text.replace(*TYPO, 1), encoding="utf-8")
        times: dict[str, list[float]] = {script: [] for script in SCRIPTS}
        for _ in range(rounds):
            for script, own in times.items():
                own.append(_first_line(script, recipe))
    return {script: median(own) for script, own in times.items()}


def _first_line(script: str, recipe: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, str(ROOT / "scripts" / f"{script}.py"), str(recipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.stdout.read()
    assert process.returncode == 2 and "train.batch" in line, f"{script}: {process.returncode}, {line}"
    return seconds


def first_line_row(found: dict[str, float]) -> Row:
    slowest = max(found, key=lambda script: found[script])
    return Row(
        "first-line", f"first line for a bad recipe, slowest of {len(found)} scripts", FIRST_LINE,
        found[slowest],
        f"{slowest}: {found[slowest]:.2f} s", f"quickest: {min(found.values()):.2f} s",
    )  # fmt: skip
