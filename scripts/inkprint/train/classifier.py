"""Training on texts and labels: transformers' Trainer on a base with a classification head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.models import check_device, check_room, load_classifier, load_tokenizer, settle_environment
from inkprint.recipe import Recipe
from inkprint.recipe_train import Lora
from inkprint.records import LabelledText, Reject
from inkprint.train.memory import Batch
from inkprint.train.plan import Plan
from inkprint.train.texts import Texts, prove_labels, read_texts

HEADS = ("score", "classifier")  # what transformers calls a head: a decoder's, an encoder's


@dataclass
class Labelled:
    """Texts as tokens and numbers of labels, split by split, and what the proof found."""

    tokenizer: Any
    texts: Texts
    columns: dict[str, dict[str, list[Any]]]  # of train and validation: input_ids, labels
    proof: dict[str, Any]

    @property
    def lengths(self) -> list[int]:
        return list(map(len, self.columns["train"]["input_ids"]))

    @property
    def rejects(self) -> list[Reject]:
        return self.texts.rejects

    @property
    def summary(self) -> str:
        count, total = self.proof["truncated"], sum(self.proof["rows"].values())
        labels = ", ".join(self.texts.labels)
        return f"labels {labels}; {count:,} of {total:,} texts are longer than max_tokens: cut"


def read_labelled(recipe: Recipe, examples: Path) -> Labelled:
    """Tokens of the texts, cut to train.max_tokens where they are longer, and counted."""
    assert recipe.model is not None
    settle_environment(recipe.model, recipe.device)
    check_device(recipe.device)
    check_room(recipe.model, recipe.train.max_tokens)
    tokenizer = load_tokenizer(recipe.model)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has none; what stands at a row's end is not read
    texts = read_texts(examples)
    columns, cut = {}, dict.fromkeys(("train", "validation"), 0)
    for split, own in (("train", texts.train), ("validation", texts.validation)):
        whole = [token_ids(tokenizer, example.text) for example in own]
        cut[split] = sum(len(ids) > recipe.train.max_tokens for ids in whole)
        columns[split] = {
            "input_ids": [ids[: recipe.train.max_tokens] for ids in whole],
            "labels": [texts.labels.index(example.label) for example in own],
        }
    _prove_texts(tokenizer, texts.train, columns["train"], texts.labels)
    read = tokenizer.decode(columns["train"]["input_ids"][0])
    proof = prove_labels(texts, read, sum(cut.values()))
    return Labelled(
        tokenizer, texts, columns, proof | {"tokens": _tokens(columns), "truncated_by_split": cut}
    )


def token_ids(tokenizer: Any, text: str) -> list[int]:
    """A text as the model reads it, with what the tokenizer puts around one; uncut."""
    return tokenizer(text, truncation=False)["input_ids"]


def _tokens(columns: dict[str, dict[str, list[Any]]]) -> dict[str, int]:
    return {split: sum(map(len, own["input_ids"])) for split, own in columns.items()}


def _prove_texts(
    tokenizer: Any, texts: list[LabelledText], columns: dict[str, list[Any]], labels: list[str]
) -> None:
    """Raise AssertionError unless every row says its text's beginning and its label."""
    rows = zip(texts, columns["input_ids"], columns["labels"], strict=True)
    for example, ids, label in rows:
        assert labels[label] == example.label, f"{example.id} is given the label {labels[label]!r}"
        assert ids and ids == token_ids(tokenizer, example.text)[: len(ids)], f"{example.id} is not its text"


def make_label_trainer(
    recipe: Recipe, labelled: Labelled, plan: Plan, batch: Batch, checkpoints: Path
) -> Any:
    """Load the base with a fresh head, seeded, and make the trainer."""
    from datasets import Dataset
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments, set_seed

    from inkprint.train.trainer import by_length, let_it_settle, planned, trainer_settings

    settings = recipe.train
    assert recipe.model is not None
    set_seed(recipe.seed)  # of the head and of LoRA's matrices
    labels, tokenizer = labelled.texts.labels, labelled.tokenizer
    model = load_classifier(recipe.model, settings.method, labels, tokenizer.pad_token_id)
    if isinstance(settings, Lora):
        model = _add_lora(model, settings)
    config = TrainingArguments(
        gradient_checkpointing=isinstance(settings, Lora),
        **trainer_settings(recipe, batch, checkpoints, model),
    )
    let_it_settle(config)
    trainer = planned(Trainer, plan, texts=True)(
        model=model,
        args=config,
        train_dataset=Dataset.from_dict(labelled.columns["train"]),
        eval_dataset=Dataset.from_dict(by_length(labelled.columns["validation"])),
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
    )
    seen = trainer.train_dataset
    assert list(seen["labels"]) == labelled.columns["train"]["labels"], "the trainer changed the labels"
    return trainer


def _add_lora(model: Any, settings: Lora) -> Any:
    """Put LoRA matrices on the model; the head, which is new, is trained whole."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if settings.method == "qlora":
        model = prepare_model_for_kbit_training(model)
    model.enable_input_require_grads()  # or checkpointing would cut the gradients of frozen embeddings off
    config = LoraConfig(
        task_type="SEQ_CLS",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.target_modules,
        modules_to_save=[name for name in HEADS if hasattr(model, name)],
        bias="none",
    )
    model = get_peft_model(model, config)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return model
