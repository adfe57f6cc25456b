"""Key phrases of a passage without a model: nouns told by what stands around them, ranked by TF-IDF.

A word is taken for a noun when, after an article or the like, it is often followed by a function
word or a stop: "the kettle is", "the kettle." That finds nouns of any book in English and needs
no tagger. Weights are the square of term frequency times inverse frequency (Spärck Jones 1972), once among
the passages and once among the chapters: with the plain product, a word that stands once in the whole
book beats what the passage is about, and without the chapters the author's refrains do.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby, pairwise
from sys import intern
from typing import NamedTuple

ARTICLES = frozenset(
    "the a an this that these those my your his her its our their every each no some any".split()
)
PREPOSITIONS = frozenset("of in for with about on by to from at into upon without against under over".split())
# Words that begin what follows a noun phrase, or that are never one themselves.
FUNCTION_WORDS = (
    ARTICLES
    | PREPOSITIONS
    | frozenset(
        """and or but nor so yet if when while because though although as than then there here where which
        who whom whose what how why that is are was were be been being am has have had do does did
        will would shall should can could may might must not it he she they we you i me him them
        us all both one two three only also just very more most much many such own same other
        another never always ever again still even now too well off out up down back away before
        after until since between through during once""".split()
    )
)
NOUN_SHARE = 1 / 3  # of a word's places after an article: "the old" is an adjective's, rarely "the old."
MIN_SEEN = 2  # times that a noun phrase must stand in the book
_TOKEN = re.compile(r"[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)?|[.!?;:,—–()\"“”…]")


class Places(NamedTuple):
    """What a passage says of its words, each as often as it is true of one."""

    words: set[str]  # in lower case
    lower: list[str]  # that stand there in lower case
    after_article: list[str]
    with_the: list[str]
    nouns: list[str]  # after an article, and at a phrase's end
    bare: list[str]  # the same after a preposition
    pairs: list[str]  # "old kettle": after an article, and at a phrase's end


class KeyPhrases:
    """The nouns of a collection of passages, and how rare each is. Its memory grows with its words and pairs
    of words, not with its length."""

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        """texts: passages, each with the name of the chapter it comes from; a chapter's follow each other."""
        self._nouns: Counter[str] = Counter()
        self._after_article: Counter[str] = Counter()
        self._with_the: Counter[str] = Counter()
        self._bare: Counter[str] = Counter()
        self._pairs: Counter[str] = Counter()
        self._passages: Counter[str] = Counter()
        self._lower: Counter[str] = Counter()
        self._chapters: Counter[str] = Counter()
        self._count = self._chapter_count = 0
        self._chapter: str | None = None
        self._in_chapter: set[str] = set()  # words of the chapter that is being read
        self._rarities: dict[str, float] = {}
        for chapter, text in texts:
            self.learn(chapter, read_places(text))

    def learn(self, chapter: str, places: Places) -> None:
        """One passage more; none after the first question."""
        if chapter != self._chapter:
            self._chapter, self._in_chapter = chapter, set()
            self._chapter_count += 1
        self._count += 1
        self._passages.update(places.words)
        self._chapters.update(places.words - self._in_chapter)
        self._in_chapter |= places.words
        self._lower.update(places.lower)
        self._after_article.update(places.after_article)
        self._with_the.update(places.with_the)
        self._nouns.update(places.nouns)
        self._bare.update(places.bare)
        self._pairs.update(places.pairs)

    def of(self, text: str, count: int) -> list[str]:
        """At most `count` phrases as a question would name them ("the old kettle"), strongest first."""
        found: Counter[str] = Counter()
        for words in _runs(text):
            for named, group in groupby(words, self._is_name):
                if named:
                    found[" ".join(group)] += 1
            for before, word in pairwise(["", *words]):
                if word in self._noun_words:
                    pair = f"{before} {word}"
                    found[pair if self._pairs[pair] >= MIN_SEEN else word] += 1
        ranked = sorted(found, key=lambda phrase: (-(found[phrase] ** 2) * self._rarity(phrase), phrase))
        chosen: list[str] = []
        taken: set[str] = set()
        for phrase in ranked:
            if len(chosen) == count:  # a passage has a hundred candidates
                break
            if taken.isdisjoint(phrase.split()):
                chosen.append(phrase)
                taken.update(phrase.split())
        return [self._named(phrase) for phrase in chosen]

    @cached_property
    def _noun_words(self) -> frozenset[str]:
        return frozenset(
            word
            for word, seen in self._nouns.items()
            if seen >= MIN_SEEN and seen >= NOUN_SHARE * self._after_article[word]
        )

    def _is_name(self, word: str) -> bool:
        return (
            word[0].isupper() and not self._lower[word.lower()] and self._passages[word.lower()] >= MIN_SEEN
        )

    def _rarity(self, phrase: str) -> float:
        """Of its rarest word. Most of a library's words are asked about again and again."""
        found = self._rarities.get(phrase)
        if found is None:
            found = self._rarities[phrase] = max(map(self._word_rarity, phrase.lower().split()))
        return found

    def _word_rarity(self, word: str) -> float:
        return math.log((1 + self._count) / (1 + self._passages[word])) * math.log(
            (1 + self._chapter_count) / (self._chapters[word] or 1)
        )

    def _named(self, phrase: str) -> str:
        head = phrase.split()[-1].lower()
        if phrase[0].isupper():  # the Captain, but Tam
            bare = 2 * self._with_the[head] < self._passages[head]
        else:
            bare = self._bare[head] > self._with_the[head]
        return phrase if bare else f"the {phrase}"


def read_places(text: str) -> Places:
    """Where a passage's words stand. Words are interned: one stands in eight counters, and in those of three
    splits."""
    tokens = [intern(token) for token in _TOKEN.findall(text)]
    small = [intern(token.lower()) for token in tokens]
    lower = [token for token in tokens if token[0].islower()]
    places = Places(set(small), lower, [], [], [], [], [])
    content = [_content(token) for token in tokens]
    for position, word in enumerate(small):
        if not content[position]:
            continue
        before = small[position - 1] if position else "."
        ends = position + 1 == len(small) or not content[position + 1]
        if before in ARTICLES:
            places.after_article.append(word)
            if ends:
                places.nouns.append(word)
            if before == "the":
                places.with_the.append(word)
        elif before in PREPOSITIONS:
            if ends:
                places.bare.append(word)
        elif ends and position > 1 and content[position - 1] and small[position - 2] in ARTICLES:
            places.pairs.append(f"{before} {word}")
    return places


def _runs(text: str) -> Iterator[list[str]]:
    """Stretches of content words; lower case but for names inside a sentence."""
    run: list[str] = []
    begins = True
    for token in _TOKEN.findall(text):
        if _content(token):
            run.append(token.lower() if begins else token)
        elif run:
            yield run
            run = []
        begins = token in '.!?…"“”'
    if run:
        yield run


def _content(token: str) -> bool:
    return len(token) > 2 and token[0].isalpha() and token.lower() not in FUNCTION_WORDS
