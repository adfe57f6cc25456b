"""Turn kept pages into passages, with whole chapters or documents held out before anything is cut.

Reads   01_extract/documents.jsonl    every page, kept or dropped
        01_extract/rows.jsonl         instead, where the data are tables: that is inkprint/prepare/rows.py
Writes  02_prepare/passages.jsonl     {"id": "passage-8d0c5a1f33e2", "document": "book.pdf",
                                       "chapter": "Of Rope", "pages": [14, 15],
                                       "page_ids": ["page-…", "page-…"], "split": "train",
                                       "text": "…", "words": 92, "overlap_words": 0}
        02_prepare/rows.jsonl         of tables, instead: {"id": "row-…", "source": "reviews.csv", "row": 14,
                                       "fields": {"text": "…", "label": "positive"}, "split": "train",
                                       "words": 230}
        02_prepare/background.jsonl   other authors' passages, where evaluate.background names some
        02_prepare/chapters.jsonl     {"id": "chapter-…", "document": "book.pdf", "title": "Of Rope",
                                       "split": "train", "pages": [14, 15, 16], "words": 402, "passages": 4}
        02_prepare/leaks.json         what held-out text shares with train: {"splits": {"test": {
                                       "passages": 35, "run_words": {"max": 9, "mean": 4.1}, …}}, …}
        02_prepare/review.html        to look at: what was kept of every page and what not; chapters;
                                      what was left out of the passages
        02_prepare/pages.csv          the same as a table, a line a page
        02_prepare/rejects.jsonl      {"id": "reject-…", "source_id": "passage-…", "reason": "…", "text": "…",
                                       "detail": "93% alike: passage-…, a.pdf, 'Of Rope'"}

    python scripts/02_prepare.py recipes/demo.yaml

Time: under a second a book. Memory: 80 MB for 100 short books: all passages, and some 15 bytes a word
while what is held out is looked for in train. Of a table 3 KB a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.jsonl import read_records, write_json, write_records
from inkprint.prepare.chapters import Chapter, check_blanks, read_chapters
from inkprint.prepare.passages import Cut, add_overlap, cut_chapter
from inkprint.prepare.review import write_review
from inkprint.prepare.splits import (
    check_names,
    describe_split,
    split_by_draw,
    split_by_name,
    split_by_share,
)
from inkprint.recipe import Passages, Prepare
from inkprint.records import KEPT_BY_HAND, ChapterSummary, Page, Passage, Reject, Split, content_id

if TYPE_CHECKING:
    from inkprint.prepare.background import Others

BACKGROUND = "01_extract/background.jsonl"


def chapters_by_document(documents: Path) -> Iterator[list[Chapter]]:
    """One document's chapters after the other's, in the order of the file."""
    pages = read_records(documents, Page)
    for _, group in groupby(pages, key=lambda page: page.document):
        document = list(group)
        check_blanks(document)
        chapters = read_chapters(document)
        if chapters:
            yield chapters


def pages_kept_by_hand(documents: Path) -> frozenset[str]:
    pages = read_records(documents, Page)
    return frozenset(page.id for page in pages if page.evidence.startswith(KEPT_BY_HAND))


def split_document(chapters: list[Chapter], settings: Prepare, split_by: str, seed: int) -> list[Split]:
    """The split of each of a document's chapters."""
    whole_document = split_by == "document"
    if isinstance(settings.test, list):
        names = [chapter.document if whole_document else chapter.title for chapter in chapters]
        return [split_by_name(name, settings.validation, settings.test) for name in names]
    if whole_document:
        return [split_by_draw(chapters, settings.validation, settings.test, seed)] * len(chapters)
    return split_by_share(chapters, settings.validation, settings.test, seed)


def cut_documents(
    documents: Iterator[list[Chapter]], settings: Prepare, sizes: Passages, seed: int
) -> tuple[list[ChapterSummary], list[Cut]]:
    """Every chapter with its split, and all of them cut, in the order of the books.

    One document's sentences are in memory at a time.
    """
    chapters: list[ChapterSummary] = []
    cuts: list[Cut] = []
    goal = sizes.words - sizes.overlap_words
    for document in documents:
        splits = split_document(document, settings, sizes.split_by, seed)
        for chapter, split in zip(document, splits, strict=True):
            chapters.append(summarize(chapter, split))
            cuts += cut_chapter(chapter, split, goal, sizes.min_words, sizes.overlap_words)
    if isinstance(settings.test, list) and chapters:
        names = [getattr(one, "title" if sizes.split_by == "chapter" else "document") for one in chapters]
        check_names(names, settings.validation, settings.test, sizes.split_by)
    return chapters, cuts


def check_splits(passages: list[Passage], chapters: list[ChapterSummary], one: str) -> None:
    """Raise UserError when a split is empty; `one` is what is held out whole: a chapter or a document."""
    for name in ("train", "validation", "test"):
        if any(passage.split == name for passage in passages):
            continue
        there = list(dict.fromkeys(getattr(c, "title" if one == "chapter" else one) for c in chapters))
        what = "passage" if any(chapter.split == name for chapter in chapters) else one
        raise UserError(
            f"prepare: no {what} is left for {name}; {len(there)} {one}s found: {'; '.join(there)}; "
            f"name some in prepare.validation and prepare.test, change the shares there, or add text"
        )


