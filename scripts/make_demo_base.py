"""Make the demo's base model: a tiny Qwen3 that speaks plain English about one little world.

Reads   data/demo/world/**  prompts/questions.txt  prompts/completion.txt  trl's qwen3.jinja
Writes  artifacts/cache/demo-base/  config.json model.safetensors tokenizer.json ... demo_base.json
        demo_base.json: {"sources": {"things.yaml": "3f1c...", ...}, "parameters": 3400000, "seconds": 60.1}
Run     python scripts/make_demo_base.py [--out artifacts/cache/demo-base]
Needs   a minute to a minute and a half on 2 CPU cores, 2.5 GB of memory, no network.

It learns from a small grammar (inkprint/demo), which teaches it facts and forms, and from plain prose about
the same world (data/demo/world/prose), which teaches it English; neither holds a sentence of any book. A
folder that was made from the same sources is left as it is.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from inkprint.demo.chats import make_chats
from inkprint.demo.prose import prose_chats, read_prose
from inkprint.demo.world import load_world

ROOT = Path(__file__).resolve().parent.parent
WORLD = ROOT / "data" / "demo" / "world"
PROMPTS = ROOT / "prompts"
CODE = ROOT / "scripts" / "inkprint" / "demo"
GRAMMAR_CHATS, PROSE_ROUNDS, SEED = 5000, 1, 1


def fingerprint() -> dict[str, str]:
    """The sha256 of everything of ours that decides how the base comes out."""
    files = [*sorted(WORLD.rglob("*.*")), *sorted(CODE.glob("*.py"))]
    files += [PROMPTS / "questions.txt", PROMPTS / "completion.txt", Path(__file__)]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def made_before(folder: Path) -> bool:
    """Whether the folder holds a base made from these very sources."""
    note = folder / "demo_base.json"
    if not note.is_file() or not (folder / "model.safetensors").is_file():
        return False
    return json.loads(note.read_text("utf-8")).get("sources") == fingerprint()


def plain_chats() -> list[tuple[str, str]]:
    """The base's training text: plain chats in the pipeline's prompt forms and in a few others."""
    lines = (PROMPTS / "questions.txt").read_text("utf-8").split("\n")
    questions = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    completion = (PROMPTS / "completion.txt").read_text("utf-8").strip()
    made = make_chats(load_world(WORLD), questions, completion, GRAMMAR_CHATS, SEED)
    written = prose_chats(read_prose(WORLD / "prose"), completion, PROSE_ROUNDS, SEED)
    return random.Random(SEED).sample(made + written, len(made) + len(written))


def save(model: Any, tokenizer: Any, folder: Path, note: dict[str, Any]) -> None:
    """Write a Hugging Face folder into a partial folder, then put it in place with one rename."""
    from transformers import GenerationConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    (partial / "demo_base.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def main() -> int:
    """Make the base unless it is there already."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "artifacts" / "cache" / "demo-base", help="the folder to write"
    )
    folder = parser.parse_args().out
    if made_before(folder):
        print(f"demo base  up to date: {folder}")
        return 0
    os.environ["OMP_NUM_THREADS"] = "1"  # training.py has threads of its own
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # see inkprint.models.import_unsloth
    began = time.monotonic()
    from inkprint.demo.training import train_model, train_tokenizer

    chats = plain_chats()
    print(f"demo base  {len(chats):,} plain chats; a minute to a minute and a half on 2 cores", flush=True)
    tokenizer = train_tokenizer([f"{prompt}\n{answer}" for prompt, answer in chats])
    model, loss = train_model(tokenizer, chats)
    seconds = time.monotonic() - began
    note = {"sources": fingerprint(), "parameters": model.num_parameters(), "chats": len(chats)}
    save(model, tokenizer, folder, {**note, "loss": round(loss, 4), "seconds": round(seconds, 1)})
    print(f"demo base  {note['parameters']:,} parameters, loss {loss:.2f}, {seconds:.0f} s: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
