"""How a language model gives itself away: speaking of the text before it or of itself, markup, lists.

The rules look at words, so they err. What a passage speaks of itself, its questions and answers may speak of
too: "the author" where the passage is about authors, braces where it has braces.
"""

from __future__ import annotations

import re

# Of each language: what "the" is, what "this" is, and the nouns for a text and for who wrote it.
_THIS = "this|these|above|given|following|provided|preceding|quoted"
_LANGUAGES = (
    (
        "the|your",
        _THIS,
        "passage|text|excerpt|extract|snippet|paragraph|chapter|author|writer|narrator|speaker",
    ),
    (
        "(?!)",
        _THIS,
        "book|essay|article|novel|poem|document|section|quotation|piece",
    ),  # "the book" may be any book
    ("le|la|du|au|l['’]", "ce|cet|cette", "texte|passage|extrait|auteur|autrice|narrateur|narratrice"),
    (
        "der|die|das|dem|den|des",
        "diese[rmns]?",
        "text|textes|textstelle|auszug|abschnitt|autors?|autorin|erzählers?|verfassers?",
    ),
    ("el|la|del|al", "est[ea]", "texto|pasaje|fragmento|extracto|autora?|narradora?"),
    ("il|la|(?:de|da|ne)l|(?:de|da|ne)?ll?['’]", "quest[oa]", "testo|brano|autore|autrice|narratore"),
    ("de|het", "dit|deze", "tekst|fragment|auteur|schrijver|verteller"),
    ("o|a|do|da|no", "est[ea]|dest[ea]|nest[ea]", "texto|trecho|excerto|autora?|narradora?"),
)
_TO = r"\b(?:according\s+to|(?:author|writer|narrator)\s+of|selon|d['’]après|laut|según|secondo|volgens|segundo)"
# After these it is said which one: "the author of the Declaration", "the passage through the mountains".
_WHICH = "of|through|to|between|across|over|from|into|under|along|who|whom|whose|du|de|des|der|della?|do|da|vo[nm]|van"
_SPEAKS = (
    r"(?:\w+ly\s+|also\s+)?(?:(?:say|state|argue|suggest|describe|claim|mention|explain|discuss|refer|note|convey"
    r"|emphasi[sz]e|highlight|conclude|compare|portray|depict|illustrate|express|indicate|present|contrast"
    r"|point\s+out)(?:s|d|es|ed)?|said|impl(?:y|ies|ied))"
)
_OF_A_TEXT = tuple(
    re.compile(
        rf"(?P<to>{_TO}\s+)?\b(?P<named>(?:(?P<this>{this})|{the})\s*\b(?P<noun>{nouns}))\b(?!\s+(?:{_WHICH})\b)"
        rf"(?P<speaks>\s+{_SPEAKS}\b)?",
        re.IGNORECASE,
    )
    for the, this, nouns in _LANGUAGES
)
_NOUNS = re.compile(rf"\b(?:{'|'.join(nouns for _, _, nouns in _LANGUAGES)})\b", re.IGNORECASE)
_UNABLE = (
    r"(?:can(?:no|['’]|\s+no)t|won['’]t|am\s+(?:not\s+able|unable)\s+to|['’]m\s+(?:not\s+able|unable)\s+to)"
)
_AS_A_MACHINE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bas\s+an?\s+(?:AI|artificial intelligence|(?:large\s+)?language\s+model|chatbot|virtual assistant)\b",
        r"\b(?:large\s+)?language\s+model\b|\bAI\s+(?:assistant|model|chatbot)\b|\bknowledge cutoff\b|\btraining data\b",
        r"\ben tant qu['’]\s?(?:IA\b|intelligence artificielle|modèle de langage)|\bals\s+(?:KI\b|Sprachmodell)"
        r"|\bcomo\s+(?:una?\s+)?(?:IA\b|modelo de (?:lenguaje|linguagem)|inteligencia artificial)"
        r"|\bcome\s+(?:IA\b|modello linguistico|intelligenza artificiale)",
        r"\bI\s+hope\s+(?:this|that)\s+helps\b|\blet\s+me\s+know\s+if\b|\bfeel\s+free\s+to\s+(?:ask|reach)\b",
        r"\bthe\s+(?:information|context)\s+(?:provided|given)\b|\bthe\s+(?:provided|given)\s+(?:information|context)\b",
        r"\b(?:mentioned|described|discussed|stated|shown|listed|quoted)\s+(?:above|here)\b",
        r"\bas\s+(?:you\s+)?(?:requested|instructed)\b|\bwritten\s+in\s+(?:the\s+)?"
        r"(?:first\s+person|(?:style|manner|voice)\s+of|\w+['’]s?\s+(?:style|manner|voice))\b",
        r"\b(?:not|n['’]t)\s+(?:explicitly\s+|directly\s+)?(?:mentioned|specified)\s+in\b",
        r"\A\W*(?:sure|certainly|of\s+course|absolutely|okay|ok|great\s+question|good\s+question)\b\W+"
        r"(?:here|I\s+can|I['’]d|I['’]ll|I\s+will|let\s+me|let['’]s|happy\s+to)\b",
        r"\A\W*here(?:['’]s|\s+is|\s+are)\s+(?:\w+\s+){0,4}?(?:answer|version|response|rewrite|rewritten|restyled|summary)\b",
        rf"\A\W*(?:I\s*(?:['’]m|am)\s+(?:\w+\s+)?sorry\b|I\s+apologi[sz]e|unfortunately)\W+(?:\w+\W+){{0,4}}?I\s*{_UNABLE}",
        rf"\A\W*I\s*{_UNABLE}\s+(?:answer|assist|help\s+(?:you|with)|provide|fulfil+|comply|generate|rewrite|continue)\b",
    )
)
_MARKUP = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"[{}]",
        r"```|~~~",
        r"</?[a-z][\w-]*(?:\s[^<>\n]*)?/?>|<\||\|>|\[/?INST\]",
        r"^\s{0,3}#{1,6}\s+\S.*",
        r"\*\*\S|__\S|\\n",
        r"^\W{0,3}(?:assistant|user|system|human|AI|question|answer|response|prompt|instruction|output|input|note|q|a)\s*:",
    )
)
# A dash begins what somebody says in many languages; a hyphen with a space after it begins an entry.
_ENTRY = re.compile(
    r"^\s*(?:[-*+•·▪◦‣●○■]|\(?(?:\d{1,3}|[ivx]+|[a-z])[.)])\s+\S.*", re.IGNORECASE | re.MULTILINE
)
_COUNTED = re.compile(r"(?:^|\s)\(?(\d{1,2})[.)]\s")
_INDEX_LINE = re.compile(r"^[^\d\n]{2,60}(?:,|\.{2,}|\s{2,})\s*\d[\d,;\s–-]*$", re.MULTILINE)
_NUMBERS_IN_A_ROW = re.compile(r"\d[\d.]*(?:\s*(?:[,;–-]|,?\s(?:and|&))\s*\d[\d.]*){4,}")
# Of letters and digits: a year or two in fifty words are 4 %, half of an index is figures.
MOST_DIGITS = 0.1


