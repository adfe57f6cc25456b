"""TF-IDF: how close an answer comes to the author's text in its choice of words, and the author's keywords.

Term weights after Salton and Buckley (1988), smoothed as in scikit-learn. Everything is fitted on the train
passages alone: neither an answer nor held-out text moves a weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from inkprint.words import words

KEYWORD_LETTERS = 3  # shorter words are seldom anyone's own


def fit(train_texts: Sequence[str]) -> TfidfVectorizer:
    """Learn the vocabulary and the inverse document frequencies; English function words are left out."""
    vectorizer = TfidfVectorizer(tokenizer=_content_words, token_pattern=None, lowercase=False)
    return vectorizer.fit(train_texts)


def similarities(
    vectorizer: TfidfVectorizer, answers: Sequence[str], references: Sequence[str]
) -> list[float]:
    """Cosine of each answer with its own reference: 0 no word in common, 1 the same words as often."""
    # Rows have length 1, so the cosine is the sum of products.
    product = vectorizer.transform(answers).multiply(vectorizer.transform(references))
    return [float(value) for value in np.asarray(product.sum(axis=1)).ravel()]


def strongest_words(
    vectorizer: TfidfVectorizer, train_texts: Sequence[str], chapters: Sequence[str], count: int
) -> list[str]:
    """The `count` words with the most TF-IDF weight over all train passages, strongest first.

    A word must come in two chapters (where there are two), or it is a chapter's subject and not the
    author's word. Held-out text and answers have no say: words that the base never uses would otherwise
    be picked for just that.
    """
    weights = vectorizer.transform(train_texts)
    strength = np.asarray(weights.sum(axis=0)).ravel()
    names = vectorizer.get_feature_names_out()
    chapter_numbers = np.unique(np.array(chapters), return_inverse=True)[1]
    chapters_with = sum(
        (weights[chapter_numbers == number].sum(axis=0) > 0).astype(int)
        for number in range(chapter_numbers.max() + 1)
    )
    needed = min(2, chapter_numbers.max() + 1)
    fits = np.asarray(chapters_with).ravel() >= needed
    ranked = sorted(zip(-strength, names, fits, strict=True))
    return [str(name) for _, name, fit in ranked if fit and len(name) >= KEYWORD_LETTERS and name.isalpha()][
        :count
    ]


def _content_words(text: str) -> list[str]:
    return [word for word in words(text) if word not in ENGLISH_STOP_WORDS]
