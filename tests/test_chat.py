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


def chat_of(tokenizer, thinking=False, reasoning_effort=None):
    from inkprint.chat import Chat
    from inkprint.recipe import Model

    settings = Model(
        base="./base", revision=None, chat_template=None, thinking=thinking, reasoning_effort=reasoning_effort
    )
    return Chat(tokenizer, settings)


def chat_for(name, thinking=False, reasoning_effort=None):
    return chat_of(tokenizer_for(name), thinking, reasoning_effort)


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


def plain_tokenizer(template, sentencepiece=False):
    """One without chat marks: GPT-2's kind, where a space belongs to the word behind it, or Llama's."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    if sentencepiece:
        core.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        core.decoder = decoders.Metaspace()
        alphabet = []
    else:
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        core.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet)
    text = "Instruction: Tell me about the rope. Answer: The rope is old."
    core.train_from_iterator([text, ANSWER[0].content] * 9, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|endoftext|>")
    tokenizer.chat_template = template
    return tokenizer


# A space that the template writes before the answer: behind the prompt, as its own header, before the answer.
SPACES = {
    "after the prompt": (
        "{% for m in messages %}{{ m.content + (' ' if m.role == 'user' else eos_token) }}{% endfor %}"
    ),
    "in the header": (
        "{% for m in messages %}{% if m.role == 'user' %}{{ 'Instruction: ' + m.content + '\\n' }}"
        "{% else %}{{ 'Answer: ' + m.content + eos_token }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'Answer: ' }}{% endif %}"
    ),
    "before the answer": (
        "{% for m in messages %}"
        "{{ m.content if m.role == 'user' else ' ' + m.content + eos_token }}{% endfor %}"
    ),
}


@pytest.mark.parametrize("place", SPACES)
def test_a_space_before_the_answer_belongs_to_its_first_word(place):
    tokenizer = plain_tokenizer(SPACES[place])
    chat = chat_of(tokenizer)
    tokens = chat.example(PROMPT, ANSWER)
    assert tokenizer.convert_ids_to_tokens(tokens.answer[0]) == "ĠThe"
    assert not tokenizer.decode(tokens.prompt).endswith(" ")
    assert tokens.prompt == chat.prompt(PROMPT) == chat.generation_prompt(PROMPT)
    whole = tokenizer.apply_chat_template(
        [message.model_dump() for message in [*PROMPT, *ANSWER]], tokenize=False
    )
    assert tokenizer.decode(tokens.prompt + tokens.answer) == whole
    assert chat.answer_text(tokens.answer) == (ANSWER[0].content, True)
    weighed, size = chat.weighed(PROMPT, ANSWER)
    assert weighed.answer == tokens.answer[:-1]
    assert size == len(tokenizer.decode(weighed.answer).encode())


def test_a_tokenizer_that_writes_a_space_itself_gets_no_second_one():
    tokenizer = plain_tokenizer(SPACES["in the header"], sentencepiece=True)
    tokens = chat_of(tokenizer).example(PROMPT, ANSWER)
    begin = "".join(tokenizer.convert_ids_to_tokens(tokens.answer[:4]))
    assert begin.startswith("▁The")


def generated(chat, text):
    """As generation returns a row: the text's tokens, then padding."""
    return [*chat.ids(text), chat.tokenizer.pad_token_id, chat.tokenizer.pad_token_id]


def test_qwens_thoughts_are_no_part_of_its_answer():
    chat = chat_for("qwen3", thinking=True)
    assert chat.tokenizer.decode(chat.generation_prompt(PROMPT)).endswith("<|im_start|>assistant\n")
    assert chat.tokenizer.decode(chat.prompt(PROMPT)).endswith("</think>\n\n"), "an example has no thoughts"
    text = "<think>\nA rope, a rope.\n</think>\n\nThe rope is old.<|im_end|>"
    reply = chat.reply(generated(chat, text))
    assert (reply.thinking, reply.answer, reply.ended) == ("A rope, a rope.", "The rope is old.", True)
    assert reply.tokens == len(chat.ids(text)) - 1
    assert chat.answer_text(generated(chat, text)) == ("The rope is old.", True)
    cut = chat.reply(chat.ids("<think>\nA rope, a"))
    assert (cut.thinking, cut.answer, cut.ended) == ("A rope, a", "", False)
    none = chat.reply(generated(chat, "The rope is old.<|im_end|>"))
    assert (none.thinking, none.answer) == ("", "The rope is old.")


