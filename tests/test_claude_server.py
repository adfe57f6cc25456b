"""The server in Claude's place, met through the real client: answers, refusals, faults, batches, log."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from functools import cache
from typing import Literal

import httpx2
import pytest
from claude.answers import LINKS, Writer, make_answer
from claude.faults import HARMLESS, LASTING, SPOILT, TRANSPORT, Faults
from claude_server import claude_server
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from little import chapters
from pydantic import BaseModel, ValidationError

from inkprint.hashes import hash_json

LIST = ["lantern", "anchor", "ladder", "barrel", "candle", "chimney", "bucket", "compass"]
PASSAGES = [" ".join(sentences) for _, sentences in chapters()]


class Pair(BaseModel):
    """What stage 03 asks for: a question and its answer."""

    question: str
    answer: str


class Pairs(BaseModel):
    pairs: list[Pair]


@cache
def sdk():
    """Loaded where it is used, not by each process that collects tests: 4 s."""
    import anthropic

    return anthropic


@cache
def pairs_schema():
    return sdk().transform_schema(Pairs)


def body(text=PASSAGES[0], count=2, schema=pairs_schema, max_tokens=2000):
    schema = schema() if callable(schema) else schema
    content = f"Ask <count>{count}</count> questions about this.\n<passage>\n{text}\n</passage>"
    made = {
        "model": "claude-haiku-5-5",
        "max_tokens": max_tokens,
        "messages": [{"role": "user", "content": content}],
    }
    return made | ({"output_config": {"format": {"type": "json_schema", "schema": schema}}} if schema else {})


@cache
def transport():
    """One for all clients: each would set up TLS of its own, 40 ms."""
    return sdk().DefaultHttpxClient()


def client_of(server, key="test-key", **options):
    """A client that tries once and holds every reply against its own models."""
    return sdk().Anthropic(
        api_key=key,
        base_url=server.url,
        max_retries=0,
        http_client=transport(),
        _strict_response_validation=True,
        **options,
    )


def text_of(message):
    return next(block.text for block in message.content if block.type == "text")


def words_of(text):
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower())


def runs_of(text, length=5):
    words = words_of(text)
    return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server without faults."""
    with claude_server(tmp_path_factory.mktemp("claude"), batch_seconds=0.2) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return client_of(server)


@pytest.fixture
def faulty(tmp_path):
    """Starts servers on which all but every third request of a body meets one of these kinds."""
    with ExitStack() as running:

        def start(kinds, faults=1, folder="faulty", **options):
            (tmp_path / folder).mkdir()
            made = claude_server(
                tmp_path / folder, faults=faults, kinds=kinds, **{"batch_seconds": 0.1} | options
            )
            return running.enter_context(made)

        yield start


def results_of(client, requests):
    """Submit a batch, wait for its end, and give the results in their order."""
    batch = client.messages.batches.create(requests=requests)
    while batch.processing_status != "ended":
        time.sleep(0.02)
        batch = client.messages.batches.retrieve(batch.id)
    results = list(client.messages.batches.results(batch.id))
    # What is streamed the client does not validate by itself.
    read = sdk().types.messages.MessageBatchIndividualResponse.model_validate
    return batch, [read(result.to_dict()) for result in results]


def persist(call, lost=None):
    """What a call gives once it does not break off; the errors before go to `lost`."""
    for _ in range(9):
        try:
            return call()
        except (sdk().APIConnectionError, httpx2.RemoteProtocolError) as error:
            lost is None or lost.append(error)
    raise AssertionError(lost)


# Answers


def test_an_answer_fits_the_schema_and_has_as_many_items_as_asked_for(client):
    for count in (1, 2, 5):
        message = client.messages.create(**body(count=count))
        assert len(Pairs.model_validate_json(text_of(message)).pairs) == count
        assert message.stop_reason == "end_turn"


def test_the_client_parses_an_answer_by_itself(client):
    asked = body()
    del asked["output_config"]
    message = client.messages.parse(**asked, output_format=Pairs)
    assert len(message.parsed_output.pairs) == 2


