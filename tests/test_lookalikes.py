"""Stage 01: heads, feet, labels and lists, and what only looks like them, on pages typeset here."""

from __future__ import annotations

from pathlib import Path

import pytest
from press import LEFT, RIGHT, Press, chapters_of, make_prose, read, removed, wrap

from inkprint.records import Page

PAGES = 12


def pages_of(press: Press, folder: Path) -> list[Page]:
    press.document.save(folder / "book.pdf")
    return read(folder / "book.pdf")


def test_a_last_line_that_comes_back_is_text(tmp_path):
    """Full pages end at one height; on four neighbours the last line, set apart, says For example:."""
    press = Press(heads=False)
    lines = wrap(" ".join(make_prose(1, 150)), RIGHT - LEFT, 10)
    for page in range(20):
        press.leaf()
        example = page in (3, 4, 5, 6)
        for row in range(24 if example else 26):
            press.at(LEFT, press.y + 14 * row, lines.pop(0), 10)
        if example:
            press.at(LEFT, press.y + 14 * 25, "For example:", 10)
    pages = pages_of(press, tmp_path)
    assert sum(page.text.count("For example:") for page in pages) == 4
    assert not removed(pages, "running foot")


def test_heads_that_count_pages_of_all_pages(tmp_path):
    press = Press(heads=False)
    text = make_prose(1, 60)
    for page in range(1, PAGES + 1):
        press.leaf()
        press.at(LEFT, 40, "A History of Ropes", 8)
        press.at(RIGHT - 30, 40, f"{page} / {PAGES}", 8)
        press.y = 80
        for line in wrap(" ".join(text[4 * page : 4 * page + 4]), RIGHT - LEFT, 10)[:26]:
            press.at(LEFT, press.y, line, 10)
            press.y += 14
    pages = pages_of(press, tmp_path)
    assert not any("History" in page.text or f"/ {PAGES}" in page.text for page in pages)
    assert [page.label for page in pages] == [str(page) for page in range(1, PAGES + 1)]


@pytest.mark.parametrize("label", [["CHAPTER", "TWO"], ["Chapter 2"], ["II"]])
def test_a_chapters_label_far_above_its_title_is_no_text(tmp_path, label):
    press = Press()
    texts = {"One Rope": make_prose(1, 14), "Two Ropes": make_prose(2, 14)}
    for title, paragraphs in texts.items():
        press.open_chapter(title, [])
        for line in label if title == "Two Ropes" else ["CHAPTER", "ONE"]:
            press.at(RIGHT - 60, press.y - 40, line, 12, font="tibo")
            press.y += 14
        press.y += 30
        press.at(LEFT, press.y, title, 16, font="tibo")
        press.y += 40
        press.set(paragraphs)
    press.document.set_toc(press.outline)
    assert {title: text for title, text in chapters_of(pages_of(press, tmp_path)).items() if text} == texts


@pytest.mark.parametrize(
    ("title", "on_top", "entries"),
    [("References:", False, 1), ("References:", True, 12), ("Notes", False, 6)],
)
def test_references_inside_a_chapter_do_not_take_the_rest_of_it(tmp_path, title, on_top, entries):
    press = Press()
    texts = make_prose(1, 40)
    press.open_chapter("The Count", ["The Count"])
    press.set(texts[:12])
    press.y += 14
    if on_top:
        press.turn()
    press.at(LEFT, press.y, title, 13, font="tibo")
    press.y += 18
    press.set([f"{n}. Penhallow, Letters (London: Press, 19{n + 20}), p. {n}." for n in range(entries)])
    press.y += 14
    press.set(texts[12:])
    press.open_chapter("The Rope", ["The Rope"])
    press.set(make_prose(2, 12))
    press.document.set_toc(press.outline)
    pages = pages_of(press, tmp_path)
    assert all(page.page_class == "body" for page in pages)
    chapters = chapters_of(pages)
    assert list(chapters) == ["The Count", "The Rope"]
    said = " ".join(chapters["The Count"])
    assert [text for text in texts if text not in said] == []


def test_references_that_end_a_chapter_go(tmp_path):
    press = Press()
    for title, seed in (("The Count", 1), ("The Rope", 2)):
        press.open_chapter(title, [title])
        press.set(make_prose(seed, 12))
        press.at(LEFT, press.y + 14, "References", 13, font="tibo")
        press.y += 32
        press.set([f"{n}. Penhallow, Letters (London: Press, 19{n + 20}), p. {n}." for n in range(40)])
    press.document.set_toc(press.outline)
    said = " ".join(page.text for page in pages_of(press, tmp_path) if page.kept)
    assert "Penhallow" not in said
    assert said.count(".") == sum(text.count(".") for seed in (1, 2) for text in make_prose(seed, 12))
