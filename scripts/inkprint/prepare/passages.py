"""Cutting a chapter into passages of about the length asked for that begin and end with a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from inkprint.prepare.chapters import Chapter, Sentence
from inkprint.records import Passage, Split, content_id

# Costs are in squares of the relative miss: a passage half as long again as asked costs a quarter.
INSIDE_PARAGRAPH = 0.1  # so a paragraph stays whole until it is half as long again as a passage
TOO_SHORT = 10.0  # a passage under min_words, which is made only where nothing else can be
LONGEST = 3  # passages' lengths: beyond it a cut is not considered


@dataclass(frozen=True, eq=False)
class Cut:
    """A passage without overlap, if nothing speaks against it.

    The chapter's sentences are not kept: objects of some 400 bytes for 70 letters.
    """

    passage: Passage
    before: Cut | None = field(repr=False)  # the one that it goes on from, in the same chapter
    led_in: Passage | None  # with the end of that one before it; None where that would be nothing


def cut_chapter(
    chapter: Chapter, split: Split, goal_words: int, min_words: int, overlap_words: int
) -> list[Cut]:
    """The chapter in runs of about goal_words, in order; under min_words only where nothing else can be.

    The cuts are the best of all: the sum of every passage's miss in length and of the cuts that fall
    inside a paragraph is the least there is.
    """
    bounds = _best_bounds(chapter.sentences, goal_words, min_words)
    cuts: list[Cut] = []
    earliest = 0
    for start, end in pairwise(bounds):
        first = _overlap_start(chapter.sentences, earliest, start, overlap_words)
        led_in = _passage(chapter, split, first, start, end) if first < start else None
        cuts.append(Cut(_passage(chapter, split, start, start, end), cuts[-1] if cuts else None, led_in))
        earliest = start
    return cuts


def add_overlap(cuts: Sequence[Cut]) -> list[Passage]:
    """The cuts' passages, each led in by the end of the one before where that was kept, too."""
    passages: list[Passage] = []
    before: Cut | None = None
    for cut in cuts:
        passages.append(cut.led_in if cut.led_in is not None and cut.before is before else cut.passage)
        before = cut
    return passages


def _best_bounds(sentences: list[Sentence], goal: int, min_words: int) -> list[int]:
    """Indices that part the sentences into runs of about `goal` words at the least cost; no run is empty.

    As Knuth and Plass (1981) break a paragraph into lines: the best way to reach each sentence is
    found from the best ways to reach those before it.
    """
    before = [0, *accumulate(sentence.words for sentence in sentences)]
    least, come_from = [0.0], [0]
    for end in range(1, len(before)):
        inside = end < len(sentences) and not sentences[end].begins_paragraph
        costs: dict[int, float] = {}
        for start in range(end - 1, -1, -1):
            words = before[end] - before[start]
            if costs and words > LONGEST * goal:
                break
            miss = (words / goal - 1) ** 2 + TOO_SHORT * (words < min_words)
            costs[start] = least[start] + miss + INSIDE_PARAGRAPH * inside
        best = min(costs, key=lambda start: costs[start])
        come_from.append(best)
        least.append(costs[best])
    bounds = [len(sentences)]
    while bounds[-1]:
        bounds.append(come_from[bounds[-1]])
    return bounds[::-1]


def _overlap_start(sentences: list[Sentence], earliest: int, start: int, overlap_words: int) -> int:
    first, words = start, 0
    while first > earliest and words + sentences[first - 1].words <= overlap_words:
        first -= 1
        words += sentences[first].words
    return first


def _passage(chapter: Chapter, split: Split, first: int, start: int, end: int) -> Passage:
    """Sentences `first` to `end`, of which those before `start` are overlap."""
    sentences = chapter.sentences[first:end]
    text = sentences[0].text
    for sentence in sentences[1:]:
        apart = "\n\n" if sentence.begins_paragraph else "\n" if sentence.begins_line else " "
        text += apart + sentence.text
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
        overlap_words=sum(sentence.words for sentence in chapter.sentences[first:start]),
    )
