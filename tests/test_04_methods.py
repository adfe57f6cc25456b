"""Training's other methods: every weight of a base, a classification head, a bag of words."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
import yaml
from conftest import for_labels
from little import make_gpt2
from training import kill_at_step, losses, read

from inkprint.jsonl import write_records
from inkprint.linear import load_linear
from inkprint.records import LabelledText

pytestmark = pytest.mark.training
WORDS = {"bad": "cold dull wet rusty broken", "good": "blue strong dry bright fine"}
LORA = ("rank", "alpha", "dropout", "target_modules")


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory, base):
    folder = tmp_path_factory.mktemp("gpt2") / "base"
    make_gpt2(folder, base)
    return folder


def manifest(shop):
    return json.loads(shop.output("04_train/manifest.json").read_text())


def digest(shop) -> str:
    return hashlib.sha256(shop.output("04_train/model/model.safetensors").read_bytes()).hexdigest()


def every_weight(shop, base, **changes) -> None:
    values = shop.values()
    values["train"] = {key: value for key, value in values["train"].items() if key not in LORA}
    values["train"] |= {"method": "full", "learning_rate": 1e-3} | changes
    values["model"]["base"] = str(base)
    shop.recipe.write_text(yaml.safe_dump(values, sort_keys=False))


def test_every_weight_of_a_gpt2_is_trained(workshop, written, gpt2):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    every_weight(workshop, gpt2, loss="all")
    workshop.take(written, "synthesize")
    workshop.stage("train", warm=True)
    folder, facts = workshop.output("04_train/model"), manifest(workshop)
    assert not workshop.output("04_train/adapter").exists()
    assert facts["trainable_parameters"] == facts["total_parameters"]
    assert facts["model_bytes"] == (folder / "model.safetensors").stat().st_size
    assert facts["best_validation_loss"] < facts["first_validation_loss"] - 0.3
    before = AutoModelForCausalLM.from_pretrained(gpt2).state_dict()
    after = AutoModelForCausalLM.from_pretrained(folder).state_dict()
    assert {str(weight.dtype) for weight in after.values()} == {"torch.float32"}
    # Positions beyond the longest row never saw a gradient, but weight decay moves them as well.
    assert all((before[name] != after[name]).any() for name in before)
    assert AutoTokenizer.from_pretrained(folder).chat_template
    assert str(gpt2) not in (folder / "config.json").read_text()


@pytest.mark.slow
def test_a_killed_full_training_ends_in_the_same_model(workshop, written, base):
    every_weight(workshop, base)
    workshop.take(written, "synthesize")
    kill_at_step(workshop, 6)
    assert "goes on from step" in workshop.stage("train").stdout
    first = digest(workshop)
    workshop.stage("train", "--force")
    assert digest(workshop) == first


def labelled(count, seed=0):
    dice = random.Random(seed)
    for number in range(count):
        label = sorted(WORDS)[number % 2]
        words = [dice.choice(WORDS[label].split()) for _ in range(dice.randint(2, 9))]
        split = "test" if number % 10 == 9 else "validation" if number % 10 in (4, 7) else "train"
        yield LabelledText(
            id=f"example-{number}", source_id=f"row-{number}", task="classification", split=split,
            text=f"The barrel and the window were {' and '.join(words)}.", label=label,
        )  # fmt: skip


@pytest.fixture
def reviews(workshop, gpt2):
    """A workshop of texts with labels, 03 done, for a GPT-2 with a head."""
    values = workshop.values()
    for_labels(values)
    values["extract"]["columns"] = {"text": "text", "label": "label"}
    values["prepare"]["passages"] = None
    values["synthesize"]["tasks"] = {"classification": {"share": 1.0}}
    values["model"]["base"] = str(gpt2)
    values["train"] |= {"epochs": 4.0, "max_tokens": 48}
    workshop.recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    workshop.output("03_synthesize").mkdir(parents=True)
    write_records(workshop.output("03_synthesize/examples.jsonl"), labelled(160))
    return workshop


def test_a_gpt2_learns_labels(reviews):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    said = reviews.stage("train").stdout
    folder, facts = reviews.output("04_train/model"), manifest(reviews)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    assert model.config.id2label == {0: "bad", 1: "good"}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    examples = [example for example in labelled(160) if example.split == "validation"]
    rows = tokenizer(
        [e.text for e in examples], return_tensors="pt", padding=True, truncation=True, max_length=48
    )
    with torch.inference_mode():
        logits = model(**rows).logits
    truth = torch.tensor([model.config.label2id[example.label] for example in examples])
    loss = torch.nn.functional.cross_entropy(logits, truth).item()
    looks = {
        e["step"]: e for e in read(reviews.output("04_train/training_log.jsonl")) if "validation_loss" in e
    }
    best = looks[facts["best_step"]]
    assert best["validation_loss"] == facts["best_validation_loss"] == pytest.approx(loss, abs=1e-4)
    assert best["validation_accuracy"] == (logits.argmax(-1) == truth).float().mean().item() > 0.8
    proof = json.loads(reviews.output("04_train/mask_proof.json").read_text())
    assert proof["rows"] == {"train": 112, "validation": 32}
    assert proof["labels"]["train"] == {"bad": 64, "good": 48}
    cut = sum(len(tokenizer(e.text)["input_ids"]) > 48 for e in labelled(160) if e.split != "test")
    assert proof["truncated"] == cut > 0
    assert f"{cut} of 144 texts are longer than max_tokens: cut" in said
    assert proof["sample"]["supervised"] == "bad"
    assert not reviews.output("04_train/samples.jsonl").exists()


@pytest.mark.slow
def test_a_killed_classifier_ends_in_the_same_model(reviews):
    kill_at_step(reviews, 30)
    assert "goes on from step" in reviews.stage("train").stdout
    first = digest(reviews)
    reviews.stage("train", "--force")
    assert digest(reviews) == first


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_lora_trains_a_head_beside_its_matrices(reviews, base, method):
    from safetensors import safe_open

    values = reviews.values()
    values["model"]["base"] = str(base)
    values["train"] |= {"method": method, "rank": 8, "alpha": 8, "dropout": 0.0}
    values["train"]["target_modules"] = ["q_proj", "v_proj"]
    reviews.recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    reviews.stage("train")
    with safe_open(reviews.output("04_train/adapter/adapter_model.safetensors"), "np") as weights:
        names = set(weights.keys())
    assert "base_model.model.score.weight" in names
    assert any("v_proj.lora_B" in name for name in names)
    assert losses(reviews)[-1] < losses(reviews)[0] / 2


def test_a_bag_of_words_is_fitted(reviews):
    values = reviews.values()
    values["model"] = None
    values["train"] = {
        "method": "linear", "ngram_words": 1, "max_features": 100, "min_texts": 2, "sublinear": True,
        "regularization": 1.0, "max_iterations": 100,
    }  # fmt: skip
    reviews.recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    said = reviews.stage("train").stdout
    facts, log = manifest(reviews), read(reviews.output("04_train/training_log.jsonl"))
    model = load_linear(reviews.output("04_train/linear"))
    held_out = [example for example in labelled(160) if example.split == "validation"]
    predicted = model.predict([example.text for example in held_out])
    assert [model.labels[row.index(max(row))] for row in predicted] == [e.label for e in held_out]
    assert log[-1]["validation_accuracy"] == 1.0
    assert log[0]["validation_loss"] == pytest.approx(0.693, abs=0.03), (
        "the labels' shares in train know nothing"
    )
    assert facts["best_validation_loss"] == log[-1]["validation_loss"] < log[0]["validation_loss"]
    assert facts["trainable_parameters"] == facts["features"] + 1
    assert "accuracy 100.0%" in said
    assert "up to date" in reviews.stage("train").stdout
