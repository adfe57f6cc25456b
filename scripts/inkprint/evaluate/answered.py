"""Whether an answer is one at all, by rule: it says something, does not repeat the prompt, does not refuse.

Nothing here looks at what an answer says: a wrong one and noise are answers. How often the table's own
answers refuse or repeat stands beside it, as the author's value.
"""

from __future__ import annotations

import re

from inkprint.words import words

ECHO_WORDS = 5  # of a prompt's beginning, in a row
ECHO_SHARE = 0.9  # of an answer's words that are the prompt's

_CANNOT = r"(?:can(?:not|['’]?t|\s+not)|won['’]?t|(?:am|['’]m)\s+(?:not\s+(?:able|capable)|unable|incapable))"
_LACKS = r"(?:do\s+not|don['’]?t)\s+(?:\w+\s+)?(?:have|possess)"
_TASK = (
    r"(?:access|answer|assist|browse|complete|comply|continue|create|describe|determine|display|draw|estimate|fulfil|find"
    r"|generate|give|help|open|perform|predict|process|produce|provide|read|retrieve|see|view|write)"
)
# At the beginning of an answer. "I'm sorry to hear that" and "I cannot believe it" begin good answers.
_REFUSAL = re.compile(
    rf"""\W*(?:
        (?:(?:I\s*(?:['’]m|am)\s+(?:\w+\s+)?|I\s+am\s+)?sorry|I\s+apologi[sz]e|unfortunately)\b[^\n]{{0,80}}?
        \b(?:I\s*{_CANNOT}\s+(?:to\s+|of\s+)?{_TASK}|I\s+{_LACKS}|(?:an?|as\s+an?)\s+AI\b
           |you\s+(?:did\s+not|didn['’]?t|have\s+not|haven['’]?t|need\s+to)|not\s+enough\s+information
           |isn['’]?t\s+enough\s+information)
      | as\s+an?\s+(?:\w+\s+)?(?:AI|artificial\s+intelligence|language\s+model)\b[^.\n]{{0,40}}?
        \bI\s*(?:{_CANNOT}|{_LACKS})
      | I\s*{_CANNOT}\s+(?:to\s+)?(?:answer|assist|comply|fulfil+|help\s+(?:you|with)|provide)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def why_unanswered(answer: str, prompt: str) -> str:
    """`empty`, `repeats the prompt` or `refuses`; "" for an answer.

    empty: no letter and no digit. repeats the prompt: it has the prompt's first five words in a row, or all
    of a shorter one, and nine in ten of its words are the prompt's. refuses: it begins with an apology or an
    assistant's phrase and with what it cannot do or lacks.
    """
    said, asked = words(answer), words(prompt)
    if not said:
        return "empty"
    beginning = f" {' '.join(asked[:ECHO_WORDS])} "
    known = set(asked)
    if beginning in f" {' '.join(said)} " and sum(w in known for w in said) >= ECHO_SHARE * len(said):
        return "repeats the prompt"
    return "refuses" if _REFUSAL.match(answer) else ""
