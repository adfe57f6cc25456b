"""The voice: told by how an author writes and not by what of, between other authors and the author's own."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from conftest import STAGES
from small_run import PLAIN, RUN, SUBJECTS, VOICE, make_run, page_of, result_of, run_script

from inkprint.background import author_of
from inkprint.evaluate import voice
from inkprint.jsonl import write_records
from inkprint.records import BackgroundPassage, content_id
from inkprint.words import words

LINKS = "the a of and is in to that with for but as if so it he upon which not yet".split()


def habits(name):
    """How one made-up author writes: a taste in small words, sentence lengths and marks."""
    dice = random.Random(f"author {name}")
    return {
        "links": [dice.random() ** 3 + 0.02 for _ in LINKS],
        "length": dice.randint(6, 22),
        "marks": [dice.random() ** 2 for _ in ",;:-"],
        "end": dice.choice("..!?"),
    }


def write(name, seed, count=90, vocabulary=VOICE):
    """So many words of an author, about anything."""
    of, dice = habits(name), random.Random(f"{name} {seed}")
    made, sentence = [], 0
    while len(made) < count:
        sentence += 1
        word = dice.choices(LINKS, of["links"])[0] if dice.random() < 0.55 else dice.choice(vocabulary)
        word = word.capitalize() if sentence == 1 else word
        if sentence >= of["length"] + dice.randint(-3, 3):
            word, sentence = word + (of["end"] if dice.random() < 0.3 else "."), 0
        elif dice.random() < 0.12:
            word += dice.choices(",;:-", of["marks"])[0]
        made.append(word)
    return " ".join(made)


def books(name, number, first=0, **options):
    return [write(name, first + n, **options) for n in range(number)]


OTHERS = ("north", "east", "west", "south")


@pytest.fixture(scope="module")
def told():
    return voice.learn(books("own", 120), {name: books(name, 60) for name in OTHERS}, 1)


def mean(told, texts, signal="voice"):
    return float(told.probabilities(texts)[signal].mean())


def test_unseen_text_of_the_author_is_the_authors_and_that_of_others_is_not(told):
    own = mean(told, books("own", 40, first=500))
    assert own > 0.8
    for name in OTHERS:
        assert mean(told, books(name, 40, first=500)) < 0.35
    # Authors that it never read: the nearer to a coin the fewer it read, but below the author's own.
    strangers = [mean(told, books(f"stranger {n}", 30)) for n in range(8)]
    assert max(strangers) < own
    assert np.mean(strangers) < 0.5


def test_the_subject_is_no_voice(told):
    """The author on other subjects is still the author; another one on the author's subjects is not."""
    own = mean(told, books("own", 40, first=500, vocabulary=SUBJECTS + PLAIN))
    other = mean(told, books("north", 40, first=500, vocabulary=VOICE[:4]))
    assert own > 0.65 > 0.45 > other


def test_every_signal_tells_and_the_voice_is_their_mean(told):
    own, other = books("own", 40, first=700), books("east", 40, first=700)
    for signal in voice.SIGNALS:
        assert mean(told, own, signal) > mean(told, other, signal) + 0.2, signal
    found = told.probabilities(own)
    assert found["voice"] == pytest.approx(np.mean([found[signal] for signal in voice.SIGNALS], axis=0))
    assert told.probabilities([])["voice"].shape == (0,)


def test_the_same_texts_and_seed_teach_the_same():
    own, others = books("own", 30), {name: books(name, 30) for name in OTHERS}
    some = books("own", 5, first=900)
    first, again = (voice.learn(own, others, 3).probabilities(some)["voice"] for _ in range(2))
    backwards = voice.learn(own, dict(reversed(others.items())), 3).probabilities(some)["voice"]
    assert first.tolist() == again.tolist() == backwards.tolist()


def test_a_window_has_just_so_many_words_and_all_between_them():
    text = "“Well,” said he—  the lamp’s out. And then?"
    assert voice.window(text, 5) == "“Well,” said he—  the lamp’s"
    assert len(words(voice.window(text, 7))) == 7
    assert voice.window(text, 9) is None


