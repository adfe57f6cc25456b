"""What stands beside an exported classifier: where it comes from, and the lines that ask it."""

from __future__ import annotations

from inkprint.recipe import Recipe
from inkprint.recipe_train import Tuning
from inkprint.recipe_values import Model

_HEAD = """\
```python
from transformers import pipeline

classify = pipeline("text-classification", model=".", top_k=None)
print(classify("a text", truncation=True))
```
"""
# Two labels have one row of coefficients: the first label's score is then 0.
_LINEAR = """\
```python
import json

import numpy
from safetensors.numpy import load_file
from sklearn.feature_extraction.text import TfidfVectorizer

weights = load_file("weights.safetensors")
with open("vocabulary.json", encoding="utf-8") as file:
    words = json.load(file)
settings = words["settings"]
vectorizer = TfidfVectorizer(
    ngram_range=(1, settings["ngram_words"]),
    sublinear_tf=settings["sublinear"],
    token_pattern=settings["word"],
    vocabulary=words["features"],
)
vectorizer.idf_ = weights["idf"]


def classify(texts):
    scores = vectorizer.transform(texts) @ weights["coefficients"].T + weights["intercepts"]
    if scores.shape[1] == 1:
        scores = numpy.hstack([numpy.zeros_like(scores), scores])
    shares = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return [dict(zip(words["labels"], row.tolist())) for row in shares]


print(classify(["a text"]))
```
"""


def model_card(recipe: Recipe, base: Model, labels: list[str]) -> str:
    """For one with a head, which transformers loads."""
    assert isinstance(recipe.train, Tuning)
    name = base.base if base.folder is None else base.folder.name
    where = f"{name} at {base.revision}" if base.revision else name
    return (
        f"# {recipe.run}\n\nA classifier made by Inkprint: {where}, method `{recipe.train.method}`.\n"
        f"Labels: {', '.join(labels)}. It reads a text's first {recipe.train.max_tokens} tokens.\n\n{_HEAD}"
    )


def linear_card(recipe: Recipe, labels: list[str]) -> str:
    """For a bag of words."""
    return (
        f"# {recipe.run}\n\nA classifier made by Inkprint: a bag of words and a logistic regression, in"
        f" numbers and words.\nLabels: {', '.join(labels)}. scikit-learn and safetensors ask it:\n\n{_LINEAR}"
    )
