"""The parts of training that need no model: order, padding, memory, checkpoints, bags of words."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from math import ceil

import numpy
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from inkprint.errors import UserError
from inkprint.jsonl import write_records
from inkprint.linear import fit_linear, load_linear, save_linear
from inkprint.recipe_train import Linear
from inkprint.records import LabelledText
from inkprint.train import checkpoints, land
from inkprint.train.memory import Batch, fitting_batch, note_shortage, recomputes, shortages
from inkprint.train.plan import Order, Plan
from inkprint.train.texts import prove_labels, read_texts


def plan(count=1000, batch_size=8, accumulation_steps=1, epochs=2.0, seed=1):
    dice = random.Random(0)
    return Plan([dice.randint(20, 400) for _ in range(count)], batch_size, accumulation_steps, epochs, seed)


def test_every_epoch_has_every_row_once_and_another_order():
    one = plan(203)
    assert sorted(one.order(0)) == sorted(one.order(1)) == list(range(203))
    assert one.order(0) != one.order(1)
    assert one.order(0) == plan(203).order(0)
    assert one.order(0) != plan(203, seed=2).order(0)


def test_padding_is_under_five_per_cent():
    assert 0 < plan().padding_share(8) < 0.05
    shuffled = sorted(range(1000), key=lambda n: (n * 7919) % 1000)
    lengths = [plan().lengths[n] for n in shuffled]
    real, padded = sum(lengths), sum(max(lengths[n : n + 8]) * 8 for n in range(0, 1000, 8))
    assert 1 - real / padded > 0.3, "in any order a third would be padding"


def test_half_the_rows_at_a_time_pads_less_and_keeps_the_order():
    assert plan().padding_share(4) < plan().padding_share(8)
    assert plan(batch_size=1).padding_share(1) == 0


@given(st.integers(1, 300), st.integers(1, 9), st.integers(1, 5), st.integers(1, 4))
def test_steps_are_those_of_the_trainer(count, batch_size, accumulation_steps, processes):
    """transformers counts batches, of each process, and then steps."""
    steps = plan(count, batch_size, accumulation_steps * processes, 1.5).steps
    batches = ceil(ceil(count / batch_size) / processes)
    assert steps == ceil(ceil(batches / accumulation_steps) * 1.5)


def test_the_sampler_takes_the_epoch_when_it_is_gone_through():
    epoch = 0
    order = Order(plan(50), lambda: epoch)
    first = list(order)
    epoch = 1
    assert list(order) == plan(50).order(1) != first


def test_the_longest_rows_are_the_longest():
    one = plan()
    assert min(one.lengths[row] for row in one.longest(8)) >= sorted(one.lengths)[-8]


@pytest.mark.parametrize(
    ("before", "after"), [((8, 1), (4, 2)), ((2, 4), (1, 8)), ((6, 2), (3, 4)), ((3, 2), (1, 6))]
)
def test_a_narrower_batch_learns_from_as_many_rows_a_step(before, after):
    assert Batch(*before).narrower() == Batch(*after)


@pytest.mark.whole_runs  # transformers takes seconds to import
def test_a_small_model_on_a_cpu_keeps_what_a_large_one_and_a_card_make_again():
    from transformers import Gemma3Config, GPT2Config, LlamaConfig

    demo = LlamaConfig(hidden_size=256, intermediate_size=640, num_hidden_layers=3, num_attention_heads=4)
    gpt2 = GPT2Config(n_embd=768, n_layer=12, n_head=12)
    assert not recomputes(demo, 8, 300, always=False)
    assert recomputes(demo, 8, 300, always=True)
    assert recomputes(demo, 80, 1000, always=False)
    assert recomputes(gpt2, 8, 512, always=False)
    assert recomputes(Gemma3Config(), 8, 512, always=True)  # a model that sees: its sizes stand elsewhere


def test_one_row_that_does_not_fit_is_a_mistake_of_the_user():
    with pytest.raises(UserError, match="out of memory with one row at a time"):
        Batch(1, 8).narrower()


def test_a_shortage_is_noted_once_and_remembered(tmp_path):
    from inkprint.recipe_file import load_recipe

    settings = load_recipe(ROOT / "recipes/demo.yaml").train
    assert fitting_batch(settings, tmp_path) == Batch(8, 1)
    note_shortage(tmp_path, Batch(8, 1), 3)
    note_shortage(tmp_path, Batch(8, 1), 4)  # of another process
    assert [shortage.step for shortage in shortages(tmp_path)] == [3]
    assert fitting_batch(settings, tmp_path) == Batch(4, 2)
    note_shortage(tmp_path, Batch(4, 2), 9)
    assert fitting_batch(settings, tmp_path) == Batch(2, 4)


def test_training_stops_when_nothing_gets_better():
    losses = [(10, 2.0), (20, 1.5), (30, 1.5), (40, 1.6)]
    assert checkpoints.best_step(losses) == 20, "the first of equal ones"
    assert checkpoints.has_stopped(losses, 2)
    assert not checkpoints.has_stopped(losses, 3)
    assert not checkpoints.has_stopped(losses, None)
    assert not checkpoints.has_stopped(losses[:2], 1)


def test_the_untouched_base_is_no_checkpoint():
    history = [{"step": 0, "eval_loss": 1.0}, {"step": 1, "loss": 2.0}, {"step": 5, "eval_loss": 1.2}]
    assert checkpoints.validation_losses(history) == [(5, 1.2)]


def test_what_was_written_after_a_checkpoint_is_cut_off(tmp_path):
    log, samples = tmp_path / "training_log.jsonl", tmp_path / "samples.jsonl"
    log.write_text("one\n")
    checkpoints.mark_complete(tmp_path / "checkpoint-2", tmp_path, 7.25)
    log.write_text("one\ntwo\n")
    samples.write_text("late\n")
    assert checkpoints.rewind(tmp_path, tmp_path / "checkpoint-2") == 7.2
    assert log.read_text() == "one\n"
    assert samples.read_text() == ""
    assert checkpoints.rewind(tmp_path, None) == 0
    assert not log.exists()


def test_facts_are_of_the_step_that_landed():
    class Model:
        def num_parameters(self, only_trainable=False):
            return 10

    log = [
        {"step": 0, "validation_loss": 3.0, "seconds": 0.1},
        {"step": 1, "epoch": 0.5, "loss": 2.0, "seconds": 1},
        {"step": 1, "epoch": 0.5, "validation_loss": 1.0, "seconds": 1},
        {"step": 2, "epoch": 1.0, "loss": 1.0, "seconds": 2},
        {"step": 2, "epoch": 1.0, "validation_loss": 1.5, "seconds": 2},
        {"step": 2, "stopped": "no better validation loss since step 1", "seconds": 2},
    ]
    facts = land.training_facts(Model(), log, 100, best=1)
    assert (facts["steps"], facts["epochs"], facts["best_step"]) == (2, 1.0, 1)
    assert (facts["first_validation_loss"], facts["best_validation_loss"]) == (3.0, 1.0)
    assert facts["last_validation_loss"] == 1.5


WORDS = {"good": "fine warm lovely bright", "bad": "cold dull poor grey", "odd": "strange queer curious rare"}


def texts(count, kinds=("good", "bad"), seed=0):
    dice = random.Random(seed)
    for number in range(count):
        label = kinds[number % len(kinds)]
        words = [dice.choice(WORDS[label].split()) for _ in range(3)] + ["film", "the", "sea"]
        dice.shuffle(words)
        yield " ".join(words), label


SETTINGS = Linear(
    method="linear", ngram_words=2, max_features=50, min_texts=2, sublinear=True, regularization=2.0,
    max_iterations=100,
)  # fmt: skip


@pytest.mark.parametrize("kinds", [("good", "bad"), ("good", "bad", "odd")])
def test_a_saved_bag_of_words_says_what_scikit_learn_says(tmp_path, kinds):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    told, labels = map(list, zip(*texts(60, kinds), strict=True))
    asked = [text for text, _ in texts(20, kinds, seed=1)] + ["nothing known", ""]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), max_features=50, min_df=2, sublinear_tf=True)
    regression = LogisticRegression(C=2.0, max_iter=100).fit(vectorizer.fit_transform(told), labels)
    save_linear(fit_linear(told, labels, SETTINGS, 7), tmp_path / "linear")
    model = load_linear(tmp_path / "linear")
    assert model.labels == sorted(kinds)
    expected = regression.predict_proba(vectorizer.transform(asked))
    assert numpy.abs(numpy.array(model.predict(asked)) - expected).max() < 1e-6
    assert model.predict([]) == []
    assert {path.name for path in (tmp_path / "linear").iterdir()} == {
        "weights.safetensors",
        "vocabulary.json",
    }


def test_words_that_stand_in_too_few_texts_are_a_mistake_of_the_user():
    told, labels = map(list, zip(*texts(4), strict=True))
    with pytest.raises(UserError, match=r"train\.min_texts 9: 4 texts"):
        fit_linear(told, labels, SETTINGS.model_copy(update={"min_texts": 9}), 7)


def labelled(*rows):
    for number, (split, label) in enumerate(rows):
        yield LabelledText(
            id=f"example-{number}", source_id=f"row-{number}", task="classification", split=split,
            text=f"Text {number}.", label=label,
        )  # fmt: skip


def test_a_label_that_train_does_not_have_is_rejected(tmp_path):
    path = tmp_path / "examples.jsonl"
    rows = [("train", "b"), ("train", "a"), ("validation", "a"), ("validation", "c"), ("test", "d")]
    write_records(path, labelled(*rows))
    read = read_texts(path)
    assert read.labels == ["a", "b"]
    assert [(reject.source_id, reject.reason, reject.detail) for reject in read.rejects] == [
        ("example-3", "unknown label", "no train text has 'c'")
    ]
    proof = prove_labels(read, "Text 0.", 0)
    assert proof["labels"] == {"train": {"a": 1, "b": 1}, "validation": {"a": 1, "b": 0}}
    assert proof["rejected"] == {"unknown label": 1}
    json.dumps(proof)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("train", "a"), ("validation", "a")], "1 labels among 1 train texts"),
        ([("train", "a"), ("train", "b")], "no validation text has a label that train has"),
    ],
)
def test_texts_that_teach_nothing_are_a_mistake_of_the_user(tmp_path, rows, says):
    write_records(tmp_path / "examples.jsonl", labelled(*rows))
    with pytest.raises(UserError, match=says):
        read_texts(tmp_path / "examples.jsonl")


def test_what_is_drawn_meanwhile_changes_no_later_draw():
    import torch

    from inkprint.train.randomness import undisturbed

    def draw():
        return random.random(), numpy.random.rand(), torch.rand(1).item()

    random.seed(1), numpy.random.seed(1), torch.manual_seed(1)
    expected = draw()
    random.seed(1), numpy.random.seed(1), torch.manual_seed(1)
    with undisturbed():
        assert draw() == expected
        torch.manual_seed(9)
    assert draw() == expected


AGREE = """
import sys
from pathlib import Path
import torch.distributed
from inkprint.errors import UserError
from inkprint.train import team
torch.distributed.init_process_group("gloo")
for word in sys.argv[1].split(","):
    step, batch = word.split(":")
    try:
        team.agree(Path(f"checkpoint-{step}") if step else None, batch)
        print("agreed")
    except UserError as error:
        print(error)
"""


@pytest.mark.slow
def test_machines_that_would_go_on_from_different_places_are_named():
    """Two processes, of which each has a work folder of its own: another checkpoint, or less memory."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    machines = [
        subprocess.Popen(
            [sys.executable, "-c", AGREE, words], stdout=subprocess.PIPE, text=True,
            env=os.environ | together | {"RANK": str(rank), "PYTHONPATH": str(ROOT / "scripts")},
        )
        for rank, words in enumerate(["4:8 x 1,:8 x 1,4:8 x 1,4:8 x 1", "4:8 x 1,:8 x 1,6:8 x 1,4:4 x 2"])
    ]  # fmt: skip
    said = [machine.communicate(timeout=120)[0].splitlines() for machine in machines]
    assert said[0] == said[1]
    assert said[0][:2] == ["agreed", "agreed"]
    assert "from checkpoint-4 with batches of 8 x 1 and checkpoint-6 with batches of 8 x 1:" in said[0][2]
    assert "from checkpoint-4 with batches of 8 x 1 and checkpoint-4 with batches of 4 x 2:" in said[0][3]
