"""llama.cpp's converter in a process of its own, told what it cannot know of a tokenizer.

    python -P converter.py LLAMA_CPP PRE_TOKENIZER BLANK BOS MODEL --outfile FILE --outtype TYPE

PRE_TOKENIZER: the name of the pre-tokenizer where the converter does not know the vocabulary, or "" for none.
BLANK: whether llama.cpp is to write a blank in front of text: yes, no, or "" for no tokenizer of such a kind.
BOS: whether it is to put the begin-of-text token in front: yes, no. -P: this folder has a module `gguf`, too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

NEVER = -1e9  # the score of a piece that no merge makes; those of merges are 0, -1, -2, ...


def name_pre_tokenizer(model_class: Any, name: str) -> None:
    """Where the vocabulary is none of the converter's list, take this name."""
    known = model_class.get_vocab_base_pre

    def get_vocab_base_pre(self: Any, tokenizer: Any) -> str:
        try:
            return known(self, tokenizer)
        except NotImplementedError:
            return name

    model_class.get_vocab_base_pre = get_vocab_base_pre


def score_by_merges(vocabulary_class: Any) -> None:
    """Give pieces the rank of their merge. From a tokenizer.json the converter gives all the same score, and
    llama.cpp, which joins what scores highest, then cuts words from left to right."""
    read = vocabulary_class.__init__

    def init(self: Any, folder: Path) -> None:
        read(self, folder)
        merges = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["merges"]
        self.merge_scores = {}
        for rank, merge in enumerate(merges):
            left, right = merge.split(" ") if isinstance(merge, str) else merge
            self.merge_scores.setdefault(left + right, float(-rank))
        self.merge_pieces = {number: piece for piece, number in self.tokenizer.get_vocab().items()}

    def get_token_score(self: Any, token_id: int) -> float:
        return self.merge_scores.get(self.merge_pieces[token_id], NEVER)

    vocabulary_class.__init__ = init
    vocabulary_class.get_token_score = get_token_score


def settle(writer_class: Any, setter: str, value: bool) -> None:
    """Let this value be written, whatever the converter reads from the tokenizer's settings."""
    write = getattr(writer_class, setter)
    name_model = writer_class.add_tokenizer_model

    def add_tokenizer_model(self: Any, model: str) -> None:
        name_model(self, model)
        write(self, value)

    writer_class.add_tokenizer_model = add_tokenizer_model
    setattr(writer_class, setter, lambda self, value: None)


def main() -> None:
    llama, pre_tokenizer, blank, bos, *arguments = sys.argv[1:]
    sys.path.insert(0, llama)
    sys.argv = ["convert_hf_to_gguf.py", *arguments]
    import convert_hf_to_gguf as converter
    import gguf

    if pre_tokenizer:
        from conversion.base import TextModel

        name_pre_tokenizer(TextModel, pre_tokenizer)
    score_by_merges(gguf.LlamaHfVocab)
    settle(gguf.GGUFWriter, "add_add_bos_token", bos == "yes")
    if blank:
        settle(gguf.GGUFWriter, "add_add_space_prefix", blank == "yes")
    converter.main()


if __name__ == "__main__":
    main()
