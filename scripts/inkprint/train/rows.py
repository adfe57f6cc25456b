"""Examples as rows of tokens and labels, and the proof that the mask is what it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from inkprint.chat import Chat
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


def tokenize(examples: Iterable[Example], chat: Chat, loss: str, max_tokens: int) -> Rows:
    """Rows for one split. A row that would lose its end is rejected with its length, never cut."""
    rows = Rows()
    for example in examples:
        tokens = chat.example(example.prompt, example.completion)
        if len(tokens) > max_tokens:
            reason = f"too long: {len(tokens)} tokens, more than max_tokens {max_tokens}"
            text = example.completion[0].content
            rows.rejects.append(
                Reject(id=content_id("reject", example.id), source_id=example.id, reason=reason, text=text)
            )
            continue
        read = tokens.prompt if loss == "all" else [IGNORED] * len(tokens.prompt)
        rows.examples.append(example)
        rows.input_ids.append(tokens.prompt + tokens.answer)
        rows.labels.append(read + tokens.answer)
    return rows


def check_rows(rows: dict[str, Rows]) -> None:
    """Raise UserError where a split has nothing to learn from or to measure by."""
    for split, of_split in rows.items():
        if not of_split.supervised:
            long = len(of_split.rejects)
            raise UserError(
                f"train: no token would be learned from in {split}; {long} rows exceed max_tokens"
            )


def prove_mask(rows: dict[str, Rows], seen: list[dict[str, Any]], chat: Chat, loss: str) -> dict[str, Any]:
    """What the trainer is about to learn from, decoded from its own rows; raises where that is wrong.

    seen: the rows of the trainer's own train set, after all that TRL and Unsloth did to them.
    """
    train = rows["train"]
    asked = Counter(tuple(labels) for labels in train.labels)
    given = Counter(tuple(row["labels"]) for row in seen)
    assert asked == given, "the trainer changed the rows: labels differ from those that were made"
    for labels in train.labels:
        assert labels[-1] == chat.end_of_turn, f"a row lost its end of turn: ends in {labels[-5:]}"
    example, ids, labels = train.examples[0], train.input_ids[0], train.labels[0]
    learned = [token for token, label in zip(ids, labels, strict=True) if label != IGNORED]
    text = chat.tokenizer.decode(learned)
    if loss == "answer":
        # Compared without spaces: some tokenizers decode a leading one.
        expected = chat.round_trip(example.completion[0].content) + chat.tokenizer.decode([chat.end_of_turn])
        assert "".join(text.split()) == "".join(expected.split()), f"the mask is off: {text!r}"
    return {
        "loss": loss,
        "rows": {split: len(of_split.input_ids) for split, of_split in rows.items()},
        "supervised_tokens": train.supervised,
        "prompt_tokens": train.tokens - train.supervised,
        "lost_characters": sum(chat.lost_characters(e.completion[0].content) for e in train.examples),
        "truncated": 0,
        "rejected": dict(Counter("too long" for of_split in rows.values() for _ in of_split.rejects)),
        "sample": {
            "example_id": example.id,
            "prompt": chat.prompt_text(example.prompt),
            "supervised": text,
        },
    }
