"""Stage 01 on books that are typeset here, so that every word that must come out is known."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from press import (
    FONT,
    HEIGHT,
    LEADING,
    LEFT,
    TITLE,
    WORDS,
    Made,
    Press,
    back_matter,
    chapters_of,
    make_book,
    make_prose,
    read,
    removed,
    wrap,
)

from inkprint.extract.documents import labels_of
from inkprint.extract.footnotes import cut_glued_marks, names_with_figures
from inkprint.extract.headings import same_title, split_number
from inkprint.extract.letters import WORD, Joiner, as_written, clean, count_words, is_ornament, one_space
from inkprint.extract.mupdf import pymupdf
from inkprint.extract.plain import text_pages
from inkprint.jsonl import read_records
from inkprint.recipe import ROOT
from inkprint.records import Page

# -- running the stage ------------------------------------------------------------------------


def write_recipe(folder: Path, data: Path) -> Path:
    recipe = yaml.safe_load((ROOT / "recipes/demo.yaml").read_text(encoding="utf-8"))
    recipe["run"], recipe["extract"]["data"] = "try", str(data)
    recipe["extract"]["ocr_language"] = None  # test_ocr.py reads scans
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def call(folder: Path, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return call_recipe(folder, write_recipe(folder, data), *options)


def call_recipe(folder: Path, recipe: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts/01_extract.py", recipe, *options]
    environment = os.environ | {"INKPRINT_ARTIFACTS": str(folder / "artifacts")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def extract(folder: Path, data: Path) -> list[Page]:
    result = call(folder, data)
    assert result.returncode == 0, result.stdout + result.stderr
    return list(read_records(folder / "artifacts/try/01_extract/documents.jsonl", Page))


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> tuple[Made, list[Page], Path]:
    folder = tmp_path_factory.mktemp("book")
    (folder / "data").mkdir()
    made = make_book(folder / "data/small.pdf")
    return made, extract(folder, folder / "data"), folder


# -- a whole book -----------------------------------------------------------------------------


def test_every_word_of_every_chapter_and_no_other(book):
    made, pages, _ = book
    assert chapters_of(pages) == made.chapters


def test_every_page_is_there_with_its_class(book):
    made, pages, _ = book
    assert [page.page for page in pages] == list(range(1, len(made.classes) + 1))
    assert [page.page_class for page in pages] == made.classes
    for page in pages:
        assert page.kept == (page.page_class == "body")
        assert bool(page.reason) != page.kept
        assert page.evidence


def test_labels_are_those_that_pymupdf_gives_page_by_page():
    document = pymupdf.open()
    for _ in range(120):
        document.new_page()
    styles = ["r", "D", "R", "a", "A", ""]
    document.set_page_labels(
        [
            {"startpage": 2 + 19 * at, "prefix": "S-" * (at % 2), "style": style, "firstpagenum": 1 + 7 * at}
            for at, style in enumerate(styles)
        ]
    )
    document = pymupdf.open(stream=document.tobytes())
    labels = labels_of(document)
    assert labels == [page.get_label() for page in document]
    assert labels[:3] == ["", "", "i"]
    assert len(set(labels)) > 95


@pytest.mark.parametrize("rule", ["", "<</S/D/St(a)>>", "<</S/a/St -7>>", "<</S/a/St 0>>"])
def test_a_book_with_broken_labels_has_none(rule):
    document = pymupdf.open()
    document.new_page()
    document.xref_set_key(document.pdf_catalog(), "PageLabels", f"<</Nums[0{rule}]>>")
    (label,) = labels_of(pymupdf.open(stream=document.tobytes()))
    assert len(label) < 3


def test_heads_and_numbers_are_out_and_recorded(book):
    _, pages, _ = book
    kept = [page for page in pages if page.kept]
    text = "\n".join(page.text for page in kept)
    assert TITLE.upper() not in text
    assert not re.search(r"\d", text)
    assert any(TITLE.upper() in line for line in removed(kept, "running head"))
    assert any("The Lamp" in line for line in removed(kept, "running head"))
    assert removed(kept, "page number")
    assert [page.label for page in kept] == [str(number) for number in range(1, len(kept) + 1)]


def test_a_broken_word_is_whole_and_hyphens_were_there(book):
    made, pages, _ = book
    document = pymupdf.open(made.path)
    broken = sum(line.endswith("-") for page in document for line in page.get_text().splitlines())
    assert broken > 12
    assert not any("-" in page.text for page in pages if page.kept)


def test_counts_balance_and_the_manifest_agrees(book):
    made, pages, folder = book
    manifest = json.loads((folder / "artifacts/try/01_extract/manifest.json").read_text())
    kept = sum(page.kept for page in pages)
    assert manifest["peak_memory_bytes"]["machine"] > 80e6, "of the processes that read, too: MuPDF is large"
    assert manifest["counts"] == {
        "unit": "pages", "in": len(pages), "out": kept, "rejected": len(pages) - kept, "failed": 0,
    }  # fmt: skip
    digest = hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert manifest["inputs"] == {"data/small.pdf": digest}
    assert {page.document_sha256 for page in pages} == {digest}
    assert len({page.id for page in pages}) == len(pages)


def test_same_bytes_again_and_no_work_when_fresh(book):
    _, _, folder = book
    path = folder / "artifacts/try/01_extract/documents.jsonl"
    before = path.read_bytes()
    assert "up to date" in call(folder, folder / "data").stdout
    assert call(folder, folder / "data", "--force").returncode == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("outline", "contents", "heads"),
    [("broken", True, True), ("none", True, False), ("none", False, True)],
)
def test_chapters_without_a_whole_outline(tmp_path, outline, contents, heads):
    made = make_book(tmp_path / "small.pdf", outline, contents, heads)
    pages = read(made.path)
    found = {re.sub(r"^CHAPTER \d: ", "", title): text for title, text in chapters_of(pages).items()}
    assert found == made.chapters
    assert [page.page_class for page in pages] == made.classes


# -- single features --------------------------------------------------------------------------


@pytest.fixture
def overridden(tmp_path):
    """Extract the small book with overrides; returns the finished process."""
    (tmp_path / "data").mkdir()
    made = make_book(tmp_path / "data/small.pdf")

    def run(text: str, on_error: str = "stop") -> tuple[Made, subprocess.CompletedProcess[str], list[Page]]:
        (tmp_path / "data/overrides.yaml").write_text(text)
        recipe = write_recipe(tmp_path, tmp_path / "data")
        recipe.write_text(recipe.read_text().replace("on_error: stop", f"on_error: {on_error}"))
        done = call_recipe(tmp_path, recipe)
        records = tmp_path / "artifacts/try/01_extract/documents.jsonl"
        return made, done, list(read_records(records, Page)) if records.exists() else []

    return run


@pytest.mark.whole_runs
def test_a_persons_word_wins_over_every_rule_and_says_so(overridden):
    made, done, _ = overridden("")
    body = [n for n, page_class in enumerate(made.classes, start=1) if page_class == "body"]
    notes, index = made.classes.index("notes") + 1, made.classes.index("index") + 1
    made, done, pages = overridden(
        f"small.pdf:\n  keep: [{notes}-{index}]\n  drop: [{body[0]}, {body[-1]}]\n"
    )
    assert done.returncode == 0, done.stderr
    assert "data/overrides.yaml is changed" in done.stdout
    assert f"overrides.yaml keeps p. {notes}-{index}" in done.stdout
    kept = {page.page for page in pages if page.kept}
    assert kept == {*body[1:-1], *range(notes, index + 1)}
    by_hand = pages[body[0] - 1]
    assert by_hand.page_class == "override"
    assert by_hand.reason == "dropped by overrides.yaml"
    assert "was body: " in by_hand.evidence
    assert "was notes: " in pages[notes - 1].evidence
    assert pages[notes - 1].text
    titles = [start.title for page in pages for start in page.chapters]
    assert titles == list(made.chapters), "a chapter whose first page is dropped begins on the next"
    assert pages[body[1] - 1].chapters[0].at == 0
    assert not pages[body[1] - 1].continues


@pytest.mark.whole_runs
def test_no_sentence_goes_on_over_a_page_that_was_dropped_by_hand(overridden):
    _, _, pages = overridden("")
    inner = next(
        page.page for page, after in itertools.pairwise(pages)
        if page.continues and after.continues and not page.chapters and not after.chapters
    )  # fmt: skip
    _, _, pages = overridden(f"small.pdf: {{drop: [{inner}]}}")
    assert not pages[inner].continues
    assert pages[inner].kept


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("small.pdf: {keep: [12-]}", "'12-' is no page and no range of pages such as 12-16"),
        ("small.pdf: {keep: [16-12]}", "'16-12' is no page"),
        ("small.pdf: {drop: [0]}", "0 is no page"),
        ("small.pdf: {keep: [3-5], drop: [5]}", "page 5 is to be kept and to be dropped"),
        ("small.pdf: {drop: [9999]}", "small.pdf: no page 9999; it has "),
        ("large.pdf: {drop: [1]}", "large.pdf: no such document; there are: small.pdf"),
        ("small.pdf: {remove: [1]}", "write it as book.pdf: {keep: [12-16], drop: [313-352]}"),
        ("small.pdf: [", "not readable as YAML"),
    ],
)
def test_an_override_that_makes_no_sense_is_one_line(overridden, text, says):
    _, done, pages = overridden(text, on_error="reject")  # a mistake here is no fault of the document
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not pages


def test_front_and_back_matter_stays_where_the_recipe_wants_it(book):
    made, *_ = book
    pages = read(made.path, drop=[])
    words = {page.page: Counter(page.text.split()) for page in pages}
    kept = {page.page: page for page in read(made.path, drop=[], matter="keep")}
    for before in pages:
        page = kept[before.page]
        assert page.kept == (before.page_class != "blank")
        if before.kept:
            assert page.text == before.text
        elif page.kept:
            assert page.evidence == f"the recipe keeps it; was {before.page_class}: {before.evidence}"
            assert page.text and not words[page.page] - Counter(page.text.split())
    assert {"index", "notes", "contents"} <= {before.page_class for before in pages}


def test_a_bibliography_under_a_title_of_its_own_is_one():
    """The demo's book calls it Books in the House; it follows the notes and is in alphabetical order."""
    pages = read(ROOT / "data" / "demo" / "books" / "inventory-of-little-skerry.pdf")
    dropped = [page.page_class for page in pages if not page.kept]
    front = ["title", "copyright", "dedication", "blank", "contents", "contents"]
    assert dropped == [*front, "notes", "bibliography", "index", "index"]


