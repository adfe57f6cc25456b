"""The verdict on chats: three sentences and three lines; none says more than its interval."""

from __future__ import annotations

from typing import Any

from inkprint.evaluate.variants import VARIANTS
from inkprint.evaluate.verdicts import BEYOND, NONE_SHOWN, TOO_FEW
from inkprint.report.numbers import MINUS, TIGHT, Metric, bounds, change, difference, measured, number, unit

NAMED = 3  # losses that the second sentence names with their numbers
VOICE_IS = {
    "better": "nearer to the author",
    "worse": "farther from the author",
    BEYOND: "beyond the author's own, which is a caricature or noise and no better likeness",
}


def verdict_sentences(result: dict[str, Any]) -> list[str]:
    """What the run shows, in three sentences with numbers and intervals.

    What was to be shown, and the voice; what else was won and lost, and whether it recites; whether tuning
    was worth it where a prompt might have done, and whether answers end.
    """
    metrics, primary, method = result["metrics"], result["primary"], result["method"]
    main = change(metrics[primary], "base", method["unit"], " (the primary metric)")
    return [
        f"{main}; {_voice(metrics, result['voice'])}.",
        f"{_balance(metrics, primary)}; {_recital(metrics, method['recital_words'])}.",
        f"{_worth(metrics, primary, method['unit'])}; {_ended(metrics['ended'])}.",
    ]


def _voice(metrics: dict[str, Metric], voice: dict[str, Any]) -> str:
    """Where base and tuned stand between other authors, 0, and the author's unseen chapters, 1."""
    if not metrics.get("voice", {}).get("items"):
        return f"the voice was not measured: {voice.get('why', 'no answer was long enough')}"
    metric, scale = metrics["voice"], voice["metrics"]["voice"]
    span = scale["ceiling"] - scale["floor"]
    if span <= 0:
        return "the voice cannot be told: other authors score as high as the author's own unseen chapters"

    def place(variant: str) -> str:
        mean = metric["means"][variant]
        at = {key: None if v is None else (v - scale["floor"]) / span for key, v in mean.items()}
        shown = metric | {"decimals": 2}
        return f"{number(at['value'], shown)} {bounds(at, shown)}".rstrip()

    verdict = metric["against"]["base"]["verdict"]
    return (
        f"from other authors at 0 to the author's unseen chapters at 1 the base's voice stands at"
        f" {place('base')}, the tuned model's at {place('tuned')}: {VOICE_IS.get(verdict, verdict)}"
    )


def _balance(metrics: dict[str, Metric], primary: str) -> str:
    """How many of the other metrics got better, worse or neither; losses with their numbers.

    A judge's opinion is none of them: it stands in a section of its own.
    """
    others = [
        metric
        for name, metric in metrics.items()
        if name != primary
        and metric["better"] != "neither"
        and metric["items"]
        and not name.startswith("judge_")
    ]
    verdicts = [metric["against"]["base"]["verdict"] for metric in others]
    if set(verdicts) == {TOO_FEW}:
        return f"Of {len(others)} other metrics that can be better or worse, all have too few answers to tell"
    lost = [metric for metric, verdict in zip(others, verdicts, strict=True) if verdict == "worse"]
    told = {
        "better": ("is better", "are better"),
        "worse": ("is worse", "are worse"),
        BEYOND: ("is beyond the author", "are beyond the author"),
        NONE_SHOWN: ("shows no difference", "show no difference"),
        TOO_FEW: ("has too few answers to tell", "have too few answers to tell"),
    }
    parts = []
    for verdict, (of_one, of_many) in told.items():
        count = verdicts.count(verdict)
        if count or verdict in ("better", "worse"):
            parts.append(f"{count or 'none'} {of_many if count > 1 else of_one}")
        if count and verdict == "worse":
            parts[-1] += f" ({_named(lost)})"
    return f"Of {len(others)} other metrics that can be better or worse, {', '.join(parts)}"


def _named(lost: list[Metric]) -> str:
    said = [f"{metric['title']} {difference(metric, metric['against']['base'])}" for metric in lost[:NAMED]]
    return "; ".join([*said, f"{len(lost) - NAMED} more"] if len(lost) > NAMED else said)


def _recital(metrics: dict[str, Metric], recital_words: int) -> str:
    """Whether it recites, against the other variants and against the author's own unseen text."""
    recited, runs = metrics["recited"], metrics["verbatim_run"]
    items = recited["items"]
    longest = {name: f"{words:.0f}" for name, words in runs["largest"].items()}
    counts = {
        name: round(recited["means"][name]["value"] * items) for name in VARIANTS if name in recited["means"]
    }
    own = f"the author's own unseen text {longest['reference']}"
    share = measured(recited, "tuned")
    if counts["tuned"] == 0:
        return (
            f"none of its {items} answers recites ({share}): at most {longest['tuned']} words in a row are"
            f" the training text's, under the mark of {recital_words} ({own})"
        )
    others = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "tuned")
    have = "has" if counts["tuned"] == 1 else "have"
    return (
        f"it recites: {counts['tuned']} of {items} answers ({share}; {others}) {have} {recital_words} or more"
        f" words in a row from the training text, at most {longest['tuned']} ({own})"
    )


def _worth(metrics: dict[str, Metric], primary: str, unit_name: str) -> str:
    """Was tuning worth it, or would the prompt have done? Likelihoods have no prompted variant."""
    for name in (primary, "voice", "tfidf_similarity"):
        metric = metrics.get(name, {})
        if metric.get("items") and "prompted" in metric["against"]:
            found = change(metric, "prompted", unit_name)
            return f"Against the base that is only shown the author in its prompt, {found}"
    return "Whether a prompt alone would have done as much was not asked"


def _ended(ended: Metric) -> str:
    tuned, base, verdict = (
        measured(ended, "tuned"),
        measured(ended, "base"),
        ended["against"]["base"]["verdict"],
    )
    return f"{tuned} of its answers end by themselves, of the base's {base}: {verdict}"


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
