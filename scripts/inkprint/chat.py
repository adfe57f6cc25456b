"""The one way a record becomes tokens: training, generation and scoring all come through here.

A chat is rendered with the model's own template as text. What comes before the answer is the prompt
(with whatever header the template puts in front of an answer, such as Qwen3's empty think block or
GPT-OSS's channel), and the answer runs up to its end-of-turn token. The two are tokenized apart, so no
token straddles the border, in training as in generation. Where the prompt ends in a space (templates of
plain text), the space goes to the answer: byte-level tokenizers write it into the word that follows, and
a model that reads a lone space expects no word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inkprint.errors import UserError
from inkprint.recipe_values import ROOT, Model
from inkprint.records import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Some templates print today's date into every chat (GPT-OSS): a dataset would change overnight.
PINNED_DATE = "2026-01-01"
_PROBE = "A probe to see where an answer begins and ends."
# What a model writes around its thoughts, and where its answer begins: Qwen3 and others, GPT-OSS.
_THOUGHTS = (("<think>", "</think>"), ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"))
# GPT-OSS between two messages of one turn.
_MESSAGE_HEADER = re.compile(r"<\|start\|>assistant|<\|channel\|>[^<]*<\|message\|>")


@dataclass(frozen=True)
class Tokens:
    """One example: what is read, and what is learned (the answer with its end-of-turn token last)."""

    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True)
class Reply:
    """What a model wrote after a prompt, up to its end."""

    thinking: str  # the block before the answer, "" where there is none
    answer: str
    ended: bool  # by an end-of-turn token, or by a stop string
    tokens: int  # up to the end, those of the thoughts included


class Chat:
    """A tokenizer with the recipe's chat template."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, settings: Model) -> None:
        self.tokenizer = tokenizer
        if settings.chat_template is not None:
            tokenizer.chat_template = (ROOT / settings.chat_template).read_text(encoding="utf-8")
        if not tokenizer.chat_template:
            raise UserError(
                f"{settings.base}: its tokenizer has no chat template;"
                " name a file in model.chat_template (prompts/templates/ has some)"
            )
        if tokenizer.pad_token_id is None:
            # Padding is masked by position, so that any token serves; where there is another, not the end's.
            tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
        self._thinking = settings.thinking
        self._options = {
            "enable_thinking": settings.thinking,
            "strftime_now": lambda form: PINNED_DATE,
            "tokenize": False,
        }
        if settings.reasoning_effort is not None:
            self._options["reasoning_effort"] = settings.reasoning_effort
        opening, self._header, self._end = self._frame()
        before = opening + self._header
        self.space = before[len(before.rstrip(" ")) :]  # that ends the prompt's text, and begins the answer
        # SentencePiece writes one in front of every text by itself.
        self._space = self.space[1:] if self._writes_spaces() else self.space
        self._opens_thoughts = opening.rstrip().endswith(_THOUGHTS[0][0])
        # Marks that no text should have: a tokenizer reads them wherever they stand.
        self.special = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
        self.end_of_turn = self.ids(self._end)[-1]

    @property
    def stop_ids(self) -> list[int]:
        """Tokens at which generation ends: the template's end of turn and the tokenizer's own."""
        own = self.tokenizer.eos_token_id
        return sorted({self.end_of_turn, *([] if own is None else [own])})

    def prompt_text(self, messages: list[Message]) -> str:
        """The chat as text up to where the answer begins, without the space that goes to the answer."""
        return (self._render(messages, add_generation_prompt=True) + self._header).removesuffix(self.space)

    def prompt(self, messages: list[Message]) -> list[int]:
        return self.ids(self.prompt_text(messages))

    def generation_prompt(self, messages: list[Message]) -> list[int]:
        """What generation goes on from: the prompt; with thinking on, up to where the thoughts begin.

        An example has no thoughts, so that its prompt has an empty block or none; a model that may think
        writes its own.
        """
        return self.ids(self.generation_text(messages))

    def generation_text(self, messages: list[Message]) -> str:
        """The same as text."""
        if not self._thinking:
            return self.prompt_text(messages)
        return self._render(messages, add_generation_prompt=True).removesuffix(self.space)

    def example(self, prompt: list[Message], completion: list[Message]) -> Tokens:
        """An example's tokens. The last of the answer is the end-of-turn token."""
        (answer,) = completion
        return Tokens(self.prompt(prompt), self.ids(self._space + answer.content.strip() + self._end))

    def weighed(self, prompt: list[Message], completion: list[Message]) -> tuple[Tokens, int]:
        """An example without its end of turn, and how many UTF-8 bytes the answer's tokens stand for."""
        (answer,) = completion
        text = self._space + answer.content.strip()
        return Tokens(self.prompt(prompt), self.ids(text)), len(text.encode())

    @cached_property
    def knows_system(self) -> bool:
        """Whether the template writes a system message out; some refuse it, some leave it out in silence."""
        from jinja2 import TemplateError  # it comes with transformers

        asked = [Message(role="system", content=_PROBE), Message(role="user", content="?")]
        try:
            return _PROBE in self._render(asked, add_generation_prompt=True)
        except TemplateError:
            return False

    def text(self, text: str) -> tuple[list[int], int]:
        """Plain text's tokens, and how many UTF-8 bytes all but the first of them stand for.

        The first is the tokenizer's begin-of-text token where it has one.
        """
        ids, start = self.ids(text), self.tokenizer.bos_token_id
        if start is not None:
            return [start, *ids], len(text.encode())
        return ids, len(text.encode()) - len(self.tokenizer.decode(ids[:1]).encode())

    def round_trip(self, text: str) -> str:
        """Text as it comes back from its tokens: without what the tokenizer does not know."""
        return self.tokenizer.decode(self.ids(text))

    def lost_characters(self, text: str) -> int:
        """How many characters do not survive their tokens: some tokenizers drop what they do not know."""
        lost = Counter(text) - Counter(self.round_trip(text))
        return sum(count for character, count in lost.items() if not character.isspace())

    def answer_text(self, ids: list[int]) -> tuple[str, bool]:
        """The answer in generated tokens, without thoughts, and whether the model ended its turn."""
        reply = self.reply(ids)
        return reply.answer, reply.ended

    def reply(self, ids: list[int], stop: Sequence[str] = ()) -> Reply:
        """Generated tokens as thoughts and answer. The answer ends before the first of the stop strings."""
        stops = set(self.stop_ids)
        end = next((place for place, token in enumerate(ids) if token in stops), len(ids))
        thinking, answer, stopped = self._parts(ids[:end], stop)
        ended = stopped or end < len(ids)
        if stopped:  # with whichever token its string was whole: what follows is padding
            end = bisect_left(range(end), True, key=lambda place: self._parts(ids[: place + 1], stop)[2]) + 1
        return Reply(thinking.strip(), answer.strip(), ended, end)

    def _parts(self, ids: list[int], stop: Sequence[str]) -> tuple[str, str, bool]:
        """Thoughts, answer, and whether a stop string was in the answer and cut it."""
        thinking, answer = self._split_thoughts(ids)
        answer = answer.lstrip()
        place = min((place for text in stop if (place := answer.find(text)) >= 0), default=None)
        return thinking, answer[:place], place is not None

    def _split_thoughts(self, ids: list[int]) -> tuple[str, str]:
        """What a model wrote before its answer, and the answer; a block that is not closed has no answer."""
        text = self.tokenizer.decode(ids)
        for begin, answer_begins in _THOUGHTS:
            opened = text.lstrip().startswith(begin)
            if (opened or self._thinking) and answer_begins in text:
                thinking, _, answer = text.partition(answer_begins)
                return self._plain(thinking.replace(begin, "")), self._plain(answer)
            if opened or (self._opens_thoughts and begin == _THOUGHTS[0][0]):
                return self._plain(text.replace(begin, "")), ""
        return "", self.tokenizer.decode(ids, skip_special_tokens=True)

    def _plain(self, text: str) -> str:
        text = _MESSAGE_HEADER.sub("", text)
        for token in self.special:
            text = text.replace(token, "")
        return text

    def _writes_spaces(self) -> bool:
        return "".join(self.tokenizer.convert_ids_to_tokens(self.ids("x"))).startswith("▁")

    def _frame(self) -> tuple[str, str, str]:
        """A prompt, what stands between it and the answer, and behind the answer up to its end of turn."""
        question = Message(role="user", content="?")
        prompt = self._render([question], add_generation_prompt=True)
        whole = self._render(
            [question, Message(role="assistant", content=_PROBE)], add_generation_prompt=False
        )
        if not whole.startswith(prompt) or _PROBE not in whole[len(prompt) :]:
            raise UserError(
                "chat template: the prompt is not the beginning of the chat; "
                "such a template cannot be trained on"
            )
        header, _, tail = whole[len(prompt) :].partition(_PROBE)
        special = {token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special}
        ends = sorted((tail.find(token), token) for token in special if token in tail)
        if ends:
            return prompt, header, tail[: ends[0][0]] + ends[0][1]
        return prompt, header, tail.rstrip() + self.tokenizer.eos_token

    def _render(self, messages: list[Message], add_generation_prompt: bool) -> str:
        chat: list[dict[str, Any]] = [message.model_dump() for message in messages]
        return self.tokenizer.apply_chat_template(
            chat, add_generation_prompt=add_generation_prompt, **self._options
        )

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]
