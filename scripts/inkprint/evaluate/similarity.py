"""TF-IDF: how close an answer comes to the author's text in its choice of words, and the author's keywords.

Term weights after Salton and Buckley (1988), smoothed as in scikit-learn. Everything is fitted on the train
texts alone: neither an answer nor held-out text moves a weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize

from inkprint.words import words

KEYWORD_LETTERS = 3  # shorter words are seldom anyone's own


def fit(train_texts: Sequence[str]) -> TfidfVectorizer:
    """Learn the vocabulary and the inverse document frequencies; English function words are left out."""
    vectorizer = TfidfVectorizer(tokenizer=_content_words, token_pattern=None, lowercase=False)
    return vectorizer.fit(train_texts)


def similarities(
    vectorizer: TfidfVectorizer, answers: Sequence[str], references: Sequence[str], questions: Sequence[str]
) -> list[float]:
    """Cosine of each answer with its own reference: 0 no word in common, 1 the same words as often.

    The question's own words count on neither side: to say it again is no likeness.
    """
    asked = present(vectorizer.transform(questions))
    said, written = (without(vectorizer.transform(texts), asked) for texts in (answers, references))
    # Rows have length 1, so the cosine is the sum of products.
    return [float(value) for value in np.asarray(said.multiply(written).sum(axis=1)).ravel()]


def present(vectors: csr_matrix) -> csr_matrix:
    """1 for each word that a row has."""
    found = vectors.copy()
    found.data[:] = 1.0
    return found


def without(vectors: csr_matrix, words_of: csr_matrix) -> csr_matrix:
    """Rows without the words that the same row of the other has (present()), of length 1 again or empty."""
    left = csr_matrix(vectors - vectors.multiply(words_of))
    # A difference of equal floats may leave a trace, which length 1 would make a word of.
    left.data[left.data < 1e-12] = 0.0
    return normalize(left)


def strongest_words(
    vectorizer: TfidfVectorizer, train_texts: Sequence[str], wholes: Sequence[str], count: int
) -> list[str]:
    """The `count` words with the most TF-IDF weight over all train texts, strongest first.

    A word must come in two chapters or rows (where there are two), or it is one's subject and not the
    author's word. Held-out text and answers have no say: words that the base never uses would otherwise
    be picked for just that. wholes: of each text the chapter or row that it is of.
    """
    weights = vectorizer.transform(train_texts)
    strength = np.asarray(weights.sum(axis=0)).ravel()
    names = vectorizer.get_feature_names_out()
    numbers = np.unique(np.array(wholes), return_inverse=True)[1]
    parts = int(numbers.max()) + 1
    belongs = csr_matrix((np.ones(len(wholes)), (numbers, np.arange(len(wholes)))), (parts, len(wholes)))
    wholes_with = np.asarray(((belongs @ weights) > 0).sum(axis=0)).ravel()
    fits = wholes_with >= min(2, parts)
    ranked = sorted(zip(-strength, names, fits, strict=True))
    return [str(name) for _, name, fit in ranked if fit and len(name) >= KEYWORD_LETTERS and name.isalpha()][
        :count
    ]


def _content_words(text: str) -> list[str]:
    return [word for word in words(text) if word not in ENGLISH_STOP_WORDS]
