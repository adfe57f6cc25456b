"""What is known of a base model by its name alone: for a machine without cache and Hub.

As its makers' files on the Hub have it: config.json, tokenizer_config.json, and the chat template as the
installed trl carries it. tests/test_rehearse.py holds this table against the recipes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from inkprint.errors import UserError


@dataclass(frozen=True)
class Family:
    """Models whose names the pattern finds."""

    pattern: str  # in the base's name, whatever its case
    model_type: str  # transformers' name of the architecture
    positions: int  # tokens that the model holds
    special: tuple[str, ...]  # tokens that no text has
    end: str  # the tokenizer's own end of text
    begin: str | None = None
    pad: str | None = None
    template: str | None = None  # a file of trl's chat_templates; None: a model that has none
    begins_text: bool = False  # the tokenizer puts `begin` before every text
    plain: tuple[str, ...] = ()  # tokens by themselves, which decoding does not leave out
    tied: bool = False  # the output layer is the embedding


_CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_LLAMA = ("<unk>", "<s>", "</s>")
_LLAMA3 = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
           "<|finetune_right_pad_id|>")  # fmt: skip
_HARMONY = ("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>", "<|channel|>", "<|start|>",
            "<|end|>", "<|message|>", "<|call|>")  # fmt: skip

# The first whose pattern is found counts.
FAMILIES = (
    Family(r"gpt-oss", "gpt_oss", 131072, _HARMONY, "<|return|>", "<|startoftext|>", "<|endoftext|>",
           "gptoss.jinja"),
    Family(r"qwen3-.*a\d+b", "qwen3_moe", 40960, _CHATML, "<|im_end|>", None, "<|endoftext|>", "qwen3.jinja",
           plain=("<think>", "</think>")),
    Family(r"qwen3-.*2507", "qwen3", 262144, _CHATML, "<|im_end|>", None, "<|endoftext|>",
           "qwen3_instruct_2507.jinja", plain=("<think>", "</think>")),
    Family(r"qwen3-\d", "qwen3", 40960, _CHATML, "<|im_end|>", None, "<|endoftext|>", "qwen3.jinja",
           plain=("<think>", "</think>")),
    Family(r"qwen2\.5-.*instruct", "qwen2", 32768, _CHATML, "<|im_end|>", None, "<|endoftext|>",
           "qwen2_5.jinja"),
    Family(r"smollm2?-.*instruct", "llama", 8192, _CHATML, "<|im_end|>", "<|im_start|>", "<|im_end|>",
           "qwen2_5.jinja", tied=True),
    Family(r"smollm2?-", "llama", 8192, _CHATML, "<|endoftext|>", "<|endoftext|>", tied=True),
    Family(r"tinystories", "llama", 512, ("<unk>", "<|start_story|>", "<|end_story|>"), "<|end_story|>",
           "<|start_story|>", "<unk>", begins_text=True, tied=True),
    Family(r"tinyllama", "llama", 2048, _LLAMA, "</s>", "<s>", begins_text=True),
    Family(r"llama-?3.*instruct", "llama", 131072, _LLAMA3, "<|eot_id|>", "<|begin_of_text|>",
           "<|finetune_right_pad_id|>", "llama3.jinja", begins_text=True),
    Family(r"llama-?3", "llama", 131072, _LLAMA3, "<|end_of_text|>", "<|begin_of_text|>",
           "<|finetune_right_pad_id|>", begins_text=True),
    Family(r"llama-?2", "llama", 4096, _LLAMA, "</s>", "<s>", begins_text=True),
    Family(r"(distil)?gpt-?2", "gpt2", 1024, ("<|endoftext|>",), "<|endoftext|>", "<|endoftext|>", tied=True),
)  # fmt: skip


def family_of(base: str) -> Family:
    """The family of a base. Raises UserError where its name says nothing."""
    name = base.lower().replace("_", "-")
    for family in FAMILIES:
        if re.search(family.pattern, name):
            return family
    known = ", ".join(sorted({family.model_type for family in FAMILIES}))
    raise UserError(
        f"model.base {base}: its config.json is neither in a folder, nor in the cache, nor to be had from the"
        f" Hub now, and its name tells no architecture that is known here ({known})"
    )
