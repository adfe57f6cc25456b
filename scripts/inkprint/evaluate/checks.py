"""Honesty checks of a run: answers that must score badly are put in, to see whether they do.

Each check knows what must come out, from this run's own data: its prompts, its train text, its answers. What
it found is `passed` or `failed`, or `cannot tell` where the data cannot bear it, with the reason. The scores
of what was put in stand in checks.jsonl as those of answers do in scores.jsonl, under variants of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from inkprint.evaluate import similarity
from inkprint.evaluate.answers import make_prompts
from inkprint.evaluate.check import CANNOT_TELL, FAILED, PASSED, Check
from inkprint.evaluate.intervals import mean_difference, random_swaps, resamples
from inkprint.evaluate.metrics import COPIED_WORDS, METRICS, RECITAL_WORDS
from inkprint.evaluate.others import Ruler, score_voice
from inkprint.evaluate.scores import make_score
from inkprint.evaluate.summary import mean_of, rounded, sums_of
from inkprint.evaluate.train_text import Texts
from inkprint.evaluate.verdicts import TOO_FEW, verdict
from inkprint.records import Answer, Score
from inkprint.runs import longest_runs, share, shared_words
from inkprint.words import word_spans, words

NEARLY_ALL = 0.99  # of a recital must be told to be one
BEYOND_CHANCE = 2.0  # times as good as chance is more than chance


@dataclass(frozen=True)
class Material:
    """What every check measures with: the run's prompts and texts, and how intervals are drawn."""

    answers: Mapping[str, Sequence[Answer]]
    texts: Texts
    vectorizer: TfidfVectorizer
    ruler: Ruler | None  # of the voice
    samples: int
    seed: int

    @property
    def asked(self) -> Sequence[Answer]:
        return self.answers["base"]

    def said(self, variant: str) -> list[str]:
        return [answer.answer for answer in self.answers[variant]]

    def mean(self, scores: Sequence[Score]) -> dict[str, Any]:
        """The mean of one metric's scores of one variant, with its interval and n."""
        sources = list(dict.fromkeys(score.source_id for score in scores))
        metric = METRICS[scores[0].metric]
        counts = resamples(len(sources), self.samples, self.seed, scores[0].metric)
        found = mean_of(sums_of(scores, sources, metric.link), metric, counts)
        return rounded(found) | {"items": len(scores), "sources": len(sources)}

    def more(self, one: Sequence[Score], other: Sequence[Score]) -> str:
        """The verdict on the first minus the second, paired by passage; higher is better."""
        sources = list(dict.fromkeys(score.source_id for score in one))
        sums = [sums_of(scores, sources, "mean") for scores in (one, other)]
        name = one[0].metric
        counts = resamples(len(sources), self.samples, self.seed, name)
        swaps = random_swaps(len(sources), self.samples, self.seed, name)
        found = mean_difference(*sums, "mean", counts, swaps)
        return verdict(found.low, found.high, found.p, "higher")

    def score(self, metric: str, variant: str, values: Sequence[float]) -> list[Score]:
        """A value for each prompt, in order."""
        return [
            make_score(metric, variant, answer.source_id, answer.example_id, value, 1)
            for answer, value in zip(self.asked, values, strict=True)
        ]


def check_answers(material: Material) -> tuple[list[Check], list[Score]]:
    """All checks that put answers in, and the scores of these answers."""
    checks, scores = [], []
    for check in (check_shuffled, check_echo, check_recital, check_planted):
        found, of_these = check(material)
        checks.append(found)
        scores += of_these
    return checks, scores


def check_shuffled(material: Material) -> tuple[Check, list[Score]]:
    """The tuned model's answers, dealt to other passages' prompts, must lose their questions."""
    name, prompts = "shuffled", make_prompts(list(material.asked), material.vectorizer)
    order = deal([answer.source_id for answer in material.asked], material.seed)
    if prompts is None or order is None:
        why = (
            "too few different prompts were asked" if prompts is None else "too few passages to shuffle among"
        )
        return Check(name, CANNOT_TELL, why), []
    said = material.said("tuned")
    own = material.score("question_recovery", "tuned", prompts.reciprocal_ranks(said))
    dealt = prompts.reciprocal_ranks([said[other] for other in order])
    scores = material.score("question_recovery", name, dealt)
    means, chance = {"tuned": material.mean(own), name: material.mean(scores)}, prompts.by_chance()
    lost = material.more(own, scores)
    why = ""
    if lost == TOO_FEW:
        state, why = CANNOT_TELL, "too few passages for an interval"
    elif lost == "better":
        state = PASSED
    elif no_better_than_chance(means["tuned"], chance):
        state, why = CANNOT_TELL, "the answers hardly lead to their questions: there is little to lose"
    else:
        state = FAILED
    facts = {"means": {"question_recovery": means}, "chance": float(f"{chance:.6g}")}
    return Check(name, state, why, facts), scores


