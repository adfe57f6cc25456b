"""From kept pages to chapters of sentences, each sentence knowing its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from inkprint.errors import UserError
from inkprint.records import Page
from inkprint.sentences import sentence_spans

# A document in which no chapters were found is cut into about so many pieces of equal length, at
# paragraph ends: enough for a tenth to be held out, and few enough seams.
PIECES_WITHOUT_CHAPTERS = 20
FEWEST_CHAPTERS = 3  # one for each split
# Scripts without blanks between words: Thai to Khmer, kana, Chinese characters. Letters from blank to blank
# are 2 on average where a program put blanks there, and 20 and more where none did.
_UNPARTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
LONGEST_WORD_LETTERS = 6


@dataclass(frozen=True)
class Sentence:
    text: str
    pages: tuple[int, ...]
    page_ids: tuple[str, ...]
    begins_paragraph: bool
    begins_line: bool = False  # of a stanza, or of another text whose lines are its author's

    @cached_property
    def words(self) -> int:
        return len(self.text.split())


@dataclass
class Chapter:
    document: str
    document_sha256: str
    title: str
    sentences: list[Sentence] = field(default_factory=list)

    @cached_property
    def words(self) -> int:
        return sum(sentence.words for sentence in self.sentences)

    @property
    def pages(self) -> list[int]:
        return sorted({page for sentence in self.sentences for page in sentence.pages})


@dataclass
class _Paragraph:
    """Text that may have been set across pages: `parts` are (offset, page) where each page's begins."""

    text: str
    parts: list[tuple[int, Page]]

    def extend(self, text: str, page: Page, known_words: set[str]) -> None:
        joined = _join(self.text, text, known_words)
        self.parts.append((len(joined) - len(text), page))
        self.text = joined

    def sentences(self) -> Iterable[Sentence]:
        before = 0
        for start, end in sentence_spans(self.text):
            pages = [
                page
                for index, (offset, page) in enumerate(self.parts)
                if offset < end and (index + 1 == len(self.parts) or self.parts[index + 1][0] > start)
            ]
            numbers, ids = tuple(page.page for page in pages), tuple(page.id for page in pages)
            on_new_line = "\n" in self.text[before:start]
            yield Sentence(self.text[start:end], numbers, ids, start == 0, on_new_line)
            before = end


def check_blanks(pages: list[Page]) -> None:
    """Raise UserError for a document whose words are not parted: all lengths here are words' numbers."""
    text = " ".join(page.text for page in pages if page.kept)
    unparted = len(_UNPARTED.findall(text))
    letters = sum(map(str.isalpha, text))
    if unparted * 2 > letters and letters > LONGEST_WORD_LETTERS * len(text.split()):
        raise UserError(
            f"{pages[0].document}: no blanks between its words (Chinese, Japanese, Thai …), and passages are"
            " measured in words: put blanks there with a segmenter (jieba, MeCab, PyThaiNLP) and read that"
        )


def read_chapters(pages: list[Page]) -> list[Chapter]:
    """The chapters of one document from its kept pages, in order.

    Text before the first heading is a chapter named "opening". A document with fewer than three
    chapters, too few to hold any out, is cut into pieces named by their pages.
    """
    kept = [page for page in pages if page.kept]
    if not kept:
        return []
    known_words = {word for page in kept for word in re.findall(r"[^\W\d_]+", page.text.lower())}
    chapters = _by_headings(kept, known_words)
    if len(chapters) < FEWEST_CHAPTERS:
        chapters = _by_length([sentence for chapter in chapters for sentence in chapter.sentences], kept[0])
    return chapters


def _by_headings(kept: list[Page], known_words: set[str]) -> list[Chapter]:
    titled: list[tuple[str, list[_Paragraph]]] = [("opening", [])]
    for page in kept:
        cuts = [(start.at, start.title) for start in page.chapters]
        offset = 0
        for at, title in [*cuts, (len(page.text), "")]:
            goes_on = page.continues and offset == 0
            _add_paragraphs(titled[-1][1], page.text[offset:at], page, goes_on, known_words)
            if title:
                titled.append((title, []))
            offset = at
    chapters = [
        Chapter(
            kept[0].document, kept[0].document_sha256, title, [s for p in paragraphs for s in p.sentences()]
        )
        for title, paragraphs in titled
    ]
    return _distinct_titles([chapter for chapter in chapters if chapter.sentences])


def _add_paragraphs(
    paragraphs: list[_Paragraph], text: str, page: Page, goes_on: bool, known_words: set[str]
) -> None:
    for number, block in enumerate(filter(None, (part.strip() for part in text.split("\n\n")))):
        if number == 0 and goes_on and paragraphs:
            paragraphs[-1].extend(block, page, known_words)
        else:
            paragraphs.append(_Paragraph(block, [(0, page)]))


def _by_length(sentences: list[Sentence], page: Page) -> list[Chapter]:
    total = sum(sentence.words for sentence in sentences)
    size = max(total / PIECES_WITHOUT_CHAPTERS, 1)
    pieces: list[list[Sentence]] = [[]]
    filled = 0.0
    for sentence in sentences:
        if pieces[-1] and filled >= size * len(pieces) and sentence.begins_paragraph:
            pieces.append([])
        pieces[-1].append(sentence)
        filled += sentence.words
    chapters = [Chapter(page.document, page.document_sha256, "", piece) for piece in pieces]
    for chapter in chapters:
        chapter.title = f"pages {chapter.pages[0]}-{chapter.pages[-1]}"
    return _distinct_titles(chapters)


def _distinct_titles(chapters: list[Chapter]) -> list[Chapter]:
    seen: dict[str, int] = {}
    for chapter in chapters:
        seen[chapter.title] = seen.get(chapter.title, 0) + 1
        if seen[chapter.title] > 1:
            chapter.title = f"{chapter.title} ({seen[chapter.title]})"
    return chapters


def _join(before: str, after: str, known_words: set[str]) -> str:
    """Join a paragraph across a page break; a word hyphenated there becomes one again if the book has it."""
    head = re.search(r"([^\W\d_]+)-$", before)
    tail = re.match(r"[^\W\d_]+", after)
    if head is None or tail is None or not tail.group()[0].islower():
        return f"{before} {after}"
    whole = (head.group(1) + tail.group()).lower()
    halves_are_words = head.group(1).lower() in known_words and tail.group().lower() in known_words
    return before + after if whole not in known_words and halves_are_words else before[:-1] + after
