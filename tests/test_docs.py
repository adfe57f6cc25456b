"""The documents say what is so: formats as a run writes them, paths and commands that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from conftest import ROOT
from pydantic import BaseModel
from test_tables import lines_of, table_recipe

from inkprint import jsonl, records
from inkprint.evaluate.asked import Followed
from inkprint.recipe import Recipe

FORMATS = (ROOT / "docs" / "formats.md").read_text()
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", FORMATS, re.MULTILINE | re.DOTALL))
OF_TABLES = {
    "01_extract/rows.jsonl": records.Row,
    "02_prepare/rows.jsonl": records.SplitRow,
}
OF_LABELS = {"05_generate/predictions.jsonl": records.Prediction}
OF_INSTRUCTIONS = {"06_evaluate/followed.jsonl": Followed}
OF_A_JUDGE = {"06_evaluate/judgements.jsonl": records.Judgement}
OF_BACKGROUND = {
    "02_prepare/background.jsonl": records.BackgroundPassage,
    "06_evaluate/others.jsonl": records.Score,
}
# What a run of chats on documents does not have.
ELSEWHERE = OF_TABLES | OF_LABELS | OF_INSTRUCTIONS | OF_A_JUDGE | OF_BACKGROUND
KINDS = ELSEWHERE | {
    "01_extract/documents.jsonl": records.Page,
    "02_prepare/passages.jsonl": records.Passage,
    "02_prepare/chapters.jsonl": records.ChapterSummary,
    "03_synthesize/examples.jsonl": records.Example,
    "04_train/samples.jsonl": records.Sample,
    "05_generate/answers.jsonl": records.Answer,
    "05_generate/likelihoods.jsonl": records.Likelihood,
    "06_evaluate/scores.jsonl": records.Score,
    "06_evaluate/recitals.jsonl": records.Recital,
    "06_evaluate/checks.jsonl": records.Score,
    "rejects.jsonl": records.Reject,
}
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def example(name):
    return json.loads(re.search(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL).group(1))


@pytest.mark.parametrize("name", KINDS)
def test_the_example_is_a_valid_record(name):
    record = KINDS[name].model_validate(example(name))
    assert list(record.model_dump()) == sorted(example(name), key=list(record.model_dump()).index)


@pytest.mark.training
def test_a_real_run_writes_what_is_documented_and_nothing_else(finished):
    figures = {f"{name}.{form}" for name in FIGURES for form in ("png", "svg")}
    for stage in sorted(finished.run_folder.glob("0*")):
        for path in stage.rglob("*"):
            name = str(path.relative_to(finished.run_folder))
            if path.is_dir() or path.name in {"manifest.json", "rejects.jsonl"}:
                continue
            if "/figures/" in name:
                assert path.name in figures
            else:
                assert name in SECTIONS, f"docs/formats.md does not tell of {name}"
    for name in SECTIONS:
        if "/" in name and name not in ELSEWHERE:
            assert finished.output(name).is_file(), f"docs/formats.md tells of {name}, and there is none"


FIGURES = {
    "clouds", "heatmap", "keywords", "perplexity", "radar", "responses", "similarity", "strips", "training",
}  # fmt: skip


@pytest.mark.training
@pytest.mark.parametrize(
    "name",
    [name for name in SECTIONS if "```json" in SECTIONS[name] and name not in ELSEWHERE],
)
def test_a_real_record_has_the_documented_keys(name, finished):
    paths = [finished.output(name)] if "/" in name else sorted(finished.run_folder.glob(f"0*/{name}"))
    text = next(path.read_text() for path in paths if path.stat().st_size)
    real = json.loads(text) if name.endswith(".json") else json.loads(text.partition("\n")[0])
    if name == "04_train/training_log.jsonl":  # its first line is the base's validation loss
        real = json.loads(text.split("\n")[1])
    if name == "manifest.json":  # a stage may add facts of its own
        real = {key: real[key] for key in real if key in example(name)}
    assert list(real) == list(example(name))


def test_every_record_in_every_file_is_valid(written):
    for name, kind in KINDS.items():
        if written.output(name).is_file():
            assert list(jsonl.read_records(written.output(name), kind))


@pytest.mark.whole_runs
def test_a_run_of_a_table_writes_what_is_documented(tmp_path):
    rows = [
        {"t": f"Row {n} of some.", "l": "ab"[n % 2], "s": "train" if n % 5 else "test"} for n in range(60)
    ]
    (tmp_path / "t.jsonl").write_text(lines_of(rows))
    shop = table_recipe(tmp_path, str(tmp_path / "t.jsonl"), {"text": "t", "label": "l", "split": "s"})
    shop.stage("extract")
    shop.stage("prepare")
    for path in shop.run_folder.glob("0*/*"):
        name = str(path.relative_to(shop.run_folder))
        assert name in SECTIONS or path.name in SECTIONS, f"docs/formats.md does not tell of {name}"
    for name in OF_TABLES:
        (first, *_) = shop.output(name).read_text().splitlines()
        assert list(json.loads(first)) == list(example(name))
        assert list(json.loads(first)["fields"]) == list(example(name)["fields"])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_and_command_that_is_named_exists(document):
    text = document.read_text()
    code = " ".join(re.findall(r"`([^`\n]+)`", text) + re.findall(r"^    (\S.*)$", text, re.MULTILINE))
    code += " ".join(re.findall(r"```(?:bash|sh|text)?\n(.*?)```", text, re.DOTALL))
    named = set(
        re.findall(
            r"(?:\./)?\b((?:scripts|recipes|prompts|tests|docs|requirements|data/demo)/[\w./-]*\w)", code
        )
    )
    named |= set(re.findall(r"\./(\w+\.sh)", code))
    missing = sorted(name for name in named if not (ROOT / name).exists() and "mybooks" not in name)
    assert not missing, f"{document.name} names what is not there: {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def keys_of(kind, section):
    """Every key of a section and of what is in it, each named by its outermost section."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for key, field in kind.model_fields.items():
            yield section or key, key
            yield from keys_of(field.annotation, section or key)
    for part in get_args(kind):
        yield from keys_of(part, section)


SECTIONS_TAUGHT = {"model", "prepare", "train", "generate", "evaluate"}
TAUGHT = {key for section, key in keys_of(Recipe, "") if section in SECTIONS_TAUGHT} - SECTIONS_TAUGHT
TAUGHT |= {"seed", "device", "gpus", "max_dollars"}


@pytest.mark.parametrize("key", sorted(TAUGHT))
def test_a_beginner_is_told_what_every_key_does(key):
    named = re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "how-it-works.md").read_text())
    assert any(re.search(rf"\b{key}\b", name) for name in named), f"docs/how-it-works.md: nothing of {key}"


def test_the_options_in_the_readme_are_those_of_the_commands():
    text = (ROOT / "README.md").read_text()
    commands = [ROOT / "run_all.sh", ROOT / "run_tests.sh", *(ROOT / "scripts").glob("*.py")]
    known = "".join(path.read_text() for path in commands)
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
        assert re.search(rf"{option}(?![\w-])", known), f"README names {option}"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an image holds no checkout to look through")
def test_no_file_names_a_registry_or_a_path_of_a_machine():
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    home = str(Path.home())
    for name in tracked.split("\n"):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".pdf", ".png"}:
            text = path.read_text()
            assert f"{ROOT}/" not in text, name
            assert home == "/root" or f"{home}/" not in text, name  # root's home is in every image
            assert not re.search(r"://[^ \"]*/simple([/\" ]|$)|--(extra-)?index-" + "url", text), name
