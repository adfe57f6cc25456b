"""The report: one file, harmless whatever the model said, and saying what 06 measured."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
import yaml
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from small_run import ASKED, make_run, run_script, write_stage

from inkprint.report import chats, examples, facts, numbers, page, verdict

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)></style></p>{{ 7*7 }}\n# Heading\n"
    "![i](http://evil.example/a.png) [l](javascript:alert(1)) | https://evil.example www.evil.example $x$\n"
    "---\n1. one\n<!-- \u202e\u061c\x07 & &lt; ```\n```\n~~~\n\n    four\n\n\ttab\n"
)
FIGURES = (
    "perplexity", "similarity", "keywords", "responses", "clouds", "heatmap", "radar", "training", "strips",
)  # fmt: skip
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


def change_records(folder, name, change):
    path = folder / RUN / name
    with path.open(encoding="utf-8") as handle:
        records = [change(json.loads(line)) for line in handle]
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A folder in which a hostile run went through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("reported")
    changes = {"title: The demo": 'title: "<b>Demo</b> *1*"', "answers_shown: 8": "answers_shown: 48"}
    recipe = make_run(folder, changes)

    def poison(answer):
        prompt = [{"role": "user", "content": HOSTILE + answer["prompt"][0]["content"]}]
        return answer | {"answer": HOSTILE + answer["answer"], "prompt": prompt}

    def poison_reject(reject):
        return reject | {"text": HOSTILE + reject["text"], "detail": "'" + HOSTILE + "'"}

    change_records(folder, "05_generate/answers.jsonl", poison)
    change_records(folder, "03_synthesize/rejects.jsonl", poison_reject)
    run_script("06_evaluate.py", recipe)
    folder.joinpath("said").write_text(run_script("07_report.py", recipe).stdout, encoding="utf-8")
    return folder


def html(folder):
    return (folder / RUN / "07_report/report.html").read_text(encoding="utf-8")


def markdown(folder):
    return (folder / RUN / "07_report/report.md").read_text(encoding="utf-8")


def card(folder):
    return (folder / RUN / "07_report/MODEL_CARD.md").read_text(encoding="utf-8")


def test_the_model_card_has_the_evidence_and_warns_of_a_model_that_recites(reported):
    text = card(reported)
    _, front, body = text.split("---\n", 2)
    assert yaml.safe_load(front) == {"library_name": "peft", "tags": ["inkprint"]}  # its base is a folder
    result = json.loads((reported / RUN / "06_evaluate/metrics.json").read_text())
    for sentence in verdict.verdict_sentences(result):
        assert str(page.markdown_escape(sentence)) in body
    share = result["metrics"]["recited"]["means"]["tuned"]["value"]
    assert share > 0.02, "or this test tests nothing"
    assert "**Warning.** It recites: 2.1" in body
    parser = MarkdownIt("commonmark", {"linkify": False}).enable("table")
    tokens = parser.parse(body)
    inline = [child for token in tokens for child in token.children or ()]
    assert not [token for token in tokens + inline if token.type.startswith("html")]


@pytest.mark.whole_runs
def test_within_the_recipes_limit_the_card_warns_of_nothing(tmp_path):
    recipe = make_run(tmp_path, {"max_recited_share: 0.02": "max_recited_share: 0.5"})
    run_script("06_evaluate.py", recipe)
    run_script("07_report.py", recipe)
    assert "Warning" not in card(tmp_path)
    recipe.write_text(recipe.read_text().replace("max_recited_share: 0.5", "max_recited_share: 0.0"))
    assert "up to date" in run_script("06_evaluate.py", recipe).stdout
    run_script("07_report.py", recipe)
    assert "Warning" in card(tmp_path)


def test_the_page_needs_no_script_and_no_network(reported):
    found = Tags(html(reported))
    names = {name for name, _ in found.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "img", "a"}
    for name, attributes in found.tags:
        assert not [key for key in attributes if key.startswith("on")], name
        for key in ("src", "href", "xlink:href", "action", "data", "style"):
            value = attributes.get(key) or ""
            assert not re.search(r"https?:|//|javascript:|@import", value), (name, key, value)
    style = html(reported).split("<style>\n")[1].split("</style>")[0]
    assert style.startswith((ROOT / "scripts/inkprint/page.css").read_text())
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
    assert not re.search("[\u202e\u061c\x07]", html(reported) + markdown(reported))
    assert "<b>Demo</b> *1*" in text


def test_markdown_from_a_model_stays_text(reported):
    parser = MarkdownIt("commonmark", {"linkify": False}).enable("table")
    tokens = parser.parse(markdown(reported))
    inline = [child for token in tokens for child in token.children or ()]
    assert not [t for t in tokens + inline if t.type.startswith(("html", "code_block", "fence"))]
    code = [t.content for t in inline if t.type == "code_inline"]
    assert code == ["06_evaluate/scores.jsonl", "./run_all.sh"]
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


@given(st.text())
def test_a_quotation_holds_just_the_text(text):
    rendered = MarkdownIt("commonmark").enable("table").render(f"x\n\n{page.quoted(text)}")
    assert re.sub(r"</?p>|\s", "", rendered).removeprefix("x").startswith("<blockquote>")
    assert not re.search(r"<(?!/?(p|blockquote)>)", rendered)
    assert "".join(Tags(rendered).texts).split() == ["x", *page.visible(text).split()]


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
        against = metric["against"]["base"]
        assert f">{numbers.number(against['value'], metric, True)}<small>" in text
        assert f'<small class="word">{against["verdict"]}</small>' in text


def test_the_report_says_what_landed_and_what_training_cost(reported):
    text, told = html(reported), markdown(reported)
    for name, value in (
        ("Step that landed", "200"),
        ("Validation loss at best", "2.200"),
        ("Padding", f"4.1{numbers.TIGHT}% of tokens"),
        ("Adapter", "510 kB"),
        ("Trainable parameters", "120,000"),
    ):
        assert f'<tr><td>{name}</td><td class="n">{value}</td></tr>' in text
        assert f"| {name} | {value} |" in told


def section_of(text):
    return text.split("How the examples were made")[1].split("Time and memory")[0]


def test_planned_is_made_and_rejected_and_failed(reported):
    section = section_of(html(reported))
    rows = re.findall(r'<td class="n">([\d,]+)</td>' * 4, section)
    assert rows == [("78", "68", "7", "3"), ("69", "68", "1", "0"), ("147", "136", "8", "3")]
    reasons = re.findall(r'<td class="long">([^<]*)</td><td class="n">(\d+)</td></tr>', section)
    assert reasons == [
        ("question_answer: copied", "5"),
        ("question_answer: failed: timeout, 8 times", "3"),
        ("question_answer: ungrounded", "2"),
        ("question_passage: too_few_key_phrases", "1"),
    ]
    assert "does not add up" not in section
    for told in ("| all | | 147 | 136 | 8 | 3 |", r"| question\_answer: copied | 5 |"):
        assert told in section_of(markdown(reported))


def test_no_reject_is_counted_twice(reported):
    assert html(reported).count("question_answer: ungrounded</td>") == 1
    assert "<td>synthesize" not in html(reported)
    assert "beside the dropped pages and the examples below." in html(reported)


def test_the_report_says_who_wrote_and_for_how_much(reported):
    told = "".join(Tags(section_of(html(reported))).texts)
    for text in (told, section_of(markdown(reported))):
        assert "Asked of anthropic claude-haiku-4-5: 136 requests, 130 answered, 4 rejected" in text
        assert "Paid by run small in all its starts: &#36;0.1234" in text.replace("$", "&#36;")
    assert "21 × timeout, 8 × rate_limit." in told


def test_a_reject_is_shown_with_its_reason_and_its_detail(reported):
    told = "".join(Tags(section_of(html(reported))).texts)
    assert "6 of the 8 rejected, spread over the checks and drawn by seed 42" in told
    assert told.count("<script>alert(1)</script>") == 12
    assert len(re.findall(r"What of it, number \d+", told)) == 6
    quotes = re.findall(r"^> What of it, number \d+\?$", section_of(markdown(reported)), re.MULTILINE)
    assert len(quotes) == 6


def make_folder(folder, rejects, **facts):
    """03's folder with two examples and these rejects, each a reason or what differs of a record."""
    examples = [
        {"id": f"example-{n}", "source_id": "passage-1", "task": "question_passage", "split": "train",
         "prompt": [], "completion": [], "provider": "template"}
        for n in range(2)
    ]  # fmt: skip
    records = [
        {"id": f"reject-{n}", "source_id": f"passage-{n}", "reason": "", "text": "", "detail": ""}
        | (reject if isinstance(reject, dict) else {"reason": reject, "text": f"text {n}"})
        for n, reject in enumerate(rejects)
    ]
    failed = sum(": failed: " in record["reason"] for record in records)
    files = {"examples.jsonl": examples, "rejects.jsonl": records}
    write_stage(folder, "synthesize", files, "examples", 2, len(records) - failed, failed, facts)
    return folder / "03_synthesize"


