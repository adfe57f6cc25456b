"""How likely a trained classifier finds each label for held-out texts: `generate.method: classify`.

The classifier is a head on a model, or a bag of words; of either the probabilities are as it gives them. A
text whose label train does not have stays: it counts against any classifier.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.generate.trained import ADAPTER, LINEAR, MODEL, check_commit
from inkprint.generate.work import Job, Turns
from inkprint.jsonl import read_records, write_records
from inkprint.recipe import Recipe
from inkprint.recipe_train import Linear, Tuning
from inkprint.records import LabelledText, Prediction, content_id
from inkprint.train.texts import read_texts

EXAMPLES = "03_synthesize/examples.jsonl"
DIGITS = 8  # of a probability

Predict = Callable[[list[LabelledText]], list[Prediction]]


def label_texts(command: Command, stage: Stage, turns: Turns) -> None:
    """Load the classifier, label the test split in batches that are kept, and write predictions.jsonl."""
    texts = held_out_texts(stage.inputs[EXAMPLES])
    output = command.working()
    with output.quiet():
        predict, size = load_predictor(command, stage.inputs[EXAMPLES])
    jobs = [
        Job(stage.work_folder / f"predictions-{start:07d}.jsonl", predict, (texts[start : start + size],))
        for start in range(0, len(texts), size)
    ]
    mine = [job for number, job in enumerate(jobs) if turns.mine(number)]
    with output.counter("batches", len(mine)) as advance, output.quiet():
        for job in mine:
            job.do()
            advance()
    if turns.number > 0:
        return
    turns.wait()
    predictions = [one for job in jobs for one in job.records(Prediction)]
    with stage.writing() as folder:
        write_records(folder / "predictions.jsonl", sorted(predictions, key=lambda one: one.id))
        count = len(predictions)
        stage.finish({"unit": "texts", "in": len(texts), "out": count, "rejected": 0, "failed": 0})
    cut = sum(one.cut for one in predictions)
    beginning = f"; of {cut:,} the beginning alone was read: longer than train.max_tokens" if cut else ""
    print(f"   {count:,} texts{beginning}")


def held_out_texts(examples: Path) -> list[LabelledText]:
    """The test split, the longest texts first: memory's peak comes at once. Raises UserError for none."""
    found = [text for text in read_records(examples, LabelledText) if text.split == "test"]
    if not found:
        raise UserError(f"{examples}: no text of the test split")
    return sorted(found, key=lambda text: (-len(text.text), text.id))


def load_predictor(command: Command, examples: Path) -> tuple[Predict, int]:
    """What labels a batch of texts, and how many make a batch."""
    recipe, settings = command.recipe, command.recipe.generate
    assert settings.method == "classify"
    if isinstance(recipe.train, Linear):
        return _linear(command.run_folder / LINEAR), settings.batch_size
    return _head(recipe, command.run_folder, read_texts(examples).labels), settings.batch_size


def _linear(folder: Path) -> Predict:
    from inkprint.linear import load_linear

    model = load_linear(folder)

    def predict(batch: list[LabelledText]) -> list[Prediction]:
        probabilities = model.predict([text.text for text in batch])
        return [
            _record(text, model.labels, row, False) for text, row in zip(batch, probabilities, strict=True)
        ]

    return predict


def _head(recipe: Recipe, run_folder: Path, labels: list[str]) -> Predict:
    """labels: of the train texts, sorted: the order in which the head knows them."""
    from inkprint.models import add_adapter, check_device, load_classifier, load_tokenizer, settle_environment
    from inkprint.train.classifier import token_ids

    assert recipe.model is not None
    assert isinstance(recipe.train, Tuning)
    settle_environment(recipe.model, recipe.device)
    check_device(recipe.device)
    settings, limit = recipe.model, recipe.train.max_tokens
    if recipe.train.method == "full":
        folder = (run_folder / MODEL).resolve()
        settings = settings.model_copy(update={"base": str(folder), "revision": None})
        known = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
        named = [known[str(number)] for number in range(len(known))]
        assert named == labels, f"the head knows {named}, the train texts {labels}"
    tokenizer = load_tokenizer(settings)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model = load_classifier(settings, recipe.train.method, labels, tokenizer.pad_token_id)
    if recipe.train.method != "full":
        check_commit(settings, run_folder)
        model = add_adapter(model, run_folder / ADAPTER)
    model.eval()

    def predict(batch: list[LabelledText]) -> list[Prediction]:
        whole = [token_ids(tokenizer, text.text) for text in batch]
        probabilities = head_probabilities(model, [ids[:limit] for ids in whole], tokenizer.pad_token_id)
        return [
            _record(text, labels, row, len(ids) > limit)
            for text, row, ids in zip(batch, probabilities, whole, strict=True)
        ]

    return predict


def head_probabilities(model: Any, rows: list[list[int]], pad: int) -> list[list[float]]:
    """Of each tokenized text the probability of each label; rows are padded on the right."""
    import torch

    longest = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask).logits
    return logits.double().softmax(-1).tolist()


def _record(text: LabelledText, labels: list[str], probabilities: list[float], cut: bool) -> Prediction:
    values = (round(value, DIGITS) for value in probabilities)
    return Prediction(
        id=content_id("prediction", text.id),
        source_id=text.source_id,
        variant="tuned",
        text=text.text,
        label=text.label,
        probabilities=dict(zip(labels, values, strict=True)),
        cut=cut,
    )
