"""The one way a record becomes tokens: training, generation and scoring all come through here.

A chat is rendered with the model's own template as text. What comes before the answer is the prompt
(with whatever header the template puts in front of an answer, such as Qwen3's empty think block or
GPT-OSS's channel), and the answer runs up to its end-of-turn token. The two are tokenized apart, so no
token straddles the border, in training as in generation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inkprint.errors import UserError
from inkprint.recipe_values import ROOT, Model
from inkprint.records import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Some templates print today's date into every chat (GPT-OSS): a dataset would change overnight.
PINNED_DATE = "2026-01-01"
_PROBE = "A probe to see where an answer begins and ends."


@dataclass(frozen=True)
class Tokens:
    """One example: what is read, and what is learned (the answer with its end-of-turn token last)."""

    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


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
            # Padding is masked by position, so that any token serves.
            tokenizer.pad_token = tokenizer.eos_token
        self._options = {
            "enable_thinking": settings.thinking,
            "strftime_now": lambda form: PINNED_DATE,
            "tokenize": False,
        }
        self._header, self._end = self._frame()
        self.end_of_turn = self.ids(self._end)[-1]

    @property
    def stop_ids(self) -> list[int]:
        """Tokens at which generation ends: the template's end of turn and the tokenizer's own."""
        own = self.tokenizer.eos_token_id
        return sorted({self.end_of_turn, *([] if own is None else [own])})

    def prompt_text(self, messages: list[Message]) -> str:
        """The chat as text up to where the answer begins."""
        return self._render(messages, add_generation_prompt=True) + self._header

    def prompt(self, messages: list[Message]) -> list[int]:
        return self.ids(self.prompt_text(messages))

    def example(self, prompt: list[Message], completion: list[Message]) -> Tokens:
        """An example's tokens. The last of the answer is the end-of-turn token."""
        (answer,) = completion
        return Tokens(self.prompt(prompt), self.ids(answer.content.strip() + self._end))

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
        """Generated tokens as text, and whether the model ended its turn."""
        stops = set(self.stop_ids)
        for position, token in enumerate(ids):
            if token in stops:
                return self._decode(ids[:position]), True
        return self._decode(ids), False

    def _frame(self) -> tuple[str, str]:
        """What the template puts between prompt and answer, and after the answer up to its end of turn."""
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
            return header, tail[: ends[0][0]] + ends[0][1]
        return header, tail.rstrip() + self.tokenizer.eos_token

    def _render(self, messages: list[Message], add_generation_prompt: bool) -> str:
        chat: list[dict[str, Any]] = [message.model_dump() for message in messages]
        return self.tokenizer.apply_chat_template(
            chat, add_generation_prompt=add_generation_prompt, **self._options
        )

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _decode(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True).strip()