def speaks_of_text(text: str, passage: str) -> str | None:
    """The words by which a text speaks of the text at hand or of who wrote it; None if it does not.

    "The author" is whom the passage speaks of, where it has that word; but "this passage", "according to the
    author" and "the author argues" it must have word for word.
    """
    if not _NOUNS.search(text):  # the quick way out of most
        return None
    there = passage.lower()
    for pattern in _OF_A_TEXT:
        for found in pattern.finditer(text):
            if found["named"].lower() in there:
                continue
            pointed = found["to"] or found["this"] or found["speaks"]
            if pointed or not re.search(rf"\b{found['noun'].lower()}s?\b", there):
                return found.group()
    return None


def speaks_as_machine(text: str, known: str) -> str | None:
    """The words by which a text speaks as an assistant would; None where it does not, or `known` has them."""
    for pattern in _AS_A_MACHINE:
        found = pattern.search(text)
        if found and found.group().lower() not in known.lower():
            return found.group().strip()
    return None


def markup(text: str, known: str) -> str | None:
    """Marks that are no prose: braces, fences, tags, headings, role names; not of a kind that `known` has."""
    for pattern in _MARKUP:
        found = pattern.search(text)
        if found and not pattern.search(known):
            return found.group().strip()
    return None


def number_list(text: str) -> str | None:
    """By what a text is a list or an index and no prose; None for prose, though it may name a year or two."""
    letters_and_digits = sum(map(str.isalnum, text))
    digits = sum(map(str.isdigit, text))
    if digits > MOST_DIGITS * letters_and_digits:
        return f"{digits / letters_and_digits:.0%} of its letters and digits are digits"
    entries = _ENTRY.findall(text)
    if len(entries) > 1:
        return f"{len(entries)} entries: '{entries[0].strip()}'"
    if [found for found in _COUNTED.findall(text) if found in ("1", "2", "3")][:3] == ["1", "2", "3"]:
        return "entries 1, 2, 3 in a row"
    found = _INDEX_LINE.search(text) or _NUMBERS_IN_A_ROW.search(text)
    return f"'{found.group().strip()}'" if found else None
