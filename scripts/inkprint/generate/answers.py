"""One variant's answers to one batch of prompts."""

from __future__ import annotations

from typing import Any

from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.generate.prompts import Batch
from inkprint.recipe_generate import Greedy, Sample
from inkprint.records import Answer, Example, content_id


def answer_batch(
    model: Any, chat: Chat, batch: Batch, variant: str, settings: Greedy | Sample, seed: int
) -> list[Answer]:
    """Answers in the batch's order, with a seed of the batch's own."""
    sampling: dict[str, Any] = {"temperature": 0.0}
    if isinstance(settings, Sample):
        sampling = {
            "temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k
        }  # fmt: skip
    made = complete(
        model, chat, [ids for _, ids in batch], seed, settings.max_new_tokens, **sampling,
        no_repeat_ngram_tokens=settings.no_repeat_ngram_tokens,
        repetition_penalty=settings.repetition_penalty, stop=settings.stop,
    )  # fmt: skip
    return [
        _answer(example, variant, chat, new_ids, settings.stop)
        for (example, _), new_ids in zip(batch, made, strict=True)
    ]


def _answer(example: Example, variant: str, chat: Chat, new_ids: list[int], stop: list[str]) -> Answer:
    reply = chat.reply(new_ids, stop)
    return Answer(
        id=content_id("answer", example.id, variant, reply.answer),
        example_id=example.id,
        source_id=example.source_id,
        task=example.task,
        variant=variant,
        prompt=example.prompt,
        thinking=reply.thinking,
        answer=reply.answer,
        reference=example.completion[0].content,
        tokens=reply.tokens,
        ended=reply.ended,
    )
