"""The report of chats: the verdict on answers and likelihoods, prompts side by side, and the figures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.evaluate.variants import VARIANTS
from inkprint.jsonl import read_records
from inkprint.records import Answer, Example, Recital, Score
from inkprint.report import checks, extremes, judged, verdict
from inkprint.report.examples import Made
from inkprint.report.facts import read_json
from inkprint.report.gains import sort_out

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from inkprint.recipe import Recipe

TEMPLATE = "chats"
JUDGEMENTS = "06_evaluate/judgements.jsonl"
LOSS_UNIT = "nats per token"
CALLED = {"base": "the base", "prompted": "the prompted base"}  # what tuned is held against
INPUTS = (
    "05_generate/answers.jsonl",
    "06_evaluate/recitals.jsonl",
    "06_evaluate/words.json",
)
FIGURES = {
    "voice": ("The voice line", "Ticks: what other authors' books score while their author is unknown. The"
              " bar runs from their mean, the floor, to the author's unseen chapters, the ceiling. Dots:"
              " means with 95 % intervals. The first row is the mean of the four signals."),
    "perplexity": ("Perplexity per {one}", "Each held-out {one} twice. Lines and bands: all {unit}"
                   " together with the 95 % interval. Lower is better."),
    "similarity": ("Similarity per prompt", "TF-IDF cosine of each answer with what the author wrote there;"
                   " 1 would be the same words. Higher is closer."),
    "keywords": ("Keyword density", "A dot is an answer, or the author's own text for its prompt."
                 " Cross: mean and 95 % interval."),
    "responses": ("Response characteristics", "A dot is an answer, or the author's own text for its prompt."
                  " Cross: mean and 95 % interval."),
    "clouds": ("Word clouds", "The most frequent words, larger where more frequent; English function words"
               " are left out."),
    "heatmap": ("Keywords, one by one", "How often each keyword comes in a thousand words of all that a"
                " variant says, which is as many words as its head tells. The shade goes by the logarithm."),
    "radar": ("All at a glance", ""),  # radar_caption
    "marks": ("The judge's marks", "How many texts got which mark, from 1 to 10. Instruction: the prompt's"
              " own text, judged as if it were an answer."),
    "boxes": ("The judge's marks, in quartiles", "Line: median. Box: the middle half. Whiskers: the farthest"
              " mark within 1.5 boxes; dots: what lies beyond."),
}  # fmt: skip


def read_examples(path: Path) -> list[Made]:
    """Of each example its task, its split and who wrote of it what was not there."""
    return [Made(example.task, example.split, example.provider) for example in read_records(path, Example)]


def describe(
    recipe: Recipe, inputs: dict[str, Path], result: dict[str, Any], places: Mapping[str, str]
) -> dict[str, Any]:
    """What the template needs beside metrics.json. places: of each passage or row where it stands."""
    answers = list(read_records(inputs["05_generate/answers.jsonl"], Answer))
    recitals = list(read_records(inputs["06_evaluate/recitals.jsonl"], Recital))
    told = checks.rows(result, inputs)
    scores = read_records(inputs["06_evaluate/scores.jsonl"], Score)
    metrics, primary = result["metrics"], result["primary"]
    named = extremes.find(metrics, primary, scores, recitals, result["method"]["recital_words"])
    variants = [name for name in VARIANTS if name in metrics["ended"]["means"]]
    return {
        "checks": told,
        "checks_failed": checks.failed(told),
        "recital_words": result["method"]["recital_words"],
        "voice_line": result["voice"],
        "apart": signals_apart(metrics),
        "judged": judged.describe(result, inputs.get(JUDGEMENTS), recipe.report.answers_shown),
        "judge_figures": judged.FIGURES,
        "sentences": verdict.verdict_sentences(result),
        "changes": sort_out(metrics, primary, [(name, CALLED[name]) for name in variants if name in CALLED]),
        "named": [
            shown | {"notes": named[shown["example"].example_id]}
            for shown in _prompts(answers, recitals, places, list(named))
        ],
        "prompts": side_by_side(answers, recitals, places, recipe.report.answers_shown, recipe.seed, named),
        "prompts_in_all": len({answer.example_id for answer in answers}),
        "variants": variants,
    }


def signals_apart(metrics: dict[str, Any]) -> str:
    """Signals of the voice that point another way than the voice itself, with their words; "" for none."""
    if not metrics.get("voice", {}).get("against"):
        return ""
    whole = metrics["voice"]["against"]["base"]["verdict"]
    said = {
        metric["title"].removeprefix("Voice: "): metric["against"]["base"]["verdict"]
        for name, metric in metrics.items()
        if name.startswith("voice_") and name != "voice_unrecited"
    }
    return ", ".join(f"{signal} says {verdict}" for signal, verdict in said.items() if verdict != whole)


def draw(
    inputs: dict[str, Path], result: dict[str, Any], seed: int
) -> Iterator[tuple[str, tuple[str, str], Figure]]:
    """Name, title and caption, and figure, in the report's order."""
    from inkprint.report import figures

    scores = figures.by_item(list(read_records(inputs["06_evaluate/scores.jsonl"], Score)))
    words, unit = read_json(inputs["06_evaluate/words.json"]), result["method"]["unit"]
    for name, figure in figures.draw_all(scores, result, words, seed):
        title, caption = (text.format(unit=unit, one=unit.removesuffix("s")) for text in FIGURES[name])
        yield name, (title, caption or radar_caption(result["radar"])), figure


