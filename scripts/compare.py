"""Hold finished runs against each other: a report across models or versions, or a page of blind pairs.

Reads   of each run 06_evaluate/metrics.json, scores.jsonl, recitals.jsonl; 05_generate/answers.jsonl;
        02_prepare/ for the held-out text; recipe.yaml, and every manifest
Writes  artifacts/compare/RUN+RUN/report.html       light and dark, for screen, phone and paper; no network
        artifacts/compare/RUN+RUN/report.md
        artifacts/compare/RUN+RUN/comparison.json   {"common": 34, "runs": {"a": {"metrics": {…}, …}, …},
                                                     "changes": [{"runs": ["a", "b"], "settings": […], …}],
                                                     "pairs": [{"metric": "bits_per_byte", "variant": "tuned",
                                                     "runs": ["a", "b"], "difference": {…}, …}], …}
        artifacts/compare/RUN+RUN/figures/*.png, *.svg
        artifacts/compare/RUN-blind/blind.html      with --blind: 20 pairs of unlabelled answers; no network

    python scripts/compare.py first second
    python scripts/compare.py first second third --redact    # to be shown around, in RUN+RUN-redacted/
    python scripts/compare.py first --blind                  # base or tuned? for a reader of no statistics
    python scripts/compare.py first --blind --against prompted
    python scripts/compare.py first second --blind           # which tuned model?
    python scripts/compare.py --votes anna.json ben.json     # what several people clicked on one such page

RUN is a folder below artifacts/ that 06 has finished; give versions from old to new. Differences are the
later run minus the earlier one, paired by held-out passage, and over the passages that all runs held out.

Time: 3 seconds for two runs of 30 passages, 9 for eight. Memory: under 200 MB.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inkprint.command import artifacts_folder, as_user_error, exit_with
from inkprint.compare.finished import Finished, load_runs
from inkprint.compare.folder import folder_of, writing
from inkprint.compare.one_voice import with_one_voice
from inkprint.compare.rulers import common_passages, is_cut
from inkprint.errors import UserError
from inkprint.jsonl import write_json

TEMPLATES = Path(__file__).parent / "inkprint" / "compare"


def describe_runs(runs: Sequence[Finished], effects: dict[str, Any], redact: bool) -> dict[str, Any]:
    """Of each run what it is, what was left of its held-out text, and what tuning did."""
    from inkprint.compare.summary_rows import training_row

    return {
        run.name: {
            "held_out": len(run.held_out),
            "primary": run.primary,
            "seed": run.recipe.seed,
            "training": training_row(run, redact),
            "metrics": effects[run.name],
            "key": run.manifests["evaluate"]["key"],
            "commit": run.manifests["evaluate"]["commit"],
        }
        for run in runs
    }


def measure(runs: Sequence[Finished], common: Sequence[str], redact: bool) -> dict[str, Any]:
    """comparison.json: every number of the page."""
    from inkprint.compare import measuring, sentences
    from inkprint.compare.changes import changes
    from inkprint.compare.every_metric import every_metric

    found = measuring.compare(runs, common)
    method = runs[0].result["method"]
    primaries = {run.name: run.primary for run in runs}
    return {
        "sentences": sentences.verdict_sentences(found, primaries, method["unit"]),
        "common": len(common),
        "cut": is_cut(runs, len(common)),
        "method": {
            "unit": method["unit"],
            "level": method["level"],
            "fewest_sources": method["fewest_sources"],
            "interval": method["interval"],
            "samples": found.samples,
            "seed": found.seed,
            "tests": found.tests,
        },
        "runs": describe_runs(runs, found.effects, redact),
        "changes": changes(runs, redact),
        "pairs": found.pairs,
        "apart": found.apart,
        "others": every_metric(runs, common, found.effects, method["samples"]),
        "notes": measuring.notes(runs, common),
    }


def draw(
    runs: Sequence[Finished], common: Sequence[str], result: dict[str, Any], folder: Path
) -> list[dict[str, Any]]:
    """Draw every figure into `folder`; returns what the page shows of each."""
    from markupsafe import Markup
    from matplotlib import rc_context

    from inkprint.compare import figures
    from inkprint.report import style

    effects = {name: of["metrics"] for name, of in result["runs"].items()}
    drawn = []
    with rc_context(style.SETTINGS):
        for name, (title, caption), figure in figures.draw_all(effects, figures.shown_metrics(runs, common)):
            svg = Markup(style.save(figure, folder, name))
            drawn.append({"name": name, "title": title, "caption": caption, "svg": svg})
    return drawn


def write_report(runs: Sequence[Finished], common: Sequence[str], folder: Path, redact: bool) -> None:
    """comparison.json, the figures and the two pages."""
    from markupsafe import Markup

    from inkprint.compare.side_by_side import prompts_of_all
    from inkprint.evaluate.metrics import RECITAL_WORDS
    from inkprint.report import page

    result = measure(runs, common, redact)
    write_json(folder / "comparison.json", result)
    own_style = (TEMPLATES / "compare.css").read_text(encoding="utf-8")
    context = result | {
        "names": [run.name for run in runs],
        "figures": draw(runs, common, result, folder / "figures"),
        "prompts": [] if redact else prompts_of_all(runs, common, runs[0].recipe.seed),
        "devices": list(dict.fromkeys(of["training"]["device"] for of in result["runs"].values())),
        "anew": any(run.voice_words for run in runs),
        "redact": redact,
        "recital_words": RECITAL_WORDS,
        "style": page.style() + Markup(own_style),
    }
    for form in ("html", "md"):
        text = page.render(f"compare.{form}.j2", context, own=TEMPLATES)
        (folder / f"report.{form}").write_text(text, encoding="utf-8")
    for sentence in result["sentences"]:
        print(f"   {sentence}")


def run(options: argparse.Namespace) -> None:
    root = artifacts_folder()
    runs = with_one_voice(load_runs(root, options.runs))
    common = common_passages(runs)
    if is_cut(runs, len(common)):
        had = ", ".join(f"{one.name} {len(common)} of {len(one.held_out)}" for one in runs)
        print(f"   cut to the held-out {runs[0].result['method']['unit']} common to all: {had}")
    folder = folder_of(root, options.runs, "-redacted" if options.redact else "")
    with writing_or_saying_why(folder) as partial:
        write_report(runs, common, partial, options.redact)
    print(f"   Report: {folder / 'report.html'}")


@contextmanager
def writing_or_saying_why(folder: Path) -> Iterator[Path]:
    """writing(), with a full disk or a locked folder as a user's error."""
    try:
        with writing(folder) as partial:
            yield partial
    except OSError as error:
        problem = as_user_error(error, folder)
        raise (problem or error) from None


