"""Turn kept pages into passages, with whole chapters held out before anything is cut.

Reads   01_extract/documents.jsonl    every page, kept or dropped
        01_extract/rows.jsonl         instead, where the data are tables: that is inkprint/prepare/rows.py
Writes  02_prepare/passages.jsonl     {"id": "passage-8d0c5a1f33e2", "document": "book.pdf",
                                       "chapter": "Of Rope", "pages": [14, 15],
                                       "page_ids": ["page-…", "page-…"], "split": "train",
                                       "text": "…", "words": 92, "overlap_words": 0}
        02_prepare/rows.jsonl         of tables, instead: {"id": "row-…", "source": "reviews.csv", "row": 14,
                                       "fields": {"text": "…", "label": "positive"}, "split": "train",
                                       "words": 230}
        02_prepare/chapters.jsonl     {"id": "chapter-…", "document": "book.pdf", "title": "Of Rope",
                                       "split": "train", "pages": [14, 15, 16], "words": 402, "passages": 4}
        02_prepare/leaks.json         what held-out text shares with train: {"splits": {"test": {
                                       "passages": 35, "run_words": {"max": 9, "mean": 4.1}, …}}, …}
        02_prepare/review.html        to look at: what was kept of every page and what not; chapters;
                                      what was left out of the passages
        02_prepare/pages.csv          the same as a table, a line a page
        02_prepare/rejects.jsonl      {"id": "reject-…", "source_id": "passage-…", "reason": "…", "text": "…",
                                       "detail": "93% of passage-…, a.pdf, 'Of Rope'"}

    python scripts/02_prepare.py recipes/demo.yaml

Time: about a second for ten books. Memory: the text of one document, some tens of megabytes; 3 KB a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.prepare.chapters import Chapter, read_chapters
from inkprint.prepare.passages import Cut, add_overlap, cut_chapter
from inkprint.prepare.review import write_review
from inkprint.prepare.splits import split_by_share, split_by_title
from inkprint.recipe import Passages, Prepare
from inkprint.records import (
    ChapterSummary,
    Page,
    Passage,
    Reject,
    Split,
    content_id,
    read_records,
    write_json,
    write_records,
)

SplitChapters = list[tuple[Chapter, Split]]


def chapters_by_document(documents: Path) -> Iterator[list[Chapter]]:
    """One document's chapters after the other's, in the order of the file."""
    pages = read_records(documents, Page)
    for _, group in groupby(pages, key=lambda page: page.document):
        chapters = read_chapters(list(group))
        if chapters:
            yield chapters


def split_chapters(documents: list[list[Chapter]], settings: Prepare, seed: int) -> SplitChapters:
    """Every chapter with its split."""
    if isinstance(settings.test, list):
        chapters = [chapter for document in documents for chapter in document]
        return list(zip(chapters, split_by_title(chapters, settings.validation, settings.test), strict=True))
    return [
        pair
        for chapters in documents
        for pair in zip(
            chapters, split_by_share(chapters, settings.validation, settings.test, seed), strict=True
        )
    ]


def check_splits(chapters: SplitChapters) -> None:
    """Raise UserError when a split has no chapter: nothing could be trained on, chosen by or tested on."""
    for name in ("train", "validation", "test"):
        if not any(split == name for _, split in chapters):
            titles = "; ".join(chapter.title for chapter, _ in chapters)
            raise UserError(
                f"prepare: no chapter is left for {name}; {len(chapters)} found: {titles}; "
                "change prepare.validation and prepare.test, or add text"
            )


def cut_all(chapters: SplitChapters, sizes: Passages) -> list[Cut]:
    """Every chapter cut, in the order of the books."""
    goal = sizes.words - sizes.overlap_words
    return [cut for chapter, split in chapters for cut in cut_chapter(chapter, split, goal, sizes.min_words)]


def summarize(chapters: SplitChapters, passages: list[Passage]) -> list[ChapterSummary]:
    """Every chapter as it was split, with how many of its passages were kept."""
    kept = Counter((passage.document, passage.chapter) for passage in passages)
    return [
        ChapterSummary(
            id=content_id("chapter", chapter.document_sha256, chapter.title),
            document=chapter.document,
            title=chapter.title,
            split=split,
            pages=chapter.pages,
            words=chapter.words,
            passages=kept[chapter.document, chapter.title],
        )
        for chapter, split in chapters
    ]


def count_words(passages: list[Passage], rejects: list[Reject], chapters: SplitChapters) -> dict[str, Any]:
    """What went in and where it is, in words; the overlap is counted once."""
    return {
        "unit": "words",
        "in": sum(chapter.words for chapter, _ in chapters),
        "out": sum(passage.words - passage.overlap_words for passage in passages),
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
        format_number=2,
        settings={"prepare": settings.model_dump()},
        seed=recipe.seed,
        inputs=command.inputs("01_extract/documents.jsonl"),
        script=command.script,
    )
    if command.settled(stage):
        return
    documents = list(chapters_by_document(stage.inputs["01_extract/documents.jsonl"]))
    if not documents:
        raise UserError(
            f"{stage.inputs['01_extract/documents.jsonl']}: no page was kept; see the reasons in it"
        )
    chapters = split_chapters(documents, settings, recipe.seed)
    check_splits(chapters)
    from inkprint.prepare.selection import make_rejects, same_books, select

    cuts = cut_all(chapters, settings.passages)
    kept, left_out = select(cuts, settings.near_duplicate, settings.passages)
    passages = add_overlap(kept, settings.passages.overlap_words)
    rejects = make_rejects(left_out, kept, passages)
    summaries = summarize(chapters, passages)
    leaks = audit_leaks(passages, settings.passages, command.run_folder / "logs" / "leaks.json")
    with stage.writing() as folder:
        write_records(folder / "passages.jsonl", passages)
        write_json(folder / "leaks.json", leaks)
        write_records(folder / "chapters.jsonl", summaries)
        write_records(folder / "rejects.jsonl", rejects)
        left = [(one.cut.passage, reject) for one, reject in zip(left_out, rejects, strict=True)]
        write_review(stage.inputs["01_extract/documents.jsonl"], summaries, left, folder, recipe.run)
        stage.finish(count_words(passages, rejects, chapters))
    print_summary(summaries, passages, rejects, leaks)
    for document, other in same_books(cuts, left_out):
        print(f"   {document} says what {other} says; held-out text counts twice: leave one of them out")
    print(f"   {'review':<11}{stage.folder / 'review.html'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
