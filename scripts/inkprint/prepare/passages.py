"""Cutting a chapter into passages of about equal length that begin and end with a sentence."""

from __future__ import annotations

from itertools import pairwise

from inkprint.prepare.chapters import Chapter, Sentence
from inkprint.records import Passage, Split, content_id


def cut_passages(
    chapter: Chapter, split: Split, passage_words: int, overlap_words: int, min_words: int
) -> list[Passage]:
    """The chapter's passages in order; none when it is shorter than min_words.

    The chapter is shared out evenly, so that no short rest is left: a chapter of 1,000 words and
    passages of 350 give three of about 333. An overlap is added in front, out of the same chapter.
    """
    if chapter.words < min_words:
        return []
    stride = passage_words - overlap_words
    pieces = max(1, round((chapter.words - overlap_words) / stride))
    bounds = _even_bounds([sentence.words for sentence in chapter.sentences], pieces)
    passages = []
    for start, end in pairwise(bounds):
        first = _overlap_start(chapter.sentences, start, overlap_words)
        passages.append(_passage(chapter, split, chapter.sentences[first:end], start - first))
    return passages


def _even_bounds(words: list[int], pieces: int) -> list[int]:
    """Indices that part the sentences into runs of about equal words; no run is empty."""
    total, bounds, filled = sum(words), [0], 0
    for index, count in enumerate(words):
        goal = total * len(bounds) / pieces
        # The sentence that straddles the goal goes where it overshoots less.
        if index > bounds[-1] and len(bounds) < pieces and filled + count / 2 > goal:
            bounds.append(index)
        filled += count
    return [*bounds, len(words)]


def _overlap_start(sentences: list[Sentence], start: int, overlap_words: int) -> int:
    first, words = start, 0
    while first > 0 and words + sentences[first - 1].words <= overlap_words:
        first -= 1
        words += sentences[first].words
    return first


def _passage(chapter: Chapter, split: Split, sentences: list[Sentence], overlapping: int) -> Passage:
    text = sentences[0].text
    for sentence in sentences[1:]:
        text += ("\n\n" if sentence.begins_paragraph else " ") + sentence.text
    pages = {page: page_id for s in sentences for page, page_id in zip(s.pages, s.page_ids, strict=True)}
    return Passage(
        id=content_id("passage", chapter.document_sha256, text),
        document=chapter.document,
        chapter=chapter.title,
        pages=sorted(pages),
        page_ids=[pages[page] for page in sorted(pages)],
        split=split,
        text=text,
        words=len(text.split()),
        overlap_words=sum(sentence.words for sentence in sentences[:overlapping]),
    )
