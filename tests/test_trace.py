"""Every number of the report's evidence goes back to lines of JSONL files: here it is computed from them.

Means, differences, counts, floors and ceilings by plain arithmetic; the bounds of intervals and p-values
by the project's own functions, from the same lines. A number that nothing here leads to fails the test.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections import defaultdict

import pytest
from small_run import RUN, page_of
from traced import (
    NUMBER,
    billed,
    item,
    lines,
    paired,
    plain,
    section_in,
    section_of,
    traced_run,
    unfound,
)

from inkprint.evaluate import summary
from inkprint.evaluate.intervals import Sums, mean_interval, resamples, share_interval
from inkprint.evaluate.metrics import METRICS
from inkprint.records import Score

SAMPLES, SEED, PRIMARY = 2000, 42, "bits_per_byte"  # the demo's recipe
# What a sentence of the verdict calls a metric, beside its title.
pytestmark = pytest.mark.whole_runs  # 03, 06 with a judge, and 07: 20 s before anything is compared
SAYS = {
    "by themselves": ["ended"],
    "recite": ["recited", "verbatim_run"],
    "other authors at 0": ["voice"],
}
GAINS = "What it gained, what it lost"
# Said of the method: level, resamples, seed, fewest passages, "0 to 1", "50 % is chance".
METHOD = {"95", "2000", "42", "20", "0", "1", "50", "0.05"}
# What is said of every metric and check in these words, whatever came out.
WORDING = {
    "Verdict": set(),
    "The voice": {"75"},
    GAINS: set(),
    "Honesty checks": {"20", "10", "100", "75"},
}


def average(scores, link):
    """The weighted mean, of perplexities the geometric one."""
    total = sum(s["weight"] for s in scores)
    if link == "exp":
        return math.exp(sum(s["weight"] * math.log(s["value"]) for s in scores) / total)
    return sum(s["weight"] * s["value"] for s in scores) / total


def shown(value, metric, sign=False):
    """As the page prints it."""
    value, decimals = (100 * value, 1) if metric.share else (value, metric.decimals)
    text = f"{value:{'+' if sign else ''},.{decimals}f}"
    text = text.lstrip("+-") if float(text.replace(",", "")) == 0 else text
    return text.replace("-", "−")


class Evidence:
    """All that the lines of 06 bear, as it is printed: by metric, then by the column of the table."""

    def __init__(self, folder):
        self.folder, self.of = folder, defaultdict(lambda: defaultdict(list))
        for score in lines(folder, "06_evaluate/scores.jsonl"):
            self.of[score["metric"]][score["variant"]].append(score)
        self.others = lines(folder, "06_evaluate/others.jsonl")
        self.put_in = lines(folder, "06_evaluate/checks.jsonl")
        every = [Score(**s) for of in self.of.values() for found in of.values() for s in found]
        wording = {"type_token_words": "", "held_out": "", "window_words": "", "chance": ""}
        self.bounds = summary.summarize(every, wording, PRIMARY, SAMPLES, SEED)
        self.columns = {name: self.columns_of(name) for name in self.of}
        self.said = {name: self.numbers_of(name) for name in self.of}
        self.checked = {name: self.put_in_numbers(name) for name in self.of}
        self.of_reports = self.alarms()
        self.verdicts = self.counts_of_verdicts()

    def columns_of(self, name):
        """What stands in each column of a metric's row: value and bounds, and of differences p."""
        metric, of, found = METRICS[name], self.of[name], self.bounds[name]
        kept = paired(of)
        columns = {"n": [str(len({s["source_id"] for s in kept["tuned"]}))]}
        if metric.item == "answer":
            every = {item(score) for name in of if name != "prompted" for score in of[name]}
            left_out = len(every) - len(kept["tuned"])
            columns["n"] += [str(number) for number in (len(kept["tuned"]), left_out) if number]
        for variant, scores in kept.items():
            mean = found["means"][variant]
            assert mean["value"] == pytest.approx(average(scores, metric.link), rel=1e-5, abs=1e-9)
            columns["author" if variant == "reference" else variant] = [
                shown(average(scores, metric.link), metric), *self.bracket(mean, metric)
            ]  # fmt: skip
        for other, against in found["against"].items():
            there = {item(s) for s in kept[other]}
            tuned = [s for s in kept["tuned"] if item(s) in there]
            value = average(tuned, metric.link) - average(kept[other], metric.link)
            assert against["value"] == pytest.approx(value, rel=1e-4, abs=1e-6)
            columns[f"− {other}"] = [shown(value, metric, True), *self.bracket(against, metric, True)]
            p = against["p_adjusted"]
            if p is not None:
                columns[f"− {other}"].append(
                    "0.001" if p < 0.001 else "1" if p == 1 else f"{p:.{3 if p < 0.1 else 2}f}"
                )
            if metric.item == "answer" and len(tuned) < len(kept["tuned"]):
                columns[f"− {other}"].append(str(len(tuned)))
        return columns

    @staticmethod
    def bracket(found, metric, sign=False):
        return [] if found["low"] is None else [shown(found[end], metric, sign) for end in ("low", "high")]

    def numbers_of(self, name):
        """All of a metric's numbers, and those that a sentence makes of them."""
        found = {number for column in self.columns[name].values() for number in column}
        found |= set(NUMBER.findall(METRICS[name].what)) | {"75", "50"}  # and the words of windows
        if name == "question_recovery":
            found.add(shown(self.chance(), METRICS[name]))
        if name == "recited":
            found |= {str(round(sum(s["value"] for s in of))) for of in self.of[name].values()}
        if name == "verbatim_run":
            found |= {f"{max(s['value'] for s in of):.0f}" for of in self.of[name].values()}
        if name.startswith("voice") and name != "voice_unrecited":
            found |= set(self.scale(name))
        if name == "voice":
            found |= set(self.places())
        return found

    def scale(self, name):
        """How well a signal tells, its floor and its ceiling."""
        own = {s["source_id"]: s["value"] for s in self.of[name]["reference"]}.values()
        authors = defaultdict(list)
        for score in self.others:
            if score["metric"] == name:
                authors[score["variant"]].append(score["value"])
        floor = sum(sum(of) / len(of) for of in authors.values()) / len(authors)
        above = [
            sum((a > b) + 0.5 * (a == b) for a in own for b in of) / len(own) / len(of)
            for of in authors.values()
        ]
        told = 100 * sum(above) / len(above)
        tells = "99.9" if f"{told:.1f}" == "100.0" and float(f"{told / 100:.4g}") < 1 else f"{told:.1f}"
        return tells, f"{floor:.3f}", f"{sum(own) / len(own):.3f}"

    def places(self):
        """Where base and tuned stand on the line from floor to ceiling."""
        own = {s["source_id"]: s["value"] for s in self.of["voice"]["reference"]}.values()
        authors = defaultdict(list)
        for score in self.others:
            if score["metric"] == "voice":
                authors[score["variant"]].append(score["value"])
        floor = sum(sum(of) / len(of) for of in authors.values()) / len(authors)
        span = sum(own) / len(own) - floor
        means = self.bounds["voice"]["means"]
        for variant in ("base", "tuned"):
            for value in means[variant].values():
                yield f"{(value - floor) / span:.2f}".replace("-", "−")

    def chance(self):
        """The mean reciprocal rank of a place drawn by lot among one's own prompt and other passages'."""
        sources = [
            a["source_id"] for a in lines(self.folder, "05_generate/answers.jsonl") if a["variant"] == "base"
        ]
        places = [1 + len(sources) - sources.count(source) for source in sources]
        return sum(sum(1 / place for place in range(1, n + 1)) / n for n in places) / len(places)

    def put_in_numbers(self, name):
        """What a line of the honesty checks says of a metric: means of what was put in, with their bounds."""
        found, metric = set(), METRICS[name]
        of_variant = defaultdict(list)
        for score in self.put_in:
            if score["metric"] == name and score["variant"] != "swapped":
                of_variant[score["variant"]].append(score)
        for scores in of_variant.values():
            sources = list(dict.fromkeys(s["source_id"] for s in scores))
            sums = summary.sums_of([Score(**s) for s in scores], sources, "mean")
            if metric.share:
                bounds = share_interval(sums)
            else:
                bounds = mean_interval(sums, "mean", resamples(len(sources), SAMPLES, SEED, name))
            low = bounds.low if metric.share else max(bounds.low, 0)
            found |= {shown(average(scores, "mean"), metric), shown(low, metric), shown(bounds.high, metric)}
        return found

    def counts_of_verdicts(self):
        """How many comparisons have which verdict: of all metrics, and of the others with a good side."""
        found = set()
        for other in ("base", "prompted"):
            of_all = [m["against"][other]["verdict"] for m in self.bounds.values() if other in m["against"]]
            sided = [
                m["against"][other]["verdict"]
                for name, m in self.bounds.items()
                if other in m["against"] and name != PRIMARY and METRICS[name].better != "neither"
                if not name.startswith("judge_")
            ]
            for told in (of_all, sided):
                found |= {str(told.count(verdict)) for verdict in told} | {str(len(told))}
            # The list of what moved holds both directions.
            found.add(str(of_all.count("higher") + of_all.count("lower")))
        return found

    def alarms(self):
        """What is said of reports on swapped models."""
        swapped = [s for s in self.put_in if s["variant"] == "swapped"]
        any_of = [s["value"] for s in swapped if s["metric"] == "any"]
        bounds = share_interval(Sums(*(_array(of) for of in (any_of, [1.0] * len(any_of)))))
        counts = defaultdict(int)
        for score in swapped:
            counts[score["metric"]] += score["metric"] != "any"
        shares = {f"{100 * value:.1f}" for value in (sum(any_of) / len(any_of), bounds.low, bounds.high)}
        counted = {str(len(any_of)), f"{sum(any_of):.0f}", str(max(counts.values())), str(counts[PRIMARY])}
        return shares | counted | {str(len(self.of))}