def lines(result: dict[str, Any]) -> list[tuple[str, str]]:
    """For the terminal."""
    return verdict.three_lines(result)


def side_by_side(
    answers: list[Answer],
    recitals: list[Recital],
    places: Mapping[str, str],
    shown: int,
    seed: int,
    apart: Collection[str] = (),
) -> list[dict[str, Any]]:
    """`shown` prompts drawn by seed, each with what every variant and the author say to it.

    apart: ids of examples that stand elsewhere on the page and are not drawn again.
    """
    sources = {answer.example_id: answer.source_id for answer in answers if answer.example_id not in apart}
    order = random.Random(seed).sample(sorted(sources), len(sources))
    # As many passages as there are to see, before a second prompt of the same one.
    turns: Counter[str] = Counter()
    turn_of = {}
    for example_id in order:
        turn_of[example_id] = turns[sources[example_id]]
        turns[sources[example_id]] += 1
    drawn = sorted(order, key=lambda example_id: turn_of[example_id])[:shown]
    return _prompts(answers, recitals, places, drawn)


def _prompts(
    answers: list[Answer], recitals: list[Recital], places: Mapping[str, str], wanted: list[str]
) -> list[dict[str, Any]]:
    """These examples, in this order."""
    of_prompt: dict[str, dict[str, Answer]] = {}
    for answer in answers:
        of_prompt.setdefault(answer.example_id, {})[answer.variant] = answer
    runs = {(recital.example_id, recital.variant): recital for recital in recitals}
    return [
        {
            "voices": [
                (variant, _voice(of_prompt[example_id][variant], runs, places))
                for variant in VARIANTS
                if variant in of_prompt[example_id]
            ],
            "place": places[of_prompt[example_id]["base"].source_id],
            "example": of_prompt[example_id]["base"],
            "notes": [],
        }
        for example_id in wanted
    ]


def _voice(answer: Answer, runs: dict[tuple[str, str], Recital], places: Mapping[str, str]) -> dict[str, Any]:
    """An answer cut at its longest verbatim run: before, run, after."""
    run = runs[answer.example_id, answer.variant]
    return {
        "answer": answer,
        "before": answer.answer[: run.start],
        "run": answer.answer[run.start : run.end],
        "after": answer.answer[run.end :],
        "words": run.words,
        "source": places.get(run.train_source_id, ""),
    }


def radar_caption(radar: list[dict[str, Any]]) -> str:
    """How each axis was brought to 0 to 1, in words."""
    titles: dict[str, list[str]] = {}
    for axis in radar:
        titles.setdefault(axis["rule"], []).append(axis["title"])
    rules = "; ".join(f"{', '.join(names)}: {rule}" for rule, names in titles.items())
    return (
        f"Means brought to 0 to 1, the rim is 1. {rules}.{_unmeasured(radar)}"
        " For the eye only; the table has the numbers."
    )


def _unmeasured(radar: list[dict[str, Any]]) -> str:
    """A sentence for each variant that some axis has no value of."""
    said = ""
    for variant in VARIANTS:
        lacking = [axis["title"] for axis in radar if axis.get(variant, 0) is None]
        if lacking:
            said += f" There is no {variant} value for {', '.join(lacking)}: its line passes there dashed."
    return said
