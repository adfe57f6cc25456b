"""The honesty checks in words: what was done, what came out, what would have been wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inkprint.evaluate.check import CANNOT_TELL, FAILED, OTHER, OWN, PASSED
from inkprint.evaluate.metrics import COPIED_WORDS
from inkprint.jsonl import read_records
from inkprint.records import Example, LabelledText
from inkprint.report.facts import read_json
from inkprint.report.numbers import bounds, number, percent, shared, unit
from inkprint.words import words

CALLED = {"shuffled_labels": "dealt", "truth": "the truth", "wrong": "its opposite"}
ALARMS_WRONG = (
    "If more than 10 in 100 said anything, a verdict of this page would be chance more often than said."
)
WORDS = {
    "shuffled": (
        "Shuffled answers lose their questions",
        "The tuned model's answers, dealt at random to the prompts of other {unit}.",
        "If answers led back as well to what they were not asked, the measure would not see what was asked.",
    ),
    "echo": (
        "An echo is no answer",
        "Every question said again, as if that were the answer.",
        "If an echo led to its question over twice as well as chance, or were more like the author than what"
        " the base says, to repeat would look like answering.",
    ),
    "recital": (
        "A model that recites is seen",
        "{Unit} of the training text, as they are, as if a model had answered so.",
        "If they were not told to be copied, or kept a voice without their recital, what a model knows by"
        " heart would pass for its style.",
    ),
    "planted": (
        "Planted words are found",
        "{recital_words} words of the training text, put into the middle of every answer of the tuned model.",
        "If one were not found, answers could recite unseen.",
    ),
    "voice_ends": (
        "The voice tells books that it did not learn",
        "{how}.",
        "If another author scored as high as the author's own text, nearer to the author would mean nothing.",
    ),
    "false_alarms": (
        "No difference, no verdict",
        "{reports} reports made of this run's scores, base and tuned swapped in some half of the {unit}:"
        " all that they say is false.",
        ALARMS_WRONG,
    ),
    "shuffled_labels": (
        "Labels dealt at random are wrong",
        "What the tuned model says of the texts, dealt to them at random, {deals} times. Brackets behind"
        " dealt: 95 of 100 deals.",
        "If it scored as well as what is said of the right texts, the score would not see the texts.",
    ),
    "ends": (
        "The truth scores best and its opposite worst",
        "Every text's own label, as if a model were sure of it, and a wrong one.",
        "If either missed its end of the scale, the numbers between would mean nothing.",
    ),
    "unseen": (
        "Held-out texts are unseen",
        "Each held-out text, by its words without case and punctuation, looked for among the train texts.",
        "A text that was learned from is known by heart; that tells nothing of a new one.",
    ),
    "swapped_labels": (
        "No difference, no verdict",
        "{reports} reports in which the tuned model and what it is held against swapped what they say of some"
        " half of the {unit}: all that they say is false. A verdict asks for p and interval; here p alone"
        " counts, so these are the most.",
        ALARMS_WRONG,
    ),
}  # fmt: skip


def rows(result: dict[str, Any], inputs: dict[str, Path]) -> list[dict[str, Any]]:
    """Of each check its title, what was done and what for, lines of what came out, its state and why."""
    made = []
    for check in result["checks"]:
        title, done, wrong = WORDS[check["name"]]
        made.append(
            {"title": title, "done": done.format(**_names(check, result)), "wrong": wrong,
             "out": lines(check, result), "state": check["state"], "why": check["why"]}
        )  # fmt: skip
    if "02_prepare/leaks.json" in inputs:
        made.append(leak_audit(read_json(inputs["02_prepare/leaks.json"])))
    proof, examples = read_json(inputs["04_train/mask_proof.json"]), inputs["03_synthesize/examples.jsonl"]
    return [*made, (label_proof if proof["loss"] == "label" else mask_proof)(proof, examples)]


def leak_audit(leaks: dict[str, Any]) -> dict[str, Any]:
    """02's audit of the test split as a check."""
    test, limits = leaks["splits"]["test"], leaks["limits"]
    within = all(test[name]["max"] <= limits[name] for name in ("run_words", "gram_share"))
    told = {
        "longest run of words": "run_words",
        f"share of {leaks['gram_words']}-grams": "gram_share",
    }
    return {
        "title": "Held-out text is unseen",
        "done": "The leak audit: the most that any held-out passage shares with train. More under Data.",
        "wrong": "Above a limit held-out text is train text, and what is measured on it is recital.",
        "out": [
            f"{said}: {shared(name, test[name]['max'])}, limit {shared(name, limits[name])}"
            for said, name in told.items()
        ],
        "state": PASSED if within else FAILED,
        "why": "",
    }


