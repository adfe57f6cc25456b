"""Show what the tuning did: one HTML file that needs nothing else, Markdown beside it, figures as files.

Reads   06_evaluate/metrics.json, scores.jsonl, recitals.jsonl, words.json
        05_generate/answers.jsonl     what each variant says
        04_train/training_log.jsonl   {"step": 10, "epoch": 0.42, "loss": 2.31, …} and
                                      {"step": 20, "epoch": 0.8, "validation_loss": 2.5, …}
        04_train/mask_proof.json      {"rows": {…}, "supervised_tokens": 9000, "sample": {…}, …}
        02_prepare/leaks.json         what held-out text shares with train
        03_synthesize/examples.jsonl, rejects.jsonl
        01_extract/documents.jsonl, 02_prepare/passages.jsonl, for counts;
        every stage's manifest.json, for time, memory, versions, keys, who wrote the examples
Writes  07_report/report.html         light and dark, for screen, phone and paper; no script, no network
        07_report/report.md
        07_report/figures/*.png, *.svg

    python scripts/07_report.py recipes/demo.yaml

Time: some 8 seconds. Memory: under 400 MB.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.recipe import ROOT
from inkprint.records import Answer, Example, Passage, Recital, Score, read_records

INPUTS = (
    "01_extract/documents.jsonl",
    "02_prepare/passages.jsonl",
    "02_prepare/leaks.json",
    "03_synthesize/examples.jsonl",
    "03_synthesize/rejects.jsonl",
    "04_train/training_log.jsonl",
    "04_train/mask_proof.json",
    "05_generate/answers.jsonl",
    "06_evaluate/metrics.json",
    "06_evaluate/scores.jsonl",
    "06_evaluate/recitals.jsonl",
    "06_evaluate/words.json",
)


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def identify(command: Command) -> dict[str, Any]:
    """Which run this is and how to repeat it."""
    recipe, path = command.recipe, command.recipe_path.resolve()
    return {
        "author": recipe.author,
        **recipe.report.model_dump(include={"title", "note"}),
        "run": recipe.run,
        "seed": recipe.seed,
        "base_model": recipe.model.base + (f" at {recipe.model.revision}" if recipe.model.revision else ""),
        "recipe_path": path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name,
        "recipe_text": path.read_text(encoding="utf-8"),
    }


def describe_data(command: Command, inputs: dict[str, Path]) -> dict[str, Any]:
    """Pages, splits, what held-out text shares with train, rejects, and how the examples were made."""
    from inkprint.report import facts
    from inkprint.report.examples import how_made

    passages = list(read_records(inputs["02_prepare/passages.jsonl"], Passage))
    examples = list(read_records(inputs["03_synthesize/examples.jsonl"], Example))
    return {
        "pages": facts.page_classes(inputs["01_extract/documents.jsonl"]),
        "splits": facts.splits(passages, examples),
        "leaks": read_json(inputs["02_prepare/leaks.json"]),
        "rejects": facts.reject_reasons(command.run_folder),
        "making": how_made(examples, inputs["03_synthesize/rejects.jsonl"], command.recipe.seed),
    }


def describe_training(stages: list[dict[str, Any]], proof: dict[str, Any]) -> list[tuple[str, str]]:
    """What 04's manifest and mask proof tell, each with its name; what is not there is left out."""
    from inkprint.report.page import memory

    train = next((row for row in stages if row["stage"].endswith("train")), {})
    loss, count, rate = "{:.3f}".format, "{:,}".format, "{:,.0f}".format
    known = {
        "Steps": (train.get("steps"), count),
        "Epochs": (train.get("epochs"), "{:g}".format),
        "Trainable parameters": (train.get("trainable_parameters"), count),
        "All parameters": (train.get("total_parameters"), count),
        "Adapter": (train.get("adapter_bytes"), memory),
        "Tokens seen": (train.get("train_tokens"), count),
        "Tokens per second": (train.get("tokens_per_second"), rate),
        "Loss at the end": (train.get("final_loss"), loss),
        "Validation loss at first": (train.get("first_validation_loss"), loss),
        "Validation loss at best": (train.get("best_validation_loss"), loss),
        "Rows learned from": (proof.get("rows", {}).get("train"), count),
        "Rows cut off": (proof.get("truncated"), count),
        "Tokens in the loss": (proof.get("supervised_tokens"), count),
        "Tokens only read": (proof.get("prompt_tokens"), count),
    }
    return [(name, shown(value)) for name, (value, shown) in known.items() if value is not None]


