"""What the server answers: words of the passage, in the shape that the request's schema asks for.

An answer is drawn from the body's hash and from how many good answers that body had before: the same request
to another server with the same history has the same answer, whatever faults came between.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import Any

from claude.faults import roll
from claude.requests import ROLES, schema_of, texts

RUN = 5  # words: no answer has so many in a row as the passage has them
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
POOL = 60  # words that the questions of an answer are made of: enough for five of the longest
COMMON = frozenset(
    "about above after again against also although always among another because been before being below"
    " between both cannot could does doing down during each even every from further have having here hers"
    " herself himself into itself just like made many might more most much must myself never only other ours"
    " over quite rather same shall should since some such than that their theirs them themselves then there"
    " these they this those though through thus under until upon very well were what when where whether which"
    " while whom whose will with within without would your yours yourself".split()
)
# For a text that has too few words of its own: a row can be a single word.
SPARE = (
    "matter reason subject thought moment answer remark detail meaning manner sense order notice purpose"
    " custom question".split()
)
LINKS = "and with near beside toward behind among".split()
OPENERS = ("What does", "How does", "Why would", "When did", "Where could", "Which of")


@dataclass(frozen=True)
class Answer:
    """A message, whether it is paid for, and the tokens that are."""

    message: dict[str, Any]
    paid: bool

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens that are paid for."""
        usage = self.message["usage"]
        return (usage["input_tokens"], usage["output_tokens"]) if self.paid else (0, 0)


class Writer:
    """Writes questions, answers and phrases about one text."""

    def __init__(self, text: str, dice: random.Random) -> None:
        self.dice = dice
        count = re.findall(r"<count>\s*(\d+)\s*</count>", text)
        self.count = int(count[-1]) if count else 1
        self.material = _material(text)
        words = WORD.findall(self.material.lower())
        self.runs = _runs(words)
        content = [word for word in dict.fromkeys(words) if len(word) > 3 and word not in COMMON]
        self.content = content if len(content) >= len(SPARE) else [*content, *SPARE]
        self._pool: list[str] = []

    def fill(self, schema: dict[str, Any], root: dict[str, Any], name: str = "") -> Any:
        """A value that fits the schema; `name` is the property that it is for."""
        if "$ref" in schema:
            return self.fill(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        if "anyOf" in schema:
            return self.fill(schema["anyOf"][0], root, name)
        match schema["type"]:
            case "object":
                properties = schema.get("properties", {})
                return {key: self.fill(inner, root, key) for key, inner in properties.items()}
            case "array":
                return [self.fill(schema["items"], root, name) for _ in range(self.count)]
            case "string":
                return self.string(name)
            case "integer":
                return self.dice.randint(1, 5)
            case "number":
                return round(self.dice.uniform(1, 5), 2)
            case "boolean":
                return self.dice.random() < 0.5
        return None

    def string(self, name: str) -> str:
        """A question, an answer or a phrase, as the property's name says."""
        if name in ("question", "questions"):
            return self.question()
        return self.answer() if name in ("answer", "answers") else self.phrase()

    def question(self) -> str:
        """6 to 14 words; the questions of one answer share no content word while there are enough."""
        words = self._draw(self.dice.randint(3, 11))
        middle = self.dice.randint(1, len(words) - 1)
        parts = self.dice.choice(OPENERS), *words[:middle], self.dice.choice(LINKS), *words[middle:]
        return " ".join(parts) + "?"

    def _draw(self, count: int) -> list[str]:
        if len(self._pool) < count:
            self._pool = self.dice.sample(self.content, min(len(self.content), POOL))
        return [self._pool.pop() for _ in range(count)]

    def answer(self) -> str:
        """27 to 60 words in sentences of 9 or 10, none with digits, no run of RUN words of the text."""
        while True:
            sentences = [self._sentence(self.dice.randint(9, 10)) for _ in range(self.dice.randint(3, 6))]
            if self.runs.isdisjoint(_runs([word for sentence in sentences for word in sentence])):
                return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)

    def _sentence(self, length: int) -> list[str]:
        """Every third word is a link."""
        words = self.dice.choices(self.content, k=length)
        words[2::3] = self.dice.choices(LINKS, k=length // 3)
        return words

    def phrase(self) -> str:
        """3 to 8 words of the text, as they stand there."""
        words = WORD.findall(self.material) or SPARE
        start = self.dice.randrange(max(1, len(words) - 2))
        return " ".join(words[start : start + self.dice.randint(3, 8)])


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[start:] for start in range(RUN)), strict=False))