def _array(values):
    import numpy as np

    return np.array(values, dtype=float)


def evidence_of(page):
    """The evidence's sections by heading, without figures and what was asked and said."""
    page = re.sub(r'(?s)<svg.*?</svg>|<p class="asked">.*?</p>|<style>.*?</style>', " ", page)
    sections = dict(re.findall(r"(?s)<h2>([^<]*)</h2>(.*?)(?=<h2>|\Z)", page))
    return {name: sections[name] for name in WORDING}


def allowed_in(text, evidence, section):
    """The numbers that a block of text may hold, by what it speaks of."""
    named = [name for name in evidence.of if METRICS[name].title in text]
    named += [name for sign, names in SAYS.items() if sign in text for name in names]
    found = set().union(*(evidence.said[name] for name in named))
    if "other metrics that can be" in text or (section == GAINS and not named):
        found |= evidence.verdicts
    if "(primary)" in text:
        p = evidence.bounds[PRIMARY]["against"]["base"]["p"]
        found.add("0.001" if p < 0.001 else f"{p:.{3 if p < 0.1 else 2}f}")
    if section == "Honesty checks":
        found = found.union(*(evidence.checked[name] for name in named))
        found |= evidence.of_reports if "any verdict" in text else set()
        if "With a voice" in text:
            for name in ("voice", "voice_unrecited"):
                kept = [s for s in evidence.put_in if (s["metric"], s["variant"]) == (name, "recital")]
                found.add(str(len(kept)))
        if "leak audit" in text:
            found |= leak_numbers(evidence.folder)
        if "mask proof" in text:
            proof = json.loads((evidence.folder / RUN / "04_train/mask_proof.json").read_text())
            found |= {f"{proof[name]:,}" for name in ("supervised_tokens", "prompt_tokens")}
    return found


