"""Export of a classifier: a folder that a stranger's program asks, and gets 05's answer from."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from test_05_labels import BAD, learn, shop  # noqa: F401
from test_export import digests, good, refused, run

from inkprint.errors import UserError

pytestmark = pytest.mark.training


def as_the_card_says(folder, texts):
    """The folder's README, its example run by a Python that does not know Inkprint, on texts of ours."""
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    ask = (
        "list(map(lambda one: classify(one, truncation=True), texts))"
        if "pipeline" in code
        else "classify(texts)"
    )
    code += f"\nimport json, sys\ntexts = json.loads(sys.argv[1])\nprint(json.dumps({ask}))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, json.dumps(texts)],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    if "pipeline" in code:
        # transformers gives a list of one text's labels, or, of some versions, such a list in a list
        rows = [row[0] if isinstance(row[0], list) else row for row in said]
        return [{one["label"]: one["score"] for one in row} for row in rows]
    return said


def check_against_05(shop, found, within):  # noqa: F811
    folder = shop.run_folder / "export"
    trained = digests(shop.run_folder / "04_train")
    said = good(run(shop.recipe))
    assert "labels bad, good" in said and "as trained, by 05" in said
    assert digests(shop.run_folder / "04_train") == trained
    texts = list(found.values())
    for one, answered in zip(texts, as_the_card_says(folder, [one["text"] for one in texts]), strict=True):
        for label, value in one["probabilities"].items():
            assert answered[label] == pytest.approx(value, abs=within), one["text"]
    check = json.loads((folder / "check.json").read_text())
    assert check["labels"] == ["bad", "good"] and check["texts"] == 18
    assert check["written_off_meant"] <= check["limit"] and check["written_off_trained"] <= within
    assert not list(folder.rglob("*.bin")) and not list(folder.rglob("*.pkl"))
    assert "up to date" in good(run(shop.recipe))
    assert "this is a classifier" in refused(run(shop.recipe, "--gguf", "q8_0"))


def test_a_bag_of_words_is_asked_with_scikit_learn_alone(shop):  # noqa: F811
    check_against_05(shop, learn(shop, method="linear"), within=1e-6)


def test_a_model_trained_whole_leaves_with_its_labels_and_its_limit(shop):  # noqa: F811
    found = learn(shop, method="full", epochs=2, max_tokens=48)
    assert any(one["cut"] for one in found.values()), "or the limit is not tried"
    check_against_05(shop, found, within=1e-4)


@pytest.mark.slow
def test_an_adapter_leaves_merged_with_its_head(shop):  # noqa: F811
    found = learn(shop, method="lora", epochs=6, max_tokens=48)
    sure = [max(one["probabilities"].values()) for one in found.values()]
    assert max(sure) > 0.8, "a head of chance would pass, too"
    check_against_05(shop, found, within=0.05)


def test_a_classifier_that_is_off_does_not_leave():
    from inkprint.export.classifier import HeldTexts, compare
    from inkprint.records import LabelledText

    text = LabelledText(
        id="example-1", source_id="row-1", task="classification", split="test", text=BAD, label="bad"
    )
    held = HeldTexts(["bad", "good"], [text], None)
    check = compare(held, "x", [[0.7, 0.3]], [[0.69, 0.31]])
    assert (check["right"]["written"], check["written_off_trained"]) == (1, None)
    for wrong in ([[0.67, 0.33]], [[float("nan"), 0.3]]):
        with pytest.raises(UserError, match="nothing is written"):
            compare(held, "x", [[0.7, 0.3]], wrong)
