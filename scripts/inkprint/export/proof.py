"""Is what leaves what was trained: held-out texts weighed and prompts answered by the one and the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.errors import UserError
from inkprint.generate.likelihoods import Window, batch_windows, cut_windows, score_batch
from inkprint.recipe import Recipe
from inkprint.records import Answer, Example, Likelihood, Passage, read_records

LIMIT_NATS = 0.01  # a token, between merged weights and adapter; bfloat16 alone makes some 0.001
TEXTS = 6  # of some 500 tokens: a minute each where 14 billion parameters run on a CPU
ANSWERS = 3
ANSWER_TOKENS = 80


@dataclass(frozen=True)
class HeldOut:
    """What 02 and 03 kept back: texts to weigh, in windows, and chats to go on from."""

    source_ids: list[str]
    windows: list[Window]
    tokens: int  # scored ones
    asked: list[Example]
    prompts: list[list[int]]


def held_out(recipe: Recipe, run_folder: Path, chat: Chat, room: int, answered: set[str]) -> HeldOut:
    """The first few of the test split by id, which is as good as by chance.

    room: tokens that the model holds. answered: examples that 05 has answers to, which come first.
    Raises UserError where the run has no test split.
    """
    examples = [e for e in _read(run_folder, "03_synthesize/examples.jsonl", Example) if e.split == "test"]
    if not examples:
        raise UserError(
            f"{run_folder / '03_synthesize/examples.jsonl'}: no test split to check the result on"
        )
    examples.sort(key=lambda e: (e.id not in answered, e.id))
    asked = list({e.prompt[-1].content: e for e in reversed(examples)}.values())[::-1][:ANSWERS]
    limit = room - ANSWER_TOKENS
    prompts = [chat.prompt(e.prompt)[-limit:] for e in asked]
    if recipe.extract.columns is None:
        passages = [p for p in _read(run_folder, "02_prepare/passages.jsonl", Passage) if p.split == "test"]
        passages = sorted(passages, key=lambda p: p.id)[:TEXTS]
        windows = cut_windows([chat.text(p.text)[0] for p in passages], room)
        sources = [p.id for p in passages]
    else:
        chosen = sorted(examples, key=lambda e: e.source_id)[:TEXTS]
        tokens = [chat.example(e.prompt, e.completion) for e in chosen]
        windows = [
            Window(number, (t.prompt + t.answer)[:room], len(t.prompt)) for number, t in enumerate(tokens)
        ]
        windows = [window for window in windows if window.scored_from < len(window.ids)]
        sources = [e.source_id for e in chosen]
    scored = sum(len(window.ids) - window.scored_from for window in windows)
    return HeldOut(sources, windows, scored, asked, prompts)


def log_likelihood(model: Any, held: HeldOut, pad: int) -> float:
    """Mean over the held-out texts' scored tokens, in nats."""
    sums = [value for batch in batch_windows(held.windows) for value in score_batch(model, batch, pad)]
    return sum(sums) / held.tokens


def answers(model: Any, chat: Chat, held: HeldOut, recipe: Recipe) -> list[str]:
    """Greedy answers to the held-out prompts, a few dozen words each."""
    tokens = min(ANSWER_TOKENS, recipe.generate.max_new_tokens)
    made = complete(model, chat, held.prompts, recipe.seed, tokens, 0.0)
    return [chat.answer_text(row)[0] for row in made]


def trained_answers(run_folder: Path) -> dict[str, str]:
    """05's answers of the tuned model by example; none before 05 has run."""
    found = _read(run_folder, "05_generate/answers.jsonl", Answer)
    return {answer.example_id: answer.answer for answer in found if answer.variant == "tuned"}


def trained_log_likelihood(run_folder: Path, held: HeldOut) -> float | None:
    """What 05 measured of the tuned model as it was trained, in nats a token; None before 05 has run.

    None, too, where 05 weighed other texts, or cut them into other tokens.
    """
    found = _read(run_folder, "05_generate/likelihoods.jsonl", Likelihood)
    tuned = {record.source_id: record for record in found if record.variant == "tuned"}
    records = [tuned[source] for source in held.source_ids if source in tuned]
    if len(records) < len(held.source_ids) or sum(r.tokens for r in records) != held.tokens:
        return None
    return sum(r.log_likelihood for r in records) / held.tokens


def _read(run_folder: Path, name: str, kind: type) -> list[Any]:
    path = run_folder / name
    return list(read_records(path, kind)) if path.exists() else []
