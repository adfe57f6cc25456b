"""Chapters' numbers as words, in other languages than English: Erstes Kapitel, Глава первая."""

from __future__ import annotations

import re

# First to twelfth, as the words begin; endings differ by gender and case, and capitals may lose accents.
_STEMS = (
    "erst zweit dritt viert fünft sechst sieb acht neunt zehnt elft zwölft",
    "premi deuxièm troisièm quatrièm cinquièm sixièm septièm huitièm neuvièm dixièm onzièm douzièm",
    "prim segund tercer cuart quint sext séptim octav noven décim undécim duodécim",
    "prim second terz quart quint sest settim ottav non decim undicesim dodicesim",
    "primeir segund terceir quart quint sext sétim oitav nono décim",
    "eerst tweed derd vierd vijfd zesd zevend achtst negend tiend elfd twaalfd",
    "först andr tredj fjärd femt sjätt sjund åttond niond tiond elft tolft",
    "først anden tredj fjerd femt sjett syvend ottend niend tiend ellevt tolvt",
    "pierwsz drug trzeci czwart piąt szóst siódm ósm dziewiąt dziesiąt jedenast dwunast",
    "první druh třetí čtvrt pát šest sedm osm devát desát jedenáct dvanáct",
    "перв втор трет четверт пят шест седьм восьм девят десят одиннадцат двенадцат",
    "перш друг трет четверт п'ят шост сьом восьм дев'ят десят одинадцят дванадцят",
    "πρώτ δεύτερ τρίτ τέταρτ πέμπτ έκτ έβδομ όγδο ένατ δέκατ ενδέκατ δωδέκατ",
    "első második harmadik negyedik ötödik hatodik hetedik nyolcadik kilencedik tizedik",
    "birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu onuncu",
)
_ENDINGS = r"e[rsnmt]?|s[toea]+|ere|er[oa]|[oaiyáý]|iere|ая|ый|ой|ое|ья|ий|ье|[οηα]σ?"
_CARDINALS = (
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "een twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "uno dos tres cuatro cinco seis siete ocho nueve diez",
    "один два три четыре пять шесть семь восемь девять десять",
)
_GREEK = "α β γ δ ε στ ζ η θ ι ια ιβ".split()  # letters with a stroke: Κεφάλαιο Β΄
_PLAIN = str.maketrans("άέήίόύώёéíóúàè", "αεηιουωеeiouae")
VALUES = {
    stem.translate(_PLAIN): value
    for language in _STEMS
    for value, stem in enumerate(language.split(), start=1)
}
_WHOLE = {word: value for language in _CARDINALS for value, word in enumerate(language.split(), start=1)}
_LONGEST_FIRST = "|".join(sorted(VALUES, key=lambda stem: (-len(stem), stem)))
_ORDINAL = re.compile(rf"(?P<stem>{_LONGEST_FIRST})(?:{_ENDINGS})?|(?P<letters>[α-ω]{{1,2}})[΄ʹ'’´]")
# A pattern of one word, or of Greek letters, to be looked at by `ordinal`; in other words it costs nothing.
WORD = r"[^\W\d_]+['’]?[^\W\d_]*[΄ʹ´]?"


def ordinal(word: str) -> int:
    """The value of a number up to 12 in one of these languages; 0 for any other word."""
    if word.lower() in _WHOLE:
        return _WHOLE[word.lower()]
    found = _ORDINAL.fullmatch(word.lower().replace("ς", "σ").translate(_PLAIN))
    if found is None:
        return 0
    if found["stem"]:
        return VALUES[found["stem"]]
    return _GREEK.index(found["letters"]) + 1 if found["letters"] in _GREEK else 0
