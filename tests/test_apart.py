"""Documents read in processes of their own: whatever one of them does, the others are read."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from inkprint.errors import UserError
from inkprint.extract.apart import read_apart
from inkprint.records import Page

Tell = Callable[[int, int], None]


def read(number: int, tell: Tell, seconds: float = 0.0) -> list[Page]:
    """Stands for a document of one page that takes a while."""
    time.sleep(seconds)
    page = {"id": f"page-{number}", "document": "d", "document_sha256": "0", "page": number, "label": "",
            "page_class": "body", "kept": True, "reason": "", "evidence": "", "continues": False,
            "chapters": [], "text": "…", "removed": [], "marked": []}  # fmt: skip
    return [Page.model_validate(page)]


def needs_the_libraries(_tell: Tell) -> list[Page]:
    missing = [name for name in ("pymupdf", "inkprint.extract.book") if name not in sys.modules]
    raise UserError(f"missing: {missing}")


def hang(_tell: Tell) -> list[Page]:
    time.sleep(600)
    return []


def spin(_tell: Tell) -> list[Page]:
    while True:
        pass


def swell(_tell: Tell) -> list[Page]:
    too_much = bytearray(3 * 2**30)
    return list(too_much[:0])


def read_scans(pages: int, seconds_each: float, tell: Tell) -> list[Page]:
    """Stands for OCR: longer in all than the limit, but no page of it."""
    for done in range(1, pages + 1):
        ends = time.process_time() + seconds_each
        while time.process_time() < ends:
            pass
        tell(done, pages)
    return read(pages, tell)


def crash(_tell: Tell) -> list[Page]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return []


def refuse(_tell: Tell) -> list[Page]:
    raise UserError("book.pdf: encrypted")


def stumble(_tell: Tell) -> list[Page]:
    raise AssertionError("m_internal\nis not")


def fill_the_disk(_tell: Tell) -> list[Page]:
    raise OSError(28, "No space left on device", "/somewhere/1.partial")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (hang, "bad.pdf: not read in 6 s"),
        (spin, "bad.pdf: not read in 6 s"),
        (swell, "bad.pdf: needs more than 2 GB of memory"),
        (crash, "bad.pdf: the process that read it crashed (SIGSEGV)"),
        (refuse, "book.pdf: encrypted"),
        (stumble, "bad.pdf: can not be read (AssertionError: m_internal is not); the log has more"),
    ],
)
@pytest.mark.whole_runs
def test_a_bad_document_is_one_line_and_the_next_is_read(tmp_path, bad, says):
    jobs = {"bad.pdf": bad, "good.pdf": partial(read, 1)}
    first, second = read_apart(jobs, tmp_path, workers=1, told=print, limit_seconds=6, limit_bytes=2 * 2**30)
    assert says in first.problem
    assert "\n" not in first.problem
    assert ("in stumble" in first.trace) == (bad is stumble)
    assert not second.problem
    assert second.records.is_file()
    assert not our_children(), "a process outlived its time"


def test_every_page_that_ocr_reads_gives_its_document_the_time_again(tmp_path):
    told: list[tuple[str, int, int]] = []
    jobs = {"scan.pdf": partial(read_scans, 6, 0.8), "late.pdf": partial(read_scans, 1, 9)}
    scan, late = read_apart(jobs, tmp_path, workers=1, told=lambda *said: told.append(said), limit_seconds=3)
    assert not scan.problem
    assert told == [("scan.pdf", done, 6) for done in range(1, 7)]
    assert "late.pdf: not read in 3 s" in late.problem


def test_a_full_disk_is_not_the_documents_fault(tmp_path):
    with pytest.raises(OSError, match="No space left on device"):
        list(read_apart({"1": fill_the_disk}, tmp_path, workers=1, told=print))


@pytest.mark.parametrize("workers", [1, 3])
def test_documents_come_in_their_order_whoever_is_first(tmp_path, workers):
    jobs = {f"{n}.pdf": partial(read, n, seconds=0.5 * (n == 1)) for n in range(1, 5)}
    read_back = [(d.name, d.records.read_text("utf-8")) for d in read_apart(jobs, tmp_path, workers, print)]
    assert [name for name, _ in read_back] == list(jobs)
    assert all(f'"page-{n}"' in text for n, (_, text) in enumerate(read_back, start=1))


def test_who_stops_early_leaves_no_process(tmp_path):
    results = read_apart({"1": partial(read, 1), "2": hang}, tmp_path, workers=2, told=print)
    running = next(results)
    assert running.name == "1"
    results.close()
    time.sleep(0.2)
    assert not our_children()


def our_children() -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*/stat") if is_our_child(path)]


def is_our_child(path: Path) -> bool:
    try:
        state, parent = path.read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    spawned = b"spawn_main" in (path.parent / "cmdline").read_bytes()
    return int(parent) == os.getpid() and state != "Z" and spawned


def test_the_libraries_are_there_before_a_document_is_read(tmp_path):
    """Importing them takes a second; it must not be one for each of a thousand short files."""
    [document] = read_apart({"a": needs_the_libraries}, tmp_path, workers=1, told=lambda *_: None)
    assert document.problem == "missing: []"
