"""Does it matter that texts go through the model together? Seen once a run, at the base, and written down.

In float32 on a CPU it does not. In 16 or 4 bits other shapes take other kernels, which round otherwise:
sooner or later a greedy answer parts from what it would be alone, while likelihoods stay within a hair. More
than that is a fault in how a model reads its padding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.generate.prompts import Batch

if TYPE_CHECKING:
    from inkprint.generate.likelihoods import Weighed

NEW_TOKENS = 32  # at most: a few seconds of a 14B model
TEXTS = 4  # of 1,024 tokens at most, as in a batch of likelihoods
NATS_A_TOKEN = 0.01  # more is no rounding


def compare_alone(
    model: Any, chat: Chat, batches: list[Batch], texts: list[Weighed], positions: int, max_new_tokens: int
) -> dict[str, Any]:
    """For the manifest: of so many `tokens` the first that differs, and nats a token between likelihoods."""
    facts: dict[str, Any] = {"nats_a_token": round(_weighed(model, chat, texts[:TEXTS], positions), 6)}
    if batches:
        # The shortest prompt of the most uneven batch is the one with the most padding before it.
        uneven = max(batches, key=lambda batch: len(batch[-1][1]) - len(batch[0][1]))
        prompts = [ids for _, ids in uneven]
        tokens = min(NEW_TOKENS, max_new_tokens)
        together, alone = (complete(model, chat, rows, 0, tokens, 0.0)[0] for rows in (prompts, prompts[:1]))
        facts |= {
            "prompts": len(prompts),
            "tokens": tokens,
            "first_divergence": divergence(together, alone),
        }
    return facts


def divergence(one: list[int], other: list[int]) -> int | None:
    """The place of the first token that differs, None for none; what one has beyond the other is padding."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)


def _weighed(model: Any, chat: Chat, texts: list[Weighed], positions: int) -> float:
    """The largest difference that company makes to one of the texts' first windows."""
    from inkprint.generate.likelihoods import cut_windows, score_batch  # they need torch

    pad = chat.tokenizer.pad_token_id
    first = {window.text: window for window in reversed(cut_windows(texts, positions))}
    windows = list(first.values())
    together = score_batch(model, windows, pad)
    return max(
        abs(value - score_batch(model, [window], pad)[0]) / (len(window.ids) - window.scored_from)
        for window, value in zip(windows, together, strict=True)
    )


def told(facts: dict[str, Any]) -> str:
    """The same for a person; "" where company makes no difference."""
    parts, place = [], facts.get("first_divergence")
    if facts["nats_a_token"] > NATS_A_TOKEN:
        off = f"{facts['nats_a_token']} nats a token"
        parts.append(f"WARNING: likelihoods in a batch are {off} off those of a text alone")
    if place is not None:
        parts.append(f"in a batch an answer parts from the same prompt's alone at token {place}")
    return "; ".join(parts)
