"""Who answers what: rows of a table, a model trained whole, the base that is shown some of train."""

from __future__ import annotations

import json
import shutil
from collections import Counter

import pytest
import yaml
from conftest import ROOT
from made_up import make_passage

from inkprint.jsonl import write_records
from inkprint.records import Example, Message, content_id

pytestmark = pytest.mark.training

THINGS = ("lantern", "anchor", "ladder", "barrel", "candle", "chimney", "bucket", "compass")


def read(path):
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def examples_of_rows(count=24):
    """Chats as 03 makes them of a table: two thirds of them train."""
    made = []
    for number in range(count):
        thing, other = THINGS[number % 8], THINGS[(3 * number + 1) % 8]
        source = content_id("row", number)
        made.append(
            Example(
                id=content_id("example", source),
                source_id=source,
                task="rows",
                split="train" if number % 3 else "test",
                prompt=[Message(role="user", content=f"What of the {thing} and row {number}?")],
                completion=[
                    Message(role="assistant", content=f"The {thing} is dry. The {other} is not {number}.")
                ],
                provider="template",
            )
        )
    return made


@pytest.fixture
def of_rows(trained):
    """A workshop with a table's examples and an adapter; method lora: the base is in its own precision."""
    shutil.rmtree(trained.run_folder / "02_prepare")
    write_records(trained.output("03_synthesize/examples.jsonl"), examples_of_rows())
    values = trained.values()
    values["extract"] |= {"columns": {"prompt": "q", "answer": "a"}}
    values["prepare"] = {"validation": 0.1, "test": 0.2, "near_duplicate": None, "passages": None}
    values["synthesize"]["tasks"] = {"rows": {"share": 1.0, "prompts": "columns", "prompt": None}}
    values["train"]["method"] = "lora"
    values["generate"] |= {"prompts": 5, "prompted_passages": 2}
    trained.recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    return trained


def plain_log_likelihood(model, chat, example):
    """Nats of the answer's tokens given the prompt, by transformers' own loss over one text."""
    import torch

    tokens, _ = chat.weighed(example.prompt, example.completion)
    ids = torch.tensor([tokens.prompt + tokens.answer])
    labels = torch.tensor([[-100] * len(tokens.prompt) + tokens.answer])
    with torch.inference_mode():
        return -float(model(input_ids=ids, labels=labels).loss) * len(tokens.answer)


