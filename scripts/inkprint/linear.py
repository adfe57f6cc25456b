"""A bag of words and a logistic regression, by scikit-learn: 04 fits one, 05 asks it.

On disk it is numbers and words, no pickle. weights.safetensors, float64: `coefficients` of labels x features,
or one row of them for two labels; `intercepts`; `idf`, one a feature. vocabulary.json: `labels` and
`features` in the order of rows and columns, and the `settings` which make a text into features.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.jsonl import write_json
from inkprint.recipe_train import Linear

WORD = r"(?u)\b\w\w+\b"  # two letters or digits and more, in lower case


class NoWords(UserError):
    """No word stands in as many texts as it must."""


@dataclass(frozen=True)
class LinearModel:
    """labels: sorted, as the probabilities are. settings: what turns a text into features."""

    labels: list[str]
    settings: dict[str, Any]
    vectorizer: Any  # TfidfVectorizer
    regression: Any  # LogisticRegression

    def predict(self, texts: list[str]) -> list[list[float]]:
        """For each text the probability of each label, in the order of `labels`; each row adds up to 1."""
        if not texts:
            return []
        return self.regression.predict_proba(self.vectorizer.transform(texts)).tolist()


def fit_linear(texts: list[str], labels: list[str], settings: Linear, seed: int) -> LinearModel:
    """Fit on texts with their labels. Raises NoWords where no word is in as many texts as it must be."""
    from sklearn.linear_model import LogisticRegression

    kept = {"ngram_words": settings.ngram_words, "sublinear": settings.sublinear, "word": WORD}
    vectorizer = _vectorizer(kept, max_features=settings.max_features, min_df=settings.min_texts)
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError as error:
        problem = str(error).splitlines()[0]
        raise NoWords(f"train.min_texts {settings.min_texts}: {len(texts)} texts: {problem}") from None
    regression = LogisticRegression(
        C=settings.regularization, max_iter=settings.max_iterations, random_state=seed
    ).fit(features, labels)
    return LinearModel(regression.classes_.tolist(), kept, vectorizer, regression)


def save_linear(model: LinearModel, folder: Path) -> None:
    """Write the folder, which must not be there yet."""
    import numpy
    from safetensors.numpy import save_file

    folder.mkdir()
    weights = {
        # Three labels and more come column by column, which safetensors would write as if row by row.
        "coefficients": numpy.ascontiguousarray(model.regression.coef_),
        "intercepts": model.regression.intercept_,
        "idf": model.vectorizer.idf_,
    }
    save_file(weights, str(folder / "weights.safetensors"))
    words = {
        "labels": model.labels,
        "settings": model.settings,
        "features": model.vectorizer.get_feature_names_out().tolist(),
    }
    write_json(folder / "vocabulary.json", words)


def load_linear(folder: Path) -> LinearModel:
    """Read what `save_linear` wrote."""
    import numpy
    from safetensors.numpy import load_file
    from sklearn.linear_model import LogisticRegression

    weights = load_file(str(folder / "weights.safetensors"))
    words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    vectorizer = _vectorizer(words["settings"], vocabulary=words["features"])
    vectorizer.idf_ = weights["idf"]
    regression = LogisticRegression()
    regression.classes_ = numpy.array(words["labels"])
    regression.coef_, regression.intercept_ = weights["coefficients"], weights["intercepts"]
    regression.n_features_in_ = len(words["features"])
    return LinearModel(words["labels"], words["settings"], vectorizer, regression)


def _vectorizer(settings: dict[str, Any], **options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, settings["ngram_words"]),
        sublinear_tf=settings["sublinear"],
        token_pattern=settings["word"],
        **options,
    )
