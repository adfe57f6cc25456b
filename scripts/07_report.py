"""Show what the tuning did: one HTML file that needs nothing else, Markdown beside it, figures as files.

Reads   06_evaluate/metrics.json, scores.jsonl; of chats recitals.jsonl, words.json, too
        05_generate/answers.jsonl     what each variant says; of labels predictions.jsonl
        04_train/training_log.jsonl   {"step": 10, "epoch": 0.42, "loss": 2.31, …} and
                                      {"step": 20, "epoch": 0.8, "validation_loss": 2.5, …}
        04_train/mask_proof.json      {"rows": {…}, "supervised_tokens": 9000, "sample": {…}, …}
        04_train/samples.jsonl        where there is one: {"step": 20, "prompt": […], "answer": "…", …}
        03_synthesize/examples.jsonl, rejects.jsonl
        01_extract/documents.jsonl, 02_prepare/passages.jsonl, leaks.json; of tables 02_prepare/rows.jsonl;
        every stage's manifest.json, for time, memory, versions, keys, who wrote the examples
Writes  07_report/report.html         light and dark, for screen, phone and paper; no script, no network
        07_report/report.md
        07_report/MODEL_CARD.md       what goes with the weights
        07_report/figures/*.png, *.svg

    python scripts/07_report.py recipes/demo.yaml

Time: some 8 seconds. Memory: under 400 MB.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.recipe import ROOT, EvaluateLabels, Recipe
from inkprint.report import chats, documents, labels, rows

INPUTS = (
    "03_synthesize/examples.jsonl",
    "03_synthesize/rejects.jsonl",
    "04_train/training_log.jsonl",
    "04_train/mask_proof.json",
    "06_evaluate/metrics.json",
    "06_evaluate/scores.jsonl",
)
OPTIONAL = ("04_train/samples.jsonl", "06_evaluate/judgements.jsonl")  # where there are any
SAMPLES = OPTIONAL[0]


def choose(recipe: Recipe) -> tuple[ModuleType, ModuleType]:
    """What is shown, chats or labels, and of what data, documents or rows."""
    evidence = labels if isinstance(recipe.evaluate, EvaluateLabels) else chats
    return evidence, documents if recipe.extract.columns is None else rows


def make_stage(command: Command, evidence: ModuleType, data: ModuleType) -> Stage:
    recipe = command.recipe
    # In the order of the stages: of what is missing, the first is named.
    inputs = command.inputs(*sorted((*INPUTS, *evidence.INPUTS, *data.INPUTS)))
    inputs |= {name: path for name, path in command.inputs(*OPTIONAL).items() if path.exists()}
    return Stage(
        run_folder=command.run_folder,
        name="report",
        format_number=5,
        settings={
            "report": recipe.report.model_dump(),
            "evaluate": recipe.evaluate.model_dump(include={"primary_metric", "max_recited_share"}),
        },
        seed=recipe.seed,
        inputs=inputs,
        script=command.script,
    )


def identify(command: Command) -> dict[str, Any]:
    """Which run this is and how to repeat it."""
    recipe, path = command.recipe, command.recipe_path.resolve()
    return {
        "author": recipe.author,
        **recipe.report.model_dump(include={"title", "note"}),
        "run": recipe.run,
        "seed": recipe.seed,
        "base_model": describe_base(recipe),
        "recipe_path": path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name,
        "recipe_text": path.read_text(encoding="utf-8"),
    }


def describe_base(recipe: Recipe) -> str:
    if recipe.model is None:
        return "none: bag of words and logistic regression"
    return recipe.model.base + (f" at {recipe.model.revision}" if recipe.model.revision else "")


def describe_data(
    command: Command, inputs: dict[str, Path], evidence: ModuleType, data: ModuleType
) -> dict[str, Any]:
    """What was read and how it was split, what was left out, and how the examples were made."""
    from inkprint.report import facts
    from inkprint.report.examples import how_made

    examples = evidence.read_examples(inputs["03_synthesize/examples.jsonl"])
    return data.describe(inputs, examples) | {
        "data": data.TEMPLATE,
        "rejects": facts.reject_reasons(command.run_folder),
        "making": how_made(examples, inputs["03_synthesize/rejects.jsonl"], command.recipe.seed),
    }


def describe_training(stages: list[dict[str, Any]], proof: dict[str, Any]) -> list[tuple[str, str]]:
    """What 04's manifest and mask proof tell, each with its name; what is not there is left out."""
    from inkprint.report.numbers import percent
    from inkprint.report.page import memory

    train = next((row for row in stages if row["stage"].endswith("train")), {})
    cut = proof.get("truncated_by_split", {}).get(
        "train", proof.get("truncated")
    )  # only texts with labels are
    lost = proof.get("lost_characters", 0) + proof.get("lost_prompt_characters", 0)
    loss, count, rate = "{:.3f}".format, "{:,}".format, "{:,.0f}".format
    known = {
        "Steps": (train.get("steps"), count),
        "Epochs": (train.get("epochs"), "{:.3g}".format),
        "Step that landed": (train.get("best_step"), count),
        "Rows at a time": (train.get("batch_size"), count),
        "Such batches a step": (train.get("accumulation_steps"), count),
        "Ran out of memory": (train.get("out_of_memory") or None, told_shortages),
        "Processes": (train.get("processes"), count),
        "Features": (train.get("features"), count),
        "Trainable parameters": (train.get("trainable_parameters"), count),
        "All parameters": (train.get("total_parameters"), count),
        "Adapter": (train.get("adapter_bytes"), memory),
        "Model": (train.get("model_bytes", train.get("linear_bytes")), memory),
        "Tokens seen": (train.get("train_tokens"), count),
        "Tokens per second": (train.get("tokens_per_second"), rate),
        "Padding": (train.get("padding_share"), lambda share: f"{percent(share)} of tokens"),
        "Loss at the end": (train.get("final_loss"), loss),
        "Validation loss at first": (train.get("first_validation_loss"), loss),
        "Validation loss at best": (train.get("best_validation_loss"), loss),
        "Rows learned from": (proof["rows"].get("train"), count),
        "Of these cut off": (cut, count),
        "Characters lost by the tokenizer": (lost or None, count),
        "Tokens in the loss": (proof.get("supervised_tokens"), count),
        "Tokens only read": (proof.get("prompt_tokens"), count),
    }
    return [(name, shown(value)) for name, (value, shown) in known.items() if value is not None]