def check_likelihoods(shop, folder_of):
    """Every test row weighed once a variant, as a plain computation in float32 weighs it."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from inkprint.chat import Chat
    from inkprint.recipe import Model

    base = shop.values()["model"]["base"]
    chat = Chat(AutoTokenizer.from_pretrained(base), Model.model_validate(shop.values()["model"]))
    weighed = {(w["source_id"], w["variant"]): w for w in read(shop.output("05_generate/likelihoods.jsonl"))}
    test = [example for example in examples_of_rows() if example.split == "test"]
    assert len(weighed) == 2 * len(test)
    for variant, folder in folder_of.items():
        model = AutoModelForCausalLM.from_pretrained(folder)
        for example in test:
            ours = weighed[example.source_id, variant]
            plain = plain_log_likelihood(model, chat, example)
            assert ours["log_likelihood"] == pytest.approx(plain, abs=1e-4 * ours["tokens"])
            assert ours["bytes"] == len(example.completion[0].content.encode())


def test_rows_are_answered_and_their_answers_weighed(of_rows):
    of_rows.stage("generate", warm=True)
    check_likelihoods(of_rows, {"base": of_rows.values()["model"]["base"]})
    answers = read(of_rows.output("05_generate/answers.jsonl"))
    assert Counter(a["variant"] for a in answers) == {"base": 5, "prompted": 5, "tuned": 5}
    test = {example.id: example for example in examples_of_rows() if example.split == "test"}
    for answer in answers:
        assert answer["source_id"] == test[answer["example_id"]].source_id
    shown = json.loads(of_rows.output("05_generate/manifest.json").read_text())["prompted"]
    train = {example.source_id for example in examples_of_rows() if example.split == "train"}
    assert len(shown["shown"]) == 2 and set(shown["shown"]) <= train
    assert shown["prompts"] == {"2": 5}
    alone = json.loads(of_rows.output("05_generate/manifest.json").read_text())["alone"]
    assert alone["first_divergence"] is None and alone["nats_a_token"] < 1e-5, "on a CPU it is in float32"


def test_of_a_full_training_base_and_tuned_are_two_models(of_rows):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = of_rows.values()["model"]["base"]
    model = AutoModelForCausalLM.from_pretrained(base)
    torch.manual_seed(0)
    for parameter in model.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    folder = of_rows.output("04_train/model")
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    shutil.rmtree(of_rows.output("04_train/adapter"))
    values = of_rows.values()
    values["train"] = {
        key: value
        for key, value in values["train"].items()
        if key not in ("rank", "alpha", "dropout", "target_modules")
    } | {"method": "full"}
    of_rows.recipe.write_text(yaml.safe_dump(values, sort_keys=False))
    of_rows.stage("generate", warm=True)
    check_likelihoods(of_rows, {"base": base, "tuned": folder})
    answers = read(of_rows.output("05_generate/answers.jsonl"))
    said = {v: [a["answer"] for a in answers if a["variant"] == v] for v in ("base", "prompted", "tuned")}
    assert len({tuple(texts) for texts in said.values()}) == 3


# -- the base that is shown some of train ---------------------------------------------------------


def shown_chat(base, template=None):
    from transformers import AutoTokenizer

    from inkprint.chat import Chat
    from inkprint.recipe import Model

    tokenizer = AutoTokenizer.from_pretrained(base)
    if template:
        tokenizer.chat_template = template
    settings = Model(base=str(base), revision=None, chat_template=None, thinking=False, reasoning_effort=None)
    return Chat(tokenizer, settings)


def variant_of(chat, train, count, positions, seed=42):
    from inkprint.generate.prompted import make_prompted, prompt_names
    from inkprint.recipe import prompt_files
    from inkprint.recipe_file import check_recipe

    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    values["seed"] = seed
    values["generate"] |= {"prompted_passages": count, "max_new_tokens": 20}
    recipe = check_recipe(values, "r.yaml")
    return make_prompted(recipe, prompt_files(*prompt_names(recipe)), chat, train, positions)


def passages(*words):
    return [
        make_passage(f"{number} " + "lamp " * count, chapter=str(number))
        for number, count in enumerate(words)
    ]


QUESTION = next(example for example in examples_of_rows() if example.split == "test")


def test_the_author_and_passages_stand_in_the_system_message(base):
    variant = variant_of(shown_chat(base), passages(30, 30, 30, 30), 3, 4000)
    system, asked = variant.messages(QUESTION, 3)
    assert (system.role, asked) == ("system", QUESTION.prompt[0])
    assert "Oona Brack" in system.content
    assert len(variant.shown) == 3
    places = [system.content.index(one.text) for one in variant.shown]
    assert places == sorted(places)
    assert "{" not in system.content
    ids = variant.prompt(QUESTION)
    assert variant.chat.tokenizer.decode(ids).count("lamp") == 90
    assert variant.facts()["prompts"] == {"3": 1}


def test_the_same_seed_shows_the_same_whatever_the_order(base):
    train, chat = passages(*[20] * 30), shown_chat(base)
    shown = [one.source_id for one in variant_of(chat, train, 3, 4000).shown]
    assert [one.source_id for one in variant_of(chat, train[::-1], 3, 4000).shown] == shown
    assert [one.source_id for one in variant_of(chat, train, 3, 4000, seed=7).shown] != shown


def test_passages_take_no_more_than_half_of_the_model(base):
    chat = shown_chat(base)
    long, short = (len(chat.ids(one.text)) for one in passages(60, 10))
    assert 200 // 3 < long <= 200
    assert [one.tokens for one in variant_of(chat, passages(60, 60, 60), 3, 400).shown] == [long]
    assert (
        sorted(one.tokens for one in variant_of(chat, passages(60, 10, 10, 10), 3, 400).shown) == [short] * 3
    )
    assert variant_of(chat, passages(60), 3, long).shown == []


def test_a_long_question_is_shown_fewer(base):
    chat = shown_chat(base)
    variant = variant_of(chat, passages(20, 20, 20), 3, 512)
    full = len(variant.prompt(QUESTION))
    words = (512 - 20 - full) // len(chat.ids(" lamp")) + 8
    long = QUESTION.model_copy(update={"prompt": [Message(role="user", content="lamp " * words)]})
    ids = variant.prompt(long)
    assert len(ids) <= 512 - 20
    assert set(variant.facts()["prompts"]) == {"3", "2"}
    assert "2 to 1 prompts" in variant.summary() and "3 were wanted" in variant.summary()


def test_a_template_without_system_messages_has_it_in_the_question(base):
    template = (
        "{% for m in messages if m.role != 'system' %}"
        "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{{ '<|im_start|>assistant\n' if add_generation_prompt }}"
    )
    variant = variant_of(shown_chat(base, template), passages(30, 30), 2, 4000)
    (asked,) = variant.messages(QUESTION, 2)
    assert asked.content.endswith(QUESTION.prompt[0].content)
    assert variant.chat.tokenizer.decode(variant.prompt(QUESTION)).count("lamp") == 60


def test_rows_are_shown_as_turns_and_their_own_system_message_stays(base):
    train = [example for example in examples_of_rows() if example.split == "train"]
    variant = variant_of(shown_chat(base), train, 2, 4000)
    messages = variant.messages(QUESTION, 2)
    assert [message.role for message in messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert "Oona Brack" in messages[0].content
    assert messages[-1] == QUESTION.prompt[-1]
    texts = {(e.prompt[0].content, e.completion[0].content) for e in train}
    assert {(messages[n].content, messages[n + 1].content) for n in (1, 3)} < texts
    own = Message(role="system", content="You are a lamp.")
    named = QUESTION.model_copy(update={"prompt": [own, *QUESTION.prompt]})
    assert variant.messages(named, 2)[0] == own


def test_a_prompt_that_has_no_room_even_so_is_rejected(base):
    from inkprint.generate.prompts import fitting

    chat = shown_chat(base)
    variant = variant_of(chat, passages(20), 1, 512)
    bare, shortest = len(chat.prompt(QUESTION.prompt)), variant.shortest(QUESTION)
    assert bare < shortest
    assert fitting([QUESTION], variant.shortest, 20, shortest + 20) == ([QUESTION], [])
    none, (reject,) = fitting([QUESTION], variant.shortest, 20, shortest + 19)
    assert none == []
    assert reject.source_id == QUESTION.id
    assert reject.reason == "too long"
    assert reject.detail == f"{shortest} tokens and 20 new ones, the model has {shortest + 19}"


# -- the base that is secretly something else -----------------------------------------------------


def test_with_its_adapter_off_a_model_is_the_untouched_base(base):
    """Logits, to the last bit; and what has the adapter in it is told from that by the check of every run."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from inkprint.generate.speakers import check_untouched, mean_log_likelihood

    ids = shown_chat(base).ids("The lantern stood by the door and nobody asked why.")
    model = AutoModelForCausalLM.from_pretrained(base)

    def logits(speaker):
        with torch.inference_mode():
            return speaker(input_ids=torch.tensor([ids])).logits

    before, untouched = logits(model), mean_log_likelihood(model, ids)
    torch.manual_seed(0)
    model = get_peft_model(
        model, LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    )
    tuned = mean_log_likelihood(model, ids)
    assert not torch.equal(logits(model), before)
    with model.disable_adapter():
        assert torch.equal(logits(model), before)
        check_untouched(untouched, mean_log_likelihood(model, ids))
    with pytest.raises(AssertionError, match="with the adapter off the model is not the base"):
        check_untouched(untouched, tuned)