def test_every_kind_of_schema_is_walked(client):
    class Row(BaseModel):
        kind: Literal["fact", "reason"]
        sure: bool
        score: float
        level: int
        near: Pair | None
        questions: list[str]

    asked = body(schema=sdk().transform_schema(Row))
    row = Row.model_validate_json(text_of(client.messages.create(**asked)))
    assert len(row.questions) == 2 and all(question.endswith("?") for question in row.questions)


def test_without_a_schema_the_answer_is_plain_text(client):
    text = text_of(client.messages.create(**body(schema=None)))
    assert 25 <= len(text.split()) <= 60 and text.endswith(".")


def test_a_rows_answer_is_what_a_question_is_made_of(client):
    asked = body(count=1)
    asked["messages"][0]["content"] = (
        "Between <answer> and </answer> stands an answer. Ask for it.\n"
        "<answer>Marzipan is ground almonds kneaded with sugar, rosewater, patience.</answer>"
    )
    (pair,) = Pairs.model_validate_json(text_of(client.messages.create(**asked))).pairs
    assert set(words_of(pair.question)) & {"marzipan", "ground", "almonds", "kneaded", "sugar", "rosewater"}
    assert "stands" not in words_of(pair.question)


def check_pairs(text, passage):
    pairs = Pairs.model_validate_json(text).pairs
    for pair in pairs:
        assert 6 <= len(pair.question.split()) <= 14 and pair.question.endswith("?")
        assert 25 <= len(pair.answer.split()) <= 60 and not re.search(r"\d", pair.answer)
        assert not runs_of(pair.answer) & runs_of(passage)
    assert len({pair.question for pair in pairs}) == len(pairs)


def test_questions_and_answers_are_made_of_the_passages_words(client):
    for passage in PASSAGES:
        text = text_of(client.messages.create(**body(passage)))
        check_pairs(text, passage)
        own = set(words_of(passage))
        for pair in Pairs.model_validate_json(text).pairs:
            assert len(own.intersection(words_of(pair.question))) >= 3
            assert sum(word in own for word in words_of(pair.answer)) >= 15


def test_a_run_of_the_passage_is_not_kept():
    """The links are in the text, so that the first draw is the same with and without the answer in it."""
    text = f"{PASSAGES[0]} {' '.join(LINKS)}"
    first = Writer(text, random.Random(1)).answer()
    second = Writer(f"{text} {first}", random.Random(1)).answer()
    assert not runs_of(second) & runs_of(first)


@settings(max_examples=30, deadline=None)
@given(st.text("ab wordswords éßİ漢字'’-7<>/.?!\n\u2028", min_size=1), st.integers(1, 4))
def test_any_text_has_an_answer(text, count):
    answer = make_answer(body(text, count), "ok", "digest", 0, "name", 4.0)
    check_pairs(answer.message["content"][0]["text"], text)


def test_the_same_body_has_the_same_answers_whatever_faults_came_between(client, faulty):
    server = faulty("server_error,empty,malformed")
    wanted = body(f"{PASSAGES[3]} Nobody else asks about this.")
    first, second = (text_of(client.messages.create(**wanted)) for _ in range(2))
    assert first != second
    had, spoilt = [], client_of(server)
    for _ in range(6):
        with suppress(sdk().InternalServerError):
            message = spoilt.messages.create(**wanted)
            had += [text_of(message)] if message.content and text_of(message)[0] == "{" else []
    assert had == [first, second]
    assert len(server.log()) == 6


def test_usage_is_a_quarter_of_the_characters(client):
    asked = body() | {"system": "You ask questions."}
    message = client.messages.create(**asked)
    characters = len(asked["messages"][0]["content"]) + len("You ask questions.")
    assert abs(message.usage.input_tokens - characters / 4) <= 1
    assert abs(message.usage.output_tokens - len(text_of(message)) / 4) <= 1


def test_max_tokens_of_the_request_cut_the_answer(client):
    message = client.messages.create(**body(max_tokens=20))
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens <= 20
    with pytest.raises(ValueError):
        json.loads(text_of(message))


