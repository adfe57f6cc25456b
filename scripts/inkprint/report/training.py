"""The report of training: the loss over the steps, and what the model said on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from inkprint.jsonl import read_records
from inkprint.records import Sample
from inkprint.report.facts import read_jsonl
from inkprint.report.style import COLOURS, INK, legend, new_figure

TITLE = "Training curve"
CAPTION = (
    "Loss on the training batches and on the validation examples. Validation that turns up while training"
    " goes on falling is learning by heart."
)


def draw(log: Path, loss_unit: str) -> Iterator[tuple[str, tuple[str, str], Figure]]:
    """Name, title and caption, and figure; none for a method that has no steps."""
    entries = read_jsonl(log)
    if entries:
        yield "training", (TITLE, CAPTION), curve(entries, loss_unit)


def curve(log: list[dict[str, Any]], loss_unit: str) -> Figure:
    """Train and validation loss over the steps."""
    figure, [axes] = new_figure(3.2)
    train = [(entry["step"], entry["loss"]) for entry in log if "loss" in entry]
    checks = [(entry["step"], entry["validation_loss"]) for entry in log if "validation_loss" in entry]
    if train:
        axes.plot(
            *zip(*train, strict=True),
            color=COLOURS["tuned"],
            linewidth=1.3,
            marker="o" * (len(train) == 1),
            markersize=4,
            label="train",
        )
    if checks:
        axes.plot(
            *zip(*checks, strict=True), color=INK, linewidth=1.3, marker="o", markersize=4, label="validation"
        )
    axes.set_xlabel("Step")
    axes.set_ylabel(f"Loss ({loss_unit})")
    axes.grid(axis="y")
    legend(axes, 2)
    return figure


def read_samples(path: Path | None) -> list[dict[str, Any]]:
    """The prompts that were asked on the way, each with its answers by step. path: None where none were."""
    of_example: dict[str, list[Sample]] = {}
    for sample in read_records(path, Sample) if path else ():
        of_example.setdefault(sample.example_id, []).append(sample)
    return [{"asked": samples[0], "said": samples} for samples in of_example.values()]