def test_subjects_are_masked_and_habits_are_not():
    masked = voice.mask("The lighthouses stood; in 1914, they burned!", frozenset(["the", "in", "they"]))
    assert masked == "The ***es ***od; in **##, they ***ed!"


def test_an_author_is_a_folder_or_a_file():
    assert author_of("background:austen/emma.txt") == author_of("background:austen/late/emma.pdf") == "austen"
    assert author_of("background:free-culture.lessig.pdf") == "free-culture.lessig"


# -- 06 and 07 ----------------------------------------------------------------------------------------


def with_background(folder, tuned="own"):
    """A small run of made-up authors through 06."""
    recipe = background_run(folder, tuned)
    run_script("06_evaluate.py", recipe)
    return recipe


def background_run(folder, tuned="own"):
    """01 to 05 of made-up authors: base writes as a stranger does, tuned as `tuned`, at 90 words."""
    recipe = make_run(folder, {"background: null": "background: data/background"}, prompted=True)
    run = folder / RUN
    passages = [json.loads(line) for line in (run / "02_prepare/passages.jsonl").open(encoding="utf-8")]
    for number, passage in enumerate(passages):
        passage["text"] = write("own", number)
    lines = [json.dumps(passage) + "\n" for passage in passages]
    (run / "02_prepare/passages.jsonl").write_text("".join(lines))
    unseen = {passage["id"]: passage["text"] for passage in passages}
    learned = [passage["text"] for passage in passages if passage["split"] == "train"]
    answers = [json.loads(line) for line in (run / "05_generate/answers.jsonl").open(encoding="utf-8")]
    speaks = {"base": "stranger 1", "prompted": "stranger 2", "tuned": tuned}
    for number, answer in enumerate(answers):
        name = speaks[answer["variant"]]
        answer["answer"] = learned[number % len(learned)] if name == "recital" else write(name, 5000 + number)
        answer["reference"] = unseen[answer["source_id"]]
    (run / "05_generate/answers.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers))
    others = [
        BackgroundPassage(
            id=content_id("passage", name, n), author=name, document=f"background:{name}.txt", chapter="",
            pages=[1], page_ids=["page-1"], text=write(name, n), words=90,
        )
        for name in OTHERS
        for n in range(40)
    ]  # fmt: skip
    write_records(run / "02_prepare/background.jsonl", others)
    return recipe


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voice")
    return with_background(folder), folder


@pytest.mark.whole_runs
def test_the_tuned_model_stands_at_the_ceiling_and_the_base_at_the_floor(evaluated):
    result = result_of(evaluated[1])
    means, scale = result["metrics"]["voice"]["means"], result["voice"]["metrics"]["voice"]
    assert scale["floor"] < 0.5 < 0.7 < scale["ceiling"]
    assert means["tuned"]["value"] == pytest.approx(scale["ceiling"], abs=0.1)
    assert means["base"]["value"] < (scale["floor"] + scale["ceiling"]) / 2
    assert result["metrics"]["voice"]["against"]["base"]["verdict"] == "better"
    assert scale["tells"] > 0.9
    assert set(scale["others"]) == set(OTHERS)
    assert result["voice"]["window_words"] == 75
    # The floor is of authors that it does not know: those that it learned lie far below.
    known = voice.learn(
        [voice.window(text, 75) for text in books("own", 40)],
        {name: [voice.window(text, 75) for text in books(name, 40)] for name in OTHERS},
        1,
    )
    learned = [mean(known, [voice.window(text, 75) for text in books(name, 40)]) for name in OTHERS]
    assert scale["floor"] > np.mean(learned) + 0.1


@pytest.mark.whole_runs
def test_floor_and_ceiling_are_means_of_lines_in_files(evaluated):
    _, folder = evaluated
    result = result_of(folder)["voice"]["metrics"]
    lines = [json.loads(line) for line in (folder / RUN / "06_evaluate/others.jsonl").open()]
    scores = [json.loads(line) for line in (folder / RUN / "06_evaluate/scores.jsonl").open()]
    for metric, of in result.items():
        own = {
            s["source_id"]: s["value"] for s in scores if (s["metric"], s["variant"]) == (metric, "reference")
        }
        assert of["ceiling"] == pytest.approx(np.mean(list(own.values())), rel=1e-5)
        means = []
        for author, found in of["others"].items():
            values = [s["value"] for s in lines if (s["metric"], s["variant"]) == (metric, author)]
            assert len(values) == 40
            assert found["value"] == pytest.approx(np.mean(values), rel=1e-5)
            assert found["low"] < found["value"] < found["high"]
            means.append(np.mean(values))
        assert of["floor"] == pytest.approx(np.mean(means), rel=1e-5)


@pytest.mark.whole_runs
def test_the_report_draws_the_line_and_says_where_both_stand(evaluated):
    recipe, folder = evaluated
    run_script("07_report.py", recipe)
    html, markdown = page_of(folder), page_of(folder, "md")
    assert "; from other authors at 0 to the author's unseen chapters at 1" in html.replace("&#39;", "'")
    assert "The voice line" in html
    assert (folder / RUN / "07_report/figures/voice.svg").is_file()
    for name in OTHERS:
        assert name in markdown
    assert "nearer to the author" in html


@pytest.mark.whole_runs
def test_a_model_that_recites_has_the_voice_only_with_its_recital(tmp_path):
    with_background(tmp_path, tuned="recital")
    metrics = result_of(tmp_path)["metrics"]
    assert metrics["voice"]["means"]["tuned"]["value"] > 0.7
    assert metrics["voice_unrecited"]["items"] == 0  # nothing of its own is left
    assert metrics["copied"]["means"]["tuned"]["value"] > 90


@pytest.mark.whole_runs
def test_without_others_the_page_says_that_the_voice_was_not_measured(tmp_path):
    recipe = make_run(tmp_path)
    run_script("06_evaluate.py", recipe)
    result = result_of(tmp_path)
    assert "voice" not in result["metrics"]
    run_script("07_report.py", recipe)
    assert "the voice was not measured: the recipe names no other authors" in page_of(tmp_path)
    assert "sound like the author was not measured: the recipe names no" in page_of(tmp_path, "md")


# -- 01 and 02 ----------------------------------------------------------------------------------------


def shelve(workshop, names):
    """A background folder with a book of each author, the first in a folder of its own."""
    shelf = workshop.folder / "others"
    for number, name in enumerate(names):
        path = shelf / name / "first.txt" if number == 0 else shelf / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        chapters = [f"CHAPTER {n}\n\n{write(name, n, count=200)}" for n in range(1, 4)]
        path.write_text("\n\n\n".join(chapters))
    workshop.change(evaluate__background=str(shelf))
    return shelf


@pytest.mark.whole_runs
def test_other_authors_are_read_and_cut_as_the_author_is_and_never_mixed_with_the_author(workshop, written):
    shelve(workshop, OTHERS)
    for stage in STAGES[:2]:
        workshop.stage(stage)
    others = [json.loads(line) for line in workshop.output("02_prepare/background.jsonl").open()]
    assert {passage["author"] for passage in others} == set(OTHERS)
    assert all(20 <= passage["words"] <= 120 for passage in others)
    for name in ("01_extract/documents.jsonl", "02_prepare/passages.jsonl"):
        assert workshop.output(name).read_bytes() == written.output(name).read_bytes(), name
    manifest = json.loads(workshop.output("02_prepare/manifest.json").read_text())
    words_in = sum(len(passage["text"].split()) for passage in others)
    assert manifest["counts"]["out"] > words_in
    assert "up to date" in workshop.stage("extract").stdout
    (workshop.folder / "others" / "north" / "second.txt").write_text(write("north", 9, count=400))
    assert "up to date" not in workshop.stage("extract").stdout


def test_too_few_others_are_one_line(workshop):
    shelf = shelve(workshop, OTHERS[:2])
    done = workshop.stage("extract", check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert f"{shelf}: authors there: east, north; put 3 or more there" in done.stderr


@pytest.mark.whole_runs
def test_the_authors_own_book_among_the_others_is_one_line(workshop):
    shelf = shelve(workshop, OTHERS)
    (shelf / "copy.pdf").write_bytes((workshop.folder / "books" / "little.pdf").read_bytes())
    workshop.stage("extract")
    done = workshop.stage("prepare", check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "background:copy.pdf says what the author's books say: take it out" in done.stderr