def told_shortages(batches: list[str]) -> str:
    """batches: what memory ran out with, each rows at a time x how often a step."""
    return f"with {', then with '.join(batches)} rows a step; from there on fewer at a time, as many a step"


def describe_stages(run_folder: Path, result: dict[str, Any]) -> dict[str, Any]:
    """Time, memory, cost, versions and keys out of the manifests."""
    from inkprint.report import facts

    rows = facts.stage_rows(run_folder)
    commits = list(dict.fromkeys(row["commit"] for row in rows))
    return {
        "stages": rows,
        "cost": facts.cost(rows, result.get("judge", {}).get("dollars")),
        "versions": facts.versions(rows),
        "commit": ", ".join(commits),
    }


def draw(
    inputs: dict[str, Path],
    result: dict[str, Any],
    seed: int,
    evidence: ModuleType,
    data: ModuleType,
    folder: Path,
) -> list[dict[str, Any]]:
    """Draw every figure into `folder`; returns what the page shows of each, and in which section."""
    from markupsafe import Markup
    from matplotlib import rc_context

    from inkprint.report import style, training

    drawn = []
    with rc_context(style.SETTINGS):
        sections = {
            "evidence": evidence.draw(inputs, result, seed),
            "training": training.draw(inputs["04_train/training_log.jsonl"], evidence.LOSS_UNIT),
            "data": data.draw(inputs),
        }
        for section, figures in sections.items():
            for name, (title, caption), figure in figures:
                svg = Markup(style.save(figure, folder, name))
                drawn.append(
                    {"section": section, "name": name, "title": title, "caption": caption, "svg": svg}
                )
    return drawn


def main(command: Command) -> None:
    recipe = command.recipe
    evidence, data = choose(recipe)
    stage = make_stage(command, evidence, data)
    if command.settled(stage):
        return
    from inkprint.report import facts, model_card, page, training

    inputs = stage.inputs
    result = facts.read_json(inputs["06_evaluate/metrics.json"])
    context = result | identify(command) | describe_stages(command.run_folder, result)
    context |= describe_data(command, inputs, evidence, data)
    context |= evidence.describe(recipe, inputs, result, data.places(inputs))
    proof = facts.read_json(inputs["04_train/mask_proof.json"])
    context |= {
        "proof": proof,
        "training": describe_training(context["stages"], proof),
        "samples": training.read_samples(inputs.get(SAMPLES)),
        "style": page.style(),
    }
    context |= model_card.describe(recipe, context)
    with stage.writing() as folder:
        context["figures"] = draw(inputs, result, recipe.seed, evidence, data, folder / "figures")
        for form in ("html", "md"):
            text = page.render(f"{evidence.TEMPLATE}.{form}.j2", context)
            (folder / f"report.{form}").write_text(text, encoding="utf-8")
        card = page.render("model_card.md.j2", context)
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        number = len(context["figures"])
        stage.finish({"unit": "figures", "in": number, "out": number, "rejected": 0, "failed": 0})
    for name, line in evidence.lines(result):
        print(f"   {name:<22}{line}")
    print(f"   {'Report':<22}{stage.folder / 'report.html'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