def leak_numbers(folder):
    """The largest of the held-out passages' own lines of leaks.json, and the recipe's limits."""
    leaks = json.loads((folder / RUN / "02_prepare/leaks.json").read_text())
    held_out = [passage for passage in leaks["passages"] if passage["split"] == "test"]
    runs, shares = ([p[name] for p in held_out] for name in ("run_words", "gram_share"))
    return {str(max(runs)), f"{100 * max(shares):.2f}", "50", "50.00", "8"}


def untraced(evidence, page):
    """Every number of the evidence that its lines do not lead to, each with where it stands."""
    wrong = []
    for section, text in evidence_of(page).items():
        blocks = re.findall(
            r"(?s)<(?:li|p|tr|h[34]|figcaption)\b[^>]*>(.*?)</(?:li|p|tr|h[34]|figcaption)>", text
        )
        assert blocks, section
        for block in blocks:
            said = plain(block)
            allowed = allowed_in(said, evidence, section) | WORDING[section]
            if not block.lstrip().startswith("<t"):  # a sentence, a caption
                allowed |= METHOD
            wrong += [(section, n, said[:90]) for n in NUMBER.findall(said) if n not in allowed]
    return wrong + wrong_cells(evidence, page)


def wrong_cells(evidence, page):
    """Cells of the metrics' table that hold other numbers than those of their column."""
    wrong, titles = [], {METRICS[name].title: name for name in evidence.of}
    for row in re.findall(r"(?s)<tr[^>]*>(.*?)</tr>", evidence_of(page)[GAINS]):
        title = re.search(r"<strong>(.*?)</strong>", row)
        if title is None:
            continue
        columns = evidence.columns[titles[html.unescape(title[1])]]
        for label, cell in re.findall(r'(?s)<td class="n" data-label="([^"]*)">(.*?)</td>', row):
            if NUMBER.findall(plain(cell)) != columns.get(label, []):
                wrong.append((title[1], label, plain(cell), columns.get(label)))
    return wrong


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    folder = traced_run(tmp_path_factory)
    return folder, Evidence(folder)


