"""Runs held against each other: of one unit, over the same text, and nothing but what 06 measured."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from markdown_it import MarkdownIt
from small_run import RUN, make_run, run_script
from test_07_report import HOSTILE, Tags, change_records
from test_voice import with_background
from warm import REPORTING, run_warm

from inkprint.compare import measuring, sentences
from inkprint.compare.finished import Finished
from inkprint.compare.measuring import Comparison
from inkprint.evaluate.intervals import holm
from inkprint.evaluate.scores import make_score
from inkprint.report.numbers import number

pytestmark = pytest.mark.whole_runs  # some forty runs of 06 and of compare.py
SECRET = "data/secret-shelf/keeper.pdf"


def finish(root, name, folder, change=None, **options):
    """A small run that went through 06, as artifacts/NAME below `root`. change: of 05's files, before."""
    recipe = make_run(folder, **options)
    if change:
        change(folder)
    run_script("06_evaluate.py", recipe)
    shutil.copytree(folder / RUN, root / "artifacts" / name)


def gain(seed, nats, tokens=1):
    """Change the tuned model's likelihoods by so much a token, and how many tokens there are."""
    dice = random.Random(seed)

    def change(record):
        more = record["tokens"] * (nats + dice.gauss(0, 0.05)) if record["variant"] == "tuned" else 0
        return record | {
            "log_likelihood": record["log_likelihood"] + more,
            "tokens": tokens * record["tokens"],
        }

    return lambda folder: change_records(folder, "05_generate/likelihoods.jsonl", change)


