"""The recipe loader refuses what is not exactly a recipe, in one line that says where and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, for_labels

from inkprint.errors import UserError
from inkprint.recipe import Evaluate, EvaluateLabels, Export, HubData, Recipe, Section
from inkprint.recipe_evaluate import Judge
from inkprint.recipe_file import check_recipe, load_recipe, override, recipe_names, sections_in
from inkprint.recipe_generate import Classify, Greedy, Sample
from inkprint.recipe_train import Full, Linear, Lora

SCHEMA = {
    "recipe",
    "recipe_train",
    "recipe_evaluate",
    "recipe_generate",
    "recipe_file",
    "recipe_values",
    "recipe_synthesize",
}
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))


def values():
    return yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())


def test_there_are_recipes():
    assert RECIPES
    assert [str(path.relative_to(ROOT)) for path in RECIPES] == recipe_names()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(ROOT / "recipes")))
def test_every_recipe_validates_and_says_how_to_run_it(path):
    load_recipe(path)
    text = path.read_text()
    command = "./run_all.sh" if path.name == "demo.yaml" else f"./run_all.sh {path.relative_to(ROOT)}"
    assert command in text, f"{path}: its header names no command"
    header = text.split("\nrun:")[0]
    for line in ("Makes", "Hardware", "Time", "Memory", "Command"):
        assert re.search(rf"^#   {line} +\S", header, re.MULTILINE), f"{path}: its header lacks {line}"


PROVIDERS = {
    "template": {"name": "template"},
    "anthropic": {
        "name": "anthropic", "model": "claude-haiku-5-5", "max_tokens": 900, "connections": 8,
        "timeout_seconds": 60.0, "deadline_hours": 2.0,
    },
    "anthropic_batch": {
        "name": "anthropic_batch", "model": "claude-haiku-5-5", "max_tokens": 900, "poll_seconds": 30.0,
        "timeout_seconds": 60.0, "deadline_hours": 30.0,
    },
    "local": {
        "name": "local",
        "model": {"base": "./models/small", "revision": None, "chat_template": None, "thinking": False,
                  "reasoning_effort": None},
        "four_bit": True, "max_tokens": 900, "batch_size": 8, "temperature": 0.0,
    },
}  # fmt: skip
CHECKED = {"share": 1.0, "prompt": "prompts/x.txt", "min_words": 20, "max_words": 200, "grounded_share": 0.5}
TASKS = {
    "passage_completion": {"share": 0.3, "prompt": "prompts/completion.txt"},
    "question_passage": {"share": 1.0, "prompt": "prompts/x.txt", "questions": 2},
    "question_answer": CHECKED | {"questions": 2, "copied_words": 8},
    "style_transfer": CHECKED | {"style": "prompts/y.txt"},
    "rows": {"share": 1.0, "prompts": "columns", "prompt": None},
    "classification": {"share": 1.0},
}


# What a recipe may leave out whole; the demo's has no export and no judge, and its data are no mapping.
ASIDE = {"data", "provider", "tasks", "export", "judge"}
SEVERAL = {"train": (Lora, Full, Linear), "generate": (Greedy, Sample, Classify),
           "evaluate": (Evaluate, EvaluateLabels), "evaluate.judge": (Judge,),
           "export": (Export,)}  # fmt: skip


def leaves(section: type[Section], prefix: str = ""):
    for name, field in section.model_fields.items():
        inner = [] if name in ASIDE else sections_in(field.annotation)
        if inner:
            yield from leaves(inner[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.mark.parametrize(
    "key",
    [
        *leaves(Recipe),
        *leaves(HubData, "extract.data."),
        *(key for name, kinds in SEVERAL.items() for kind in kinds for key in leaves(kind, f"{name}.")),
        *(f"provider.{key}" for provider in PROVIDERS.values() for key in provider),
        *(f"tasks.{name}.{key}" for name, task in TASKS.items() for key in task),
    ],
)
def test_every_key_is_read_by_code(key):
    code = [p for p in (ROOT / "scripts").rglob("*") if p.suffix in {".py", ".j2"} and p.stem not in SCHEMA]
    name = key.rpartition(".")[2]
    used = re.compile(rf"""\.{name}\b|["']{name}["']""")
    assert any(used.search(path.read_text()) for path in code), f"nothing reads {key}"


@pytest.mark.parametrize("key", list(leaves(Recipe)))
def test_every_key_must_be_there(key):
    recipe = values()
    *parents, name = key.split(".")
    section = recipe
    for parent in parents:
        section = section[parent]
    del section[name]
    with pytest.raises(UserError, match=re.escape(f"r.yaml: {key}: missing")):
        check_recipe(recipe, "r.yaml")


def with_synthesis(provider, task):
    """The demo's recipe with another writer and one task, on the data that it needs."""
    of_table = {"style_transfer": {"prompt": "q", "answer": "a"}, "rows": {"prompt": "q", "answer": "a"}}
    columns = of_table | {"classification": {"text": "t", "label": "l"}}
    recipe = table_values(columns=columns[task]) if task in columns else values()
    recipe["synthesize"]["provider"] = dict(PROVIDERS[provider])
    recipe["synthesize"]["tasks"] = {task: dict(TASKS[task])}
    if task == "classification":
        for_labels(recipe)
    return recipe


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("task", TASKS)
def test_every_provider_and_task_goes_together(provider, task):
    recipe = with_synthesis(provider, task)
    if provider == "template" and task in {"question_answer", "style_transfer"}:
        with pytest.raises(UserError, match=f"tasks.{task}: a model must write it"):
            check_recipe(recipe, "r.yaml")
    else:
        assert check_recipe(recipe, "r.yaml").synthesize.tasks.named().keys() == {task}


@pytest.mark.parametrize(
    ("provider", "key"),
    [(name, key) for name, settings in PROVIDERS.items() for key in settings if key != "name"],
)
def test_every_key_of_a_provider_must_be_there(provider, key):
    recipe = with_synthesis(provider, "question_passage")
    del recipe["synthesize"]["provider"][key]
    with pytest.raises(UserError, match=re.escape(f"r.yaml: synthesize.provider.{key}: missing")):
        check_recipe(recipe, "r.yaml")


@pytest.mark.parametrize(("task", "key"), [(name, key) for name, task in TASKS.items() for key in task])
def test_every_key_of_a_task_must_be_there(task, key):
    recipe = with_synthesis("anthropic", task)
    del recipe["synthesize"]["tasks"][task][key]
    with pytest.raises(UserError, match=re.escape(f"r.yaml: synthesize.tasks.{task}.{key}: missing")):
        check_recipe(recipe, "r.yaml")


def test_a_wrong_key_of_a_provider_or_task_names_its_neighbour():
    recipe = with_synthesis("anthropic", "question_answer")
    recipe["synthesize"]["provider"]["conections"] = 8
    with pytest.raises(
        UserError, match=r"synthesize\.provider\.conections: unknown key; did you mean connections"
    ):
        check_recipe(recipe, "r.yaml")
    recipe = with_synthesis("anthropic", "question_answer")
    recipe["synthesize"]["tasks"]["question_answer"]["question"] = 8
    with pytest.raises(UserError, match=r"question_answer\.question: unknown key; did you mean questions"):
        check_recipe(recipe, "r.yaml")


@pytest.mark.parametrize(
    ("task", "changes", "says"),
    [
        ("question_answer", {"min_words": 200}, "min_words must be less than max_words"),
        ("question_answer", {"grounded_share": 2}, "grounded_share: 2"),
        ("rows", {"prompts": "fixed"}, "rows.prompt: prompts: fixed needs a file"),
        ("rows", {"prompt": "prompts/x.txt"}, "write null"),
        (
            "rows",
            {"prompts": "generated", "prompt": "p.txt"},
            "tasks.rows: needs a text, and extract.columns",
        ),
    ],
)
def test_a_task_that_makes_no_sense(task, changes, says):
    recipe = with_synthesis("anthropic", task)
    recipe["synthesize"]["tasks"][task] |= changes
    with pytest.raises(UserError) as error:
        check_recipe(recipe, "r.yaml")
    assert says in str(error.value)


def test_tasks_that_do_not_fit_the_data_or_each_other():
    recipe = with_synthesis("anthropic", "classification")
    recipe["synthesize"]["tasks"]["question_passage"] = TASKS["question_passage"]
    with pytest.raises(UserError, match="goes with no other task"):
        check_recipe(recipe, "r.yaml")
    recipe = with_synthesis("anthropic", "question_passage")
    recipe["synthesize"]["tasks"] = {"style_transfer": TASKS["style_transfer"]}
    with pytest.raises(UserError, match="style_transfer: needs a prompt, and passages of documents"):
        check_recipe(recipe, "r.yaml")
    recipe = with_synthesis("anthropic", "question_passage")
    recipe["synthesize"]["tasks"] = {"rows": TASKS["rows"] | {"prompts": "fixed", "prompt": "p.txt"}}
    with pytest.raises(UserError, match="rows and classification are for tables"):
        check_recipe(recipe, "r.yaml")


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("train.rank=x", "train.rank: 'x'"),
        ("train.rank=0", "train.rank: 0"),
        ("train.rank=8.5", "train.rank: 8.5"),
        ("train.loss=answers", "'answer', 'all' or 'label'"),
        ("train.loss=label", "train.loss: label is for the task classification"),
        ("prepare.test=0.7", "prepare.test: 0.7"),
        ("prepare.test=0.2", "both shares or both lists"),
        ("prepare.passages.split_by=page", "'chapter' or 'document'"),
        ("prepare.near_duplicate=0", "prepare.near_duplicate: 0"),
        ("prepare.passages.filters.max_digit_share=2", "prepare.passages.filters.max_digit_share: 2"),
        ("prepare.passages.min_words=500", "min_words must not exceed words"),
        ("prepare.passages.overlap_words=60", "at most half"),
        ("model.base=Qwen/Qwen3-8B", "needs a revision"),
        ("model.revision=main", "model: a base model in a folder has no revision"),
        (
            "export={base: Qwen/Qwen3-8B, revision: null}",
            "export: a base model from the Hub needs a revision",
        ),
        ("train.method=lore", "train.method: 'lore': there are: 'qlora', 'lora', 'full', 'linear'"),
        ("train.method=full", "train.rank: unknown key"),
        ("generate.method=classify", "generate.max_new_tokens: unknown key"),
        ("evaluate.primary_metric=accuracy", "evaluate.keywords: unknown key"),
        ("model=null", "method qlora trains a model"),
        ("run=a/b", "run: 'a/b'"),
        ("synthesize.tasks.passage_completion.share=0", "synthesize.tasks.passage_completion.share: 0"),
        ("synthesize.provider.name=openai", "synthesize.provider"),
        ("max_dollars=-1", "max_dollars: -1"),
    ],
)
def test_a_wrong_value_is_named(assignment, says):
    recipe = values()
    override(recipe, assignment)
    with pytest.raises(UserError) as error:
        check_recipe(recipe, "r.yaml")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


