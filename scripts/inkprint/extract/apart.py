"""Each document read in a process of its own, within limits: one that hangs, swells or crashes is one line.

MuPDF is C code that reads whatever a file claims. A page of a fuzzed PDF can take gigabytes or forever, and a
fault in it ends the process without an exception. Scanned pages take seconds each: every page that OCR has
read gives its document the whole time again.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from inkprint.errors import UserError
from inkprint.records import Page, write_records

LIMIT_SECONDS = 300.0  # a book of 1,000 pages takes 5
LIMIT_BYTES = 4 * 2**30  # address space; a book of 1,000 pages takes 0.4 GB, most of it libraries

# A document's pages; it calls what it is given with the pages that OCR has read, and how many there are.
Read = Callable[[Callable[[int, int], None]], list[Page]]
Told = Callable[[str, int, int], None]  # of which document, pages read by OCR, of how many


class _Scanned(NamedTuple):
    """What a process says while it works: so many pages of so many are read by OCR."""

    done: int
    of: int


@dataclass
class Document:
    """One file on its way: `records` holds its pages once it is read, or `problem` says why not."""

    name: str
    read: Read
    records: Path
    problem: str = ""
    trace: str = ""  # of a fault that nobody foresaw
    process: BaseProcess | None = field(default=None, repr=False)
    answer: Any = field(default=None, repr=False)  # the end of a pipe
    deadline: float = 0.0

    def start(self, limit_seconds: float, limit_bytes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.answer, theirs = context.Pipe(duplex=False)
        arguments = (self.name, self.read, self.records, theirs, limit_seconds, limit_bytes)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.deadline = time.monotonic() + limit_seconds

    def finish(self, limit_seconds: float, told: Told) -> None:
        """Wait for the process, at most until its deadline, which every page read by OCR puts off."""
        assert self.process is not None
        try:
            while self.answer.poll(max(0.0, self.deadline - time.monotonic())):
                said = self.answer.recv()
                if isinstance(said, OSError):  # the machine's fault, as a full disk, and not the document's
                    raise said
                if not isinstance(said, _Scanned):
                    self.problem, self.trace = said
                    self.process.join()
                    return
                self.deadline = time.monotonic() + limit_seconds
                told(self.name, said.done, said.of)
        except EOFError:
            self.process.join()
            code = self.process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            self.problem = (
                f"{self.name}: the process that read it crashed ({how}); get it again, or remove it"
            )
            return
        self.process.kill()
        self.process.join()
        self.problem = f"{self.name}: not read in {limit_seconds:.0f} s; save it anew, or remove it"


def read_apart(
    jobs: dict[str, Read],
    folder: Path,
    workers: int,
    told: Told,
    limit_seconds: float = LIMIT_SECONDS,
    limit_bytes: int = LIMIT_BYTES,
) -> Iterator[Document]:
    """Read the documents, at most `workers` at a time; yields them in their order, whoever is first."""
    waiting = [
        Document(name, read, folder / f"{number}.jsonl")
        for number, (name, read) in enumerate(jobs.items(), start=1)
    ]
    running: list[Document] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(waiting.pop(0))
                running[-1].start(limit_seconds, limit_bytes)
            document = running.pop(0)
            document.finish(limit_seconds, told)
            yield document
    finally:
        for document in running:
            if document.process is not None:
                document.process.kill()


def _work(name: str, read: Read, records: Path, answer: Any, limit_seconds: float, limit_bytes: int) -> None:
    """In the process: read the document and write its pages, or the one line that says what is wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent decides
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_cpu(limit_seconds)
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime, which PyMuPDF loads, reports its use

    def tell(done: int, of: int) -> None:
        _limit_cpu(limit_seconds)
        answer.send(_Scanned(done, of))

    try:
        write_records(records, read(tell))
        answer.send(("", ""))
    except UserError as error:
        answer.send((str(error), ""))
    except MemoryError:
        problem = f"{name}: needs more than {limit_bytes / 2**30:.0f} GB of memory to be read; remove it"
        answer.send((problem, ""))
    except OSError as error:
        answer.send(error)
    # A file may be odd in a way that nobody thought of: one line for the user, the traceback for the log.
    except Exception as error:  # noqa: BLE001
        said = " ".join(f"{type(error).__name__}: {error}".split())
        answer.send(
            (f"{name}: can not be read ({said}); the log has more; remove it", traceback.format_exc())
        )


def _limit_cpu(seconds: float) -> None:
    """So many seconds from now on: should the parent be killed, this process ends by itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(time.process_time() + seconds) + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )
