"""HTML and XHTML as paragraphs: text in reading order, headings, and apart what is no text."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from inkprint.errors import UserError
from inkprint.extract.blocks import Block
from inkprint.extract.encodings import as_utf8, what_else
from inkprint.extract.html_reader import Found, Reader

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_XML = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w-]+)", re.I)
MOST_OF_ALL = 0.5  # of a page's words, in its main part: then what is outside is the site's


def decode_html(content: bytes) -> str:
    """The text of a page: by its byte order mark, its declaration, as UTF-8, or as Windows' Latin.

    Raises UserError for a page that declares nothing and is neither.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    declared = [
        match[1].decode() for match in (_XML.search(content[:400]), _META.search(content[:4096])) if match
    ]
    # Browsers read ISO-8859-1 as Windows' Latin, and a page that declares UTF-16 in single bytes is not.
    names = [{"iso-8859-1": "cp1252", "latin-1": "cp1252"}.get(name.lower(), name) for name in declared]
    for name in (name for name in names if not name.lower().startswith(("utf-16", "utf-8", "utf8"))):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return content.decode(name)
    if (text := as_utf8(content)) is not None:
        return text
    if what := what_else(content):
        raise UserError(what)
    return content.decode("cp1252", errors="replace")


def html_blocks(text: str, site: bool = False) -> list[Block]:
    """The paragraphs of a page; HTML has no errors. site: a page of the web, with menus around its text."""
    reader = Reader(site)
    reader.feed(text)
    reader.close()
    reader.end_block()
    blocks = _stanzas([block for block in reader.found if block.text or block.names or block.picture])
    inside = [block for block in blocks if block.main]
    words, all_words = (sum(len(block.text.split()) for block in some) for some in (inside, blocks))
    if site and words > MOST_OF_ALL * all_words:
        blocks = [b if b.main or b.reason else replace(b, reason="navigation", level=-1) for b in blocks]
    return list(_without_menus(blocks))


def _stanzas(blocks: list[Found]) -> list[Found]:
    """Lines of verse that are elements of their own, together again."""
    result: list[Found] = []
    for block in blocks:
        if block.verse and result and result[-1].verse == block.verse and not block.reason:
            last = result[-1]
            marks, names = last.marks + block.marks, last.names + block.names
            result[-1] = replace(last, text=f"{last.text}\n{block.text}", marks=marks, names=names)
        else:
            result.append(block)
    return result


def _without_menus(blocks: list[Found]) -> Iterator[Block]:
    """Four and more paragraphs in a row that are nothing but links are a menu or a contents list."""
    run: list[Found] = []
    for block in [*blocks, None]:
        if block and not block.reason and (block.linked or (run and not block.text)) and block.level < 0:
            run.append(block)
            continue
        menu = sum(bool(entry.text) for entry in run) >= 4
        yield from (_plain(replace(entry, reason="navigation") if menu else entry) for entry in run)
        run = []
        if block:
            yield _plain(block)


def _plain(block: Found) -> Block:
    return Block(block.text, block.level, block.bold, block.marks, block.reason, block.names, block.picture)