def _material(text: str) -> str:
    """What stands between the tags; the longest, for instructions may name the tags themselves."""
    for tag in ("passage", "answer"):
        found = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        if found:
            return max(found, key=len)
    return text


def write(body: dict[str, Any], digest: str, number: int) -> str:
    """The text of the good answer of that number to a body."""
    writer = Writer(texts(body, "user"), random.Random(f"{digest} {number}"))
    schema = schema_of(body)
    if schema is None:
        return writer.answer()
    return json.dumps(writer.fill(schema, schema), ensure_ascii=False)


def _miss_schema(text: str, schema: dict[str, Any], dice: random.Random) -> str:
    """JSON that does not fit the schema: a property is missing, misnamed or of another type."""
    value = json.loads(text)
    if not isinstance(value, dict) or not value:
        return json.dumps({"result": value})
    name = dice.choice(sorted(value))
    kept = value.pop(name)
    spoilt = [{f"{name}_": kept}, {name: {"value": kept}}]
    if name in schema.get("required", []):
        spoilt.append({})
    return json.dumps({**value, **dice.choice(spoilt)}, ensure_ascii=False)


def make_answer(
    body: dict[str, Any], kind: str, digest: str, number: int, name: str, characters_a_token: float
) -> Answer:
    """The message that answers a body; `name` is what its id is made of."""
    dice = random.Random(f"{digest} {number} {kind}")
    text = write(body, digest, number)
    thinking, stop = "", "end_turn"
    if kind == "thinking_first":
        thinking = f"The words to use are {', '.join(text.split()[:5])}."
    elif kind == "refusal":
        # Half of them before there is any output, which costs nothing.
        text, stop = text[: len(text) // 4] if dice.random() < 0.5 else "", "refusal"
    elif kind == "empty":
        text = ""
    elif kind == "malformed":
        text = f"Of course. I thought of {' '.join(re.findall(WORD, text)[:12])}, but {{this is not all."
    elif kind == "off_schema":
        text = _miss_schema(text, schema_of(body) or {}, dice)
    room = int(body["max_tokens"] * characters_a_token)
    if kind == "max_tokens" or len(text) > room:
        text, stop = text[: min(len(text) // 2, room)], "max_tokens"
    paid = bool(text) or stop != "refusal"
    output = max(1, round((len(text) + len(thinking)) / characters_a_token)) if paid else 0
    message = _message(body["model"], thinking, text, stop, name)
    asked = len(texts(body, *ROLES))
    message["usage"] |= {"input_tokens": max(1, round(asked / characters_a_token)), "output_tokens": output}
    return Answer(message, paid)


def _message(model: str, thinking: str, text: str, stop: str, name: str) -> dict[str, Any]:
    content = [{"type": "thinking", "thinking": thinking, "signature": f"c2ln{name}"}] if thinking else []
    content += [{"type": "text", "text": text}] if text else []
    explanation = "This request was declined because it could help to make a competing model."
    details = {"type": "refusal", "category": "frontier_llm", "explanation": explanation}
    return {
        "id": f"msg_{int(roll(name) * 10**16):016d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": details if stop == "refusal" else None,
        "usage": {
            "input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 0,
            "service_tier": "standard",
        },
    }