def make_blind_page(options: argparse.Namespace) -> None:
    """blind.html: of one run base or prompted base against tuned, of two runs tuned against tuned."""
    from inkprint.compare import blind

    if options.redact:
        raise UserError("--redact: a blind page has neither paths nor costs, and answers are all that it is")
    if len(options.runs) > 2 or (options.against and len(options.runs) > 1):
        raise UserError(
            "--blind: one run, its base (or --against prompted) against its tuned model; or two runs"
        )
    against = options.against or "base"
    root = artifacts_folder()
    runs = load_runs(root, options.runs, fewest=1)
    sides = blind.sides_of(runs, against)
    pairs = blind.draw_pairs(sides, common_passages(runs), runs[0].recipe.seed)
    folder = folder_of(root, options.runs, f"-blind{'-prompted' if against == 'prompted' else ''}")
    with writing_or_saying_why(folder) as partial:
        page = blind.render(sides, pairs, runs[0].recipe.author)
        (partial / "blind.html").write_text(page, encoding="utf-8")
    few = "" if len(pairs) == blind.SHOWN else f", fewer than {blind.SHOWN}: the page gives no interval"
    print(f"   {len(pairs)} pairs of {sides[0].called} and {sides[1].called}{few}")
    print(f"   Page: {folder / 'blind.html'}")


def read_votes(options: argparse.Namespace) -> None:
    """Say on the terminal what the votes of one page bear together."""
    from inkprint.compare.votes import pooled_sentences, read_all

    if options.runs or options.blind or options.redact:
        raise UserError("--votes stands alone: the files name the page and its runs")
    for sentence in pooled_sentences(read_all(options.votes)):
        print(f"   {sentence}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", metavar="RUN", help="the name of a folder below artifacts/")
    parser.add_argument(
        "--redact",
        action="store_true",
        help="leave out paths, costs, and answers with the text they are from",
    )
    parser.add_argument(
        "--blind", action="store_true", help="a page of unlabelled pairs of answers, of one run or two"
    )
    parser.add_argument(
        "--against", choices=("base", "prompted"), help="with --blind and one run: what the tuned model meets"
    )
    parser.add_argument(
        "--votes", nargs="+", type=Path, metavar="FILE", help="what people clicked on one page"
    )
    options = parser.parse_args()
    if options.against and not options.blind:
        raise UserError("--against goes with --blind")
    if options.votes:
        read_votes(options)
    elif options.blind:
        make_blind_page(options)
    else:
        run(options)


if __name__ == "__main__":
    exit_with(main, "compare.py")
