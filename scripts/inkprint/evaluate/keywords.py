"""The author's own words: those that set the author's train passages apart from other authors' books.

The log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008), in standard errors.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from inkprint.evaluate.similarity import KEYWORD_LETTERS
from inkprint.words import word_spans, words

NAME_SHARE = 0.9  # written with a capital so often where no sentence begins: a name, or made from one
NAME_WHOLES = 0.5  # a name is the author's word, and not a chapter's subject, in so many of the chapters
_BEGINS = ".!?:;—–-"  # what may stand before the beginning of a sentence


def own_words(
    train_texts: Sequence[str], wholes: Sequence[str], others: Iterable[str], count: int
) -> list[str]:
    """The `count` words that tell the author from `others` most surely, the surest first.

    Left out are English function words, words under three letters, words of one chapter alone, and names that
    do not run through half of the chapters. wholes: of each train text the chapter that it is of. others:
    other authors' passages, taken together.
    """
    own, theirs = _count(train_texts), _count(others)
    chapters: dict[str, set[str]] = defaultdict(set)
    for text, whole in zip(train_texts, wholes, strict=True):
        for word in set(words(text)):
            chapters[word].add(whole)
    names = _names(train_texts)
    parts = len(set(wholes))

    def fits(word: str) -> bool:
        enough = NAME_WHOLES * parts if word in names else min(2, parts)
        return (
            len(word) >= KEYWORD_LETTERS
            and word.isalpha()
            and word not in ENGLISH_STOP_WORDS
            and len(chapters[word]) >= enough
        )

    scores = log_odds(own, theirs)
    ranked = sorted((-score, word) for word, score in scores.items() if score > 0 and fits(word))
    return [word for _, word in ranked[:count]]


def log_odds(own: Counter[str], theirs: Counter[str]) -> dict[str, float]:
    """Of each of the author's words how many standard errors its log-odds lie above those of the others.

    The prior is as often as both have the word together: a rare word must differ by more than a common one.
    """
    names = sorted(own)
    here, there = (np.array([counts[name] for name in names], float) for counts in (own, theirs))
    prior = here + there
    prior_total = own.total() + theirs.total()
    odds = [
        np.log((found + prior) / (counts.total() + prior_total - found - prior))
        for found, counts in ((here, own), (there, theirs))
    ]
    error = np.sqrt(1 / (here + prior) + 1 / (there + prior))
    return dict(zip(names, ((odds[0] - odds[1]) / error).tolist(), strict=True))


def _count(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in words(text))


def _names(texts: Iterable[str]) -> set[str]:
    """Words that stand with a capital nearly wherever no sentence begins."""
    inside: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for word, start, _ in word_spans(text):
            before = text[:start].rstrip(" \t\n\"'“”‘’(_*[")[-1:]
            if before and before not in _BEGINS:
                inside[word] += 1
                capital[word] += text[start].isupper()
    return {word for word, times in inside.items() if capital[word] >= NAME_SHARE * times}
