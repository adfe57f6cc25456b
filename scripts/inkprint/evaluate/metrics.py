"""The metrics: what each one is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from inkprint.evaluate.intervals import Link

RECITAL_WORDS = 20  # so many words in a row are no chance: they are the book
COPIED_WORDS = 8  # shorter runs are idiom; as the leak audit and GPT-2's (Radford et al. 2019) count them


@dataclass(frozen=True)
class Metric:
    title: str
    what: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    item: Literal["answer", "source"]  # a source is a held-out passage or row
    decimals: int
    link: Link = "mean"
    share: bool = False  # values are 0 and 1
    most: float = math.inf  # that a value can be
    likeness: bool = False  # to the author: above the author's own text it is a caricature, and not better


METRICS = {
    "bits_per_byte": Metric(
        "Bits per byte",
        "How many bits the model needs for a byte of {held_out}; comparable between any two models.",
        "bits", "lower", "source", 3,
    ),
    "perplexity": Metric(
        "Perplexity per token",
        "Among how many equally likely tokens the model hesitates on {held_out}; for one tokenizer only.",
        "", "lower", "source", 2, link="exp",
    ),
    "tfidf_similarity": Metric(
        "TF-IDF similarity",
        "Cosine of an answer's weighted words with those of the author's own text for that prompt,"
        " the prompt's own words left out.",
        "", "higher", "answer", 3, most=1,
    ),
    "format_adherence": Metric(
        "Format adherence",
        "Share of answers in the shape that was asked for, where one was that a rule can decide:"
        " {asked_for}.{own_shape} The author's answers to other prompts have it in {format_by_chance} %.",
        "", "higher", "answer", 3, share=True,
    ),
    "answered": Metric(
        "Share answered",
        "Share of answers that say something, do not repeat the prompt and do not begin with a refusal."
        "{unanswered}",
        "", "higher", "answer", 3, share=True,
    ),
    "chrf": Metric(
        "chrF",
        "Runs of one to six characters shared with the author's own answer, recall before precision, of 100."
        " The author's answers to other prompts have {chrf_by_chance}.",
        "", "higher", "answer", 1, most=100,
    ),
    "rouge_l": Metric(
        "ROUGE-L",
        "Words in order shared with the author's own answer, of 100."
        " The author's answers to other prompts have {rouge_l_by_chance}.",
        "", "higher", "answer", 1, most=100,
    ),
    "voice": Metric(
        "Voice",
        "The probability that an answer's first {window_words} words are the author's and not another's;"
        " the mean of four signals.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "voice_function_words": Metric(
        "Voice: function words", "The same by how often the most frequent words come.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "voice_characters": Metric(
        "Voice: characters", "The same by runs of two to four characters, rare words masked.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "voice_delta": Metric(
        "Voice: Delta", "The same by Burrows' Delta: how near the frequent words come to the author's.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "voice_rhythm": Metric(
        "Voice: rhythm", "The same by lengths of sentences and words, and punctuation.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "voice_unrecited": Metric(
        "Voice without recital",
        f"The voice once more, without words in runs of {COPIED_WORDS} or more from the training text.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "keyword_density": Metric(
        "Keyword density",
        "Share of an answer's words that are among the author's keywords.",
        "%", "neither", "answer", 2, most=100,
    ),
    "type_token_ratio": Metric(
        "Type-token ratio",
        "Different words among an answer's first {type_token_words}, divided by {type_token_words}.",
        "", "neither", "answer", 3, most=1,
    ),
    "moving_type_token_ratio": Metric(
        "Moving type-token ratio",
        "Different words in a window of {type_token_words} words, over the whole answer on average (MATTR).",
        "", "neither", "answer", 3, most=1,
    ),
    "answer_words": Metric(
        "Response length", "Words in an answer.", "words", "neither", "answer", 1
    ),
    "new_words": Metric(
        "New words",
        "Share of an answer's words that neither the training text nor the prompt has: names, other subjects,"
        " and words that are none.",
        "%", "neither", "answer", 2, most=100,
    ),
    "verbatim_run": Metric(
        "Longest verbatim run",
        "The most words in a row that an answer shares with the training text.",
        "words", "neither", "answer", 1,
    ),
    "recited": Metric(
        "Share that recites",
        f"Share of answers with {RECITAL_WORDS} or more words in a row from the training text.",
        "", "lower", "answer", 3, share=True,
    ),
    "copied": Metric(
        "Words copied",
        f"Share of an answer's words in runs of {COPIED_WORDS} or more from the training text.",
        "%", "lower", "answer", 2, most=100,
    ),
    "copied_unseen": Metric(
        "Words shared with unseen text",
        "The same against held-out text, which it cannot have learned: what idiom and chance give.",
        "%", "neither", "answer", 2, most=100,
    ),
    "question_recovery": Metric(
        "Question recovered",
        "Does the answer lead back to its question among all that were asked? Mean reciprocal rank,"
        " the question's own words left out; 1 is always first.{chance}",
        "", "higher", "answer", 3, most=1,
    ),
    "ended": Metric(
        "Share that ends by itself",
        "Share of answers that the model ended before it ran into the limit of tokens.",
        "", "higher", "answer", 3, share=True,
    ),
    "loops": Metric(
        "Share that loops",
        "Share of answers that say some words three times or more in a row, twelve words or more in all.",
        "", "lower", "answer", 3, share=True,
    ),
    "markup": Metric(
        "Share with markup",
        "Share of answers with headings, bullets, bold, tags or a template's signs.",
        "", "neither", "answer", 3, share=True,
    ),
    "index_lines": Metric(
        "Share with index lines",
        "Share of answers with a line out of an index or a table of contents.",
        "", "lower", "answer", 3, share=True,
    ),
    "digits": Metric(
        "Digits", "Digits among an answer's letters and digits.", "%", "neither", "answer", 2, most=100,
    ),
    "judge_style": Metric(
        "Judge: style",
        "A model's mark from 1 to 10, brought to 0 to 1, for how much a text sounds like the author.",
        "", "higher", "answer", 3, likeness=True, most=1,
    ),
    "judge_usefulness": Metric(
        "Judge: usefulness",
        "Its mark for how well a text does what the prompt asks.",
        "", "higher", "answer", 3, most=1,
    ),
    "judge_prefers_style": Metric(
        "Judge prefers, by style",
        "How often it took an answer for more like the author than the other's, blind and in both orders;"
        " a tie is half.",
        "", "higher", "answer", 3, most=1,
    ),
    "judge_prefers_usefulness": Metric(
        "Judge prefers, by usefulness",
        "How often it took an answer for more useful, blind and in both orders; a tie is half.",
        "", "higher", "answer", 3, most=1,
    ),
}  # fmt: skip
