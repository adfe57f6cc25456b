"""Numbers as the report prints them, and the three sentences and three lines that carry the verdict."""

from __future__ import annotations

from typing import Any

MINUS = "−"
TIGHT = "\u00a0"  # a space at which no line breaks
Estimate = dict[str, float | None]
Metric = dict[str, Any]  # one entry of metrics.json


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
    """The interval, `[1.38, 1.47]`, or nothing where there are too few passages for one."""
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f"[{number(estimate['low'], metric, sign)}, {number(estimate['high'], metric, sign)}]"


def measured(metric: Metric, variant: str) -> str:
    """A variant's mean with its unit and interval."""
    mean = metric["means"][variant]
    return f"{number(mean['value'], metric)}{unit(metric)} {bounds(mean, metric)}".rstrip()


def difference(metric: Metric) -> str:
    """Tuned minus base with its unit and interval."""
    found = metric["difference"]
    text = f"{number(found['value'], metric, True)}{unit(metric, True)} {bounds(found, metric, True)}"
    return text.rstrip()


def shared(measure: str, value: float) -> str:
    """A number of leaks.json: words in a row, `41` or `13.5`, or a share, `0.35 %`."""
    if measure == "gram_share":
        return f"{100 * value:.2f}{TIGHT}%"
    return f"{value:,d}" if isinstance(value, int) else f"{value:,.1f}"


def verdict_sentences(metrics: dict[str, Metric], primary: str, recital_words: int) -> list[str]:
    """What the run shows, in three sentences with numbers; none says more than its interval."""
    second = "tfidf_similarity" if primary != "tfidf_similarity" else "bits_per_byte"
    ended = metrics["ended"]
    return [
        _change(metrics[primary], " (the primary metric)") + ".",
        _recital(metrics, recital_words),
        f"{_change(metrics[second])}; of its answers the tuned model ended {measured(ended, 'tuned')} by"
        f" itself, the base {measured(ended, 'base')}.",
    ]


def three_lines(metrics: dict[str, Metric], primary: str, recital_words: int) -> list[tuple[str, str]]:
    """The three numbers that matter, each a name and a short text, in ASCII for any terminal."""
    main, runs, ended = metrics[primary], metrics["verbatim_run"], metrics["ended"]
    change = "not measured"
    if main["items"]:
        means = [number(main["means"][variant]["value"], main) for variant in ("base", "tuned")]
        change = f"{means[0]} -> {means[1]}{unit(main)}, {difference(main)}: {main['verdict']}"
    share = measured(metrics["recited"], "tuned")
    lines = [
        (main["title"], f"{change} ({main['passages']} passages)"),
        ("Recital", f"{share} of tuned answers; longest run {runs['largest']['tuned']:.0f} words"),
        ("Ended by itself", f"base {measured(ended, 'base')}, tuned {measured(ended, 'tuned')}"),
    ]
    return [(name, text.replace(MINUS, "-").replace(TIGHT, " ")) for name, text in lines]


def _change(metric: Metric, role: str = "") -> str:
    """What one metric says, up to the full stop: both means, the difference, and what that bears."""
    name, over = metric["title"] + role, f"over {metric['passages']} held-out passages"
    if not metric["items"]:
        return f"{name} could not be measured"
    base, tuned = measured(metric, "base"), measured(metric, "tuned")
    if metric["verdict"] == "too few to tell":
        return f"{name} is {base} for the base and {tuned} for the tuned model, {over}: too few to tell"
    if metric["verdict"] == "no difference shown":
        return (
            f"{name} does not tell the two models apart {over}: base {base}, tuned {tuned}, a difference of"
            f" {difference(metric)}, which may be none"
        )
    moved = "rose" if metric["difference"]["value"] > 0 else "fell"
    judged = {"better": ", which is better", "worse": ", which is worse"}.get(metric["verdict"], "")
    return f"{name} {moved} from {base} to {tuned} {over}: {difference(metric)}{judged}"


def _recital(metrics: dict[str, Metric], recital_words: int) -> str:
    recited, runs = metrics["recited"], metrics["verbatim_run"]
    items = recited["items"]
    longest = {name: f"{words:.0f}" for name, words in runs["largest"].items()}
    counts = {name: round(recited["means"][name]["value"] * items) for name in ("base", "tuned")}
    own = f"the author's own unseen text reaches {longest['reference']}"
    if counts["tuned"] == 0:
        return (
            f"The tuned model does not recite in these {items} answers: its longest run of words from the"
            f" training text is {longest['tuned']} ({own}), under the mark of {recital_words}."
        )
    verb = "holds" if counts["tuned"] == 1 else "hold"
    return (
        f"The tuned model recites: {counts['tuned']} of {items} answers"
        f" ({measured(recited, 'tuned')}; base {counts['base']}) {verb} {recital_words} or more words in a"
        f" row from the training text, the longest {longest['tuned']} ({own})."
    )
