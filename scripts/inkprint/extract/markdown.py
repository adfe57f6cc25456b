"""Markdown: what is written in it, told from plain text by its marks, and read without them."""

from __future__ import annotations

import html
import re
from itertools import pairwise

from inkprint.extract.blocks import Block
from inkprint.extract.html_text import html_blocks

_FRONT = re.compile(r"\A---[ \t]*\n((?:[\w-]+:.*\n|[ \t]+.*\n|- .*\n|#.*\n|\n)+)(?:---|\.\.\.)[ \t]*\n")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"#{1,6}[ \t]+\S")
_UNDERLINE = re.compile(r"(={3,}|-{3,})[ \t]*$")
_LINK = re.compile(r"!?\[[^\]\n]+\]\((?:https?:|[#./]|[\w%-]+[./])[^)\s]*(?: \"[^\"]*\")?\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]: +\S+", re.M)
_NOTE = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n(?:[ \t]{2,}.*|[ \t]*(?=\n[ \t]{2,})))*)", re.M)
_NOTE_MARK = re.compile(r"\[\^([^\]\s]+)\]")
_TABLE = re.compile(r"^ {0,3}\|?[ \t]*:?-{3,}:?[ \t]*(\|[ \t]*:?-{3,}:?[ \t]*)+\|?[ \t]*$", re.M)
_BOLD = re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]*\*\*(?![\w*])")
_INSIDE_WORD = re.compile(r"(?<=\w)\*(?=\w)")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.S)


def is_markdown(text: str) -> bool:
    """Whether a text's marks are Markdown's. One sign is not enough where plain text has it, too."""
    lines = text.replace("\r\n", "\n").split("\n")
    headings = sum(
        bool(_HEADING.match(line)) and not above.strip() and not below.startswith("#")
        for above, line, below in zip(["", *lines], lines, [*lines[1:], ""], strict=False)
    )
    underlined = sum(
        bool(_UNDERLINE.fullmatch(second)) and bool(first.strip()) and abs(len(first) - len(second)) <= 3
        for first, second in pairwise(lines)
    )
    fences = sum(bool(_FENCE.match(line)) for line in lines)
    signs = (
        min(headings, 2)
        + (underlined >= 2)
        + min(len(_LINK.findall(text)), 2)
        + 2 * bool(_REFERENCE.search(text) and "][" in text)
        + 2 * bool(_NOTE.search(text))
        + 2 * bool(_TABLE.search(text))
        + 2 * bool(_FRONT.match(text))
        + (len(_BOLD.findall(text)) >= 2)
        + 2 * (fences >= 2)
    )
    return signs >= 2


def markdown_blocks(text: str) -> list[Block]:
    """The paragraphs without their marks; code, tables, notes and the front matter apart."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks: list[Block] = []
    if front := _FRONT.match(text):
        blocks.append(Block(front[1], reason="front matter"))
        text = text[front.end() :]
    text = _outside_code(text)
    notes = {match[1]: match[2] for match in _NOTE.finditer(text)}
    text = _NOTE.sub("", text)
    # What stands set in by four blanks is verse or a letter in a book, and code only in a manual.
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("code")
    rendered = reader.render(text)
    # Any other [^x] is the author's; a note's mark becomes one that the HTML reader knows.
    rendered = _NOTE_MARK.sub(
        lambda m: f'<a class="noteref" href="#">{_number(m[1], notes)}</a>' if m[1] in notes else m[0],
        rendered,
    )
    if notes:
        inner = "".join(f"<p>{html.escape(_unmarked(note))}</p>" for note in notes.values())
        rendered += f'<div class="footnotes">{inner}</div>'
    return blocks + html_blocks(rendered)


def _number(name: str, notes: dict[str, str]) -> str:
    return str(list(notes).index(name) + 1)


def _unmarked(note: str) -> str:
    return re.sub(r"[*_`]", "", note)


def _outside_code(text: str) -> str:
    """The text with the asterisks inside its words escaped: 2*3*4 is arithmetic and no emphasis."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if mark:
            fence = mark[1]
            lines.append(line)
            continue
        parts, at = [], 0
        for span in _CODE_SPAN.finditer(line):
            parts += [_INSIDE_WORD.sub(r"\\*", line[at : span.start()]), span[0]]
            at = span.end()
        lines.append("".join([*parts, _INSIDE_WORD.sub(r"\\*", line[at:])]))
    return "\n".join(lines)
