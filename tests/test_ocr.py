"""Scans, and what is locked: pages that are pictures are read by Tesseract or named, never lost in silence.

The tests that read need Tesseract with its English data (`apt-get install tesseract-ocr`). Where it is not
installed they skip; the image has it, and the container tests run them there.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
import yaml
from press import HEIGHT, WIDTH, Press, chapters_of, make_prose

from inkprint.extract.mupdf import pymupdf
from inkprint.jsonl import read_records
from inkprint.recipe import ROOT
from inkprint.records import Page

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="Tesseract is not installed: apt-get install tesseract-ocr"
)
pytestmark = pytest.mark.whole_runs
NOWHERE = {"PATH": "/nowhere", "TESSDATA_PREFIX": ""}  # where no Tesseract is found
SECRET = "correct horse"


@dataclass
class Done:
    code: int
    output: str
    errors: str
    stage: Path

    @property
    def pages(self) -> list[Page]:
        return list(read_records(self.stage / "documents.jsonl", Page))

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.stage / "manifest.json").read_text())["documents"]


def extract(
    folder: Path, document: pymupdf.Document | bytes, env: dict[str, str] | None = None, **keys
) -> Done:
    """Stage 01 on one PDF, with these keys in the recipe's section extract."""
    (folder / "data").mkdir(exist_ok=True)
    content = document if isinstance(document, bytes) else document.tobytes()
    (folder / "data" / "book.pdf").write_bytes(content)
    recipe = yaml.safe_load((ROOT / "recipes/demo.yaml").read_text(encoding="utf-8"))
    recipe["run"] = "try"
    recipe["extract"] |= {"data": str(folder / "data"), **keys}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    command = [sys.executable, ROOT / "scripts/01_extract.py", folder / "recipe.yaml"]
    environment = os.environ | {"INKPRINT_ARTIFACTS": str(folder / "artifacts")} | (env or {})
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    return Done(done.returncode, done.stdout, done.stderr, folder / "artifacts/try/01_extract")


def one_line(done: Done) -> str:
    assert done.code == 2, done.output + done.errors
    assert done.errors.count("\n") == 1
    assert "book.pdf" in done.errors
    assert not done.stage.exists()
    return done.errors


def prose_page(press: Press, seed: int) -> list[str]:
    text = make_prose(seed, 3)
    press.leaf()
    press.set(text, bottom=HEIGHT)
    return text


def scanned(press: Press, number: int, stamp: str = "") -> None:
    """In place of the last page a picture of it, as a scanner makes it."""
    picture = press.document[number].get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    press.document.delete_page(number)
    page = press.document.new_page(pno=number, width=WIDTH, height=HEIGHT)
    page.insert_image(page.rect, stream=picture.tobytes("jpg"))
    if stamp:
        page.insert_text((120, HEIGHT - 20), stamp, fontsize=7)


def plate(press: Press) -> None:
    """A page with a picture of no words: blots of ink."""
    dice = random.Random(3)
    press.leaf()
    shape = press.page.new_shape()
    for _ in range(300):
        middle = pymupdf.Point(dice.uniform(60, 300), dice.uniform(60, 480))
        shape.draw_circle(middle, dice.uniform(2, 30))
        shape.finish(fill=(dice.random(),) * 3, width=0)
    shape.commit()
    scanned(press, len(press.document) - 1)


@pytest.fixture(scope="module")
def mixed() -> tuple[bytes, list[str]]:
    """Two pages of text, a scan, a scan with a stamp of text on it, a plate, a page of text."""
    press = Press(heads=False)
    texts = [*prose_page(press, 0), *prose_page(press, 1), *prose_page(press, 2)]
    scanned(press, 2)
    texts += prose_page(press, 3)
    scanned(press, 3, stamp="Digitised by the Harbour Library")
    plate(press)
    texts += prose_page(press, 4)
    return press.document.tobytes(), texts


@needs_tesseract
def test_scans_are_read_and_said_and_a_plate_stops_nothing(tmp_path, mixed):
    document, texts = mixed
    done = extract(tmp_path, document)
    assert done.code == 0, done.errors
    assert [page.page_class for page in done.pages] == ["body"] * 4 + ["no_text", "body"]
    told = [page.page for page in done.pages if page.evidence.endswith("; read by Tesseract (eng)")]
    assert told == [3, 4]
    assert "5 of 6 pages kept, 2 read by OCR" in done.output
    assert done.facts["book.pdf"]["ocr"] == 2
    assert "a picture without text, and Tesseract (eng) finds no words" in done.pages[4].evidence
    found = " ".join(page.text for page in done.pages if page.kept).split()
    wanted = " ".join(texts).split()
    same = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    assert sum(run.size for run in same) >= 0.98 * max(len(wanted), len(found))
    first = (done.stage / "documents.jsonl").read_bytes()
    shutil.rmtree(done.stage)
    assert extract(tmp_path, document).code == 0
    assert (done.stage / "documents.jsonl").read_bytes() == first


