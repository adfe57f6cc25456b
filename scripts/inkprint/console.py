"""What a person sees while a stage works: lines, progress, a log file, a status file.

Lines go to the terminal and to artifacts/<run>/logs/<stage>.log. A terminal that is closed costs
the output to it and nothing else. status.json beside the logs is what `--status` reads.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from inkprint.jsonl import write_json

SECONDS_BETWEEN_LINES = 10.0  # where there is no terminal to draw a bar on
SECONDS_BETWEEN_STATUS = 1.0
# What a key looks like, should a library ever print one.
SECRET = re.compile(r"\b(sk-[\w-]{12,}|hf_\w{12,})")

Item = TypeVar("Item")
Draw = Callable[[int, str], None]


class _Both:
    """A text stream that writes to the terminal while there is one, and always to the log."""

    def __init__(self, terminal: IO[str], log: IO[str]) -> None:
        self._terminal, self._log = terminal, log
        self._closed = False
        self._line = ""
        self.bar: Progress | None = None  # while one is drawn, lines go above it

    def write(self, text: str) -> int:
        self._line += SECRET.sub("[key]", text)
        *lines, self._line = self._line.split("\n")
        for line in lines:
            self._log.write(line + "\n")
            self._show(line)
        return len(text)

    def _show(self, line: str) -> None:
        if self._closed:
            return
        try:
            if self.bar is not None:
                self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
            else:
                self._terminal.write(line + "\n")
        except OSError:  # the terminal was closed
            self._closed = True

    def flush(self) -> None:
        if not self._closed:
            try:
                self._terminal.flush()
            except OSError:
                self._closed = True

    def isatty(self) -> bool:
        return not self._closed and self._terminal.isatty()

    def fileno(self) -> int:
        return self._log.fileno()

    @property
    def encoding(self) -> str:
        return "utf-8"


class _Quietly:
    """The terminal as the progress bar draws on it: when it is closed, drawing ends and work goes on."""

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._terminal.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._terminal.flush()

    def isatty(self) -> bool:
        return True

    @property
    def encoding(self) -> str:
        return "utf-8"


class Output:
    """A stage's voice. One per process, made by command.py when the stage is going to work."""

    def __init__(self, folder: Path, stage: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._status_path = folder / "status.json"
        self._log = (folder / f"{stage}.log").open("a", encoding="utf-8", buffering=1)
        self._log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(sys.argv)}\n")
        self._streams = sys.stdout, sys.stderr
        self.stream, errors = _Both(sys.stdout, self._log), _Both(sys.stderr, self._log)
        sys.stdout, sys.stderr = self.stream, errors
        # A closed terminal sends SIGHUP; the work goes on and --status finds it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._state: dict[str, Any] = {
            "stage": stage,
            "state": "running",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": time.time(),
        }
        self._written = 0.0
        self.status()

    def status(self, **values: object) -> None:
        """Update status.json: at once for a change of state, otherwise about once a second."""
        self._state.update(values)
        now = time.time()
        if "state" not in values and now - self._written < SECONDS_BETWEEN_STATUS:
            return
        self._written = now
        self._state["updated"] = now
        write_json(self._status_path, self._state)

    def progress(self, items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
        """Yield the items, showing how many of `total` are done and how long the rest will take."""
        with self.counter(what, total) as advance:
            for item in items:
                yield item
                advance()

    @contextlib.contextmanager
    def counter(self, what: str, total: int) -> Iterator[_Advance]:
        """Count `what` up to `total`: call what this yields, with the number now done or without."""
        if self.stream.isatty():
            columns = (
                TextColumn("  {task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
            )
            console = Console(file=_Quietly(self._streams[0]), force_terminal=True)
            with Progress(
                *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
            ) as bar:
                task = bar.add_task(what, total=total, note="")
                self.stream.bar = bar

                def draw(done: int, note: str) -> None:
                    bar.update(task, completed=done, note=note)

                try:
                    yield _Advance(self, what, total, draw)
                finally:
                    self.stream.bar = None
        else:
            yield _Advance(self, what, total, None)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Send what libraries print to the log alone."""
        with contextlib.redirect_stdout(self._log), contextlib.redirect_stderr(self._log):
            yield

    def close(self) -> None:
        sys.stdout, sys.stderr = self._streams
        self._log.close()


class _Advance:
    """Moves one counter on. See Output.counter."""

    def __init__(
        self, output: Output, what: str, total: int, draw: Callable[[int, str], None] | None
    ) -> None:
        self._output, self._what, self._total, self._draw = output, what, total, draw
        self._done, self._first = 0, 0
        self._start = self._last_line = time.monotonic()

    def resume(self, done: int) -> None:
        """Begin at `done`: items finished by an earlier, interrupted run."""
        self._done = self._first = done

    def __call__(self, done: int | None = None, note: str = "", **status: object) -> None:
        self._done = self._done + 1 if done is None else done
        now = time.monotonic()
        rate = (self._done - self._first) / max(now - self._start, 1e-9)
        left = (self._total - self._done) / rate if rate > 0 else None
        self._output.status(step=self._done, steps=self._total, unit=self._what, seconds_left=left, **status)
        if self._draw is not None:
            self._draw(self._done, note)
        elif now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            eta = f", about {duration(left)} left" if left is not None else ""
            line = f"   {self._what} {self._done}/{self._total}{eta}"
            print(f"{line}  {note}".rstrip(), file=self._output.stream, flush=True)


def duration(seconds: float) -> str:
    """Seconds as a person says them: 8 s, 4 min, 2 h 05 min."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