def poison(folder):
    def change(answer):
        prompt = [{"role": "user", "content": HOSTILE + answer["prompt"][0]["content"]}]
        return answer | {"answer": HOSTILE + answer["answer"], "prompt": prompt}

    change_records(folder, "05_generate/answers.jsonl", change)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with finished runs. Not to be changed."""
    root = tmp_path_factory.mktemp("shelf")
    folders = iter(root / f"of-{number}" for number in range(9))
    data = {"data: data/demo/books": f"data: {SECRET}"}
    for name, options in {
        "old": {"test": 30, "change": poison, "recipe_changes": data},
        "new": {"test": 30, "change": gain(1, 0.3)},
        "short": {"test": 24, "prompted": True, "change": gain(2, -0.2, tokens=2)},
        "tiny": {"test": 12},
    }.items():
        (folder := next(folders)).mkdir()
        finish(root, name, folder, **options)
    return root


def run_compare(root, *words):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("INKPRINT_")}
    environment |= {"OMP_NUM_THREADS": "2", "INKPRINT_ARTIFACTS": str(root / "artifacts")}
    return run_warm(REPORTING, [str(ROOT / "scripts/compare.py"), *words], environment)


def compared(root, *words):
    done = run_compare(root, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [word for word in words if not word.startswith("--")]
    return root / "artifacts/compare" / ("+".join(names) + "-redacted" * ("--redact" in words))


@pytest.fixture(scope="module")
def pair(shelf):
    return compared(shelf, "old", "new")


@pytest.fixture(scope="module")
def three(shelf):
    return compared(shelf, "old", "new", "short")


def result_of(folder):
    return json.loads((folder / "comparison.json").read_text(encoding="utf-8"))


def page_of(folder, form="html"):
    return (folder / f"report.{form}").read_text(encoding="utf-8")


def scores_of(root, name):
    with (root / "artifacts" / name / "06_evaluate/scores.jsonl").open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def recomputed(root, run, metric, variant, sources):
    """A mean, from the lines of scores.jsonl alone."""
    own = [s for s in scores_of(root, run) if (s["metric"], s["variant"]) == (metric, variant)]
    own = [s for s in own if s["source_id"] in sources]
    assert {s["source_id"] for s in own} == sources
    values = [math.log(s["value"]) if metric == "perplexity" else s["value"] for s in own]
    mean = sum(v * s["weight"] for v, s in zip(values, own, strict=True)) / sum(s["weight"] for s in own)
    return math.exp(mean) if metric == "perplexity" else mean


def common_of(root, *runs):
    return set.intersection(
        *({s["source_id"] for s in scores_of(root, run) if s["metric"] == "perplexity"} for run in runs)
    )


def differences(result):
    """Every difference with the metric that it is of."""
    for run in result["runs"].values():
        for metric in run["metrics"].values():
            yield metric, metric["against"]["base"]
    for one in result["pairs"]:
        yield one, one["difference"]


def test_every_mean_and_difference_is_recomputed_from_scores(shelf, three):
    result, sources = result_of(three), common_of(shelf, "old", "new", "short")
    assert result["common"] == len(sources) == 24
    seen = set()
    for name, run in result["runs"].items():
        for metric, found in run["metrics"].items():
            means = {v: recomputed(shelf, name, metric, v, sources) for v in ("base", "tuned")}
            for variant, mean in means.items():
                assert found["means"][variant]["value"] == pytest.approx(mean, rel=1e-5)
            assert found["against"]["base"]["value"] == pytest.approx(
                means["tuned"] - means["base"], rel=1e-4
            )
            seen.add((name, metric))
    for one in result["pairs"]:
        first, second = (recomputed(shelf, n, one["metric"], one["variant"], sources) for n in one["runs"])
        assert [mean["value"] for mean in one["means"]] == pytest.approx([first, second], rel=1e-5)
        assert one["difference"]["value"] == pytest.approx(second - first, rel=1e-3, abs=1e-6)
        seen.add((one["metric"], one["variant"], *one["runs"]))
    pairs = [("old", "new"), ("old", "short"), ("new", "short")]
    assert seen == {(run, "bits_per_byte") for run in ("old", "new", "short")} | {
        ("bits_per_byte", variant, *of) for variant in ("base", "tuned") for of in pairs
    } | {("perplexity", variant, "old", "new") for variant in ("base", "tuned")}


def test_the_page_prints_what_was_computed(three):
    result, html, markdown = result_of(three), page_of(three), page_of(three, "md")
    rows = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]
    lines = [line.replace("\\", "") for line in markdown.split("\n") if line.startswith("| ")]
    for texts in (rows, lines):
        for one in result["pairs"]:
            named = f"{one['runs'][1]} − {one['runs'][0]}"
            means = [number(mean["value"], one) for mean in one["means"]]
            of_pair = [t for t in texts if named in t and one["variant"] in t.split("−")[0]]
            (text,) = [t for t in of_pair if all(mean in t for mean in means)]
            for estimate in (*one["means"], one["difference"]):
                for key in ("value", "low", "high"):
                    assert number(estimate[key], one, sign=estimate is one["difference"]) in text
            assert one["difference"]["verdict"] in text
        for name, run in result["runs"].items():
            metric = run["metrics"]["bits_per_byte"]
            (text,) = [t for t in texts if name in t.split()[:2] and "(primary)" in t]
            for mean in (metric["means"]["base"], metric["means"]["tuned"]):
                assert f"{number(mean['value'], metric)}" in text
                assert f"[{number(mean['low'], metric)}, {number(mean['high'], metric)}]" in text
            found = metric["against"]["base"]
            low, high = (number(found[key], metric, sign=True) for key in ("low", "high"))
            assert re.search(rf"{re.escape(f'[{low}, {high}]')}\s+{found['verdict']}\b", text)


def test_where_nothing_is_cut_a_run_has_the_numbers_of_its_own_report(shelf, pair):
    result = result_of(pair)
    assert not result["cut"]
    assert result["method"]["samples"] == 2000
    for name, run in result["runs"].items():
        own = json.loads((shelf / "artifacts" / name / "06_evaluate/metrics.json").read_text())
        for metric, found in run["metrics"].items():
            assert found["means"] == own["metrics"][metric]["means"]
            for key in ("value", "low", "high", "p"):
                assert found["against"]["base"][key] == own["metrics"][metric]["against"]["base"][key]


def test_all_tests_of_the_page_are_adjusted_together(three):
    result = result_of(three)
    found = [of for _, of in differences(result) if of["p"] is not None]
    # Three runs' tuning, three pairs in bits per byte, one in perplexity; old and new have one base.
    assert result["method"]["tests"] == len(found) == 3 + 3 * 2 + 2 - 2
    assert [of["p_adjusted"] for of in found] == pytest.approx(holm([of["p"] for of in found]))
    assert any(of["p_adjusted"] > of["p"] for of in found)


def test_the_better_run_is_told_apart_and_equal_bases_are_identical(pair):
    pairs = {(one["metric"], one["variant"]): one["difference"] for one in result_of(pair)["pairs"]}
    for metric in ("bits_per_byte", "perplexity"):
        assert pairs[metric, "tuned"]["verdict"] == "better"
        assert pairs[metric, "tuned"]["high"] < 0
        assert pairs[metric, "base"]["verdict"] == "identical"
        assert pairs[metric, "base"]["value"] == 0
    text = page_of(pair)
    assert "Of the tuned models that of new needs the fewest bits per byte" in text
    assert "told apart from old." in text
    assert "The untuned bases are the same to the last digit in bits per byte." in text


def test_turned_around_the_signs_turn(shelf, pair):
    forth, back = result_of(pair), result_of(compared(shelf, "new", "old"))
    for one, other in zip(forth["pairs"], back["pairs"], strict=True):
        assert (one["metric"], one["variant"]) == (other["metric"], other["variant"])
        assert one["difference"]["value"] == pytest.approx(-other["difference"]["value"])
        words = {"better": "worse", "worse": "better"}
        verdict = one["difference"]["verdict"]
        assert other["difference"]["verdict"] == words.get(verdict, verdict)


def test_what_is_cut_is_said_and_other_tokenizers_are_not_compared_by_tokens(three):
    html = page_of(three)
    assert "old keeps 24 of 30, new keeps 24 of 30, short keeps 24 of 24." in html
    assert result_of(three)["cut"]
    why = "their tokenizers cut the text into different tokens"
    assert f"Perplexity per token is not compared of old and short; new and short: {why}." in html
    assert "the recipe names no other authors" in html  # why there is no voice


def test_a_cut_comparison_says_so_on_the_terminal(shelf):
    assert "common to all: new 24 of 30, short 24 of 24" in run_compare(shelf, "new", "short").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("old", "tiny"), "12 held-out passages are common to all (of old 30, tiny 12), fewer than 20"),
        (("old",), "name two runs or more: runs that went as far as 06"),
        (("old", "old"), "old: named twice"),
        (("old", "nowhere"), "no such run; runs that went as far as 06"),
        (("old", "../artifacts/new"), "no such run"),
    ],
)
def test_mistakes_are_one_line(shelf, words, said):
    done = run_compare(shelf, *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (shelf / "artifacts/compare" / "+".join(words)).exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("06_evaluate/scores.jsonl", "not what 06 measured"),
        ("05_generate/answers.jsonl", "not what 06 measured"),
        ("04_train/manifest.json", "04_train is not done; finish the run with: ./run_all.sh"),
    ],
)
def test_what_is_not_what_06_measured_is_refused(shelf, tmp_path, name, said):
    for run in ("old", "new"):
        shutil.copytree(shelf / "artifacts" / run, tmp_path / "artifacts" / run)
    path = tmp_path / "artifacts/new" / name
    if path.suffix == ".json":
        path.unlink()
    else:
        path.write_text(path.read_text(encoding="utf-8").replace("1", "2", 1), encoding="utf-8")
    done = run_compare(tmp_path, "old", "new")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "artifacts/compare").exists()


def test_few_passages_that_all_share_are_too_few_to_tell_and_no_interval(shelf, tmp_path):
    for name in ("tiny", "again"):
        shutil.copytree(shelf / "artifacts/tiny", tmp_path / "artifacts" / name)
    folder = compared(tmp_path, "tiny", "again")
    for _, found in differences(result_of(folder)):
        assert found["low"] is None
        assert found["verdict"] in ("too few to tell", "identical")


def test_the_same_runs_give_the_same_bytes(shelf, tmp_path):
    files = []
    for _ in range(2):
        folder = compared(shelf, "new", "old")
        files.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
        assert not list(folder.parent.glob("*.partial")) + list(folder.parent.glob("*.old"))
    assert files[0] == files[1]
    assert {str(path) for path in files[0]} == {
        "comparison.json", "report.html", "report.md",
        "figures/progression-bits-per-byte.png", "figures/progression-bits-per-byte.svg",
    }  # fmt: skip


def test_what_a_model_said_is_shown_and_not_obeyed(shelf):
    """Prompts that only one run was asked stand nowhere, so the hostile run is held against its like."""
    shutil.copytree(shelf / "artifacts/old", shelf / "artifacts/like", dirs_exist_ok=True)
    folder = compared(shelf, "old", "like")
    found = Tags(page_of(folder))
    assert not {name for name, _ in found.tags} & {"script", "iframe", "object", "link", "base", "img", "a"}
    assert not [key for _, attributes in found.tags for key in attributes if key.startswith("on")]
    text = "".join(found.texts)
    for said in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</style></p>{{ 7*7 }}",
        "&lt;",
    ):
        assert said in text
    assert not re.search("[\u202e\u061c\x07]", page_of(folder) + page_of(folder, "md"))
    tokens = MarkdownIt("commonmark", {"linkify": False}).enable("table").parse(page_of(folder, "md"))
    inline = [child for token in tokens for child in token.children or ()]
    assert not [t for t in tokens + inline if t.type.startswith(("html", "code_block", "fence", "link"))]
    assert [t.attrs["src"] for t in inline if t.type == "image"] == ["figures/progression-bits-per-byte.png"]


def test_answers_of_all_runs_stand_beside_each_other(three):
    html = page_of(three)
    for name in ("old", "new", "short"):
        assert html.count(f"<h3>{name}: base</h3>") == html.count(f"<h3>{name}: tuned</h3>") == 6
    assert html.count("<h3>author</h3>") == 6
    assert "<h3>short: prompted</h3>" not in html  # no other run has one


@pytest.mark.parametrize("words", [[], ["--redact"]])
def test_every_table_in_markdown_is_one(shelf, words):
    parser = MarkdownIt("commonmark").enable("table")
    folder = compared(shelf, "old", "new", *words)
    tokens = parser.parse(page_of(folder, "md"))
    rows = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(tokens[place + 1].content)
    # Of the two runs, of one changed setting, of what tuning did, of four pairs, of every other metric of two
    # runs, of keys; each with its head.
    others = 1 + 2 * len(result_of(folder)["others"])
    widths = [14 - bool(words)] * 3 + [3] * 2 + [6] * 3 + [7] * 5 + [7] * others + [4] * 3
    assert [len(row) for row in rows] == widths
    assert others > 20
    assert not [t for t in tokens if t.type == "inline" and t.content.startswith("|")]


def test_redacted_there_are_no_paths_costs_or_answers(shelf, pair):
    folder = compared(shelf, "old", "new", "--redact")
    whole = "".join((pair / name).read_text() for name in ("report.html", "report.md"))
    said = "".join(p.read_text() for p in folder.rglob("*") if p.suffix in {".html", ".md", ".json", ".svg"})
    for secret in (SECRET, "$0.12", "Side by side", "<h3>author</h3>", "artifacts/cache"):
        assert secret in whole, secret
        assert secret not in said, secret
    assert "secret-shelf" not in said
    assert str(shelf) not in said
    assert "Redacted: without paths, costs" in said
    kept = result_of(pair)["pairs"]
    assert result_of(folder)["pairs"] == kept


def test_the_summary_tells_what_training_took(shelf, pair):
    html = page_of(pair)
    (row,) = [r for r in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if "<strong>old</strong><small>" in r]
    text = re.sub(r"<[^>]+>", " ", row)
    for said in (SECRET, "88 rows", "240 steps", "1.772", "2.200 validation", "510 kB", "$0.12", "demo-base"):
        assert said in text, said


def test_the_voice_is_compared_where_it_was_learned_from_the_same_texts(tmp_path):
    for name, tuned in {"near": "own", "far": "stranger 3"}.items():
        (tmp_path / name).mkdir()
        with_background(tmp_path / name, tuned=tuned)
        shutil.copytree(tmp_path / name / RUN, tmp_path / "artifacts" / name)
    folder = compared(tmp_path, "near", "far")
    (found,) = [p for p in result_of(folder)["pairs"] if (p["metric"], p["variant"]) == ("voice", "tuned")]
    assert found["difference"]["verdict"] == "worse"
    assert found["difference"]["high"] < 0
    assert "Of the tuned models that of near is nearest to the author in voice" in page_of(folder)
    assert (folder / "figures/progression-voice.png").is_file()
    # Measured against other authors, the same answers have another score: that is no difference of models.
    recipe = make_other_background(tmp_path)
    run_script("06_evaluate.py", recipe)
    shutil.copytree(tmp_path / "far" / RUN, tmp_path / "artifacts" / "apart")
    apart = compared(tmp_path, "near", "apart")
    assert not [p for p in result_of(apart)["pairs"] if p["metric"] == "voice"]
    assert "Voice is not compared of near and apart: it was learned from other texts" in page_of(apart)
    assert not (apart / "figures/progression-voice.png").exists()


def cut_short(folder, words):
    """All answers of a run end after so many words."""

    def change(answer):
        return answer | {"answer": " ".join(answer["answer"].split()[:words])}

    change_records(folder, "05_generate/answers.jsonl", change)
    run_script("06_evaluate.py", folder / "small.yaml")


def test_models_of_different_loquacity_are_judged_in_windows_of_one_length(tmp_path):
    for name, tuned in {"near": "own", "terse": "stranger 3"}.items():
        (tmp_path / name).mkdir()
        with_background(tmp_path / name, tuned=tuned)
    cut_short(tmp_path / "terse", 40)
    for name in ("near", "terse"):
        shutil.copytree(tmp_path / name / RUN, tmp_path / "artifacts" / name)
    own = {}
    for name in ("near", "terse"):
        own[name] = json.loads((tmp_path / "artifacts" / name / "06_evaluate/metrics.json").read_text())
    windows = {name: of["voice"]["window_words"] for name, of in own.items()}
    assert windows["near"] > windows["terse"] == 30
    folder = compared(tmp_path, "near", "terse")
    result = result_of(folder)
    pairs = {p["variant"]: p for p in result["pairs"] if p["metric"] == "voice"}
    assert pairs["tuned"]["difference"]["verdict"] == "worse"
    # The bases say the same, but for where they stop: their first 30 words are the same, and so is the voice.
    assert pairs["base"]["difference"]["verdict"] == "identical"
    # The terse one's own windows were those, and what was learned from is the same: so are its numbers.
    terse = result["runs"]["terse"]["metrics"]["voice"]["means"]
    for variant in ("base", "tuned"):
        assert terse[variant]["value"] == pytest.approx(
            own["terse"]["metrics"]["voice"]["means"][variant]["value"], rel=1e-5
        )
    text = page_of(folder)
    assert (
        "The voice of near was judged anew, in windows of 30 words and with one seed for all that it is"
        f" compared with: its own report has windows of {windows['near']} and seed 42." in text
    )
    assert "a voice that was judged anew from its answers" in text


def test_every_other_metric_stands_there_over_the_common_text(shelf, three):
    sources = common_of(shelf, "old", "new", "short")
    others = {one["metric"]: one for one in result_of(three)["others"]}
    own = json.loads((shelf / "artifacts/short/06_evaluate/metrics.json").read_text(encoding="utf-8"))
    there = {name for name, metric in own["metrics"].items() if metric["items"]}
    assert others.keys() == {name for name in there if not name.startswith("voice")} - {"bits_per_byte"}
    rows = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr.*?</tr>", page_of(three), re.DOTALL)]
    for name in ("answer_words", "keyword_density", "ended"):
        for run, found in others[name]["runs"].items():
            for variant in ("base", "tuned"):
                mean = recomputed(shelf, run, name, variant, sources)
                assert found["means"][variant]["value"] == pytest.approx(mean, rel=1e-5)
                shown = number(found["means"][variant]["value"], others[name])
                assert [row for row in rows if run in row.split() and shown in row]
    assert "prompted" in others["ended"]["runs"]["short"]["means"]
    assert "tokenizers cut" in others["perplexity"]["why"]
    assert others["keyword_density"]["why"].startswith("it goes by each run's own train text")
    assert others["answer_words"]["why"] == others["ended"]["why"] == ""
    assert "Not of one unit: it goes by each run" in page_of(three)


def test_what_changed_from_run_to_run_is_named(shelf, tmp_path):
    for name in ("old", "new"):
        shutil.copytree(shelf / "artifacts" / name, tmp_path / "artifacts" / name)
    recipe = tmp_path / "artifacts/new/recipe.yaml"
    text = recipe.read_text(encoding="utf-8")
    for old, new in {
        "rank: 32": "rank: 16",
        "max_dollars: 0": "max_dollars: 7.5",
        "[q_proj, k_proj, v_proj": "[q_proj, v_proj",
        "title: The demo": "title: Another",
    }.items():
        assert old in text
        text = text.replace(old, new, 1)
    recipe.write_text(text, encoding="utf-8")
    (step,) = result_of(compared(tmp_path, "old", "new"))["changes"]
    assert step["runs"] == ["old", "new"]
    found = {one["key"]: (one["before"], one["after"]) for one in step["settings"]}
    assert found["train.rank"] == ("32", "16")
    assert found["max_dollars"] == ("0.0", "7.5")
    assert found["extract.data"] == (SECRET, "data/demo/books")
    assert found["train.target_modules"][1].startswith('["q_proj", "v_proj"')
    assert set(found) == {"train.rank", "max_dollars", "extract.data", "train.target_modules"}
    html = page_of(tmp_path / "artifacts/compare/old+new")
    assert "<td><code>train.rank</code></td><td>32</td><td>16</td>" in html
    folder = compared(tmp_path, "old", "new", "--redact")
    hidden = {one["key"]: one["after"] for one in result_of(folder)["changes"][0]["settings"]}
    assert hidden == found | dict.fromkeys(("max_dollars", "extract.data"), "(left out)") | {
        "train.rank": "16", "train.target_modules": found["train.target_modules"][1],
    }  # fmt: skip
    assert "<td>7.5</td>" not in page_of(folder)


def speaker(name, tuned):
    """A run of which no more is there than its voice: the author's own text scores 0.7."""
    dice, scores = random.Random(name), {}
    for variant, level in {"base": 0.2, "tuned": tuned, "reference": 0.7}.items():
        scores[variant] = [
            make_score("voice", variant, f"passage-{n}", f"example-{n}", level + dice.gauss(0, 0.02), 1)
            for n in range(30)
        ]
    titles = {"title": "Voice", "what": "", "unit": "", "better": "higher", "item": "answer"}
    metrics = {"voice": titles | {"decimals": 3, "share": False}}
    return Finished(name, Path(name), None, {}, {"metrics": metrics}, [], {"voice": scores})