@pytest.mark.parametrize(
    ("keys", "env", "says"),
    [
        ({}, NOWHERE, "Tesseract is not installed: install it (apt-get install tesseract-ocr)"),
        ({"ocr_language": None}, {}, "extract.ocr_language is null: name a language"),
    ],
)
def test_without_ocr_scans_stop_the_run_unless_their_loss_is_allowed(tmp_path, mixed, keys, env, says):
    said = one_line(extract(tmp_path, mixed[0], env, **keys))
    assert "on 3 of 6 pages (a picture without text): p. 3-5; " in said
    assert says in said
    done = extract(tmp_path, mixed[0], env, **keys, unreadable_pages="drop")
    assert done.code == 0, done.errors
    assert [page.page for page in done.pages if page.kept] == [1, 2, 6]
    assert {page.page_class for page in done.pages[2:5]} == {"no_text"}
    assert "WARNING: 3 pages are pictures without text" in done.output


def test_a_cover_is_no_reason_to_stop(tmp_path):
    press = Press(heads=False)
    plate(press)
    prose_page(press, 1)
    done = extract(tmp_path, press.document, ocr_language=None)
    assert [page.page_class for page in done.pages] == ["cover", "body"]


@needs_tesseract
def test_letters_without_meaning_are_read_from_their_picture(tmp_path):
    press = Press(heads=False)
    texts = prose_page(press, 0)
    press.leaf()
    font = pymupdf.Font("tiro")
    press.page.insert_font(fontname="odd", fontbuffer=font.buffer)
    words = make_prose(5, 1)[0].split()
    for row in range(0, len(words), 7):
        press.page.insert_text(
            (50, 80 + 2 * row), " ".join(words[row : row + 7]), fontname="odd", fontsize=10
        )
    for xref in range(1, press.document.xref_length()):
        if press.document.xref_get_key(xref, "ToUnicode")[0] != "null":
            press.document.xref_set_key(xref, "ToUnicode", "null")
    document = press.document.tobytes()
    done = extract(tmp_path, document)
    assert done.code == 0, done.errors
    assert done.pages[1].text.split() == words
    assert done.pages[0].text.split() == " ".join(texts).split(), "the page before has its own text"
    assert "characters have no meaning" in one_line(extract(tmp_path / "..", document, ocr_language=None))


@needs_tesseract
def test_a_language_that_is_not_installed_is_one_line(tmp_path):
    done = extract(tmp_path, locked("")[0], ocr_language="eng+xyz")
    assert done.code == 2
    assert "Tesseract has no data for 'xyz'" in done.errors
    assert "there are: " in done.errors
    assert "apt-get install tesseract-ocr-xyz" in done.errors


# -- locked files -----------------------------------------------------------------------------


def locked(user: str) -> tuple[bytes, list[str]]:
    press = Press(heads=False)
    texts = prose_page(press, 0)
    content = press.document.tobytes(
        encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=user, owner_pw="printer", permissions=0
    )
    return content, texts


def test_a_password_opens_the_file_and_is_written_nowhere(tmp_path):
    content, texts = locked(SECRET)
    done = extract(tmp_path, content, {"BOOK_KEY": SECRET}, password_env="BOOK_KEY")
    assert done.code == 0, done.errors
    assert chapters_of(done.pages)[""] == texts
    said = done.output + done.errors
    written = [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]
    assert len(written) > 4
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    assert SECRET not in said


@pytest.mark.parametrize(
    ("name", "env", "says"),
    [
        (None, {}, "encrypted; put its password into an environment variable or a line of .env"),
        ("BOOK_KEY", {}, "encrypted, and BOOK_KEY, which extract.password_env names, is not set"),
        ("BOOK_KEY", {"BOOK_KEY": "guess"}, "the password in BOOK_KEY does not open it"),
    ],
)
def test_without_the_right_password_one_line_says_what_to_set(tmp_path, name, env, says):
    said = one_line(extract(tmp_path, locked(SECRET)[0], env, password_env=name))
    assert says in said
    assert "guess" not in said


def test_an_owners_password_alone_locks_nothing(tmp_path):
    content, texts = locked("")
    done = extract(tmp_path, content)
    assert done.code == 0, done.errors
    assert chapters_of(done.pages)[""] == texts