def test_footnotes_and_their_marks_stand_apart(tmp_path):
    press = Press()
    press.leaf()
    body = make_prose(5, 3)
    for count in ("once", "twice", "alone", "late"):
        press.turn()
        press.set(body[:2], bottom=HEIGHT)
        press.at(LEFT, press.y, "The bishop came to the island", 10)
        end = LEFT + pymupdf.get_text_length("The bishop came to the island", FONT, 10)
        press.at(end, press.y - 4, "1", 6)
        press.at(end + 6, press.y, 'and he said "nothing."2', 10)
        press.at(LEFT, HEIGHT - 60, "1", 5)
        press.at(LEFT + 4, HEIGHT - 58, f"He came {count}, and it was enough.", 8)
        press.at(LEFT, HEIGHT - 48, f"2 So he said, {count} and more than that.", 8)
    press.document.save(tmp_path / "notes.pdf")
    pages = read(tmp_path / "notes.pdf")
    for page, count in zip(pages[1:], ("once", "twice", "alone", "late"), strict=True):
        assert page.text.endswith('The bishop came to the island and he said "nothing."')
        assert [line.text for line in page.removed if line.reason == "footnote"] == [
            f"1 He came {count}, and it was enough.",
            f"2 So he said, {count} and more than that.",
        ]
        assert sorted(line.text for line in page.removed if line.reason == "note mark")[-1] == "2"


