"""Base against base: of two sets of answers that one model sampled, a report must show no difference.

What the simulations of test_06_evaluate.py draw from curves is here what a model says: it is made in seconds
and now and then ends too late, loops, recites, writes markup, figures and lines of an index, so that
every metric has something to count and some of them rare events. Every set is in four reports, twice
on each side: two reports that share a set are not independent, so that the count of alarms strays from its
mean a little further than that of 240 independent ones; the mean is the same.
Likelihoods are not sampled: those of one model are equal, and test_06_evaluate.py says what comes of that.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from little import make_base
from made_up import make_passage
from small_run import PLAIN, SUBJECTS
from test_voice import OTHERS, books, write

from inkprint.evaluate import others, similarity, summary, train_text, voice
from inkprint.evaluate.answers import score_answers
from inkprint.evaluate.verdicts import NONE_SHOWN, TOO_FEW, judge
from inkprint.jsonl import write_records
from inkprint.records import Answer, Message, content_id

SETS, PASSAGES, QUESTIONS, WINDOW = 120, 30, 2, 30
PAIRS = [(n, (n + apart) % SETS) for apart in (1, 7) for n in range(SETS)]
REPORTS = len(PAIRS)
SAMPLES = 2000  # as the recipes: with fewer no p-value is small enough to be left after Holm's adjustment
TOKENS = 95
REFRAIN = "So it is and was. So it is and was. "
LIKELIHOODS = {"bits_per_byte", "perplexity"}
WORDING = {"type_token_words": "", "held_out": "", "window_words": "", "chance": ""}


def odd(dice):
    """What one answer in three has among its words: a thing that some metric counts and most answers lack."""
    chance = dice.random()
    if chance < 0.09:
        return "\n\n- " + dice.choice(SUBJECTS) + "\n- " + dice.choice(SUBJECTS)
    if chance < 0.20:
        return "\n\nLamp, 12, 45\n\n"
    if chance < 0.26:
        return f" In {dice.randint(1801, 1999)}."
    if chance < 0.36:
        return f" {REFRAIN * 2}"
    return ""


def question(subject, number):
    return f"What do you say of the {subject}, {'at all' if number else 'my friend'}?"


def chats():
    """What the base learns: to say something about the subject, 40 to 100 words."""
    dice = random.Random(3)
    made = []
    for number in range(1200):
        subject = dice.choice(SUBJECTS)
        body = write("stranger 1", number, dice.randint(40, 85), PLAIN + [subject] * 6)
        cut = dice.randrange(len(body.split()))
        body = " ".join(body.split()[:cut]) + odd(dice) + " " + " ".join(body.split()[cut:])
        made.append((question(subject, dice.randrange(2)), body.strip()))
    return made


def ask(folder, prompts, sets):
    """Sets of one model's answers to all prompts, drawn at temperature 1 as 05 draws them: text, ended."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from inkprint.chat import Chat
    from inkprint.completion import complete
    from inkprint.recipe import Model

    settings = Model(
        base=str(folder), revision=None, chat_template=None, thinking=False, reasoning_effort=None
    )
    model, chat = (
        AutoModelForCausalLM.from_pretrained(folder),
        Chat(AutoTokenizer.from_pretrained(folder), settings),
    )
    asked = [chat.prompt([Message(role="user", content=prompt)]) for prompt in prompts]
    at_once, drawn = 20, []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for seed in range(sets // at_once):
        rows = complete(model, chat, asked * at_once, seed, TOKENS, 1.0)
        replies = [chat.reply(row, []) for row in rows]
        drawn += [replies[first : first + len(asked)] for first in range(0, len(replies), len(asked))]
    torch.set_num_threads(threads)
    return [[(reply.answer, reply.ended) for reply in of] for of in drawn]


@dataclass(frozen=True)
class Reports:
    """Of every report the metrics as 06 measures them, and one set of answers to look at."""

    measured: list
    answers: list


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alarms")
    train = [make_passage(write("own", n), "train", f"Chapter {n % 8}", id=f"passage-{n}") for n in range(60)]
    test = [
        make_passage(
            write("own", 900 + n, vocabulary=PLAIN + [SUBJECTS[n % 15]] * 6), "test", "Last", id=f"held-{n}"
        )
        for n in range(PASSAGES)
    ]
    train[0] = train[0].model_copy(
        update={"text": REFRAIN * 3 + train[0].text}
    )  # the base recites it at times
    test[0] = test[0].model_copy(update={"text": REFRAIN + test[0].text})  # what unseen text shares, too
    write_records(folder / "passages.jsonl", train + test)
    texts = train_text.of_passages(folder / "passages.jsonl")
    make_base(folder / "base", chats(), 400)
    asked = [(p, n, question(SUBJECTS[of % 15], n)) for of, p in enumerate(test) for n in range(QUESTIONS)]
    sets = ask(folder / "base", [text for _, _, text in asked], SETS)
    vectorizer = similarity.fit(texts.train + [p.text for p in test])
    windows = {name: others._windows(books(name, 40), WINDOW) for name in ("own", *OTHERS)}
    ruler = others.Ruler(voice.learn(windows.pop("own"), windows, 1), WINDOW, texts.index)
    measured = []
    for number, of_both in enumerate(PAIRS):
        pair = {
            variant: [
                answer_of(p, n, text, variant, *said)
                for (p, n, text), said in zip(asked, sets[of], strict=True)
            ]
            for variant, of in zip(("base", "tuned"), of_both, strict=True)
        }
        scores = score_answers(pair, texts, ["lamp", "people", "of", "gull"], vectorizer).scores
        said = {variant: [a.answer for a in of] for variant, of in pair.items()}
        scores += others.score_voice(ruler, pair["base"], said)
        measured.append(summary.summarize(scores, WORDING, "tfidf_similarity", SAMPLES, number))
    return Reports(measured, sets[0])


def answer_of(passage, number, text, variant, answer, ended):
    return Answer(
        id="answer", example_id=content_id("example", passage.id, number), source_id=passage.id,
        task="question_passage", variant=variant, prompt=[Message(role="user", content=text)],
        answer=answer, reference=passage.text, tokens=1, ended=ended,
    )  # fmt: skip


pytestmark = [pytest.mark.slow, pytest.mark.training, pytest.mark.timeout(1800)]


def test_base_against_base_raises_few_alarms(reports):
    """One test of three: by two processes the answers would be drawn twice, which takes minutes."""
    every_metric_has_something_to_err_about(reports)
    ten_of_a_hundred_reports_at_most_raise_an_alarm_whatever_is_primary(reports)
    ten_of_a_hundred_reports_at_most_raise_an_alarm_of_any_one_metric(reports)


def every_metric_has_something_to_err_about(reports):
    """A metric that is the same in all answers raises no alarm and shows nothing."""
    assert not LIKELIHOODS & reports.measured[0].keys()
    for name in reports.measured[0]:
        found = [m[name]["against"]["base"] for m in reports.measured]
        moved = sum(of["value"] != 0 and of["verdict"] != TOO_FEW for of in found)
        assert moved > 0.5 * REPORTS, name


def alarmed(measured, primary):
    """The metrics of which a report says something, `primary` having been named before the run."""
    judge(measured, primary, "base")
    return [
        name for name, m in measured.items() if m["against"]["base"]["verdict"] not in (NONE_SHOWN, TOO_FEW)
    ]


def ten_of_a_hundred_reports_at_most_raise_an_alarm_whatever_is_primary(reports):
    """5 in 100 of the primary metric and 5 of all others are what verdicts promise: a little under 10.

    So the mean over all choices of a primary metric is held to 10, and each choice to what chance adds
    to 10 in so many reports (two standard errors).
    """
    any_alarm = {name: sum(bool(alarmed(m, name)) for m in reports.measured) for name in reports.measured[0]}
    assert sum(any_alarm.values()) / len(any_alarm) <= 0.1 * REPORTS, any_alarm
    assert max(any_alarm.values()) <= (0.1 + 2 * (0.1 * 0.9 / REPORTS) ** 0.5) * REPORTS, any_alarm


def ten_of_a_hundred_reports_at_most_raise_an_alarm_of_any_one_metric(reports):
    """Each metric as if it alone were measured, nothing adjusted; and as the report has it."""
    alone = Counter(name for m in reports.measured for name in m if name in alarmed({name: m[name]}, name))
    assert max(alone.values()) <= 0.1 * REPORTS, alone
    assert sum(alone.values()) > 0.01 * REPORTS * len(reports.measured[0]), "nothing ever errs: no test"
    adjusted = Counter(name for m in reports.measured for name in alarmed(m, "tfidf_similarity"))
    assert not adjusted or max(adjusted.values()) <= 0.1 * REPORTS, adjusted
