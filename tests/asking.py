"""A run of 03 with passages made up on the spot, a recipe that asks a model, and what came of it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT, for_labels
from small_run import SUBJECTS, VOICE, sentences

from inkprint.jsonl import write_records
from inkprint.records import Passage, SplitRow, content_id

PROMPT = "# for editors\nWrite <count>{count}</count> pairs on\n<passage>\n{passage}\n</passage>"
TEMPLATE = {"name": "template"}
CLAUDE = {
    "name": "anthropic", "model": "claude-haiku-4-5", "max_tokens": 400, "connections": 8,
    "timeout_seconds": 3.0, "deadline_hours": 1.0,
}  # fmt: skip
BATCHES = {
    "name": "anthropic_batch", "model": "claude-haiku-4-5", "max_tokens": 400, "poll_seconds": 0.1,
    "timeout_seconds": 3.0, "deadline_hours": 1.0,
}  # fmt: skip
ANSWERS = {
    "share": 1.0, "questions": 2, "min_words": 5, "max_words": 120, "grounded_share": 0.3, "copied_words": 8,
}  # fmt: skip


def passages_of(document: str, count: int) -> list[Passage]:
    """Passages of one book, every eighth of them validation and every eighth test."""
    dice = random.Random(document)
    made = []
    for number in range(count):
        text = sentences(dice, VOICE, SUBJECTS[number % len(SUBJECTS)], 70)
        made.append(
            Passage(
                id=content_id("passage", document, number),
                document=document,
                chapter=f"Chapter {number // 8}",
                pages=[number],
                page_ids=[content_id("page", number)],
                split={3: "validation", 7: "test"}.get(number % 8, "train"),
                text=text,
                words=len(text.split()),
                overlap_words=0,
            )
        )
    return made


def rows_of(*fields: dict[str, str]) -> list[SplitRow]:
    """Rows of a table; of every four the third is validation and the fourth test."""
    return [
        SplitRow(
            id=content_id("row", number, one),
            source="table.csv",
            row=number + 1,
            fields=one,
            split=("train", "train", "validation", "test")[number % 4],
            words=sum(len(text.split()) for text in one.values()),
        )
        for number, one in enumerate(fields)
    ]


@dataclass
class Asking:
    """A folder with a recipe and 02's passages; 03 is run in it as a person would."""

    folder: Path
    url: str
    key: str = "test-key"

    @property
    def run_folder(self) -> Path:
        return self.folder / "artifacts" / "asking"

    @property
    def recipe(self) -> Path:
        return self.folder / "asking.yaml"

    def write(self, passages: list[Passage], provider: dict[str, Any] = CLAUDE, **changes: Any) -> None:
        """Passages and recipe; changes are of the recipe, synthesize__max_failed_share=0.1 and the like."""
        values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text(encoding="utf-8"))
        prompt = self.folder / "prompt.txt"
        prompt.write_text(PROMPT, encoding="utf-8")
        books = self.folder / "books"
        books.mkdir(exist_ok=True)
        values |= {"run": "asking", "max_dollars": 100.0}
        values["extract"]["data"] = str(books)
        values["synthesize"] |= {
            "provider": provider,
            "tasks": {"question_answer": ANSWERS | {"prompt": str(prompt)}},
            "max_failed_share": 0.5,
            "max_rejected_share": 1.0,
        }
        for name, value in changes.items():
            *parents, last = name.split("__")
            target = values
            for parent in parents:
                target = target[parent]
            target[last] = value
        if "classification" in values["synthesize"]["tasks"]:
            for_labels(values)
        self.recipe.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        self._prepared("passages.jsonl", passages)

    def write_rows(
        self, rows: list[SplitRow], columns: dict[str, str], tasks: dict[str, Any],
        provider: dict[str, Any] = TEMPLATE, **changes: Any,
    ) -> None:  # fmt: skip
        """The same for the rows of a table."""
        self.write(
            [], provider, extract__columns=columns, prepare__validation=0.1, prepare__test=0.1,
            prepare__passages=None, synthesize__tasks=tasks, **changes,
        )  # fmt: skip
        self._prepared("rows.jsonl", rows)

    def _prepared(self, name: str, records: list[Any]) -> None:
        (self.run_folder / "02_prepare").mkdir(parents=True, exist_ok=True)
        write_records(self.run_folder / "02_prepare" / name, records)

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(ROOT / "scripts" / "03_synthesize.py"), str(self.recipe), *options]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("INKPRINT_", "ANTHROPIC_"))}
        kept |= {
            "INKPRINT_ARTIFACTS": str(self.folder / "artifacts"),
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": self.key,
        }
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept, cwd=ROOT
        )

    def run(self, *options: str, code: int = 0, timeout_seconds: float = 500) -> str:
        """Run it to its end; returns what it said, of which errors are one line."""
        process = self.start(*options)
        said, errors = process.communicate(timeout=timeout_seconds)
        assert process.returncode == code, said + errors
        assert "Traceback" not in errors, errors
        assert not code or errors.count("\n") == 1, errors
        return said + errors

    def lines(self, name: str) -> list[dict[str, Any]]:
        with (self.run_folder / "03_synthesize" / name).open(encoding="utf-8") as handle:
            return [json.loads(line) for line in handle]

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.run_folder / "03_synthesize" / "manifest.json").read_text(encoding="utf-8"))
