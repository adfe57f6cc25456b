"""Whose voice is it? The probability that a text is the author's rather than another's, by several signals.

Learned from the author's train chapters against other authors, on windows of one length; text that was
held out and the answers of every variant are judged in windows of that length. What a signal sees:

- function words: how often each of the most frequent words comes (Mosteller and Wallace 1964);
- characters: runs of two to four characters, all but the most frequent words masked, so that punctuation,
  endings and habits count and subjects do not (Stamatatos 2009; text distortion: Stamatatos 2018);
- Delta: how much nearer to the author's mean frequencies than to the nearest other author's (Burrows 2002);
- rhythm: lengths of sentences and words, and punctuation (Yule 1939; Grieve 2007).

Each is a logistic regression; the voice score is the mean of the four probabilities.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from inkprint.sentences import sentence_spans
from inkprint.words import word_spans, words

FREQUENT_WORDS = 150  # function words, and hardly any other
UNMASKED_WORDS = 300
MOST_WINDOWS = 600  # of an author: more teach no signal anything
SIGNALS = ("function_words", "characters", "delta", "rhythm")
_MARKS = (",", ";", ":", "—–", "!", "?", "()", '"“”', "'‘’", ".", "…")

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """What tells the author from others. Made by `learn`."""

    features: Mapping[str, Callable[[Sequence[str]], object]]
    models: Mapping[str, object]

    def probabilities(self, windows: Sequence[str]) -> dict[str, Numbers]:
        """By signal, that each window is the author's: (windows,); `voice` is their mean."""
        if not windows:
            return {name: np.zeros(0) for name in ("voice", *SIGNALS)}
        found = {
            name: self.models[name].predict_proba(self.features[name](windows))[:, 1] for name in SIGNALS
        }
        return {"voice": np.mean(list(found.values()), axis=0), **found}


def window(text: str, length: int) -> str | None:
    """A text's first `length` words with all that stands between them; None for a shorter text."""
    spans = word_spans(text)
    return text[: spans[length - 1][2]] if len(spans) >= length else None


def learn(own: Sequence[str], others: Mapping[str, Sequence[str]], seed: int) -> Voice:
    """own: the author's windows; others: those of each other author. All of one length."""
    generator = np.random.default_rng([seed, 4])
    own = _some(own, generator)
    others = {name: _some(windows, generator) for name, windows in sorted(others.items())}
    every = [*own, *(one for windows in others.values() for one in windows)]
    truth = np.array([1] * len(own) + [0] * (len(every) - len(own)))
    # The author and all others together weigh the same, and so does each of the others.
    weights = (
        np.array(
            [1 / len(own)] * len(own)
            + [1 / len(others) / len(windows) for windows in others.values() for _ in windows]
        )
        * len(every)
        / 2
    )
    ranked = _by_frequency(own, others)
    frequent, unmasked = ranked[:FREQUENT_WORDS], frozenset(ranked[:UNMASKED_WORDS])
    characters = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 4), min_df=5, max_features=5000, sublinear_tf=True, lowercase=False
    ).fit([mask(one, unmasked) for one in every])
    scaler = StandardScaler().fit(np.array([rates(one, frequent) for one in every]))
    centres = np.array(
        [
            scaler.transform(np.array([rates(one, frequent) for one in windows])).mean(axis=0)
            for windows in (own, *others.values())
        ]
    )
    features: dict[str, Callable[[Sequence[str]], object]] = {
        "function_words": lambda texts: np.array([rates(text, frequent) for text in texts]),
        "characters": lambda texts: characters.transform([mask(text, unmasked) for text in texts]),
        "delta": lambda texts: _delta(
            scaler.transform(np.array([rates(text, frequent) for text in texts])), centres
        ),
        "rhythm": lambda texts: np.array([rhythm(text) for text in texts]),
    }
    models = {}
    for name, of in features.items():
        regression = LogisticRegression(max_iter=2000, C=0.1 if name == "function_words" else 1.0)
        model = regression if name == "characters" else make_pipeline(StandardScaler(), regression)
        step = "sample_weight" if name == "characters" else "logisticregression__sample_weight"
        models[name] = model.fit(of(every), truth, **{step: weights})
    return Voice(features, models)


def rates(text: str, vocabulary: Sequence[str]) -> list[float]:
    """How often each word of a vocabulary comes, a word of the text."""
    found = words(text)
    counts = Counter(found)
    return [counts[word] / max(len(found), 1) for word in vocabulary]


def mask(text: str, unmasked: frozenset[str]) -> str:
    """Rare words as asterisks, but for their last two letters; digits as #; white space as one blank."""
    parts, last = [], 0
    for word, start, end in word_spans(text):
        own = text[start:end]
        parts.append(text[last:start])
        parts.append(
            own if word in unmasked else "*" * min(len(own) - 2, 3) + own[-2:] if len(own) > 3 else "*"
        )
        last = end
    masked = "".join([*parts, text[last:]])
    return (
        re.sub(r"\s+", " ", re.sub(r"\d", "#", masked))
        .replace("’", "'")
        .replace("‘", "'")
        .replace("“", '"')
        .replace("”", '"')
    )


def rhythm(text: str) -> list[float]:
    """Sentence lengths (mean, spread, middle, longest), word lengths (mean, spread), marks a word."""
    sentences = [len(words(text[start:end])) for start, end in sentence_spans(text)] or [0]
    lengths = [len(word) for word in words(text)] or [0]
    marks = [sum(text.count(sign) for sign in signs) / len(lengths) for signs in _MARKS]
    return [
        float(np.mean(sentences)),
        float(np.std(sentences)),
        float(np.median(sentences)),
        float(max(sentences)),
        float(np.mean(lengths)),
        float(np.std(lengths)),
        *marks,
    ]


def _some(windows: Sequence[str], generator: np.random.Generator) -> list[str]:
    if len(windows) <= MOST_WINDOWS:
        return list(windows)
    chosen = np.sort(generator.choice(len(windows), MOST_WINDOWS, replace=False))
    return [windows[number] for number in chosen]


def _by_frequency(own: Sequence[str], others: Mapping[str, Sequence[str]]) -> list[str]:
    """Words by their rate, the mean over authors: no one's favourite subject becomes a function word."""
    shares: Counter[str] = Counter()
    for windows in (own, *others.values()):
        counts = Counter(word for one in windows for word in words(one))
        total = counts.total()
        for word, count in counts.items():
            shares[word] += count / total
    return sorted(shares, key=lambda word: (-shares[word], word))


def _delta(texts: Numbers, centres: Numbers) -> Numbers:
    """How much nearer each text is to the first centre than to the nearest other: (texts, 1)."""
    distances = np.abs(texts[:, None, :] - centres[None]).mean(axis=2)
    return (distances[:, 1:].min(axis=1) - distances[:, 0])[:, None]