TABLE = {"data": "data/reviews", "columns": {"text": "review", "label": "stars"}, "labels": None}
HUB = {"dataset": "stanfordnlp/imdb", "config": None, "revision": "e6281661", "split": "train"}


def table_values(**changes):
    recipe = values()
    recipe["extract"] |= TABLE | changes
    recipe["prepare"] |= {"validation": 0.1, "test": 0.2, "passages": None}
    prompts = "columns" if "prompt" in (recipe["extract"]["columns"] or {}) else "fixed"
    file = "prompts/x.txt" if prompts == "fixed" else None
    recipe["synthesize"]["tasks"] = {"rows": {"share": 1.0, "prompts": prompts, "prompt": file}}
    return recipe


@pytest.mark.parametrize(
    "extract",
    [
        {},
        {"data": HUB},
        {"data": HUB | {"dataset": "./data/imdb", "revision": None}},
        {"labels": ["good", "bad"]},
        {"columns": {"prompt": "instruction", "input": "input", "answer": "output", "system": "persona"}},
        {"columns": {"text": "<content>", "label": "<folder>", "group": "<file>"}},
    ],
)
def test_a_recipe_for_tables(extract):
    assert check_recipe(table_values(**extract), "r.yaml").extract.columns


@pytest.mark.parametrize(
    ("extract", "says"),
    [
        ({"columns": None}, "prepare.passages: documents are cut"),
        ({"columns": {}}, "extract.columns"),
        ({"columns": {"txt": "review"}}, "extract.columns.txt: 'txt': input should be 'text'"),
        ({"columns": {"label": "stars"}}, "map either text, or prompt and answer"),
        ({"columns": {"prompt": "q"}}, "prompt needs answer"),
        ({"columns": {"answer": "a"}}, "answer needs prompt"),
        ({"columns": {"text": "t", "input": "i"}}, "input needs prompt"),
        ({"columns": {"text": "t", "prompt": "p", "answer": "a"}}, "either text, or prompt"),
        ({"columns": {"text": "<contents>"}}, "there are: <content>, <folder>, <file>"),
        ({"columns": {"text": "t", "label": "<content>"}}, "only text can be that"),
        ({"columns": {"text": "t"}, "labels": ["a", "b"]}, "columns maps no label"),
        ({"columns": None, "labels": ["a", "b"]}, "rows need a mapping"),
        ({"columns": None, "data": HUB}, "rows need a mapping"),
        ({"data": HUB | {"revision": None}}, "extract.data: a data set from the Hub needs a revision"),
        ({"data": HUB | {"dataset": "./imdb"}}, "has no revision"),
        ({"data": HUB | {"splits": "train"}}, "extract.data.splits: unknown key; did you mean split?"),
        ({"data": {k: v for k, v in HUB.items() if k != "config"}}, "extract.data.config: missing"),
        ({"data": ["a.csv"]}, "extract.data"),
    ],
)
def test_a_recipe_for_tables_that_makes_no_sense(extract, says):
    with pytest.raises(UserError) as error:
        check_recipe(table_values(**extract), "r.yaml")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_are_not_cut_and_have_no_chapters():
    with pytest.raises(UserError, match=r"rows of a table are not cut: write null"):
        check_recipe(table_values() | {"prepare": values()["prepare"]}, "r.yaml")
    recipe = table_values()
    recipe["prepare"] |= {"validation": ["One"], "test": ["Two"]}
    with pytest.raises(UserError, match=r"rows have no chapters: write shares"):
        check_recipe(recipe, "r.yaml")


