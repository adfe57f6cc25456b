"""Examples: chats that hold the passage, questions about what is in it, every one accounted for."""

from __future__ import annotations

import json
import random
import re

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from little import chapters

from inkprint.asking.claude import make_client
from inkprint.errors import UserError
from inkprint.synthesize.phrases import KeyPhrases
from inkprint.synthesize.sources import Source
from inkprint.synthesize.template_questions import QuestionForms, fill_forms

FORM_WORDS = {
    word
    for line in (ROOT / "prompts" / "questions.txt").read_text().splitlines()
    for word in re.findall(r"\w+", re.sub(r"{\w+}", "", line))
} | {"the"}


@pytest.fixture(scope="module")
def phrases():
    return KeyPhrases((title, " ".join(sentences)) for title, sentences in chapters())


GERMAN = "Der alte Mann sah das Meer und hörte den Sturm, denn die Lampe auf dem Turm war schon lange aus. "


def test_questions_are_not_asked_in_another_language_than_the_books():
    """What would you tell a child about Zeit and Editor: a German book was asked so, in silence."""
    forms = ROOT / "prompts" / "questions.txt"
    tower = "The man saw the sea and heard the storm in the old tower, for the lamp was out. "
    english = [Source(f"e-{n}", "train", "sea.txt", "one", {"text": tower * 9}) for n in range(9)]
    german = [Source(f"g-{n}", "train", "meer.txt", "one", {"text": GERMAN * 9}) for n in range(9)]
    with pytest.raises(UserError, match=r"question_passage: meer\.txt: not in English.*question_answer"):
        QuestionForms(forms, lambda: iter([*english, *german]))
    QuestionForms(forms, lambda: iter([*english, *german[:1]]))  # a few words of it are no language


def test_key_phrases_are_nouns_of_the_text(phrases):
    found = phrases.of("The captain saw the lantern near the old barrel. The lantern fell.", 3)
    assert {"the lantern", "the barrel"} <= set(found)


def test_key_phrases_do_not_repeat_a_word(phrases):
    for _, sentences in chapters():
        words = [
            word for phrase in phrases.of(" ".join(sentences), 5) for word in phrase.split() if word != "the"
        ]
        assert len(words) == len(set(words))


def test_verbs_after_a_noun_are_not_taken_for_nouns():
    texts = ["The dog barks at night. A dog barks in spring. The dog is old. Every dog is mine."] * 3
    assert KeyPhrases(("one", text) for text in texts).of(texts[0], 3) == ["the dog"]


def test_what_stands_in_every_chapter_says_nothing_about_one():
    """Though it stands in few passages, and four times in the one that is asked about."""
    refrain = "The side that burns, the side that waits, the side below: the side is what I am."
    passages = [
        (thing, f"The {thing} is old. {middle} I like the {thing}.")
        for thing in ("lamp", "rope", "door", "bell")
        for middle in (refrain, "It was cold.", "It was late.")
    ]
    for thing, text in passages:
        assert KeyPhrases(passages).of(text, 2)[0] == f"the {thing}"


@given(st.integers(0, 9999))
def test_every_question_names_the_strongest_phrase(seed):
    forms = ["What of {first}?", "And {first}?", "{first} and {second}?", "{second} with {first}?"]
    phrases = ["the lamp", "the rope", "the door"]
    asked = fill_forms(phrases, forms, 4, random.Random(seed))
    assert len(set(asked)) == 4
    assert all("the lamp" in question for question in asked)
    assert sum("the rope" in question for question in asked) == 1
    assert sum("the door" in question for question in asked) == 1


def test_a_word_of_one_held_out_chapter_is_asked_about(tmp_path):
    """Phrases are learnt in each split: a test chapter's nouns stand nowhere in the training text."""
    sources = [
        Source(f"passage-{title}-{part}", split, "book.pdf", title, {"text": text})
        for title, split, text in (
            ("lamp", "train", "The lamp is old. I like the lamp at night. The wick of the lamp is wet."),
            ("rope", "train", "The rope is old. I like the rope in spring. The knot of the rope is wet."),
            ("anvil", "test", "The anvil is old. I like the anvil at sea. The face of the anvil is wet."),
        )
        for part in range(3)
    ]
    forms = tmp_path / "forms.txt"
    forms.write_text("# a comment\nWhat of {first}?\n")
    asked = QuestionForms(forms, lambda: iter(sources)).ask(sources[-1], 1, random.Random(0))
    assert asked == ["What of the anvil?"]


