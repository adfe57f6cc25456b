"""Page classes: what a heading's words, a page's figures and its place in the book say about it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from inkprint.extract.lines import Line

# What a dropped page is called in its reason.
REASONS = {
    "cover": "cover or jacket matter",
    "title": "title page",
    "copyright": "copyright page",
    "dedication": "dedication",
    "contents": "table of contents",
    "figures": "list of figures or tables",
    "foreword": "another's words: foreword or editor's note",
    "notes": "endnotes",
    "bibliography": "bibliography",
    "glossary": "glossary",
    "index": "index",
    "licence": "licence or e-book boilerplate",
    "blank": "empty page",
    "override": "dropped by overrides.yaml",
    "no_text": "a picture without text that could be read",
}

# A heading that consists of these words names its section. English first, then what books in German, French,
# Spanish, Italian, Portuguese, Dutch, Slavic languages and Greek call it (capitals may lose accents).
# Italian's Note is not among them: over an English page that is the author's.
_NAMES = {
    "contents": (
        r"(table of |brief |detailed )?contents( in brief)?",
        r"inhalt(sverzeichnis|sübersicht)?|table des mati[èe]res|sommaire|[íi]ndice( general| generale)?"
        r"|contenido"
        r"|sommario|sumário|inhoud(sopgave)?|innehåll(sförteckning)?|ind?n?hold(sfortegnelse)?"
        r"|spis treści|obsah"
        r"|оглавление|содержание|зміст|περιεχ[όο]μενα|tartalom(jegyzék)?|sisällys(luettelo)?|cuprins",
    ),
    "figures": (
        r"(list of )?(figures|illustrations|tables|maps|plates|abbreviations)"
        r"( and (figures|tables|illustrations|maps))?",
        r"abbildungsverzeichnis|table des illustrations",
    ),
    "foreword": (
        r"forewords?( by .*| to .*)?",
        r"(editor|publisher|translator)s? ?s? (note|preface|introduction|foreword)( to .*)?",
        r"(a )?note on the (text|translation|type|edition)",
        r"geleitwort",
    ),
    "notes": (
        r"(end ?|foot ?|chapter )?notes( and (references|sources)| to .*| on sources| for .*)?",
        r"anmerkungen( und .*)?|endnoten|fussnoten|notes (de bas de page|de fin|et références)|note al testo"
        r"|notas( al pie| finales| finais| de rodapé)?|(voet|eind)?noten|aantekeningen|noter|przypisy"
        r"|poznámky"
        r"|примечания|сноски|комментарии|примітки|σημει[ώω]σε?ισ|jegyzetek|notlar",
    ),
    "bibliography": (
        r"(selected? |annotated |general )?(bibliography|references|works cited|sources)( and .*)?",
        r"(suggestions? for |suggested )?further reading|suggested readings?",
        r"literatur(verzeichnis|hinweise)?|quellenverzeichnis|bibliographie|bibliograf[íi]a|bibliografie"
        r"|références( bibliographiques)?|ouvrages cités|refer[eê]ncias( bibliográficas)?"
        r"|riferimenti bibliografici"
        r"|literatuur(lijst)?|библиография|(список )?литератур[аы]|βιβλιογραφ[ίι]α",
    ),
    "glossary": (
        r"glossary( of .*)?|list of symbols",
        r"glossar|glossaire|glosario|glossario|glossário|глоссарий|γλωσσ[άα]ρι(ο|ον)?",
    ),
    "index": (
        r"(\w+ ){0,5}index( of .*)?|indices",
        r"((personen|sach|namen|namens|orts|stichwort|zaak)?register)|stichwortverzeichnis|namensverzeichnis"
        r"|índice (analítico|alfabético|onomástico)|indice (analitico|dei nomi)|index (des|général"
        r"|alphabétique).*"
        r"|((именной|предметный|алфавитный) )?указатель( имен| имён)?|ευρετ[ήη]ριο",
    ),
    "licence": (
        r"(full |pg )?(project gutenberg(tm)? )?licen[cs]e|(pg|project gutenberg) .*|.*boilerplate",
        r"transcribers? ?s? notes?",
        r"(notice of )?(copying|licen[cs]ing)( information| conditions)?",
        r"(the )?(gnu|creative commons|apache|mit|open) .*licen[cs]e( .*)?",
    ),
    "copyright": (
        r"copyright( page| notice| ©.*)?|imprint|impressum|colophon|permissions",
        r"((photo|picture|illustration|text) )?credits",
    ),
    "dedication": (r"dedication",),
    "cover": (
        r"((front|back) )?cover|about the authors?|half title|(advance )?praise( for .*)?",
        r"(also|other (books|works|titles)|books|more) by .*|by the same author",
    ),
    "title": (r"title( page)?|titelblatt|page de titre|portada|frontespizio",),
}
_PATTERNS = {name: re.compile("|".join(patterns)) for name, patterns in _NAMES.items()}
# Outline entries that only group others.
WRAPPER = re.compile(r"(front|main|back|end) ?matter|body|text|preliminaries")

_LICENCE_START = re.compile(
    r"end of (the |this )?project gutenberg|\*{3} ?(end of (the|this) project gutenberg|start: full licen)"
    r"|\*{3}start[ *]+the small print",
    re.I,
)
_LICENCE_END = re.compile(r"\*{3} ?start of (the|this) project gutenberg|\*end[ *]+the small print", re.I)
_COPYRIGHT = re.compile(
    r"rights reserved|public domain|\bcc0\b|published by|printed by|\btypeset\b"
    r"|\bisbn\b|library of congress|©|\bcopyright\b|first (published|edition|printing)"
    r"|alle rechten? vorbehalten|alle rechten voorbehouden|tous droits .{0,40}réservés|todos los derechos"
    r"|todos os direitos"
    r"|tutti i diritti|все права защищены|dépôt légal|gedruckt in|imprimé en|impreso en|stampato in"
    r"|printed in|cataloging.in.publication|creative commons",
    re.I,
)
_DEDICATION = re.compile(r"(dedicated )?(to|for|in (loving )?memory of)\b", re.I)
_ENDS_IN_PAGE = re.compile(r"(?:^|[\s.,…])(\d{1,4}|[ivxlc]{1,7})(?:n|ff?\.?)?\.?$", re.I)
_INDEX_ENTRY = re.compile(r",\s?\d{1,4}(?:[–-]\d+)?(?:n\.?\d*|ff?\.?)?(?:[,;.]|$)|\bsee also\b|^\d[\d,–n-]*$")
_WITH_LETTER = re.compile(r"\S*[^\W\d_]\S*")
_LEADERS = re.compile(r"(\. ?){4,}|…{2,}|_{4,}")
_NOTE_START = re.compile(r"^[\[(]?\d{1,3}[\]).]?\s+\S|^[*†‡]\s?\w")
_CITES = re.compile(
    r"\b(ibid|op\. cit|pp?\. ?\d|vol\. ?\d|eds?\.|trans\.|see also|https?:|www\."
    r"|(1[5-9]|20)\d\d[a-z]?\)?[,.;:)])"
    r"|\b(Press|Publishers|University|Verlag|Journal)\b",
    re.I,
)


def section_name(heading: str) -> str:
    """The class that a heading's words name, or ""."""
    words = re.sub(r"[^\w©]+", " ", heading.casefold().replace("’", "'").replace("'", " ")).strip()
    words = re.sub(
        r"^(appendix( \w)?|chapter|\d+|[ivx]+|[a-h])"
        r" (?=notes|references|bibliography|index|glossary|copying|licen|gnu)",
        "",
        words,
    )
    for name, pattern in _PATTERNS.items():
        if pattern.fullmatch(words):
            return name
    return ""


