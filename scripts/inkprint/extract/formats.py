"""What a document is, by its content and never by its name, and its pages before anything is judged."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Literal

from inkprint.errors import UserError
from inkprint.extract.blocks import pages_of
from inkprint.extract.chapters import OutlineEntry
from inkprint.extract.documents import decode_text
from inkprint.extract.docx import DOCUMENT, read_docx
from inkprint.extract.encodings import as_utf8, what_else
from inkprint.extract.epub import PACKAGE, read_epub
from inkprint.extract.html_text import decode_html, html_blocks
from inkprint.extract.lines import RawPage
from inkprint.extract.markdown import is_markdown, markdown_blocks
from inkprint.extract.plain import text_pages

# "other" is what PyMuPDF is to open: PDF, XPS, MOBI, FictionBook, comics, pictures.
Kind = Literal["epub", "docx", "html", "markdown", "text", "other"]
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFUSED = {
    b"{\\rtf": "an RTF file; save it as DOCX or plain text",
    b"%!PS": "a PostScript file; make a PDF of it (ps2pdf)",
    _OLE: "a Word file of before 2007 or one with a password; save it as DOCX without one",
}
_HTML = re.compile(
    r"\s*(<\?xml[^>]*\?>\s*|<!--.*?-->\s*)*"
    r"<(!doctype\s+html|html|head|body|title|meta|article|main|section|header|div|h[1-6]|p|center|table|font)\b",
    re.I | re.S,
)


def kind_of(content: bytes) -> Kind:
    """What a file is. Raises UserError for what says that it is something that nothing here reads."""
    for mark, what in _REFUSED.items():
        if content.startswith(mark):
            raise UserError(what)
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    text = decode_text(content)
    begins = (content[:5000].decode("latin-1") if text is None else text[:5000]).lstrip("\ufeff")
    if _HTML.match(begins):  # it says itself in which letters it is
        return "html"
    if text is None and b"%PDF-" in content[:1024]:
        return "other"
    if re.match(r"\s*<(\?xml|svg|fictionbook)", begins, re.I):
        return "other"
    if as_utf8(content) is None and (what := what_else(content)):
        raise UserError(what)
    if text is None:
        return "other"
    return "markdown" if is_markdown(text) else "text"


def _kind_of_archive(content: bytes) -> Kind:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise UserError(f"damaged, a zip archive that cannot be read ({error}); get it again") from None
    if PACKAGE in names:
        return "epub"
    return "docx" if DOCUMENT in names else "other"


def flowing_pages(content: bytes, kind: Kind) -> tuple[list[RawPage], list[OutlineEntry]]:
    """Pages and outline of a document that has none of its own. Raises UserError for a damaged one."""
    if kind == "text":
        return text_pages(decode_text(content) or ""), []
    if kind == "markdown":
        return pages_of(markdown_blocks(decode_text(content) or ""))
    if kind == "html":
        return pages_of(html_blocks(decode_html(content), site=True))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return pages_of(*read_epub(archive)) if kind == "epub" else pages_of(read_docx(archive))