def how_made(made, seed=42):
    return examples.how_made(chats.read_examples(made / "examples.jsonl"), made / "rejects.jsonl", seed)


def section(made, form="html"):
    context = {"making": how_made(made), "run": "small", "seed": 42}
    return page.render(f"examples.{form}.j2", context)


@pytest.mark.parametrize("form", ["html", "md"])
def test_where_no_model_was_asked_nothing_is_said_of_one(tmp_path, form):
    told = section(make_folder(tmp_path, [], tasks={"question_passage": 2}), form)
    assert "no model wrote any" in told
    for word in ("requests", "Paid", "Rejected and failed", "rejected,", "<details>", "check", "add up"):
        assert word not in told
    assert told.count("<table>") == (form == "html")


def test_the_sample_is_spread_over_the_checks_and_drawn_by_seed(tmp_path):
    checks = ["copied"] * 40 + ["ungrounded"] * 9 + ["meta_talk"] + ["failed: timeout, 8 times"] * 20
    made = make_folder(tmp_path, [f"question_answer: {check}" for check in checks], **ASKED)
    shown = how_made(made)["shown"]
    kinds = [reject["reason"].partition(": ")[2] for reject in shown]
    assert kinds == ["copied", "ungrounded", "meta_talk", "copied", "ungrounded", "copied"]
    assert shown == how_made(made)["shown"]
    others = [{reject["id"] for reject in how_made(made, seed)["shown"]} for seed in range(8)]
    assert len({frozenset(ids) for ids in others}) > 1
    lines = (made / "rejects.jsonl").read_text().splitlines(keepends=True)
    (made / "rejects.jsonl").write_text("".join(reversed(lines)))
    assert {reject["id"] for reject in how_made(made)["shown"]} == {reject["id"] for reject in shown}


