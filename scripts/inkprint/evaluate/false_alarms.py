"""How often does a report say something where nothing is? This run's base and tuned, swapped at random.

If tuning had changed nothing, base and tuned could have swapped what they said of a passage (the sharp null
hypothesis: Fisher 1935). So each made-up report swaps both in every metric for half of the passages, drawn
anew, and goes through the same intervals, permutation test, Holm's adjustment and verdicts: all that it says
is false. The permutation tests of one metric share their swaps, as many as `bootstrap_samples`: that saves
nearly all of the time and moves a p-value by chance alone. An interval is made only where p is small
enough for a verdict. What two sets of answers of one model would do it does not say:
tests/test_false_alarms.py does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inkprint.evaluate.check import CANNOT_TELL, FAILED, PASSED, Check
from inkprint.evaluate.intervals import (
    FEWEST_SOURCES,
    Numbers,
    Sums,
    holm,
    permutation_p,
    random_swaps,
    resamples,
    share_interval,
)
from inkprint.evaluate.metrics import METRICS, Metric
from inkprint.evaluate.scores import make_score
from inkprint.evaluate.summary import difference, paired_scores, rounded, sums_of
from inkprint.evaluate.verdicts import NONE_SHOWN, SIGNIFICANT, verdict
from inkprint.records import Score

REPORTS = 500
MOST_ALARMS = 0.1  # of reports: 5 in 100 of the primary metric and 5 of all others
ANY = "any"  # in checks.jsonl: whether a report said anything


@dataclass(frozen=True)
class Null:
    """One metric of base and tuned, to be swapped."""

    name: str
    metric: Metric
    sources: list[str]
    base: Sums
    tuned: Sums
    samples: int
    seed: int

    def swapped(self, keeps: Numbers) -> tuple[Sums, Sums]:
        """Base and tuned where 1 keeps a passage as it is and 0 swaps it. keeps: (passages,)."""
        pair = (self.base, self.tuned), (self.tuned, self.base)
        made = [
            Sums(keeps * a.top + (1 - keeps) * b.top, keeps * a.bottom + (1 - keeps) * b.bottom)
            for a, b in pair
        ]
        return made[0], made[1]

    def p_values(self, keeps: Numbers) -> Numbers:
        """The permutation test's p of each report. keeps: (reports, passages). Returns (reports,)."""
        blocks = random_swaps(len(self.sources), self.samples, self.seed, f"null {self.name}")
        drawn = np.concatenate([self._differences(block) for block in blocks])
        return permutation_p(self._differences(keeps), drawn)

    def verdicts(self, keeps: Numbers, p: Numbers) -> list[str]:
        """What each report says of this metric. keeps: (reports, passages). p: adjusted, (reports,)."""
        said, low = [NONE_SHOWN] * len(p), np.flatnonzero(p < SIGNIFICANT)
        if not len(low):
            return said
        # Megabytes for hundreds of passages: of one metric at a time.
        counts = resamples(len(self.sources), self.samples, self.seed, self.name)
        for report in low:
            base, tuned = self.swapped(keeps[report])
            found = difference(tuned, base, self.metric, counts, [])
            said[report] = verdict(found.low, found.high, p[report], self.metric.better)
        return said

    def _differences(self, keeps: Numbers) -> Numbers:
        """Tuned minus base in each row of swaps: (rows,)."""
        means = []
        for one, other in ((self.base, self.tuned), (self.tuned, self.base)):
            tops = other.top.sum() + keeps @ (one.top - other.top)
            bottoms = other.bottom.sum() + keeps @ (one.bottom - other.bottom)
            means.append(np.exp(tops / bottoms) if self.metric.link == "exp" else tops / bottoms)
        return means[1] - means[0]


def swapped_reports(scores: Sequence[Score], samples: int, seed: int) -> list[Null]:
    """Every metric that has passages enough for a verdict, over the items that 06 compares."""
    nulls = []
    for name, rows in paired_scores(scores).items():
        sources = list(dict.fromkeys(score.source_id for score in rows["tuned"]))
        if len(sources) >= FEWEST_SOURCES:
            link = METRICS[name].link
            base, tuned = (sums_of(rows[variant], sources, link) for variant in ("base", "tuned"))
            nulls.append(Null(name, METRICS[name], sources, base, tuned, samples, seed))
    return nulls


def alarms(nulls: Sequence[Null], primary: str, reports: int, seed: int) -> list[list[str]]:
    """Of each report the metrics that it says something of."""
    every = sorted({source for null in nulls for source in null.sources})
    swaps = np.random.default_rng([seed, 8]).integers(0, 2, (reports, len(every))).astype(np.float64)
    place = {source: number for number, source in enumerate(every)}
    keeps = {null.name: swaps[:, [place[source] for source in null.sources]] for null in nulls}
    p_values = {null.name: null.p_values(keeps[null.name]) for null in nulls}
    others = [name for name in p_values if name != primary]
    adjusted = np.array([holm([p_values[name][n] for name in others]) for n in range(reports)])
    p_values |= dict(zip(others, adjusted.T, strict=True))
    said = {null.name: null.verdicts(keeps[null.name], p_values[null.name]) for null in nulls}
    return [[name for name, words in said.items() if words[n] != NONE_SHOWN] for n in range(reports)]


def check_false_alarms(
    scores: Sequence[Score], primary: str, samples: int, seed: int, reports: int = REPORTS
) -> tuple[Check, list[Score]]:
    """How many of so many reports on swapped models said anything, and of which metrics."""
    nulls = swapped_reports(scores, samples, seed)
    if not nulls:
        return Check(
            "false_alarms", CANNOT_TELL, f"fewer than {FEWEST_SOURCES} held out: no verdict is given at all"
        ), []
    found = alarms(nulls, primary, reports, seed)
    lines = []
    for number, said in enumerate(found):
        told: Mapping[str, float] = {ANY: bool(said), **dict.fromkeys(said, 1)}
        lines += [
            make_score(name, "swapped", f"report-{number}", None, value, 1) for name, value in told.items()
        ]
    hits = np.array([float(bool(said)) for said in found])
    share = rounded(share_interval(Sums(hits, np.ones(reports))))
    counts = {null.name: sum(null.name in said for said in found) for null in nulls}
    worst = max(counts, key=lambda name: counts[name])
    facts = {
        "reports": reports, "any": int(hits.sum()), "share": share, "primary": counts.get(primary, 0),
        "worst": worst, "of_worst": counts[worst], "metrics": len(nulls),
    }  # fmt: skip
    # Ten in a hundred are allowed, and chance may add to them: above only where the interval is.
    state = FAILED if share["low"] > MOST_ALARMS else PASSED
    return Check("false_alarms", state, "", facts), lines