def test_without_thinking_the_empty_block_stands_in_the_prompt():
    chat = chat_for("qwen3")
    assert chat.generation_prompt(PROMPT) == chat.prompt(PROMPT)
    assert chat.reply(generated(chat, "One </think> two.<|im_end|>")).thinking == ""


def test_a_block_that_the_template_opens_is_closed_by_the_model():
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{{ '<think>\n\n</think>\n\n' if m.role == 'assistant' }}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{{ '<|im_start|>assistant\n<think>\n' if add_generation_prompt }}"
    )
    tokenizer = tokenizer_for("qwen3")
    tokenizer.chat_template = template
    chat = chat_of(tokenizer, thinking=True)
    assert tokenizer.decode(chat.generation_prompt(PROMPT)).endswith("assistant\n<think>\n")
    reply = chat.reply(generated(chat, "A rope.\n</think>\n\nThe rope is old.<|im_end|>"))
    assert (reply.thinking, reply.answer) == ("A rope.", "The rope is old.")
    cut = chat.reply(chat.ids("A rope, a"))
    assert (cut.thinking, cut.answer) == ("A rope, a", "")


def test_gpt_oss_thinks_in_a_channel_of_its_own():
    chat = chat_for("gptoss", thinking=True)
    assert chat.tokenizer.decode(chat.generation_prompt(PROMPT)).endswith("<|start|>assistant")
    thoughts = "<|channel|>analysis<|message|>A rope, a rope.<|end|><|start|>assistant"
    text = f"{thoughts}<|channel|>final<|message|>The rope is old.<|return|>"
    reply = chat.reply(generated(chat, text))
    assert (reply.thinking, reply.answer, reply.ended) == ("A rope, a rope.", "The rope is old.", True)
    cut = chat.reply(chat.ids("<|channel|>analysis<|message|>A rope, a"))
    assert (cut.thinking, cut.answer, cut.ended) == ("A rope, a", "", False)


@pytest.mark.parametrize(("asked", "written"), [("low", "low"), ("high", "high"), (None, "medium")])
def test_gpt_oss_is_told_how_hard_to_think(asked, written):
    assert f"Reasoning: {written}\n" in chat_for("gptoss", reasoning_effort=asked).prompt_text(PROMPT)


def test_an_answer_ends_before_the_first_stop_string():
    chat = chat_for("qwen3")
    text = "The rope is old.\n### User:\nAnd the knot? ### Answer"
    reply = chat.reply(generated(chat, text), ["### Answer", "### User"])
    assert (reply.answer, reply.ended) == ("The rope is old.", True)
    written = chat.tokenizer.decode(chat.ids(text)[: reply.tokens])
    assert "### User" in written
    assert "### User" not in chat.tokenizer.decode(chat.ids(text)[: reply.tokens - 1])
    assert chat.reply(chat.ids(text), ["### Nobody"]).ended is False
    ended = chat.reply(generated(chat, "The rope.<|im_end|>### User"), ["### User"])
    assert (ended.answer, ended.ended, ended.tokens) == ("The rope.", True, len(chat.ids("The rope.")))


def test_a_stop_string_among_thoughts_or_before_the_answer_does_not_stop():
    chat = chat_for("qwen3", thinking=True)
    text = "<think>\nOne.\n\nTwo.\n</think>\n\nThe rope.\n\nThe knot."
    reply = chat.reply(chat.ids(text), ["\n\n"])
    assert (reply.thinking, reply.answer, reply.ended) == ("One.\n\nTwo.", "The rope.", True)


def test_it_is_known_which_templates_write_a_system_message_out():
    assert chat_for("qwen3").knows_system
    assert chat_for("gptoss").knows_system
    ignores = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
    assert not chat_of(plain_tokenizer(ignores)).knows_system
    refuses = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + ignores
    assert not chat_of(plain_tokenizer(refuses)).knows_system