def test_a_reply_that_rejects_all_it_was_asked_for_is_shown_once(tmp_path):
    refused = {"source_id": "passage-9", "reason": "question_answer: refusal", "text": "I will not."}
    making = how_made(make_folder(tmp_path, [refused] * 3))
    assert [reject["text"] for reject in making["shown"]] == ["I will not."]
    assert making["reasons"] == [("question_answer: refusal", 3)]


def test_reasons_without_end_still_add_up(tmp_path):
    reasons = [f"question_answer: failed: request {n // 2} is wrong" for n in range(30)]
    made = make_folder(tmp_path, [*reasons, "rows: copied"])
    making = how_made(made)
    assert len(making["reasons"]) == 12
    assert sum(count for _, count in making["reasons"]) + making["more_left_out"] == 31
    assert '<td>4 rarer ones</td><td class="n">7</td>' in section(made)
    assert "| 4 rarer ones | 7 |" in section(made, "md")


def test_a_text_without_end_is_cut_and_one_without_words_is_said_to_be(tmp_path):
    long = {"reason": "rows: max_tokens", "text": "word " * 1000}
    made = make_folder(tmp_path, [long, {"reason": "rows: refusal"}])
    for form in ("html", "md"):
        assert section(made, form).count("word ") in (599, 600)
        assert re.search("… 5,?000 characters in all", section(made, form))
        assert "(no text)" in section(made, form)


