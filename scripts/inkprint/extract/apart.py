"""Each document read in a process of its own, within limits: one that hangs, swells or crashes is one line.

MuPDF is C code that reads whatever a file claims. A page of a fuzzed PDF can take gigabytes or forever, and a
fault in it ends the process without an exception.
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
from typing import Any

from inkprint.errors import UserError
from inkprint.records import Page, write_records

LIMIT_SECONDS = 300.0  # a book of 1,000 pages takes 5
LIMIT_BYTES = 4 * 2**30  # address space; a book of 1,000 pages takes 0.4 GB, most of it libraries

Read = Callable[[], list[Page]]


@dataclass
class Document:
    """One file on its way: `records` holds its pages once it is read, or `problem` says why not."""

    name: str
    read: Read
    records: Path
    problem: str = ""
    trace: str = ""  # of a fault that nobody foresaw
    peak_bytes: int = 0  # the most memory that its process held
    process: BaseProcess | None = field(default=None, repr=False)
    answer: Any = field(default=None, repr=False)  # the end of a pipe
    deadline: float = 0.0

    def start(self, limit_seconds: float, limit_bytes: int) -> None:
        # One clean process imports the libraries, in a second; each document's is forked from it.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["inkprint.extract.reading", "inkprint.extract.book", "pymupdf"])
        self.answer, theirs = context.Pipe(duplex=False)
        arguments = (self.name, self.read, self.records, theirs, limit_seconds, limit_bytes)
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.deadline = time.monotonic() + limit_seconds

    def finish(self, limit_seconds: float) -> None:
        """Wait for the process, at most until its deadline."""
        assert self.process is not None
        self.process.join(max(0.0, self.deadline - time.monotonic()))
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
            self.problem = f"{self.name}: not read in {limit_seconds:.0f} s; save it anew, or remove it"
            return
        try:
            said, self.peak_bytes = self.answer.recv()
            if isinstance(said, OSError):  # the machine's fault, as a full disk, and not the document's
                raise said
            self.problem, self.trace = said
        except EOFError:
            code = self.process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            self.problem = (
                f"{self.name}: the process that read it crashed ({how}); get it again, or remove it"
            )


def read_apart(
    jobs: dict[str, Read],
    folder: Path,
    workers: int,
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
            document.finish(limit_seconds)
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
    # Should the parent be killed, this ends by itself.
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit_seconds) + 1, int(limit_seconds) + 2))
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime, which PyMuPDF loads, reports its use
    said = _tried(name, read, records, limit_bytes)
    # Forked from a server, its memory is in no count of the run's own children. Linux counts KiB.
    answer.send((said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def _tried(name: str, read: Read, records: Path, limit_bytes: int) -> tuple[str, str] | OSError:
    """Problem and trace, both empty when the pages are written; an OSError is the machine's fault."""
    try:
        write_records(records, read())
    except UserError as error:
        return str(error), ""
    except MemoryError:
        return f"{name}: needs more than {limit_bytes / 2**30:.0f} GB of memory to be read; remove it", ""
    except OSError as error:
        return error
    # A file may be odd in a way that nobody thought of: one line for the user, the traceback for the log.
    except Exception as error:  # noqa: BLE001
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return f"{name}: can not be read ({said}); the log has more; remove it", traceback.format_exc()
    return "", ""
