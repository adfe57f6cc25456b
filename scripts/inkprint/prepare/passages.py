"""Cutting a chapter into passages of about equal length that begin and end with a sentence."""

from __future__ import annotations

from itertools import accumulate, pairwise

from inkprint.prepare.chapters import Chapter, Sentence
from inkprint.records import Passage, Split, content_id

PARAGRAPH_REACH = 0.25  # of a passage: how far a cut may move to fall between paragraphs


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
    bounds = _even_bounds(chapter.sentences, pieces)
    passages = []
    for start, end in pairwise(bounds):
        first = _overlap_start(chapter.sentences, start, overlap_words)
        passages.append(_passage(chapter, split, chapter.sentences[first:end], start - first))
    return passages


def _even_bounds(sentences: list[Sentence], pieces: int) -> list[int]:
    """Indices that part the sentences into runs of about equal words; no run is empty.

    A cut goes to the end of the sentence nearest to where it would be even, or of a paragraph where one
    ends within a quarter of a passage from there.
    """
    before = [0, *accumulate(sentence.words for sentence in sentences)]
    size, bounds = before[-1] / pieces, [0]
    for cut in range(1, pieces):
        goal = size * cut
        free = range(bounds[-1] + 1, len(sentences) - (pieces - cut) + 1)
        paragraphs = [
            i
            for i in free
            if sentences[i].begins_paragraph and abs(before[i] - goal) <= PARAGRAPH_REACH * size
        ]
        if free:
            bounds.append(min(paragraphs or free, key=lambda i: abs(before[i] - goal)))
    return [*bounds, len(sentences)]


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
