"""Does it answer? Whether an answer leads back to its own question among all that were asked.

Each answer is held against every prompt: against the words that the author used there. Its own question's
prompt should come first. The question's own words count for nothing, in the answer as in what the author
wrote, prompt by prompt: a model that echoes the question leads nowhere, and one that recites the book leads
to other prompts. The score is the reciprocal rank, 1 for the first place (mean reciprocal rank: Voorhees
1999). Of two books the author's own next words score 0.29 and 0.31, answers to other prompts 0.03, as chance
does, an echo of the question 0.01, train passages 0.02 to 0.04.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from inkprint.evaluate.similarity import present, without

FEWEST_PROMPTS = 10  # different ones: with a table's one fixed prompt there is no question to find
_ROWS_AT_ONCE = 500


class Prompts:
    """All prompts that were asked: their questions' words, and the author's words without these."""

    def __init__(
        self,
        vectorizer: TfidfVectorizer,
        questions: Sequence[str],
        references: Sequence[str],
        sources: Sequence[str],
    ) -> None:
        """One entry each a prompt. sources: of each the passage or row; those of one are no rivals."""
        self._vectorizer = vectorizer
        self._asked = present(vectorizer.transform(questions))
        self._written = without(vectorizer.transform(references), self._asked)
        self._sources = np.unique(np.array(sources), return_inverse=True)[1]

    def reciprocal_ranks(self, answers: Sequence[str]) -> list[float]:
        """Of each answer, in the prompts' order: 1 / its own prompt's place among those of other sources.

        Prompts that fit equally well share their places: an answer without a word in common with any is in
        the middle of all.
        """
        said = self._vectorizer.transform(answers)
        ranks: list[float] = []
        for start in range(0, said.shape[0], _ROWS_AT_ONCE):
            fits = self._fits(said[start : start + _ROWS_AT_ONCE])
            for row, fit in enumerate(fits, start):
                rivals = fit[self._sources != self._sources[row]]
                above = int((rivals > fit[row] + 1e-12).sum())
                beside = int((np.abs(rivals - fit[row]) <= 1e-12).sum())
                ranks.append(1 / (1 + above + beside / 2))
        return ranks

    def by_chance(self) -> float:
        """The mean reciprocal rank of answers that have nothing to do with what was asked."""
        counts = np.bincount(self._sources)
        expected = [
            _mean_reciprocal(1 + len(self._sources) - int(counts[source])) for source in self._sources
        ]
        return float(np.mean(expected))

    def _fits(self, said: csr_matrix) -> NDArray[np.float64]:
        """Cosine of each answer with each prompt, the prompt's question taken out: (answers, prompts)."""
        products = (said @ self._written.T).toarray()
        taken_out = (said.multiply(said) @ self._asked.T).toarray()
        left = np.sqrt(np.clip(1 - taken_out, 0, 1))
        return np.divide(products, left, out=np.zeros_like(products), where=left > 1e-6)


def can_tell(questions: Sequence[str]) -> bool:
    """Whether enough different prompts were asked for one to be found among them."""
    return len(set(questions)) >= FEWEST_PROMPTS


def _mean_reciprocal(places: int) -> float:
    return float((1 / np.arange(1, places + 1)).mean())
