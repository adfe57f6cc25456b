"""A run folder with everything that 06 and 07 read, made up in a second: no model, no book."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import yaml
from conftest import for_labels
from made_up import make_page, make_passage
from warm import REPORTING, run_warm

from inkprint.artifacts import Stage
from inkprint.jsonl import write_records
from inkprint.prepare.leaks import audit
from inkprint.recipe import ROOT
from inkprint.recipe_file import load_recipe
from inkprint.records import (
    Answer,
    LabelledText,
    Likelihood,
    Message,
    Page,
    Passage,
    Prediction,
    SplitRow,
    content_id,
)

RUN = "artifacts/small"
WRITER = "anthropic claude-haiku-4-5"
# What 03's manifest tells of a model's replies.
ASKED = {
    "requests": {"total": 136, "ok": 130, "rejected": 4, "failed": 2},
    "tried_again": {"rate_limit": 8, "timeout": 21},
    "writer": WRITER,
    "dollars": 0.1234,
}
SUBJECTS = "lamp kettle gull rope harbour ladder storm bread ledger brass anchor fog bell chart pilot".split()
VOICE = "child mark me never buried better laughed keeper tide salt old grave windows patience cold".split()
PLAIN = "people recommend usually described common object made useful often place several known used".split()
LINKS = "the a of and is in to that with for".split()
PLANTED = (
    "mark me child the brass lamp is never colder than the keeper who laughed at the tide"
    " and buried nothing but his patience"
)


def sentences(dice: random.Random, vocabulary: list[str], subject: str, words: int) -> str:
    """Made-up text: every third word a link, now and then the subject."""
    made = []
    while len(made) < words:
        body = [
            subject if dice.random() < 0.12 else dice.choice(LINKS if n % 3 == 0 else vocabulary)
            for n in range(dice.randint(7, 14))
        ]
        made += [body[0].capitalize(), *body[1:-1], body[-1] + "."]
    return " ".join(made)


def make_passages(dice: random.Random, test: int = 24, train: int = 40) -> list[Passage]:
    splits = ["train"] * train + ["validation"] * 4 + ["test"] * test
    passages = []
    for number, split in enumerate(splits):
        text = sentences(dice, VOICE, SUBJECTS[number % len(SUBJECTS)], 80)
        text = f"{text} {PLANTED.capitalize()}." if number == 3 else text
        passages.append(
            make_passage(
                text,
                split,
                f"Chapter {number // 8 + 1}",
                id=content_id("passage", number, text),
                document="keeper.pdf",
                pages=[number + 5],
                page_ids=[f"page-{number:012x}"],
            )
        )
    return passages


SPEAKS = {"base": PLAIN, "prompted": PLAIN + VOICE[:6], "tuned": VOICE + PLAIN[:3]}
Source = tuple[str, str]  # id and text of a held-out passage or row


def make_answers(
    dice: random.Random,
    sources: list[Source],
    questions: int = 2,
    variants: tuple[str, ...] = ("base", "tuned"),
) -> list[Answer]:
    """Base answers plainly, tuned ones in the voice; the first tuned one recites the planted words."""
    answers = []
    for variant in variants:
        for number, (source_id, reference) in enumerate(sources):
            subject = SUBJECTS[(number + 44) % len(SUBJECTS)]
            for question in range(questions):
                example_id = content_id("example", source_id, question)
                text = sentences(dice, SPEAKS[variant], subject, dice.randint(30, 70))
                if variant == "tuned" and not any(a.variant == "tuned" for a in answers):
                    text = f"Well now. {PLANTED.replace('child', 'child,').capitalize()}; so."
                answers.append(
                    Answer(
                        id=content_id("answer", variant, example_id, text),
                        example_id=example_id,
                        source_id=source_id,
                        task="question_passage",
                        variant=variant,
                        prompt=[Message(role="user", content=f"What of the {subject}?")],
                        answer=text,
                        reference=reference,
                        tokens=len(text) // 4,
                        ended=dice.random() < (0.97 if variant == "tuned" else 0.8),
                    )
                )
    return answers


def make_likelihoods(dice: random.Random, sources: list[Source]) -> list[Likelihood]:
    found = []
    for source_id, text in sources:
        tokens, level = len(text) // 3, dice.gauss(3.0, 0.25)
        for variant, gain in (("base", 0.0), ("tuned", dice.gauss(0.5, 0.1))):
            found.append(
                Likelihood(
                    id=content_id("likelihood", variant, source_id),
                    source_id=source_id,
                    variant=variant,
                    log_likelihood=-tokens * (level - gain),
                    tokens=tokens,
                    bytes=len(text.encode()),
                )
            )
    return found


def write_answers(
    run: Path, dice: random.Random, sources: list[Source], questions: int, prompted: bool
) -> None:
    """05's folder."""
    variants = ("base", "prompted", "tuned") if prompted else ("base", "tuned")
    answers = make_answers(dice, sources, questions, variants)
    files = {"answers.jsonl": answers, "likelihoods.jsonl": make_likelihoods(dice, sources)}
    write_stage(run, "generate", files, unit="answers", out=len(answers))