# -- together and alone ---------------------------------------------------------------------------


@pytest.fixture
def together(base):
    """A model in float32, its chat, prompts of many lengths in one batch, and texts to weigh."""
    from transformers import AutoModelForCausalLM

    from inkprint.generate.likelihoods import of_examples
    from inkprint.generate.prompts import make_batches

    chat = shown_chat(base)
    examples = examples_of_rows(8)
    long = Message(role="user", content="What did the captain say of the ladder in winter? " * 4)
    examples[0] = examples[0].model_copy(update={"prompt": [long]})
    batches = make_batches(examples, lambda example: chat.prompt(example.prompt), 8)
    return AutoModelForCausalLM.from_pretrained(base), chat, batches, of_examples(examples, chat)


def test_in_float32_it_does_not_matter_who_else_is_in_the_batch(together):
    from inkprint.generate.alone import compare_alone, told

    facts = compare_alone(*together, 512, 40)
    assert facts == {
        "nats_a_token": pytest.approx(0, abs=1e-5),
        "prompts": 8,
        "tokens": 32,
        "first_divergence": None,
    }
    assert told(facts) == ""


def test_a_kill_while_texts_are_weighed_costs_one_batch(together, tmp_path, monkeypatch):
    """What was weighed is kept batch by batch, and adds up to what one pass over all of them says."""
    from inkprint.generate import likelihoods

    model, chat, _, texts = together
    monkeypatch.setattr(likelihoods, "TOKENS_A_BATCH", 64)
    monkeypatch.setattr(likelihoods, "WINDOW_TOKENS", 24)  # so that a text is cut into several
    jobs = likelihoods.weigh_jobs(tmp_path, chat, texts, "base", 512)
    assert len(jobs) > 3
    seen, score = [], likelihoods.score_batch

    def killed_at_third(model, batch, pad):
        seen.append(batch)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return score(model, batch, pad)

    monkeypatch.setattr(likelihoods, "score_batch", killed_at_third)
    with pytest.raises(KeyboardInterrupt):
        for job in jobs:
            job.do(model)
    for job in jobs:
        job.do(model)
    assert len(seen) == len(jobs) + 1, "what was weighed before the kill was weighed again"
    scored = [one for job in jobs for one in job.records(likelihoods.Scored)]
    assert likelihoods.add_up(texts, scored, "base") == likelihoods.weigh(model, chat, texts, "base", 512)


