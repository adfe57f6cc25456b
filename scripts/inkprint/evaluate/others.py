"""Where the answers' voice stands between other authors and the author: the scores, the floor, the ceiling.

The floor is what other authors' text scores while its own author is not among those that the signals were
learned from: as the answers are not. The ceiling is what the author's unseen chapters score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkprint.evaluate import voice
from inkprint.evaluate.intervals import Sums, mean_interval, resamples
from inkprint.evaluate.metrics import COPIED_WORDS
from inkprint.evaluate.scores import make_score
from inkprint.evaluate.summary import rounded
from inkprint.records import Answer, BackgroundPassage, Passage, Score
from inkprint.runs import TrainingText, shared_words
from inkprint.words import word_spans

WINDOW_WORDS = (200, 150, 100, 75, 50, 30)  # of these, the most that three in five prompts' answers reach
ENOUGH_PROMPTS = 0.6
FEWEST_WINDOWS = 20  # of an author, to learn from
METRIC_OF = {"voice": "voice"} | {signal: f"voice_{signal}" for signal in voice.SIGNALS}


@dataclass(frozen=True)
class Ruler:
    """What tells the author's voice, in windows of one length, and which words are the training text's."""

    told: voice.Voice
    window_words: int
    learned: TrainingText


@dataclass(frozen=True)
class Judged:
    """The answers' voice by item, the other authors' by passage, and what the report says beside them."""

    scores: list[Score]
    of_others: list[Score]
    facts: dict[str, Any]  # `why` alone, where the voice could not be told
    ruler: Ruler | None = None


def judge_voice(
    answers: Mapping[str, Sequence[Answer]],
    passages: Sequence[Passage],
    others: Sequence[BackgroundPassage],
    learned: TrainingText,
    samples: int,
    seed: int,
) -> Judged:
    """answers: by variant. passages: the author's. others: three authors' or more. learned: train text."""
    unseen = {passage.id: passage.text for passage in passages if passage.split == "test"}
    texts = {variant: [answer.answer for answer in of] for variant, of in answers.items()}
    texts["reference"] = [unseen[answer.source_id] for answer in answers["base"]]
    length = _window_words([of for variant, of in texts.items() if variant != "prompted"])
    if length is None:
        return Judged([], [], {"why": f"answers are too short: under {WINDOW_WORDS[-1]} words"})
    own = _windows((p.text for p in passages if p.split == "train"), length)
    by_author: dict[str, list[BackgroundPassage]] = {}
    for passage in others:
        if voice.window(passage.text, length) is not None:
            by_author.setdefault(passage.author, []).append(passage)
    windows = {author: _windows((p.text for p in of), length) for author, of in sorted(by_author.items())}
    few = [author for author, of in ({"the author": own} | windows).items() if len(of) < FEWEST_WINDOWS]
    if few or len(windows) < 2:
        return Judged([], [], {"why": f"too few passages of {length} words: {', '.join(few) or 'others'}"})
    ruler = Ruler(voice.learn(own, windows, seed), length, learned)
    scores = score_voice(ruler, answers["base"], texts)
    of_others = []
    for author, of_author in windows.items():
        rest = {name: of for name, of in windows.items() if name != author}
        found = voice.learn(own, rest, seed).probabilities(of_author)
        for metric, values in found.items():
            of_others += [
                make_score(METRIC_OF[metric], author, passage.id, None, value, 1)
                for passage, value in zip(by_author[author], values, strict=True)
            ]
    return Judged(scores, of_others, _facts(scores, of_others, length, samples, seed), ruler)


def score_voice(ruler: Ruler, asked: Sequence[Answer], texts: Mapping[str, Sequence[str]]) -> list[Score]:
    """The voice of texts and every signal's, then once more without recital; too short texts have none.

    texts: by variant, in the order of `asked`, whose prompts they answer.
    """
    return _with_recital(ruler, asked, texts) + _without_recital(ruler, asked, texts)


def _with_recital(ruler: Ruler, asked: Sequence[Answer], texts: Mapping[str, Sequence[str]]) -> list[Score]:
    scores = []
    for variant, of_variant in texts.items():
        there = [
            (answer, window)
            for answer, text in zip(asked, of_variant, strict=True)
            if (window := voice.window(text, ruler.window_words)) is not None
        ]
        found = ruler.told.probabilities([window for _, window in there])
        for metric, values in found.items():
            scores += [
                make_score(METRIC_OF[metric], variant, answer.source_id, answer.example_id, value, 1)
                for (answer, _), value in zip(there, values, strict=True)
            ]
    return scores


def _without_recital(
    ruler: Ruler, asked: Sequence[Answer], texts: Mapping[str, Sequence[str]]
) -> list[Score]:
    """The voice once more, without what answers have word for word from the training text."""
    left = {
        variant: [*map(_cut_out, of, shared_words(of, ruler.learned, COPIED_WORDS))]
        for variant, of in texts.items()
    }
    return [
        make_score("voice_unrecited", s.variant, s.source_id, s.example_id, s.value, 1)
        for s in _with_recital(ruler, asked, left)
        if s.metric == "voice"
    ]


def _cut_out(text: str, covered: NDArray[np.bool_]) -> str:
    """A text without the words that are covered."""
    if not covered.any():
        return text
    parts, last = [], 0
    for (_, start, end), gone in zip(word_spans(text), covered, strict=True):
        if gone:
            parts.append(text[last:start])
            last = end
    return "".join([*parts, text[last:]])


def _window_words(texts: Sequence[Sequence[str]]) -> int | None:
    """How many words to judge; None where most answers are shorter than any window."""
    shortest = [min(len(word_spans(text)) for text in of_prompt) for of_prompt in zip(*texts, strict=True)]
    for length in WINDOW_WORDS:
        if sum(words >= length for words in shortest) >= ENOUGH_PROMPTS * len(shortest):
            return length
    return None


def _windows(texts: Any, length: int) -> list[str]:
    return [window for text in texts if (window := voice.window(text, length)) is not None]


def _facts(
    scores: Sequence[Score], of_others: Sequence[Score], length: int, samples: int, seed: int
) -> dict[str, Any]:
    """Floor and ceiling by metric, each other author with an interval, and how well each signal tells."""
    facts: dict[str, Any] = {"window_words": length, "metrics": {}}
    for metric in METRIC_OF.values():
        unseen = {s.source_id: s.value for s in scores if (s.metric, s.variant) == (metric, "reference")}
        by_author: dict[str, list[float]] = {}
        for score in of_others:
            if score.metric == metric:
                by_author.setdefault(score.variant, []).append(score.value)
        authors = {
            name: asdict(_mean(values, samples, seed, f"{metric} {name}"))
            for name, values in by_author.items()
        }
        means = [of["value"] for of in authors.values()]
        facts["metrics"][metric] = {
            "floor": float(f"{np.mean(means):.6g}"),
            "ceiling": float(f"{np.mean(list(unseen.values())):.6g}"),
            "others": authors,
            "tells": _area(list(unseen.values()), by_author),
        }
    return facts


def _mean(values: Sequence[float], samples: int, seed: int, name: str) -> Any:
    sums = Sums(np.array(values), np.ones(len(values)))
    found = mean_interval(sums, "mean", resamples(len(values), samples, seed, name))
    return type(found)(**rounded(found))


def _area(unseen: Sequence[float], by_author: Mapping[str, Sequence[float]]) -> float:
    """How often the author's unseen passage scores above another author's, authors weighing the same."""
    own = np.array(unseen)
    areas = []
    for values in by_author.values():
        other = np.array(values)[None]
        areas.append(float(((own[:, None] > other) + 0.5 * (own[:, None] == other)).mean()))
    return float(f"{np.mean(areas):.4g}")
