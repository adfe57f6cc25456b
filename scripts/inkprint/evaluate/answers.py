"""Every metric of every answer, and of the author's own text for the same prompt."""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer

from inkprint.evaluate import form, recovery, similarity
from inkprint.evaluate import words as counting
from inkprint.evaluate.metrics import COPIED_WORDS, RECITAL_WORDS
from inkprint.evaluate.scores import make_score
from inkprint.evaluate.train_text import Texts
from inkprint.records import Answer, Recital, Score, content_id
from inkprint.runs import Run, longest_runs, share, shared_words
from inkprint.words import words

Values = dict[str, float | None]  # of one answer by metric; None: that metric does not apply


@dataclass(frozen=True)
class Scored:
    """The scores of all answers, their longest verbatim runs, and what the metrics' descriptions name."""

    scores: list[Score]
    recitals: list[Recital]
    type_token_words: int
    recovery_by_chance: float | None


def score_answers(
    answers: dict[str, list[Answer]], texts: Texts, keywords: list[str], vectorizer: TfidfVectorizer
) -> Scored:
    """answers: by variant, in one order of prompts."""
    asked = answers["base"]
    said = {variant: [answer.answer for answer in of] for variant, of in answers.items()}
    said["reference"] = [answer.reference for answer in asked]
    window = type_token_words(said)
    prompts = make_prompts(asked, vectorizer)
    known = {word for text in texts.train for word in words(text)}

    scores, recitals = [], []
    for variant, of_variant in said.items():
        runs = longest_runs(of_variant, texts.index)
        values = values_of_all(of_variant, asked, runs, texts, keywords, window, known)
        # Of the author's own text the others say nothing: it is what they compare with.
        if variant != "reference":
            more = values_of_answers(answers[variant], texts, vectorizer, prompts)
            values = [own | others for own, others in zip(values, more, strict=True)]
        for answer, own, run in zip(asked, values, runs, strict=True):
            where = variant, answer.source_id, answer.example_id
            scores += [make_score(name, *where, v, 1) for name, v in own.items() if v is not None]
            recitals.append(make_recital(*where, run))
    return Scored(scores, recitals, window, prompts.by_chance() if prompts else None)


def type_token_words(said: dict[str, list[str]]) -> int:
    """How many words of each text the type-token ratio counts: as many as all variants' have.

    A prompted base that says three words must not shorten what the others are compared by.
    """
    lengths = [[len(words(text)) for text in of] for variant, of in said.items() if variant != "prompted"]
    return counting.type_token_length(map(min, zip(*lengths, strict=True)))


def values_of_all(
    said: list[str],
    asked: list[Answer],
    runs: list[Run],
    texts: Texts,
    keywords: list[str],
    window: int,
    known: set[str],
) -> list[Values]:
    """What is measured of every text, the author's own among them. known: words of train."""
    values: list[Values] = []
    copied = shared_words(said, texts.index, COPIED_WORDS)
    for answer, text, run, covered in zip(asked, said, runs, copied, strict=True):
        found = words(text)
        values.append(
            {
                "keyword_density": counting.keyword_density(found, keywords) if keywords else None,
                "type_token_ratio": counting.type_token_ratio(found, window),
                "moving_type_token_ratio": counting.moving_type_token_ratio(found, window),
                "answer_words": len(found),
                "new_words": counting.new_words(found, known, words(answer.prompt[-1].content)),
                "verbatim_run": run.words,
                "recited": run.words >= RECITAL_WORDS,
                "copied": 100 * share(covered),
                "loops": form.has_loop(found),
                "markup": form.has_markup(text),
                "index_lines": form.has_index_line(text),
                "digits": form.digit_share(text),
            }
        )
    return values


def values_of_answers(
    answers: list[Answer], texts: Texts, vectorizer: TfidfVectorizer, prompts: recovery.Prompts | None
) -> list[Values]:
    """What is measured of a model's answers alone: most of it against the author's own text."""
    said = [answer.answer for answer in answers]
    questions = [answer.prompt[-1].content for answer in answers]
    references = [answer.reference for answer in answers]
    cosines = similarity.similarities(vectorizer, said, references, questions)
    ranks = prompts.reciprocal_ranks(said) if prompts else [None] * len(said)
    unseen = shared_words(said, texts.held_out_index, COPIED_WORDS)
    return [
        {
            "tfidf_similarity": cosine,
            "question_recovery": rank,
            "copied_unseen": 100 * share(covered),
            "ended": answer.ended,
        }
        for answer, cosine, rank, covered in zip(answers, cosines, ranks, unseen, strict=True)
    ]


def make_recital(variant: str, source_id: str, example_id: str, run: Run) -> Recital:
    return Recital(
        id=content_id("recital", variant, example_id),
        example_id=example_id,
        source_id=source_id,
        variant=variant,
        words=run.words,
        start=run.start,
        end=run.end,
        train_source_id=run.source_id,
    )


def make_prompts(asked: list[Answer], vectorizer: TfidfVectorizer) -> recovery.Prompts | None:
    """What answers are to lead back to; None where too few different questions were asked."""
    questions = [answer.prompt[-1].content for answer in asked]
    if not recovery.can_tell(questions):
        return None
    references = [answer.reference for answer in asked]
    return recovery.Prompts(vectorizer, questions, references, [answer.source_id for answer in asked])