def test_in_16_bits_likelihoods_stay_within_a_hair(together):
    import torch

    from inkprint.generate.alone import NATS_A_TOKEN, compare_alone, told

    model, *rest = together
    facts = compare_alone(model.to(torch.bfloat16), *rest, 512, 40)
    assert facts["nats_a_token"] < NATS_A_TOKEN
    assert "WARNING" not in told(facts)


def test_in_4_bits_likelihoods_stay_within_a_hair(together, base):
    """As 05 loads the base of a qlora run."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    from inkprint.generate.alone import NATS_A_TOKEN, compare_alone, told

    four_bit = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
    model = AutoModelForCausalLM.from_pretrained(
        base, quantization_config=four_bit, dtype=torch.bfloat16, device_map={"": "cpu"}
    )
    assert any(weight.dtype == torch.uint8 for weight in model.parameters()), "nothing is in 4 bits"
    facts = compare_alone(model, *together[1:], 512, 40)
    assert facts["nats_a_token"] < NATS_A_TOKEN
    assert "WARNING" not in told(facts)


def test_a_model_that_reads_its_padding_is_found_out(together, monkeypatch):
    """Positions that count the padding, and a mask that does not hide it."""
    from inkprint.generate.alone import compare_alone, told

    model, *rest = together
    forward = type(model).forward

    def without_mask(self, *arguments, attention_mask=None, position_ids=None, **options):
        return forward(self, *arguments, **options)

    monkeypatch.setattr(type(model), "forward", without_mask)
    facts = compare_alone(model, *rest, 512, 40)
    assert facts["first_divergence"] is not None
    assert f"alone at token {facts['first_divergence']}" in told(facts)
    assert "WARNING" in told({"nats_a_token": 0.02})