def test_a_footnote_stands_at_the_foot_of_its_own_column(tmp_path):
    """Columns come one after the other: a note under the left one stood in the middle of a sentence."""
    document = pymupdf.open()
    texts = make_prose(8, 12)
    for number in range(4):
        page = document.new_page(width=500, height=400)
        for column, left in enumerate((40, 265)):
            for at, line in enumerate(wrap(texts[number + 4 * column], 195, 10)):
                page.insert_text((left, 60 + 14 * at), line, fontsize=10, fontname=FONT)
        page.insert_text((40, 340), f"{number + 1} See the log of the {number}.", fontsize=7, fontname=FONT)
    document.save(tmp_path / "columns.pdf")
    pages = read(tmp_path / "columns.pdf")
    noted = [[line.text for line in page.removed if line.reason == "footnote"] for page in pages]
    assert noted == [[f"{number + 1} See the log of the {number}."] for number in range(4)]
    assert not any("See the log" in page.text for page in pages)


def test_the_first_chapters_number_is_not_its_pages(tmp_path):
    """1. The Lamp, on top of page 1: it was taken for a running head with its number."""
    press = Press()
    for number, title in enumerate(("1. The Lamp", "2. The Kettle", "3. The Rope"), start=1):
        press.leaf()
        press.printed += 1
        press.chapter = title
        press.at(LEFT, press.y, title, 16)
        press.y += 40
        press.set(make_prose(number, 14))
    press.document.save(tmp_path / "numbered.pdf")
    found = [start.title for page in read(tmp_path / "numbered.pdf") for start in page.chapters]
    assert found == ["1. The Lamp", "2. The Kettle", "3. The Rope"]


