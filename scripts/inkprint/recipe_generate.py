"""The recipe's section `generate`: how the models answer held-out prompts, or label held-out texts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from inkprint.recipe_values import Count, CountOrZero, PartOrAll, Positive, Section, Text


class Answers(Section):
    """What sampling and greedy decoding share."""

    max_new_tokens: Count
    repetition_penalty: Annotated[float, Field(ge=1, strict=True)]
    no_repeat_ngram_tokens: CountOrZero
    stop: list[Text]  # an answer ends before any of these, beside the model's own end
    prompted_passages: CountOrZero  # of train, shown to the base as a third variant; 0: no such variant
    prompts: Count  # at most so many held-out prompts, chosen by seed
    batch_size: Count


class Greedy(Answers):
    """The most likely token every time."""

    method: Literal["greedy"]


class Sample(Answers):
    """Drawn by chance, from the seed."""

    method: Literal["sample"]
    temperature: Positive
    top_p: PartOrAll
    top_k: CountOrZero  # 0: all


class Classify(Section):
    """A probability for each label."""

    method: Literal["classify"]
    batch_size: Count


Generate = Annotated[Greedy | Sample | Classify, Field(discriminator="method")]