def summarize(chapter: Chapter, split: Split) -> ChapterSummary:
    """A chapter as it was split; its passages are counted when it is known which stay."""
    return ChapterSummary(
        id=content_id("chapter", chapter.document_sha256, chapter.title),
        document=chapter.document,
        title=chapter.title,
        split=split,
        pages=chapter.pages,
        words=chapter.words,
        passages=0,
    )


def count_passages(chapters: list[ChapterSummary], passages: list[Passage]) -> list[ChapterSummary]:
    """The chapters with how many of their passages were kept."""
    kept = Counter((passage.document, passage.chapter) for passage in passages)
    return [one.model_copy(update={"passages": kept[one.document, one.title]}) for one in chapters]


def count_words(
    passages: list[Passage], rejects: list[Reject], chapters: list[ChapterSummary], others: Others
) -> dict[str, Any]:
    """What went in and where it is, in words; the overlap is counted once."""
    background = sum(passage.words for passage in others.passages)
    return {
        "unit": "words",
        "in": sum(chapter.words for chapter in chapters) + others.words,
        "out": sum(passage.words - passage.overlap_words for passage in passages) + background,
        "rejected": sum(len(reject.text.split()) for reject in rejects),
        "failed": 0,
    }


def audit_leaks(passages: list[Passage], limits: Passages, aside: Path) -> dict[str, Any]:
    """The leak audit. Above a limit it is written to `aside`, to be looked at, and UserError is raised."""
    from inkprint.prepare.leaks import audit, check_leaks

    leaks = audit(passages, limits)
    try:
        check_leaks(leaks, passages)
    except UserError as error:
        write_json(aside, leaks)
        raise UserError(f"{error}; all of them: {aside}") from None
    return leaks


def print_summary(
    summaries: list[ChapterSummary], passages: list[Passage], rejects: list[Reject], leaks: dict[str, Any]
) -> None:
    """A line a split, a line a reason for what was left out, a line a held-out split for what leaks."""
    for name in ("train", "validation", "test"):
        chapters = [summary for summary in summaries if summary.split == name]
        own = [passage for passage in passages if passage.split == name]
        words = sum(passage.words - passage.overlap_words for passage in own)
        held = "" if name == "train" else ": " + "; ".join(summary.title for summary in chapters)
        print(f"   {name:<11}{len(chapters):>4} chapters {len(own):>6,} passages {words:>9,} words{held}")
    for reason, count in Counter(reject.reason for reject in rejects).most_common():
        words = sum(len(reject.text.split()) for reject in rejects if reject.reason == reason)
        print(f"   {'left out':<11}{count:>20,} passages {words:>9,} words: {reason}")
    for name, shared in leaks["splits"].items():
        words, grams = shared["run_words"], shared["gram_share"]
        print(
            f"   {name:<11}shares with train up to {words['max']} words in a row (mean {words['mean']:.1f}), "
            f"{grams['max']:.1%} of a passage's {leaks['gram_words']}-grams (mean {grams['mean']:.2%})"
        )


def main(command: Command) -> None:
    recipe, settings = command.recipe, command.recipe.prepare
    if settings.passages is None:
        from inkprint.prepare.rows import prepare_rows

        prepare_rows(command)
        return
    stage = Stage(
        run_folder=command.run_folder,
        name="prepare",
        format_number=3,
        settings={"prepare": settings.model_dump()},
        seed=recipe.seed,
        inputs=command.inputs("01_extract/documents.jsonl", *([BACKGROUND] if recipe.background else [])),
        script=command.script,
    )
    if command.settled(stage):
        return
    pages = stage.inputs["01_extract/documents.jsonl"]
    documents = chapters_by_document(pages)
    chapters, cuts = cut_documents(documents, settings, settings.passages, recipe.seed)
    if not chapters:
        raise UserError(f"{pages}: no page was kept; see the reasons in it")
    from inkprint.prepare.background import Others, prepare_others, print_others
    from inkprint.prepare.selection import make_rejects, same_books, select

    kept, left_out = select(cuts, settings.near_duplicate, settings.passages, pages_kept_by_hand(pages))
    passages = add_overlap(kept)
    check_splits(passages, chapters, settings.passages.split_by)
    rejects = make_rejects(left_out, kept, passages)
    summaries = count_passages(chapters, passages)
    leaks = audit_leaks(passages, settings.passages, command.run_folder / "logs" / "leaks.json")
    others = Others()
    if recipe.background:
        others = prepare_others(chapters_by_document(stage.inputs[BACKGROUND]), settings.passages, passages)
    rejects += make_rejects(others.left_out, [], [])
    with stage.writing() as folder:
        if recipe.background:
            write_records(folder / "background.jsonl", others.passages)
        write_records(folder / "passages.jsonl", passages)
        write_json(folder / "leaks.json", leaks)
        write_records(folder / "chapters.jsonl", summaries)
        write_records(folder / "rejects.jsonl", rejects)
        left = [(one.cut.passage, reject) for one, reject in zip(left_out, rejects, strict=False)]
        held_out = describe_split(settings, settings.passages.split_by, recipe.seed)
        write_review(pages, summaries, left, folder, recipe.run, held_out)
        stage.finish(count_words(passages, rejects, summaries, others))
    print_summary(summaries, passages, rejects, leaks)
    print_others(others)
    for document, other in same_books(cuts, left_out):
        print(f"   {document} says what {other} says; held-out text counts twice: leave one of them out")
    print(f"   {'review':<11}{stage.folder / 'review.html'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