def test_a_number_that_yaml_reads_as_text_is_explained(tmp_path):
    text = (ROOT / "recipes" / "demo.yaml").read_text()
    (tmp_path / "r.yaml").write_text(re.sub("learning_rate: .*", "learning_rate: 2e-4", text))
    with pytest.raises(UserError, match=r"train\.learning_rate: '2e-4' is text to YAML.*2\.0e-04"):
        load_recipe(tmp_path / "r.yaml")


def test_an_unknown_key_names_its_neighbour():
    recipe = values()
    recipe["train"]["learning_rte"] = 1
    with pytest.raises(UserError, match=r"train\.learning_rte: unknown key; did you mean learning_rate\?"):
        check_recipe(recipe, "r.yaml")


def test_no_task_at_all_is_refused():
    recipe = values()
    recipe["synthesize"]["tasks"] = {"passage_completion": None, "question_passage": None}
    with pytest.raises(UserError, match="at least one"):
        check_recipe(recipe, "r.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("run: a\nrun: b\n", "key 'run' stands twice"),
        ("run: [a\n", "not readable as YAML"),
        ("- run\n", "mapping of sections"),
        ("", "mapping of sections"),
    ],
)
def test_a_file_that_is_no_recipe(tmp_path, text, says):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(says)):
        load_recipe(path)


