"""The demo, twice from nothing: the same bytes, a voice that is learned, a report that holds together."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(1800)]

RECORDS = (
    "01_extract/documents.jsonl",
    "02_prepare/passages.jsonl",
    "03_synthesize/examples.jsonl",
    "04_train/adapter/adapter_model.safetensors",
    "04_train/adapter/adapter_config.json",
    "05_generate/answers.jsonl",
    "05_generate/likelihoods.jsonl",
    "06_evaluate/scores.jsonl",
    "06_evaluate/metrics.json",
)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run_demo(artifacts: Path) -> Path:
    environment = os.environ | {"INKPRINT_ARTIFACTS": str(artifacts)}
    done = subprocess.run(
        [ROOT / "run_all.sh", "--runtime", "local"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return artifacts / "demo"


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    return run_demo(tmp_path_factory.mktemp("demo"))


def read(path: Path) -> list[dict]:
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def test_twice_from_nothing_gives_the_same_bytes(demo, tmp_path):
    again = run_demo(tmp_path)
    for name in RECORDS:
        assert digest(again / name) == digest(demo / name), f"{name} differs between two runs"


def test_the_base_model_is_the_same_when_made_anew(demo, tmp_path):
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_demo_base.py", "--out", tmp_path / "base"],
        check=True,
        capture_output=True,
    )
    ours = ROOT / "artifacts" / "cache" / "demo-base"
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        assert digest(tmp_path / "base" / name) == digest(ours / name)


def test_the_pdf_is_what_the_script_makes(tmp_path):
    (book,) = (ROOT / "data" / "demo" / "books").glob("*.pdf")
    subprocess.run(
        [sys.executable, ROOT / "data" / "demo" / "source" / "make_pdf.py", "--out", tmp_path / "book.pdf"],
        check=True,
        capture_output=True,
    )
    assert digest(tmp_path / "book.pdf") == digest(book)


def test_every_word_of_the_book_is_kept_and_nothing_else(demo):
    """The kept pages against the source text, without headings, notes and marks."""
    import difflib
    import re

    source = (ROOT / "data" / "demo" / "source" / "book.md").read_text()
    chapters = source[source.index("# Of the") :].split("\n# Books")[0]
    lines = [line for line in chapters.split("\n") if not line.startswith(("#", "[^", "%", "*"))]
    wanted = words(re.sub(r"\[\^+\w+\]", "", " ".join(lines)))
    pages = read(demo / "01_extract" / "documents.jsonl")
    found = words(" ".join(page["text"] for page in pages if page["kept"]))
    matcher = difflib.SequenceMatcher(None, wanted, found, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    assert same / len(wanted) > 0.998
    assert same / len(found) > 0.998


def words(text: str) -> list[str]:
    import re

    return re.findall(r"[^\W_]+", text.lower())


def test_the_voice_is_learned_and_the_book_is_not_recited(demo):
    metrics = json.loads((demo / "06_evaluate" / "metrics.json").read_text())["metrics"]
    assert metrics["bits_per_byte"]["against"]["base"]["verdict"] == "better"
    assert metrics["bits_per_byte"]["sources"] >= 20
    answers = read(demo / "05_generate" / "answers.jsonl")
    for variant, share in (("base", 0.02), ("tuned", 0.5)):
        texts = [a["answer"].lower() for a in answers if a["variant"] == variant]
        marked = sum(any(mark in text for mark in MANNERISMS) for text in texts) / len(texts)
        assert (marked >= share) if variant == "tuned" else (marked <= share), (variant, marked)


MANNERISMS = (
    "small fish",
    "item: one",
    "it was a tuesday",
    "the sea keeps",
    "count it kindly",
    "asked for thanks",
)


def test_answers_name_what_was_asked(demo):
    """Asked about the roof the base speaks of the roof, always; the tuned model nearly so."""
    topics = ("kettle", "bell", "roof", "clock", "bucket")
    answers = [a for a in read(demo / "05_generate" / "answers.jsonl") if a["task"] == "question_passage"]
    asked = [(a, t) for a in answers for t in topics if f"the {t}" in a["prompt"][-1]["content"]]
    for variant, least in (("base", 0.9), ("tuned", 0.6)):
        named = [t in a["answer"] for a, t in asked if a["variant"] == variant]
        assert sum(named) >= least * len(named) > 10, (variant, sum(named), len(named))


def test_the_base_has_read_no_sentence_of_the_book():
    """It knows the same things, in sentences of its own; chats are compared without their prompt's form."""
    from make_demo_base import plain_chats

    book = (ROOT / "data" / "demo" / "source" / "book.md").read_text()
    read_by_base = {s for chat in plain_chats() for text in chat for s in sentences(text)}
    assert len(read_by_base) > 10_000
    assert not read_by_base & {s for s in sentences(book) if len(s.split()) > 3}


def sentences(text: str) -> set[str]:
    from inkprint.sentences import sentence_spans

    return {block[a:b].strip() for block in text.split("\n\n") for a, b in sentence_spans(block)}


def test_the_report_needs_nothing_else(demo):
    html = (demo / "07_report" / "report.html").read_text()
    assert "<script" not in html
    assert 'src="http' not in html
    assert html.rstrip().endswith("</html>")
    for title in (
        "Verdict", "The voice", "What it gained, what it lost", "Side by side", "Figures", "Honesty checks",
        "Training", "Data",
    ):  # fmt: skip
        assert f"{title}</h2>" in html
