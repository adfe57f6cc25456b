"""Text that is no UTF-8: Windows' Latin, or another, which is said and never read as what it is not."""

from __future__ import annotations

import contextlib
import re

# Of a text's letters those beyond ASCII: French and Portuguese under 0.08, Russian and Greek over 0.9.
FOREIGN_SHARE = 0.3
# Words with a sign inside, as Polish has them read as Latin (mo¿e, d³ugo): under 0.001 in Western text.
SIGNS_INSIDE_SHARE = 0.01
SAMPLE_BYTES = 2**20
# Not the middle dot, which Catalan has inside words, nor soft hyphens.
_SIGN_INSIDE = re.compile(r"[^\W\d_][¡-¬®-¶¸-¿×÷][^\W\d_]")
# What each would be, and the letters that it is told by: the language's most frequent ones, or its own.
_RUSSIAN, _POLISH = "оеаинтсрвлкмд", "ąćęłńśźżěščřůőűťďňĺľ"
_HAN = "的一是不了在有人我他大来來上个個"
# The least share of those letters among what is not ASCII. Measured: 0.7 and more where a byte is a letter,
# and 0.5 at most read wrongly; 0.17 and more where two bytes are a sign, of which there are thousands.
_ONE_BYTE, _TWO_BYTES = 0.6, 0.12
_CANDIDATES = (
    ("cp1251", "Russian", _RUSSIAN, _ONE_BYTE), ("koi8-r", "Russian", _RUSSIAN, _ONE_BYTE),
    ("cp866", "Russian", _RUSSIAN, _ONE_BYTE), ("cp1253", "Greek", "αοιετσνηςυρπκ", _ONE_BYTE),
    ("cp737", "Greek", "αοιετσνηςυρπκ", _ONE_BYTE), ("cp1255", "Hebrew", "יולהאמרתשנב", _ONE_BYTE),
    ("cp1256", "Arabic", "اليمنرتوبةع", _ONE_BYTE), ("iso8859-2", "Central European", _POLISH, _ONE_BYTE),
    ("cp1250", "Central European", _POLISH, _ONE_BYTE),
    ("shift_jis", "Japanese", "のにはをたがでとしいれかるなも、。", _TWO_BYTES),
    ("euc_jp", "Japanese", "のにはをたがでとしいれかるなも、。", _TWO_BYTES),
    ("gb18030", "Chinese", _HAN + "，。", _TWO_BYTES), ("big5", "Chinese", _HAN + "，。", _TWO_BYTES),
    ("euc_kr", "Korean", "이다는에의가을고하지", _TWO_BYTES),
)  # fmt: skip
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def as_utf8(content: bytes) -> str | None:
    """The text where most of what is not ASCII is UTF-8; a stray byte is one of Windows' Latin. Else None."""
    text = content.decode("utf-8-sig", "surrogateescape")
    stray = re.findall("[\udc80-\udcff]", text)
    if len(stray) > sum(character > "\x7f" for character in text) - len(stray):
        return None
    for character in set(stray):
        byte = bytes([ord(character) - 0xDC00])
        text = text.replace(character, byte.decode("cp1252", "ignore"))
    return text


def what_else(content: bytes) -> str:
    """Why text that is no UTF-8 cannot be Windows' Latin either, with what it may be; "" where it can."""
    sample = content[:SAMPLE_BYTES]
    if len(_CONTROLS.findall(sample)) * 1000 > len(sample):
        return ""  # no text at all
    if sample.isascii() or _is_western(sample):
        return ""
    what = "text that is neither UTF-8 nor Windows' Latin"
    for sure in (_ONE_BYTE, _TWO_BYTES):
        shares = {one: _share(sample, one[0], one[2]) for one in _CANDIDATES if one[3] == sure}
        best = max(shares, key=lambda one: shares[one])
        if shares[best] >= sure:
            name = best[0].upper().replace("_", "-")
            return f"{what}; by its letters {best[1]} in {name}: iconv -f {name} -t UTF-8 makes UTF-8 of it"
    return f"{what}; save it as UTF-8"


def _is_western(sample: bytes) -> bool:
    text = sample.decode("cp1252", "replace")
    letters = sum(map(str.isalpha, text))
    foreign = sum(character > "\x7f" and character.isalpha() for character in text)
    strange = len(_SIGN_INSIDE.findall(text)) + text.count("\N{REPLACEMENT CHARACTER}")
    return foreign <= FOREIGN_SHARE * letters and strange <= max(3, SIGNS_INSIDE_SHARE * len(text.split()))


def _share(sample: bytes, name: str, letters: str) -> float:
    """Of what is not ASCII, how much is one of the letters, read in this encoding."""
    with contextlib.suppress(UnicodeDecodeError):
        text = sample[: len(sample) - len(sample) % 2].decode(name, "replace")
        foreign = [character for character in text.lower() if character > "\x7f"]
        # Where a letter is mostly a capital, it is Russian in another encoding than this one.
        capitals = sum(character.isupper() for character in text if character > "\x7f")
        if foreign and capitals * 2 < len(foreign):
            return sum(map(foreign.count, set(letters))) / len(foreign)
    return 0.0
