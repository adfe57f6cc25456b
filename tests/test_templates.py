"""Our own chat templates: what they write, and where the answer begins and ends in it."""

from __future__ import annotations

import pytest
from conftest import ROOT

from inkprint.chat import Chat
from inkprint.recipe import Model
from inkprint.records import Example, Message
from inkprint.train.chats import Chats
from inkprint.train.rows import Rows, prove_mask, tokenize

TEMPLATES = sorted((ROOT / "prompts" / "templates").glob("*.jinja"))
ASKED = [
    Message(role="system", content="You are a lighthouse."),
    Message(role="user", content="Who comes at night?"),
]
ANSWER = [Message(role="assistant", content="Only moths.")]
LATER = [*ASKED, *ANSWER, Message(role="user", content="And by day?")]


def chat_of(path, begin: str | None = None, lacks: str = "") -> Chat:
    """The template on a byte-level tokenizer like GPT-2's; `begin` is its beginning-of-text token.

    lacks: characters that it does not know, and drops, as that of TinyStories drops `#`.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", *([begin] if begin else [])]
    alphabet = [sign for sign in pre_tokenizers.ByteLevel.alphabet() if sign not in lacks]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
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


# Two turns of each template, up to the last answer and from there.
WRITTEN = {
    "alpaca": (
        "You are a lighthouse.\n\n### Instruction:\nWho comes at night?\n\n### Response:\nOnly moths."
        "<|endoftext|>\n\n### Instruction:\nAnd by day?\n\n### Response:\n",
        "Only moths.<|endoftext|>",
    ),
    "instruction_user_response": (
        "### Instruction:\nYou are a lighthouse.\n\n### User:\nWho comes at night?\n\n### Response:\n"
        "Only moths.<|endoftext|>\n\n### User:\nAnd by day?\n\n### Response:\n",
        "Only moths.<|endoftext|>",
    ),
    "plain": (
        "You are a lighthouse. Who comes at night? Only moths. And by day?",
        " Only moths.<|endoftext|>",
    ),
    "tinystories": (
        "<|start_story|>You are a lighthouse.\n\n<|start_story|>Who comes at night?\n\nOnly moths."
        "<|end_story|><|start_story|>And by day?\n\n",
        "Only moths.<|end_story|>",
    ),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
@pytest.mark.parametrize("begin", [None, "<s>"])
def test_a_chat_is_what_a_person_would_write_down(path, begin):
    chat, (prompt, answer) = chat_of(path, begin), WRITTEN[path.stem]
    # Without a token of its own a text has no beginning; TinyStories' stands in every turn.
    prompt = (begin or "") * (path.stem != "tinystories") + prompt
    assert chat.prompt_text(LATER) == prompt
    whole = [message.model_dump() for message in [*LATER, *ANSWER]]
    assert chat.tokenizer.apply_chat_template(whole, tokenize=False) == prompt + answer
    learned = chat.tokenizer.decode(chat.example(LATER, ANSWER).answer)
    assert learned.startswith(answer)


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


def row_of(chat: Chat, answer: str) -> Rows:
    completion = [Message(role="assistant", content=answer)]
    example = Example(
        id="example-1", source_id="row-1", task="rows", split="train", prompt=ASKED, completion=completion,
        provider="template",
    )  # fmt: skip
    return tokenize([example], chat, "answer", 500)


def prove(chat: Chat) -> None:
    prove_mask({"train": row_of(chat, "Only moths.")}, chat, "answer")


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
    (reject,) = row_of(chat_of(path, "<s>"), "Only <s> moths.").rejects
    assert (reject.reason, reject.detail) == ("a mark of the tokenizer's own in its text", "<s>")


@pytest.mark.parametrize("loss", ["answer", "all"])
def test_what_the_tokenizer_lacks_of_the_frame_is_counted_too(loss):
    """TinyStories' tokenizer has no `#`: of "### Instruction" it reads " Instruction"."""
    path = ROOT / "prompts" / "templates" / "instruction_user_response.jinja"
    chat = chat_of(path, lacks="#?")
    example = Example(
        id="example-1", source_id="row-1", task="rows", split="train", prompt=ASKED, completion=ANSWER,
        provider="template",
    )  # fmt: skip
    rows = {"train": tokenize([example], chat, loss, 400)}
    proof = prove_mask(rows, chat, loss)
    assert (proof["lost_characters"], proof["lost_prompt_characters"]) == (0, 3 * 3 + 1)
    said = Chats(chat, rows, proof).summary
    assert said.endswith("; characters unknown to the tokenizer, and lost: 10 of the prompts")
    whole = chat_of(path)
    proof = prove_mask({"train": tokenize([example], whole, loss, 400)}, whole, loss)
    assert "lost" not in Chats(whole, rows, proof).summary
