"""Words: how varied they are, which are the author's, and how often they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set

from inkprint.words import words

# Of these, the most words that every text of enough prompts reaches: a longer text repeats itself more,
# so type-token ratios compare at one length only.
TYPE_TOKEN_WORDS = (100, 50, 25, 10)
ENOUGH_PROMPTS = 0.8
CLOUD_WORDS = 150


def type_token_length(shortest: Iterable[int]) -> int:
    """How many words to compare: the most that the shortest text of four in five prompts reaches."""
    lengths = list(shortest)
    for length in TYPE_TOKEN_WORDS:
        if sum(words >= length for words in lengths) >= ENOUGH_PROMPTS * len(lengths):
            return length
    return TYPE_TOKEN_WORDS[-1]


def type_token_ratio(text: Sequence[str], length: int) -> float | None:
    """Different words among the first `length`, divided by `length`; None for a shorter text.

    Johnson (1944); at a fixed length, since the plain ratio falls with length (Heaps 1978).
    """
    return len(set(text[:length])) / length if len(text) >= length else None


def moving_type_token_ratio(text: Sequence[str], window: int) -> float | None:
    """Different words in a window of `window` words, over all windows on average, divided by `window`.

    Covington and McFall (2010), MATTR: it takes in the whole text and does not fall with its length. None for
    a text shorter than a window.
    """
    if len(text) < window:
        return None
    counts = Counter(text[:window])
    different = total = len(counts)
    for gone, new in zip(text, text[window:], strict=False):
        counts[gone] -= 1
        different -= counts[gone] == 0
        different += counts[new] == 0
        counts[new] += 1
        total += different
    return total / (len(text) - window + 1) / window


def new_words(text: Sequence[str], known: Set[str], asked: Sequence[str]) -> float | None:
    """Words that are neither known nor in the question, in % of a text's words; None for a text without."""
    said = set(asked)
    new = sum(word not in known and word not in said for word in text)
    return 100 * new / len(text) if text else None


def keyword_counts(text: Sequence[str], keywords: Sequence[str]) -> list[int]:
    """How often each keyword comes in a text. A keyword of several words comes as these in a row."""
    counts = Counter(text)
    found = []
    for keyword in keywords:
        parts = words(keyword)
        if len(parts) == 1:
            found.append(counts[parts[0]])
        else:
            windows = zip(*(text[offset:] for offset in range(len(parts))), strict=False)
            found.append(sum(list(window) == parts for window in windows))
    return found


def keyword_density(text: Sequence[str], keywords: Sequence[str]) -> float:
    """Keywords in a text, in % of its words; 0 for a text without words."""
    return 100 * sum(keyword_counts(text, keywords)) / len(text) if text else 0.0


def keywords_per_thousand(texts: Sequence[Sequence[str]], keywords: Sequence[str]) -> list[float]:
    """How often each keyword comes in a thousand words of all these texts together."""
    total = max(sum(map(len, texts)), 1)
    found = zip(*(keyword_counts(text, keywords) for text in texts), strict=True)
    return [round(1000 * sum(counts) / total, 4) for counts in found]


def cloud_words(texts: Iterable[Iterable[str]]) -> dict[str, int]:
    """The most frequent words, without wordcloud's stopwords and numbers; equals in the alphabet's order."""
    from wordcloud import STOPWORDS

    every = (word for text in texts for word in text)
    counts = Counter(word for word in every if word not in STOPWORDS and not word.isdigit())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:CLOUD_WORDS])
