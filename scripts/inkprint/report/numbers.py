"""Numbers as the report prints them, and what one metric says in words."""

from __future__ import annotations

from typing import Any

from inkprint.evaluate.verdicts import BEYOND, NONE_SHOWN, TOO_FEW

MINUS = "−"
TIGHT = "\u00a0"  # a space at which no line breaks
Estimate = dict[str, float | None]
Metric = dict[str, Any]  # one entry of metrics.json
JUDGED = {
    "better": ", which is better",
    "worse": ", which is worse",
    BEYOND: ", which is beyond the author's own: a caricature or noise",
}


def number(value: float, metric: Metric, sign: bool = False) -> str:
    """A value in the metric's own decimals; shares in %."""
    if metric["share"]:
        value, decimals = 100 * value, 1
    else:
        decimals = metric["decimals"]
    text = f"{value:{'+' if sign else ''},.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")  # neither -0.0 nor +0.0
    return text.replace("-", MINUS)


def unit(metric: Metric, difference: bool = False) -> str:
    """The unit to print behind a value, with its space; percent become points in a difference."""
    name = "%" if metric["share"] else metric["unit"]
    if difference and name == "%":
        name = "points"
    return f"{TIGHT}{name}" if name else ""


def bounds(estimate: Estimate, metric: Metric, sign: bool = False) -> str:
    """The interval, `[1.38, 1.47]`, or nothing where there are too few sources for one."""
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f"[{number(estimate['low'], metric, sign)}, {number(estimate['high'], metric, sign)}]"


def measured(metric: Metric, variant: str) -> str:
    """A variant's mean with its unit and interval."""
    mean = metric["means"][variant]
    return f"{number(mean['value'], metric)}{unit(metric)} {bounds(mean, metric)}".rstrip()


def difference(metric: Metric, found: Estimate) -> str:
    """Tuned minus another variant, one of `against`, with its unit and interval."""
    text = f"{number(found['value'], metric, True)}{unit(metric, True)} {bounds(found, metric, True)}"
    return text.rstrip()


def chance(p: float, name: str = "Holm's p") -> str:
    """A p-value, after Holm's adjustment if nothing else is said: Holm's p = 0.012."""
    if p < 0.001:
        return f"{name} < 0.001"
    return f"{name} = 1" if p == 1 else f"{name} = {p:.{3 if p < 0.1 else 2}f}"


def percent(share: float) -> str:
    """87.3 %; neither 0 nor 100 of what is not."""
    text = f"{100 * share:.1f}"
    if text == "100.0" and share < 1:
        text = "over 99.9"
    elif text == "0.0" and share > 0:
        text = "under 0.1"
    return f"{text}{TIGHT}%"


def dollars(paid: float) -> str:
    """$12.35; what is less than a dollar to the hundredth of a cent."""
    return f"${paid:,.2f}" if paid >= 1 else f"${paid:.4f}" if paid else "$0"


def shared(measure: str, value: float) -> str:
    """A number of leaks.json: words in a row, `41` or `13.5`, or a share, `0.35 %`."""
    if measure == "gram_share":
        return f"{100 * value:.2f}{TIGHT}%"
    return f"{value:,d}" if isinstance(value, int) else f"{value:,.1f}"


def change(metric: Metric, other: str, unit_name: str, role: str = "") -> str:
    """What one metric says of tuned against another variant, up to the full stop.

    The difference has its interval here; those of the two means are the table's.
    """
    name, over = metric["title"] + role, f"over {metric['sources']} held-out {unit_name}"
    if not metric["items"]:
        return f"{name} could not be measured"
    before, tuned = number(metric["means"][other]["value"], metric), _value(metric, "tuned")
    called = {"base": "the base", "prompted": "the prompted base"}[other]
    against = metric["against"][other]
    if against["verdict"] == TOO_FEW:
        return f"{name} is {before} for {called} and {tuned} for the tuned model {over}: too few to tell"
    found = difference(metric, against)
    if against["verdict"] == NONE_SHOWN:
        return (
            f"{name} does not tell the two models apart {over}: {other} {before}, tuned {tuned}, a difference"
            f" of {found}, which may be {_may_be(against)}"
        )
    moved = "rose" if against["value"] > 0 else "fell"
    return f"{name} {moved} from {before} to {tuned} {over}: {found}{JUDGED.get(against['verdict'], '')}"


def _value(metric: Metric, variant: str) -> str:
    return f"{number(metric['means'][variant]['value'], metric)}{unit(metric)}"


def _may_be(against: dict[str, Any]) -> str:
    """What a difference that was not shown may be; of an interval without zero Holm's adjustment says so."""
    low, high, p = against["low"], against["high"], against.get("p_adjusted")
    if p is not None and low is not None and high is not None and (low > 0 or high < 0):
        return f"chance among so many comparisons ({chance(p)})"
    return "none"