def test_files_that_were_changed_afterwards_do_not_add_up(tmp_path):
    made = make_folder(tmp_path, ["rows: copied"] * 2)
    for form in ("html", "md"):
        assert "does not add up" not in section(made, form)
    lines = (made / "rejects.jsonl").read_text().splitlines(keepends=True)
    (made / "rejects.jsonl").write_text(lines[0])
    for form in ("html", "md"):
        assert "does not add up" in section(made, form)


def test_replies_of_another_run_are_told_to_be(tmp_path):
    made = make_folder(tmp_path, [], **ASKED | {"dollars": 12.345}, reused_from="first")
    assert "Paid by run <code>first</code> in all its starts: $12.35" in section(made)


def test_what_held_out_text_shares_with_train_is_in_both_reports(reported):
    leaks = json.loads((reported / RUN / "02_prepare/leaks.json").read_text())
    runs, grams = (leaks["splits"]["test"][name] for name in ("run_words", "gram_share"))
    assert f'<td class="n">{runs["max"]}<small>{runs["mean"]:.1f}</small></td>' in html(reported)
    assert '<td class="n" colspan="2">50 words, 50.00\u00a0%</td>' in html(reported)
    row = next(line for line in markdown(reported).splitlines() if line.startswith("| test | 24 |"))
    assert row.split(" | ")[2:4] == [str(runs["max"]), f"{runs['mean']:.1f}"]
    assert f"{100 * grams['max']:.2f}\u00a0%" in row


def test_it_says_with_what_training_ran_out_of_memory(reported):
    for form in (html, markdown):
        assert "Ran out of memory" in form(reported)
        assert "with 8 x 1, then with 4 x 2 rows a step; from there on" in form(reported)


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
    change_records(tmp_path, "05_generate/answers.jsonl", lambda answer: answer | {"answer": ""})
    run_script("06_evaluate.py", recipe)
    run_script("07_report.py", recipe)
    text = html(tmp_path)
    assert "too few to tell" in text
    assert "which is better" not in text
    assert "Keyword density" not in text
    assert "none of its 12 answers recites" in text
    assert "all have too few answers to tell" in text


def test_rows_that_are_too_long_are_one_reason(tmp_path):
    rejects = [
        {"id": f"reject-{n}", "source_id": f"row-{n}", "text": "", "reason": "too long",
         "detail": f"{500 + n} tokens, more than max_tokens 512"}
        for n in range(20)
    ]  # fmt: skip
    write_stage(tmp_path, "train", {"rejects.jsonl": rejects}, unit="rows", out=2, rejected=20)
    assert facts.reject_reasons(tmp_path) == [{"stage": "train", "reason": "too long", "count": 20}]


def metric(value, low, high, better="lower", share=False, verdict="better"):
    estimate = {"value": value, "low": low, "high": high}
    return {
        "title": "Bits per byte", "unit": "bits", "decimals": 2, "share": share, "better": better,
        "items": 30, "sources": 30, "means": {"base": estimate, "tuned": estimate},
        "against": {"base": estimate | {"verdict": verdict}},
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
    sentence = numbers.change(metric(-0.3, low, low, verdict=verdict), "base", "passages")
    assert said in sentence
    assert unsaid not in sentence


def difference(of):
    return numbers.difference(of, of["against"]["base"])


def test_numbers_are_printed_plainly():
    plain, share = metric(0, 0, 0), metric(0, 0, 0, share=True)
    assert numbers.number(-0.001, plain, True) == "0.00"
    assert numbers.number(-1234.5, plain) == "−1,234.50"
    assert numbers.number(0.0208, share) == "2.1"
    assert difference(metric(-0.2, -0.3, -0.1)) == "−0.20\u00a0bits [−0.30, −0.10]"
    assert difference(metric(-0.2, None, None)) == "−0.20\u00a0bits"


def test_a_difference_that_only_holms_adjustment_leaves_open_says_so():
    """An interval without zero beside "may be none" would look like a mistake."""
    shown = metric(0.1, 0.03, 0.19, better="higher", verdict="no difference shown")
    shown["against"]["base"]["p_adjusted"] = 0.13
    assert "may be chance among so many comparisons (Holm's p = 0.13)" in numbers.change(
        shown, "base", "rows"
    )
    shown["against"]["base"] |= {"low": -0.1}
    assert numbers.change(shown, "base", "rows").endswith("which may be none")
