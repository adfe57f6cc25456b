"""Going on from prompts: alone or in a batch, to a stop string, by chance from a seed."""

from __future__ import annotations

import pytest

from inkprint.records import Message

pytestmark = pytest.mark.training

ASKED = ("Tell me of the lantern.", "Tell me.", "What did the captain say of the ladder in winter?", "Why?")


@pytest.fixture(scope="module")
def speaker(base):
    """The tiny base as transformers loads it, in float32, and its chat."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from inkprint.chat import Chat
    from inkprint.recipe import Model

    settings = Model(base=str(base), revision=None, chat_template=None, thinking=False, reasoning_effort=None)
    return AutoModelForCausalLM.from_pretrained(base), Chat(AutoTokenizer.from_pretrained(base), settings)


def prompts_of(chat):
    return [chat.prompt([Message(role="user", content=asked)]) for asked in ASKED]


def written(speaker, prompts=None, tokens=40, temperature=0.0, seed=1, **options):
    """What is written of each prompt up to its end."""
    from inkprint.completion import complete

    model, chat = speaker
    made = complete(model, chat, prompts or prompts_of(chat), seed, tokens, temperature, **options)
    replies = [chat.reply(row, options.get("stop", ())) for row in made]
    return [row[: reply.tokens] for row, reply in zip(made, replies, strict=True)]


@pytest.mark.parametrize(
    "rules",
    [{}, {"repetition_penalty": 1.3, "no_repeat_ngram_tokens": 3, "stop": ["the "]}],
    ids=["plain", "ruled"],
)
def test_a_batch_is_answered_as_one_by_one(speaker, rules):
    together = written(speaker, **rules)
    alone = [written(speaker, [prompt], **rules)[0] for prompt in prompts_of(speaker[1])]
    assert together == alone
    assert len({tuple(row) for row in together}) > 1


def test_a_row_ends_at_its_stop_string_and_the_others_go_on(speaker):
    from inkprint.completion import complete

    model, chat = speaker
    prompts = prompts_of(chat)
    free = [chat.tokenizer.decode(row) for row in written(speaker)]
    stop = next(
        text[place : place + 4]
        for text in free
        for place in range(8, len(text) - 4)
        if 0 < sum(text[place : place + 4] in other for other in free) < len(free)
    )
    made = complete(model, chat, prompts, 1, 40, 0.0, stop=[stop])
    replies = [chat.reply(row, [stop]) for row in made]
    assert [reply.answer for reply in replies] == [text.strip().partition(stop)[0].strip() for text in free]
    pad = chat.tokenizer.pad_token_id
    for row, reply, text in zip(made, replies, free, strict=True):
        if stop in text.strip():
            assert reply.ended
            assert all(token == pad for token in row[reply.tokens :]), "it wrote on behind the stop string"
            assert stop not in chat.tokenizer.decode(row[: reply.tokens - 1])
        else:
            assert row[: reply.tokens] == written(speaker)[replies.index(reply)]


def test_a_stop_string_of_the_prompt_stops_nothing(speaker):
    assert written(speaker, stop=["captain say of", "</think>"]) == written(speaker)


def test_generation_ends_when_every_row_has_stopped(speaker):
    from inkprint.completion import complete

    model, chat = speaker
    made = complete(model, chat, prompts_of(chat), 1, 40, 0.0, stop=list("aeiou"))
    assert max(map(len, made)) < 40


def test_chance_comes_from_the_seed(speaker):
    first, again, other = (written(speaker, temperature=1.5, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_the_likeliest_token_alone_is_greedy(speaker):
    greedy = written(speaker)
    assert written(speaker, temperature=1.5, top_k=1) == greedy
    assert written(speaker, temperature=1.5, top_p=1e-9) == greedy
    assert written(speaker, temperature=1.5) != greedy


def test_rules_against_repetition_leave_chance_something_to_draw(speaker):
    """Were the one likeliest token forbidden after the others had been struck out, nothing would be left."""
    for row in written(speaker, temperature=1.5, top_k=1, no_repeat_ngram_tokens=1):
        assert len(set(row)) == len(row)


def test_the_prompts_words_may_be_said_again(speaker):
    """Neither rule counts them, though the first word of the answer stands in the prompt here."""
    _, chat = speaker
    prompts = prompts_of(chat)
    first = [row[:1] for row in written(speaker)]
    begun = [row + prompt for row, prompt in zip(first, prompts, strict=True)]
    for rule in ({"repetition_penalty": 1e6}, {"no_repeat_ngram_tokens": 1}):
        plain = written(speaker, begun, tokens=1)
        assert written(speaker, begun, tokens=1, **rule) == plain
    assert any(token in prompt for (token,), prompt in zip(plain, begun, strict=True)), "this can not fail"


def test_the_models_own_settings_do_not_count(speaker):
    """Makers ship a generation_config.json with theirs; what a recipe does not name must stay off."""
    model, _ = speaker
    greedy, drawn = written(speaker), written(speaker, temperature=1.5)
    before = model.generation_config
    model.generation_config = type(before)(
        do_sample=True, temperature=0.6, top_k=1, top_p=0.5, repetition_penalty=1.5, min_p=0.9
    )
    try:
        assert written(speaker) == greedy
        assert written(speaker, temperature=1.5) == drawn
    finally:
        model.generation_config = before