@pytest.mark.parametrize(
    ("tuned", "verdict", "beyond"),
    [
        ((0.4, 0.6), "better", []),
        ((0.6, 0.4), "worse", []),
        ((0.6, 0.9), "higher", ["later"]),
        ((0.9, 0.6), "lower", ["earlier"]),
    ],
)
def test_a_voice_beyond_the_author_is_neither_better_nor_worse(tuned, verdict, beyond):
    runs = speaker("earlier", tuned[0]), speaker("later", tuned[1])
    common = [f"passage-{n}" for n in range(30)]
    pairs = list(measuring._pairs("voice", *runs, common, 500, 1))
    measuring._judge_all({}, pairs)
    (found,) = [one for one in pairs if one["variant"] == "tuned"]
    assert found["difference"]["verdict"] == verdict
    assert found["beyond"] == beyond
    effects = {run.name: {"voice": {"means": {}}} for run in runs}
    if beyond:
        said = sentences._ranking(Comparison(effects, pairs, [], 2, 500, 1), "voice", "tuned")
        assert f"no order in voice: {beyond[0]} went beyond the author's own" in said


def make_other_background(folder):
    def change(passage):
        return passage | {"text": passage["text"].replace(",", ";")}

    change_records(folder / "far", "02_prepare/background.jsonl", change)
    return folder / "far" / "small.yaml"
