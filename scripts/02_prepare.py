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
        02_prepare/review.html        to look at: what was kept of every page and what not; chapters
        02_prepare/pages.csv          the same as a table, a line a page
        02_prepare/rejects.jsonl      {"id": "reject-…", "source_id": "chapter-…", "reason": "…", "text": "…"}

    python scripts/02_prepare.py recipes/demo.yaml

Time: about a second for ten books. Memory: the text of one document, some tens of megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.prepare.chapters import Chapter, read_chapters
from inkprint.prepare.passages import cut_passages
from inkprint.prepare.review import write_review
from inkprint.prepare.rows import prepare_rows
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


def cut_all(
    chapters: SplitChapters, sizes: Passages
) -> tuple[list[Passage], list[ChapterSummary], list[Reject]]:
    """Passages in the order of the books. Text that is in no passage is in the rejects."""
    passages: dict[str, Passage] = {}
    summaries, rejects = [], []
    for chapter, split in chapters:
        summary_id = content_id("chapter", chapter.document_sha256, chapter.title)
        cut = cut_passages(chapter, split, sizes.words, sizes.overlap_words, sizes.min_words)
        new = [passage for passage in cut if passage.id not in passages]
        passages |= {passage.id: passage for passage in new}
        if not cut:
            text = " ".join(sentence.text for sentence in chapter.sentences)
            reason = f"chapter of {chapter.words} words, fewer than min_words {sizes.min_words}"
            rejects.append(_reject(summary_id, reason, text))
        for passage in cut:
            if passage not in new:
                first = passages[passage.id].chapter
                own = " ".join(passage.text.split()[passage.overlap_words :])
                rejects.append(_reject(passage.id, f"the same text as a passage of {first!r}", own))
        summaries.append(
            ChapterSummary(
                id=summary_id,
                document=chapter.document,
                title=chapter.title,
                split=split,
                pages=chapter.pages,
                words=chapter.words,
                passages=len(new),
            )
        )
    return list(passages.values()), summaries, rejects


def _reject(source_id: str, reason: str, text: str) -> Reject:
    return Reject(id=content_id("reject", source_id, reason), source_id=source_id, reason=reason, text=text)


def count_words(passages: list[Passage], rejects: list[Reject], chapters: SplitChapters) -> dict[str, Any]:
    """What went in and where it is, in words; the overlap is counted once."""
    return {
        "unit": "words",
        "in": sum(chapter.words for chapter, _ in chapters),
        "out": sum(passage.words - passage.overlap_words for passage in passages),
        "rejected": sum(len(reject.text.split()) for reject in rejects),
        "failed": 0,
    }


def main(command: Command) -> None:
    recipe, settings = command.recipe, command.recipe.prepare
    if settings.passages is None:
        prepare_rows(command)
        return
    stage = Stage(
        run_folder=command.run_folder,
        name="prepare",
        format_number=1,
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
    passages, summaries, rejects = cut_all(chapters, settings.passages)
    with stage.writing() as folder:
        write_records(folder / "passages.jsonl", passages)
        write_records(folder / "chapters.jsonl", summaries)
        write_records(folder / "rejects.jsonl", rejects)
        write_review(stage.inputs["01_extract/documents.jsonl"], summaries, folder, recipe.run)
        stage.finish(count_words(passages, rejects, chapters))
    for name in ("train", "validation", "test"):
        of_split = [summary for summary in summaries if summary.split == name]
        passages_of = sum(summary.passages for summary in of_split)
        words = sum(summary.words for summary in of_split)
        held = "" if name == "train" else ": " + "; ".join(summary.title for summary in of_split)
        print(f"   {name:<11}{len(of_split):>4} chapters {passages_of:>6,} passages {words:>9,} words{held}")
    print(f"   {'review':<11}{stage.folder / 'review.html'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