# What is refused


@pytest.mark.parametrize("key", ["wrong", "test-key-2"])
def test_a_wrong_key_is_refused(server, key):
    with pytest.raises(sdk().AuthenticationError) as raised:
        client_of(server, key).messages.create(**body())
    assert raised.value.type == "authentication_error"


def test_the_key_counts_in_either_header(client, server):
    other = client_of(server, "wrong")
    assert other.messages.create(**body(), extra_headers={"x-api-key": "test-key"}).content
    with pytest.raises(sdk().AuthenticationError):
        client.messages.create(**body(), extra_headers={"x-api-key": "wrong"})


def test_unknown_paths_and_models_are_not_found(client):
    with pytest.raises(sdk().NotFoundError) as raised:
        client.messages.create(**body() | {"model": "no-such-model"})
    assert raised.value.type == "not_found_error" and "no-such-model" in raised.value.api_message
    with pytest.raises(sdk().NotFoundError):
        client.models.list()


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k", "tempo"])
def test_sampling_parameters_are_refused(client, name):
    with pytest.raises(sdk().BadRequestError, match=f"{name}: Extra inputs are not permitted"):
        client.messages.create(**body(), extra_body={name: 1})


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "object", "properties": {}}, "'additionalProperties' must be explicitly set to false"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 3}, "other than 0 or 1"),
        ({"type": "array", "items": {"type": "string", "maxLength": 9}}, "'maxLength' is not supported"),
        ({"$ref": "#/$defs/Lost"}, "is not defined"),
        ({"anyOf": [{"type": "date"}]}, "needs a known type"),
    ],
)
def test_a_schema_that_structured_outputs_do_not_take_is_refused(client, schema, message):
    with pytest.raises(sdk().BadRequestError, match=message):
        client.messages.create(**body(schema=schema))


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": []},
        {"messages": [{"role": "user", "content": "  "}]},
        {"messages": [{"role": "author", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]},
        {"max_tokens": 0},
        {"output_config": {"format": {"type": "json"}}},
    ],
)
def test_what_the_api_would_not_take_is_refused(client, changes):
    with pytest.raises(sdk().BadRequestError):
        client.messages.create(**body() | changes)


# Faults


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("rate_limit", "RateLimitError", 429),
        ("overloaded", "OverloadedError", 529),
        ("server_error", "InternalServerError", 500),
        ("invalid_request", "BadRequestError", 400),
        ("timeout", "APITimeoutError", None),
        ("dropped", "APIConnectionError", None),
        ("truncated", "APIConnectionError", None),
    ],
)
def test_a_fault_raises_what_the_real_one_raises(faulty, kind, error, status):
    server = faulty(kind)
    with pytest.raises(getattr(sdk(), error)) as raised:
        client_of(server, timeout=0.3 if kind == "timeout" else 60).messages.create(**body())
    assert getattr(raised.value, "status_code", None) == status
    assert kind == "timeout" or not isinstance(raised.value, sdk().APITimeoutError)
    (line,) = server.log()
    # What was on its way when the connection broke is paid for.
    assert line["kind"] == kind and line["answered"] is (kind == "truncated")


def test_a_rate_limit_says_how_long_to_wait_or_does_not(faulty):
    server = faulty("rate_limit", retry_after="0.05,2,none")
    client, said = client_of(server), []
    for passage in PASSAGES:
        with pytest.raises(sdk().RateLimitError) as raised:
            client.messages.create(**body(passage))
        said.append(raised.value.response.headers.get("retry-after"))
    assert set(said) == {"0.05", "2", None}
    assert [line["retry_after"] for line in server.log()] == said


def test_answers_of_no_use_come_with_status_200(faulty):
    texts = {}
    for kind in ("malformed", "off_schema", "empty", "max_tokens"):
        message = client_of(faulty(kind, folder=kind)).messages.create(**body())
        assert message.stop_reason == ("max_tokens" if kind == "max_tokens" else "end_turn")
        texts[kind] = text_of(message) if message.content else None
    assert texts["empty"] is None
    json.loads(texts["off_schema"])
    for kind, error in (
        ("malformed", "json_invalid"),
        ("max_tokens", "json_invalid"),
        ("off_schema", "missing|_type"),
    ):
        with pytest.raises(ValidationError) as raised:
            Pairs.model_validate_json(texts[kind])
        assert re.search(error, raised.value.errors()[0]["type"])


