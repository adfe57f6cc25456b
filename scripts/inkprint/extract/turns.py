"""Chats in a row: OpenAI's list of role and content, ShareGPT's of from and value, by who speaks.

Counting turns is no way to them: in one file some chats begin with a system text and others do not.
"""

from __future__ import annotations

from typing import Any

# What speakers are called in the files that people have, and the one name for each in extract.columns.
SPEAKERS = {
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "model": "assistant", "bot": "assistant",
    "chatgpt": "assistant",
    "system": "system", "developer": "system",
}  # fmt: skip
LISTENED = frozenset(SPEAKERS.values())
# Whose words the recipe's roles are, and whose they cannot be.
SAID_BY = {"system": "system", "prompt": "user", "answer": "assistant"}
_SAY = {"role": "content", "from": "value"}  # who, and what they say


def speaker_of(turn: Any) -> str:
    """user, assistant or system; empty where a value is no turn of a chat."""
    if not isinstance(turn, dict):
        return ""
    said_by = next((turn[who] for who, says in _SAY.items() if who in turn and says in turn), "")
    return SPEAKERS.get(said_by.casefold(), "") if isinstance(said_by, str) else ""


def is_chat(value: Any) -> bool:
    """Whether a value is a list of turns, with speakers that we know among them (tools are not)."""
    return isinstance(value, list) and any(speaker_of(turn) for turn in value)


def speakers_in(chat: list[Any]) -> list[str]:
    """Who speaks in a chat, each once."""
    return list(dict.fromkeys(speaker for turn in chat if (speaker := speaker_of(turn))))


def words_of(chat: list[Any], speaker: str) -> Any:
    """What the speaker says first; an assistant, what follows the first question. None: nothing."""
    speakers = [speaker_of(turn) for turn in chat]
    begin = speakers.index("user") if speaker == "assistant" and "user" in speakers else 0
    if speaker not in speakers[begin:]:
        return None
    turn = chat[speakers.index(speaker, begin)]
    return next(turn[says] for who, says in _SAY.items() if who in turn and says in turn)


def further_questions(chat: list[Any]) -> int:
    """How many of a chat's questions are left out where the first and its answer are taken."""
    return max(0, sum(speaker_of(turn) == "user" for turn in chat) - 1)


def who_else(role: str, turn: Any) -> str:
    """Who says this turn, where it cannot be what the recipe calls `role`; else empty."""
    speaker = speaker_of(turn)
    return speaker if speaker and role in SAID_BY and speaker != SAID_BY[role] else ""
