"""An HTML parser that gathers a page's paragraphs, and says of each what its elements call it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from inkprint.extract.blocks import Block
from inkprint.extract.spans import NOTE_MARK

_UNSEEN = set(
    "script style head noscript template svg button select textarea iframe object canvas audio video datalist"
    " rt rp".split()
)
_VOID = set("area base br col embed hr img input link meta param source track wbr".split())
_BLOCK = set(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption"
    " figure footer header hgroup html legend li main menu nav ol p pre section summary table tbody td tfoot"
    " th thead tr ul h1 h2 h3 h4 h5 h6".split()
)
_CLOSES_P = _BLOCK - {"body", "html", "td", "th", "tr", "tbody", "thead", "tfoot"}
_CELL = {"td", "th"}
# Words of an element's class, id, role or epub:type, against what it holds.
_MARKED = {
    "footnote": "footnote footnotes endnote endnotes rearnote rearnotes doc-footnote doc-footnotes"
    " doc-endnote doc-endnotes footnotetext notetext",
    "page number": "pagenum pagenumber page-number pageno pagebreak doc-pagebreak page_number",
    "caption": "caption figcaption wp-caption-text illustration-caption",
    "navigation": "nav navbar navigation menu breadcrumb breadcrumbs sidebar cookie cookies site-footer"
    " site-header skip-link navlinks prevnext pagination share social related comments comment-list",
    "code": "highlight codehilite sourcecode programlisting",
}
_REASONS = {word: reason for reason, words in _MARKED.items() for word in words.split()}
_VERSE = re.compile(r"(verse|line|l|vers|i\d{1,2}|indent\d{0,2})")
_UNIT = re.compile(r"\b(km|cm|mm|dm|ft|mi|yd|in)$")  # a square or cube of it and no note
_NOTE_LINK = re.compile(r"[\[(]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4}|[*†‡§‖¶]{1,3})[\])]?")
_BRACKETED = re.compile(r"\[(\d{1,3}|[A-Za-z*†‡])\]")
_NOTE_CLASS = {
    "noteref",
    "fnanchor",
    "footnote-ref",
    "footnoteref",
    "doc-noteref",
    "footnote-reference",
    "fnref",
}
_WORD_BEFORE = re.compile(r"[^\W\d_]{2}$|[.,;:!?”’\"'…—–)\]-]$")
WORDS_A_CELL = 20  # a table with more in its average cell is a page's layout
LINKED = 0.8  # of the words of a list: then it is a menu or a table of contents
DEEPEST = 500  # elements inside one another; browsers, too, go no deeper


@dataclass(frozen=True)
class Found(Block):
    """A block and what only this module asks of it."""

    main: bool = False
    linked: bool = False  # most of its words are a link
    row: int = 0  # of a table
    verse: int = 0  # which stanza it is a line of; 0: none


@dataclass
class _Open:
    """An element that is not closed yet."""

    tag: str
    reason: str  # its own or the one around it
    first: int  # how many blocks stood before it
    text_at: int  # where its text begins in the block at work
    words: frozenset[str]  # of its class, id, role and epub:type
    linked: bool
    unseen: bool
    number: int  # counted through the page


class Reader(HTMLParser):
    """Collects blocks in `found`. Elements that nobody closes end with the one around them."""

    def __init__(self, site: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._site = site
        self._count = 0
        self.found: list[Found] = []
        self._open: list[_Open] = []
        self._unseen = 0  # how many open elements are not to be seen
        self._text = ""
        self._linked = self._bold = 0  # letters of the block at work
        self._marks: list[str] = []
        self._names: list[str] = []
        self._cells: list[int] = []  # of each open table
        self._row = 0

    # -- what HTMLParser calls ----------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.rpartition(":")[2]
        values = {name: value or "" for name, value in attrs}
        if tag in _BLOCK and any(element.tag == "head" for element in self._open[:3]):
            self.handle_endtag("head")  # which nobody closed
        if tag in _CLOSES_P and any(element.tag == "p" for element in self._open[-3:]):
            self.handle_endtag("p")
        if tag in ("li", "dd", "dt", "tr", "td", "th", "option") and self._open and self._open[-1].tag == tag:
            self.handle_endtag(tag)
        words = _words_of(values)
        if tag in _BLOCK:
            self.end_block()
        self._names += [values[name] for name in ("id", "name") if values.get(name)]
        if tag in _VOID:
            self._void(tag, values)
            return
        if len(self._open) >= DEEPEST:
            return
        around = self._open[-1].reason if self._open else ""
        reason = around or self._reason(tag, words)
        if tag == "math" and values.get("display") == "block":
            reason = reason or "formula"
        linked = (tag == "a" and "href" in values) or bool(self._open and self._open[-1].linked)
        if tag == "span" and any(_VERSE.fullmatch(word) for word in words):
            self._break()
        hidden = "hidden" in values or re.search(r"display\s*:\s*none", values.get("style", ""), re.I)
        unseen = tag in _UNSEEN or (bool(hidden) and tag not in ("html", "body"))
        self._count += 1
        self._unseen += unseen
        self._open.append(
            _Open(tag, reason, len(self.found), len(self._text), words, linked, unseen, self._count)
        )
        if tag == "table":
            self._cells.append(0)
        elif tag in _CELL and self._cells:
            self._cells[-1] += 1
        elif tag == "tr":
            self._row += 1
        elif tag == "q":
            self._text += "“"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # <a id="x"/> in XHTML is empty; in HTML a div may be written so and is not, but nobody does.
        self.handle_starttag(tag, attrs)
        if tag.rpartition(":")[2] not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if not any(element.tag == tag for element in self._open):
            return
        while self._open:
            element = self._open[-1]
            self._close(element, self._open[-2] if len(self._open) > 1 else None)
            self._open.pop()
            if element.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not any(element.tag == "pre" for element in self._open):
            data = re.sub(r"\s+", " ", data.replace("\n", " "))
            if not self._text.strip() and not data.strip():
                return
        letters = len(data.strip())
        if self._open and self._open[-1].linked:
            self._linked += letters
        if any(element.tag in ("b", "strong") for element in self._open):
            self._bold += letters
        self._text += data

    # -- blocks -------------------------------------------------------------------------------

    def end_block(self) -> None:
        """The paragraph at work ends here."""
        if not self._text and not self._marks:
            return
        text, letters = self._text.strip(" \n"), len(self._text.strip())
        if text or self._marks:
            tags = [element.tag for element in self._open]
            level = next((int(tag[1]) for tag in reversed(tags) if re.fullmatch(r"h[1-6]", tag)), -1)
            reason = self._open[-1].reason if self._open else ""
            verse = self._stanza()
            main = any(e.tag in ("main", "article") or "role-main" in e.words for e in self._open)
            self.found.append(
                Found(
                    text, -1 if reason else level, self._bold * 2 > letters, tuple(self._marks), reason,
                    tuple(self._names), main=main, linked=self._linked >= LINKED * letters > 0, row=self._row,
                    verse=verse,
                )
            )  # fmt: skip
            self._names = []
        for element in self._open:
            element.text_at = 0
        self._text, self._linked, self._bold, self._marks = "", 0, 0, []

    def _stanza(self) -> int:
        """The number of the element around a line of verse, where the block at work is one."""
        if len(self._open) < 2 or not any(_VERSE.fullmatch(word) for word in self._open[-1].words):
            return 0
        return self._open[-2].number if self._open[-1].tag in ("div", "p") else 0

    def _close(self, element: _Open, around: _Open | None) -> None:
        text = self._text[element.text_at :].strip()
        if element.tag in ("sup", "a") and not element.reason and self._is_mark(element, around, text):
            self._text = self._text[: element.text_at]
            self._marks.append(text)
        elif element.reason and element.tag not in _BLOCK and text and not (around and around.reason):
            # A page number in the middle of a sentence: out of it, and the sentence goes on.
            self._text = self._text[: element.text_at]
            self.found.append(Found(text, reason=element.reason))
        if element.tag in _BLOCK:
            self.end_block()
        elif element.tag == "q":
            self._text += "”"
        self._unseen -= element.unseen
        if element.tag == "table" and self._cells:
            self._end_table(element, self._cells.pop())

    def _end_table(self, element: _Open, cells: int) -> None:
        """Rows of a table of figures or short entries; a table that lays out a page is text."""
        inside = self.found[element.first :]
        words = sum(len(block.text.split()) for block in inside)
        if not inside or words > WORDS_A_CELL * max(1, cells) or any(b.level >= 0 for b in inside):
            return
        rows: dict[int, list[str]] = {}
        for block in inside:
            rows.setdefault(block.row, []).append(block.text.replace("\n", " "))
        names = tuple(name for block in inside for name in block.names)
        reason = element.reason or ("navigation" if all(b.linked for b in inside if b.text) else "table")
        text = "\n".join(" | ".join(row) for row in rows.values())
        self.found[element.first :] = [Found(text, reason=reason, names=names, main=inside[0].main)]

    def _void(self, tag: str, values: dict[str, str]) -> None:
        if self._unseen:
            return
        if tag == "br":
            self._break()
        elif tag == "hr":
            self.end_block()
            if not (self._open and self._open[-1].reason):
                self.found.append(Found("* * *"))
        elif tag == "img":
            letter = values.get("alt", "").strip()
            if len(letter) == 1 and letter.isalpha():  # a drawn initial
                self._text += letter
            elif not self._text.strip():
                self.found.append(Found("", picture=True, names=tuple(self._names)))
                self._names = []

    def _break(self) -> None:
        if self._text.strip():
            self._text = self._text.rstrip(" ") + "\n"

    # -- what an element is -------------------------------------------------------------------

    def _reason(self, tag: str, words: frozenset[str]) -> str:
        tags = {element.tag for element in self._open}
        if tag == "nav" or (tag == "footer" and not tags & {"article", "main", "blockquote", "section"}):
            return "navigation"
        if tag == "figcaption":
            return "caption"
        if tag == "code" and "pre" in tags and not self._text.strip():
            return "code"
        if tag in ("body", "html", "main", "article"):
            return ""
        found = next((_REASONS[word] for word in sorted(words) if word in _REASONS), "")
        if found == "code" and tag not in ("pre", "div", "table", "figure"):
            return ""
        return found if self._site or found != "navigation" else ""

    def _is_mark(self, element: _Open, around: _Open | None, text: str) -> bool:
        """A raised figure after a word, or a link whose whole text is a note's number."""
        if element.tag == "a":
            named = bool(element.words & _NOTE_CLASS) and _NOTE_LINK.fullmatch(text) is not None
            raised = around is not None and around.tag == "sup" and NOTE_MARK.fullmatch(text) is not None
            return named or (element.linked and (raised or _BRACKETED.fullmatch(text) is not None))
        before = self._text[: element.text_at].rstrip()
        known = element.linked or bool(element.words & _NOTE_CLASS)
        after_word = _WORD_BEFORE.search(before) is not None and not _UNIT.search(before)
        return NOTE_MARK.fullmatch(text) is not None and (known or after_word)


def _words_of(values: dict[str, str]) -> frozenset[str]:
    found = {f"role-{values['role'].lower()}"} if values.get("role") else set()
    for name in ("class", "role", "epub:type"):
        found |= set(values.get(name, "").lower().split())
    return frozenset(found)