def test_every_number_of_the_evidence_is_recomputed_from_a_line(reported):
    folder, evidence = reported
    assert untraced(evidence, page_of(folder)) == []
    rows = len(re.findall(r'data-label="tuned"', page_of(folder)))
    assert rows >= len(evidence.of)  # or the table was not looked at


def test_markdown_has_the_numbers_of_the_page(reported):
    """What the page shows the Markdown shows, number by number of every metric and check."""
    folder, evidence = reported
    markdown = html.unescape(page_of(folder, "md")).replace("\\", "").replace("\u00a0", " ")
    for name, columns in evidence.columns.items():
        title = re.compile(rf"\| {re.escape(METRICS[name].title)}( \(|\s\|)")
        row = max(filter(title.match, markdown.splitlines()), key=len)  # signals have a table of their own
        # The prompt's own text has no column: its marks stand in the judge's section.
        shown = [column for label, column in columns.items() if label not in ("n", "instruction")]
        expected = [number for column in shown for number in column]
        assert sorted(NUMBER.findall(row.split(" | ", 3)[3])) == sorted(expected), row
    sections = evidence_of(page_of(folder))
    for sentence in re.findall(r"(?s)<li>(.*?)</li>", sections["Verdict"]):
        assert plain(sentence) in " ".join(markdown.split())


def rows_of(section, title):
    """The table below a heading: of each row the first cell's words, then the numbers of all others."""
    table = re.search(rf"(?s)<h3>{title}</h3>\s*<table>(.*?)</table>", section)[1]
    cells = [re.findall(r"(?s)<td[^>]*>(.*?)</td>", row) for row in re.findall(r"(?s)<tr>(.*?)</tr>", table)]
    return {
        plain(row[0]): [number for cell in row[1:] for number in NUMBER.findall(plain(cell))]
        for row in cells
        if row
    }


def test_side_by_side_says_of_each_answer_what_its_lines_say(reported):
    folder, _ = reported
    runs = {
        (line["example_id"], line["variant"]): line for line in lines(folder, "06_evaluate/recitals.jsonl")
    }
    answers = {line["id"]: line for line in lines(folder, "05_generate/answers.jsonl")}
    shown = re.findall(
        r"(?s)<p>([^\n]*?)</p>\s*"
        r'<p class="meta">((?:(?!</p>).)*Longest verbatim run: (\d+) words(?:(?!</p>).)*)'
        r"<code>(answer-\w+)</code>",
        section_of(folder, "Side by side"),
    )
    assert len(shown) >= 24
    for text, said, words, name in shown:
        answer = answers[name]
        run = runs[answer["example_id"], answer["variant"]]
        assert int(words) == run["words"]
        assert ("Cut off" in said) == (not answer["ended"])
        marked = re.search(r"(?s)<(?:u|mark)[^>]*>(.*?)</(?:u|mark)>", text)
        assert html.unescape(marked[1]) == answer["answer"][run["start"] : run["end"]]


