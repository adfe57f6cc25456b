"""Printing an answer while a model writes it.

What may still change is held back: half a letter, blanks at the end, what could become a stop string.
"""

from __future__ import annotations

from typing import Any

from inkprint.chat import Chat, Reply


class Stream:
    """What transformers calls a streamer: it gets the prompt first, then every token as it is chosen."""

    def __init__(self, chat: Chat, stop: list[str]) -> None:
        self._chat, self._stop = chat, stop
        self._prompt_seen = False
        self._ids: list[int] = []
        self._shown = {"thinking": "", "answer": ""}

    def put(self, value: Any) -> None:
        if self._prompt_seen:
            self._ids += value.flatten().tolist()
            self._show(self.reply(), final=False)
        self._prompt_seen = True

    def end(self) -> None:
        self._show(self.reply(), final=True)

    def reply(self) -> Reply:
        """What was written so far."""
        return self._chat.reply(self._ids, self._stop)

    def _show(self, reply: Reply, final: bool) -> None:
        for part, text in (("thinking", reply.thinking), ("answer", reply.answer)):
            settled = text if final or (part == "thinking" and reply.answer) else self._settled(text)
            shown = self._shown[part]
            if settled.startswith(shown) and settled != shown:
                before = "\n\n" if part == "answer" and not shown and self._shown["thinking"] else ""
                print(before + settled[len(shown) :], end="", flush=True)
                self._shown[part] = settled

    def _settled(self, text: str) -> str:
        text = text.rstrip("\ufffd")
        for stop in self._stop:
            held = next((n for n in range(len(stop), 0, -1) if text.endswith(stop[:n])), 0)
            text = text[: len(text) - held]
        return text.rstrip()
