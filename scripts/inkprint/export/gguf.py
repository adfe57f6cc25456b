"""One file for llama.cpp and Ollama, made with a llama.cpp whose path stands in .env."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.export.vocabulary import Vocabulary

VARIABLE = "LLAMA_CPP"
# Bytes a parameter; q4_K_M is a mixture of 4 and 6 bits with their scales.
FORMATS = {"q4_K_M": 0.62, "q8_0": 1.07, "f16": 2.0}
_CONVERTER = Path(__file__).with_name("converter.py")
_GET = (
    "--gguf needs llama.cpp: git clone https://github.com/ggml-org/llama.cpp, build its llama-quantize"
    " (cmake -B build && cmake --build build -t llama-quantize),"
    f" and write {VARIABLE}=/its/folder into .env; see docs/export.md"
)


@dataclass(frozen=True)
class LlamaCpp:
    """A checkout of llama.cpp: converter and reader; quantizer and tokenizer where they are built."""

    converter: Path
    reader: Path
    quantizer: Path | None
    tokenizer: Path | None
    form: str  # of FORMATS: what is wanted of it


def tools() -> tuple[str, list[str], str]:
    """Where llama.cpp is, "" for nowhere; which kinds of GGUF it can make; and what it lacks, if anything."""
    named = os.environ.get(VARIABLE, "").strip()
    lacks = ""
    made = []
    for form in FORMATS:
        try:
            found = find_llama_cpp(form)
        except UserError as error:
            lacks = str(error).partition(";")[0]
            continue
        made.append(form)
        if found.tokenizer is None and not lacks:
            lacks = "no llama-tokenize, so that a Modelfile is checked by training's tokenizer alone"
    return named, made, lacks if named else ""


def find_llama_cpp(form: str) -> LlamaCpp:
    """The llama.cpp that .env names. Raises UserError where there is none, or one that lacks a part."""
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        raise UserError(_GET)
    folder = Path(named)
    found = LlamaCpp(
        converter=folder / "convert_hf_to_gguf.py",
        reader=folder / "gguf-py" / "gguf" / "scripts" / "gguf_dump.py",
        quantizer=_built(folder, "llama-quantize"),
        tokenizer=_built(folder, "llama-tokenize"),
        form=form,
    )
    for part in (found.converter, found.reader):
        if not part.is_file():
            raise UserError(f"{part}: not there, so {VARIABLE} names no llama.cpp; {_GET}")
    if form == "q4_K_M" and found.quantizer is None:
        raise UserError(f"{folder}: no llama-quantize in it nor in build/bin; {_GET}")
    return found


def intermediate_bytes(form: str) -> float:
    """Bytes a parameter of the file that is quantized, beside the result."""
    return 2.0 if form == "q4_K_M" else 0.0


def convert(llama: LlamaCpp, model: Path, vocabulary: Vocabulary, target: Path) -> None:
    """Make the GGUF of a model folder. Raises UserError with llama.cpp's last line where it refuses."""
    # The converter itself writes f16 and q8_0. What is quantized further starts from the weights as they are.
    quantized = llama.form == "q4_K_M"
    whole, written = (target.with_suffix(".bf16"), "bf16") if quantized else (target, llama.form)
    blank = "" if vocabulary.blank is None else _yes(vocabulary.server_blank)
    told = [llama.converter.parent, vocabulary.pre_tokenizer or "", blank, _yes(vocabulary.adds_bos)]
    _run([sys.executable, "-P", _CONVERTER, *told, model, "--outfile", whole, "--outtype", written])
    if quantized:
        _run([llama.quantizer, whole, target, llama.form])
        whole.unlink()


def metadata(llama: LlamaCpp, gguf: Path) -> dict[str, Any]:
    """A GGUF's keys and values, such as tokenizer.ggml.add_bos_token."""
    said = _run([sys.executable, llama.reader, "--json", "--no-tensors", gguf])
    return {key: entry.get("value") for key, entry in json.loads(said)["metadata"].items()}


def tokens(llama: LlamaCpp, gguf: Path, text: str) -> list[int]:
    """A text's tokens by llama.cpp itself, as a server reads it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        said = _run([llama.tokenizer, "-m", gguf, "-f", file.name, "--ids", "--log-disable"])
    return json.loads(said.strip().splitlines()[-1])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _built(folder: Path, program: str) -> Path | None:
    places = (folder / part / program for part in ("", "build/bin", "bin"))
    return next((place for place in places if place.is_file()), None)


def _run(command: list[Any]) -> str:
    """Run a program of llama.cpp; what it says goes to the log. Returns its standard output."""
    # Its Python imports what this process has imported otherwise: nothing of ours may leak into it.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, env=kept, stdin=subprocess.DEVNULL)
    print("$", *words, done.stderr, sep="\n")
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        program = "llama.cpp's converter" if str(_CONVERTER) in words else Path(words[0]).name
        raise UserError(f"{program} failed: {lines[-1] if lines else f'exit code {done.returncode}'}")
    return done.stdout
