"""How likely a model finds a text, token by token, over a sliding window.

Of documents the held-out passages, as plain text; of rows what stands in their answers, given the prompt.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from inkprint.chat import Chat
from inkprint.generate.work import Job
from inkprint.records import Example, Likelihood, Passage, Record, content_id

WINDOW_TOKENS = 1024  # context of a token at most; half of it at least, but for a text's beginning
# Logits of a large vocabulary (152,000) in float32: 0.6 MB a token.
TOKENS_A_BATCH = 4096


@dataclass(frozen=True)
class Weighed:
    """A text to weigh: its tokens, of which those from `scored_from` on count, and the bytes of these."""

    source_id: str
    ids: list[int]
    scored_from: int
    bytes: int


def of_passages(passages: list[Passage], chat: Chat) -> list[Weighed]:
    """Passages as plain text. A text's very first token has no context: unscored."""
    made = []
    for passage in passages:
        ids, size = chat.text(passage.text)
        made.append(Weighed(passage.id, ids, 1, size))
    return made


def of_examples(examples: list[Example], chat: Chat) -> list[Weighed]:
    """Answers as the author wrote them, each given its prompt; the end of turn is not weighed."""
    made = []
    for example in examples:
        tokens, size = chat.weighed(example.prompt, example.completion)
        made.append(Weighed(example.source_id, tokens.prompt + tokens.answer, len(tokens.prompt), size))
    return made


def weigh(model: Any, chat: Chat, texts: list[Weighed], variant: str, positions: int) -> list[Likelihood]:
    """One record for each source: the sum over its texts. positions: tokens that the model holds."""
    batches = batch_windows(cut_windows(texts, positions))
    return add_up(texts, [one for batch in batches for one in weigh_batch(model, chat, batch)], variant)


def weigh_jobs(folder: Path, chat: Chat, texts: list[Weighed], variant: str, positions: int) -> list[Job]:
    """A job for each batch of windows: that much a kill costs, and that is what processes share."""
    batches = batch_windows(cut_windows(texts, positions))
    paths = (folder / f"likelihoods-{variant}-{number:05d}.jsonl" for number in range(len(batches)))
    return [Job(path, weigh_batch, (chat, batch)) for path, batch in zip(paths, batches, strict=True)]


def weigh_batch(model: Any, chat: Chat, batch: list[Window]) -> list[Scored]:
    """The windows of one batch, to be kept until all of them are there."""
    values = score_batch(model, batch, chat.tokenizer.pad_token_id)
    return [
        Scored(id=content_id("window", window.text, *window.ids), text=window.text, log_likelihood=value)
        for window, value in zip(batch, values, strict=True)
    ]


def add_up(texts: list[Weighed], scored: list[Scored], variant: str) -> list[Likelihood]:
    """One record for each source: the sum over the windows of its texts."""
    sums = [0.0] * len(texts)
    for one in scored:
        sums[one.text] += one.log_likelihood
    by_source: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        by_source[text.source_id].append(number)
    return [
        Likelihood(
            id=content_id("likelihood", source, variant),
            source_id=source,
            variant=variant,
            log_likelihood=round(sum(sums[n] for n in numbers), 6),
            tokens=sum(len(texts[n].ids) - texts[n].scored_from for n in numbers),
            bytes=sum(texts[n].bytes for n in numbers),
        )
        for source, numbers in by_source.items()
    ]


@dataclass(frozen=True)
class Window:
    """Tokens of one text to run the model on, of which those from `scored_from` on count."""

    text: int
    ids: list[int]
    scored_from: int


class Scored(Record):
    """What a model made of one window, in nats. text: its place among the texts."""

    text: int
    log_likelihood: float


def cut_windows(texts: list[Weighed], positions: int) -> list[Window]:
    """Windows over tokenized texts; each token that counts is scored in exactly one."""
    size = min(WINDOW_TOKENS, positions)
    windows = []
    for number, text in enumerate(texts):
        ids, scored_to = text.ids, text.scored_from
        end = min(size, len(ids))
        while True:
            begin = max(0, end - size)
            if end > scored_to:
                windows.append(Window(number, ids[begin:end], scored_to - begin))
                scored_to = end
            if end == len(ids):
                break
            end = min(end + size // 2, len(ids))
    return windows


def batch_windows(windows: list[Window]) -> list[list[Window]]:
    """Windows of like length together, longest first, so that memory's peak comes at once."""
    batches: list[list[Window]] = []
    for window in sorted(windows, key=lambda w: (-len(w.ids), w.text, w.scored_from)):
        if not batches or (len(batches[-1]) + 1) * len(batches[-1][0].ids) > TOKENS_A_BATCH:
            batches.append([])
        batches[-1].append(window)
    return batches


@torch.inference_mode()
def score_batch(model: Any, batch: list[Window], pad: int) -> list[float]:
    """Summed log-likelihood in nats of each window's scored tokens."""
    longest = max(len(window.ids) for window in batch)
    ids = torch.tensor([window.ids + [pad] * (longest - len(window.ids)) for window in batch])
    mask = torch.tensor([[1] * len(w.ids) + [0] * (longest - len(w.ids)) for w in batch])
    logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
    sums = []
    for row, window in enumerate(batch):
        # A row at a time: float32 copies of the whole batch would double the peak.
        predicted = logits[row, window.scored_from - 1 : len(window.ids) - 1].float()
        targets = ids[row, window.scored_from : len(window.ids)].to(predicted.device)
        picked = predicted.log_softmax(-1).gather(-1, targets[:, None])
        sums.append(float(picked.double().sum()))
    return sums