def test_data_and_training_are_counted_from_the_records(reported):
    folder, _ = reported
    data = section_of(folder, "Data")
    pages = defaultdict(lambda: [0, 0])
    for page in lines(folder, "01_extract/documents.jsonl"):
        pages[page["page_class"].replace("_", " ")][not page["kept"]] += 1
    assert rows_of(data, "Pages") == {name: [str(n) for n in counts] for name, counts in pages.items()}

    splits = ("train", "validation", "test")
    passages = {split: [] for split in splits}
    for passage in lines(folder, "02_prepare/passages.jsonl"):
        passages[passage["split"]].append(passage)
    examples = [line["split"] for line in lines(folder, "03_synthesize/examples.jsonl")]
    table = rows_of(data, "Splits, by whole chapters")
    chapters = [len({(p["document"], p["chapter"]) for p in passages[split]}) for split in splits]
    assert table["chapters"] == [str(count) for count in chapters]
    assert table["passages"] == [str(len(passages[split])) for split in splits]
    words = [sum(p["words"] - p["overlap_words"] for p in passages[split]) for split in splits]
    assert table["words"] == [f"{count:,}" for count in words]
    assert table["examples"] == [str(examples.count(split)) for split in splits]

    log = lines(folder, "04_train/training_log.jsonl")
    losses = [line["validation_loss"] for line in log if "validation_loss" in line]
    manifest = json.loads((folder / RUN / "04_train/manifest.json").read_text())
    proof = json.loads((folder / RUN / "04_train/mask_proof.json").read_text())
    training = section_of(folder, "Training")
    cells = dict(re.findall(r'<tr><td>([^<]*)</td><td class="n">([^<]*)</td></tr>', training))
    assert cells["Validation loss at best"] == f"{min(losses):.3f}"
    assert cells["Loss at the end"] == f"{manifest['final_loss']:.3f}"
    assert cells["Steps"] == f"{manifest['steps']:,}"
    assert cells["Tokens in the loss"] == f"{proof['supervised_tokens']:,}"
    assert cells["Rows learned from"] == f"{proof['rows']['train']:,}"


COSTS = "Cost, time and memory"
SECONDS = {"s": 1, "min": 60, "h": 3600}
BYTES = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


def manifests_of(folder):
    """By a stage as the page names it, `04 train`."""
    paths = sorted(path for path in (folder / RUN).glob("*/manifest.json") if path.parent.name != "07_report")
    return {path.parent.name.replace("_", " "): json.loads(path.read_text()) for path in paths}


def paid_sentence(folder, manifests):
    """What was paid, by the bills of the server that was asked, and hours on cards, by the manifests."""
    examples, marks = (billed(folder, stage) for stage in ("03_synthesize", "06_evaluate"))
    hours = defaultdict(float)
    for manifest in manifests.values():
        if "gpu" in manifest["peak_memory_bytes"]:
            hours[manifest["device"]] += manifest["seconds"] * manifest.get("processes", 1) / 3600
    cards = ", ".join(f"{of:.2f} hours of {card}" for card, of in hours.items())
    return (
        f"Paid to models' providers: ${examples + marks:.4f}: ${examples:.4f} for 03 synthesize,"
        f" ${marks:.4f} for the judge. {cards}, at your price."
    )


def told_as(text, value, units):
    """Whether a text such as 2 h 05 min or 13.4 GB is this value, to its last digit."""
    parts = re.findall(r"([\d.]+) (\w+)", text)
    told = sum(float(number) * units[unit] for number, unit in parts)
    last, unit = parts[-1]
    step = units[unit] * 10.0 ** -len(last.partition(".")[2])
    return (
        " ".join(f"{number} {unit}" for number, unit in parts) == text
        and abs(told - value) <= step / 2 + 1e-6
    )


