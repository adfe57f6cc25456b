"""How a language model gives itself away: speaking of the text before it or of itself, markup, lists.

The rules look at words, so they err. What a passage speaks of itself, its questions and answers may speak of
too: "the author" where the passage is about authors, braces where it has braces.
"""

from __future__ import annotations

import re

from inkprint.synthesize.wording import Text, shown

# Of each language: "the", "this", nouns for a text, nouns for who wrote it, and what comes before and after.
_LANGUAGES = (
    (
        "the|your",
        "this|above|given|following|provided|preceding|quoted",
        "passage|text|excerpt|extract|snippet|paragraph|chapter",
        "author|writer|narrator|speaker",
        r"according\s+to|throughout|(?:author|writer|narrator)\s+of",
        "of|through|to|between|across|over|from|into|under|along|who|whom|whose",
    ),
    (  # "the book" may be any book
        "(?!)",
        "this|above|given|following|provided|preceding|quoted",
        "book|essay|article|novel|poem|document|section|quotation|piece",
        "(?!)",
        "(?!)",
        "of",
    ),
    (
        "le|la|du|au|l['’]",
        "ce|cet|cette",
        "texte|passage|extrait",
        "auteur|autrice|narrateur|narratrice",
        "selon|d['’]après|dit|pense|écrit",
        "du|de|des",
    ),
    (
        "der|die|das|dem|den|des",
        "diese[rmns]?",
        "textes|text|textstelle|auszug|abschnitt",
        "autors?|autorin|erzählers?|verfassers?",
        "laut|nach",
        "der|des|von|vom",
    ),
    (
        "el|la|del|al",
        "est[ea]",
        "texto|pasaje|fragmento|extracto",
        "autora?|narradora?",
        "según|dice|piensa|opina",
        "de|del",
    ),
    (
        "il|la|(?:de|da|ne)l|(?:de|da|ne)?ll?['’]",
        "quest[oa]",
        "testo|brano",
        "autore|autrice|narratore",
        "secondo|dice|pensa",
        "di|del|della|dell['’]",
    ),
    ("de|het", "dit|deze", "tekst|fragment", "auteur|schrijver|verteller", "volgens", "van"),
    (
        "o|a|do|da|no",
        "est[ea]|dest[ea]|nest[ea]",
        "texto|trecho|excerto",
        "autora?|narradora?",
        "segundo|diz|pensa",
        "de|do|da",
    ),
)
_SAYS = (
    r"(?:\w+ly\s+|also\s+)?(?:(?:say|state|argue|suggest|describe|claim|mention|explain|discuss|refer|note"
    r"|convey|emphasi[sz]e|highlight|conclude|compare|portray|depict|illustrate|express|indicate|present"
    r"|contrast|point\s+out)(?:s|d|es|ed)?|said|impl(?:y|ies|ied))"
)
# "The author of the Declaration" and "the passage through the mountains" are none of the text at hand.
_OF_A_TEXT = tuple(
    re.compile(
        rf"(?P<before>\b(?:{before})\s+)?\b(?P<named>(?:(?P<this>{this})|{the})\s*"
        rf"\b(?P<noun>{texts}|(?P<who>{persons})))\b(?!\s+(?:{after})\b)(?P<says>\s+{_SAYS}\b)?",
        re.IGNORECASE,
    )
    for the, this, texts, persons, before, after in _LANGUAGES
)
_NOUNS = tuple(re.compile(rf"{texts}|{persons}") for _, _, texts, persons, _, _ in _LANGUAGES)
_ABOVE = re.compile(
    r"\b(?:mentioned|described|discussed|stated|shown|listed|quoted)\s+(?:above|here)\b", re.IGNORECASE
)
# Said anywhere: words in a row, in lower case.
_PHRASES = tuple(
    f" {' '.join(phrase.split())} "
    for phrase in """
    as an ai, as an artificial intelligence, as a language model, as a large language model, as a chatbot,
    as a virtual assistant, language model, ai assistant, ai model, ai chatbot, knowledge cutoff,
    training data, en tant qu'ia, en tant qu'intelligence artificielle, en tant que modèle de langage,
    als ki, als sprachmodell, als ein sprachmodell, als taalmodel, como ia, como una ia, como uma ia,
    como modelo de lenguaje, como un modelo de lenguaje, como um modelo de linguagem,
    como inteligencia artificial, come ia, come modello linguistico, come intelligenza artificiale,
    i hope this helps, i hope that helps, let me know if, feel free to ask, feel free to reach out,
    the information provided, the information given, the context provided, the provided information,
    the given information, the provided context, the given context,
    not mentioned in, not explicitly mentioned in, not specified in,
    as requested, as you requested, as instructed, written in first person, written in the first person,
    written in the style of, written in the manner of, written in the voice of
    """.split(",")
)
# Said at the beginning.
_UNABLE = r"(?:can(?:no|['’]|\s+no)t|won['’]t|(?:\s+am|['’]m)\s+(?:not\s+able|unable)\s+to)"
_OPENINGS = tuple(
    re.compile(rf"\W*{pattern}", re.IGNORECASE)
    for pattern in (
        r"(?:sure|certainly|of\s+course|absolutely|okay|ok|great\s+question|good\s+question)\b\W+"
        r"(?:here|I\s+can|I['’]d|I['’]ll|I\s+will|let\s+me|let['’]s|happy\s+to)\b",
        r"here(?:['’]s|\s+is|\s+are)\s+(?:\w+\s+){0,4}?"
        r"(?:answer|version|response|rewrite|rewritten|restyled|summary)\b",
        r"(?:my|the)\s+(?:answer|response)\W+(?:written|restyled|rewritten)\b",
        r"(?:I\s*(?:['’]m|am)\s+(?:\w+\s+)?sorry|I\s+apologi[sz]e|unfortunately)"
        rf"\W+(?:\w+\W+){{0,4}}?I\s*{_UNABLE}",
        rf"I\s*{_UNABLE}\s+"
        r"(?:answer|assist|help\s+(?:you|with)|provide|fulfil+|comply|generate|rewrite|continue)\b",
    )
)
_ROLES = "assistant|user|system|human|AI|question|answer|response|prompt|instruction|output|input|note|q|a"
_MARKUP = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"[{}]",
        r"```|~~~",
        r"</?[a-z][\w-]*(?:\s[^<>\n]*)?/?>|<\||\|>|\[/?INST\]",
        r"^\s{0,3}#{1,6}\s+\S.*",
        r"\*\*\S|__\S|\\n",
        rf"^\W{{0,3}}(?:{_ROLES})\s*:",
    )
)
# A dash begins what somebody says in many languages; a hyphen with a space after it begins an entry. Blanks
# are bounded: a small model may send nothing else for ever, and \s* over 20,000 of them takes minutes.
_ENTRY = re.compile(
    r"^[ \t]{0,20}(?:[-*+•·▪◦‣●○■]|\(?(?:\d{1,3}|[ivx]+|[a-z])[.)])[ \t]{1,20}\S.*",
    re.IGNORECASE | re.MULTILINE,
)
_COUNTED = re.compile(r"(?:^|\s)\(?(\d{1,2})[.)]\s")
_INDEX_LINE = re.compile(r"^[^\d\n]{2,60}(?:,|\.{2,99}|[ \t]{2,99})[ \t]{0,9}\d[\d,; –-]*$", re.MULTILINE)
_NUMBERS_IN_A_ROW = re.compile(r"\d[\d.]*(?:\s*(?:[,;–-]|,?\s(?:and|&))\s*\d[\d.]*){4,}")
# Of letters and digits: a year or two in fifty words are 4 %, half of an index is figures.
MOST_DIGITS = 0.1


