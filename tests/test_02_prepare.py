"""Passages: nothing lost, nothing crosses a chapter or a split, and a fifth book changes no split."""

from __future__ import annotations

import csv
import json
import re
import tracemalloc

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import make_page

from inkprint.errors import UserError
from inkprint.jsonl import write_records
from inkprint.prepare.chapters import Chapter, Sentence, check_blanks, read_chapters
from inkprint.prepare.passages import add_overlap, cut_chapter
from inkprint.prepare.review import write_review
from inkprint.prepare.splits import split_by_share
from inkprint.records import ChapterStart, ChapterSummary, MarkedLine, Reject, RemovedLine
from inkprint.sentences import sentence_spans


def sentences_of(text):
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("He went home. She stayed.", 2),
        ("Mr. Bennet was tired. Mrs. Bennet was not.", 2),
        ("“Is it so?” he asked. “It is.”", 2),
        ("J. S. Mill wrote it. I read it.", 2),
        ("It cost 3.50 in 1904. It is gone.", 2),
        ("Wait… what? Yes!", 2),
        ("他 来 了 。 「我 知道 。」 是 吗 ？ 是 的 。", 4),
        ("वह आया। वह गया।", 2),
        ("See vol. 2, p. 14, and cf. Hume. Then stop.", 2),
        ("It was I. He knew.", 2),
        ("no stop at all", 1),
        ("“Go!” “No.” (So they stayed.) They ate.", 4),
        ("", 0),
    ],
)
def test_sentences(text, count):
    assert len(sentences_of(text)) == count, sentences_of(text)


@given(st.text(alphabet="abAB .!?…”“'\"(),;é-", max_size=200))
def test_sentences_hold_every_word_once(text):
    assert " ".join(sentences_of(text)).split() == text.split()


UNPARTED = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"


def test_a_text_without_blanks_between_words_is_refused():
    """Its passages were paragraphs by the hundred, or too short to a one, and no word said why."""
    with pytest.raises(UserError, match=r"^book\.pdf: no blanks between its words .* segmenter"):
        check_blanks([make_page(1, UNPARTED * 20)])
    parted = " ".join(UNPARTED[at : at + 2] for at in range(0, len(UNPARTED), 2))
    check_blanks([make_page(1, parted * 20)])
    check_blanks([make_page(1, f"A book on Japan quotes: {UNPARTED} And it goes on in English after that.")])
    check_blanks([make_page(1, "나는 고양이로소이다. 이름은 아직 없다.")])


def test_a_passage_keeps_the_lines_of_verse():
    """Sentences were put together with a blank, so that stanzas lost a break wherever a line ends one."""
    stanza = "The gull is here.\nAnd the lamp is out,\nAnd I am far. O bring\nMe the light."
    chapters = read_chapters([make_page(1, f"{stanza}\n\nProse goes on. It ends.", chapters=[])])
    whole = cut_chapter(chapters[0], "train", 100, 1, 0)[0].passage.text
    assert whole.startswith(stanza)


def test_chapters_begin_where_the_headings_are():
    pages = [
        make_page(1, "Before it all."),
        make_page(2, "One goes on.\n\nTwo begins.", chapters=[ChapterStart(title="Two", at=14)]),
        make_page(3, "Two ends. ", kept=True),
        make_page(4, "Notes.", kept=False),
        make_page(5, "Three.", chapters=[ChapterStart(title="Three", at=0)]),
    ]
    found = read_chapters(pages)
    assert [(c.title, [s.text for s in c.sentences]) for c in found] == [
        ("opening", ["Before it all.", "One goes on."]),
        ("Two", ["Two begins.", "Two ends."]),
        ("Three", ["Three."]),
    ]
    assert [c.pages for c in found] == [[1, 2], [2, 3], [5]]


def test_a_paragraph_goes_on_across_pages_and_its_sentence_knows_both():
    starts = [ChapterStart(title="One", at=0)]
    pages = [make_page(1, "It is a long story and it is", chapters=starts)]
    pages.append(make_page(2, "told here. The end.", continues=True))
    pages += [make_page(n, "More.", chapters=[ChapterStart(title=f"C{n}", at=0)]) for n in (3, 4)]
    first, second = read_chapters(pages)[0].sentences
    assert first.text == "It is a long story and it is told here."
    assert first.pages == (1, 2)
    assert (second.text, second.pages) == ("The end.", (2,))


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("a harbour and a har-", "bour again.", "a harbour and a harbour again."),
        ("a well-known", "man.", "a well-known man."),
        ("well and known: a well-", "known man.", "well and known: a well-known man."),
    ],
)
def test_a_word_hyphenated_across_pages(before, after, joined):
    starts = [ChapterStart(title="One", at=0)]
    pages = [make_page(1, before, chapters=starts), make_page(2, after, continues=True)]
    pages += [make_page(n, "More.", chapters=[ChapterStart(title=f"C{n}", at=0)]) for n in (3, 4)]
    assert read_chapters(pages)[0].sentences[0].text == joined


