"""The report: one file, harmless whatever the model said, and saying what 06 measured."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from small_run import make_run, run_script

from inkprint.report import numbers, page

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)></style></p>{{ 7*7 }}\n# Heading\n"
    "![i](http://evil.example/a.png) [l](javascript:alert(1)) | https://evil.example www.evil.example $x$\n"
    "---\n1. one\n<!-- \u202e\x07 & &lt; ```\n"
)
FIGURES = ("perplexity", "similarity", "keywords", "responses", "clouds", "heatmap", "radar", "training")
RUN = "artifacts/small"


class Tags(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def change_answers(folder, change):
    path = folder / RUN / "05_generate/answers.jsonl"
    with path.open(encoding="utf-8") as handle:
        answers = [change(json.loads(line)) for line in handle]
    path.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in answers), encoding="utf-8")


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A folder in which a hostile run went through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("reported")
    changes = {"title: The demo": 'title: "<b>Demo</b> *1*"', "answers_shown: 8": "answers_shown: 48"}
    recipe = make_run(folder, changes)

    def poison(answer):
        prompt = [{"role": "user", "content": HOSTILE + answer["prompt"][0]["content"]}]
        return answer | {"answer": HOSTILE + answer["answer"], "prompt": prompt}

    change_answers(folder, poison)
    run_script("06_evaluate.py", recipe)
    folder.joinpath("said").write_text(run_script("07_report.py", recipe).stdout, encoding="utf-8")
    return folder


def html(folder):
    return (folder / RUN / "07_report/report.html").read_text(encoding="utf-8")


def markdown(folder):
    return (folder / RUN / "07_report/report.md").read_text(encoding="utf-8")


def test_the_page_needs_no_script_and_no_network(reported):
    found = Tags(html(reported))
    names = {name for name, _ in found.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "img", "a"}
    for name, attributes in found.tags:
        assert not [key for key in attributes if key.startswith("on")], name
        for key in ("src", "href", "xlink:href", "action", "data", "style"):
            value = attributes.get(key) or ""
            assert not re.search(r"https?:|//|javascript:|@import", value), (name, key, value)
    style = html(reported).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in html(reported)


def test_what_a_model_said_is_shown_and_not_obeyed(reported):
    text = "".join(Tags(html(reported)).texts)
    for said in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</style></p>{{ 7*7 }}",
        "&lt;",
    ):
        assert said in text
    assert "\u202e" not in html(reported) and "\x07" not in html(reported)
    assert "<b>Demo</b> *1*" in text


def test_markdown_from_a_model_stays_text(reported):
    parser = MarkdownIt("commonmark", {"linkify": False}).enable("table")
    tokens = parser.parse(markdown(reported))
    inline = [child for token in tokens for child in token.children or ()]
    assert not [t for t in tokens + inline if t.type.startswith("html")]
    assert not [t for t in inline if t.type == "link_open"]
    images = [t.attrs["src"] for t in inline if t.type == "image"]
    assert images == [f"figures/{name}.png" for name in FIGURES]
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert "Heading" not in headings
    assert "https://evil" not in markdown(reported)
    assert "www.evil" not in markdown(reported)


@given(st.text())
def test_markdown_escaping_keeps_the_text(text):
    rendered = MarkdownIt("commonmark").enable("table").render(f"x {page.markdown_escape(text)}")
    shown = "".join(Tags(rendered).texts)
    assert shown.split() == ["x", *page.visible(text).split()]


def test_quoted_text_keeps_its_paragraphs():
    tokens = MarkdownIt("commonmark").parse(page.quoted("One\n# two.\n\n> three"))
    assert [t.content for t in tokens if t.type == "inline"] == ["One\n\\# two.", "&#62; three"]


def test_ids_of_the_figures_are_their_own(reported):
    ids = [attributes["id"] for _, attributes in Tags(html(reported)).tags if "id" in attributes]
    prefixes = {name for name in FIGURES for one in ids if one.startswith(f"{name}-")}
    assert prefixes == set(FIGURES)
    used = re.findall(r'xlink:href="#([^"]+)"', html(reported))
    assert used and set(used) <= set(ids)


def test_every_figure_is_there_and_sharp(reported):
    from PIL import Image

    for name in FIGURES:
        folder = reported / RUN / "07_report/figures"
        with Image.open(folder / f"{name}.png") as image:
            assert image.width / 5 >= 150  # dots per inch
        assert "<svg" in (folder / f"{name}.svg").read_text(encoding="utf-8")
    assert html(reported).count("<svg") == len(FIGURES)


def test_the_table_prints_what_06_measured(reported):
    result = json.loads((reported / RUN / "06_evaluate/metrics.json").read_text())
    text = html(reported)
    for metric in result["metrics"].values():
        for variant in metric["means"]:
            assert f">{numbers.number(metric['means'][variant]['value'], metric)}<small>" in text
        assert f">{numbers.number(metric['difference']['value'], metric, True)}<small>" in text
        assert f'<td class="word">{metric["verdict"]}</td>' in text


def test_what_was_left_out_is_counted_by_reason(reported):
    assert '<td>synthesize: too few key phrases</td><td class="n">1</td>' in html(reported)


def test_what_held_out_text_shares_with_train_is_in_both_reports(reported):
    leaks = json.loads((reported / RUN / "02_prepare/leaks.json").read_text())
    runs, grams = (leaks["splits"]["test"][name] for name in ("run_words", "gram_share"))
    assert f'<td class="n">{runs["max"]}<small>{runs["mean"]:.1f}</small></td>' in html(reported)
    assert '<td class="n" colspan="2">50 words, 50.00\u00a0%</td>' in html(reported)
    row = next(line for line in markdown(reported).splitlines() if line.startswith("| test | 24 |"))
    assert row.split(" | ")[2:4] == [str(runs["max"]), f"{runs['mean']:.1f}"]
    assert f"{100 * grams['max']:.2f}\u00a0%" in row


def test_the_terminal_gets_three_numbers_and_the_path(reported):
    said = (reported / "said").read_text(encoding="utf-8").splitlines()[-4:]
    assert [line.split("  ")[0] or line.split()[0] for line in (line.strip() for line in said)] == [
        "Bits per byte", "Recital", "Ended by itself", "Report",
    ]  # fmt: skip
    assert said[-1].endswith("07_report/report.html")


@pytest.mark.whole_runs
def test_the_same_input_gives_the_same_bytes_and_an_up_to_date_stage(reported):
    recipe = reported / "small.yaml"
    folder = reported / RUN / "07_report"
    made = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    before = {path: path.read_bytes() for path in made}
    assert "up to date" in run_script("07_report.py", recipe).stdout
    run_script("07_report.py", recipe, "--force")
    for path, content in before.items():
        assert path.read_bytes() == content, path.name


@pytest.mark.whole_runs
def test_few_passages_no_keywords_and_empty_answers_still_make_a_report(tmp_path):
    recipe = make_run(tmp_path, {"keywords: 20": "keywords: 0"}, test=6)
    change_answers(tmp_path, lambda answer: answer | {"answer": ""})
    run_script("06_evaluate.py", recipe)
    run_script("07_report.py", recipe)
    text = html(tmp_path)
    assert "too few to tell" in text
    assert "which is better" not in text
    assert "Keyword density" not in text
    assert "does not recite" in text


def metric(value, low, high, better="lower", share=False, verdict="better"):
    estimate = {"value": value, "low": low, "high": high}
    return {
        "title": "Bits per byte", "unit": "bits", "decimals": 2, "share": share, "better": better,
        "items": 30, "passages": 30, "means": {"base": estimate, "tuned": estimate}, "difference": estimate,
        "verdict": verdict,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "said", "unsaid"),
    [
        ("better", "which is better", "worse"),
        ("worse", "which is worse", "better"),
        ("no difference shown", "does not tell the two models apart", "which is"),
        ("too few to tell", "too few to tell", "fell"),
    ],
)
def test_a_sentence_says_what_the_verdict_bears(verdict, said, unsaid):
    low = None if verdict == "too few to tell" else -0.5
    sentence = numbers._change(metric(-0.3, low, low, verdict=verdict))
    assert said in sentence
    assert unsaid not in sentence


def test_numbers_are_printed_plainly():
    plain, share = metric(0, 0, 0), metric(0, 0, 0, share=True)
    assert numbers.number(-0.001, plain, True) == "0.00"
    assert numbers.number(-1234.5, plain) == "−1,234.50"
    assert numbers.number(0.0208, share) == "2.1"
    assert numbers.difference(metric(-0.2, -0.3, -0.1)) == "−0.20\u00a0bits [−0.30, −0.10]"
    assert numbers.difference(metric(-0.2, None, None)) == "−0.20\u00a0bits"
