"""How likely a model finds a text, token by token, over a sliding window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

WINDOW_TOKENS = 1024  # context of a token at most; half of it at least, but for a text's beginning
# Logits of a large vocabulary (152,000) in float32: 0.6 MB a token.
TOKENS_A_BATCH = 4096


@dataclass(frozen=True)
class Window:
    """Tokens of one text to run the model on, of which those from `scored_from` on count."""

    text: int
    ids: list[int]
    scored_from: int


def cut_windows(texts: list[list[int]], positions: int) -> list[Window]:
    """Windows over tokenized texts; each token but a text's first is scored in exactly one."""
    size = min(WINDOW_TOKENS, positions)
    windows = []
    for number, ids in enumerate(texts):
        end = min(size, len(ids))
        windows.append(Window(number, ids[:end], 1))
        while end < len(ids):
            new_end = min(end + size // 2, len(ids))
            begin = max(0, new_end - size)
            windows.append(Window(number, ids[begin:new_end], end - begin))
            end = new_end
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