def test_equal_titles_are_told_apart():
    pages = [make_page(n, "Text.", chapters=[ChapterStart(title="Interlude", at=0)]) for n in range(1, 4)]
    assert [c.title for c in read_chapters(pages)] == ["Interlude", "Interlude (2)", "Interlude (3)"]


def test_a_book_without_chapters_is_cut_into_pieces_that_lose_nothing():
    pages = [make_page(n, f"Page {n} says this.\n\nAnd it says that on {n}.") for n in range(1, 60)]
    pieces = read_chapters(pages)
    assert 15 <= len(pieces) <= 21
    said = [s.text for piece in pieces for s in piece.sentences]
    assert len(said) == 118
    assert len({piece.title for piece in pieces}) == len(pieces)


def cut_passages(whole, split, passage_words, overlap_words, min_words):
    """A chapter's passages when all of them are kept."""
    return add_overlap(cut_chapter(whole, split, passage_words - overlap_words, min_words, overlap_words))


lengths = st.lists(st.integers(1, 60), min_size=1, max_size=80)


def chapter(lengths_in_words, title="One", document="book.pdf"):
    sentences = [
        Sentence(
            text=" ".join(f"w{number}x{k}" for k in range(length)) + ".",
            pages=(1 + number // 5,),
            page_ids=(f"page-{1 + number // 5}",),
            begins_paragraph=number % 4 == 0,
        )
        for number, length in enumerate(lengths_in_words)
    ]
    return Chapter(document, document.ljust(64, "0"), title, sentences)


@settings(max_examples=200, deadline=None)
@given(lengths, st.integers(20, 120), st.integers(0, 40), st.integers(1, 60))
def test_passages_hold_every_sentence_once_but_for_the_overlap(words, size, overlap, least):
    overlap, least = min(overlap, size // 2), min(least, size)
    whole = chapter(words)
    passages = cut_passages(whole, "train", size, overlap, least)
    own = [word for p in passages for word in p.text.split()[p.overlap_words :]]
    assert own == [word for s in whole.sentences for word in s.text.split()]
    ends = {s.text.split()[-1] for s in whole.sentences}
    begins = {s.text.split()[0] for s in whole.sentences}
    for passage in passages:
        assert passage.text.split()[-1] in ends
        assert passage.text.split()[0] in begins
        assert passage.overlap_words <= overlap
        assert passage.words == len(passage.text.split())


@given(st.lists(st.integers(1, 5), min_size=30, max_size=80))
def test_no_passage_is_too_short_where_that_can_be(words):
    """Even where the least is next to what was asked for: then passages are longer instead."""
    passages = cut_passages(chapter(words), "train", 15, 0, 14)
    assert all(p.words >= 14 for p in passages), [p.words for p in passages]


@given(st.lists(st.integers(8, 20), min_size=60, max_size=200))
def test_passages_are_about_as_long_as_asked(words):
    passages = cut_passages(chapter(words), "train", 100, 0, 50)
    assert all(50 <= p.words <= 160 for p in passages), [p.words for p in passages]


def test_passages_end_with_paragraphs_where_they_can():
    whole = chapter([10] * 40)  # paragraphs of forty words
    assert all(p.text.count("\n\n") == 1 for p in cut_passages(whole, "train", 80, 0, 40))


@given(st.lists(st.integers(6, 8), min_size=3, max_size=30))
def test_paragraphs_near_the_length_asked_for_are_the_passages(tens):
    """Whatever their lengths add up to: an even share of the chapter would cut them apart."""
    sentences = [10 if n else 10 * count - 30 for count in tens for n in range(4)]
    passages = cut_passages(chapter(sentences), "train", 70, 0, 40)
    assert [p.words for p in passages] == [10 * count for count in tens]


def test_no_overlap_brings_back_what_was_left_out():
    cuts = cut_chapter(chapter([10] * 40), "train", 50, 20, 20)
    whole = add_overlap(cuts)
    assert [p.overlap_words for p in whole[:4]] == [0, 20, 20, 20]
    rest = add_overlap([cuts[0], *cuts[2:]])
    assert [p.overlap_words for p in rest[:3]] == [0, 0, 20]
    assert not set(rest[1].text.split()) & set(cuts[1].passage.text.split())
    assert rest[2:] == whole[3:]


def test_a_long_paragraph_is_cut_on_a_sentence():
    passages = cut_passages(chapter([100, 100, 100, 100]), "train", 100, 0, 50)
    assert [p.words for p in passages] == [100] * 4


chapter_words = st.lists(st.integers(50, 3000), min_size=3, max_size=30)


@given(chapter_words, st.integers(0, 99))
def test_splits_are_contiguous_and_leave_something_to_train_on(words, seed):
    chapters = [chapter([n], title=str(i)) for i, n in enumerate(words)]
    splits = split_by_share(chapters, 0.1, 0.2, seed)
    for name in ("test", "validation"):
        places = [i for i, split in enumerate(splits) if split == name]
        assert places, f"nothing held out for {name}"
        assert places == list(range(places[0], places[-1] + 1))
    assert "train" in splits


@given(st.integers(0, 999))
def test_shares_are_about_kept_where_chapters_allow_it(seed):
    chapters = [chapter([100], title=str(i)) for i in range(40)]
    splits = split_by_share(chapters, 0.1, 0.2, seed)
    assert 7 <= splits.count("test") <= 9
    assert 3 <= splits.count("validation") <= 5


@pytest.mark.parametrize("seed", range(20))
def test_a_preface_alone_is_not_held_out_where_there_is_more(seed):
    """Chesterton's Orthodoxy: a preface of 207 words is nearer to a twentieth than any of its chapters."""
    words = [207, 1887, 6733, 6364, 8509, 6485, 8755, 9364, 6857, 8518]
    chapters = [chapter([count], title=str(i)) for i, count in enumerate(words)]
    splits = split_by_share(chapters, 0.05, 0.15, seed)
    for name, share in (("validation", 0.05), ("test", 0.15)):
        held_out = sum(count for count, split in zip(words, splits, strict=True) if split == name)
        assert held_out >= share * sum(words) / 2, f"{held_out} words for {name}"


def test_a_book_of_many_chapters_is_split_in_little_memory():
    """A Bible has 1,189; with a list for each run of chapters 400 took 110 MB, and 1,189 would take 3 GB."""
    chapters = [chapter([1 + i % 7], title=str(i)) for i in range(400)]
    tracemalloc.start()
    splits = split_by_share(chapters, 0.1, 0.1, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 20 < splits.count("test") < 60
    assert peak < 10e6


def test_another_seed_holds_out_other_chapters():
    chapters = [chapter([100], title=str(i)) for i in range(40)]
    assert len({tuple(split_by_share(chapters, 0.1, 0.2, seed)) for seed in range(10)}) > 3


def test_the_stage_on_a_book(written):
    passages = [json.loads(line) for line in written.output("02_prepare/passages.jsonl").open()]
    summaries = [json.loads(line) for line in written.output("02_prepare/chapters.jsonl").open()]
    pages = {json.loads(line)["id"] for line in written.output("01_extract/documents.jsonl").open()}
    assert {p["split"] for p in passages} == {"train", "validation", "test"}
    split_of = {summary["title"]: summary["split"] for summary in summaries}
    for passage in passages:
        assert passage["split"] == split_of[passage["chapter"]]
        assert set(passage["page_ids"]) <= pages
    counts = json.loads(written.output("02_prepare/manifest.json").read_text())["counts"]
    assert counts["in"] == counts["out"] + counts["rejected"]


@pytest.mark.whole_runs
def test_a_further_book_changes_no_passage_of_the_first(workshop, written, materials, tmp_path):
    from little import make_book

    alone = written.output("02_prepare/passages.jsonl").read_text().splitlines()
    both = tmp_path / "both"
    both.mkdir()
    (both / "little.pdf").write_bytes((materials / "books" / "little.pdf").read_bytes())
    make_book(both / "another.pdf", seed=5)
    workshop.change(extract__data=str(both), run="both")
    workshop.up_to("prepare")
    together = workshop.output("02_prepare/passages.jsonl").read_text().splitlines()
    assert [line for line in together if '"document": "little.pdf"' in line] == alone
    assert len(together) > len(alone)


def left_out(text):
    """One passage of chapter C2 that was not taken, and what its reject says."""
    cut = chapter([40], title="C2")
    (passage,) = cut_passages(cut, "train", 40, 0, 10)
    reject = Reject(id="reject-1", source_id=passage.id, reason="too many digits", text=text, detail="31%")
    return [(passage, reject)]


@pytest.fixture(scope="module")
def review(tmp_path_factory) -> tuple[str, list[dict[str, str]]]:
    """review.html and the rows of pages.csv of two documents, one of which would like to be a web page."""
    folder = tmp_path_factory.mktemp("review")
    hostile = '<script>alert(1)</script> \u202e & "quoted"'
    pages = [make_page(n, f"Text {n}.", chapters=[ChapterStart(title=f"C{n}", at=0)]) for n in (1, 2, 3)]
    pages[0] = pages[0].model_copy(
        update={
            "label": "xii",
            "removed": [RemovedLine(text=hostile, reason="page number")],
            "marked": [MarkedLine(text="<i>x + y</i>", kind="formula")],
        }
    )
    dropped = {"kept": False, "page_class": "index", "reason": "index", "evidence": hostile}
    pages.append(make_page(4, hostile).model_copy(update=dropped))
    pages += [p.model_copy(update={"document": f"<b>{p.document}"}) for p in pages[:2]]
    chapters = [
        ChapterSummary(
            id=f"chapter-{n}",
            document="book.pdf",
            title=f"C{n}",
            split=split,
            pages=[n, n + 1],
            words=2,
            passages=1,
        )
        for n, split in ((1, "train"), (2, "test"))
    ]
    write_records(folder / "documents.jsonl", pages)
    write_review(folder / "documents.jsonl", chapters, left_out(hostile), folder, "a & b", "A tenth <of> it.")
    with (folder / "pages.csv").open(newline="") as handle:
        return (folder / "review.html").read_text(), list(csv.DictReader(handle))


def test_the_review_has_a_cell_and_a_page_for_every_page(review):
    html, rows = review
    assert len(rows) == 6
    cells = re.findall(r'<a href="#(b\d+p\d+)" class="([^"]*)" title="([^"]*)"', html)
    assert [cell[0] for cell in cells] == ["b1p1", "b1p2", "b1p3", "b1p4", "b2p1", "b2p2"]
    assert [cell[1] for cell in cells[:4]] == ["train", "train", "test", "index dropped"]
    assert cells[0][2] == "1 (printed xii): body, train"
    assert cells[1][2] == "2: body, train and test"
    assert sorted(re.findall(r'<section class="page" id="(\w+)"', html)) == sorted(cell[0] for cell in cells)
    assert set(re.findall(r'href="#([^"]*)"', html)) <= {cell[0] for cell in cells}
    assert html.count("<del>") == 4, "the dropped page's text, the line that two pages lost, and a passage"


def test_the_review_shows_what_stays_and_is_no_running_text(review):
    html, _ = review
    assert html.count('<li>&lt;i&gt;x + y&lt;/i&gt; <span class="soft">formula, kept</span></li>') == 2


def test_the_review_says_how_many_words_each_split_has(review):
    html, _ = review
    assert "2 chapters: 2 words for train, 0 words for validation, 2 words for test</summary>" in html


def test_the_review_counts_and_shows_the_passages_that_were_left_out(review):
    html, _ = review
    assert html.count(" left out: ") == 1
    assert "1 passage left out: 1 too many digits</summary>" in html
    assert '<td>C2</td><td class="n"><a href="#b1p1">1–1</a></td>' in html
    assert "31%" in html


def test_the_review_is_harmless_whatever_the_books_say(review):
    html, _ = review
    assert "<title>Review: a &amp; b</title>" in html
    assert "A tenth &lt;of&gt; it." in html
    assert "<script" not in html
    assert "<b>" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "://" not in html
    assert "default-src 'none'" in html
    assert "<style>\n" + (ROOT / "scripts/inkprint/page.css").read_text() in html


def test_the_table_says_what_became_of_every_page(review):
    _, rows = review
    assert [row["split"] for row in rows] == ["train", "train test", "test", "", "", ""]
    assert [row["kept"] for row in rows[:4]] == ["True", "True", "True", "False"]
    assert rows[0] | {"printed": "xii", "words": "2", "removed_lines": "1"} == rows[0]