def test_ornament_ligatures_accents_and_controls(tmp_path):
    press = Press(heads=False)
    press.turn()
    press.set([*make_prose(1, 1), "Café na\u00efve office."], bottom=HEIGHT)
    press.centre(press.y + 10, "* * *", 10)
    press.y += 40
    press.set(make_prose(2, 1), bottom=HEIGHT)
    press.document.save(tmp_path / "marks.pdf")
    (page,) = read(tmp_path / "marks.pdf")
    assert page.text.split("\n\n") == [*make_prose(1, 1), "Café na\u00efve office.", *make_prose(2, 1)]
    assert removed([page], "ornament") == ["* * *"]


def test_a_refrain_at_the_same_height_of_many_pages_is_no_running_head(tmp_path):
    """A litany comes back where heads stand, chapter by chapter; heads come back page by page."""
    refrain = "There are two kinds of harbour"
    press = Press()
    for number in range(14):
        press.open_chapter(f"Chapter {number + 1}", [f"Chapter {number + 1}"])
        press.set(make_prose(number, 3))
        press.turn()
        for line in (refrain, "and I have slept in both of them."):
            press.at(LEFT, press.y, line, 10)
            press.y += LEADING
        press.set(make_prose(100 + number, 4), bottom=HEIGHT)
        press.turn()
        press.set(make_prose(200 + number, 2), bottom=HEIGHT)
    press.document.save(tmp_path / "litany.pdf")
    kept = [page for page in read(tmp_path / "litany.pdf") if page.kept]
    assert sum(page.text.count(refrain) for page in kept) == 14
    assert TITLE.upper() not in " ".join(page.text for page in kept)


@pytest.mark.parametrize("rest", ["three days, and on the fourth they stopped", "I count one stove kindly"])
def test_the_last_line_of_a_chapter_alone_on_a_page_is_text(tmp_path, rest):
    press = Press()
    for number in range(4):
        press.open_chapter(f"Chapter {number + 1}", [f"Chapter {number + 1}"])
        press.set(make_prose(number, 12))
        press.turn()
        press.at(LEFT, press.y, rest, 10)
    press.document.save(tmp_path / "rest.pdf")
    pages = read(tmp_path / "rest.pdf")
    assert all(page.kept for page in pages), [(p.page, p.page_class, p.evidence) for p in pages if not p.kept]
    assert sum(rest in page.text for page in pages) == 4


def test_a_page_with_the_end_of_a_broken_word_and_no_more_gives_it_away(tmp_path):
    press = Press()
    press.open_chapter("Chapter 1", ["Chapter 1"])
    press.set(make_prose(1, 12))
    press.at(LEFT, press.y, "and nobody had seen the keeper of the har-", 10)
    press.turn()
    press.at(LEFT, press.y, "bour,", 10)
    press.turn()
    press.at(LEFT, press.y, "who was asleep.", 10)
    press.y += LEADING
    press.set(make_prose(2, 6))
    press.document.save(tmp_path / "word.pdf")
    pages = read(tmp_path / "word.pdf")
    (at,) = (number for number, page in enumerate(pages) if "keeper of the har" in page.text)
    assert pages[at].text.endswith("the keeper of the harbour,")
    assert pages[at + 1].text == ""
    assert (pages[at + 2].text[:15], pages[at + 2].continues) == ("who was asleep.", True)


