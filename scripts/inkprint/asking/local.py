"""A model that is loaded here answers: no key, no cost, no network after the download.

Its replies are always on their schema: braces and names are written for it, and it fills in one text after
the other. So a model answers that could not keep to a form by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from inkprint.asking.progress import Progress, Tell
from inkprint.asking.replies import Paid, Replies
from inkprint.asking.requests import Request, Stored, distinct, read, schema
from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.records import Message

# Requests of like length go together; so many batches are looked at for that.
WINDOW_BATCHES = 16

Item = TypeVar("Item")


def skeleton(form: dict[str, Any], items: int) -> list[str]:
    """What stands around the texts of a JSON value of this schema: one more part than there are texts."""
    parts = [""]
    _write(form, items, parts)
    return parts


def _write(form: dict[str, Any], items: int, parts: list[str]) -> None:
    if form["type"] == "string":
        parts[-1] += '"'
        parts.append('"')
        return
    if form["type"] == "array":
        inner, ends = [("", form["items"])] * items, "[]"
    else:
        inner = [(f"{json.dumps(name)}: ", part) for name, part in form["properties"].items()]
        ends = "{}"
    parts[-1] += ends[0]
    for number, (name, part) in enumerate(inner):
        parts[-1] += (", " if number else "") + name
        _write(part, items, parts)
    parts[-1] += ends[1]


def text_end(text: str) -> int | None:
    """Where the JSON text that goes on here is closed: the place of its quotation mark; None: not yet."""
    escaped = False
    for place, character in enumerate(text):
        if character == '"' and not escaped:
            return place
        escaped = character == "\\" and not escaped
    return None


class LocalAsker:
    """Has requests answered in batches by a model in this process."""

    def __init__(
        self, model: Any, chat: Chat, name: str, room: int, batch_size: int, max_tokens: int,
        temperature: float, seed: int, replies: Replies, progress: Progress, tell: Tell,
    ) -> None:  # fmt: skip
        """room: tokens that the model holds. name: as replies are kept under."""
        self._model, self._chat, self._name, self._room = model, chat, name, room
        self._batch_size, self._max_tokens = batch_size, max_tokens
        self._temperature, self._seed = temperature, seed
        self._replies, self._progress, self._tell = replies, progress, tell

    def ask(self, requests: Iterator[tuple[str, Request]]) -> None:
        """Return when each has been answered or failed. Batches are the same whatever was answered before."""
        for window in _batches(distinct(requests), WINDOW_BATCHES * self._batch_size):
            by_length = sorted(window, key=lambda one: (one[1].characters, one[0]))
            for batch in _batches(by_length, self._batch_size):
                self._answer(batch)

    def _answer(self, batch: list[tuple[str, Request]]) -> None:
        open_ones = [(key, one) for key, one in batch if read(one, self._replies.of(key)).state == "open"]
        fitting = []
        for key, request in open_ones:
            asked = [Message(role="user", content=request.prompt)]
            prompt = self._chat.prompt_text(asked) + self._chat.space
            tokens = len(self._chat.ids(prompt))
            if tokens + self._max_tokens > self._room:
                self._progress.fail(key, f"too long: {tokens} tokens, the model holds {self._room}")
            else:
                fitting.append((key, request, prompt))
        if fitting:
            made = self._fill([prompt for _, _, prompt in fitting], [request for _, request, _ in fitting])
            paid = [
                Paid.of(request, key, reply, 0.0)
                for (key, request, _), reply in zip(fitting, made, strict=True)
            ]
            self._replies.keep(paid, self._name)
            for one, (_, request, _) in zip(paid, fitting, strict=True):
                self._progress.count(read(request, [one.reply]).state)
        self._tell()

    def _fill(self, prompts: list[str], requests: list[Request]) -> list[Stored]:
        """Fill in the texts of each reply, the first of all, then the second, and so on."""
        parts = [skeleton(schema(request.form), request.items) for request in requests]
        texts = [own[0] for own in parts]
        used, cut = [0] * len(requests), [False] * len(requests)
        for number in range(1, max(map(len, parts))):
            rows = [row for row, own in enumerate(parts) if number < len(own) and not cut[row]]
            if not rows:
                continue
            begun = [self._chat.ids(prompts[row] + texts[row]) for row in rows]
            left = self._max_tokens - max(used[row] for row in rows)
            for row, (text, tokens, ended) in zip(rows, self._go_on(begun, max(left, 1)), strict=True):
                used[row] += tokens
                cut[row] = not ended
                texts[row] += _as_json(text) + (parts[row][number] if ended else "")
        return [
            Stored(text, "max_tokens" if was_cut else "end_turn", len(self._chat.ids(prompt)), tokens)
            for text, was_cut, prompt, tokens in zip(texts, cut, prompts, used, strict=True)
        ]

    def _go_on(self, begun: list[list[int]], max_new_tokens: int) -> list[tuple[str, int, bool]]:
        """For each beginning the text up to its quotation mark, its tokens, and whether it came to an end."""
        from transformers import StoppingCriteriaList

        made = complete(
            self._model, self._chat, begun, self._seed, max_new_tokens, self._temperature,
            stopping_criteria=StoppingCriteriaList([_closed(self._chat, max(map(len, begun)))]),
        )  # fmt: skip
        found = []
        for ids in made:
            text, ended = self._chat.answer_text(ids)
            place = text_end(text)
            tokens = next((n for n, token in enumerate(ids) if token in self._chat.stop_ids), len(ids))
            found.append((text if place is None else text[:place], tokens, ended or place is not None))
        return found


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _closed(chat: Chat, begun: int) -> Any:
    """transformers' stopping criterion: a row is done when its text has been closed."""
    import torch
    from transformers import StoppingCriteria

    class Closed(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            last = chat.tokenizer.batch_decode(input_ids[:, -1:])
            escapes = [False] * len(last)
            if input_ids.shape[1] - 1 > begun:
                escapes = [text.endswith("\\") for text in chat.tokenizer.batch_decode(input_ids[:, -2:-1])]
            done = [
                text_end("\\" * escape + text) is not None for escape, text in zip(escapes, last, strict=True)
            ]
            return torch.tensor(done, dtype=torch.bool, device=input_ids.device)

    return Closed()


def _as_json(text: str) -> str:
    """The text as it stands between quotation marks; what is no valid escape was meant as it is."""
    text = text.strip()
    try:
        return json.dumps(json.loads(f'"{text}"', strict=False), ensure_ascii=False)[1:-1]
    except ValueError:
        return json.dumps(text, ensure_ascii=False)[1:-1]
