"""Is what leaves what was trained: held-out texts weighed and prompts answered by the one and the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.errors import UserError
from inkprint.jsonl import AnyRecord, read_records
from inkprint.recipe import Recipe
from inkprint.records import Answer, Example, Likelihood, Passage

if TYPE_CHECKING:
    from inkprint.generate.likelihoods import Weighed

LIMIT_NATS = 0.01  # a token, between merged weights and adapter; rounding to bfloat16 makes some 0.001
TEXTS = 6  # of some 500 tokens: a minute or more where 14 billion parameters run on a CPU
PROMPTS = 3
ANSWER_TOKENS = 80
SHOWN_CHARACTERS = 90
SHIFT_NATS = 0.1  # from what was trained: 4 bits make some 0.01 to 0.05, another base far more
# Who says it: the base, 05's tuned model, the adapter on the 16-bit base or 04's own weights where all of
# them moved, and what is written out.
VOICES = {
    "base": "the base", "trained": "as trained, by 05", "adapter": "adapter on the 16-bit base",
    "full": "04's own weights", "merged": "what is written out",
}  # fmt: skip


@dataclass(frozen=True)
class HeldOut:
    """Some of the test split, and what 05's tuned model made of it."""

    texts: list[Weighed]
    asked: list[Example]
    prompts: list[list[int]]
    answered: dict[str, str]  # by example; none before 05 has run
    likelihoods: dict[str, Likelihood]  # by source

    @property
    def tokens(self) -> int:
        """Those that are scored."""
        return sum(len(text.ids) - text.scored_from for text in self.texts)


@dataclass(frozen=True)
class Said:
    """What one model says of the held-out texts."""

    nats: float  # a token, mean log-likelihood
    answers: list[str]


def held_out(recipe: Recipe, run_folder: Path, chat: Chat, room: int) -> HeldOut:
    """The first few of the test split by id, which is as good as by chance.

    room: tokens that the model holds. Raises UserError where the run has no test split.
    """
    path = run_folder / "03_synthesize" / "examples.jsonl"
    examples = sorted((e for e in _read(path, Example) if e.split == "test"), key=lambda e: e.id)
    if not examples:
        raise UserError(f"{path}: no example of the test split, to check the result on")
    tuned = [a for a in _read(run_folder / "05_generate" / "answers.jsonl", Answer) if a.variant == "tuned"]
    answered = {answer.example_id: answer.answer for answer in tuned}
    distinct: dict[str, Example] = {}
    for example in sorted(examples, key=lambda e: e.id not in answered):
        distinct.setdefault(example.prompt[-1].content, example)
    asked = list(distinct.values())[:PROMPTS]
    weighed = _read(run_folder / "05_generate" / "likelihoods.jsonl", Likelihood)
    return HeldOut(
        texts=_texts(recipe, run_folder, chat, examples),
        asked=asked,
        prompts=[chat.generation_prompt(e.prompt)[-(room - ANSWER_TOKENS) :] for e in asked],
        answered=answered,
        likelihoods={one.source_id: one for one in weighed if one.variant == "tuned"},
    )


def _texts(recipe: Recipe, run_folder: Path, chat: Chat, examples: list[Example]) -> list[Weighed]:
    """What 05 weighs, of a few sources: of documents passages, of rows all answers of a row."""
    from inkprint.generate.likelihoods import of_examples, of_passages

    if recipe.extract.columns is None:
        passages = _read(run_folder / "02_prepare" / "passages.jsonl", Passage)
        return of_passages(
            sorted((p for p in passages if p.split == "test"), key=lambda p: p.id)[:TEXTS], chat
        )
    sources = sorted({example.source_id for example in examples})[:TEXTS]
    return of_examples([example for example in examples if example.source_id in sources], chat)


def listen(model: Any, chat: Chat, held: HeldOut, recipe: Recipe, room: int) -> Said:
    """A model's log-likelihood of the held-out texts, and its greedy answers to the held-out prompts."""
    from inkprint.generate.likelihoods import weigh

    records = weigh(model, chat, held.texts, "", room)
    tokens = min(ANSWER_TOKENS, recipe.generate.max_new_tokens)
    made = complete(model, chat, held.prompts, recipe.seed, tokens, 0.0, stop=recipe.generate.stop)
    answers = [chat.reply(row, recipe.generate.stop).answer for row in made]
    return Said(sum(one.log_likelihood for one in records) / held.tokens, answers)


def compare(held: HeldOut, said: dict[str, Said]) -> dict[str, Any]:
    """check.json. said: by voice: `merged`, and `adapter` or `full`.

    Raises UserError where what is written is not what was to be written.
    """
    nats = {voice: one.nats for voice, one in said.items()}
    meant = "adapter" if "adapter" in said else "full"
    off = nats["merged"] - nats[meant]
    if not abs(off) <= LIMIT_NATS:
        raise UserError(
            f"the weights to be written are {off:+.4f} nats a token off {VOICES[meant]}, and {LIMIT_NATS} are"
            " allowed: nothing is written, what was trained is as it was"
        )
    trained = _trained_nats(held)
    answers = [
        {
            "example_id": example.id,
            "prompt": example.prompt[-1].content,
            "trained": held.answered.get(example.id),
            **{voice: one.answers[number] for voice, one in said.items()},
        }
        for number, example in enumerate(held.asked)
    ]
    return {
        "texts": len(held.texts),
        "tokens": held.tokens,
        "nats_a_token": nats | {"trained": trained},
        f"merged_off_{meant}": off,
        "limit": LIMIT_NATS,
        "merged_off_trained": None if trained is None else nats["merged"] - trained,
        "answers": answers,
    }


def show(check: dict[str, Any]) -> None:
    """The same for the terminal."""
    nats = check["nats_a_token"]
    print(
        f"   nats a token on {check['texts']} held-out texts, {check['tokens']} tokens (0: it knew every one)"
    )
    for voice, name in VOICES.items():
        if nats.get(voice) is not None:
            print(f"      {name:<28}{nats[voice]:.4f}")
    if nats["trained"] is None:
        print("      the shift from what was trained is not known: 05 has not run, or weighed other texts")
    elif abs(check["merged_off_trained"]) > SHIFT_NATS:
        print(
            f"      look: {check['merged_off_trained']:+.2f} nats a token off the model that was trained;"
            " is export.base the 16-bit form of model.base?"
        )
    for answer in check["answers"]:
        print(f"   {_short(answer['prompt'])}")
        for voice, name in VOICES.items():
            if answer.get(voice) is not None:
                print(f"      {name:<28}{_short(answer[voice])}")


def _trained_nats(held: HeldOut) -> float | None:
    """What 05 measured of the model as it was trained; None where it has not weighed these very texts."""
    sources = {text.source_id for text in held.texts}
    records = [held.likelihoods[source] for source in sorted(sources) if source in held.likelihoods]
    if len(records) < len(sources) or sum(record.tokens for record in records) != held.tokens:
        return None
    return sum(record.log_likelihood for record in records) / held.tokens


def _read(path: Path, kind: type[AnyRecord]) -> list[AnyRecord]:
    return list(read_records(path, kind)) if path.exists() else []


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