def test_body_under_its_own_heading_inside_the_notes_is_kept(tmp_path):
    press = Press()
    thanks = make_prose(7, 6)
    press.leaf()
    for title in ("The Lamp", "The Kettle"):
        press.open_chapter(title, [title])
        press.set(make_prose(len(title), 8))
    back_matter(press, [])
    document = press.document
    index = next(n for n in range(len(document)) if document[n].get_text().startswith("Index"))
    late = Press()
    late.open_chapter("Thanks to All", ["Thanks to All"])
    late.set(thanks)
    document.insert_pdf(late.document, start_at=index)
    # The outline does not know of it.
    added = len(late.document)
    document.set_toc([[1, title, page + added * (page > index)] for _, title, page in press.outline])
    document.save(tmp_path / "thanks.pdf")
    pages = read(tmp_path / "thanks.pdf")
    found = chapters_of(pages)["Thanks to All"]
    assert found == thanks
    kinds = [kind for kind, _ in itertools.groupby(page.page_class for page in pages)]
    assert kinds[-3:] == ["notes", "body", "index"]


def make_epub(path: Path, chapters: dict[str, list[str]]) -> None:
    """An EPUB 2 with a cover that is a picture, and a file for each chapter."""
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 60, 90))
    picture.set_rect(picture.irect, (180, 40, 40))
    page = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>-</title></head><body>{}</body></html>"
    files = {"cover.xhtml": page.format("<img src='cover.png' alt=''/>")}
    for number, (title, paragraphs) in enumerate(chapters.items(), start=1):
        text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        files[f"c{number}.xhtml"] = page.format(f"<h1>{title}</h1>{text}")
    kind = "application/xhtml+xml"
    items = "".join(f"<item id='{n[:-6]}' href='{n}' media-type='{kind}'/>" for n in files)
    spine = "".join(f"<itemref idref='{n[:-6]}'/>" for n in files)
    points = "".join(
        f"<navPoint id='n{n}' playOrder='{n}'><navLabel><text>{title}</text></navLabel>"
        f"<content src='c{n}.xhtml'/></navPoint>"
        for n, title in enumerate(chapters, start=1)
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            "<container version='1.0' xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
            "<rootfile full-path='book.opf' media-type='application/oebps-package+xml'/>"
            "</rootfiles></container>",
        )
        book.writestr(
            "book.opf",
            "<package xmlns='http://www.idpf.org/2007/opf' version='2.0' unique-identifier='id'>"
            "<metadata xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:identifier id='id'>x</dc:identifier>"
            f"<dc:title>Small</dc:title></metadata><manifest>{items}"
            "<item id='ncx' href='toc.ncx' media-type='application/x-dtbncx+xml'/>"
            f"<item id='png' href='cover.png' media-type='image/png'/></manifest>"
            f"<spine toc='ncx'>{spine}</spine></package>",
        )
        navigation = f"<navMap>{points}</navMap>"
        book.writestr("toc.ncx", f"<ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'>{navigation}</ncx>")
        book.writestr("cover.png", picture.tobytes("png"))
        for name, text in files.items():
            book.writestr(name, text)


def test_an_epub_keeps_every_paragraph_and_drops_its_cover(tmp_path):
    chapters = {f"Of the {thing}": make_prose(n, 12) for n, thing in enumerate(("Lamp", "Rope", "Door"))}
    make_epub(tmp_path / "small.epub", chapters)
    pages = read(tmp_path / "small.epub")
    assert pages[0].page_class == "cover"
    assert chapters_of(pages) == chapters