def test_a_refusal_before_any_output_costs_nothing(faulty):
    server = faulty("refusal")
    client = client_of(server)
    messages = [client.messages.create(**body(passage)) for passage in PASSAGES]
    assert {message.stop_reason for message in messages} == {"refusal"}
    assert messages[0].stop_details.type == "refusal"
    said = [bool(message.content) for message in messages]
    assert set(said) == {True, False}
    assert [line["answered"] for line in server.log()] == said
    assert [bool(message.usage.output_tokens) for message in messages] == said


def test_an_answer_can_stand_behind_a_thinking_block(faulty):
    message = client_of(faulty("thinking_first")).messages.create(**body())
    assert [block.type for block in message.content] == ["thinking", "text"]
    check_pairs(text_of(message), PASSAGES[0])


def test_faults_that_pass_come_at_most_twice_in_a_row():
    faults = Faults(1.0, (*TRANSPORT, *SPOILT), 1)
    for key in range(200):
        kinds = [faults.of(str(key), came, (*TRANSPORT, *SPOILT)) for came in range(9)]
        assert [kind == "ok" for kind in kinds] == [False, False, True] * 3


def test_lasting_faults_last():
    faults = Faults(0.5, (*TRANSPORT, *LASTING), 1)
    lasting = 0
    for key in range(300):
        kinds = [faults.of(str(key), came, (*TRANSPORT, *LASTING)) for came in range(9)]
        rest = {kind for kind in kinds if kind not in TRANSPORT}
        assert len(rest) == 1
        lasting += rest < set(LASTING)
    assert 0.5 * 3 / 9 * 300 * 0.6 < lasting < 0.5 * 3 / 9 * 300 * 1.4


def test_the_share_of_faults_is_what_was_asked_for():
    kinds = (*TRANSPORT, *SPOILT, *HARMLESS)
    for share in (0.0, 0.2):
        faults = Faults(share, kinds, 1)
        had = Counter(faults.of(str(key), 0, kinds) for key in range(5000))
        assert 1 - had["ok"] / 5000 == pytest.approx(share, abs=0.02)
        assert share == 0.0 or set(had) == {"ok", *kinds}


def test_the_seed_says_which_requests_are_spoilt(faulty):
    kinds = {}
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        server = faulty("overloaded", faults=0.5, seed=seed, folder=name)
        client = client_of(server)
        for passage in PASSAGES:
            with suppress(sdk().OverloadedError):
                client.messages.create(**body(passage))
        kinds[name] = [line["kind"] for line in server.log()]
    assert kinds["first"] == kinds["again"] != kinds["other"]


def test_answers_take_the_latency_some_more_some_less(faulty):
    server = faulty("empty", faults=0, latency_seconds=0.05)
    client, seconds = client_of(server), []
    for passage in PASSAGES:
        begin = time.perf_counter()
        client.messages.create(**body(passage))
        seconds.append(time.perf_counter() - begin)
    assert 0.025 < min(seconds) < max(seconds) - 0.01


# Batches


def test_results_match_by_custom_id_and_not_by_order(client, server):
    asked = {f"row-{n}": body(f"The {word} is red.", count=1) for n, word in enumerate(LIST)}
    batch, results = results_of(client, [{"custom_id": k, "params": v} for k, v in asked.items()])
    assert batch.request_counts.succeeded == len(LIST) and batch.request_counts.processing == 0
    assert batch.results_url == f"{server.url}/v1/messages/batches/{batch.id}/results"
    order = [result.custom_id for result in results]
    assert order != list(asked) and sorted(order) == sorted(asked)
    for result in results:
        word = LIST[int(result.custom_id.removeprefix("row-"))]
        check_pairs(text_of(result.result.message), f"The {word} is red.")
        assert word in text_of(result.result.message)
        assert result.result.message.usage.service_tier == "batch"


