"""Examples as rows of tokens and labels, and the proof that the mask is what it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from inkprint.chat import Chat, Tokens
from inkprint.errors import UserError
from inkprint.records import Example, Reject, content_id

IGNORED = -100  # a label that PyTorch's cross entropy leaves out


@dataclass
class Rows:
    """Tokenized examples of one split. input_ids and labels have equal length, row by row."""

    examples: list[Example] = field(default_factory=list)
    input_ids: list[list[int]] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def supervised(self) -> int:
        return sum(label != IGNORED for labels in self.labels for label in labels)

    @property
    def tokens(self) -> int:
        return sum(map(len, self.input_ids))

    @property
    def lengths(self) -> list[int]:
        return list(map(len, self.input_ids))


def tokenize(examples: Iterable[Example], chat: Chat, loss: str, max_tokens: int) -> Rows:
    """Rows for one split. A row that would lose its end is rejected with its length, never cut."""
    rows = Rows()
    for example in examples:
        tokens = chat.example(example.prompt, example.completion)
        if why := _unfit(tokens, chat, max_tokens) or _spoken_mark(example, chat):
            rows.rejects.append(_reject(example, *why))
            continue
        read = tokens.prompt if loss == "all" else [IGNORED] * len(tokens.prompt)
        rows.examples.append(example)
        rows.input_ids.append(tokens.prompt + tokens.answer)
        rows.labels.append(read + tokens.answer)
    return rows


def _reject(example: Example, reason: str, detail: str) -> Reject:
    return Reject(
        id=content_id("reject", example.id),
        source_id=example.id,
        reason=reason,
        text=example.completion[0].content,
        detail=detail,
    )


def _unfit(tokens: Tokens, chat: Chat, max_tokens: int) -> tuple[str, str] | None:
    """Why nothing can be learned from a row, and what is true of it alone; None where something can."""
    if len(tokens) > max_tokens:
        return "too long", f"{len(tokens)} tokens, more than max_tokens {max_tokens}"
    if set(chat.stop_ids) & set(tokens.answer[:-1]):
        return "its answer holds the token that ends one", "the model would learn to stop in the middle"
    return None


def _spoken_mark(example: Example, chat: Chat) -> tuple[str, str] | None:
    """Why a row whose text has one of the tokenizer's own marks is no row, and which; None without one.

    It would be read as what it stands for: a text would begin or end in the middle of another.
    """
    said = [message.content for message in (*example.prompt, *example.completion)]
    mark = next((mark for mark in chat.special if any(mark in text for text in said)), "")
    return ("a mark of the tokenizer's own in its text", mark) if mark else None


def check_rows(rows: dict[str, Rows]) -> None:
    """Raise UserError where a split has nothing to learn from or to measure by."""
    for split, of_split in rows.items():
        if not of_split.supervised:
            long = len(of_split.rejects)
            raise UserError(
                f"train: no token would be learned from in {split}; {long} rows exceed max_tokens"
            )


def prove_mask(rows: dict[str, Rows], chat: Chat, loss: str) -> dict[str, Any]:
    """What is about to be learned, decoded from the labels; raises AssertionError where that is wrong.

    loss `answer`: the answer and its end of turn, and nothing else. `all`: every token of the row. Of either
    the answer's end of turn stands in the row once, at its end, and the tokenizer's beginning at most once.
    """
    for of_split in rows.values():
        for example, ids, labels in zip(of_split.examples, of_split.input_ids, of_split.labels, strict=True):
            _prove_row(example, ids, labels, chat, loss)
    train = rows["train"]
    example, labels = train.examples[0], train.labels[0]
    reasons = [reject.reason for of_split in rows.values() for reject in of_split.rejects]
    return {
        "loss": loss,
        "rows": {split: len(of_split.input_ids) for split, of_split in rows.items()},
        "supervised_tokens": train.supervised,
        "prompt_tokens": train.tokens - train.supervised,
        "lost_characters": sum(chat.lost_characters(e.completion[0].content) for e in train.examples),
        "lost_prompt_characters": sum(
            chat.lost_characters(chat.prompt_text(e.prompt)) for e in train.examples
        ),
        "truncated": 0,
        "rejected": dict(Counter(reasons)),
        "sample": {
            "example_id": example.id,
            "prompt": "" if loss == "all" else chat.prompt_text(example.prompt),
            "supervised": chat.tokenizer.decode([token for token in labels if token != IGNORED]),
        },
    }


def _prove_row(example: Example, ids: list[int], labels: list[int], chat: Chat, loss: str) -> None:
    assert labels[-1] == chat.end_of_turn, f"a row lost its end of turn: ends in {labels[-5:]}"
    tokens = chat.example(example.prompt, example.completion)
    assert ids == tokens.prompt + tokens.answer, f"{example.id} is not what is read"
    learned = ids if loss == "all" else [IGNORED] * len(tokens.prompt) + tokens.answer
    wrong = [place for place, pair in enumerate(zip(labels, learned, strict=True)) if len(set(pair)) > 1]
    assert not wrong, f"the mask is off at {wrong[:5]} of {len(labels)} tokens"
    # Compared without spaces: some tokenizers decode a leading one.
    text = _bare(chat.tokenizer.decode(tokens.answer))
    answer = chat.round_trip(example.completion[0].content) + chat.tokenizer.decode([chat.end_of_turn])
    assert text == _bare(answer), f"{text!r} is learned, {answer!r} is the answer"
    ends = tokens.answer.count(chat.end_of_turn)
    assert ends == 1, f"an answer has {ends} ends of turn"
    start = chat.tokenizer.bos_token_id
    if start is not None and start not in chat.stop_ids:
        # Of SmolLM's tokenizer it is what opens every turn, too: once there, and never in an answer.
        assert start not in tokens.answer, f"an answer begins a text: token {start}"
        twice = any(pair == (start, start) for pair in pairwise(ids))
        assert not twice, f"a row begins twice in a row: token {start}"


def _bare(text: str) -> str:
    return "".join(text.split())


def check_given(rows: Rows, trainer: Any) -> None:
    """Raise AssertionError unless the trainer's own rows, after all that libraries did to them, are these.

    The shortest and the longest go through its collator as well: what pads the one is in no loss.
    """
    seen = trainer.train_dataset
    assert [list(labels) for labels in seen["labels"]] == rows.labels, "the trainer changed the labels"
    assert [list(ids) for ids in seen["input_ids"]] == rows.input_ids, "the trainer changed the rows"
    order = sorted(range(len(rows.labels)), key=lambda row: len(rows.labels[row]))
    pair = [order[0], order[-1]]
    batch = trainer.data_collator([{"input_ids": rows.input_ids[n], "labels": rows.labels[n]} for n in pair])
    for number, labels in zip(pair, batch["labels"].tolist(), strict=True):
        own = rows.labels[number]
        assert labels == own + [IGNORED] * (len(labels) - len(own)), "padding is in the loss"
