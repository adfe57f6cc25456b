"""Every number of the judge's section goes back to lines: of judgements.jsonl, and of the server's bill.

Marks, choices, deviations, rank correlations and their intervals by plain arithmetic from the judge's own
words. The intervals of the means are those that test_trace.py finds from the lines of scores.jsonl, and those
lines are compared with the judge's words here.
"""

from __future__ import annotations

import html
import math
import re
import statistics
from collections import Counter, defaultdict
from functools import cached_property

import pytest
from scipy.stats import t as student
from small_run import page_of
from test_trace import Evidence
from traced import JUDGE, NUMBER, billed, lines, paired, plain, section_in, traced_run, unfound

from inkprint.evaluate.metrics import METRICS
from inkprint.recipe_file import load_recipe

pytestmark = pytest.mark.whole_runs  # on the same run as test_trace.py
SECTION = "A judge"
TEXTS = ("instruction", "base", "prompted", "tuned", "reference")
MARKS = ("style", "usefulness")
FEWEST = 20  # passages: below there is no interval


class Judge:
    """What judgements.jsonl bears, as the page prints it."""

    def __init__(self, folder):
        self.folder = folder
        self.said = lines(folder, "06_evaluate/judgements.jsonl")
        self.answered = [one for one in self.said if one["state"] == "ok"]
        pairs = defaultdict(list)
        for one in self.answered:
            if one["kind"] == "pair":
                pairs[one["example_id"]].append(one)
        self.pairs = [both for both in pairs.values() if len(both) == 2]

    @cached_property
    def evidence(self):
        return Evidence(self.folder)

    @cached_property
    def section(self):
        """All that the section must say, in the order of `wrong`."""
        shown = load_recipe(self.folder / "small.yaml").report.answers_shown
        sentences = [self.head(), ["0", "1"], *self.preferences()]
        return [
            sentences, list(self.orders()), [[str(shown)]], list(self.rows()), self.agreement(),
            list(self.words(shown)),
        ]  # fmt: skip

    def marks(self, mark):
        """Of each text the marks by prompt, 1 to 10."""
        found = {name: {} for name in TEXTS}
        for one in self.answered:
            if one["kind"] == "marks":
                found[one["first"]][one["example_id"]] = int(one[mark])
        return found

    def preferred(self, mark):
        """Of each pair in how many of its two orders the tuned answer was chosen, a tie being half."""
        return {
            both[0]["example_id"]: sum(
                0.5 if one[mark] == "tie" else float(one[one[mark]] == "tuned") for one in both
            )
            / 2
            for both in self.pairs
        }

    def scores(self):
        """What scores.jsonl must have of the judge: by metric, text and prompt."""
        found = {}
        for mark in MARKS:
            for name, of in self.marks(mark).items():
                for example, given in of.items():
                    found[f"judge_{mark}", name, example] = (given - 1) / 9
            for example, tuned in self.preferred(mark).items():
                found[f"judge_prefers_{mark}", "tuned", example] = tuned
                found[f"judge_prefers_{mark}", "base", example] = 1 - tuned
        return found

    def head(self):
        states = Counter(one["state"] for one in self.said)
        reasons = Counter(one["reason"] for one in self.said if one["state"] != "ok")
        left = [number for reason in sorted(reasons) for number in (reasons[reason], *NUMBER.findall(reason))]
        prompts = len({one["example_id"] for one in self.said})
        dollars = f"{billed(self.folder, '06_evaluate'):.4f}"
        told = [prompts, 1, 10, JUDGE["samples"], len(self.said), states["ok"], *left, dollars]
        return [str(number) for number in told]

    def rows(self):
        """Of each text mean, interval and standard deviation of both marks, over the same prompts."""
        for name in TEXTS:
            called, row = "author" if name == "reference" else name, []
            for mark in MARKS:
                scores = paired(self.evidence.of[f"judge_{mark}"])[name]
                given = self.marks(mark)[name]
                column = self.evidence.columns[f"judge_{mark}"][called]
                spread = statistics.stdev((given[score["example_id"]] - 1) / 9 for score in scores)
                row.append([*column, f"{spread:.3f}"])
            yield called, row

    def preferences(self):
        for mark in MARKS:
            column = self.evidence.columns[f"judge_prefers_{mark}"]["tuned"]
            yield [*column, str(len(self.pairs)), "0.5"]

    def orders(self):
        """How often both orders agreed, and what stood first was chosen."""
        for mark in MARKS:
            agree = sum(
                (first[mark] == "tie" and second[mark] == "tie")
                or first.get(first[mark]) == second.get(second[mark], "")
                for first, second in self.pairs
            )
            sides = [one[mark] for both in self.pairs for one in both]
            chosen = len(sides) - sides.count("tie")
            yield [str(n) for n in (agree, len(self.pairs), sides.count("first"), chosen)]

    def agreement(self):
        """By metric's title its rank correlation with both marks, with intervals."""
        sources = {one["example_id"]: one["source_id"] for one in self.said}
        exact = {f"judge_{mark}": self.marks(mark) for mark in MARKS}
        exact |= {
            f"judge_prefers_{mark}": {
                "tuned": of,
                "base": {example: 1 - tuned for example, tuned in of.items()},
            }
            for mark in MARKS
            for of in [self.preferred(mark)]
        }
        differences = {}
        for name, of in self.evidence.of.items():
            if METRICS[name].item == "answer":
                by_variant = exact.get(name) or {
                    variant: {score["example_id"]: score["value"] for score in scores}
                    for variant, scores in of.items()
                }
                tuned, base = by_variant["tuned"], by_variant["base"]
                differences[name] = {one: tuned[one] - base[one] for one in tuned if one in base}
        found = {}
        for name, of in differences.items():
            found[METRICS[name].title] = [
                [] if name == f"judge_{mark}" else correlation(differences[f"judge_{mark}"], of, sources)
                for mark in MARKS
            ]
        return found

    def words(self, prompts):
        """What the judge said of the first prompts, line by line."""
        first = list(dict.fromkeys(one["example_id"] for one in self.said))[:prompts]
        for example in first:
            for one in self.said:
                if one["example_id"] == example:
                    texts = f"{one['first']} or {one['second']}" if one["second"] else one["first"]
                    marks = f"style {one['style']}, usefulness {one['usefulness']}."
                    told = marks if one["state"] == "ok" else f"{one['state']}:"
                    yield " ".join(f"{texts}: {told} {one['reason']}".split())


