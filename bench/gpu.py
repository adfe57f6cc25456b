"""The rows of a GPU: Qwen3-14B and GPT-OSS-20B with random weights, 04 and 05 beside plain libraries.

    python bench/gpu.py [--shape Qwen3-14B] [--json FILE]

For a machine whose card holds the model. Random weights in the real shape give true speed and memory and no
true loss; both sides must begin at the same one. Rows have the lengths that books give. docs/benchmarks.md
says how the training stack gets to a machine that reaches no registry. 30 GB of disk for Qwen3-14B, 45 for
GPT-OSS-20B, which are deleted again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "bench")]

import yaml

from demo_run import DemoRun
from goals import Figures, Goal, Row, in_turn, print_table
from inkprint.demo.prose import read_prose
from inkprint.gpus import find_gpus
from inkprint.rehearse.made_up import PROSE
from machine import describe, print_machine
from once import once
from shapes import SHAPES, Shape, operations_a_token, write_model
from tuning import SIDES, agreement, check_alike, numbers, speak, train

FASTER, LEANER = Goal(2.0), Goal(0.5, most=True)
RATE, USED = Goal(5900.0, " tokens/s"), Goal(0.5, " of the ceiling")
ANSWERS, LIKELIHOODS = Goal(8.0), Goal(3.0)
NO_GPU = "no GPU"
# A row of the books has 550 to 1,100 tokens; a token of the stand-in's tokenizer is about 0.75 words.
ROW_WORDS = (410, 800)
ROWS = {"train": 400, "validation": 8, "test": 48}
STEPS, ROUNDS, PROMPTS = 22, 1, 24


def not_measured() -> list[Row]:
    """The rows, on a machine without a card."""
    rows = []
    for shape in SHAPES:
        for what, goal in _goals(shape).items():
            rows.append(Row("gpu", f"{shape.name}: {what}", goal, note=NO_GPU))
    return rows


def _goals(shape: Shape) -> dict[str, Goal]:
    goals = {"training tokens/s": FASTER, "memory above weights and optimizer": LEANER}
    if shape.name == "Qwen3-14B":
        goals |= {"training": RATE, "utilisation": USED, "answers a minute": ANSWERS,
                  "likelihoods of training's tokens/s": LIKELIHOODS}  # fmt: skip
    return goals


def measure_shape(shape: Shape, folder: Path, steps: int, device: str = "cuda") -> dict[str, Any]:
    """Both sides' training, and of the shape that has goals for it both sides' answers and likelihoods."""
    run = prepare(shape, folder, device)
    recipe, adapter = str(run.recipe), str(run.folder / "04_train" / "adapter")
    found: dict[str, Any] = in_turn(
        {
            side: lambda side=side: numbers(
                train(recipe, run, side, steps, adapter if side == SIDES[0] else None)
            )
            for side in SIDES
        },
        ROUNDS,
    )
    check_alike(found)
    figures: dict[str, Any] = {"training": found}
    if "answers a minute" in _goals(shape):
        said = {side: speak(recipe, run, side, PROMPTS) for side in SIDES}
        figures["speaking"] = {side: numbers(own) for side, own in said.items()}
        figures["speaking"]["agreement"] = agreement(*said.values())
    return figures


def prepare(shape: Shape, folder: Path, device: str) -> DemoRun:
    """A run with 02's passages and 03's examples of the demo's prose, and a base of random weights."""
    recipe = ROOT / "recipes" / shape.recipe
    values = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    texts = [f"{question} {answer}" for question, answer in read_prose(PROSE)]
    write_model(shape, values["model"]["base"], texts, folder / "base", device)
    values["model"] |= {"base": str(folder / "base"), "revision": None}
    values |= {"run": "shape", "device": "gpu" if device == "cuda" else "auto"}
    run = DemoRun(folder / "shape.yaml", folder / "artifacts")
    run.recipe.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    _write_rows(texts, run.folder)
    return run


def _write_rows(texts: list[str], run_folder: Path) -> None:
    """Stretches of the prose in another order each time: passages, and questions that they answer."""
    from inkprint.jsonl import write_records
    from inkprint.records import Example, Message, Passage, content_id

    dice = Random(1)
    passages, examples = [], []
    for split, count in ROWS.items():
        for _ in range(count):
            words = " ".join(dice.sample(texts, len(texts))).split()[: dice.randint(*ROW_WORDS)]
            text, number = " ".join(words), len(passages)
            passages.append(
                Passage(
                    id=content_id("passage", number), document="prose", chapter=f"Chapter {number}",
                    pages=[number], page_ids=[], split=split, text=text, words=len(words), overlap_words=0,
                )
            )  # fmt: skip
            examples.append(
                Example(
                    id=content_id("example", number), source_id=passages[-1].id, task="question_passage",
                    split=split, prompt=[Message(role="user", content=f"What of {' '.join(words[:12])}?")],
                    completion=[Message(role="assistant", content=text)], provider="template",
                )
            )  # fmt: skip
    for name, records in (
        ("02_prepare/passages.jsonl", passages),
        ("03_synthesize/examples.jsonl", examples),
    ):
        path = run_folder / name
        path.parent.mkdir(parents=True)
        write_records(path, records)


