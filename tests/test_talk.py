"""Talking in the terminal: who answers, what is remembered, what is printed, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
import yaml
from conftest import ROOT, for_labels
from test_chat import chat_for

import chat as talking
from inkprint.recipe_file import check_recipe
from inkprint.records import Message
from inkprint.stream import Stream

SCRIPT = str(ROOT / "scripts" / "chat.py")


def answers_of(finished):
    """The first lines of 05's answers to prompts of one line, by variant and prompt."""
    found = [json.loads(line) for line in finished.output("05_generate/answers.jsonl").open()]
    plain = [one for one in found if "\n" not in one["prompt"][-1]["content"] and one["answer"]]
    return {(one["variant"], one["prompt"][-1]["content"]): one["answer"].split("\n")[0] for one in plain}


def talk_of(chat, room=4096, **changes):
    """A talk whose models hold so many tokens; none is loaded."""
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    values["synthesize"]["system_prompt"] = "prompts/persona.txt"
    values["generate"] |= {"max_new_tokens": 20} | changes
    return talking.Talk(check_recipe(values, "demo"), talking.Models(chat, room, {}), persona=None)


@pytest.mark.training
def test_a_talk_through_a_pipe_says_what_05_says(finished):
    expected = answers_of(finished)
    prompt = next(
        prompt for variant, prompt in expected if variant == "tuned" and ("base", prompt) in expected
    )
    lines = [prompt, "", "/both", "/reset", prompt, "/nonsense", "/system on", "/base", "/reset", prompt]
    done = subprocess.run(
        [sys.executable, SCRIPT, str(finished.recipe)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        env=finished.environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    base, tuned = (f"{v}> {expected[v, prompt]}" for v in ("base", "tuned"))
    said = [line.removesuffix(" (cut: generate.max_new_tokens is 12)") for line in done.stdout.split("\n")]
    spoken = [line for line in said if line.startswith(("base> ", "tuned> "))]
    assert spoken == [tuned, base, tuned, base], (spoken, base, tuned)
    assert base.partition("> ")[2] != tuned.partition("> ")[2]
    assert any(line.startswith("(there is no /nonsense; ") for line in said)
    assert "(the recipe has no persona: synthesize.system_prompt is null)" in said
    assert done.stderr == ""


@pytest.mark.training
def test_ctrl_c_stops_an_answer_and_the_talk_goes_on(trained):
    trained.change(generate__max_new_tokens=440, generate__no_repeat_ngram_tokens=0)
    process = subprocess.Popen(
        [sys.executable, "-u", SCRIPT, str(trained.recipe)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=trained.environment(),
    )
    assert process.stdin and process.stdout
    process.stdin.write("Tell me of the lantern.\n")
    process.stdin.flush()
    said = process.stdout.readline()
    assert said.startswith("loading; ")
    while not said.endswith("tuned> A"):
        letter = process.stdout.read(1)
        assert letter, said
        said += letter
    process.send_signal(signal.SIGINT)
    rest = process.stdout.readline()
    assert rest.endswith("(stopped)\n"), rest
    process.stdin.write("/base\n")
    process.stdin.flush()
    assert process.stdout.readline() == "(base answers)\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "\n"
    assert process.stdout.readline() == "(Ctrl-D or /quit ends)\n"
    process.stdin.write("/quit\n")
    process.stdin.close()
    assert process.wait(timeout=60) == 0


@pytest.mark.training
def test_what_may_become_a_stop_string_is_printed_only_when_it_does_not(capsys):
    chat = chat_for("qwen3")
    stream = Stream(chat, ["### User", "###!"])
    printed = ""
    stream.put(_tokens(chat.prompt([Message(role="user", content="Who?")])))
    for token in chat.ids("The roße is ### old. \n\n### User: and more"):
        stream.put(_tokens([token]))
        printed += capsys.readouterr().out
        assert "\ufffd" not in printed and "### U" not in printed and not printed.endswith((" ", "#"))
    stream.end()
    printed += capsys.readouterr().out
    assert printed == stream.reply().answer == "The roße is ### old."


@pytest.mark.training
def test_thoughts_are_printed_before_the_answer_and_are_no_part_of_it(capsys):
    chat = chat_for("qwen3", thinking=True)
    stream = Stream(chat, [])
    stream.put(_tokens([1]))
    for token in chat.ids("<think>\nShort.\n</think>\n\nThe rope is old.<|im_end|>"):
        stream.put(_tokens([token]))
    stream.end()
    assert capsys.readouterr().out == "Short.\n\nThe rope is old."
    assert stream.reply().answer == "The rope is old."


def _tokens(ids):
    import torch

    return torch.tensor(ids)


@pytest.mark.training
def test_the_oldest_turns_are_forgotten_when_the_model_is_full():
    chat = chat_for("qwen3")
    talk = talk_of(chat)
    turns = [
        Message(role=("user", "assistant")[number % 2], content=f"Number {number}.") for number in range(9)
    ]
    whole = len(chat.prompt(turns))
    assert talk.fit(turns, whole) == turns
    assert talk.fit(turns, whole - 1) == turns[2:]
    assert talk.fit(turns, len(chat.prompt(turns[8:]))) == turns[8:]
    assert talk.fit(turns, 3) == []
    talk.persona = "Old."
    assert talk.fit(turns, whole) == turns[2:], "the persona takes its room"


@pytest.mark.training
def test_what_is_too_long_is_not_asked_and_not_remembered(capsys):
    chat = chat_for("qwen3")
    talk = talk_of(chat, room=40)
    assert talk.hear("A long story. " * 9)
    assert "too long, and not asked: the model holds 40 with 20 for the answer" in capsys.readouterr().out
    assert talk.said == {"base": [], "tuned": []}


@pytest.mark.training
def test_commands_say_what_they_do():
    talk = talk_of(chat_for("qwen3"))
    talk.said["base"].append(Message(role="user", content="Who?"))
    assert talk.obey("both") == "(base and tuned answer; each goes on with its own answers)"
    assert talk.voices == ("base", "tuned")
    talk.obey("base")
    assert talk.voices == ("base",)
    assert "Oona Brack" in talk.obey("system", "on") and "Oona Brack" in talk.persona
    assert talk.obey("system", "off") == "(persona off)" and talk.persona is None
    talk.obey("reset")
    assert talk.said == {"base": [], "tuned": []}
    for wrong in (("system",), ("base", "now"), ("",)):
        assert talk.obey(*wrong).startswith("(there is no /")
    assert talk.hear("/quit") is False and talk.hear("  ") is True


def run(shop):
    return subprocess.run(
        [sys.executable, SCRIPT, str(shop.recipe)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=shop.environment(),
    )


def test_before_training_it_says_what_to_run(workshop):
    start = time.monotonic()
    done = run(workshop)
    assert done.returncode == 2
    assert "adapter_config.json: not there; make it with: python scripts/04_train.py" in done.stderr
    assert done.stderr.count("\n") == 1
    assert time.monotonic() - start < 30, "no library is loaded for that"


def test_a_classifier_does_not_talk(workshop):
    values = workshop.values()
    values["extract"] |= {"columns": {"text": "t", "label": "l"}}
    values["prepare"] |= {"passages": None}
    values["synthesize"]["tasks"] = {"classification": {"share": 1.0}}
    for_labels(values)
    workshop.recipe.write_text(yaml.safe_dump(values))
    done = run(workshop)
    assert done.returncode == 2 and "tells labels and does not talk" in done.stderr
