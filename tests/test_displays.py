"""Stage 01: captions, tables, formulae and code, and columns, on pages that are typeset here."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest
from press import LEFT, RIGHT, WIDTH, Press, make_prose, read, wrap

from inkprint.extract.displays import is_formula
from inkprint.records import Page

KINDS = ["caption", "table", "formula", "code"]
CAPTION = [
    "Figure 3. A kettle on the neighbour's window, seen from",
    "the harbour in the evening of a winter.",
]
HEAD, *ROWS = ["Item  Count  Price", "Rope  12  3.50", "Lamp  7  11.00", "Kettle  104  0.75"]
FORMULAE = ["x + y = z(1 + q),", "E = m + c (3.1)"]
CODE = ["def count(ropes):", "    return len(ropes)"]
BEFORE, SAYING, AFTER, LAST = (
    "It is not hard to see of what kind they are when the evening comes over the silver harbour and the"
    " island is still, for what is carried is carried.",
    "Figure 3 shows that nobody counts the ropes twice, whatever the neighbour says of them on a winter"
    " morning, and Table 2 says it again for the lamps and the kettles.",
    "where the signs are those of the letter that the neighbour wrote to the shelter in the mountain.",
    "The last of them is the bread, which nobody counts, for it is gone by the evening.",
)


def print_page(press: Press) -> None:
    press.turn()
    press.set([BEFORE])
    press.y += 18
    for line in CAPTION:
        press.at(LEFT + 10, press.y, line, 8)
        press.y += 10
    press.y += 12
    for row in (HEAD, *ROWS):
        for column, cell in enumerate(row.split("  ")):
            press.at(LEFT + 80 * column, press.y, cell, 9)
        press.y += 12
    press.y += 14
    press.set([SAYING])
    press.y += 8
    for formula in FORMULAE:
        press.centre(press.y, formula, 10)
        press.y += 16
    press.y += 6
    for line in wrap(AFTER, RIGHT - LEFT, 10):
        press.at(LEFT, press.y, line, 10)
        press.y += 14
    press.y += 10
    for line in CODE:
        press.at(LEFT + 14, press.y, line, 9, font="cour")
        press.y += 11
    press.y += 12
    press.set([LAST])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    press = Press()
    press.open_chapter("The Count", ["The Count"])
    press.set(make_prose(1, 12))
    print_page(press)
    press.turn()
    press.set(make_prose(2, 12))
    path = tmp_path_factory.mktemp("displays") / "count.pdf"
    press.document.save(path)
    return path


def the_page(path: Path, drop: list[str]) -> Page:
    found = [page for page in read(path, drop=drop) if LAST[:20] in page.text]
    assert len(found) == 1
    return found[0]


def of_kind(kind: str) -> str:
    return {
        "caption": " ".join(CAPTION),
        "table": " ".join((HEAD, *ROWS)),
        "formula": " ".join(FORMULAE),
        "code": " ".join(CODE),
    }[kind]


def test_what_is_no_running_text_is_dropped_and_said(made):
    page = the_page(made, KINDS)
    assert page.text.split("\n\n")[-4:] == [BEFORE, SAYING, AFTER, LAST]
    for kind in KINDS:
        gone = " ".join(line.text for line in page.removed if line.reason == kind)
        assert gone.split() == of_kind(kind).split()
    assert not page.marked


def test_what_is_not_dropped_stays_and_is_marked(made):
    page = the_page(made, [])
    for kind in KINDS:
        stays = " ".join(line.text for line in page.marked if line.kind == kind)
        assert stays.split() == of_kind(kind).split()
        assert all(word in page.text for word in of_kind(kind).split())
    assert not {line.reason for line in page.removed} & set(KINDS)
    assert "\n".join(line.strip() for line in CODE) in page.text  # code line by line


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_by_itself(made, kind):
    page = the_page(made, [kind])
    assert {line.reason for line in page.removed} & set(KINDS) == {kind}
    assert {line.kind for line in page.marked} == set(KINDS) - {kind}


def test_a_letter_set_in_a_typewriters_letters_is_text(tmp_path):
    press = Press()
    press.open_chapter("The Letter", ["The Letter"])
    press.set(make_prose(1, 6))
    letter = wrap(LAST + " " + AFTER, RIGHT - LEFT - 60, 10)
    press.y += 10
    for line in letter:
        press.at(LEFT + 14, press.y, line, 9, font="cour")
        press.y += 12
    press.y += 10
    press.set(make_prose(2, 3))
    path = tmp_path / "letter.pdf"
    press.document.save(path)
    text = " ".join(page.text for page in read(path, drop=KINDS))
    assert AFTER in " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("x² + y² = z²", True),
        ("lim f(x) = sin a + log b", True),
        ("(x + yi) + (x′ + y′i) = (x + x′) + (y + y′)i,", True),
        ("a^n (2.14)", True),
        ("1914-18", False),
        ("— the end —", False),
        ("Twelve + one are thirteen ropes", False),
        ("*", False),
    ],
)
def test_a_formula_has_signs_and_hardly_a_word(text, formula):
    assert is_formula(text) is formula


@pytest.mark.parametrize("columns", [2, 3])
def test_columns_are_read_one_after_the_other_however_the_file_draws_them(tmp_path, columns):
    press = Press(heads=False)
    press.leaf()
    title = "An Account of the Many Ropes That Were Carried over the Mountain"
    press.at(LEFT, press.y - 20, title, 9)
    width = (WIDTH - 2 * 20) / columns
    prose = [make_prose(seed, 8) for seed in range(columns)]
    lines = [wrap(" ".join(text), width - 14, 8)[:30] for text in prose]
    for row in range(30):
        for column in range(columns):
            press.at(20 + column * width, press.y + 10 * row, lines[column][row], 8)
    path = tmp_path / "columns.pdf"
    press.document.save(path)
    pages = read(path, drop=KINDS)
    found = " ".join(page.text for page in pages).split()
    as_set = " ".join(" ".join(column) for column in lines).split()
    # Words that were broken at a line's end are whole again.
    assert SequenceMatcher(None, as_set, found, autojunk=False).ratio() > 0.9
    assert title in " ".join(found)