def test_plain_text_drops_the_licence_and_finds_chapters(tmp_path):
    chapters = {
        "I. The Maniac": make_prose(1, 12),
        "II. The Suicide of Thought": make_prose(2, 12),
        "III. The Ethics of Elfland": make_prose(3, 12),
    }
    blocks = [
        "The Project Gutenberg EBook of Small Things",
        "*** START OF THIS PROJECT GUTENBERG EBOOK SMALL ***",
    ]
    for title, paragraphs in chapters.items():
        blocks.append("\n\n\n" + title + "\n")
        blocks += [
            "\n".join(wrap(text.replace("lamp", "_lamp_"), 320, 10)).replace("-\n", "") for text in paragraphs
        ]
    blocks += ["\n\nEnd of the Project Gutenberg EBook", "*** START: FULL LICENSE ***", *make_prose(8, 20)]
    path = tmp_path / "small.data"  # its content says that it is text
    path.write_text("\n\n".join(blocks), encoding="utf-8-sig", newline="\r\n")
    pages = read(path)
    assert chapters_of(pages) == chapters
    assert {page.page_class for page in pages if not page.kept} == {"licence"}
    assert sum(page.kept for page in pages) > 3


def bad_pdf(name: str) -> bytes:
    press = Press(heads=False)
    press.leaf()
    if name == "scanned":
        picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 40, 60))
        press.page.insert_image(press.page.rect, pixmap=picture)
        return press.document.tobytes()
    press.set(make_prose(1, 2), bottom=HEIGHT)
    if name == "locked":
        return press.document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x", owner_pw="y")
    content = press.document.tobytes()
    return {
        "cut": content[:300],
        "text": b"Sorry, that page is gone.",
        "empty": b"",
        "noise": bytes(range(256)) * 9,
    }[name]


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("scanned", "extract.ocr_language is null"),
        ("locked", "encrypted"),
        ("cut", ""),
        ("text", "not a PDF"),
        ("empty", "empty"),
        ("noise", "cannot open"),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_left(tmp_path, name, says):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/bad.pdf"
    path.write_bytes(bad_pdf(name))
    result = call(tmp_path, tmp_path / "data")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "bad.pdf" in result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert not list((tmp_path / "artifacts/try").glob("01_extract*"))


@pytest.mark.whole_runs
def test_a_bad_file_can_be_left_out_with_its_reason(tmp_path):
    (tmp_path / "data").mkdir()
    made = make_book(tmp_path / "data/good.pdf")
    for name in ("cut", "scanned"):
        (tmp_path / "data" / f"{name}.pdf").write_bytes(bad_pdf(name))
    path = write_recipe(tmp_path, tmp_path / "data")
    path.write_text(path.read_text().replace("on_error: stop", "on_error: reject"))
    done = call_recipe(tmp_path, path)
    assert done.returncode == 0, done.stderr
    stage = tmp_path / "artifacts/try/01_extract"
    assert chapters_of(list(read_records(stage / "documents.jsonl", Page))) == made.chapters
    rejects = [json.loads(line) for line in (stage / "rejects.jsonl").open()]
    assert [reject["source_id"] for reject in rejects] == ["cut.pdf", "scanned.pdf"]
    for reject in rejects:
        assert reject["reason"] == "cannot be read"
        assert f"{reject['source_id']}: rejected: {reject['detail']}" in done.stdout
    counts = json.loads((stage / "manifest.json").read_text())["counts"]
    assert counts["failed"] == 2
    (tmp_path / "data/good.pdf").unlink()
    done = call_recipe(tmp_path, path)
    assert done.returncode == 2
    assert "none of its 2 documents could be read" in done.stderr


@pytest.mark.parametrize("there", [True, False])
def test_no_documents_is_one_line(tmp_path, there):
    if there:
        (tmp_path / "data").mkdir()
        for name in (".hidden.pdf", "Thumbs.db", "desktop.ini", "metadata.opf", "cover.jpg"):
            (tmp_path / "data" / name).write_bytes(b"x")
    result = call(tmp_path, tmp_path / "data")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert str(tmp_path / "data") in result.stderr


# -- pure functions ---------------------------------------------------------------------------


@given(st.text())
def test_clean_text_is_always_writable(text):
    cleaned = one_space(clean(text))
    cleaned.encode("utf-8")
    assert not re.search(r"[\x00-\x1f\x7f\u200b\ufeff\u2028\ufb01]", cleaned)
    assert one_space(clean(cleaned)) == cleaned


def test_accents_and_ligatures():
    assert clean("Poincar´e oﬃce ﬂy") == "Poincaré office fly"
    assert clean("e\u0301") == "é"


