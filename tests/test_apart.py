"""Documents read in processes of their own: whatever one of them does, the others are read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from little import make_book
from made_up import make_page

from inkprint.errors import UserError
from inkprint.extract.apart import read_apart
from inkprint.extract.mupdf import pymupdf
from inkprint.recipe import ROOT
from inkprint.records import Page

Tell = Callable[[int, int], None]


def read(number: int, tell: Tell, seconds: float = 0.0) -> list[Page]:
    """Stands for a document of one page that takes a while."""
    time.sleep(seconds)
    return [make_page(number, id=f"page-{number}")]


def tell_imports(path: Path, tell: Tell) -> list[Page]:
    """Reads a book as 01 does; says what had to be imported for it, and what came along unasked."""
    before = set(sys.modules)
    from inkprint.extract.overrides import Overrides
    from inkprint.extract.reading import read_document
    from inkprint.recipe_file import load_recipe

    settings = load_recipe(ROOT / "recipes" / "demo.yaml").extract
    pages = read_document(path.name, path, Overrides(), settings, "", tell)
    assert len(pages) == 10
    unasked = [name for name in ("numpy", "onnxruntime", "pymupdf.layout") if sys.modules.get(name)]
    raise UserError(f"late: {sorted(set(sys.modules) - before)}, unasked: {unasked}")


def tell_height(path: Path, _tell: Tell) -> list[Page]:
    """Says how high PyMuPDF finds the first line, in points."""
    from inkprint.extract.mupdf import pymupdf
    from inkprint.extract.spans import page_spans

    with pymupdf.open(path) as document:
        _, top, _, bottom = page_spans(document[0])["blocks"][0]["lines"][0]["bbox"]
    raise UserError(f"{bottom - top:.2f}")


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
        (hang, "bad.pdf: not read in 3 s"),
        (spin, "bad.pdf: not read in 3 s"),
        (swell, "bad.pdf: needs more than 2 GB of memory"),
        (crash, "bad.pdf: the process that read it crashed (SIGSEGV)"),
        (refuse, "book.pdf: encrypted"),
        (stumble, "bad.pdf: can not be read (AssertionError: m_internal is not); the log has more"),
    ],
)
@pytest.mark.whole_runs
def test_a_bad_document_is_one_line_and_the_next_is_read(tmp_path, bad, says):
    jobs = {"bad.pdf": bad, "good.pdf": partial(read, 1)}
    first, second = read_apart(jobs, tmp_path, workers=1, told=print, limit_seconds=3, limit_bytes=2 * 2**30)
    assert says in first.problem
    assert "\n" not in first.problem
    assert ("in stumble" in first.trace) == (bad is stumble)
    assert not second.problem
    assert second.records.is_file()
    assert not our_children(), "a process outlived its time"


@pytest.mark.whole_runs
def test_every_page_that_ocr_reads_gives_its_document_the_time_again(tmp_path):
    told: list[tuple[str, int, int]] = []
    jobs = {"scan.pdf": partial(read_scans, 12, 0.3), "late.pdf": partial(read_scans, 1, 9)}
    scan, late = read_apart(jobs, tmp_path, workers=1, told=lambda *said: told.append(said), limit_seconds=2)
    assert not scan.problem
    assert told == [("scan.pdf", done, 12) for done in range(1, 13)]
    assert "late.pdf: not read in 2 s" in late.problem


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
    """Importing them takes half a second; it must not be one for each of a thousand short files."""
    make_book(tmp_path / "little.pdf")
    jobs = {"little.pdf": partial(tell_imports, tmp_path / "little.pdf")}
    [document] = read_apart(jobs, tmp_path, workers=1, told=print)
    assert document.problem == "late: [], unasked: []"


def test_a_line_is_as_high_as_its_font_says(tmp_path):
    """PyMuPDF by itself makes boxes of a low font higher; gaps between lines are measured from them."""
    path = tmp_path / "signs.pdf"
    document = pymupdf.open()
    document.new_page().insert_text((50, 100), "abc", fontsize=10, fontname="zadb")
    document.save(path)
    [found] = read_apart({"signs.pdf": partial(tell_height, path)}, tmp_path, workers=1, told=print)
    assert found.problem == "9.63", "10.00: set to the type's size"


@pytest.mark.whole_runs
def test_ctrl_c_while_the_processes_start_is_one_line(workshop):
    """A terminal sends it to all of them, whatever they are at: every tenth of a second of the first one."""
    stopped = "01_extract.py: stopped; what is finished is kept, the same command goes on\n"
    for tenth in range(6):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "01_extract.py"), str(workshop.recipe), "--force"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=workshop.environment(),
            start_new_session=True,
        )
        assert process.stdout.readline().startswith("01 extract")
        time.sleep(tenth / 10)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        if tenth > 0 and process.returncode == 0:
            break
        assert (said, process.returncode) == (stopped, 130), f"after {tenth / 10} s"
