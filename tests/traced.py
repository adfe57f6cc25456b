"""The run whose report is traced: with other authors, a prompted base, a paid writer and a paid judge.

03 and 06 ask the tests' server in Claude's place, which keeps a bill; 01, 02, 04 and 05 are made up. What the
stages took is set by hand, for here each takes a second and none has a GPU.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import ANSWERS, CLAUDE, PROMPT
from claude_server import claude_server
from conftest import ROOT, shared
from small_run import RUN, page_of, run_script
from test_judge import SETTINGS
from test_voice import background_run
from warm import REPORTING, run_warm

JUDGE = SETTINGS | {"prompts": 36, "max_failed_share": 0.5}
# What is set of the manifests: hours on cards, and a stage that another run made.
TOOK = {
    "01_extract": {"seconds": 8.4, "peak_memory_bytes": {"machine": 86_400_000}},
    "02_prepare": {"seconds": 89.4, "reused_from": "earlier"},
    "04_train": {
        "seconds": 7512.3, "processes": 2, "device": "NVIDIA H100 80GB HBM3",
        "peak_memory_bytes": {"machine": 13_449_000_000, "gpu": 21_960_000_000},
    },
    "05_generate": {
        "seconds": 254.0, "device": "NVIDIA L4",
        "peak_memory_bytes": {"machine": 2_310_000_000, "gpu": 9_960_000_000},
    },
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])[−+-]?\d+(?:,\d{3})*(?:\.\d+)?")


def traced_run(factory: pytest.TempPathFactory) -> Path:
    """The folder of the run, all of it made once for all tests. Not to be changed."""
    return shared(factory, "traced", make_traced_run)


def make_traced_run(folder: Path) -> None:
    recipe = background_run(folder)
    prompt = folder / "prompt.txt"
    prompt.write_text(PROMPT, encoding="utf-8")
    values = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    values["max_dollars"] = 5.0
    values["evaluate"]["judge"] = JUDGE
    tasks = {"question_answer": ANSWERS | {"prompt": str(prompt)}}
    values["synthesize"] |= {"provider": CLAUDE, "tasks": tasks, "max_rejected_share": 1.0}
    recipe.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    ask(recipe, "03_synthesize.py", "malformed")
    ask(recipe, "06_evaluate.py", "malformed,max_tokens,invalid_request")
    for stage, took in TOOK.items():
        path = folder / RUN / stage / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | took), encoding="utf-8")
    run_script("07_report.py", recipe)


def ask(recipe: Path, script: str, kinds: str) -> None:
    """Run a stage that asks Claude; the server's log of it is `bill-03_synthesize.jsonl` or the like."""
    folder = recipe.parent
    log = folder / f"bill-{script.removesuffix('.py')}.jsonl"
    with claude_server(folder, log=log, faults=0.06, kinds=kinds) as server:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("INKPRINT_", "ANTHROPIC_"))}
        kept |= {"INKPRINT_ARTIFACTS": str(folder / "artifacts"), "OMP_NUM_THREADS": "1"}
        kept |= {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": server.key}
        done = run_warm(REPORTING, [str(ROOT / "scripts" / script), str(recipe)], kept)
    assert done.returncode == 0, done.stdout + done.stderr


def billed(folder: Path, stage: str) -> float:
    """Dollars that the server wants for what it answered a stage, by prompts/prices.yaml."""
    price = yaml.safe_load((ROOT / "prompts/prices.yaml").read_text())["models"][CLAUDE["model"]]
    with (folder / f"bill-{stage}.jsonl").open(encoding="utf-8") as handle:
        answered = [line for line in map(json.loads, handle) if line["answered"]]
    assert answered
    return (
        sum(of["input_tokens"] * price["input"] + of["output_tokens"] * price["output"] for of in answered)
        / 1e6
    )


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    """All lines of one of the run's JSONL files."""
    with (folder / RUN / name).open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def item(score: dict[str, Any]) -> str:
    return score["example_id"] or score["source_id"]


def paired(of: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """A metric's scores by variant, of the items that count: those that all but the prompted base have."""
    both = set.intersection(*({item(score) for score in of[name]} for name in of if name != "prompted"))
    return {name: [score for score in of[name] if item(score) in both] for name in of}


def plain(text: str) -> str:
    """What a reader sees of a piece of HTML, without names of records and places."""
    text = re.sub(r"(?s)<code>.*?</code>", " ", text)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return " ".join(re.sub(r"\S+\.pdf, “[^”]*”, page \d+", " ", text).split())


def section_of(folder: Path, name: str) -> str:
    """A section of the page without its figures."""
    return section_in(page_of(folder), name)


def section_in(page: str, name: str) -> str:
    page = re.sub(r"(?s)<svg.*?</svg>", " ", page)
    found = re.search(rf"(?s)<h2>{name}</h2>(.*?)(?=<h2>|\Z)", page)
    assert found, name
    return found[1]


def unfound(page: str, name: str, wrong: Callable[[str], object]) -> list[str]:
    """Where another digit in a section is not found by `wrong`; each one that a reader sees is tried."""
    page = re.sub(r"(?s)<svg.*?</svg>", "", page)
    begin = page.index(f"<h2>{name}</h2>") + len(name) + 9
    end = page.find("<h2>", begin)
    hidden = r"(?s)<code>.*?</code>|<figcaption>.*?</figcaption>|<[^>]*>|&#?\w+;"
    covered = [found.span() for found in re.finditer(hidden, page[:end]) if found.end() > begin]
    places = [
        place
        for found in re.compile(r"(?<![\w.])\d[\d.,]*").finditer(page, begin, end)
        for place in range(*found.span())
        if page[place].isdigit() and not any(first <= place < last for first, last in covered)
    ]
    assert len(places) > 20, "or nothing was tried"
    return [
        page[place - 30 : place + 10]
        for place in places
        if not wrong(page[:place] + str((int(page[place]) + 3) % 10) + page[place + 1 :])
    ]
