"""A model goes on from several prompts at once; 03 and 05 both generate through here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def complete(
    model: Any, chat: Any, prompts: list[list[int]], seed: int, max_new_tokens: int, temperature: float,
    no_repeat_ngram_tokens: int = 0, *, repetition_penalty: float = 1.0, top_p: float = 1.0, top_k: int = 0,
    stop: Sequence[str] = (), **options: Any,
) -> list[list[int]]:  # fmt: skip
    """New token ids for each prompt, prompts left-padded to one length; padding behind an end is not cut off.

    temperature 0 is greedy; top_p 1.0 and top_k 0 draw from all tokens. Neither rule against repetition
    counts the prompt: an answer may name what was asked. A row ends once one of the stop strings is in its
    answer, as chat.reply finds it. options go to transformers' generate().
    """
    import torch
    from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

    torch.manual_seed(seed)
    longest = max(map(len, prompts))
    pad = chat.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts], device=model.device)
    rules = _against_repetition(longest, repetition_penalty, no_repeat_ngram_tokens)
    if temperature:
        rules += _sampling(temperature, top_k, top_p)
    config = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=bool(temperature),
        # Off by name: a model's own generation_config.json would fill in what is not named.
        repetition_penalty=1.0, no_repeat_ngram_size=0, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0,
        eos_token_id=chat.stop_ids, pad_token_id=pad,
    )  # fmt: skip
    criteria = [*options.pop("stopping_criteria", ()), *([_at_stop(chat, stop, longest)] if stop else [])]
    with torch.inference_mode():
        made = model.generate(
            input_ids=ids, attention_mask=mask, generation_config=config,
            logits_processor=LogitsProcessorList(rules), stopping_criteria=StoppingCriteriaList(criteria),
            **options,
        )  # fmt: skip
    return made[:, longest:].tolist()


def _against_repetition(begun: int, penalty: float, ngram_tokens: int) -> list[Any]:
    """transformers' logits processors, which look at what was written since `begun` alone."""
    from transformers import NoRepeatNGramLogitsProcessor, RepetitionPenaltyLogitsProcessor

    class NoRepeat(NoRepeatNGramLogitsProcessor):
        def __call__(self, input_ids: Any, scores: Any) -> Any:
            return super().__call__(input_ids[:, begun:], scores)

    rules: list[Any] = []
    if penalty != 1.0:
        rules.append(RepetitionPenaltyLogitsProcessor(penalty, prompt_ignore_length=begun))
    if ngram_tokens:
        rules.append(NoRepeat(ngram_tokens))
    return rules


def _sampling(temperature: float, top_k: int, top_p: float) -> list[Any]:
    """The same by name: generate() would put its own before the rules, and those could forbid all it left."""
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    rules: list[Any] = [TemperatureLogitsWarper(float(temperature))]
    if top_k:
        rules.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        rules.append(TopPLogitsWarper(top_p))
    return rules


def _at_stop(chat: Any, stop: Sequence[str], begun: int) -> Any:
    """transformers' stopping criterion: a row is done once its answer has one of these strings."""
    import torch
    from transformers import StoppingCriteria

    # A token stands for one byte or more: so many of the last ones hold a string that has just been closed.
    last = max(len(text.encode()) for text in stop) + 4

    class AtStop(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            new = input_ids[:, begun:].tolist()
            ends = chat.tokenizer.batch_decode([row[-last:] for row in new])
            # The tail alone is quick to look at; whether its string is in the answer, the whole text says.
            done = [
                any(text in tail for text in stop) and chat.reply(row, stop).ended
                for row, tail in zip(new, ends, strict=True)
            ]
            return torch.tensor(done, dtype=torch.bool, device=input_ids.device)

    return AtStop()