def names_licence(text: str) -> bool:
    """Whether a text has any of the words of which each edge of a licence has one."""
    lowered = text.lower()
    return "gutenberg" in lowered or "start: full" in lowered or "small print" in lowered


def licence_edge(text: str) -> str:
    """ "start" where a licence text begins, "end" where one ends, or ""."""
    if not names_licence(text):
        return ""  # nearly every line: the patterns are slow
    if _LICENCE_START.search(text):
        return "start"
    return "end" if _LICENCE_END.search(text) else ""


def _share(lines: Sequence[Line], pattern: re.Pattern[str]) -> float:
    return sum(1 for line in lines if pattern.search(line.text)) / max(1, len(lines))


def looks_like(name: str, lines: Sequence[Line], body_size: float) -> bool:
    """Whether a page's lines have the figures and marks of their class."""
    if not lines:
        return False
    small = sum(line.size < 0.95 * body_size for line in lines) * 2 > len(lines)
    if name in ("contents", "figures"):
        return _share(lines, _ENDS_IN_PAGE) >= 0.4 or _share(lines, _LEADERS) >= 0.3
    if name == "index":
        return _share(lines, _INDEX_ENTRY) >= 0.4
    if name == "notes":
        starts, cites = _share(lines, _NOTE_START), _share(lines, _CITES)
        return starts >= 0.3 or cites >= 0.3 or (small and starts + cites >= 0.15)
    if name == "bibliography":
        return _share(lines, _CITES) >= (0.2 if small else 0.3)
    return False