def make_run(
    folder: Path, recipe_changes: dict[str, str] | None = None, test: int = 24, prompted: bool = False
) -> Path:
    """Write a recipe and the folders of stages 01 to 05 below `folder`; returns the recipe's path."""
    dice = random.Random(7)
    run = folder / "artifacts" / "small"
    passages = make_passages(dice, test)
    examples, rejects = make_examples(passages), make_rejects(passages)
    write_stage(run, "extract", {"documents.jsonl": make_pages()}, unit="pages", out=46, rejected=4)
    files = {"passages.jsonl": passages, "leaks.json": make_leaks(passages)}
    write_stage(run, "prepare", files, unit="words", out=8000, rejected=40)
    write_stage(
        run,
        "synthesize",
        {"examples.jsonl": examples, "rejects.jsonl": rejects},
        unit="examples",
        out=len(examples),
        rejected=len(rejects) - 3,
        failed=3,
        facts=ASKED,
    )
    write_training(run, {"mask_proof.json": make_proof(examples)})
    write_answers(run, dice, [(p.id, p.text) for p in passages if p.split == "test"], 2, prompted)
    text = (ROOT / "recipes/demo.yaml").read_text(encoding="utf-8").replace("run: demo", "run: small")
    for old, new in (recipe_changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    return folder / "small.yaml"


def write_training(run: Path, files: dict) -> None:
    """04's folder: a training log, what its manifest tells, and these files."""
    steps = [
        {"step": 10 * n, "epoch": n / 8, "loss": 3 * math.exp(-n / 10) + 1.5, "learning_rate": 1e-3 / n,
         "grad_norm": 1.2, "tokens": 4000 * n, "seconds": 2.5 * n}
        for n in range(1, 25)
    ]  # fmt: skip
    checks = [
        {"step": 40 * n, "epoch": n / 2, "validation_loss": loss, "seconds": 10 * n}
        for n, loss in enumerate((4.0, 3.2, 2.7, 2.4, 2.2, 2.3), start=1)
    ]
    log = sorted(steps + checks, key=lambda entry: entry["step"])
    facts = {"steps": 240, "epochs": 3, "trainable_parameters": 120_000, "total_parameters": 1_900_000,
             "adapter_bytes": 510_000, "train_tokens": 96_000, "tokens_per_second": 1286.0,
             "batch_size": 2, "accumulation_steps": 4, "out_of_memory": ["8 x 1", "4 x 2"],
             "final_loss": steps[-1]["loss"], "first_validation_loss": checks[0]["validation_loss"],
             "best_validation_loss": checks[4]["validation_loss"],
             "best_step": checks[4]["step"], "padding_share": 0.0413}  # fmt: skip
    files = {"training_log.jsonl": log} | files
    write_stage(run, "train", files, unit="rows", out=88, rejected=1, facts=facts)


def make_proof(examples: list[dict]) -> dict:
    """04's mask proof of a chat."""
    return {
        "loss": "answer",
        "rows": {"train": 80, "validation": 8},
        "supervised_tokens": 9000,
        "prompt_tokens": 1400,
        "rejected": {"too long": 1},
        "sample": {"example_id": examples[0]["id"],
                   "prompt": "<|im_start|>user\nWhat of the lamp?<|im_end|>\n",
                   "supervised": examples[0]["completion"][0]["content"] + "<|im_end|>\n"},
    }  # fmt: skip


def make_row_run(folder: Path, changes: dict | None = None, test: int = 30, prompted: bool = False) -> Path:
    """The same of rows of prompt and answer, each one chat."""
    dice, run = random.Random(13), folder / "artifacts" / "small"
    rows = []
    for number, split in enumerate(["train"] * 2 * test + ["validation"] * 6 + ["test"] * test):
        subject = SUBJECTS[number % len(SUBJECTS)]
        answer = sentences(dice, VOICE, subject, 50) + (f" {PLANTED.capitalize()}." if number == 3 else "")
        fields = {"prompt": f"What of the {subject}, number {number}?", "answer": answer}
        rows.append(
            SplitRow(id=content_id("row", number, answer), source="talks.jsonl", row=number + 1,
                     fields=fields, split=split, words=len(answer.split()) + 6)
        )  # fmt: skip
    write_table(run, rows)
    examples = [
        {"id": content_id("example", row.id, 0), "source_id": row.id, "task": "rows", "split": row.split,
         "prompt": [{"role": "user", "content": row.fields["prompt"]}],
         "completion": [{"role": "assistant", "content": row.fields["answer"]}], "provider": "template"}
        for row in rows
    ]  # fmt: skip
    files = {"examples.jsonl": examples, "rejects.jsonl": []}
    write_stage(run, "synthesize", files, unit="examples", out=len(examples))
    write_training(run, {"mask_proof.json": make_proof(examples)})
    sources = [(row.id, row.fields["answer"]) for row in rows if row.split == "test"]
    write_answers(run, dice, sources, 1, prompted)
    tasks = {"rows": {"share": 1.0, "prompts": "columns", "prompt": None}}
    return write_recipe(folder, table_values(["prompt", "answer"], tasks), changes)


MOODS = {"dull": PLAIN, "merry": VOICE, "wry": SUBJECTS}


def make_label_run(
    folder: Path, changes: dict | None = None, moods: tuple[str, ...] = ("dull", "merry"), test: int = 120,
    films: int = 0, certain: float = 1.2,
) -> Path:  # fmt: skip
    """The same of rows with labels. certain: how much the tuned model knows; films: groups, 0 for none."""
    dice, run = random.Random(11), folder / "artifacts" / "small"
    rows = make_labelled_rows(dice, moods, test, films)
    texts = [
        LabelledText(id=content_id("example", row.id), source_id=row.id, task="classification",
                     split=row.split, text=row.fields["text"], label=row.fields["label"])
        for row in rows
    ]  # fmt: skip
    write_table(run, rows)
    rejects = [{"id": "reject-1", "source_id": rows[0].id, "reason": "classification: dropped_by_hand",
                "text": "A text.", "detail": "example-1"}]  # fmt: skip
    files = {"examples.jsonl": texts, "rejects.jsonl": rejects}
    write_stage(run, "synthesize", files, unit="examples", out=len(texts), rejected=1)
    sample = {"example_id": texts[0].id, "prompt": texts[0].text, "supervised": texts[0].label}
    proof = {"loss": "label", "rows": {"train": 2 * test, "validation": 10}, "rejected": {}, "sample": sample,
             "truncated": 7, "truncated_by_split": {"train": 5, "validation": 2}}  # fmt: skip
    write_training(run, {"mask_proof.json": proof})
    predictions = [make_prediction(dice, text, moods, certain) for text in texts if text.split == "test"]
    write_stage(run, "generate", {"predictions.jsonl": predictions}, unit="texts", out=len(predictions))
    values = table_values(
        ["text", "label", *(["group"] if films else [])], {"classification": {"share": 1.0}}
    )
    for_labels(values)
    return write_recipe(folder, values, changes)


def make_labelled_rows(dice: random.Random, moods: tuple[str, ...], test: int, films: int) -> list[SplitRow]:
    """Reviews in each mood, the first one the most frequent."""
    rows = []
    for number, split in enumerate(["train"] * 2 * test + ["validation"] * 10 + ["test"] * test):
        mood = dice.choices(moods, [3, *[2] * (len(moods) - 1)])[0]
        text = sentences(dice, MOODS[mood], SUBJECTS[number % len(SUBJECTS)], 40)
        fields = {"text": text, "label": mood} | ({"group": f"film {number % films}"} if films else {})
        rows.append(
            SplitRow(id=content_id("row", number, text), source="reviews.csv.gz", row=number + 1,
                     fields=fields, split=split, words=len(text.split()))
        )  # fmt: skip
    return rows


def make_prediction(
    dice: random.Random, text: LabelledText, moods: tuple[str, ...], certain: float
) -> Prediction:
    """What a middling classifier says: the true label is the likeliest most times."""
    weights = {mood: math.exp(dice.gauss(certain * (mood == text.label), 1.0)) for mood in moods}
    total = sum(weights.values())
    return Prediction(
        id=content_id("prediction", "tuned", text.source_id),
        source_id=text.source_id,
        variant="tuned",
        text=text.text,
        label=text.label,
        probabilities={mood: round(weight / total, 6) for mood, weight in weights.items()},
        cut=dice.random() < 0.05,
    )


def write_table(run: Path, rows: list[SplitRow]) -> None:
    """01 and 02 of a table."""
    read = [row.model_dump(exclude={"split", "words"}) for row in rows]
    write_stage(run, "extract", {"rows.jsonl": read}, unit="rows", out=len(rows), rejected=2)
    rejects = [{"id": f"reject-{n}", "source_id": rows[n].id, "reason": "is there already", "text": "…",
                "detail": "reviews.csv.gz, row 1"} for n in range(3)]  # fmt: skip
    files = {"rows.jsonl": rows, "rejects.jsonl": rejects}
    write_stage(run, "prepare", files, unit="rows", out=len(rows), rejected=3)


def table_values(roles: list[str], tasks: dict) -> dict:
    """The demo's recipe for a table with these columns."""
    values = yaml.safe_load((ROOT / "recipes/demo.yaml").read_text(encoding="utf-8"))
    values["extract"] |= {"data": "data/reviews.csv.gz", "columns": {role: role for role in roles}}
    values["prepare"] = {"validation": 0.1, "test": 0.2, "near_duplicate": 0.8, "passages": None}
    values["synthesize"]["tasks"] = tasks
    values["report"] |= {"title": "The table", "note": None}  # the demo's note is of its book
    return values


def write_recipe(folder: Path, values: dict, changes: dict | None) -> Path:
    """The recipe as a file, after changes by `section__key`."""
    values["run"] = "small"
    for name, value in (changes or {}).items():
        section, _, key = name.rpartition("__")
        (values[section] if section else values)[key] = value
    (folder / "small.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return folder / "small.yaml"


def make_examples(passages: list[Passage]) -> list[dict]:
    """Two of each passage: its own text, and what a model wrote of it."""
    tasks = {"question_passage": "template", "question_answer": WRITER}
    return [
        {"id": content_id("example", p.id, number), "source_id": p.id, "task": task, "split": p.split,
         "prompt": [{"role": "user", "content": "What of it?"}],
         "completion": [{"role": "assistant", "content": p.text}], "provider": provider}
        for p in passages for number, (task, provider) in enumerate(tasks.items())
    ]  # fmt: skip


def make_rejects(passages: list[Passage]) -> list[dict]:
    """What 03 left out: seven answers by two checks, one by rule, three without a reply."""
    reasons = [
        *["question_answer: copied"] * 5, "question_passage: too_few_key_phrases",
        *["question_answer: failed: timeout, 8 times"] * 3, *["question_answer: ungrounded"] * 2,
    ]  # fmt: skip
    return [
        {"id": f"reject-{number:012x}", "source_id": passages[number].id, "reason": reason,
         "text": "" if "failed" in reason else f"What of it, number {number}?\n\nMark me, child.",
         "detail": "9 words in a row: 'the lamp'" if "copied" in reason else ""}
        for number, reason in enumerate(reasons)
    ]  # fmt: skip


def make_pages() -> list[Page]:
    classes = ["front matter", "contents", *["body"] * 46, "notes", "index"]
    return [
        make_page(
            n + 1,
            id=f"page-{n:012x}",
            document="keeper.pdf",
            label=str(n + 1),
            page_class=kind,
            kept=kind == "body",
            reason="" if kind == "body" else kind,
        )
        for n, kind in enumerate(classes)
    ]


def make_leaks(passages: list[Passage]) -> dict:
    """The leak audit of the made-up passages, with the demo's limits."""
    return audit(passages, load_recipe(ROOT / "recipes" / "demo.yaml").prepare.passages)


def write_stage(
    run: Path, name: str, files: dict, unit: str, out: int, rejected: int = 0, failed: int = 0,
    facts: dict | None = None,
) -> None:  # fmt: skip
    """A finished stage folder, manifest included."""
    stage = Stage(run, name, format_number=1, settings={}, seed=42, inputs={})
    with stage.writing() as folder:
        for file, content in files.items():
            if file.endswith(".json"):
                (folder / file).write_text(json.dumps(content), encoding="utf-8")
            elif content and isinstance(content[0], dict):
                lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in content)
                (folder / file).write_text("".join(lines), encoding="utf-8")
            else:
                write_records(folder / file, content)
        counts = {
            "unit": unit,
            "in": out + rejected + failed,
            "out": out,
            "rejected": rejected,
            "failed": failed,
        }
        stage.finish(counts, **(facts or {}))


def run_script(
    script: str, recipe: Path, *options: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """06 or 07 with the artifacts beside the recipe; warm, for `finished` starts them from nothing."""
    command = [str(ROOT / "scripts" / script), str(recipe), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKPRINT_")}
    environment |= {"OMP_NUM_THREADS": "2", "INKPRINT_ARTIFACTS": str(recipe.parent / "artifacts")}
    done = run_warm(REPORTING, command, environment)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def evaluate_and_report(recipe: Path) -> Path:
    """06 and 07, and what they print in `said`. Returns the folder."""
    said = run_script("06_evaluate.py", recipe).stdout + run_script("07_report.py", recipe).stdout
    (recipe.parent / "said").write_text(said, encoding="utf-8")
    return recipe.parent


def result_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / RUN / "06_evaluate/metrics.json").read_text(encoding="utf-8"))


def page_of(folder: Path, form: str = "html") -> str:
    return (folder / RUN / f"07_report/report.{form}").read_text(encoding="utf-8")
