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
    split = {variant: [words(text) for text in of] for variant, of in said.items()}
    # A prompted base that says three words must not shorten what the others are compared by.
    compared = [of for variant, of in split.items() if variant != "prompted"]
    window = counting.type_token_length(min(map(len, of)) for of in zip(*compared, strict=True))
    prompts = make_prompts(asked, vectorizer)
    known = {word for text in texts.train for word in words(text)}

    scores, recitals = [], []
    questions = [answer.prompt[-1].content for answer in asked]
    for variant, of_variant in said.items():
        cosines = similarity.similarities(vectorizer, of_variant, said["reference"], questions)
        ranks = prompts.reciprocal_ranks(of_variant) if prompts else [None] * len(asked)
        ended = [answer.ended for answer in answers.get(variant, [])]
        runs = longest_runs(of_variant, texts.index)
        copied, unseen = (
            [100 * share(covered) for covered in shared_words(of_variant, index, COPIED_WORDS)]
            for index in (texts.index, texts.held_out_index)
        )
        for number, (answer, text, found) in enumerate(zip(asked, of_variant, split[variant], strict=True)):
            run = runs[number]
            values: Values = {
                "keyword_density": counting.keyword_density(found, keywords) if keywords else None,
                "type_token_ratio": counting.type_token_ratio(found, window),
                "moving_type_token_ratio": counting.moving_type_token_ratio(found, window),
                "answer_words": len(found),
                "new_words": counting.new_words(found, known, words(answer.prompt[-1].content)),
                "verbatim_run": run.words,
                "recited": run.words >= RECITAL_WORDS,
                "copied": copied[number],
                "loops": form.has_loop(found),
                "markup": form.has_markup(text),
                "index_lines": form.has_index_line(text),
                "digits": form.digit_share(text),
            }
            # Of the author's own text these say nothing: it is what they compare with.
            if variant != "reference":
                values |= {
                    "tfidf_similarity": cosines[number],
                    "question_recovery": ranks[number],
                    "copied_unseen": unseen[number],
                    "ended": ended[number],
                }
            where = variant, answer.source_id, answer.example_id
            scores += [make_score(name, *where, v, 1) for name, v in values.items() if v is not None]
            recitals.append(make_recital(*where, run))
    return Scored(scores, recitals, window, prompts.by_chance() if prompts else None)


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
