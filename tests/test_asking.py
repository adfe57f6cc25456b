"""Asking a model: nothing lost, nothing paid twice, never over the cap, whatever the server does."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import time
from collections import Counter

import pytest
import yaml
from asking import BATCHES, CLAUDE, Asking, passages_of
from claude_server import claude_server

PROVIDERS = {"anthropic": CLAUDE, "anthropic_batch": BATCHES}
# Replies after which a request is not sent again: a second one would be money for nothing.
FINAL = {"ok", "thinking_first", "refusal", "max_tokens"}
SECRET = "sk-ant-api03-not-to-be-seen-anywhere-0123456789"


@pytest.fixture
def server(tmp_path):
    with claude_server(tmp_path) as running:
        yield running


@pytest.fixture
def asking(tmp_path, server):
    return Asking(tmp_path, server.url)


def final_answers(server) -> Counter[str]:
    """By request, how many final answers the server gave that are paid for."""
    return Counter(line["body"] for line in server.log() if line["answered"] and line["kind"] in FINAL)


def check_balance(asking: Asking, passages: int) -> dict:
    """Every planned example is there once, made or rejected, and every request has ended."""
    manifest = asking.manifest()
    counts, requests = manifest["counts"], manifest["requests"]
    examples, rejects = asking.lines("examples.jsonl"), asking.lines("rejects.jsonl")
    assert counts["in"] == 2 * passages == len(examples) + len(rejects)
    assert counts["out"] == len(examples)
    assert counts["rejected"] + counts["failed"] == len(rejects)
    assert counts["failed"] == sum(": failed: " in reject["reason"] for reject in rejects)
    assert requests["total"] == passages == sum(requests[state] for state in ("ok", "rejected", "failed"))
    ids = [record["id"] for record in (*examples, *rejects)]
    assert len(set(ids)) == len(ids)
    return manifest


@pytest.mark.whole_runs
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_request_is_asked_once_and_every_example_is_there(asking, server, provider):
    asking.write(passages_of("one.pdf", 48), PROVIDERS[provider])
    said = asking.run()
    manifest = check_balance(asking, 48)
    assert manifest["requests"] == {"total": 48, "ok": 48, "rejected": 0, "failed": 0}
    assert set(server.paid().values()) == {1}
    assert len(server.paid()) == 48
    assert "48 ok, 0 rejected, 0 failed" in said
    price = {"anthropic": 1.0, "anthropic_batch": 0.5}[provider]
    lines = [line for line in server.log() if line["answered"]]
    paid = price * sum(line["input_tokens"] * 1e-6 + line["output_tokens"] * 5e-6 for line in lines)
    assert manifest["dollars"] == pytest.approx(paid, rel=1e-6)
    example = asking.lines("examples.jsonl")[0]
    assert example["provider"].endswith("claude-haiku-4-5")
    assert example["split"] != "train", "held-out examples come first"


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS)
def test_two_thousand_requests_through_every_fault(tmp_path, provider):
    """A fifth of all requests meets a fault of some kind: none is lost, none answered for money twice."""
    with claude_server(tmp_path, faults=0.2, seed=7) as server:
        asking = Asking(tmp_path, server.url, key="test-key")
        asking.write(passages_of("one.pdf", 2000), PROVIDERS[provider])
        asking.run()
        manifest = check_balance(asking, 2000)
        kinds = Counter(line["kind"] for line in server.log())
        assert all(kinds[kind] for kind in ("rate_limit", "refusal", "max_tokens", "off_schema")), kinds
        assert max(final_answers(server).values()) == 1
        assert manifest["requests"]["rejected"] > 20
        assert manifest["requests"]["ok"] > 1700
        assert sum(manifest["tried_again"].values()) > 100


@pytest.mark.whole_runs
@pytest.mark.parametrize("provider", PROVIDERS)
def test_faults_are_counted_by_name_and_the_key_is_nowhere(tmp_path, provider):
    with claude_server(tmp_path, faults=0.4, seed=3, key=SECRET, timeout_seconds=4) as server:
        asking = Asking(tmp_path, server.url, key=SECRET)
        asking.write(passages_of("one.pdf", 120), PROVIDERS[provider])
        said = asking.run()
    manifest = check_balance(asking, 120)
    assert max(final_answers(server).values()) == 1
    kinds = Counter(line["kind"] for line in server.log() if line["endpoint"] == "POST /v1/messages")
    if provider == "anthropic":
        again = manifest["tried_again"]
        assert again["overloaded"] == kinds["overloaded"]
        assert again["rate_limit"] == kinds["rate_limit"]
        assert again["timeout"] == kinds["timeout"]
        assert again["connection"] == kinds["dropped"] + kinds["truncated"]
    reasons = {reject["reason"] for reject in asking.lines("rejects.jsonl")}
    assert {"question_answer: refusal", "question_answer: max_tokens"} <= reasons
    assert "tried again: " in said
    for path in (tmp_path / "artifacts").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in said


@pytest.mark.slow
def test_ten_kills_cost_at_most_what_was_under_way(tmp_path):
    dice, passages = random.Random(5), passages_of("one.pdf", 900)
    with claude_server(tmp_path, latency_seconds=0.05) as server:
        asking = Asking(tmp_path, server.url)
        asking.write(passages)
        kills = 0
        while kills < 10:
            before = len(server.log())
            process = asking.start()
            while len(server.log()) < before + dice.randint(1, 60) and process.poll() is None:
                time.sleep(0.02)
            time.sleep(0.2 * dice.random())
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
        assert not (asking.run_folder / "03_synthesize").exists(), "it was done before the tenth kill"
        asking.run()
        check_balance(asking, 900)
        paid = server.paid()
        assert len(paid) == 900
        twice = sum(paid.values()) - 900
        assert twice <= kills * CLAUDE["connections"], f"{twice} paid twice"


@pytest.mark.whole_runs
def test_a_killed_batch_is_found_again(tmp_path):
    with claude_server(tmp_path, batch_seconds=2.5) as server:
        asking = Asking(tmp_path, server.url)
        asking.write(passages_of("one.pdf", 40), BATCHES)
        process = asking.start()
        while not any(
            "results" in line["endpoint"] or "batches/" in line["endpoint"] for line in server.log()
        ):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.communicate()
        asking.run()
        check_balance(asking, 40)
        assert set(server.paid().values()) == {1}


@pytest.mark.whole_runs
def test_a_batch_whose_creation_was_cut_off_is_found_by_looking(tmp_path):
    """The server has it, the client got half a reply: submitted again it would be paid twice."""
    create = "POST /v1/messages/batches"
    with claude_server(tmp_path, faults=1.0, kinds="truncated", faulty_endpoint=create) as server:
        asking = Asking(tmp_path, server.url)
        asking.write(passages_of("one.pdf", 40), BATCHES)
        asking.run()
        created = [line["kind"] for line in server.log() if line["endpoint"] == create]
        assert created == ["truncated"]
        check_balance(asking, 40)
        assert set(server.paid().values()) == {1}


@pytest.mark.whole_runs
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_cap_stops_in_the_middle_and_all_is_kept(tmp_path, provider):
    """Tokens are four times as many as was guessed: the estimate passes, and the money does not last."""
    with claude_server(tmp_path, characters_a_token=0.7) as server:
        asking = Asking(tmp_path, server.url)
        cap = {"anthropic": 0.12, "anthropic_batch": 0.06}[provider]
        settings = PROVIDERS[provider] | {"max_tokens": 1200}
        asking.write(passages_of("one.pdf", 64), settings, max_dollars=cap)
        said = asking.run(code=2)
        assert "max_dollars: stopped at" in said
        assert "kept" in said
        answered = sum(server.paid().values())
        assert 0 < answered < 64
        with sqlite3.connect(tmp_path / "artifacts" / "cache" / "replies.sqlite") as ledger:
            (spent,) = ledger.execute("select sum(dollars) from replies").fetchone()
        assert 0.3 * cap < spent <= cap
        asking.write(passages_of("one.pdf", 64), settings, max_dollars=10.0)
        asking.run()
        check_balance(asking, 64)
        assert set(server.paid().values()) == {1}, "what was kept is not paid again"
        assert len(server.paid()) == 64


@pytest.mark.whole_runs
def test_an_estimate_over_the_cap_sends_nothing(asking, server):
    asking.write(passages_of("one.pdf", 48), max_dollars=0.001)
    said = asking.run(code=2)
    assert "nothing was sent" in said
    assert not server.log()


@pytest.mark.whole_runs
def test_the_estimate_only_prints(asking, server):
    asking.write(passages_of("one.pdf", 48))
    said = asking.run("--estimate")
    assert "question_answer" in said
    assert "with anthropic, $" in said
    assert "with anthropic_batch" in said
    assert not server.log()
    assert [path.name for path in asking.run_folder.iterdir()] == ["02_prepare"]
    assert not (asking.folder / "artifacts" / "cache").exists()


@pytest.mark.whole_runs
def test_a_sample_is_of_all_books_and_the_run_pays_for_the_rest(asking, server):
    asking.write([*passages_of("one.pdf", 40), *passages_of("two.pdf", 8), *passages_of("three.pdf", 8)])
    guessed = asking.run("--estimate")
    said = asking.run("--sample", "6")
    assert len(server.paid()) == 6
    page = (asking.run_folder / "sample.html").read_text(encoding="utf-8")
    assert all(page.count(f"{name}.pdf, Chapter") == 2 for name in ("one", "two", "three"))
    assert "6 replies" in said, "the estimate is corrected by what was measured"
    assert _estimated(said) != _estimated(guessed)
    asking.run("--sample", "6")
    assert sum(server.paid().values()) == 6, "a second look is free"
    asking.run()
    check_balance(asking, 56)
    assert set(server.paid().values()) == {1}
    assert len(server.paid()) == 56
    measured = server.log()
    real = sum(line["input_tokens"] * 1e-6 + line["output_tokens"] * 5e-6 for line in measured[6:])
    assert _estimated(said) == pytest.approx(real, rel=0.15, abs=0.006)


def _estimated(said: str) -> float:
    (line,) = [line for line in said.splitlines() if "with anthropic, " in line]
    return float(line.partition("$")[2].split(" ")[0])


@pytest.mark.whole_runs
def test_nothing_is_paid_again_for_another_seed_split_or_book(asking, server):
    first = passages_of("one.pdf", 24)
    asking.write(first)
    asking.run()
    moved = [one.model_copy(update={"split": "train"}) if one.split == "test" else one for one in first]
    moved[0] = moved[0].model_copy(update={"split": "test"})
    asking.write(moved, seed=7, synthesize__provider=CLAUDE | {"connections": 2, "timeout_seconds": 9.0})
    asking.run()
    assert sum(server.paid().values()) == 24
    examples = {json.dumps(one) for one in asking.lines("examples.jsonl")}
    asking.write([*moved, *passages_of("fifth.pdf", 16)], seed=7)
    asking.run()
    assert sum(server.paid().values()) == 40
    assert examples <= {json.dumps(one) for one in asking.lines("examples.jsonl")}


@pytest.mark.whole_runs
def test_an_example_that_a_person_drops_is_a_reject(asking, server):
    asking.write(passages_of("one.pdf", 24))
    asking.run()
    dropped = asking.lines("examples.jsonl")[5]["id"]
    overrides = asking.folder / "books" / "overrides.yaml"
    overrides.write_text(yaml.safe_dump({"drop_examples": [dropped, "example-none"]}))
    said = asking.run()
    assert "example-none: no such example" in said
    assert dropped not in {one["id"] for one in asking.lines("examples.jsonl")}
    (reject,) = [one for one in asking.lines("rejects.jsonl") if one["detail"] == dropped]
    assert reject["reason"] == "question_answer: dropped_by_hand"
    assert sum(server.paid().values()) == 24
    books = overrides.parent.rename(asking.folder / "at-home")
    assert "up to date" in asking.run(), "where the books are not, what was dropped stays so"
    books.rename(overrides.parent)
    overrides.write_text("drop_examples: example-1\n")
    assert "drop_examples: write a list" in asking.run(code=2)


@pytest.mark.whole_runs
def test_too_many_failures_fail_the_stage_and_keep_what_came(tmp_path):
    with claude_server(tmp_path, faults=0.3, kinds="invalid_request") as server:
        asking = Asking(tmp_path, server.url)
        asking.write(passages_of("one.pdf", 40), synthesize__max_failed_share=0.05)
        said = asking.run(code=2)
        assert "requests failed" in said
        paid = sum(server.paid().values())
        assert 20 < paid < 40
        asking.write(passages_of("one.pdf", 40), synthesize__max_failed_share=0.6)
        asking.run()
        manifest = check_balance(asking, 40)
        assert manifest["requests"]["failed"] == 40 - paid
        assert sum(server.paid().values()) == paid
        failed = [one for one in asking.lines("rejects.jsonl") if ": failed: " in one["reason"]]
        assert {one["reason"] for one in failed} == {"question_answer: failed: http_400"}
        assert all(one["detail"] for one in failed), "what the server said of each"


@pytest.mark.whole_runs
def test_too_many_rejects_fail_the_stage_and_can_be_read(asking, server):
    asking.write(passages_of("one.pdf", 16), synthesize__max_rejected_share=0.1)
    values = yaml.safe_load(asking.recipe.read_text())
    values["synthesize"]["tasks"]["question_answer"] |= {"min_words": 100}
    asking.recipe.write_text(yaml.safe_dump(values))
    said = asking.run(code=2)
    assert "answer_too_short" in said
    assert len((asking.run_folder / "too-many-rejects.jsonl").read_text().splitlines()) == 32
    assert not (asking.run_folder / "03_synthesize").exists()


@pytest.mark.whole_runs
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_deadline_ends_a_stage_that_hangs(tmp_path, provider):
    with claude_server(tmp_path, latency_seconds=30, batch_seconds=60) as server:
        asking = Asking(tmp_path, server.url)
        settings = PROVIDERS[provider] | {"deadline_hours": 3 / 3600, "timeout_seconds": 1.0}
        asking.write(passages_of("one.pdf", 16), settings)
        began = time.monotonic()
        said = asking.run(code=2)
        assert "deadline_hours" in said
        assert time.monotonic() - began < 30


@pytest.mark.whole_runs
def test_replies_under_way_are_kept_when_a_person_stops_it(tmp_path):
    with claude_server(tmp_path, latency_seconds=1.5) as server:
        asking = Asking(tmp_path, server.url)
        asking.write(passages_of("one.pdf", 40))
        process = asking.start()
        while not server.log():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
        assert "stopped" in errors
        under_way = sum(server.paid().values())
        asking.run()
        check_balance(asking, 40)
        assert set(server.paid().values()) == {1}
        assert under_way <= CLAUDE["connections"]


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "wrong"}, "ANTHROPIC_API_KEY: the server refuses this key"),
        ({"key": ""}, "ANTHROPIC_API_KEY is not set"),
        ({"url": "nowhere"}, "ANTHROPIC_BASE_URL: 'nowhere' is no address"),
        ({"model": "claude-of-next-year"}, "prompts/prices.yaml has no price for claude-of-next-year"),
    ],
)
def test_what_a_person_has_wrong_is_one_line(asking, change, says):
    asking.url, asking.key = change.get("url", asking.url), change.get("key", asking.key)
    asking.write(passages_of("one.pdf", 16), CLAUDE | {k: v for k, v in change.items() if k == "model"})
    assert says in asking.run(code=2)


@pytest.mark.whole_runs
def test_a_server_that_is_not_there_ends_in_one_line(tmp_path):
    asking = Asking(tmp_path, "http://127.0.0.1:9")
    asking.write(passages_of("one.pdf", 16), CLAUDE | {"deadline_hours": 4 / 3600})
    said = asking.run(code=2)
    assert "deadline_hours" in said or "failed" in said
