"""A tiny model of random weights in a base's own architecture, with its tokenizer or a stand-in of that."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.doctor.needs import parameters
from inkprint.errors import UserError
from inkprint.models import DEMO_BASE
from inkprint.recipe_values import ROOT, Model
from inkprint.rehearse.families import Family, family_of
from inkprint.rehearse.hub import SMALL_FILES, small_files

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Small enough for a second a step on a busy core, large enough for 4 bits, whose blocks are 64 numbers.
SIZES = {
    "hidden_size": 64, "intermediate_size": 128, "moe_intermediate_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "num_experts": 4,
    "num_local_experts": 4, "num_experts_per_tok": 2, "n_embd": 64, "n_layer": 2, "n_head": 4,
}  # fmt: skip
TINY = 20e6  # parameters: a model in a folder that has no more is taken as it is
VOCABULARY = 8192  # of a tokenizer made here, which then needs as many tokens a word as a real one does


@dataclass(frozen=True)
class Base:
    """Where the base's configuration, tokenizer and chat template come from."""

    files: Path | None  # the folder that has them; None: by name
    as_it_is: bool  # the folder's own weights, too
    family: Family | None

    @property
    def real(self) -> bool:
        """Whether tokens are those of the real run."""
        return self.files is not None


def find_base(model: Model, reached: bool) -> Base:
    """What there is of a base here, or on the Hub where that is reached.

    Raises UserError where nothing is, or the Hub refuses it.
    """
    folder = model.folder
    if folder == ROOT / DEMO_BASE:  # a run makes it
        return Base(folder, True, None)
    if folder is not None and (folder / "config.json").is_file():
        return Base(folder, (parameters(model) or TINY + 1) <= TINY, None)
    files = small_files(model, reached) if folder is None else None
    return Base(files, False, family_of(model.base) if files is None else None)


def make_model(base: Base, texts: Iterable[str], folder: Path, seed: int) -> None:
    """Write config.json, random weights and the tokenizer into the folder, in place of what is there.

    texts: what a stand-in's tokenizer is made of.
    """
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if base.files is not None:
        values = json.loads((base.files / "config.json").read_text(encoding="utf-8"))
        for path in sorted({path for pattern in SMALL_FILES for path in base.files.glob(pattern)}):
            shutil.copy(path, partial / path.name)
        (partial / "config.json").unlink()
    else:
        assert base.family is not None
        tokenizer = make_tokenizer(base.family, texts)
        tokenizer.save_pretrained(partial)
        values = named_config(base.family, tokenizer)
    save_weights(values, partial, seed)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def named_config(family: Family, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """The architecture's configuration as far as a name tells it."""
    return {
        "model_type": family.model_type,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": family.positions,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": family.tied,
        "dtype": "float32" if family.model_type == "gpt2" else "bfloat16",
    }


def shrink(config: Any) -> None:
    """Make an architecture's configuration tiny, in place: all but sizes and counts stay.

    Heads that share keys and values go on to share them, and layers stay of the kinds that the first are.
    """
    own_keys = getattr(config, "num_key_value_heads", 0) == getattr(config, "num_attention_heads", None)
    for key, size in SIZES.items():
        if getattr(config, key, None) is not None:
            setattr(config, key, size)
    if own_keys:
        config.num_key_value_heads = config.num_attention_heads
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[: config.num_hidden_layers]


def save_weights(values: dict[str, Any], folder: Path, seed: int) -> None:
    """Write config.json and random weights of a tiny model with these values of a configuration.

    Raises UserError for an architecture that transformers does not know, or that stays large.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    values = {key: value for key, value in values.items() if key != "quantization_config"}
    kind = values.pop("model_type")
    try:
        config = AutoConfig.for_model(kind, **values)
        shrink(config)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
    except (ValueError, KeyError, AttributeError) as error:
        raise UserError(f"no tiny model can be made of the architecture {kind}: {error}") from None
    embedding = model.get_input_embeddings().weight.numel()
    if model.num_parameters() > TINY + 2 * embedding:
        raise UserError(f"the architecture {kind} stays large: {model.num_parameters():,} parameters")
    torch.manual_seed(seed)
    dtype = getattr(torch, str(config.dtype).removeprefix("torch.")) if config.dtype else torch.float32
    AutoModelForCausalLM.from_config(config, dtype=dtype).save_pretrained(folder)


def make_tokenizer(family: Family, texts: Iterable[str]) -> PreTrainedTokenizerBase:
    """A byte-level BPE of these texts with the family's special tokens and its chat template out of trl."""
    import trl
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(family.special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    core.add_tokens([AddedToken(token, normalized=False) for token in family.plain])
    if family.begins_text and family.begin:
        start = (family.begin, core.token_to_id(family.begin))
        core.post_processor = processors.TemplateProcessing(
            single=f"{family.begin} $A", pair=f"{family.begin} $A {family.begin} $B", special_tokens=[start]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=family.begin,
        eos_token=family.end,
        pad_token=family.pad,
        clean_up_tokenization_spaces=False,
        model_max_length=family.positions,
    )
    if family.template is not None:
        template = Path(trl.__file__).parent / "chat_templates" / family.template
        tokenizer.chat_template = template.read_text(encoding="utf-8")
    return tokenizer