def describe_stages(run_folder: Path) -> dict[str, Any]:
    """Time, memory, versions and keys out of the manifests."""
    from inkprint.report import facts

    rows = facts.stage_rows(run_folder)
    commits = list(dict.fromkeys(row["commit"] for row in rows))
    return {"stages": rows, "versions": facts.versions(rows), "commit": ", ".join(commits)}


def show_answers(command: Command, inputs: dict[str, Path]) -> dict[str, Any]:
    """The prompts side by side."""
    from inkprint.report.page import side_by_side

    answers = list(read_records(inputs["05_generate/answers.jsonl"], Answer))
    recitals = list(read_records(inputs["06_evaluate/recitals.jsonl"], Recital))
    passages = {p.id: p for p in read_records(inputs["02_prepare/passages.jsonl"], Passage)}
    shown, seed = command.recipe.report.answers_shown, command.recipe.seed
    return {
        "prompts": side_by_side(answers, recitals, passages, shown, seed),
        "prompts_in_all": len({answer.example_id for answer in answers}),
    }


def draw(
    inputs: dict[str, Path], result: dict[str, Any], log: list[dict[str, Any]], seed: int, folder: Path
) -> list[dict[str, Any]]:
    """Draw every figure into `folder`; returns what the page shows of each."""
    from markupsafe import Markup
    from matplotlib import rc_context

    from inkprint.report import figures, page, style

    scores = figures.by_item(list(read_records(inputs["06_evaluate/scores.jsonl"], Score)))
    words = read_json(inputs["06_evaluate/words.json"])
    drawn = []
    with rc_context(style.SETTINGS):
        for name, figure in figures.draw_all(scores, result, words, log, seed):
            title, caption = page.FIGURES[name]
            caption = caption or page.radar_caption(result["radar"])
            svg = Markup(style.save(figure, folder, name))
            drawn.append({"name": name, "title": title, "caption": caption, "svg": svg})
    return drawn


def main(command: Command) -> None:
    recipe = command.recipe
    stage = Stage(
        run_folder=command.run_folder,
        name="report",
        format_number=1,
        settings={
            "report": recipe.report.model_dump(),
            "evaluate.primary_metric": recipe.evaluate.primary_metric,
        },
        seed=recipe.seed,
        inputs=command.inputs(*INPUTS),
        script=command.script,
    )
    if command.settled(stage):
        return
    from inkprint.report import facts, numbers, page

    inputs = stage.inputs
    result = read_json(inputs["06_evaluate/metrics.json"])
    proof = read_json(inputs["04_train/mask_proof.json"])
    log = facts.read_log(inputs["04_train/training_log.jsonl"])
    verdict = result["metrics"], result["primary"], result["method"]["recital_words"]
    context = identify(command) | describe_stages(command.run_folder)
    context |= describe_data(command, inputs) | show_answers(command, inputs)
    context |= {
        **result,
        "recital_words": result["method"]["recital_words"],
        "sentences": numbers.verdict_sentences(*verdict),
        "training": describe_training(context["stages"], proof),
        "proof": proof,
        "style": page.style(),
    }
    with stage.writing() as folder:
        context["figures"] = draw(inputs, result, log, recipe.seed, folder / "figures")
        for name in ("report.html", "report.md"):
            (folder / name).write_text(page.render(f"{name}.j2", context), encoding="utf-8")
        number = len(context["figures"])
        stage.finish({"unit": "figures", "in": number, "out": number, "rejected": 0, "failed": 0})
    for name, line in numbers.three_lines(*verdict):
        print(f"   {name:<22}{line}")
    print(f"   {'Report':<22}{stage.folder / 'report.html'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
