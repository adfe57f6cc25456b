"""Chats as tokens: only the answer and its end are learned, for the real templates of the models we tune."""

from __future__ import annotations

from pathlib import Path

import pytest

from inkprint.records import Message

pytestmark = pytest.mark.training  # for the seconds that transformers takes to import

# What each template puts around an answer: specials its tokenizer must know, the end of turn, what a prompt
# for a plain answer ends in.
TEMPLATES = {
    "qwen3": (
        ["<|im_start|>", "<|im_end|>", "<think>", "</think>"],
        "<|im_end|>",
        "assistant\n<think>\n\n</think>\n\n",
    ),
    "gptoss": (
        ["<|start|>", "<|end|>", "<|return|>", "<|channel|>", "<|message|>"],
        "<|return|>",
        "<|start|>assistant<|channel|>final<|message|>",
    ),
    "llama3": (
        ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "<|eot_id|>",
        "assistant<|end_header_id|>\n\n",
    ),
    "gemma3": (["<bos>", "<start_of_turn>", "<end_of_turn>"], "<end_of_turn>", "<start_of_turn>model\n"),
    "phi3": (["<|user|>", "<|assistant|>", "<|end|>"], "<|end|>", "<|assistant|>\n"),
}
PROMPT = [Message(role="user", content="Tell me about the rope.")]
ANSWER = [Message(role="assistant", content="The rope is old.\n\n“Mind it,” he said.")]


def tokenizer_for(name):
    import trl
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    specials, end, _ = TEMPLATES[name]
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    # Merges across the border of prompt and answer are what a mask must survive: "\nThe" is one token here.
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<pad>", *specials], initial_alphabet=alphabet
    )
    core.train_from_iterator([ANSWER[0].content, "assistant\nThe rope", "\n\nThe rope"] * 9, trainer)
    bos = next((token for token in specials if "bos" in token or "begin" in token), None)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=end, pad_token="<pad>", bos_token=bos
    )
    template = Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja"
    tokenizer.chat_template = template.read_text(encoding="utf-8")
    return tokenizer


def chat_for(name, thinking=False):
    from inkprint.chat import Chat
    from inkprint.recipe import Model

    settings = Model(
        base="./base", revision=None, chat_template=None, thinking=thinking, reasoning_effort=None
    )
    return Chat(tokenizer_for(name), settings)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_answer_and_its_end_are_learned_and_nothing_else(name):
    chat = chat_for(name)
    _, end, header = TEMPLATES[name]
    tokens = chat.example(PROMPT, ANSWER)
    assert chat.tokenizer.decode(tokens.answer) == ANSWER[0].content + end
    assert chat.tokenizer.convert_ids_to_tokens(tokens.answer[-1]) == end
    assert chat.tokenizer.decode(tokens.prompt).endswith(header)
    assert PROMPT[0].content in chat.tokenizer.decode(tokens.prompt)


@pytest.mark.parametrize("name", TEMPLATES)
def test_training_reads_the_prompt_that_generation_writes(name):
    chat = chat_for(name)
    assert chat.example(PROMPT, ANSWER).prompt == chat.prompt(PROMPT)


@pytest.mark.parametrize("name", TEMPLATES)
def test_at_most_one_begin_of_text(name):
    chat = chat_for(name)
    begin = chat.tokenizer.bos_token_id
    if begin is not None:
        assert chat.prompt(PROMPT).count(begin) == 1
        assert chat.text("Once.")[0].count(begin) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_generation_stops_where_training_ended(name):
    chat = chat_for(name)
    tokens = chat.example(PROMPT, ANSWER)
    assert chat.answer_text([*tokens.answer, 5, 6]) == (ANSWER[0].content, True)
    assert chat.answer_text(tokens.answer[:-1]) == (ANSWER[0].content, False)


def test_no_template_prints_todays_date():
    import datetime

    text = chat_for("gptoss").prompt_text(PROMPT)
    assert "Current date: 2026-01-01" in text
    assert datetime.date.today().isoformat() not in text


def test_plain_text_counts_the_bytes_of_what_is_scored():
    chat = chat_for("qwen3")
    ids, scored = chat.text("Où est la corde?")
    first = chat.tokenizer.decode(ids[:1])
    assert scored == len("Où est la corde?".encode()) - len(first.encode())
    with_begin = chat_for("llama3").text("Où est la corde?")
    assert with_begin[1] == len("Où est la corde?".encode())


def test_a_tokenizer_without_template_is_refused():
    from inkprint.chat import Chat
    from inkprint.errors import UserError
    from inkprint.recipe import Model

    tokenizer = tokenizer_for("qwen3")
    tokenizer.chat_template = None
    settings = Model(base="./base", revision=None, chat_template=None, thinking=False, reasoning_effort=None)
    with pytest.raises(UserError, match="no chat template"):
        Chat(tokenizer, settings)