def test_a_batch_is_in_progress_until_its_seconds_are_over(faulty):
    client = client_of(faulty("empty", faults=0, batch_seconds=60))
    batch = client.messages.batches.create(requests=[{"custom_id": "one", "params": body()}])
    assert batch.processing_status == "in_progress" and batch.request_counts.processing == 1
    assert batch.results_url is None and batch.ended_at is None
    with pytest.raises(sdk().AnthropicError, match="in_progress"):
        client.messages.batches.results(batch.id)


def test_requests_of_a_batch_expire_and_fail_each_by_itself(faulty):
    client = client_of(faulty("expired,errored,invalid_request,refusal"))
    _, results = results_of(client, [{"custom_id": f"{n}", "params": body(f"Lamp {n}.")} for n in range(80)])
    ends = Counter(result.result.type for result in results)
    assert set(ends) == {"expired", "errored", "succeeded"}
    errors = {result.result.error.error.type for result in results if result.result.type == "errored"}
    assert errors == {"api_error", "overloaded_error", "invalid_request_error"}
    stops = {result.result.message.stop_reason for result in results if result.result.type == "succeeded"}
    assert "refusal" in stops


def test_parameters_of_a_batch_are_refused_each_by_itself(client):
    requests = [
        {"custom_id": "warm", "params": body() | {"temperature": 1}},
        {"custom_id": "lost", "params": body() | {"model": "no-such-model"}},
        {"custom_id": "good", "params": body()},
    ]
    _, results = results_of(client, requests)
    by_id = {result.custom_id: result.result for result in results}
    assert by_id["good"].type == "succeeded"
    assert by_id["warm"].error.error.type == "invalid_request_error"
    assert by_id["lost"].error.error.type == "not_found_error"


@pytest.mark.parametrize("ids", [["a b"], ["x" * 65], [""], ["a", "a"], [], range(10_001)])
def test_a_batch_with_wrong_ids_or_too_many_is_refused(client, ids):
    params = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
    with pytest.raises(sdk().BadRequestError):
        client.messages.batches.create(requests=[{"custom_id": str(n), "params": params} for n in ids])


def test_batches_are_listed_page_by_page_newest_first(tmp_path):
    with claude_server(tmp_path) as server:
        client = client_of(server)
        made = [
            client.messages.batches.create(requests=[{"custom_id": "one", "params": body()}]).id
            for _ in range(5)
        ]
        assert [batch.id for batch in client.messages.batches.list(limit=2)] == made[::-1]
        page = client.messages.batches.list(limit=2, before_id=made[1])
        assert [batch.id for batch in page.data] == [made[3], made[2]] and page.has_more
        with pytest.raises(sdk().NotFoundError):
            client.messages.batches.list(after_id="msgbatch_none")


def test_a_canceled_batch_ends_soon_and_is_not_paid_for(tmp_path):
    with claude_server(tmp_path, batch_seconds=2) as server:
        client = client_of(server)
        batch = client.messages.batches.create(
            requests=[{"custom_id": f"{n}", "params": body(f"Lamp {n}.")} for n in range(200)]
        )
        assert client.messages.batches.cancel(batch.id).processing_status == "canceling"
        time.sleep(0.25)
        batch = client.messages.batches.retrieve(batch.id)
        counts = batch.request_counts
        assert batch.processing_status == "ended" and counts.canceled > 100
        assert sum(server.paid().values()) == counts.succeeded == 200 - counts.canceled


def test_a_batch_whose_reply_was_cut_is_there_all_the_same(faulty):
    server = faulty("truncated")
    client = client_of(server)
    with pytest.raises(sdk().APIConnectionError):
        client.messages.batches.create(requests=[{"custom_id": "one", "params": body()}])
    assert sum(server.paid().values()) == 1
    for _ in range(2):
        with pytest.raises(sdk().APIConnectionError):
            client.messages.batches.list()
    (batch,) = client.messages.batches.list()
    assert batch.request_counts.processing + batch.request_counts.succeeded == 1