@settings(max_examples=50)
@given(st.sampled_from(WORDS), st.integers(2, 3))
def test_a_known_word_is_joined_and_a_known_compound_is_not(word, cut):
    known = Joiner(count_words([word, f"{word[:cut]}-{word[cut:]}x"]))
    assert known.join(f"a {word[:cut]}-", f"{word[cut:]} b") == f"a {word} b"
    assert known.join(f"a {word[:cut]}-", f"{word[cut:]}x b") == f"a {word[:cut]}-{word[cut:]}x b"


def test_a_book_that_breaks_no_words_keeps_its_hyphens():
    ends = [("good", "humoured"), ("half", "hour")]
    counts = count_words(["a good-humoured half-hour", "a well met reader"])
    assert Joiner(counts, ends).join("a well-", "met reader") == "a well-met reader"


@pytest.mark.parametrize(
    ("set_in_capitals", "written"),
    [
        ("THE LOCK of the church is as big as a loaf", "The lock of the church is as big as a loaf"),
        ("“I HAVE SEEN Mr. Vale,” said the keeper", "“I have seen Mr. Vale,” said the keeper"),
        ("MRS. VALE AND the keeper of the light met", "Mrs. Vale and the keeper of the light met"),
        ("NASA says nothing of the light at all", "NASA says nothing of the light at all"),
        ("I was born in the house on the hill", "I was born in the house on the hill"),
        ("A man went out to see the harbour light", "A man went out to see the harbour light"),
        ("ALL RIGHTS RESERVED", "ALL RIGHTS RESERVED"),
    ],
)
def test_a_printers_capitals_at_a_chapters_head_are_written_small(set_in_capitals, written):
    book = "the lock I have seen, Mrs. Vale said and saw that I have not seen NASA and NASA not me"
    forms = Counter(WORD.findall(book + " " + set_in_capitals))
    assert as_written(set_in_capitals, forms) == written


def test_a_name_with_a_figure_is_no_word_with_a_note():
    texts = ["the ASN.1 syntax of them.”5", "in ASN.1 and", "(ASN.1 again) said.1", "of ASN.1", "he said so"]
    names = names_with_figures(texts)
    assert names == {"ASN.1"}
    assert [cut_glued_marks(text, set(), names)[1] for text in texts] == [["5"], [], ["1"], [], []]


def test_note_marks_glued_to_words_go_and_figures_stay():
    assert cut_glued_marks("said of them.”5 He left.12", set(), set()) == (
        "said of them.” He left.",
        ["5", "12"],
    )
    for text in ("about 3.14 of 1,000", "see vol.2", "in 1905.", "No. 5 and p.7", "the year 1.5"):
        assert cut_glued_marks(text, set(), set()) == (text, [])
    assert cut_glued_marks("the movement2 of MP3", {"movement2"}, set()) == ("the movement of MP3", ["2"])


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("Chapter 1: Creators", "CHAPTER ONE: Creators", True),
        ('2: "Mere Copyists"', "CHAPTER TWO: “Mere Copyists”", True),
        ("IV: The Definition of Order.", "CHAPTER IV THE DEFINITION OF ORDER", True),
        ("Chapter 8", "Chapter 8", True),
        ("Chapter 8", "Chapter 9", False),
        ("The Lamp", "The Kettle", False),
        ("3. Christmas and the Esthetes", "III. Christmas and the Aesthetes", True),
    ],
)
def test_titles_are_compared_by_number_and_words(wanted, found, same):
    assert same_title(wanted, found) is same


def test_numbers_are_read_in_every_form():
    assert [split_number(t)[0] for t in ("Chapter XIV", "twenty-one. On X", "Part 2", "7 Lamps", "Mix")] == [
        14, 21, 2, 7, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "drawn"), [("* * *", True), ("❚❘❙❚", True), ("“…”", False), ("a *", False), ("√", False)]
)
def test_ornament(text, drawn):
    assert is_ornament(text) is drawn


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*WORDS, "\n", "\n\n", "\n\n\n\n", "_so_"]), max_size=400))
def test_text_pages_lose_no_word(parts):
    text = " ".join(parts)
    words = [word for page in text_pages(text) for line in page.lines for word in line.text.split()]
    assert words == text.replace("_so_", "so").split()
