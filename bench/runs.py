"""Running a stage's script as a user does, on as many cores as asked, with its time and its memory."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
RUN = "bench"
# As for a real book; shares, because the titles of the chapters are not known here.
PREPARE = {"validation": 0.1, "test": 0.1}
PASSAGES = {"words": 350, "overlap_words": 0, "min_words": 100}
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Run:
    """One call of a script."""

    seconds: float
    cpu_seconds: float  # of all its processes
    largest_bytes: int  # most memory that any one of its processes held; 0 when not watched
    together_bytes: int  # most that all held at once, shared pages counted once; 0 when not watched


def write_recipe(folder: Path, data: Path) -> Path:
    """The demo's recipe for other documents."""
    recipe = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text(encoding="utf-8"))
    recipe["run"], recipe["extract"]["data"] = RUN, str(data.resolve())
    # A page that is a picture must not stop a bench where there is no Tesseract.
    recipe["extract"]["unreadable_pages"] = "drop"
    recipe["prepare"] |= PREPARE
    recipe["prepare"]["passages"] |= PASSAGES
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    return path


def run_stage(name: str, folder: Path, cores: int = 0, watch: bool = False) -> Run:
    """Run the script of a stage such as 01_extract with the folder's recipe, on so many cores (0: all)."""
    usable = sorted(os.sched_getaffinity(0))
    log = folder / f"{name}.log"
    command = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), str(folder / "bench.yaml"), "--force"]
    started = time.perf_counter()
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=_environment(folder),
            preexec_fn=lambda: os.sched_setaffinity(0, usable[: cores or None]),
        )
        done, most = threading.Event(), [0, 0]
        watcher = threading.Thread(target=_watch, args=(process.pid, done, most))
        if watch:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        done.set()
        process.returncode = os.waitstatus_to_exitcode(status)
        usages = [usage, *_orphans()]
    if watch:
        watcher.join()
    if process.returncode:
        sys.exit(f"{name} failed:\n{log.read_text(encoding='utf-8')}")
    cpu_seconds = sum(one.ru_utime + one.ru_stime for one in usages)
    return Run(seconds, cpu_seconds, *most)


def _environment(folder: Path) -> dict[str, str]:
    """As at a user's, whose Python keeps the byte code of our modules from run to run."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"INKPRINT_ARTIFACTS": str(folder.resolve() / "artifacts")}


def adopt_orphans() -> None:
    """Make what a script leaves behind a child of this process, to count its CPU seconds."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _orphans() -> Iterator[resource.struct_rusage]:
    with contextlib.suppress(ChildProcessError):
        while True:
            yield os.wait4(-1, 0)[2]


def _watch(root: int, done: threading.Event, most: list[int]) -> None:
    """Look again and again at what a process and those below it hold in memory: the largest, and all."""
    while not done.wait(SAMPLE_SECONDS):
        pids = list(_tree(root))
        most[0] = max(most[0], *(_peak(pid) for pid in pids))
        most[1] = max(most[1], sum(_held(pid) for pid in pids))


def _tree(root: int) -> Iterator[int]:
    yield root
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _peak(pid: int) -> int:
    """The most bytes that a process held, shared pages whole.

    What wait4 says of a process counts the one that started it as well: until its exec it was a copy of that.
    """
    return _in_proc(pid, "status", "VmHWM:")


def _held(pid: int) -> int:
    """Bytes of a process, of shared pages its share."""
    return _in_proc(pid, "smaps_rollup", "Pss:")


def _in_proc(pid: int, file: str, name: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return 1024 * int(line.split()[1])
    return 0


def records_file(folder: Path, name: str) -> Path:
    """An output such as 01_extract/documents.jsonl of the folder's run."""
    return folder / "artifacts" / RUN / name


def read_pages(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What 01 wrote: the records of each document's pages."""
    pages: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with records_file(folder, "01_extract/documents.jsonl").open(encoding="utf-8") as records:
        for line in records:
            page = json.loads(line)
            pages[page["document"]].append(page)
    return pages


def read_passages(folder: Path) -> list[dict[str, Any]]:
    """What 02 wrote."""
    with records_file(folder, "02_prepare/passages.jsonl").open(encoding="utf-8") as records:
        return [json.loads(line) for line in records]