def speaks_of_text(text: Text, passage: Text) -> str | None:
    """The words by which a text speaks of the text at hand or of who wrote it; None if it does not.

    A passage may be about passages, texts or authors. "The passage" and "the author" are its own where it has
    that word at all; "this author" and "the author argues" where it has "this author" and "the author". But
    "this text", "the text says" and "according to the passage" are never its own: a passage that says "this
    chapter" speaks of itself, and what it speaks of says nothing.
    """
    for nouns, pattern in zip(_NOUNS, _OF_A_TEXT, strict=True):
        if not nouns.search(text.lower):  # the quick way out, for nearly all
            continue
        for found in pattern.finditer(text.text):
            if found["this"] or found["before"] or found["says"]:
                own = bool(found["who"]) and found["named"].lower() in passage.lower
            else:
                own = bool(re.search(rf"\b{found['noun'].lower()}s?\b", passage.lower))
            if not own:
                return found.group()
    found = _ABOVE.search(text.text)
    return found.group() if found else None


def speaks_as_machine(text: Text, known: Text) -> str | None:
    """The words by which a text speaks as an assistant would; None where it does not, or `known` has them."""
    for phrase in _PHRASES:
        if phrase in text.in_a_row and phrase not in known.in_a_row:
            return phrase.strip()
    for pattern in _OPENINGS:
        found = pattern.match(text.text)
        if found and found.group().lower() not in known.lower:
            return found.group().strip()
    return None


def markup(text: Text, known: Text) -> str | None:
    """Marks that are no prose: braces, fences, tags, headings, role names; not of a kind that `known` has."""
    for pattern in _MARKUP:
        found = pattern.search(text.text)
        if found and not pattern.search(known.text):
            return found.group().strip()
    return None


def number_list(text: Text) -> str | None:
    """By what a text is a list or an index and no prose; None for prose, though it may name a year or two."""
    letters_and_digits = sum(map(str.isalnum, text.text))
    digits = sum(map(str.isdigit, text.text))
    if digits > MOST_DIGITS * letters_and_digits:
        return f"{digits / letters_and_digits:.0%} of its letters and digits are digits"
    entries = _ENTRY.findall(text.text)
    if len(entries) > 1:
        return f"{len(entries)} entries: {shown(entries[0])}"
    if [found for found in _COUNTED.findall(text.text) if found in ("1", "2", "3")][:3] == ["1", "2", "3"]:
        return "entries 1, 2, 3 in a row"
    found = _INDEX_LINE.search(text.text) or _NUMBERS_IN_A_ROW.search(text.text)
    return shown(found.group()) if found else None