def wrong_costs(folder, page):
    """What the section of costs says otherwise than the bills, the manifests and the lines."""
    section, manifests, wrong = section_in(page, COSTS), manifests_of(folder), []
    paragraphs = [plain(text) for text in re.findall(r"(?s)<p[^>]*>(.*?)</p>", section)]
    if paragraphs[0] != paid_sentence(folder, manifests):
        wrong.append(paragraphs[0])
    total = re.fullmatch(r"In all (.*)\. Memory is each stage's peak\.", paragraphs[1])
    if not total or not told_as(total[1], sum(of["seconds"] for of in manifests.values()), SECONDS):
        wrong.append(paragraphs[1])
    rows = [re.findall(r"(?s)<td[^>]*>(.*?)</td>", row) for row in re.findall(r"(?s)<tr>(.*?)</tr>", section)]
    for (stage, manifest), row in zip(manifests.items(), [row for row in rows if row], strict=True):
        name, time, memory, came = (re.sub(r"\s*<small>", "|", cell).replace("</small>", "") for cell in row)
        by, counts, peak = manifest.get("reused_from"), manifest["counts"], manifest["peak_memory_bytes"]
        machine, _, gpu = memory.partition("|GPU ")
        if (
            name != (f"{stage}|taken over from {by}" if by else stage)
            or not told_as(time, max(manifest["seconds"], 1), SECONDS)
            or not told_as(machine, peak["machine"], BYTES)
            or (not told_as(gpu, peak["gpu"], BYTES) if "gpu" in peak else bool(gpu))
            or came != f"{counts['out']:,} {counts['unit']}|of {counts['in']:,}"
        ):
            wrong.append(row)
    return wrong


def test_cost_time_and_memory_are_those_of_bills_and_manifests(reported):
    folder, _ = reported
    assert wrong_costs(folder, page_of(folder)) == []
    manifests = manifests_of(folder)
    assert paid_sentence(folder, manifests).count(" hours of ") == 2, "or less was tried"
    examples, rejects = (len(lines(folder, f"03_synthesize/{of}.jsonl")) for of in ("examples", "rejects"))
    counts = manifests["03 synthesize"]["counts"]
    assert (counts["out"], counts["in"]) == (examples, examples + rejects)
    answers = len(lines(folder, "05_generate/answers.jsonl"))
    assert [manifests[stage]["counts"]["out"] for stage in ("05 generate", "06 evaluate")] == [answers] * 2
    making = plain(section_of(folder, "How the examples were made"))
    assert f"in all its starts: ${billed(folder, '03_synthesize'):.4f}." in making


def test_another_digit_anywhere_in_the_costs_is_found(reported):
    folder, _ = reported
    assert unfound(page_of(folder), COSTS, lambda page: wrong_costs(folder, page)) == []


def test_a_number_that_no_line_bears_is_found(reported):
    """The test above can fail: numbers with another last digit are found, wherever they stand."""
    folder, evidence = reported
    page, tried, found = page_of(folder), 0, 0
    begin, end = page.index("<h2>Verdict</h2>"), page.index("<h2>Training</h2>")
    shown_ones = "|".join(
        re.escape(part) for text in evidence_of(page).values() for part in text.split("\n") if part
    )
    lines_of = [match for match in re.finditer(shown_ones, page) if begin < match.start() < end]
    numbers = [
        line.start() + number.end() - 1
        for line in lines_of
        for number in re.finditer(
            r"(?<=>)[−+]?\d[\d,.]*(?=<)|(?<=[ \[])[−+]?\d+\.\d+(?=[,\] \u00a0])", line.group()
        )
    ]
    for place in numbers[::12]:
        changed = page[:place] + str((int(page[place]) + 3) % 10) + page[place + 1 :]
        tried += 1
        found += bool(untraced(evidence, changed))
    assert tried > 20
    assert found >= 0.95 * tried, (found, tried)
