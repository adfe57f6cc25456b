"""A classifier written out, with what it takes to use it, and checked by its probabilities.

One with a head becomes a folder that transformers loads, of method `lora` or `qlora` with the adapter merged
in 16 bits, of `full` as it was trained. One of method `linear` is numbers and words, for scikit-learn.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.export import weights
from inkprint.export.usage import linear_card, model_card
from inkprint.generate.labels import head_probabilities
from inkprint.generate.trained import ADAPTER, LINEAR, MODEL
from inkprint.jsonl import read_records
from inkprint.linear import load_linear
from inkprint.models import write_tokenizer
from inkprint.recipe import Recipe
from inkprint.recipe_train import Tuning
from inkprint.recipe_values import Model
from inkprint.records import LabelledText, Prediction
from inkprint.train.classifier import token_ids
from inkprint.train.texts import read_texts

LIMIT = 0.02  # of a probability, what is written against what was trained; bfloat16 makes some 0.005
SHIFT = 0.1  # from what 05 saw: a base in 4 bits makes some 0.02
TEXTS = 24

Probabilities = list[list[float]]  # of each text, of each label


@dataclass(frozen=True)
class HeldTexts:
    """Some of the test split, and how likely 05 found each label of them."""

    labels: list[str]  # in the order of the probabilities
    texts: list[LabelledText]
    trained: Probabilities | None  # None: 05 has not run


def held_texts(run_folder: Path) -> HeldTexts:
    """The first few of the test split by id, which is as good as by chance. Raises UserError for none."""
    path = run_folder / "03_synthesize" / "examples.jsonl"
    texts = sorted(
        (one for one in read_records(path, LabelledText) if one.split == "test"), key=lambda t: t.id
    )
    texts = texts[:TEXTS]
    if not texts:
        raise UserError(f"{path}: no text of the test split, to check the result on")
    labels = read_texts(path).labels
    made = run_folder / "05_generate" / "predictions.jsonl"
    known = {one.source_id: one for one in read_records(made, Prediction)} if made.exists() else {}
    found = [known.get(text.source_id) for text in texts]
    trained = [[one.probabilities[label] for label in labels] for one in found if one is not None]
    return HeldTexts(labels, texts, trained if len(trained) == len(texts) else None)


def write_linear(recipe: Recipe, run_folder: Path, folder: Path) -> dict[str, Any]:
    """Copy the numbers and the words. Returns check.json."""
    held = held_texts(run_folder)
    for name in ("weights.safetensors", "vocabulary.json"):
        shutil.copyfile(run_folder / LINEAR / name, folder / name)
    (folder / "README.md").write_text(linear_card(recipe, held.labels), encoding="utf-8")
    texts = [text.text for text in held.texts]
    said = [load_linear(place).predict(texts) for place in (run_folder / LINEAR, folder)]
    return compare(held, "trained by 04", *said)


def write_classifier(recipe: Recipe, base: Model, run_folder: Path, folder: Path) -> dict[str, Any]:
    """Weights, configuration and tokenizer into the folder, and from there again. Returns check.json.

    Raises UserError where what was written finds other labels likely than what was trained.
    """
    assert isinstance(recipe.train, Tuning)
    held = held_texts(run_folder)
    full = recipe.train.method == "full"
    own = base.model_copy(update={"base": str((run_folder / MODEL).resolve()), "revision": None})
    tokenizer = weights.load_tokenizer(own if full else base)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # as in training
    tokenizer.model_max_length, tokenizer.padding_side = recipe.train.max_tokens, "right"
    rows = [token_ids(tokenizer, text.text)[: recipe.train.max_tokens] for text in held.texts]
    if full:
        meant = ask(
            weights.load_head(own, held.labels, tokenizer.pad_token_id, own_type=True), rows, tokenizer
        )
        for path in sorted((run_folder / MODEL).iterdir()):
            if path.name == "config.json" or ".safetensors" in path.name:
                shutil.copyfile(path, folder / path.name)
    else:
        head = weights.load_head(base, held.labels, tokenizer.pad_token_id)
        model = weights.add_adapter(head, base, run_folder / ADAPTER)
        meant = ask(model, rows, tokenizer)
        weights.save(weights.merge(model), folder)
        del model, head  # the next takes its place in memory
    write_tokenizer(tokenizer, folder)
    (folder / "README.md").write_text(model_card(recipe, base, held.labels), encoding="utf-8")
    return compare(
        held, "04's own weights" if full else "adapter on the 16-bit base", meant, read_back(folder, held)
    )


def read_back(folder: Path, held: HeldTexts) -> Probabilities:
    """What a stranger gets: from the folder alone, by transformers' own means."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True).eval()
    named = [model.config.id2label[number] for number in range(model.config.num_labels)]
    assert named == held.labels, f"the head knows {named}, the train texts {held.labels}"
    return ask(model, [tokenizer(text.text, truncation=True)["input_ids"] for text in held.texts], tokenizer)


def ask(model: Any, rows: list[list[int]], tokenizer: Any) -> Probabilities:
    """One by one: a padded neighbour may change the last bits."""
    return [head_probabilities(model, [row], tokenizer.pad_token_id)[0] for row in rows]


def compare(held: HeldTexts, voice: str, meant: Probabilities, written: Probabilities) -> dict[str, Any]:
    """check.json. Raises UserError where what is written is not what was to be written."""
    off = farthest(meant, written)
    if not off <= LIMIT:
        raise UserError(
            f"the classifier to be written is {off:.3f} of a probability off {voice}, {LIMIT} are allowed:"
            " nothing is written, what was trained is as it was"
        )
    said = {"trained": held.trained, "meant": meant, "written": written}
    return {
        "texts": len(held.texts),
        "labels": held.labels,
        "meant": voice,
        "right": {name: None if one is None else right(held, one) for name, one in said.items()},
        "written_off_meant": off,
        "limit": LIMIT,
        "written_off_trained": None if held.trained is None else farthest(held.trained, written),
    }


def farthest(one: Probabilities, other: Probabilities) -> float:
    """The largest difference of a probability; not a number where one of them is none."""
    gaps = [
        abs(a - b) for row, again in zip(one, other, strict=True) for a, b in zip(row, again, strict=True)
    ]
    return max(gaps) if all(gap == gap for gap in gaps) else float("nan")


def right(held: HeldTexts, said: Probabilities) -> int:
    """How many texts get their label."""
    named = (held.labels[max(range(len(row)), key=row.__getitem__)] for row in said)
    return sum(label == text.label for label, text in zip(named, held.texts, strict=True))


def show(check: dict[str, Any]) -> None:
    """The same for the terminal."""
    print(f"   right of {check['texts']} held-out texts, labels {', '.join(check['labels'])}")
    names = {"trained": "as trained, by 05", "meant": check["meant"], "written": "what is written out"}
    for voice, name in names.items():
        if check["right"][voice] is not None:
            print(f"      {name:<28}{check['right'][voice]}")
    print(f"      largest difference of a probability: {check['written_off_meant']:.4f}")
    if check["written_off_trained"] is None:
        print("      the shift from what was trained is not known: 05 has not run")
    elif check["written_off_trained"] > SHIFT:
        print(
            f"      look: {check['written_off_trained']:.2f} of a probability off what 05 saw;"
            " is export.base the 16-bit form of model.base?"
        )
