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
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

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


class KeyPhrases:
    """The nouns of a collection of passages, and how rare each is."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        """texts: passages, each with the name of the chapter it comes from."""
        self._nouns: Counter[str] = Counter()
        self._after_article: Counter[str] = Counter()
        self._with_the: Counter[str] = Counter()
        self._bare: Counter[str] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._passages: Counter[str] = Counter()
        self._lower: Counter[str] = Counter()
        self._chapters: dict[str, set[str]] = defaultdict(set)
        self._count, chapters = 0, set()
        for chapter, text in texts:
            self._learn(chapter, text)
            chapters.add(chapter)
        self._chapter_count = len(chapters)

    def of(self, text: str, count: int) -> list[str]:
        """At most `count` phrases as a question would name them ("the old kettle"), strongest first."""
        found: Counter[str] = Counter()
        for words in _runs(text):
            for named, group in groupby(words, self._is_name):
                if named:
                    found[" ".join(group)] += 1
            for before, word in pairwise(["", *words]):
                if self._is_noun(word):
                    pair = (before, word)
                    found[" ".join(pair) if self._pairs[pair] >= MIN_SEEN else word] += 1
        ranked = sorted(found, key=lambda phrase: (-(found[phrase] ** 2) * self._rarity(phrase), phrase))
        chosen: list[str] = []
        for phrase in ranked:
            if not any(set(phrase.split()) & set(other.split()) for other in chosen):
                chosen.append(phrase)
        return [self._named(phrase) for phrase in chosen[:count]]

    def _learn(self, chapter: str, text: str) -> None:
        self._count += 1
        tokens = _TOKEN.findall(text)
        words = {token.lower() for token in tokens}
        self._passages.update(words)
        for word in words:
            self._chapters[word].add(chapter)
        self._lower.update(token for token in tokens if token[0].islower())
        bounded = [*tokens, "."]
        for position, token in enumerate(tokens):
            before = tokens[position - 1].lower() if position else "."
            word, after = token.lower(), bounded[position + 1].lower()
            if not _content(token):
                continue
            ends = not _content(after)
            if before in ARTICLES:
                self._after_article[word] += 1
                self._nouns[word] += ends
                self._with_the[word] += before == "the"
            elif before in PREPOSITIONS:
                self._bare[word] += ends
            elif ends and _content(before) and position > 1 and tokens[position - 2].lower() in ARTICLES:
                self._pairs[before, word] += 1

    def _is_noun(self, word: str) -> bool:
        return self._nouns[word] >= MIN_SEEN and self._nouns[word] >= NOUN_SHARE * self._after_article[word]

    def _is_name(self, word: str) -> bool:
        return (
            word[0].isupper() and not self._lower[word.lower()] and self._passages[word.lower()] >= MIN_SEEN
        )

    def _rarity(self, phrase: str) -> float:
        return max(
            math.log((1 + self._count) / (1 + self._passages[word]))
            * math.log((1 + self._chapter_count) / (len(self._chapters.get(word, ())) or 1))
            for word in phrase.lower().split()
        )

    def _named(self, phrase: str) -> str:
        head = phrase.split()[-1].lower()
        if phrase[0].isupper():  # the Captain, but Tam
            bare = 2 * self._with_the[head] < self._passages[head]
        else:
            bare = self._bare[head] > self._with_the[head]
        return phrase if bare else f"the {phrase}"


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
