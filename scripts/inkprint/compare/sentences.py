"""What a comparison shows, in sentences with numbers; none says more than its interval."""

from __future__ import annotations

from typing import Any

from inkprint.compare.measuring import IDENTICAL, Comparison
from inkprint.evaluate.verdicts import NONE_SHOWN, TOO_FEW
from inkprint.report.numbers import change, measured

LEADS = {"bits_per_byte": "needs the fewest bits per byte", "voice": "is nearest to the author in voice"}
CALLED = {"base": "untuned bases", "tuned": "tuned models"}


def verdict_sentences(found: Comparison, primaries: dict[str, str], unit: str) -> list[str]:
    """One for each run's tuning, then which tuned models and which bases predict the author best."""
    sentences = []
    for name, metrics in found.effects.items():
        metric = metrics.get(primaries[name])
        said = (
            "its primary metric could not be measured on the common text"
            if metric is None
            else change(metric, "base", unit, " (the primary metric)")
        )
        sentences.append(f"{name}: {said}.")
    rankings = [_ranking(found, metric, variant) for metric in LEADS for variant in ("tuned", "base")]
    return [*sentences, *(said for said in rankings if said)]


def _ranking(found: Comparison, metric: str, variant: str) -> str:
    """Which run leads, and from whom it is and is not told apart; "" where not all can be compared."""
    pairs = [pair for pair in found.pairs if (pair["metric"], pair["variant"]) == (metric, variant)]
    runs = len(found.effects)
    if len(pairs) < runs * (runs - 1) // 2:
        return ""
    title = pairs[0]["title"].lower()
    if all(pair["difference"]["verdict"] == IDENTICAL for pair in pairs):
        return f"The {CALLED[variant]} are the same to the last digit in {title}."
    if past := dict.fromkeys(name for pair in pairs for name in pair["beyond"]):
        return (
            f"The {CALLED[variant]} have no order in {title}: {', '.join(past)} went beyond the author's own,"
            " which is a caricature or noise and no better likeness."
        )
    means = {name: of[metric]["means"][variant]["value"] for name, of in found.effects.items()}
    best = (min if pairs[0]["better"] == "lower" else max)(means, key=lambda name: means[name])
    by_verdict: dict[str, list[str]] = {}
    for pair in pairs:
        if best in pair["runs"]:
            (other,) = [name for name in pair["runs"] if name != best]
            by_verdict.setdefault(_kind(pair["difference"]), []).append(other)
    told = "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_verdict.items())
    return (
        f"Of the {CALLED[variant]} that of {best} {LEADS[metric]},"
        f" {measured(found.effects[best][metric], variant)}: {told}."
    )


def _kind(difference: dict[str, Any]) -> str:
    verdict = difference["verdict"]
    known = {
        IDENTICAL: "the same as",
        TOO_FEW: "too few passages to tell it from",
        NONE_SHOWN: "no difference shown from",
    }
    return known.get(verdict, "told apart from")
