"""The recipe's section `train`: by which method the model learns, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from inkprint.recipe_values import Count, CountOrZero, Positive, Section, Text


class Tuning(Section):
    """What every method has that goes through the data in steps."""

    loss: Literal["answer", "all", "label"]  # of chats the answer, or all tokens; of texts their label
    max_tokens: Count  # of a row
    epochs: Positive
    batch_size: Count
    accumulation_steps: Count
    learning_rate: Positive
    scheduler: Literal["cosine", "linear", "constant_with_warmup"]
    warmup_steps: CountOrZero
    weight_decay: Annotated[float, Field(ge=0, strict=True)]
    optimizer: Literal["adamw_8bit", "paged_adamw_8bit", "adamw_torch"]
    evaluate_every_steps: Count
    stop_after_evaluations: Count | None  # without a better validation loss; null: all epochs
    save_every_steps: Count
    save_every_minutes: Positive | None  # also after so many minutes; null: by steps alone
    report_to: list[Text]  # what the Trainer reports to beside training_log.jsonl: wandb, tensorboard, …


class Lora(Tuning):
    """Matrices of a low rank beside the base's own, which stay as they are."""

    method: Literal["qlora", "lora"]  # the base in 4 bits (NF4), or in 16
    rank: Count
    alpha: Count
    dropout: Annotated[float, Field(ge=0, lt=1, strict=True)]
    target_modules: Annotated[list[Text], Field(min_length=1)]


class Full(Tuning):
    """Every weight of the base."""

    method: Literal["full"]


class Linear(Section):
    """Bag of words and logistic regression: no base model."""

    method: Literal["linear"]
    ngram_words: Annotated[int, Field(ge=1, le=3)]  # runs of up to so many words are features
    max_features: Count  # the most frequent
    min_texts: Count  # that a feature must stand in
    sublinear: bool  # 1 + log of a count in place of the count
    regularization: Positive  # scikit-learn's C: smaller is stronger
    max_iterations: Count


Train = Annotated[Lora | Full | Linear, Field(discriminator="method")]
