"""The page: what the templates get, and how text from books and models is made harmless in them.

Everything that a template prints is escaped, in HTML by autoescape, in Markdown by the same mechanism
(`finalize`) with Markdown's own signs. Only what this package drew itself, figures and style, goes in raw.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

from markupsafe import Markup

from inkprint.console import duration
from inkprint.html import html_escape, page_style, templates, visible
from inkprint.records import Answer, Passage, Recital
from inkprint.report import numbers

FOLDER = Path(__file__).parent
FIGURES = {
    "perplexity": ("Perplexity per passage", "Each held-out passage twice. Lines and bands: all passages"
                   " together with the 95 % interval. Lower is better."),
    "similarity": ("Similarity per prompt", "TF-IDF cosine of each answer with what the author wrote there;"
                   " 1 would be the same words. Higher is closer."),
    "keywords": ("Keyword density", "A dot is an answer, or the author's own text for its prompt."
                 " Cross: mean and 95 % interval."),
    "responses": ("Response characteristics", "A dot is an answer, or the author's own text for its prompt."
                  " Cross: mean and 95 % interval."),
    "clouds": ("Word clouds", "The most frequent words, larger where more frequent; English function words"
               " are left out."),
    "heatmap": ("Keywords, one by one", "How often each keyword comes in a thousand words."),
    "radar": ("All at a glance", ""),  # radar_caption
    "training": ("Training curve", "Loss on the training batches and on the validation examples. Validation"
                 " that turns up while training goes on falling is learning by heart."),
}  # fmt: skip
# In Markdown: signs that a backslash calms everywhere, those that not every reader lets be calmed so, and
# what means something at the beginning of a line only (a list, a rule, a heading's underline).
_BACKSLASH = re.compile(r"[\\`*_{}\[\]#]")
_ENTITY = re.compile(r"[<>&~@$|]|:(?=\S)|(?<=\bwww)\.", re.IGNORECASE)
_LINE_START = re.compile(r"^(\s*(?:\d+(?=[.)]))?)([-+=](?!\d)|(?<=\d)[.)](?!\d))")


def markdown_escape(value: object) -> Markup:
    """Text as one line of Markdown that shows just that text, no link, image, heading, table or HTML."""
    if isinstance(value, Markup):
        return value
    line = " ".join(visible(str(value)).splitlines())
    text = _ENTITY.sub(lambda sign: f"&#{ord(sign.group())};", line)
    # The # of the entities themselves is spared.
    text = "".join(
        part if part.startswith("&#") else _BACKSLASH.sub(r"\\\g<0>", part)
        for part in re.split(r"(&#\d+;)", text)
    )
    text = _LINE_START.sub(r"\1\\\2", text)
    return Markup(text)


def render(template: str, context: dict[str, Any]) -> str:
    """Fill `template`, a file of this folder; undefined names are errors."""
    environment = templates(FOLDER, html_escape if template.endswith(".html.j2") else markdown_escape)
    environment.globals.update(
        number=numbers.number, measured=numbers.measured, difference=numbers.difference,
        bounds=numbers.bounds, unit=numbers.unit, duration=duration, memory=memory, places=places,
        quoted=quoted, shared=numbers.shared,
    )  # fmt: skip
    return environment.get_template(template).render(context)


def style() -> Markup:
    return page_style(FOLDER / "report.css")


def memory(size: float) -> str:
    """Bytes as a person says them: 13.4 GB, 86 MB, 1.2 MB, 512 kB."""
    for scale, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= scale:
            return f"{size / scale:.{int(size < 10 * scale or name == 'GB')}f} {name}"
    return f"{size / 1e3:.0f} kB"


def places(passage: Passage) -> str:
    """Where a passage stands: book.pdf, “Of Rope”, pages 14–15."""
    first, last = min(passage.pages), max(passage.pages)
    pages = f"page {first}" if first == last else f"pages {first}–{last}"
    return f"{passage.document}, “{passage.chapter}”, {pages}"


def quoted(text: str) -> Markup:
    """Text as a Markdown block quote, escaped. Lines lose their indents: four spaces would make them code."""
    return Markup("\n").join(Markup("> ") + markdown_escape(line.strip(" \t")) for line in text.split("\n"))


def side_by_side(
    answers: list[Answer], recitals: list[Recital], passages: dict[str, Passage], shown: int, seed: int
) -> list[dict[str, Any]]:
    """`shown` prompts drawn by seed, each with what base, tuned and author say to it."""
    of_prompt: dict[str, dict[str, Answer]] = {}
    for answer in answers:
        of_prompt.setdefault(answer.example_id, {})[answer.variant] = answer
    runs = {(recital.example_id, recital.variant): recital for recital in recitals}
    order = random.Random(seed).sample(sorted(of_prompt), len(of_prompt))
    # As many passages as there are to see, before a second prompt of the same one.
    turns: Counter[str] = Counter()
    turn_of = {}
    for example_id in order:
        source_id = of_prompt[example_id]["base"].source_id
        turn_of[example_id], turns[source_id] = turns[source_id], turns[source_id] + 1
    drawn = sorted(order, key=lambda example_id: turn_of[example_id])[:shown]
    return [
        {
            "base": _voice(of_prompt[example_id]["base"], runs, passages),
            "tuned": _voice(of_prompt[example_id]["tuned"], runs, passages),
            "passage": passages[of_prompt[example_id]["base"].source_id],
            "example": of_prompt[example_id]["base"],
        }
        for example_id in drawn
    ]


def _voice(
    answer: Answer, runs: dict[tuple[str, str], Recital], passages: dict[str, Passage]
) -> dict[str, Any]:
    """An answer cut at its longest verbatim run: before, run, after."""
    run = runs[answer.example_id, answer.variant]
    return {
        "answer": answer,
        "before": answer.answer[: run.start],
        "run": answer.answer[run.start : run.end],
        "after": answer.answer[run.end :],
        "words": run.words,
        "source": passages.get(run.source_passage_id),
    }


def radar_caption(radar: list[dict[str, Any]]) -> str:
    """How each axis was brought to 0 to 1, in words."""
    titles: dict[str, list[str]] = {}
    for axis in radar:
        titles.setdefault(axis["rule"], []).append(axis["title"])
    rules = "; ".join(f"{', '.join(names)}: {rule}" for rule, names in titles.items())
    return f"Means brought to 0 to 1, the rim is 1. {rules}. For the eye only; the table has the numbers."
