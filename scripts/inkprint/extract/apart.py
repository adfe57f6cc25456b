"""Each document read in a process of its own, within limits: one that hangs, swells or crashes is one line.

MuPDF is C code that reads whatever a file claims. A page of a fuzzed PDF can take gigabytes or forever, and a
fault in it ends the process without an exception. Scanned pages take seconds each: every page that OCR has
read gives its document the whole time again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from inkprint.errors import UserError
from inkprint.jsonl import write_records
from inkprint.records import Page

# What every process needs, imported once, in half a second. The script's own imports are among it.
PRELOADED = ["inkprint.command"] + [
    f"inkprint.extract.{name}" for name in ("apart", "reading", "book", "formats", "ocr", "mupdf")
]
SCRIPTS = Path(__file__).resolve().parents[2]
STOPS = {signal.SIGINT, signal.SIGTERM}
LIMIT_SECONDS = 300.0  # a book of 1,000 pages takes 5
LIMIT_BYTES = 4 * 2**30  # address space; a book of 1,000 pages takes 0.4 GB, most of it libraries

# A document's pages; it calls what it is given with the pages that OCR has read, and how many there are.
Read = Callable[[Callable[[int, int], None]], list[Page]]
Told = Callable[[str, int, int], None]  # of which document, pages read by OCR, of how many


class _Scanned(NamedTuple):
    """What a process says while it works: so many pages of so many are read by OCR."""

    done: int
    of: int


class _End(NamedTuple):
    """The last that a process says: what went wrong, if anything, and the most memory that it held."""

    problem: str
    trace: str = ""
    peak_bytes: int = 0


@dataclass
class Document:
    """One file on its way: `records` holds its pages once it is read, or `problem` says why not."""

    name: str
    read: Read
    records: Path
    problem: str = ""
    trace: str = ""  # of a fault that nobody foresaw
    peak_bytes: int = 0  # the most memory that its process held
    finished: bool = False
    process: BaseProcess | None = field(default=None, repr=False)
    answer: Any = field(default=None, repr=False)  # the end of a pipe
    deadline: float = 0.0

    def start(self, limit_seconds: float, limit_bytes: int) -> None:
        context = multiprocessing.get_context("forkserver")
        self.answer, theirs = context.Pipe(duplex=False)
        arguments = (self.name, self.read, self.records, theirs, limit_seconds, limit_bytes)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        with _uninterrupted():  # half started it could not be killed
            self.process.start()
        theirs.close()
        self.deadline = time.monotonic() + limit_seconds

    def hear(self, limit_seconds: float, told: Told) -> None:
        """Take what its process says. Every page read by OCR puts the deadline off."""
        assert self.process is not None
        try:
            said = self.answer.recv()
        except EOFError:
            self.process.join()
            code = self.process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            said = _End(f"{self.name}: the process that read it crashed ({how}); get it again, or remove it")
        if isinstance(said, _Scanned):
            self.deadline = time.monotonic() + limit_seconds
            told(self.name, said.done, said.of)
            return
        if isinstance(said, OSError):  # the machine's fault, as a full disk, and not the document's
            raise said
        self.process.join()
        self.problem, self.trace, self.peak_bytes = said
        self.finished = True

    def give_up(self, limit_seconds: float) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.join()
        self.problem = f"{self.name}: not read in {limit_seconds:.0f} s; save it anew, or remove it"
        self.finished = True


def read_apart(
    jobs: dict[str, Read],
    folder: Path,
    workers: int,
    told: Told,
    limit_seconds: float = LIMIT_SECONDS,
    limit_bytes: int = LIMIT_BYTES,
    largest_first: Sequence[str] = (),
) -> Iterator[Document]:
    """Read the documents, at most `workers` at a time; yields them in their order, whoever is first.

    largest_first: the names in the order to begin in, so that no long one is left for the end.
    """
    documents = [
        Document(name, read, folder / f"{number}.jsonl")
        for number, (name, read) in enumerate(jobs.items(), start=1)
    ]
    start_server()
    begin = {name: place for place, name in enumerate(largest_first)}
    waiting = sorted(documents, key=lambda document: begin.get(document.name, 0))[::-1]
    running: list[Document] = []
    try:
        for document in documents:
            while not document.finished:
                while waiting and len(running) < workers:
                    running.append(waiting.pop())
                    running[-1].start(limit_seconds, limit_bytes)
                running = _still_running(running, limit_seconds, told)
            yield document
    finally:
        for document in running:
            if document.process is not None:
                document.process.kill()


def start_server() -> None:
    """Start the clean process from which each document's is forked; nothing where it runs already.

    Its imports take half a second: called early, they pass while this process does something else. It does
    not get this one's sys.path, and would go on in silence without what it cannot import.
    """
    multiprocessing.set_forkserver_preload(PRELOADED)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SCRIPTS), before]))
    resource_tracker.ensure_running()  # the server would start it, and it lets signals through again
    try:
        with _uninterrupted():  # the server shares the terminal, and its imports would end in a traceback
            forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait so long; for what is started within, until it lets them through itself."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _still_running(running: list[Document], limit_seconds: float, told: Told) -> list[Document]:
    """Wait until one of them says something or is out of time; returns those that go on."""
    soonest = min(document.deadline for document in running)
    ready = wait([document.answer for document in running], max(0.0, soonest - time.monotonic()))
    for document in running:
        if document.answer in ready:
            document.hear(limit_seconds, told)
        elif time.monotonic() >= document.deadline:
            document.give_up(limit_seconds)
    return [document for document in running if not document.finished]


def _work(name: str, read: Read, records: Path, answer: Any, limit_seconds: float, limit_bytes: int) -> None:
    """In the process: read the document and write its pages, or the one line that says what is wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_cpu(limit_seconds)

    def tell(done: int, of: int) -> None:
        _limit_cpu(limit_seconds)
        answer.send(_Scanned(done, of))

    try:
        problem, trace = _tried(name, lambda: write_records(records, read(tell)), limit_bytes)
    except OSError as error:
        answer.send(error)
        return
    # Forked from a server, its memory is in no count of the run's own children. Linux counts KiB.
    answer.send(_End(problem, trace, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def _tried(name: str, action: Callable[[], object], limit_bytes: int) -> tuple[str, str]:
    """Problem and trace, both empty when all went well. OSError is the machine's fault and passes."""
    try:
        action()
    except UserError as error:
        return str(error), ""
    except MemoryError:
        return f"{name}: needs more than {limit_bytes / 2**30:.0f} GB of memory to be read; remove it", ""
    except OSError:
        raise
    # A file may be odd in a way that nobody thought of: one line for the user, the traceback for the log.
    except Exception as error:  # noqa: BLE001
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return f"{name}: can not be read ({said}); the log has more; remove it", traceback.format_exc()
    return "", ""


def _limit_cpu(seconds: float) -> None:
    """So many seconds from now on: should the parent be killed, this process ends by itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(time.process_time() + seconds) + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )
