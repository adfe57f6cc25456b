"""Classification: every held-out text gets a probability for each label, whatever was trained."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import yaml
from conftest import for_labels

from inkprint.generate.labels import load_predictor
from inkprint.jsonl import write_records
from inkprint.recipe_file import load_recipe
from inkprint.records import LabelledText, content_id

pytestmark = pytest.mark.training

GOOD = "a lantern that stood by the door in spring and nobody asked why"
BAD = "the wet barrel was carried up the hill by four strong men in winter"


def read(path):
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def labelled_texts():
    """Two kinds of text that differ in every content word, in three splits, of many lengths."""
    made = []
    for number in range(72):
        split = "test" if number % 4 == 0 else "validation" if number % 4 == 1 else "train"
        label, words = (("good", GOOD), ("bad", BAD))[number % 3 % 2]
        text = f"Number {number}: " + " ".join([words] * (1 + number % 5))
        source = content_id("row", number)
        made.append(
            LabelledText(
                id=content_id("example", source), source_id=source, task="classification", split=split,
                text=text, label="odd" if number == 68 else label,
            )
        )  # fmt: skip
    return made


TEST = {text.source_id: text for text in labelled_texts() if text.split == "test"}


@pytest.fixture
def shop(workshop, base):
    """A workshop with labelled texts; `train` says how they are learned."""
    workshop.output("03_synthesize").mkdir(parents=True)
    write_records(workshop.output("03_synthesize/examples.jsonl"), labelled_texts())
    return workshop


def learn(shop, **train):
    values = shop.values()
    values["extract"] |= {"columns": {"text": "t", "label": "l"}}
    values["prepare"] = {"validation": 0.1, "test": 0.2, "near_duplicate": None, "passages": None}
    values["synthesize"]["tasks"] = {"classification": {"share": 1.0}}
    rank = {key: values["train"][key] for key in ("rank", "alpha", "dropout", "target_modules")}
    for_labels(values)
    if train["method"] == "linear":
        values["model"], values["train"] = None, {
            "ngram_words": 1, "max_features": 500, "min_texts": 1, "sublinear": False,
            "regularization": 10.0, "max_iterations": 200,
        }  # fmt: skip
    elif train["method"] == "lora":
        values["train"] |= rank
    values["train"] |= train
    shop.recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    shop.stage("train")
    shop.stage("generate")
    found = {one["source_id"]: one for one in read(shop.output("05_generate/predictions.jsonl"))}
    assert found.keys() == TEST.keys()
    for source, one in found.items():
        assert (one["text"], one["label"], one["variant"]) == (TEST[source].text, TEST[source].label, "tuned")
        assert list(one["probabilities"]) == ["bad", "good"], "of the labels of train, in order"
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    return found


def share_right(found):
    right = [
        max(one["probabilities"], key=one["probabilities"].get) == one["label"] for one in found.values()
    ]
    return sum(right) / len(right)


def test_a_model_trained_whole_labels_texts_as_a_plain_computation_does(shop):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    found = learn(shop, method="full", epochs=3, max_tokens=48)
    folder = shop.output("04_train/model")
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for one in found.values():
        ids = tokenizer(one["text"])["input_ids"]
        assert one["cut"] == (len(ids) > 48)
        with torch.inference_mode():
            plain = model(input_ids=torch.tensor([ids[:48]])).logits[0].softmax(-1)
        for number, value in enumerate(plain.tolist()):
            assert one["probabilities"][model.config.id2label[number]] == pytest.approx(value, abs=1e-5)
    assert {one["cut"] for one in found.values()} == {True, False}
    counts = json.loads(shop.output("05_generate/manifest.json").read_text())["counts"]
    assert counts == {"unit": "texts", "in": 18, "out": 18, "rejected": 0, "failed": 0}
    assert shop.stage("generate").stdout.rstrip().endswith("up to date")


def test_an_adapter_brings_its_own_head(shop):
    found = learn(shop, method="lora", epochs=12, max_tokens=48)
    assert share_right(found) > 0.9, "its head was drawn anew, or its matrices were left out"


@pytest.mark.slow
def test_two_processes_label_as_one_does(shop):
    learn(shop, method="full", epochs=1, max_tokens=48)
    predictions = shop.output("05_generate/predictions.jsonl")
    alone = predictions.read_bytes()
    shop.change(gpus=2, train__batch_size=4, train__accumulation_steps=2)
    assert shop.stage("generate").stdout.rstrip().endswith("up to date"), "cards change no result"
    shop.stage("generate", "--force")
    assert predictions.read_bytes() == alone
    steps = [
        json.loads((shop.run_folder / "logs" / name).read_text())["steps"]
        for name in ("status.json", "rank-1/status.json")
    ]
    assert steps == [3, 2], "five batches of four texts"
    assert not list(shop.run_folder.glob("work/05_*"))


def test_a_bag_of_words_labels_texts_without_any_model(shop):
    found = learn(shop, method="linear")
    assert share_right(found) == pytest.approx(17 / 18), "all but the one whose label train does not have"
    assert not any(one["cut"] for one in found.values())
    said = (shop.run_folder / "logs" / "generate.log").read_text()
    assert "18 texts\n" in said, "nothing of a limit that this method does not have"
    command = SimpleNamespace(recipe=load_recipe(shop.recipe), run_folder=shop.run_folder)
    _, at_once = load_predictor(command, shop.output("03_synthesize/examples.jsonl"))
    assert at_once == 4, "as the recipe says"


def test_a_batch_of_texts_is_labelled_as_one_by_one(base):
    import torch
    from transformers import AutoModelForSequenceClassification

    from inkprint.generate.labels import head_probabilities

    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=3).eval()
    rows = [list(range(5, 5 + length)) for length in (40, 3, 17)]
    together = head_probabilities(model, rows, 0)
    for row, probabilities in zip(rows, together, strict=True):
        (alone,) = head_probabilities(model, [row], 0)
        assert probabilities == pytest.approx(alone, abs=1e-7)
        assert len(set(alone)) == 3