def test_results_that_are_cut_raise_while_they_are_read(faulty):
    client = client_of(faulty("truncated"))
    requests = [{"custom_id": f"{n}", "params": body(f"Lamp {n}.")} for n in range(4)]
    with pytest.raises(sdk().APIConnectionError):
        client.messages.batches.create(requests=requests)
    (batch,) = persist(lambda: list(client.messages.batches.list()))
    persist(lambda: client.messages.batches.retrieve(batch.id))
    time.sleep(0.15)
    lost = []
    results = persist(lambda: list(client.messages.batches.results(batch.id)), lost)
    assert len(results) == 4
    # The first is raised by the call; once the client streams, it is the transport that raises.
    assert {type(error) for error in lost} == {sdk().APIConnectionError, httpx2.RemoteProtocolError}


def test_batch_endpoints_have_the_faults_of_transport(faulty):
    client = client_of(faulty("rate_limit,overloaded,server_error,dropped"))
    raised = Counter()
    for limit in range(1, 31):
        try:
            client.messages.batches.list(limit=limit)
        except sdk().APIError as error:
            raised[type(error)] += 1
    assert {
        sdk().RateLimitError,
        sdk().OverloadedError,
        sdk().InternalServerError,
        sdk().APIConnectionError,
    } == set(raised)


# The log


def test_the_log_says_what_came_what_it_got_and_what_is_paid(tmp_path):
    with claude_server(tmp_path, batch_seconds=0) as server:
        client, wanted = client_of(server), body()
        message = client.messages.create(**wanted)
        with pytest.raises(sdk().BadRequestError):
            client.messages.create(**wanted, extra_body={"temperature": 1})
        _, results = results_of(client, [{"custom_id": "one", "params": wanted}])
        lines = server.log()
        assert [(line["endpoint"], line["kind"], line["answered"]) for line in lines] == [
            ("POST /v1/messages", "ok", True),
            ("POST /v1/messages", "invalid_request_error", False),
            ("batch request", "ok", True),
            ("POST /v1/messages/batches", "ok", False),
            ("GET /v1/messages/batches/{id}", "ok", False),
            ("GET /v1/messages/batches/{id}/results", "ok", False),
        ]
        # The single request and the batch's have one body, hashed as the project hashes.
        assert lines[0]["body"] == lines[2]["body"] == hash_json(wanted) != lines[1]["body"]
        assert lines[2]["custom_id"] == "one" and lines[2]["batch"].startswith("msgbatch_")
        for line, usage in ((lines[0], message.usage), (lines[2], results[0].result.message.usage)):
            assert (line["input_tokens"], line["output_tokens"]) == (usage.input_tokens, usage.output_tokens)
        assert server.paid() == {hash_json(wanted): 2}
        assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
        with server.log_path.open("a") as log:
            log.write('{"time"')
        assert server.log() == lines


def test_the_server_outlives_a_client_that_is_cut_off(server, client):
    host, port = server.url.removeprefix("http://").split(":")
    for sent in (b"", b"POST /v1/mess", b"POST /v1/messages HTTP/1.1\r\ncontent-length: 99\r\n\r\n{"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(sent)
    assert client.messages.create(**body()).content


def test_the_server_ends_when_the_test_that_started_it_is_killed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from claude_server import claude_server\n"
        f"with claude_server(Path({str(tmp_path)!r})) as server:\n"
        "    print(server.url, flush=True); time.sleep(60)"
    )
    test = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
    )
    host, port = test.stdout.readline().strip().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        test.kill()
        connection.settimeout(10)
        assert connection.recv(1) == b""
    test.communicate()


def test_a_server_that_breaks_fails_the_test_that_uses_it(tmp_path):
    with pytest.raises(AssertionError, match="Traceback"), claude_server(tmp_path) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"no HTTP at all\r\n\r\n")
            connection.recv(1)
    with pytest.raises(AssertionError, match="no kind tired"), claude_server(tmp_path, kinds="tired"):
        pass
