"""What Project Gutenberg's volunteers put between an author's paragraphs: tags, credits, notes."""

from __future__ import annotations

import re

_TAGS = (
    (re.compile(r"[\[{(]?\[?illustrations?\b[^\]]*\]+", re.I), "caption"),
    (re.compile(r"\[(sidenote|headpiece|tailpiece|decoration|frontispiece)\b[^\]]*\]", re.I), "caption"),
    (re.compile(r"\[footnotes?\b.*\]", re.I | re.S), "footnote"),
    (re.compile(r"[\[{](pg\.?|page)? ?(\d{1,4}|[ivxlc]{1,7})[\]}]", re.I), "page number"),
    (re.compile(r"[\[(]?\s*\**transcriber'?s?'?s? notes?\b.*\]", re.I | re.S), "transcriber's note"),
    (re.compile(r"\[editor'?s? notes?\b.*\]", re.I | re.S), "transcriber's note"),
)
_CREDITS = re.compile(
    r"(this )?(e-?text|e-?book|html version|transcription|file)?( was)?( first)? ?"
    r"(produced|prepared|transcribed|scanned|digiti[sz]ed|proofread|proofed|typed|created)"
    r"( and \w+)?( from .{0,120})? by\b",
    re.I,
)
_AT_WORK = re.compile(
    r"proofread|distributed|gutenberg|pgdp|internet archive|archive\.org|e-?text|e-?book|e-?mail|@|https?:"
    r"|www\.|html"
    r"|(produced|transcribed|prepared) (by|from .* by)(?-i:( [A-Z][\w.'-]*,?| and| the){2,})\.?$",
    re.I,
)


def reason_out(paragraph: str) -> str:
    """Why a whole paragraph is not the author's: a caption, a footnote, credits and their like; or ""."""
    text = paragraph.strip().replace("’", "'").replace("_", "")
    if len(text) < 3:
        return ""
    for pattern, reason in _TAGS:
        if text[0] in "[{(" and pattern.fullmatch(text):
            return reason
    if len(text.split()) < 60 and _CREDITS.match(text) and _AT_WORK.search(text):
        return "e-book's credits"
    return ""
