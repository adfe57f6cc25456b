"""A table's answers held against its own: the shape that was asked for, the wording, and are they answers."""

from __future__ import annotations

import json
import math
import random
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from small_run import RUN, SUBJECTS, make_row_run, make_run, page_of, result_of, run_script

from inkprint.compare.rulers import why_not
from inkprint.errors import UserError
from inkprint.evaluate import metrics, overlap, verdicts
from inkprint.evaluate.answered import why_unanswered
from inkprint.evaluate.asked import Followed, own_shape, shapes_asked
from inkprint.jsonl import read_records, write_records
from inkprint.recipe_file import load_recipe
from inkprint.records import Answer, BackgroundPassage, content_id
from inkprint.words import words

OF_ROWS = {"format_adherence", "answered", "chrf", "rouge_l"}


def chrf(answer, reference):
    return overlap.chrf(overlap.character_runs(answer), overlap.character_runs(reference))


def asked(prompt):
    return [shape.name for shape in shapes_asked(prompt)]


def holds(prompt, answer):
    [shape] = shapes_asked(prompt)
    return shape.holds(answer)


# -- chrF and ROUGE-L ---------------------------------------------------------------------------


def test_chrf_is_what_its_definition_gives_by_hand():
    """abcd against abce: of 4, 3, 2, 1 runs 3, 2, 1, 0 are shared; both are too short for orders 5 and 6."""
    assert chrf("ab cd", "abce") == pytest.approx(100 * (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4)
    # 6 of 7, 5 of 6, 4 of 5, 3 of 4, 2 of 3 and 1 of 2 runs; the seventh order does not count.
    assert chrf("abcdefg", "abcdefx") == pytest.approx(
        100 * (6 / 7 + 5 / 6 + 4 / 5 + 3 / 4 + 2 / 3 + 1 / 2) / 6
    )
    # Precision 1 and 1, recall 1/2 and 1/3, over the two orders that `ab` is long enough for.
    precision, recall = 1, (1 / 2 + 1 / 3) / 2
    assert chrf("ab", "abcd") == pytest.approx(100 * 5 * precision * recall / (4 * precision + recall))
    assert chrf("abcd", "ab") == pytest.approx(100 * 5 * recall * precision / (4 * recall + precision))


def test_chrf_keeps_case_and_leaves_out_white_space():
    assert chrf("a b c", "abc") == pytest.approx(100)
    assert chrf("ABC", "abc") == chrf("", "abc") == chrf("abc", "") == 0


def test_chrf_asks_more_for_what_is_missing_than_for_what_is_too_much():
    assert chrf("the lamp burns low tonight", "the lamp burns") > chrf(
        "the lamp burns", "the lamp burns low tonight"
    )


def test_rouge_l_counts_words_that_come_in_the_same_order():
    """police killed the gunman: Lin's own example, 3 of 4 words in order against 2 of 4."""
    reference = words("police killed the gunman")
    assert overlap.rouge_l(words("Police kill the gunman"), reference) == pytest.approx(75)
    assert overlap.rouge_l(words("the gunman kill police"), reference) == pytest.approx(50)
    assert overlap.rouge_l(["the"], reference) == pytest.approx(200 * 1 / 5)
    assert overlap.rouge_l([], reference) == overlap.rouge_l(reference, []) == 0


def test_the_longest_common_subsequence_is_that_of_the_usual_table():
    dice = random.Random(5)
    for _ in range(300):
        one, other = (dice.choices("abcde", k=dice.randint(1, 90)) for _ in range(2))
        row = [0] * (len(other) + 1)
        for left in one:
            above, row = row, [0]
            for number, right in enumerate(other):
                row.append(above[number] + 1 if left == right else max(above[number + 1], row[number]))
        assert overlap.common_words_in_order(one, other) == row[-1]


# -- the shape that was asked for ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "shapes"),
    [
        ("Describe a flower in 5 sentences.", ["5 sentences"]),
        ("Explain it in one or two sentences", ["1 to 2 sentences"]),
        ("Generate a sentence with the word tide.", ["1 sentence"]),
        ("Name three vaccines.", ["3 items"]),
        ("Create a list of ten fruits.", ["10 items"]),
        ("Generate a list of rivers.", ["a list"]),
        ("Summarise it in less than 20 words.", ["at most 19 words"]),
        ("Give me a motto of 4 words or less.", ["at most 4 words"]),
        ("Write at least 100 words on tides.", ["at least 100 words"]),
        ("Describe yellow in 3 words.", ["3 words"]),
        ("You are a clerk. Write a formal letter to the mayor.", ["a letter"]),
        ("Return the names as JSON.", ["JSON"]),
        ("Put this into a table.\n\nAnn 3, Bob 4", ["a table"]),
        ("Write a Python function that adds.", ["code"]),
        ("Is it so? Answer with yes or no.", ["yes or no"]),
        ("A long text.\n\nAnother.\n\nAsk a question about it.", ["a question"]),
    ],
)
def test_an_order_is_read(prompt, shapes):
    assert asked(prompt) == shapes


