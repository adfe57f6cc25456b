"""How a GGUF is to cut text into tokens, read from the tokenizer of training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from inkprint.chat import Chat
from inkprint.records import Message

# Where a tokenizer of SentencePiece's kind writes a blank by itself: in front of every piece of text between
# special tokens (Llama 2 as it came), of a text that no special token opens ("legacy: false"), or never.
Blank = Literal["every", "first", "never"]


@dataclass(frozen=True)
class Vocabulary:
    """What llama.cpp's converter cannot know, or reads from settings that training did not use."""

    blank: Blank | None  # None: no tokenizer of SentencePiece's kind
    pre_tokenizer: (
        str | None
    )  # llama.cpp's name, for a vocabulary that is not on its list; None: none is known
    adds_bos: bool  # a server puts the begin-of-text token in front of what a template writes

    @property
    def server_blank(self) -> bool:
        """Whether llama.cpp writes it. It knows "every" and "never": "first" is the template's to write."""
        return self.blank == "every"


def vocabulary_of(chat: Chat) -> Vocabulary:
    """Read it from the tokenizer as it is in memory, which is how it trained."""
    backend = getattr(chat.tokenizer, "backend_tokenizer", None)
    core: dict[str, Any] = json.loads(backend.to_str()) if backend is not None else {}
    pieces = core.get("model", {}).get("byte_fallback") is True
    return Vocabulary(
        blank=_blank(core) if pieces else None,
        pre_tokenizer=None if pieces else _pre_tokenizer(core),
        adds_bos=_adds_bos(chat),
    )


def _blank(core: dict[str, Any]) -> Blank:
    for step in _steps(core.get("normalizer"), "normalizers"):
        if step["type"] == "Prepend":
            return "every"
    for step in _steps(core.get("pre_tokenizer"), "pretokenizers"):
        if step["type"] == "Metaspace":
            return {"always": "every", "first": "first"}.get(step["prepend_scheme"], "never")
    return "never"


def _pre_tokenizer(core: dict[str, Any]) -> str | None:
    """GPT-2's pattern is the one that tokenizers' ByteLevel has by itself."""
    steps = _steps(core.get("pre_tokenizer"), "pretokenizers")
    bare = [step["type"] for step in steps] == ["ByteLevel"] and core.get("normalizer") is None
    return "gpt-2" if bare and steps[0]["use_regex"] and not steps[0]["add_prefix_space"] else None


def _steps(part: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    """A normalizer or pre-tokenizer as the list of those that it is made of."""
    return [] if part is None else part[name] if part["type"] == "Sequence" else [part]


def _adds_bos(chat: Chat) -> bool:
    """Where the tokenizer adds it by itself, and training's chats begin with it."""
    bos = chat.tokenizer.bos_token_id
    if bos is None or chat.tokenizer("x")["input_ids"][0] != bos:
        return False
    return chat.generation_prompt([Message(role="user", content="?")])[0] == bos
