"""Training and what is made with it, beside plain transformers, PEFT and TRL: the rows of 04 and 05."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from demo_run import DemoRun
from goals import Figures, Goal, Row, in_turn
from once import once

TRAINING = Goal(1.15)
ANSWERS = Goal(3.0)
LIKELIHOODS = Goal(3.0)
SAME_LOSS = 0.01  # of the loss before a step: what other kernels may round
SIDES = ("inkprint", "plain")


def measure_training(run: DemoRun, steps: int, rounds: int) -> dict[str, Figures]:
    """Both sides' medians: supervised tokens a second, all tokens a second, padding, memory, losses."""

    def side(name: str) -> Callable[[], Figures]:
        return lambda: numbers(train(run.recipe.as_posix(), run, name, steps))

    found = in_turn({name: side(name) for name in SIDES}, rounds)
    check_alike(found)
    return found


def train(recipe: str, run: DemoRun, side: str, steps: int, adapter: str | None = None) -> dict[str, Any]:
    """One side's answer; see bench/train_once.py."""
    return once(
        "train_once.py",
        {
            "side": side, "recipe": recipe, "run_folder": str(run.folder), "steps": steps,
            "cache": str(run.cache), "adapter": adapter,
        },
    )  # fmt: skip


def numbers(found: dict[str, Any]) -> Figures:
    return {name: float(value) for name, value in found.items() if isinstance(value, int | float)}


def check_alike(found: dict[str, Figures]) -> None:
    """AssertionError where the two sides do not begin alike: then it is not one thing that is timed.

    The same loss of the same rows before a step, as many trained weights, and those and the others as wide.
    """
    ours, theirs = (found[side] for side in SIDES)
    for name in ("trained", "widest_bytes", "steps"):
        assert ours[name] == theirs[name], f"{name}: {ours[name]:,.0f} here, {theirs[name]:,.0f} plain"
    one, other = ours["loss_before"], theirs["loss_before"]
    assert abs(one - other) <= SAME_LOSS * other, f"loss before a step {one:.4f} here, {other:.4f} plain"


def training_row(found: dict[str, Figures]) -> Row:
    ours, theirs = found["inkprint"], found["plain"]
    return Row(
        "training", "training on the CPU, supervised tokens/s", TRAINING,
        ours["supervised_a_second"] / theirs["supervised_a_second"],
        f"{ours['supervised_a_second']:,.0f}, {ours['bytes'] / 1e9:.2f} GB",
        f"TRL: {theirs['supervised_a_second']:,.0f}, {theirs['bytes'] / 1e9:.2f} GB",
        f"loss of the same rows before a step {ours['loss_before']:.4f} and {theirs['loss_before']:.4f},"
        f" after {ours['steps']:.0f} {ours['loss_after']:.4f} and {theirs['loss_after']:.4f}; padding"
        f" {ours['padding_share']:.1%} and {theirs['padding_share']:.1%}",
    )  # fmt: skip


def measure_speaking(run: DemoRun, prompts: int, rounds: int) -> dict[str, Figures]:
    """Both sides' medians, and how far their answers and likelihoods agree (of the last round)."""
    last: dict[str, dict[str, Any]] = {}

    def side(name: str) -> Callable[[], Figures]:
        def measure() -> Figures:
            last[name] = speak(run.recipe.as_posix(), run, name, prompts)
            return numbers(last[name])

        return measure

    found = in_turn({name: side(name) for name in SIDES}, rounds)
    return found | {"agreement": agreement(last["inkprint"], last["plain"])}


def speak(recipe: str, run: DemoRun, side: str, prompts: int) -> dict[str, Any]:
    """One side's answer; see bench/speak_once.py."""
    job = {"side": side, "recipe": recipe, "run_folder": str(run.folder), "cache": str(run.cache)}
    return once("speak_once.py", job | {"prompts": prompts})


def agreement(ours: dict[str, Any], theirs: dict[str, Any]) -> Figures:
    """As 05 defines it: the first token at which an answer parts from what it is alone (-1: none does), and
    nats a token between likelihoods; and how many of the answers are the same to their last token."""
    pairs = [
        (ours["answers"][variant][name], alone)
        for variant, of in theirs["answers"].items() for name, alone in of.items()
    ]  # fmt: skip
    parts = [place for one, other in pairs if (place := parting(one, other)) is not None]
    apart = [
        abs(ours["likelihoods"][variant][name] - value) / theirs["tokens"][name]
        for variant, of in theirs["likelihoods"].items() for name, value in of.items()
    ]  # fmt: skip
    return {
        "answers": len(pairs),
        "same": len(pairs) - len(parts),
        "first_divergence": min(parts, default=-1),
        "nats_a_token": max(apart),
    }


def parting(one: list[int], other: list[int]) -> int | None:
    """The place of the first token that differs, an end included; None for answers that are the same."""
    if one == other:
        return None
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def alone(run: DemoRun) -> dict[str, Any]:
    """What 05 itself found of a batch against its first prompt alone, in one and the same model."""
    manifest = json.loads((run.folder / "05_generate" / "manifest.json").read_text(encoding="utf-8"))
    return manifest["alone"]


def answers_row(found: dict[str, Figures], alone: dict[str, Any]) -> Row:
    ours, theirs, agreed = found["inkprint"], found["plain"], found["agreement"]
    place = agreed["first_divergence"]
    where = "" if place < 0 else f", the others part at token {place:.0f} or later"
    own = "none of" if alone["first_divergence"] is None else f"token {alone['first_divergence']} of"
    return Row(
        "answers", "answers a minute, base and tuned", ANSWERS,
        ours["answers_a_minute"] / theirs["answers_a_minute"],
        f"{ours['answers_a_minute']:,.0f}, one load {ours['load_seconds']:.1f} s",
        f"one by one: {theirs['answers_a_minute']:,.0f}, two loads {theirs['load_seconds']:.1f} s",
        f"{agreed['same']:.0f} of {agreed['answers']:.0f} answers are those of the other program{where};"
        f" in 05's own check a batch parts from its first prompt alone at {own} {alone['tokens']} tokens",
    )  # fmt: skip


def likelihoods_row(found: dict[str, Figures], trained: dict[str, Figures]) -> Row:
    ours, theirs = found["inkprint"], found["plain"]
    learned = trained["inkprint"]["tokens_a_second"]
    return Row(
        "likelihoods", "likelihoods of base and tuned, tokens/s", LIKELIHOODS,
        ours["weighed_a_second"] / learned,
        f"{ours['weighed_a_second']:,.0f}, one load",
        f"our training: {learned:,.0f}",
        f"one passage at a time, two loads: {theirs['weighed_a_second']:,.0f}, so"
        f" {ours['weighed_a_second'] / theirs['weighed_a_second']:.2f} x; at most"
        f" {found['agreement']['nats_a_token']:.6f} nats a token apart",
    )  # fmt: skip
