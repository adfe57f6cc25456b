"""What two runs can be held against each other by: the held-out text of both, and metrics of one unit."""

from __future__ import annotations

from collections.abc import Sequence

from inkprint.compare.finished import Finished
from inkprint.errors import UserError
from inkprint.evaluate.intervals import FEWEST_SOURCES

# What is counted in an answer alone, or against held-out text. All else goes by the train text or its words,
# until it is named here.
OF_THE_ANSWER = frozenset(
    "answer_words ended loops markup index_lines digits type_token_ratio moving_type_token_ratio"
    " answered chrf rouge_l".split()
)
TRAIN_TEXT = ("02_prepare/passages.jsonl", "03_synthesize/examples.jsonl")
BACKGROUND = "02_prepare/background.jsonl"


def common_passages(runs: Sequence[Finished]) -> list[str]:
    """Held-out passages or rows that every run has and has scored, in the first one's order.

    Raises UserError where the runs were not tested on the same and too few are left.
    """
    shared = set.intersection(*({*run.held_out} & scored_sources(run) for run in runs))
    if len(shared) < FEWEST_SOURCES and is_cut(runs, len(shared)):
        unit = runs[0].result["method"]["unit"]
        had = ", ".join(f"{run.name} {len(run.held_out)}" for run in runs)
        raise UserError(
            f"the runs were tested on different text: {len(shared)} held-out {unit} are"
            f" common to all (of {had}), fewer than {FEWEST_SOURCES};"
            " compare runs of the same data, seed and prepare section"
        )
    return [source for source in runs[0].held_out if source in shared]


def scored_sources(run: Finished) -> set[str]:
    return {score.source_id for score in run.scores["bits_per_byte"]["base"]}


def is_cut(runs: Sequence[Finished], common: int) -> bool:
    """Whether any run has more held-out text than is common to all."""
    return any(len(run.held_out) > common for run in runs)


def why_not(metric: str, one: Finished, other: Finished, common: Sequence[str]) -> str:
    """Why a metric's values of two runs are not of one unit; "" where they are."""
    if metric == "bits_per_byte" or metric in OF_THE_ANSWER:
        return ""
    if metric == "perplexity":
        same = _weights(one, common) == _weights(other, common)
        return "" if same else "their tokenizers cut the text into different tokens"
    if metric == "voice":
        return _why_other_voice(one, other)
    if any(_input(one, name) != _input(other, name) for name in TRAIN_TEXT):
        return "it goes by each run's own train text, and theirs differ"
    if one.recipe.evaluate.keywords != other.recipe.evaluate.keywords:
        return "their recipes have different keywords"
    if metric.startswith("judge_") and one.recipe.evaluate.judge != other.recipe.evaluate.judge:
        return "their judges, or what they are asked, differ"
    if metric == "keyword_density" and _input(one, BACKGROUND) != _input(other, BACKGROUND):
        return "their keywords were told from different other authors"
    return ""


def asked_otherwise(one: Finished, other: Finished, common: Sequence[str]) -> bool:
    """Whether the two were asked different questions of the same text."""
    return _asked(one, common) != _asked(other, common)


def _why_other_voice(one: Finished, other: Finished) -> str:
    for run in (one, other):
        if not run.result["metrics"].get("voice", {}).get("items"):
            return f"{run.name} has none ({run.result['voice'].get('why', 'no answer was long enough')})"
    if one.voice_words and one.voice_words == other.voice_words and _background(one) == _background(other):
        return ""
    words = [run.voice_words or run.result["voice"]["window_words"] for run in (one, other)]
    if words[0] != words[1]:
        return f"windows of {words[0]} words and of {words[1]}"
    # What was learned from the same texts gives the other authors' passages the same scores.
    if _output(one, "others.jsonl") != _output(other, "others.jsonl"):
        return "it was learned from other texts: the background or the train passages differ"
    return ""


def _background(run: Finished) -> tuple[str | None, str | None]:
    return _input(run, "02_prepare/passages.jsonl"), _input(run, "02_prepare/background.jsonl")


def _weights(run: Finished, common: Sequence[str]) -> dict[str, float]:
    """How many tokens the tokenizer makes of each passage. Two that agree on 20 have one unit."""
    wanted = set(common)
    of_base = run.scores["perplexity"]["base"]
    return {score.source_id: score.weight for score in of_base if score.source_id in wanted}


def _asked(run: Finished, common: Sequence[str]) -> set[str | None]:
    # An example's id is a hash of its passage, its task and all that it asks.
    wanted = set(common)
    return {score.example_id for score in run.scores["answer_words"]["base"] if score.source_id in wanted}


def _input(run: Finished, name: str) -> str | None:
    return run.manifests["evaluate"]["inputs"].get(name)


def _output(run: Finished, name: str) -> str | None:
    return run.manifests["evaluate"]["outputs"].get(name)