def is_prose(lines: Sequence[Line]) -> bool:
    """Full lines of running words: what a page of the book's text is made of."""
    text = " ".join(line.text for line in lines)
    words = len(_WITH_LETTER.findall(text))
    if words < 60:
        return False
    widest = max(line.x1 - line.x0 for line in lines)
    full = sum(line.x1 - line.x0 > 0.8 * widest for line in lines)
    figures = sum(map(str.isdigit, text))
    return full >= 0.4 * len(lines) and figures < 0.25 * words and _share(lines, _INDEX_ENTRY) < 0.3


def is_alphabetical(lines: Sequence[Line]) -> bool:
    """Whether the entries of a list stand in the order of the alphabet, as in a bibliography or glossary.

    An entry begins after a line that ends one; some lines inside an entry look the same, so that one in
    five may be out of order.
    """
    starts = [
        below.text.casefold().strip("“\"'‘(")[:12]
        for above, below in pairwise([None, *lines])
        if above is None or re.search(r"[.)\]”\"]$", above.text)
    ]
    ordered: list[str] = []  # the longest run in order, however interrupted
    for entry in starts:
        at = bisect_right(ordered, entry)
        ordered[at : at + 1] = [entry]
    return len(starts) >= 5 and len(ordered) >= 0.8 * len(starts)


def front_class(lines: Sequence[Line], body_size: float) -> tuple[str, str]:
    """Class and evidence of a page that comes before the first section anybody names."""
    text = " ".join(line.text for line in lines)
    words = len(text.split())
    gutenberg = len(re.findall("project gutenberg", text, re.I))
    if gutenberg >= 2 or (gutenberg and licence_edge(text)):
        return "licence", "names Project Gutenberg and its terms"
    marks = {match[0].lower() for match in _COPYRIGHT.finditer(text)}
    if marks and (words < 60 or len(marks) >= 2) and words < 700:
        return "copyright", f"before the first chapter; says {', '.join(sorted(marks)[:3])!r}"
    if re.match(r"(also |other \w+ |books )by |praise for ", text, re.I):
        return "cover", "before the first chapter; lists other books or praise"
    for name in ("contents", "index"):
        if len(lines) >= 5 and looks_like(name, lines, body_size):
            return ("contents", "before the first chapter; lines end in page numbers")
    largest = max((line.size for line in lines), default=0.0)
    if words <= 60 and _DEDICATION.match(text) and largest < 1.5 * body_size:
        return "dedication", "a few words before the first chapter, beginning with To or For"
    if words <= 60:
        return "title", f"{words} words before the first chapter"
    if is_prose(lines):
        return "body", "prose before the first named section"
    return "title", "no prose, before the first chapter"