def test_a_name_of_two_words_is_one_phrase():
    passages = [
        ("one", "We saw Uncle Bertram in a boat. The boat of Uncle Bertram sank."),
        ("two", "Rain fell."),
    ]
    assert "Uncle Bertram" in KeyPhrases(passages * 2).of(passages[0][1], 3)


def test_an_empty_address_is_none(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", " ")
    assert make_client(1.0).base_url.host == "api.anthropic.com"
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://localhost:8000")
    assert make_client(1.0).base_url.host == "localhost"


def read(path):
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def test_the_stage_on_a_book(written):
    passages = {p["id"]: p for p in read(written.output("02_prepare/passages.jsonl"))}
    examples = read(written.output("03_synthesize/examples.jsonl"))
    rejects = read(written.output("03_synthesize/rejects.jsonl"))
    assert len(examples) + len(rejects) == 3 * len(passages)
    assert len({e["id"] for e in examples}) == len(examples)
    for example in examples:
        passage = passages[example["source_id"]]
        assert example["split"] == passage["split"]
        (user,), (answer,) = example["prompt"], example["completion"]
        assert (user["role"], answer["role"]) == ("user", "assistant")
        if example["task"] == "question_passage":
            assert answer["content"] == passage["text"]
            assert any(word in passage["text"].lower() for word in re.findall(r"the (\w+)", user["content"]))
            assert "{" not in user["content"]
        else:
            opening = user["content"].partition("\n\n")[2]
            assert f"{opening} {answer['content']}".split() == passage["text"].split()
            assert 0.2 < len(opening.split()) / passage["words"] < 0.75
    questions = [(e["source_id"], e["prompt"][0]["content"]) for e in examples]
    assert len(set(questions)) == len(questions), "a question is asked twice of one passage"


def test_both_questions_are_about_what_the_passage_is_about(written):
    asked: dict[str, list[str]] = {}
    for example in read(written.output("03_synthesize/examples.jsonl")):
        if example["task"] == "question_passage":
            asked.setdefault(example["source_id"], []).append(example["prompt"][0]["content"])
    pairs = [questions for questions in asked.values() if len(questions) == 2]
    assert pairs
    for first, second in pairs:
        shared = set(re.findall(r"\w+", first)) & set(re.findall(r"\w+", second)) - FORM_WORDS
        assert shared, (first, second)


@pytest.mark.whole_runs
def test_a_system_prompt_comes_first_and_counts_as_an_input(workshop, written):
    persona = ROOT / "prompts" / "persona.txt"
    workshop.change(synthesize__system_prompt=str(persona.relative_to(ROOT)))
    workshop.take(written, "prepare")
    workshop.stage("synthesize")
    example = read(workshop.output("03_synthesize/examples.jsonl"))[0]
    assert [m["role"] for m in example["prompt"]] == ["system", "user"]
    assert example["prompt"][0]["content"] == persona.read_text().splitlines()[1].replace(
        "{author}", workshop.values()["author"]
    )
    workshop.change(synthesize__system_prompt="prompts/nobody.txt")
    assert "prompts/nobody.txt" in workshop.stage("synthesize", check=False).stderr


@pytest.mark.whole_runs
def test_tasks_come_in_the_numbers_asked_for(workshop, written):
    questions = workshop.values()["synthesize"]["tasks"]["question_passage"] | {"questions": 1}
    workshop.change(synthesize__tasks={"question_passage": questions})
    workshop.take(written, "prepare")
    workshop.stage("synthesize")
    examples = read(workshop.output("03_synthesize/examples.jsonl"))
    assert {e["task"] for e in examples} == {"question_passage"}
    assert len({e["source_id"] for e in examples}) == len(examples)


@pytest.mark.whole_runs
def test_the_same_input_gives_the_same_bytes(workshop, written):
    workshop.take(written, "synthesize")
    first = workshop.output("03_synthesize/examples.jsonl").read_bytes()
    workshop.stage("synthesize", "--force")
    assert workshop.output("03_synthesize/examples.jsonl").read_bytes() == first


@pytest.mark.training  # for the seconds that the library takes to import
def test_datasets_loads_the_examples_as_they_are(written, tmp_path):
    import datasets

    path = written.output("03_synthesize/examples.jsonl")
    loaded = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded.num_rows == len(read(path))
    assert loaded[0]["prompt"] == read(path)[0]["prompt"]
