"""Other authors' passages, cut and sifted as the author's own are: what 06 tells the voice from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from inkprint.background import author_of
from inkprint.errors import UserError
from inkprint.prepare.chapters import Chapter
from inkprint.prepare.passages import cut_chapter
from inkprint.prepare.selection import LeftOut, faulty
from inkprint.recipe import Passages
from inkprint.records import BackgroundPassage, Passage
from inkprint.runs import index_training_text, share, shared_words

OWN_RUN_WORDS = 20  # no two authors share so many words in a row, but where one quotes
OWN_SHARE = 0.5  # a book with more of it is the author's own


@dataclass(frozen=True)
class Others:
    """What became of the other authors' text; nothing where the recipe names none."""

    words: int = 0  # that were cut
    passages: list[BackgroundPassage] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def prepare_others(documents: Iterable[list[Chapter]], sizes: Passages, own: list[Passage]) -> Others:
    """own: the author's passages. Raises UserError where another author's book says the same."""
    cuts, words = [], 0
    for document in documents:
        for chapter in document:
            words += chapter.words
            cuts += cut_chapter(chapter, "train", sizes.words, sizes.min_words, overlap_words=0)
    left_out = list(faulty(cuts, sizes, frozenset()))
    gone = {id(one.cut) for one in left_out}
    passages = [_record(cut.passage) for cut in cuts if id(cut) not in gone]
    _check(passages, own)
    return Others(words, passages, left_out)


def print_others(others: Others) -> None:
    """A line for each author."""
    for author in sorted({passage.author for passage in others.passages}):
        theirs = [passage.words for passage in others.passages if passage.author == author]
        print(f"   {'background':<11}{len(theirs):>20,} passages {sum(theirs):>9,} words: {author}")


def _check(passages: list[BackgroundPassage], own: list[Passage]) -> None:
    shared = shared_words([passage.text for passage in passages], index_training_text(own), OWN_RUN_WORDS)
    both = zip(passages, shared, strict=True)
    for document, group in groupby(both, key=lambda one: one[0].document):
        of_book = list(group)
        same = sum(share(covered) * passage.words for passage, covered in of_book)
        if same > OWN_SHARE * sum(passage.words for passage, _ in of_book):
            raise UserError(f"evaluate.background: {document} says what the author's books say: take it out")


def _record(passage: Passage) -> BackgroundPassage:
    fields = passage.model_dump(exclude={"split", "overlap_words"})
    return BackgroundPassage(author=author_of(passage.document), **fields)