@pytest.mark.parametrize(
    "prompt",
    [
        "How many sentences are there?",
        "Rewrite the sentence in the past tense.\n\nShe had three sons and wrote a letter.",
        "Explain how to write a letter.",
        "What happened when she wrote a letter?",
        "Describe a table and three chairs.",
        "Create a list-keeping app for ten people.",
        "Parse the following JSON data.",
        "Which two words are spelled wrong?",
        "Generate a 5-word sentence.",
        "A text.\n\nWrite a letter, she said.\n\nWhat did she say?",
    ],
)
def test_what_is_no_order_is_not_taken_for_one(prompt):
    assert asked(prompt) == []


@pytest.mark.parametrize(
    ("prompt", "kept", "broken"),
    [
        ("Describe it in 2 sentences.", "Mr. Low came at 3 p.m. He left.", "He came. He saw. He left."),
        ("Name three gulls.", "1. Herring\n2. Common\n3. Black", "1. Herring\n2. Common"),
        ("Name three gulls.", "They are herring, common and black.", "The herring gull."),
        ("List 2 ways.", "- by sea, which is slow, cold and wet\n- by land", "- by sea\n- by land\n- by air"),
        (
            "Generate a list of gulls.",
            "herring, common, black",
            "Gulls cry, as all who live by the sea have heard.",
        ),
        ("Say it in at most 3 words.", "by the sea", "by the wide sea"),
        ("Answer yes or no.", "Yes, it is.", "It is."),
        ("Return valid JSON.", 'Here:\n```json\n{"a": [1]}\n```', "{a: 1}"),
        ("Make a table.", "| a | b |\n|---|---|\n| 1 | 2 |", "a is 1, b is 2"),
        ("Write a letter.", "Dear Ann,\nI am well.", "I am well, dear Ann."),
        ("Write a dialogue.", "Ann: Hello!\n\n**Bob:** Hi!", "Ann greets Bob, who greets her."),
        ("Ask a question.", "Who came?", "Somebody came."),
        (
            "Write a function in Python.",
            "def f(a):\n    return g(a)",
            "A function takes a value and returns another.",
        ),
        ("Write a haiku.", "one\n\ntwo\nthree", "one two three"),
        ("Write a tagline.", "Bread, baked.", "Bread.\n\nBaked."),
    ],
)
def test_an_answer_has_the_shape_or_lacks_it(prompt, kept, broken):
    assert holds(prompt, kept)
    assert not holds(prompt, broken)
    assert not holds(prompt, "")


@pytest.mark.parametrize(
    "text",
    [" " * 20000 + "x", "\n" * 20000 + "x", ("\n" + " " * 50) * 800, "1. " * 8000, "“" * 8000, "a(" * 8000],
)
def test_noise_takes_no_minutes(text):
    began = time.process_time()
    for prompt in (
        "Name three.",
        "List 3 gulls.",
        "Make a list of gulls.",
        "Write a dialogue.",
        "Write a table in HTML code.",
    ):
        for shape in shapes_asked(prompt):
            shape.holds(text)
    shapes_asked(text)
    why_unanswered(text, "Name three gulls.")
    assert time.process_time() - began < 4


def test_a_tables_own_shape_is_what_nine_in_ten_answers_have():
    labelled = [f"Definition: a {subject}\nExample: the {subject}." for subject in SUBJECTS * 2]
    shape = own_shape(labelled)
    assert shape.name == "the lines Definition:, Example:"
    assert shape.holds("Definition: x\n\nExample: y") and not shape.holds("Definition: x")
    others = ["Two lines.\nWithout labels."] * 3
    assert own_shape(labelled[:27] + others).name == shape.name
    assert own_shape(labelled[:26] + others) is None
    assert own_shape(["yes", "no"] * 10).name == "1 word"
    assert own_shape(['{"a": 1}'] * 20).name == "JSON"
    assert own_shape(["yes"] * 19) is None


# -- is it an answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        (" …!", "empty"),
        ("Name the capital city of France. Name the capital city of France.", "repeats the prompt"),
        ("Name the capital city of the capital city of", "repeats the prompt"),
        ("Name the capital city of France? That is Paris, on the Seine.", ""),
        ("I'm sorry, but I can't help with that.", "refuses"),
        ("I am sorry, but as an AI language model, I do not have the data.", "refuses"),
        ("As an AI, I don't have a house.", "refuses"),
        ("Unfortunately, I cannot determine that.", "refuses"),
        ("Paris", ""),
        ("The capital city of France is Paris.", ""),
        ("I'm sorry to hear that you cannot name the capital.", ""),
        ("I cannot believe you ask me: Paris!", ""),
        ("As an AI assistant, I would name Paris.", ""),
    ],
)
def test_what_is_no_answer_is_told_with_the_reason(answer, why):
    assert why_unanswered(answer, "Name the capital city of France.") == why


