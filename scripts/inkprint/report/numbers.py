"""Numbers as the report prints them, and the three sentences and three lines that carry the verdict."""

from __future__ import annotations

from typing import Any

from inkprint.evaluate.variants import VARIANTS
from inkprint.evaluate.verdicts import BEYOND

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


def chance(p: float) -> str:
    """A p-value after Holm's adjustment: Holm's p = 0.012."""
    if p < 0.001:
        return "Holm's p < 0.001"
    return "Holm's p = 1" if p == 1 else f"Holm's p = {p:.{3 if p < 0.1 else 2}f}"


def percent(share: float) -> str:
    """87.3 %; neither 0 nor 100 of what is not."""
    text = f"{100 * share:.1f}"
    if text == "100.0" and share < 1:
        text = "over 99.9"
    elif text == "0.0" and share > 0:
        text = "under 0.1"
    return f"{text}{TIGHT}%"


def shared(measure: str, value: float) -> str:
    """A number of leaks.json: words in a row, `41` or `13.5`, or a share, `0.35 %`."""
    if measure == "gram_share":
        return f"{100 * value:.2f}{TIGHT}%"
    return f"{value:,d}" if isinstance(value, int) else f"{value:,.1f}"


def verdict_sentences(result: dict[str, Any]) -> list[str]:
    """What the run shows, in three sentences with numbers, or four; none says more than its interval.

    The fourth, where there is a prompted base: was tuning worth it, or would the prompt have done?
    """
    metrics, primary, method = result["metrics"], result["primary"], result["method"]
    second = metrics["tfidf_similarity" if primary != "tfidf_similarity" else "bits_per_byte"]
    ended = metrics["ended"]
    sentences = [
        change(metrics[primary], "base", method["unit"], " (the primary metric)") + ".",
        _recital(metrics, method["recital_words"]),
        f"{change(second, 'base', method['unit'])}; of its answers the tuned model ended"
        f" {measured(ended, 'tuned')} by itself, the base {measured(ended, 'base')}.",
    ]
    # Likelihoods have no prompted variant: then similarity says it.
    worth = next((m for m in (metrics[primary], second) if "prompted" in m["against"]), None)
    sentences.append(_voice(metrics, result["voice"]))
    if worth:
        found = change(worth, "prompted", method["unit"])
        sentences.append(f"Against the base that is only shown the author in its prompt: {found}.")
    return sentences


def _voice(metrics: dict[str, Metric], voice: dict[str, Any]) -> str:
    """Where base and tuned stand between other authors, 0, and the author's unseen chapters, 1."""
    if not metrics.get("voice", {}).get("items"):
        why = voice.get("why", "no answer was long enough")
        return f"Whether it sounds like the author was not measured: {why}."
    metric, scale = metrics["voice"], voice["metrics"]["voice"]
    span = scale["ceiling"] - scale["floor"]
    if span <= 0:
        return (
            "The voice cannot be told here: other authors score as high as the author's own unseen chapters."
        )

    def place(variant: str) -> str:
        mean = metric["means"][variant]
        at = {key: None if v is None else (v - scale["floor"]) / span for key, v in mean.items()}
        shown = metric | {"decimals": 2}
        return f"{number(at['value'], shown)} {bounds(at, shown)}".rstrip()

    against = metric["against"]["base"]
    found = {
        "better": "nearer",
        "worse": "farther",
        BEYOND: "beyond the author's own, which is a caricature or noise and no better likeness",
    }
    return (
        f"On a line from other authors at 0 to the author's unseen chapters at 1 the voice of the base stands"
        f" at {place('base')} and that of the tuned model at {place('tuned')}, over {metric['sources']}"
        f" passages: {found.get(against['verdict'], against['verdict'])}."
    )


def three_lines(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The three numbers that matter, each a name and a short text, in ASCII for any terminal."""
    metrics, unit_name = result["metrics"], result["method"]["unit"]
    main, runs, ended = metrics[result["primary"]], metrics["verbatim_run"], metrics["ended"]
    said = "not measured"
    if main["items"]:
        means = [number(main["means"][variant]["value"], main) for variant in ("base", "tuned")]
        against = main["against"]["base"]
        said = f"{means[0]} -> {means[1]}{unit(main)}, {difference(main, against)}: {against['verdict']}"
    share = measured(metrics["recited"], "tuned")
    variants = [name for name in VARIANTS if name in ended["means"]]
    lines = [
        (main["title"], f"{said} ({main['sources']} {unit_name})"),
        ("Recital", f"{share} of tuned answers; longest run {runs['largest']['tuned']:.0f} words"),
        ("Ended by itself", ", ".join(f"{name} {measured(ended, name)}" for name in variants)),
    ]
    return [(name, text.replace(MINUS, "-").replace(TIGHT, " ")) for name, text in lines]


def change(metric: Metric, other: str, unit_name: str, role: str = "") -> str:
    """What one metric says of tuned against another variant, up to the full stop."""
    name, over = metric["title"] + role, f"over {metric['sources']} held-out {unit_name}"
    if not metric["items"]:
        return f"{name} could not be measured"
    before, tuned, against = measured(metric, other), measured(metric, "tuned"), metric["against"][other]
    called = {"base": "the base", "prompted": "the prompted base"}[other]
    if against["verdict"] == "too few to tell":
        return f"{name} is {before} for {called} and {tuned} for the tuned model, {over}: too few to tell"
    if against["verdict"] == "no difference shown":
        return (
            f"{name} does not tell the two models apart {over}: {other} {before}, tuned {tuned}, a difference"
            f" of {difference(metric, against)}, which may be {_may_be(against)}"
        )
    moved = "rose" if against["value"] > 0 else "fell"
    judged = {"better": ", which is better", "worse": ", which is worse"}.get(against["verdict"], "")
    return f"{name} {moved} from {before} to {tuned} {over}: {difference(metric, against)}{judged}"


def _may_be(against: dict[str, Any]) -> str:
    """What a difference that was not shown may be; of an interval without zero Holm's adjustment says so."""
    low, high, p = against["low"], against["high"], against.get("p_adjusted")
    if p is not None and low is not None and high is not None and (low > 0 or high < 0):
        return f"chance among so many comparisons ({chance(p)})"
    return "none"


def _recital(metrics: dict[str, Metric], recital_words: int) -> str:
    recited, runs = metrics["recited"], metrics["verbatim_run"]
    items = recited["items"]
    longest = {name: f"{words:.0f}" for name, words in runs["largest"].items()}
    counts = {
        name: round(recited["means"][name]["value"] * items) for name in VARIANTS if name in recited["means"]
    }
    others = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "tuned")
    own = f"the author's own unseen text reaches {longest['reference']}"
    if counts["tuned"] == 0:
        return (
            f"The tuned model does not recite in these {items} answers: its longest run of words from the"
            f" training text is {longest['tuned']} ({own}), under the mark of {recital_words}."
        )
    verb = "holds" if counts["tuned"] == 1 else "hold"
    return (
        f"The tuned model recites: {counts['tuned']} of {items} answers"
        f" ({measured(recited, 'tuned')}; {others}) {verb} {recital_words} or more words in a"
        f" row from the training text, the longest {longest['tuned']} ({own})."
    )
