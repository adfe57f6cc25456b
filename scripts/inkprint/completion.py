"""A model goes on from several prompts at once; 03 and 05 both generate through here."""

from __future__ import annotations

from typing import Any


def complete(
    model: Any, chat: Any, prompts: list[list[int]], seed: int, max_new_tokens: int, temperature: float,
    no_repeat_ngram_tokens: int = 0, **options: Any,
) -> list[list[int]]:  # fmt: skip
    """New token ids for each prompt, prompts left-padded to one length; padding behind an end is not cut off.

    temperature 0 is greedy. options go to transformers' generate().
    """
    import torch
    from transformers import GenerationConfig

    torch.manual_seed(seed)
    longest = max(map(len, prompts))
    pad = chat.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts], device=model.device)
    sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
    config = GenerationConfig(
        max_new_tokens=max_new_tokens,
        no_repeat_ngram_size=no_repeat_ngram_tokens,
        eos_token_id=chat.stop_ids,
        pad_token_id=pad,
        **sampling,
    )
    with torch.inference_mode():
        made = model.generate(input_ids=ids, attention_mask=mask, generation_config=config, **options)
    return made[:, longest:].tolist()