# -- in a run -----------------------------------------------------------------------------------


def with_orders(folder):
    """The made-up rows' prompts and answers with orders: one in three, which the tuned model keeps to."""
    path = folder / RUN / "05_generate/answers.jsonl"
    answers = [json.loads(line) for line in path.open(encoding="utf-8")]
    for number, answer in enumerate(sorted(answers, key=lambda a: (a["variant"], a["example_id"]))):
        of = number % 30
        if of % 3 == 1:
            answer["prompt"][-1]["content"] += " Name three things."
            answer["reference"] = "gull, lamp and <b>rope</b>"
            answer["answer"] = {"base": "gull", "tuned": "rope, gull, lamp"}[answer["variant"]]
        if of % 10 == 2 and answer["variant"] == "base":
            answer["answer"] = "I'm sorry, I can't answer that."
    path.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A run of rows through 06 and 07. Not to be changed."""
    folder = tmp_path_factory.mktemp("instructions")
    recipe = make_row_run(folder, {"evaluate__primary_metric": "format_adherence"})
    with_orders(folder)
    run_script("06_evaluate.py", recipe)
    run_script("07_report.py", recipe)
    return folder


@pytest.mark.whole_runs
def test_every_value_is_the_answers_own_and_the_means_are_theirs(measured):
    answers = list(read_records(measured / RUN / "05_generate/answers.jsonl", Answer))
    found: dict[str, list[float]] = {}
    for answer in answers:
        found.setdefault(f"chrf {answer.variant}", []).append(chrf(answer.answer, answer.reference))
        value = overlap.rouge_l(words(answer.answer), words(answer.reference))
        found.setdefault(f"rouge_l {answer.variant}", []).append(value)
    for record in read_records(measured / RUN / "06_evaluate/followed.jsonl", Followed):
        found.setdefault(f"answered {record.variant}", []).append(not record.unanswered)
        if record.asked:
            found.setdefault(f"format_adherence {record.variant}", []).append(record.asked == record.kept)
    result = result_of(measured)["metrics"]
    told = {f"{m} {variant}": mean["value"] for m in OF_ROWS for variant, mean in result[m]["means"].items()}
    assert told == {name: pytest.approx(sum(of) / len(of), rel=1e-4) for name, of in found.items()}
    assert told["format_adherence tuned"] == 1 > 0.7 > told["format_adherence base"]
    assert told["answered base"] == pytest.approx(0.9)
    assert "reference" not in result["chrf"]["means"]


@pytest.mark.whole_runs
def test_what_was_asked_of_whom_can_be_read(measured):
    records = list(read_records(measured / RUN / "06_evaluate/followed.jsonl", Followed))
    assert Counter(r.variant for r in records) == {"base": 30, "tuned": 30, "reference": 30}
    assert Counter(tuple(r.asked) for r in records if r.variant == "tuned") == {
        ("3 items",): 10, ("1 paragraph",): 20,
    }  # fmt: skip
    what = result_of(measured)["metrics"]["format_adherence"]["what"]
    assert "1 paragraph (20), 3 items (10)." in what
    assert "Where a prompt asks for none: 1 paragraph" in what
    assert "No answers: base 3 refuses." in result_of(measured)["metrics"]["answered"]["what"]
    for form in ("html", "md"):
        assert "Format adherence" in page_of(measured, form)
        assert "<b>rope</b>" not in page_of(measured, form)


@pytest.mark.whole_runs
def test_a_primary_metric_that_no_prompt_gives_rise_to_is_said_to_be_unmeasured(tmp_path):
    recipe = make_row_run(tmp_path, {"evaluate__primary_metric": "format_adherence"})
    path = tmp_path / RUN / "03_synthesize/examples.jsonl"
    lines = [json.loads(line) for line in path.open(encoding="utf-8")]
    for number, line in enumerate(lines):
        line["completion"][0]["content"] += "\n\nMore. And more." * (number % 2)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run_script("06_evaluate.py", recipe)
    assert result_of(tmp_path)["metrics"]["format_adherence"]["items"] == 0
    run_script("07_report.py", recipe)
    assert "Format adherence (the primary metric) could not be measured" in page_of(tmp_path)


def test_documents_are_not_measured_so_and_cannot_be_told_by_it(tmp_path):
    recipe = make_run(tmp_path)
    run_script("06_evaluate.py", recipe)
    assert not OF_ROWS & result_of(tmp_path)["metrics"].keys()
    assert not (tmp_path / RUN / "06_evaluate/followed.jsonl").exists()
    for metric in sorted(OF_ROWS):
        text = recipe.read_text().replace("primary_metric: bits_per_byte", f"primary_metric: {metric}")
        (tmp_path / "other.yaml").write_text(text)
        with pytest.raises(UserError, match=f"{metric} compares with a table's own answers") as error:
            load_recipe(tmp_path / "other.yaml")
        assert "\n" not in str(error.value)


def test_more_answered_than_the_author_is_better_and_no_caricature():
    mean = {"base": 0.2, "tuned": 1.0, "reference": 0.8}
    means = {name: {"value": v, "low": v - 0.05, "high": v + 0.05} for name, v in mean.items()}
    against = {"base": {"value": 0.8, "low": 0.7, "high": 0.9, "p": 0.001}}
    for name, said in (("answered", "better"), ("voice", "beyond the author")):
        metric = {"better": "higher", "likeness": metrics.METRICS[name].likeness, "means": means}
        found = {name: metric | {"against": {"base": dict(against["base"])}}}
        verdicts.judge(found, name, "base")
        assert found[name]["against"]["base"]["verdict"] == said


# -- keywords against other authors -------------------------------------------------------------


def test_log_odds_are_those_of_monroe_colaresi_and_quinn():
    from inkprint.evaluate import keywords

    own, theirs = Counter(tide=3, lamp=1), Counter(tide=1, lamp=5)
    found = keywords.log_odds(own, theirs)
    # Of the tide 3 + 4 here and 1 + 4 there; of all 4 + 10 words and 6 + 10.
    odds = math.log(7 / (14 - 7)) - math.log(5 / (16 - 5))
    assert found["tide"] == pytest.approx(odds / math.sqrt(1 / 7 + 1 / 5))
    assert found["lamp"] < 0 < found["tide"]


def test_a_planted_word_is_the_first_keyword_and_a_name_of_one_chapter_none():
    from inkprint.evaluate import keywords

    dice = random.Random(8)
    common = "sea wind house the of and was old stone door".split()

    def text(*more):
        return " ".join([*dice.choices(common, k=80), *more])

    others = [text("window") for _ in range(60)]
    train, wholes = [], []
    for chapter in range(6):
        for _ in range(10):
            more = ["marmalade", "the", "marmalade"] if dice.random() < 0.6 else []
            more += ["said", "Penhallow"] * 3 if chapter < 2 else ["in", "Cornwall"] if chapter < 5 else []
            train.append(text(*more))
            wholes.append(f"chapter {chapter}")
    train[0] += " zebra zebra zebra zebra"
    every = keywords.own_words(train, wholes, others, 50)
    assert every[0] == "marmalade"
    assert keywords.own_words(train, wholes, others, 1) == every[:1]
    assert "cornwall" in every, "a name that runs through half of the chapters"
    assert not {"penhallow", "zebra", "the", "window"} & set(every)


@pytest.mark.whole_runs
def test_keywords_are_told_from_other_authors_where_there_are_any(tmp_path):
    recipe = make_run(
        tmp_path, {"background: null": f"background: {tmp_path}", "keywords: 20": "keywords: 5"}
    )
    path = tmp_path / RUN / "02_prepare/background.jsonl"
    own = [json.loads(line) for line in (path.parent / "passages.jsonl").open(encoding="utf-8")]
    passages = [
        BackgroundPassage(
            id=content_id("passage", author, number),
            author=author,
            document="a",
            chapter="1",
            pages=[1],
            page_ids=["page-1"],
            text=one["text"].replace("patience", "hurry"),
            words=one["words"],
        )
        for author in ("one", "two", "three")
        for number, one in enumerate(own)
    ]
    write_records(path, passages)
    run_script("06_evaluate.py", recipe)
    assert result_of(tmp_path)["method"]["keywords_from"] == (
        "the train passages, told from other authors' books by log-odds"
    )
    told = json.loads((tmp_path / RUN / "06_evaluate/words.json").read_text(encoding="utf-8"))
    assert told["keywords"][0] == "patience"
    assert "hurry" not in told["keywords"]


def test_runs_with_other_backgrounds_have_no_common_keyword_density():
    def run(background):
        inputs = {"02_prepare/passages.jsonl": "the same", "02_prepare/background.jsonl": background}
        evaluate = SimpleNamespace(keywords=20)
        manifests = {"evaluate": {"inputs": inputs}}
        return SimpleNamespace(recipe=SimpleNamespace(evaluate=evaluate), manifests=manifests)

    assert "other authors" in why_not("keyword_density", run("these"), run("those"), [])
    assert why_not("keyword_density", run("these"), run("these"), []) == ""
    assert why_not("tfidf_similarity", run("these"), run("those"), []) == ""