def shape_rows(shape: Shape, figures: dict[str, Any], ceiling: float) -> list[Row]:
    """The shape's rows. ceiling: operations a second of a large matrix product on this card."""
    ours, theirs = (figures["training"][side] for side in SIDES)
    above, plain = (own["gpu_peak_bytes"] - own["gpu_resident_bytes"] for own in (ours, theirs))
    values: dict[str, tuple[float, str, str, str]] = {
        "training tokens/s": (
            ours["tokens_a_second"] / theirs["tokens_a_second"], f"{ours['tokens_a_second']:,.0f}",
            f"TRL: {theirs['tokens_a_second']:,.0f}",
            f"loss before a step {ours['loss_before']:.3f} and {theirs['loss_before']:.3f}, after"
            f" {ours['loss_after']:.3f} and {theirs['loss_after']:.3f}",
        ),
        "memory above weights and optimizer": (
            above / plain, f"{above / 1e9:.2f} GB", f"TRL: {plain / 1e9:.2f} GB",
            f"in all {ours['gpu_peak_bytes'] / 1e9:.1f} and {theirs['gpu_peak_bytes'] / 1e9:.1f} GB",
        ),
    }  # fmt: skip
    if "speaking" in figures:
        values |= _further(shape, ours, figures["speaking"], ceiling)
    return [
        Row("gpu", f"{shape.name}: {what}", goal, *values[what]) for what, goal in _goals(shape).items()
    ]  # fmt: skip


def _further(
    shape: Shape, trained: Figures, said: dict[str, Figures], ceiling: float
) -> dict[str, tuple[float, str, str, str]]:
    recipe = yaml.safe_load((ROOT / "recipes" / shape.recipe).read_text(encoding="utf-8"))
    operations = operations_a_token(
        shape.values, trained["row_tokens"], trained["learned_share"], recipe["train"]["rank"]
    )
    rate, agreed = trained["tokens_a_second"], said["agreement"]
    used = rate * operations / ceiling
    ours, theirs = (said[side] for side in SIDES)
    return {
        "training": (rate, f"{rate:,.0f}", "", ""),
        "utilisation": (
            used, f"{rate:,.0f} tokens/s x {operations / 1e9:.1f} GFLOP",
            f"{ceiling / 1e12:.0f} TFLOP/s measured",
            f"rows of {trained['row_tokens']:.0f} tokens, the layers' forward pass counted twice",
        ),
        "answers a minute": (
            ours["answers_a_minute"] / theirs["answers_a_minute"], f"{ours['answers_a_minute']:,.1f}",
            f"one by one: {theirs['answers_a_minute']:,.1f}",
            f"{agreed['same']:.0f} of {agreed['answers']:.0f} the same, the others part at token"
            f" {agreed['first_divergence']:.0f} or later",
        ),
        "likelihoods of training's tokens/s": (
            ours["weighed_a_second"] / rate, f"{ours['weighed_a_second']:,.0f}",
            f"one passage at a time: {theirs['weighed_a_second']:,.0f}",
            f"at most {agreed['nats_a_token']:.4f} nats a token apart",
        ),
    }  # fmt: skip


def measure_gpu(shapes: list[Shape]) -> tuple[list[Row], dict[str, Any]]:
    """Every shape in turn, on the first card."""
    ceiling = once("shapes.py", {})["operations_a_second"]
    rows, figures = [], {"ceiling": ceiling}
    for shape in shapes:
        with tempfile.TemporaryDirectory(prefix="inkprint-bench-") as name:
            found = measure_shape(shape, Path(name), STEPS)
        rows += shape_rows(shape, found, ceiling)
        figures[shape.name] = found
    return rows, figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", nargs="+", choices=[shape.name for shape in SHAPES], help="these (all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    arguments = parser.parse_args()
    machine = describe()
    print_machine(machine)
    if not find_gpus():
        sys.exit("no GPU here: nvidia-smi does not answer")
    chosen = [shape for shape in SHAPES if shape.name in (arguments.shape or [s.name for s in SHAPES])]
    rows, figures = measure_gpu(chosen)
    print_table(rows)
    if arguments.json:
        found = {"machine": machine, "rows": [row.as_json() for row in rows], "figures": figures}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