def mask_proof(proof: dict[str, Any], examples: Path) -> dict[str, Any]:
    """04's proof as a check: what was decoded from training's labels is the answer of that example."""
    shown, lost = proof["sample"], proof.get("lost_characters", 0)
    example = next((e for e in read_records(examples, Example) if e.id == shown["example_id"]), None)
    learned, read = (f" {' '.join(words(shown[name]))} " for name in ("supervised", "prompt"))
    answer = f" {' '.join(words(example.completion[0].content))} " if example else ""
    state, why = PASSED, ""
    if example is None:
        state, why = CANNOT_TELL, "the example is no longer there"
    elif not answer.strip():
        state, why = CANNOT_TELL, "the answer has no words"
    elif answer not in learned or (len(answer.split()) >= COPIED_WORDS and answer in read):
        state, why = (CANNOT_TELL, "the tokenizer loses characters") if lost else (FAILED, "")
    return {
        "title": "What was learned is what was to be learned",
        "done": "The mask proof: an example, decoded from the labels of training: see Training.",
        "wrong": "An answer outside the loss was not learned; a prompt inside it was.",
        "out": [
            f"tokens in the loss: {proof['supervised_tokens']:,}, only read: {proof['prompt_tokens']:,}",
            f"loss on: {'the answer' if proof['loss'] == 'answer' else 'all of it'}",
        ],
        "state": state,
        "why": why,
    }


def label_proof(proof: dict[str, Any], examples: Path) -> dict[str, Any]:
    """04's proof of a classifier as a check: the first text that it learned from has the label of 03's."""
    shown = proof["sample"]
    example = next((e for e in read_records(examples, LabelledText) if e.id == shown["example_id"]), None)
    state, why = PASSED, ""
    if example is None:
        state, why = CANNOT_TELL, "the example is no longer there"
    elif example.label != shown["supervised"] or example.split != "train":
        state = FAILED
    return {
        "title": "What was learned is what was to be learned",
        "done": "The first train text as the model read it, with the label that it learned: see Training.",
        "wrong": "With another text's label, or a held-out text, something else was learned.",
        "out": [f"texts learned from: {proof['rows']['train']:,}"],
        "state": state,
        "why": why,
    }


def failed(checks: list[dict[str, Any]]) -> list[str]:
    """The titles of those that failed, for the head of the page. checks: rows()."""
    return [check["title"] for check in checks if check["state"] == FAILED]


def lines(check: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """What came out, each line one metric's means or one count."""
    facts, metrics = check["facts"], result["metrics"]
    told = []
    for name, means in facts.get("means", {}).items():
        said = [f"{_called(variant)} {_estimate(mean, metrics[name])}" for variant, mean in means.items()]
        if name == "question_recovery" and "chance" in facts:
            said.append(f"chance {number(facts['chance'], metrics[name])}")
        told.append(f"{metrics[name]['title']}: {', '.join(said)}")
    if "unrecited" in facts:
        told.append(
            f"With a voice: {facts['with_voice']} of these texts; without their recital: {facts['unrecited']}"
        )
    if "seen" in facts:
        told.append(f"Also in train: {facts['seen']:,} of {facts['held_out']:,} held-out texts")
    if "reports" in facts:
        told += _alarms(facts, result)
    return told


def _alarms(facts: dict[str, Any], result: dict[str, Any]) -> list[str]:
    metrics, share = result["metrics"], facts["share"]
    compared = (
        f"{facts['comparisons']} comparisons" if "comparisons" in facts else f"{facts['metrics']} metrics"
    )
    within = f"{percent(share['value'])} [{100 * share['low']:.1f}, {100 * share['high']:.1f}]"
    return [
        f"With any verdict: {facts['any']} of {facts['reports']} reports, {within}",
        f"On the primary metric: {facts['primary']}",
        f"Most on one of {compared}: {metrics[facts['worst']]['title']}, {facts['of_worst']}",
    ]


def _estimate(mean: dict[str, Any], metric: dict[str, Any]) -> str:
    return f"{number(mean['value'], metric)}{unit(metric)} {bounds(mean, metric)}".rstrip()


def _called(variant: str) -> str:
    """A variant's name: a book's or another author's without the sign of its side."""
    return CALLED.get(variant, variant.removeprefix(OWN).removeprefix(OTHER))


def _names(check: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """What the words of a check name."""
    method, facts = result["method"], check["facts"]
    how = "The voice learned without the text that it judges"
    if "books" in facts:
        own = "Each book of the author's" if facts["books"] > 1 else "The author's unseen chapters"
        how = (
            f"{own} and each other author, left out in turn while the voice was learned from the rest;"
            f" windows of {facts['window_words']} words"
        )
    return {
        "unit": method.get("unit", method.get("resampled")),
        "Unit": method.get("unit", "").capitalize(),
        "recital_words": method.get("recital_words"),
        "deals": facts.get("deals"),
        "how": how,
        "reports": facts.get("reports", "–"),
    }