def test_a_missing_recipe_lists_those_there_are():
    with pytest.raises(UserError, match=r"recipes/demo\.yaml"):
        load_recipe(Path("nowhere.yaml"))


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("train.learning_rate=1e-4", ("train", "learning_rate"), 1e-4),
        (
            "synthesize.tasks.question_passage.questions=3",
            ("synthesize", "tasks", "question_passage", "questions"),
            3,
        ),
        ("prepare.test=[One, Two]", ("prepare", "test"), ["One", "Two"]),
        ("report.note=null", ("report", "note"), None),
    ],
)
def test_set_reads_values_as_yaml(assignment, path, value):
    recipe = values()
    override(recipe, assignment)
    for part in path:
        recipe = recipe[part]
    assert recipe == value


@pytest.mark.parametrize("assignment", ["train.rnk=3", "rank=3", "train=3x", "train.rank"])
def test_set_refuses_a_key_that_is_not_there(assignment):
    recipe = values()
    with pytest.raises(UserError):
        override(recipe, assignment)
        check_recipe(recipe, "r.yaml")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(ROOT / "recipes")))
def test_every_key_of_a_recipe_carries_its_why_on_the_line(path):
    unquoted = re.sub(r'"[^"\n]*"', '""', path.read_text())  # a value may hold a # of its own
    bare = [line for line in unquoted.splitlines() if re.match(r" *\w+: [^#>]*$", line)]
    assert not bare


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(ROOT / "recipes")))
def test_every_file_that_a_recipe_names_is_there(path):
    named = re.findall(r"prompts/[\w./-]+", re.sub(r"#.*", "", path.read_text()))
    assert [name for name in named if not (ROOT / name).is_file()] == []


