"""Our own chat templates: what they write, and where the answer begins and ends in it."""

from __future__ import annotations

import pytest
from conftest import ROOT

from inkprint.chat import Chat
from inkprint.recipe import Model
from inkprint.records import Example, Message
from inkprint.train.rows import prove_mask, tokenize

TEMPLATES = sorted((ROOT / "prompts" / "templates").glob("*.jinja"))
ASKED = [
    Message(role="system", content="You are a lighthouse."),
    Message(role="user", content="Who comes at night?"),
]
ANSWER = [Message(role="assistant", content="Only moths.")]
LATER = [*ASKED, *ANSWER, Message(role="user", content="And by day?")]


def chat_of(path, begin: str | None = None) -> Chat:
    """The template on a byte-level tokenizer like GPT-2's; `begin` is its beginning-of-text token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", *([begin] if begin else [])]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    core.train_from_iterator(["Only moths come at night. Only moths."] * 3, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|endoftext|>", bos_token=begin or "<|endoftext|>"
    )
    settings = Model(
        base="./x", revision=None, chat_template=str(path), thinking=False, reasoning_effort=None
    )
    return Chat(tokenizer, settings)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
@pytest.mark.parametrize("begin", [None, "<s>"])
def test_every_message_is_written_once_and_the_answer_ends_with_one_end_of_text(path, begin):
    chat = chat_of(path, begin)
    tokens = chat.example(LATER, ANSWER)
    text = chat.tokenizer.decode([*tokens.prompt, *tokens.answer])
    for message in {message.content for message in LATER} - {ANSWER[0].content}:
        assert text.count(message) == 1
    assert text.count(ANSWER[0].content) == 2
    assert tokens.answer.count(chat.tokenizer.eos_token_id) == 1
    assert tokens.answer[-1] == chat.end_of_turn
    assert text.count("<s>") <= (begin is not None)


@pytest.mark.parametrize("name", ["alpaca", "instruction_user_response"])
def test_a_chat_is_what_a_person_would_write_down(name):
    chat = chat_of(ROOT / "prompts" / "templates" / f"{name}.jinja", "<s>")
    system, user = {
        "alpaca": ("You are a lighthouse.", "### Instruction:\nWho comes at night?"),
        "instruction_user_response": (
            "### Instruction:\nYou are a lighthouse.",
            "### User:\nWho comes at night?",
        ),
    }[name]
    assert chat.prompt_text(ASKED) == f"<s>{system}\n\n{user}\n\n### Response:\n"
    answer = chat.tokenizer.decode(chat.example(ASKED, ANSWER).answer)
    assert answer == "Only moths.<|endoftext|>"


def test_a_plain_text_has_the_tokens_of_the_text_itself():
    """The opening and the rest, learned apart, are the passage as any model of its kind would read it."""
    chat = chat_of(ROOT / "prompts" / "templates" / "plain.jinja")
    opening = [Message(role="user", content="Only moths come")]
    tokens = chat.example(opening, [Message(role="assistant", content="at night. Only moths.")])
    whole = chat.ids("Only moths come at night. Only moths.")
    assert [*tokens.prompt, *tokens.answer] == [*whole, chat.tokenizer.eos_token_id]


CHATML = """{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|endoftext|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}"""


def prove(chat: Chat, answer: str = "Only moths.") -> None:
    completion = [Message(role="assistant", content=answer)]
    example = Example(
        id="example-1", source_id="row-1", task="rows", split="train", prompt=ASKED, completion=completion,
        provider="template",
    )  # fmt: skip
    prove_mask({"train": tokenize([example], chat, "answer", 500)}, chat, "answer")


def test_a_token_that_opens_every_turn_may_stand_in_every_turn(tmp_path):
    """SmolLM's beginning of text is ChatML's <|im_start|>."""
    (tmp_path / "chatml.jinja").write_text(CHATML)
    chat = chat_of(tmp_path / "chatml.jinja", "<|im_start|>")
    assert chat.example(ASKED, ANSWER).prompt.count(chat.tokenizer.bos_token_id) == 3
    prove(chat)


def test_a_text_that_begins_twice_is_told(tmp_path):
    text = (ROOT / "prompts" / "templates" / "alpaca.jinja").read_text()
    path = tmp_path / "twice.jinja"
    path.write_text(text.replace("{{ bos_token }}", "{{ bos_token }}{{ bos_token }}"))
    with pytest.raises(AssertionError, match="begins twice"):
        prove(chat_of(path, "<s>"))
    path.write_text(text)
    prove(chat_of(path, "<s>"))
    with pytest.raises(AssertionError, match="an answer begins a text"):
        prove(chat_of(path, "<s>"), "Only <s> moths.")
