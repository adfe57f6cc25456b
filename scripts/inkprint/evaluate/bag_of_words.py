"""The baseline `words`: a bag of words with logistic regression, which a trained classifier has to beat.

It learns from the very train texts that 04 learned from and is asked for the very held-out texts. It costs no
GPU: 7 s of a core for 6,000 film reviews to learn from, and then it tells 89 in 100 (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inkprint.linear import NoWords, fit_linear
from inkprint.recipe_train import Linear
from inkprint.records import LabelledText

# One set for every run, the one of recipes/imdb/logreg.yaml: a baseline that each recipe could set would be
# as weak as its author likes.
SETTINGS = Linear(
    method="linear",
    ngram_words=2,  # pairs of words, too: not good
    max_features=100_000,  # the most frequent: 800 KB of weights a label
    min_texts=3,  # that a word must stand in: what is met once or twice is learned by heart
    sublinear=True,  # 1 + log of a count: ten times is not ten times as much
    regularization=4.0,  # scikit-learn's C: of long vectors with few words each, weaker than its 1.0
    max_iterations=1000,  # of its solver, which took 48 for 6,000 film reviews
)
ITSELF = "the model is itself a bag of words with logistic regression"


def label_by_words(
    train: Sequence[LabelledText], asked: Sequence[str], seed: int
) -> tuple[list[dict[str, float]] | None, dict[str, Any]]:
    """Of each text asked for the probability of each label, and for metrics.json how; or None, and why."""
    try:
        model = fit_linear([text.text for text in train], [text.label for text in train], SETTINGS, seed)
    except NoWords:
        why = f"no word is in {SETTINGS.min_texts} of the {len(train):,} train texts"
        return None, {"why": why}
    said = [dict(zip(model.labels, row, strict=True)) for row in model.predict(list(asked))]
    return said, {"settings": SETTINGS.model_dump(), "features": len(model.vectorizer.idf_)}