def correlation(one, other, sources):
    """Spearman's rho and its interval as they are printed; nothing where too few of either differ."""
    shared = [example for example in one if example in other]
    columns = [levels([of[example] for example in shared]) for of in (one, other)]
    if any(len(column) - max(Counter(column).values(), default=0) < 5 for column in columns):
        return []
    rho, of_source = spearman(*columns), [sources[example] for example in shared]
    told = [rho]
    if len(set(of_source)) >= FEWEST:
        scaled = []
        for left_out in set(of_source):
            kept = [n for n, source in enumerate(of_source) if source != left_out]
            scaled.append(math.atanh(spearman(*([column[n] for n in kept] for column in columns))))
        error = math.sqrt((len(scaled) - 1) * statistics.pvariance(scaled))
        half = student.ppf(0.975, len(scaled) - 1) * error
        told += [math.tanh(math.atanh(rho) + sign * half) for sign in (-1, 1)]
    told = [round(value, 4) for value in told]  # as metrics.json keeps it
    return ["0.00" if round(value, 2) == 0 else f"{value:+.2f}".replace("-", "−") for value in told]


def levels(values):
    """The values with those made equal that only the six digits of a score hold apart."""
    ordered = sorted(values)
    level_of, level = {}, 0
    for before, value in zip([ordered[0], *ordered], ordered, strict=False):
        level += value - before > 2.5e-6
        level_of[value] = level
    return [level_of[value] for value in values]


def spearman(first, second):
    """The correlation of ranks, equal ones sharing their mean."""
    ranks = []
    for column in (first, second):
        ordered = sorted(column)
        rank_of = {value: ordered.index(value) + (ordered.count(value) - 1) / 2 for value in set(column)}
        ranks.append([rank_of[value] for value in column])
    return statistics.correlation(*ranks)


def rows_in(table):
    """Of each row the first cell's words, then the numbers of each other cell."""
    for row in re.findall(r"(?s)<tr>(.*?)</tr>", table):
        first, *others = (plain(cell) for cell in re.findall(r"(?s)<td[^>]*>(.*?)</td>", row))
        yield first, [NUMBER.findall(cell) for cell in others]


def wrong(judge, page):
    """What the judge's section says otherwise than its lines: pairs of what is there and what should be."""
    text = re.sub(r"(?s)<figure>.*?</figure>", " ", section_in(page, SECTION))
    main, details = text.split("<details>")
    marks, agreement = (list(rows_in(table)) for table in re.findall(r"(?s)<tbody>(.*?)</tbody>", main))
    blocks = [
        [plain(block) for block in re.findall(rf"(?s)<{tag}\b[^>]*>(.*?)</{tag}>", part)]
        for tag, part in (("p", main), ("li", main), ("summary", details), ("li", details))
    ]
    numbers = [[found for one in of if (found := NUMBER.findall(one))] for of in blocks[:3]]
    found = [*numbers, marks, dict(agreement), blocks[3]]
    return [pair for pair in zip(found, judge.section, strict=True) if pair[0] != pair[1]]


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return Judge(traced_run(tmp_path_factory))


def test_every_number_of_the_judges_section_is_recomputed_from_its_words(judge):
    assert wrong(judge, page_of(judge.folder)) == []
    # Of a run in which nothing was left out or all was alike, less would be tried.
    states = {one["state"] for one in judge.said}
    assert states == {"ok", "rejected", "failed"}
    assert sum(len(cells[0]) == 3 for cells in judge.agreement().values()) > 10


def test_another_digit_anywhere_in_the_judges_section_is_found(judge):
    assert unfound(page_of(judge.folder), SECTION, lambda page: wrong(judge, page)) == []


def test_scores_of_the_judge_are_its_own_marks_and_choices(judge):
    written = {
        (score["metric"], score["variant"], score["example_id"]): score["value"]
        for score in lines(judge.folder, "06_evaluate/scores.jsonl")
        if score["metric"].startswith("judge_")
    }
    expected = judge.scores()
    assert len(expected) > 300
    assert written == pytest.approx(expected, abs=1e-6)


def test_markdown_has_the_numbers_of_the_judges_section(judge):
    section = re.search(r"(?s)\n## A judge\n.*? (marked .*?)(?=\n## )", page_of(judge.folder, "md"))[1]
    section = re.sub(r"(?sm)^### The judge's marks.*?^\|", "|", section)  # figures, with their captions
    text = re.sub(r"(?s)<figure>.*?</figure>|<details>.*", " ", section_in(page_of(judge.folder), SECTION))
    assert NUMBER.findall(html.unescape(section)) == NUMBER.findall(plain(text))
