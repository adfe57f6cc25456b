"""What tuning gained and what it lost: every comparison of metrics.json by its verdict, none picked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inkprint.evaluate.verdicts import BEYOND, NONE_SHOWN, TOO_FEW
from inkprint.report.numbers import Metric, chance, difference, number, unit

# Where a comparison goes by its verdict.
LISTS = {
    "better": "gained",
    "worse": "lost",
    BEYOND: "beyond",
    "higher": "moved",
    "lower": "moved",
    NONE_SHOWN: "same",
    TOO_FEW: "few",
}


def sort_out(
    metrics: dict[str, Metric], primary: str, others: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """For each variant that tuned is held against, the lists of what was gained, lost and neither.

    others: the variants, each with its name on the page. Metrics keep their order; one without a comparison
    to the variant is in no list.
    """
    found = []
    for variant, called in others:
        lists: dict[str, list[dict[str, str]]] = {name: [] for name in LISTS.values()}
        for name, metric in metrics.items():
            if variant in metric["against"]:
                verdict = metric["against"][variant]["verdict"]
                lists[LISTS[verdict]].append(_line(metric, variant, name == primary))
        if any(lists.values()):
            found.append({"called": called, "lists": lists})
    return found


def _line(metric: Metric, variant: str, primary: bool) -> dict[str, str]:
    """One comparison in words: from, to, by how much, and how likely that is by chance."""
    against = metric["against"][variant]
    p = against["p"] if against["p_adjusted"] is None else against["p_adjusted"]
    # The comparison that was named before the run is the one that nothing raises.
    name = "p" if against["p_adjusted"] is None else "Holm's p"
    author = metric["means"].get("reference")
    return {
        "title": metric["title"] + (" (primary)" if primary else ""),
        "before": number(metric["means"][variant]["value"], metric),
        "tuned": f"{number(metric['means']['tuned']['value'], metric)}{unit(metric)}",
        "difference": difference(metric, against),
        "author": f"{number(author['value'], metric)}{unit(metric)}" if author else "",
        "p": "" if p is None else chance(p, name),
    }
