"""The voice of several runs in windows of one length, where their own reports could not agree on one.

06 judges a run in the longest window that most of its answers fill, so that models of different loquacity get
different rulers. Runs of the same passages and the same other authors are judged anew here, in the shortest
of their windows and by what was learned once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inkprint.compare.finished import ANSWERS, Finished
from inkprint.jsonl import read_records
from inkprint.records import Answer, BackgroundPassage, Passage, Score

if TYPE_CHECKING:
    from inkprint.evaluate.voice import Voice

PASSAGES, BACKGROUND = "02_prepare/passages.jsonl", "02_prepare/background.jsonl"


def with_one_voice(runs: Sequence[Finished]) -> list[Finished]:
    """The runs in their order; those of one text whose voices are not of one unit get a common one."""
    groups: dict[tuple[str | None, ...], list[Finished]] = {}
    for run in runs:
        if run.result["metrics"].get("voice", {}).get("items"):
            inputs = run.manifests["evaluate"]["inputs"]
            groups.setdefault((inputs.get(PASSAGES), inputs.get(BACKGROUND)), []).append(run)
    anew: dict[str, Finished] = {}
    for group in groups.values():
        if len({_own_voice(run) for run in group}) > 1:
            anew |= {run.name: run for run in _judged_anew(group)}
    return [anew.get(run.name, run) for run in runs]


def _own_voice(run: Finished) -> tuple[int, str | None]:
    # What was learned from the same texts by the same seed gives the other authors' passages the same scores.
    return run.result["voice"]["window_words"], run.manifests["evaluate"]["outputs"].get("others.jsonl")


def _judged_anew(group: Sequence[Finished]) -> list[Finished]:
    from inkprint.evaluate import voice

    first = group[0]
    length = min(run.result["voice"]["window_words"] for run in group)
    own, unseen = [], {}
    for passage in read_records(first.folder / PASSAGES, Passage):
        if passage.split == "test":
            unseen[passage.id] = passage.text
        elif passage.split == "train" and (window := voice.window(passage.text, length)) is not None:
            own.append(window)
    others: dict[str, list[str]] = {}
    for passage in read_records(first.folder / BACKGROUND, BackgroundPassage):
        if (window := voice.window(passage.text, length)) is not None:
            others.setdefault(passage.author, []).append(window)
    told = voice.learn(own, others, first.recipe.seed)
    return [
        replace(run, scores=run.scores | {"voice": _scores(run, told, unseen, length)}, voice_words=length)
        for run in group
    ]


def _scores(run: Finished, told: Voice, unseen: dict[str, str], length: int) -> dict[str, list[Score]]:
    """By variant, of every answer that is long enough, and of the author's unseen passages."""
    from inkprint.evaluate.answers import make_score
    from inkprint.evaluate.voice import window

    windows: dict[str, list[tuple[Answer, str]]] = {}
    for answer in read_records(run.folder / ANSWERS, Answer):
        texts = {answer.variant: answer.answer}
        if answer.variant == "base":
            texts["reference"] = unseen[answer.source_id]
        for variant, text in texts.items():
            if (begins := window(text, length)) is not None:
                windows.setdefault(variant, []).append((answer, begins))
    return {
        variant: [
            make_score("voice", variant, answer.source_id, answer.example_id, value, 1)
            for (answer, _), value in zip(
                of_variant, told.probabilities([text for _, text in of_variant])["voice"], strict=True
            )
        ]
        for variant, of_variant in windows.items()
    }