ALL_MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# base; rank, epochs, rows at once, accumulation, learning rate, warm-up, most tokens, optimizer, matrices
QWEN, EIGHT = "unsloth/Qwen3-14B-unsloth-bnb-4bit", "adamw_8bit"
ORIGINALS = {
    "peterson/gptoss-20b-completion": (
        "unsloth/gpt-oss-20b-unsloth-bnb-4bit", 16, 1, 1, 4, 2e-4, 10, 2048, EIGHT, ALL_MATRICES
    ),
    "peterson/qwen3-14b-completion": (QWEN, 16, 1, 2, 4, 2e-4, 10, 2048, EIGHT, ALL_MATRICES),
    "peterson/qwen3-14b-questions": (QWEN, 32, 3, 2, 4, 2e-4, 30, 2048, EIGHT, ALL_MATRICES),
    "peterson/qwen3-14b-questions-clean": (QWEN, 32, 3, 2, 4, 2e-4, 30, 2048, EIGHT, ALL_MATRICES),
    "peterson/qwen3-32b-questions": (
        "unsloth/Qwen3-32B-unsloth-bnb-4bit", 16, 3, 1, 8, 2e-4, 30, 1024, EIGHT, ALL_MATRICES
    ),
    "genz/tinyllama": ("unsloth/tinyllama", 16, 2, 2, 4, 1e-4, 10, 1024, EIGHT, ALL_MATRICES),
    "wednesday/llama2-7b": (
        "unsloth/llama-2-7b-bnb-4bit", 16, 3, 4, 4, 2e-4, 10, 512, "paged_adamw_8bit", ["q_proj", "v_proj"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ORIGINALS)
def test_an_original_has_its_authors_settings(name):
    recipe = load_recipe(ROOT / "recipes" / f"{name}.yaml")
    train = recipe.train
    assert isinstance(train, Lora)
    found = (
        recipe.model.base, train.rank, train.epochs, train.batch_size, train.accumulation_steps,
        train.learning_rate, train.warmup_steps, train.max_tokens, train.optimizer, train.target_modules,
    )  # fmt: skip
    assert found == ORIGINALS[name]
    assert (train.alpha, train.dropout, train.weight_decay, recipe.seed) == (train.rank, 0, 0.01, 42)
    assert (train.method, train.scheduler, recipe.model.thinking) == ("qlora", "cosine", False)
    if name.startswith("peterson/"):
        cut = recipe.prepare.passages
        assert (cut.words, cut.overlap_words, cut.min_words) == (350, 50, 100)
        said = recipe.generate
        assert (said.method, said.repetition_penalty, said.max_new_tokens) == ("greedy", 1.1, 300)