def check_echo(material: Material) -> tuple[Check, list[Score]]:
    """A model that says the question again must not be thought to answer it."""
    name, prompts = "echo", make_prompts(list(material.asked), material.vectorizer)
    said = [answer.prompt[-1].content for answer in material.asked]
    references = [answer.reference for answer in material.asked]
    of = {
        variant: material.score(
            "tfidf_similarity", variant, similarity.similarities(material.vectorizer, texts, references, said)
        )
        for variant, texts in {
            "base": material.said("base"),
            "tuned": material.said("tuned"),
            name: said,
        }.items()
    }
    means: dict[str, Any] = {
        "tfidf_similarity": {variant: material.mean(scores) for variant, scores in of.items()}
    }
    if prompts is None:
        why = "too few different prompts were asked"
        return Check(name, CANNOT_TELL, why, {"means": means}), of[name]
    found = {
        variant: material.score("question_recovery", variant, prompts.reciprocal_ranks(texts))
        for variant, texts in {"tuned": material.said("tuned"), name: said}.items()
    }
    means["question_recovery"] = {variant: material.mean(scores) for variant, scores in found.items()}
    chance, echo = prompts.by_chance(), means["question_recovery"][name]
    scores, facts = [*of[name], *found[name]], {"means": means, "chance": float(f"{chance:.6g}")}
    if echo["low"] is None:
        return Check(name, CANNOT_TELL, "too few passages for an interval", facts), scores
    liked = material.more(of[name], of["base"]) == "better"
    state = FAILED if liked or not no_better_than_chance(echo, chance) else PASSED
    return Check(name, state, "", facts), scores


def check_recital(material: Material) -> tuple[Check, list[Score]]:
    """A model that recites the book: train text as its answers. It must be told."""
    name = "recital"
    long = [text for text in material.texts.train if len(words(text)) >= RECITAL_WORDS]
    if not long:
        return Check(name, CANNOT_TELL, f"no train text has {RECITAL_WORDS} words"), []
    generator = np.random.default_rng([material.seed, 5])
    drawn = generator.permutation(np.resize(np.arange(len(long)), len(material.asked)))
    said = [long[number] for number in drawn]
    runs = [run.words for run in longest_runs(said, material.texts.index)]
    shared = shared_words(said, material.texts.index, COPIED_WORDS)
    scores = material.score("recited", name, [run >= RECITAL_WORDS for run in runs])
    copied = material.score("copied", name, [100 * share(covered) for covered in shared])
    means = {"recited": {name: material.mean(scores)}, "copied": {name: material.mean(copied)}}
    told = (
        means["recited"][name]["value"] >= NEARLY_ALL and means["copied"][name]["value"] >= 100 * NEARLY_ALL
    )
    scores += copied
    facts: dict[str, Any] = {"means": means}
    if (prompts := make_prompts(list(material.asked), material.vectorizer)) is not None:
        found = material.score("question_recovery", name, prompts.reciprocal_ranks(said))
        own = material.score("question_recovery", "tuned", prompts.reciprocal_ranks(material.said("tuned")))
        means["question_recovery"] = {"tuned": material.mean(own), name: material.mean(found)}
        facts["chance"] = float(f"{prompts.by_chance():.6g}")
        told = told and no_better_than_chance(means["question_recovery"][name], facts["chance"])
        scores += found
    if material.ruler is not None:
        of_voice = score_voice(material.ruler, material.asked, {name: said})
        kept = [score for score in of_voice if score.metric in ("voice", "voice_unrecited")]
        left = Counter(score.metric for score in kept)
        if left["voice"]:
            means["voice"] = {name: material.mean([score for score in kept if score.metric == "voice"])}
        facts["with_voice"], facts["unrecited"] = left["voice"], left["voice_unrecited"]
        told = told and left["voice_unrecited"] <= (1 - NEARLY_ALL) * len(said)
        scores += kept
    return Check(name, PASSED if told else FAILED, "", facts), scores


def check_planted(material: Material) -> tuple[Check, list[Score]]:
    """Words of the train text in the middle of the tuned model's answers must be found, at their place."""
    name, generator = "planted", np.random.default_rng([material.seed, 6])
    long = [text for text in material.texts.train if len(words(text)) >= RECITAL_WORDS]
    if not long:
        return Check(name, CANNOT_TELL, f"no train text has {RECITAL_WORDS} words"), []
    said, places = [], []
    for answer in material.said("tuned"):
        spans = word_spans(text := long[generator.integers(len(long))])
        first = generator.integers(len(spans) - RECITAL_WORDS + 1)
        planted = text[spans[first][1] : spans[first + RECITAL_WORDS - 1][2]]
        own = answer.split(" ")
        before = "".join(f"{word} " for word in own[: len(own) // 2])
        said.append(f"{before}{planted} {' '.join(own[len(own) // 2 :])}")
        places.append((len(before), len(before) + len(planted)))
    # A longer run elsewhere is the model's own recital.
    found = [
        (run.start <= start and end <= run.end) or run.words > RECITAL_WORDS
        for run, (start, end) in zip(longest_runs(said, material.texts.index), places, strict=True)
    ]
    scores = material.score("recited", name, found)
    mean = material.mean(scores)
    return Check(
        name, PASSED if mean["value"] == 1 else FAILED, "", {"means": {"recited": {name: mean}}}
    ), scores


def no_better_than_chance(mean: Mapping[str, Any], chance: float) -> bool:
    """Whether answers lead to their questions no more than twice as well as chance would.

    A bare interval above chance would call one sound run in forty false.
    """
    return mean["low"] is None or mean["low"] <= BEYOND_CHANCE * chance


def deal(sources: Sequence[str], seed: int) -> list[int] | None:
    """Of each item another one's number, each once and none of its own source; None: there is no way."""
    counts = Counter(sources)
    most = max(counts.values())
    if len(sources) < 2 * most:
        return None
    order = np.random.default_rng([seed, 7]).permutation(len(sources))
    # All of one source stand together; who goes on by the largest source's number is past his own.
    places = {source: place for place, source in enumerate(dict.fromkeys(sources[n] for n in order))}
    row = sorted(order.tolist(), key=lambda number: places[sources[number]])
    dealt = dict(zip(row, [*row[most:], *row[:most]], strict=True))
    return [dealt[number] for number in range(len(sources))]
