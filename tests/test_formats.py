"""Documents without pages: EPUB, DOCX, HTML, Markdown and plain text, made here by hand as they come.

What the author wrote must come out word for word and in order, and nothing else; what a file is, its
content says.
"""

from __future__ import annotations

import gzip
import html
import io
import random
import re
import textwrap
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from press import Press, chapters_of, make_prose, read, removed

from inkprint.errors import UserError
from inkprint.extract.formats import kind_of
from inkprint.extract.gutenberg import reason_out
from inkprint.extract.headings import chapter_number
from inkprint.extract.html_text import decode_html, html_blocks
from inkprint.extract.markdown import is_markdown, markdown_blocks
from inkprint.extract.tables import read_table
from inkprint.records import Page

CHAPTERS = {
    "The Lamp": make_prose(1, 9),
    "The Kettle": make_prose(2, 9),
    "A Rope, and What Came of It": make_prose(3, 9),
}
WORDS_ON_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def read_content(folder: Path, content: bytes | str, name: str = "book.data") -> list[Page]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read(path)


def kept_text(pages: list[Page]) -> str:
    return "\n\n".join(page.text for page in pages if page.kept and page.text)


def packed(files: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


# -- EPUB -------------------------------------------------------------------------------------

CONTAINER = (
    "<?xml version='1.0'?><container version='1.0' xmlns='urn:oasis:names:tc:opendocument:xmlns:container'>"
    "<rootfiles><rootfile full-path='OEBPS/content.opf' media-type='application/oebps-package+xml'/>"
    "</rootfiles></container>"
)
PG_HEAD = (
    "<section class='pg-boilerplate pgheader' id='pg-header' lang='en'><h2 id='pg-header-heading'>The Project"
    " Gutenberg eBook of Small Things</h2><div>This ebook is for the use of anyone anywhere.</div>"
    "<div id='pg-start-separator'><span>*** START OF THE PROJECT GUTENBERG EBOOK SMALL THINGS ***</span>"
    "</div>"
    "</section>"
)
PG_FOOT = (
    "<section class='pg-boilerplate pgfooter' id='pg-footer'><div id='pg-end-separator'><span>*** END OF THE"
    " PROJECT GUTENBERG EBOOK SMALL THINGS ***</span></div><h2>THE FULL PROJECT GUTENBERG LICENSE</h2>"
    + "".join(f"<p>1.{n}. {text}</p>" for n, text in enumerate(make_prose(90, 4)))
    + "</section>"
)


def xhtml(body: str) -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'"
        " xmlns:epub='http://www.idpf.org/2007/ops'><head><title>Small Things</title>"
        f"<style>p {{ margin: 0 }}</style></head><body>{body}</body></html>"
    )


def gutenberg_epub(chapters: dict[str, list[str]]) -> bytes:
    """As Project Gutenberg builds them: a wrapped cover, boilerplate, page numbers, notes behind the text."""
    parts = {
        "wrap0000.xhtml": xhtml("<svg><image href='cover.png'/></svg><img src='cover.png' alt='Cover'/>")
    }
    listed = "".join(
        f"<p class='toc'><a href='part{n}.xhtml#c{n}'>{html.escape(title)}</a></p>"
        for n, title in enumerate([*chapters, "Footnotes"])
    )
    front = (
        PG_HEAD + "<p>Produced by A. Volunteer and the Online Distributed Proofreading Team</p>"
        "<h1>SMALL THINGS</h1><p>By Ida Penhallow</p><h2>CONTENTS</h2>" + listed
    )
    parts["front.xhtml"] = xhtml(front)
    for n, (title, texts) in enumerate(chapters.items()):
        body = f"<div class='chapter'><h2 id='c{n}'>{html.escape(title)}</h2>"
        body += "<div class='figcenter'><img src='x.png' alt='[Illustration]'/>"
        body += "<div class='caption'>A bell.</div></div>"
        for m, text in enumerate(texts):
            first, last = text[:40], text[40:]
            number = f"<span class='pagenum'><a id='Page_{n}{m}'>[Pg {n}{m}]</a></span>"
            mark = f"<a id='FNanchor_{m}' href='#Footnote_{m}' class='fnanchor'>[{m}]</a>" if m == 3 else ""
            body += f"<p>{html.escape(first)}{number}{html.escape(last)}{mark}</p>"
        body += (
            "<div class='footnote'><p><a class='label' href='#FNanchor_3'>[3]</a> The note itself.</p></div>"
        )
        parts[f"part{n}.xhtml"] = xhtml(body + "</div>")
    parts["back.xhtml"] = xhtml(PG_FOOT)
    points = "".join(
        f"<navPoint id='n{n}' playOrder='{n}'><navLabel><text>{html.escape(title)}</text></navLabel>"
        f"<content src='part{n}.xhtml#c{n}'/></navPoint>"
        for n, title in enumerate(chapters)
    )
    items = "".join(
        f"<item id='i{n}' href='{name}' media-type='application/xhtml+xml'/>" for n, name in enumerate(parts)
    )
    spine = "".join(f"<itemref idref='i{n}' linear='yes'/>" for n in range(len(parts)))
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/content.opf": "<package xmlns='http://www.idpf.org/2007/opf' version='2.0'><manifest>"
            f"{items}<item id='ncx' href='toc.ncx' media-type='application/x-dtbncx+xml'/></manifest>"
            f"<spine toc='ncx'>{spine}</spine></package>",
            "OEBPS/toc.ncx": "<ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'><navMap>"
            f"{points}</navMap></ncx>",
        }
        | {f"OEBPS/{name}": text for name, text in parts.items()}
    )


def test_an_epub_of_project_gutenberg_is_the_authors_words_alone(tmp_path):
    pages = read_content(tmp_path, gutenberg_epub(CHAPTERS))
    assert chapters_of(pages) == CHAPTERS
    assert pages[0].page_class == "cover"
    assert {page.page_class for page in pages if not page.kept} <= {"cover", "licence", "title", "contents"}
    assert pages[-1].page_class == "licence"
    assert len(removed(pages, "page number")) == 27
    assert removed(pages, "note mark") == ["[3]"] * 3
    assert removed(pages, "footnote") == ["[3] The note itself."] * 3
    assert removed(pages, "caption") == ["A bell."] * 3
    assert any("Distributed Proofreading" in text for text in removed(pages, "e-book's credits"))


def test_an_epub_3_says_what_its_parts_are(tmp_path):
    bodies = {
        "cover.xhtml": "<div epub:type='cover'><img src='c.png'/></div>",
        "rights.xhtml": "<section epub:type='copyright-page'>"
        "<p>Copyright 2020. All rights reserved.</p></section>",
        "one.xhtml": "<section epub:type='chapter'><p class='big'>The Lamp</p>%s</section>",
        "two.xhtml": "<section epub:type='chapter'><p class='big'>The Kettle</p>%s</section>",
        "notes.xhtml": "<section epub:type='endnotes'><p>A remark that ends the matter.</p></section>",
        "gone.xhtml": "",
    }
    for name, title in (("one.xhtml", "The Lamp"), ("two.xhtml", "The Kettle")):
        bodies[name] %= "".join(f"<p>{text}</p>" for text in CHAPTERS[title])
    manifest = "".join(f"<item id='{n}' href='{n}' media-type='application/xhtml+xml'/>" for n in bodies)
    files = {f"OEBPS/{name}": xhtml(body) for name, body in bodies.items() if body}
    nav = (
        "<nav epub:type='toc'><ol><li><a href='one.xhtml'>The Lamp</a></li>"
        "<li><a href='two.xhtml'>The Kettle</a></li></ol></nav>"
    )
    files["OEBPS/nav.xhtml"] = xhtml(nav)
    files["META-INF/container.xml"] = CONTAINER
    spine = "".join(f"<itemref idref='{n}'/>" for n in bodies)
    files["OEBPS/content.opf"] = (
        "<package xmlns='http://www.idpf.org/2007/opf' version='3.0'><manifest>"
        f"{manifest}<item id='nav' href='nav.xhtml' properties='nav' media-type='application/xhtml+xml'/>"
        f"</manifest><spine>{spine}</spine></package>"
    )
    pages = read_content(tmp_path, packed(files))
    assert chapters_of(pages) == {name: CHAPTERS[name] for name in ("The Lamp", "The Kettle")}
    assert [page.page_class for page in pages if not page.kept] == ["cover", "copyright", "blank"]
    assert removed(pages, "footnote") == ["A remark that ends the matter."]
    assert removed(pages, "missing in the file") == ["OEBPS/gone.xhtml"]


# -- DOCX -------------------------------------------------------------------------------------


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{html.escape(text)}</w:t></w:r>"


def paragraph(inner: str, style: str = "") -> str:
    return f"<w:p><w:pPr><w:pStyle w:val='{style}'/></w:pPr>{inner}</w:p>"


def word_file(body: str, **more: str) -> bytes:
    styles = "".join(
        f"<w:style w:styleId='{ident}'><w:name w:val='{name}'/><w:basedOn w:val='{base}'/></w:style>"
        for ident, name, base in [
            ("berschrift1", "heading 1", "Normal"), ("Mine", "My Chapter", "berschrift1"),
            ("Titel", "Title", "Normal"), ("Cap", "caption", "Normal"), ("Toc1", "toc 1", "Normal"),
        ]
    )  # fmt: skip
    files = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {WORDS_ON_WORD}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {WORDS_ON_WORD}>{styles}</w:styles>",
    }
    return packed(files | {f"word/{name}.xml": text for name, text in more.items()})


def test_a_word_file_with_everything_in_it(tmp_path):
    texts = {title: list(paragraphs) for title, paragraphs in CHAPTERS.items()}
    body = paragraph(run("Small Things"), "Titel") + paragraph(run("The Lamp 1"), "Toc1")
    for number, (title, paragraphs) in enumerate(CHAPTERS.items()):
        body += paragraph(run(title), "Mine" if number else "berschrift1")
        body += "".join(paragraph(run(text)) for text in paragraphs[:-1])
        words = paragraphs[-1].split(" ")
        body += paragraph(
            run(" ".join(words[:3]), "<w:i/>")
            + f"<w:del><w:r><w:delText>not {number} this</w:delText></w:r></w:del>"
            + "<w:ins>" + run(" " + " ".join(words[3:6])) + "</w:ins>" + run("unseen", "<w:vanish/>")
            + run(" " + " ".join(words[6:])) + f"<w:r><w:footnoteReference w:id='{number + 2}'/></w:r>"
        )  # fmt: skip
        cells = "".join(f"<w:tc>{paragraph(run(cell))}</w:tc>" for cell in ("kettles", "11"))
        body += f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>"
        body += paragraph(run(f"Figure {number}. A kettle."), "Cap")
    notes = "".join(
        f"<w:footnote w:id='{n}'>{paragraph(run(f'Note number {n}.'))}</w:footnote>" for n in (2, 3, 4)
    )
    separator = f"<w:footnote w:type='separator' w:id='0'>{paragraph(run('line'))}</w:footnote>"
    head = f"<w:hdr {WORDS_ON_WORD}>{paragraph(run('SMALL THINGS, draft'))}</w:hdr>"
    more = {"footnotes": f"<w:footnotes {WORDS_ON_WORD}>{separator}{notes}</w:footnotes>", "header1": head}
    pages = read_content(tmp_path, word_file(body, **more), "book.pdf")  # whatever it is called
    assert chapters_of(pages) == texts
    assert removed(pages, "footnote") == ["Note number 2.", "Note number 3.", "Note number 4."]
    assert removed(pages, "table") == ["kettles | 11"] * 6
    assert removed(pages, "caption") == [f"Figure {n}. A kettle." for n in range(3)]
    assert removed(pages, "running head") == ["SMALL THINGS, draft"]
    assert removed(pages, "contents") == ["The Lamp 1"]


# -- HTML -------------------------------------------------------------------------------------


def test_a_page_of_the_web_without_the_web(tmp_path):
    articles = "".join(
        f"<h2>{title}</h2>" + "".join(f"<p>{text}" for text in texts)  # nobody closes these
        for title, texts in CHAPTERS.items()
    )
    page = f"""<!-- saved --><!DOCTYPE html><html><head><title>Small</title>
        <script>var a = "<p>no</p>";</script>
        <meta charset="utf-8"><body><header><a href="/">Home</a><h1>The Site of Things</h1></header>
        <ul class="menu"><li><a href="/a">About us</a><li><a href="/b">Books</a></ul>
        <form action="/search"><main><h1>Small Things</h1>{articles}
        <pre><code class="python">print(1 &lt; 2)</code></pre>
        <table><tr><th>kettles<th>ropes<tr><td>11<td>7</table>
        <figure><img src="x.png"><figcaption>A kettle</figcaption></figure>
        <p hidden>secret</p></main></form><footer>© the site</footer><script src="x.js"></script></html>"""
    pages = read_content(tmp_path, page, "saved.txt")
    assert chapters_of(pages) == CHAPTERS
    for words, reason in [
        ("print(1 < 2)", "code"), ("kettles | ropes", "table"), ("A kettle", "caption"),
        ("About us", "navigation"),
    ]:  # fmt: skip
        assert words in removed(pages, reason)
    assert "secret" not in str(pages)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<meta charset='iso-8859-1'><p>caf\xe9 \x93so\x94</p>", "café “so”"),
        (b"<?xml version='1.0' encoding='windows-1251'?><p>\xca\xee\xf2</p>", "Кот"),
        ("<p>Käse</p>".encode("utf-16"), "Käse"),
        ("<p>Käse</p>".encode(), "Käse"),
        (b"<meta http-equiv='Content-Type' content='text/html; charset=utf-16'><p>plain</p>", "plain"),
        (b"<meta charset='no-such'><p>na\xefve</p>", "naïve"),
    ],
)
def test_a_page_is_decoded_as_it_says(content, text):
    assert [block.text for block in html_blocks(decode_html(content))] == [text]


@pytest.mark.parametrize(
    ("source", "text", "marks"),
    [
        ("<p>the end.<sup>12</sup> And</p>", "the end. And", ("12",)),
        ("<p>the end<sup><a href='#n'>12</a></sup> And</p>", "the end And", ("12",)),
        ("<p>the end<a epub:type='noteref' href='#n'>a</a> And</p>", "the end And", ("a",)),
        ("<p>x<sup>2</sup> and 10 km<sup>2</sup></p>", "x2 and 10 km2", ()),
        ("<p>the <a href='/x'>1984</a> list</p>", "the 1984 list", ()),
        ("<p><q>So</q> he&nbsp;said &mdash; caf&eacute;</p>", "“So” he said — café", ()),
        ("<div>one<br>two<p>three</div>four", "one|two/three/four", ()),
        ("<p><img alt='T' src='t.png'>he kettle</p>", "The kettle", ()),
        ("<div class='stanza'><div class='verse'>a</div><div class='verse'>b</div></div>", "a|b", ()),
    ],
)
def test_small_things_of_html(source, text, marks):
    blocks = [block for block in html_blocks(source) if block.text]
    assert "/".join(" ".join(b.text.replace("\n", "|").split()) for b in blocks) == text
    assert sum((block.marks for block in blocks), ()) == marks


@given(st.text(alphabet="<>/abp!-&;='\" \n", max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_tag_soup_is_too_hot(text):
    html_blocks(text)
    html_blocks(text, site=True)


# -- Markdown and plain text ------------------------------------------------------------------

MARKDOWN = """---
title: Small Things
tags: [kettles]
---

# Small Things

## The Lamp

{0}

Some _italic_, *emphatic* and **bold** words, a snake_case_name, 2*3*4 and 5 * 6.[^1] See [the
kettle](https://example.org/k "there") and [a rope][rope], or ![a picture](k.png) `code*a*b`.

> It was said.
> It was done.

* first thing
* second thing

```python
x = 2*3*4  # no text
```

| kettle | rope |
|--------|------|
| 11     | 7    |

The Kettle
----------

{1}

[^1]: A note with *stress*.

[rope]: https://example.org/r
"""


def test_markdown_is_read_without_its_marks(tmp_path):
    lamp, kettle = CHAPTERS["The Lamp"], CHAPTERS["The Kettle"]
    pages = read_content(tmp_path, MARKDOWN.format("\n\n".join(lamp), "\n\n".join(kettle)), "notes.txt")
    found = chapters_of(pages)
    assert found["The Kettle"] == kettle
    assert found["The Lamp"] == [
        *lamp,
        "Some italic, emphatic and bold words, a snake_case_name, 2*3*4 and 5 * 6. See the kettle and a rope,"
        " or code*a*b.",
        "It was said. It was done.",
        "first thing",
        "second thing",
    ]
    assert removed(pages, "code") == ["x = 2*3*4 # no text"]
    assert removed(pages, "table") == ["kettle | rope", "11 | 7"]
    assert removed(pages, "footnote") == ["A note with stress."]
    assert removed(pages, "note mark") == ["1"]
    assert removed(pages, "front matter") == ["title: Small Things", "tags: [kettles]"]


@pytest.mark.parametrize(
    "text",
    [
        "He was no. #1.\n\n# and so on\nthe list went.\n",
        "* * *\n\nA star * here and *there*, and [brackets] (so).\n\n* * *\n",
        "# comment\n# comment\nvalue = 1\n# comment\n",
        "[Illustration: The Kettle]\n\n_Italics_ and __more__\n\n----------\n\nText\n",
        "TITLE\n=====\n\nOne underlined title alone.\n",
    ],
)
def test_plain_text_with_a_mark_in_it_is_no_markdown(text):
    assert not is_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "# One\n\nText.\n\n# Two\n\nText.\n",
        "One\n===\n\nTwo\n---\n\n[a](http://b)",
        "```\nx\n```\n",
        "a\n\n[^x]: b\n",
    ],
)
def test_markdown_is_known_by_its_marks(text):
    assert is_markdown(text)


@given(st.text(alphabet="ab#*_`[]()^:|->\n 1.~!", max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_markdown_is_too_odd(text):
    markdown_blocks(text)


HEADS = {
    "new": "The Project Gutenberg eBook of Small Things\n\nThis ebook is for anyone.\n\n"
    "*** START OF THE PROJECT GUTENBERG EBOOK SMALL THINGS ***\n\nProduced by David Reed",
    "2000s": "The Project Gutenberg EBook of Small Things, by Ida Penhallow\n\n*** START OF THIS PROJECT"
    " GUTENBERG EBOOK SMALL THINGS ***\n\nE-text prepared by A. Volunteer and the Project Gutenberg Online"
    "\nDistributed Proofreading Team (http://www.pgdp.net)",
    "1990s": "**The Project Gutenberg Etext of Small Things**\n\n***START**THE SMALL PRINT!**FOR PUBLIC"
    " DOMAIN ETEXTS**START***\nWhy is this here?\n\n"
    "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*",
}
FEET = {
    "new": "*** END OF THE PROJECT GUTENBERG EBOOK SMALL THINGS ***\n\nUpdated editions will replace it.",
    "2000s": "End of Project Gutenberg's Small Things, by Ida Penhallow\n\n*** END OF THIS PROJECT GUTENBERG"
    " EBOOK SMALL THINGS ***\n\n***** This file should be named 1.txt *****\n\n*** START: FULL LICENSE ***",
    "1990s": "End of The Project Gutenberg Etext of Small Things",
}


@pytest.mark.parametrize("age", HEADS)
@pytest.mark.parametrize("form", ["text", "html"])
def test_project_gutenbergs_heads_and_feet_of_all_ages(tmp_path, age, form):
    chapters = {
        f"{number}. {title}": CHAPTERS[title]
        for number, title in zip(["I", "II", "III"], CHAPTERS, strict=True)
    }
    blocks = [HEADS[age], "[Transcriber's note: the spelling\nis the author's.]", "[Illustration: A bell]"]
    for title, texts in chapters.items():
        blocks += ["\n\n\n" + title + "\n", *texts[:-1], texts[-1] + "[1]", "[Footnote 1: A note.]"]
    text = "\n\n".join([*blocks, "\n" + FEET[age]])
    if form == "html":
        parts = [part.strip() for part in text.split("\n\n")]
        marked = [f"<h2>{p}</h2>" if p in chapters else f"<p>{html.escape(p)}</p>" for p in parts]
        text = f"<html><body>{''.join(marked)}</body></html>".replace("[1]", "<a href='#1'>[1]</a>")
    pages = read_content(tmp_path, text)
    assert chapters_of(pages) == chapters
    assert {page.page_class for page in pages if not page.kept} <= {"licence", "blank", "title"}
    assert set(removed(pages, "footnote")) == {"[Footnote 1: A note.]"}
    assert removed(pages, "note mark") == ["[1]"] * 3


@pytest.mark.parametrize(
    ("paragraph_", "reason"),
    [
        ("[Illustration]", "caption"),
        ("[Illustration: Two kettles\non a wall.]", "caption"),
        ("{12}", "page number"),
        ("[Pg 12]", "page number"),
        ("Produced by David Widger", "e-book's credits"),
        ("Produced by the sun and the rain, the apples were small.", ""),
        ("Prepared by years of practice, he spoke of his e-mail.", "e-book's credits"),
        ("[He went away.]", ""),
        ("(1)", ""),
    ],
)  # fmt: skip
def test_what_volunteers_add_is_told_from_the_authors_words(paragraph_, reason):
    assert reason_out(paragraph_) == reason


# -- what a file is ---------------------------------------------------------------------------


def test_what_a_file_is_its_content_says():
    kinds = {
        "epub": gutenberg_epub(CHAPTERS),
        "docx": word_file(paragraph(run("Text"))),
        "html": b"\n<!-- x -->\n<HTML><p>Text",
        "markdown": b"# One\n\nText\n\n# Two\n",
        "text": "Just text é".encode("cp1252"),
        "other": b"%PDF-1.7\n\0",
    }
    assert {name: kind_of(content) for name, content in kinds.items()} == {name: name for name in kinds}
    assert kind_of(b"<?xml version='1.0'?><FictionBook><body/></FictionBook>") == "other"
    assert kind_of(b"a < b and <p> is a letter") == "text"


def test_packed_text_is_unpacked(tmp_path):
    text = "\n\n".join(CHAPTERS["The Lamp"])
    assert kept_text(read_content(tmp_path, gzip.compress(text.encode()), "lamp.bin")) == text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{\\rtf1 Text}", "RTF"),
        (b"%!PS-Adobe-3.0\n", "PostScript"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Word file of before 2007"),
        (gutenberg_epub(CHAPTERS)[:3000], "damaged"),
        (gzip.compress(b"text" * 999)[:-20], "damaged"),
        (packed({"word/document.xml": "<w:document"}), "is not XML"),
        (packed({"word/document.xml": f"<w:document {WORDS_ON_WORD}/>"}), "without a text"),
        (packed({"META-INF/container.xml": CONTAINER}), "OEBPS/content.opf is missing"),
        (packed({"META-INF/container.xml": CONTAINER, "META-INF/rights.xml": "<r/>"}), "DRM"),
    ],
    ids=["rtf", "ps", "doc", "cut zip", "cut gzip", "no xml", "no body", "no package", "drm"],
)
def test_what_cannot_be_read_is_one_line_that_names_the_file(tmp_path, content, says):
    with pytest.raises(UserError) as caught:
        read_content(tmp_path, content, "bad.epub")
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "bad.epub"))
    assert "\n" not in str(caught.value)


# -- plain text in other languages, and verse ---------------------------------------------------

SKELETONS = {
    "de": ("Inhalt", ["Erstes Kapitel", "Zweites Kapitel", "Drittes Kapitel"], "Anmerkungen"),
    "de, figures": ("INHALT", ["1. Kapitel", "2. Kapitel", "3. Kapitel"], "Fußnoten"),
    "fr": ("TABLE DES MATIÈRES", ["CHAPITRE PREMIER", "CHAPITRE DEUXIÈME", "CHAPITRE TROISIÈME"], "NOTES"),
    "es": ("ÍNDICE", ["Capítulo primero", "Capítulo segundo", "Capítulo tercero"], "NOTAS"),
    "it": ("INDICE", ["CAPITOLO PRIMO", "CAPITOLO SECONDO", "CAPITOLO TERZO"], "BIBLIOGRAFIA"),
    "nl": ("INHOUD", ["Eerste hoofdstuk", "Tweede hoofdstuk", "Derde hoofdstuk"], "AANTEKENINGEN"),
    "pl": ("SPIS TREŚCI", ["ROZDZIAŁ PIERWSZY", "ROZDZIAŁ DRUGI", "ROZDZIAŁ TRZECI"], "PRZYPISY"),
    "ru": ("ОГЛАВЛЕНИЕ", ["ГЛАВА ПЕРВАЯ", "ГЛАВА ВТОРАЯ", "ГЛАВА ТРЕТЬЯ"], "ПРИМЕЧАНИЯ"),
    "el": ("ΠΕΡΙΕΧΟΜΕΝΑ", ["ΚΕΦΑΛΑΙΟ Α΄", "ΚΕΦΑΛΑΙΟ Β΄", "ΚΕΦΑΛΑΙΟ Γ΄"], "ΣΗΜΕΙΩΣΕΙΣ"),
}


@pytest.mark.parametrize("language", SKELETONS)
def test_a_book_in_another_language_has_its_chapters_and_loses_contents_and_notes(tmp_path, language):
    contents, titles, notes = SKELETONS[language]
    prose = [make_prose(seed, 8) for seed in range(3)]
    listed = "\n".join(f"{title} {'.' * 20} {7 + 12 * at}" for at, title in enumerate(titles))
    wrapped = ["\n\n".join(textwrap.fill(text, 70) for text in texts) for texts in prose]
    chapters = "\n\n\n".join(f"{title}\n\n{text}" for title, text in zip(titles, wrapped, strict=True))
    ends = "\n\n".join(f"[{n}] 1875, S. {n}." for n in range(1, 20))
    book = f"Kettle\n\nOona Brack\n\n\n\n{contents}\n\n{listed}\n\n\n\n{chapters}\n\n\n{notes}\n\n{ends}\n"
    pages = read_content(tmp_path, book, "book.txt")
    assert chapters_of(pages) == dict(zip(titles, prose, strict=True))
    assert "".join(kept_text(pages).split()) == "".join("".join(texts) for texts in prose).replace(" ", "")


@pytest.mark.parametrize(("title", "number"), [
    ("ZWÖLFTES KAPITEL", 12), ("3. Teil", 3), ("Kapitel Eins", 1), ("Première partie", 1),
    ("CHAPITRE DEUXIEME", 2),
    ("Segunda parte", 2), ("Första kapitlet", 1), ("Część druga", 2), ("Глава 5", 5), ("Μέρος Β΄", 2),
    ("Első fejezet", 1), ("Birinci Bölüm", 1), ("Chapter the First", 1), ("Part Twenty-One", 21),
    ("Part Primary Sources", 0), ("1. Part of it", 0), ("Letter undated", 0), ("Teil der Sache", 0),
    ("Livre de poche", 0), ("Book of hours", 0), ("Parte do mundo", 0),
])  # fmt: skip
def test_what_numbers_a_chapter(title, number):
    found = chapter_number(title)
    assert (found.value if found else 0) == number


POEM = [
    "The gull is on the water,",
    "And the lamp is on the stair;",
    "O bring me my old lantern",
    "And the wind that was not there.",
]


@pytest.mark.parametrize("form", ["txt", "html", "md"])
def test_verse_keeps_its_lines_and_prose_does_not(tmp_path, form):
    indented = [line if at % 2 == 0 else f"    {line}" for at, line in enumerate(POEM)]
    prose = [textwrap.fill(text, 60) for text in CHAPTERS["The Lamp"][:3]]
    speeches = ["“Who is there?” he asked.", "“It is I.”"]
    if form == "html":
        body = "<p>" + "<br/>".join(POEM) + "</p>"
        text = "<html><body>" + "".join(f"<p>{one}</p>" for one in prose) + body + "</body></html>"
    else:
        verse = "\n".join(f"{line}  " for line in POEM) if form == "md" else "\n".join(indented)
        text = "\n\n".join([*prose, verse, *(speeches if form == "txt" else [])])
    kept = kept_text(
        read_content(tmp_path, ("# A\n\n## B\n\n" if form == "md" else "") + text, f"p.{form}")
    ).split("\n\n")
    assert "\n".join(POEM) in kept
    kept = kept[2:] if form == "md" else kept
    assert kept[:3] == CHAPTERS["The Lamp"][:3]
    assert form != "txt" or kept[4:] == speeches


def test_line_numbers_and_marks_of_notes_at_the_end_are_no_text(tmp_path):
    lines = [f"{POEM[at % 4]}{'      ' + str(at) if at % 5 == 0 else ''}" for at in range(1, 33)]
    stanzas = ["\n".join(lines[at : at + 4]) for at in range(0, 32, 4)]
    prose = CHAPTERS["The Lamp"][0].replace(". ", ".[1] ", 1)
    text = "\n\n".join([*stanzas, prose, "It was in room 12.", "[1] See the log.", "[2] See the lamp."])
    pages = read_content(tmp_path, text, "poem.txt")
    assert removed(pages, "line number") == ["5", "10", "15", "20", "25", "30"]
    assert removed(pages, "note mark") == ["[1]"]
    assert CHAPTERS["The Lamp"][0] in kept_text(pages)
    assert "It was in room 12." in kept_text(pages)
    assert not re.search(r"\w +\d+$", kept_text(pages).split("It was")[0], re.M)


# -- letters ----------------------------------------------------------------------------------

RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. " * 9
GREEK = "Πες μου, Μούσα, για τον πολύτροπο άνδρα που πολύ περιπλανήθηκε όταν κούρσεψε την ιερή πόλη. " * 9
POLISH = (
    "Litwo! Ojczyzno moja! ty jesteś jak zdrowie. Ile cię trzeba cenić, ten tylko się dowie, kto cię stracił."
    " Dziś piękność twą w całej ozdobie widzę i opisuję. "
) * 9
JAPANESE = (
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗い所で泣いていた。" * 9
)


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        (RUSSIAN, "cp1251", "Russian in CP1251"),
        (RUSSIAN, "koi8-r", "Russian in KOI8-R"),
        (GREEK, "cp1253", "Greek in CP1253"),
        (POLISH, "iso8859-2", "Central European in ISO8859-2"),
        (JAPANESE, "shift_jis", "Japanese in SHIFT-JIS"),
        (JAPANESE, "euc_jp", "Japanese in EUC-JP"),
    ],
)
def test_other_letters_are_named_and_not_read_as_latin(tmp_path, text, encoding, says):
    """lib.ru and Aozora Bunko have their books so; they were read as Latin letters without a word."""
    with pytest.raises(UserError) as caught:
        read_content(tmp_path, text.encode(encoding), "book.txt")
    assert f"book.txt: text that is neither UTF-8 nor Windows' Latin; by its letters {says}: iconv" in str(
        caught.value
    )
    with pytest.raises(UserError, match=says):
        list(read_table(tmp_path / "book.txt", "book.txt", ["quote"]))
    page = f"<html><meta charset={encoding}><p>{text}</html>".encode(encoding)
    assert text[:40] in kept_text(read_content(tmp_path, page, "book.html"))  # it says itself what it is


@pytest.mark.parametrize("text", [
    "Où est-il allé ce matin ? À l’œuvre, « naïve », déjà ! Ça coûte 3½ £ à 20° l’été.",
    "Größe, Übermut, süß: »Ja«, sagte er – §5 gilt. Col·lecció paral·lela.",
])  # fmt: skip
def test_western_letters_are_windows_latin_and_a_stray_byte_is_one(tmp_path, text):
    assert kept_text(read_content(tmp_path, (text * 20).encode("cp1252"), "latin.txt")).startswith(text)
    stray = (text + "\n\n").encode() * 20 + "Un café.".encode("cp1252")
    assert kept_text(read_content(tmp_path, stray, "stray.txt")).startswith(text)
    assert kept_text(read_content(tmp_path, stray, "stray.txt")).endswith("Un café.")


# -- damage -----------------------------------------------------------------------------------


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Cut off, or with some bytes of it changed, left out or doubled."""
    some = bytearray(content)
    at, length = dice.randrange(len(some)), dice.randrange(1, 2000)
    match dice.randrange(4):
        case 0:
            return bytes(some[:at])
        case 1:
            del some[at : at + length]
        case 2:
            some[at:at] = some[at // 2 : at // 2 + length]
        case _:
            for _ in range(dice.choice([1, 10, 100])):
                some[dice.randrange(len(some))] = dice.randrange(256)
    return bytes(some)


@pytest.mark.parametrize("kind", ["pdf", "epub", "docx", "html", "md"])
def test_whatever_happened_to_a_file_it_is_read_or_one_line(tmp_path, kind):
    if kind == "pdf":
        press = Press()
        for title, texts in CHAPTERS.items():
            press.open_chapter(title, [title])
            press.set(texts)
        whole = press.document.tobytes()
    else:
        body = "".join(paragraph(run(text)) for text in CHAPTERS["The Lamp"])
        page = "".join(f"<h2>{title}</h2><p>{texts[0]}" for title, texts in CHAPTERS.items())
        made = {"epub": gutenberg_epub(CHAPTERS), "docx": word_file(body), "html": page.encode()}
        whole = made.get(kind, MARKDOWN.format(*CHAPTERS["The Lamp"][:2]).encode())
    dice = random.Random(7)
    for _ in range(30):
        try:
            read_content(tmp_path, damaged(whole, dice), "bad.data")
        except UserError as error:
            assert str(error).startswith(str(tmp_path / "bad.data"))
            assert "\n" not in str(error)


def test_elements_without_end_and_entities_without_end(tmp_path):
    assert "text" in kept_text(read_content(tmp_path, "<html><body>" + "<div>" * 50_000 + "text"))
    deep = f"<w:document {WORDS_ON_WORD}><w:body>{'<w:sdt>' * 9000}{'</w:sdt>' * 9000}</w:body></w:document>"
    with pytest.raises(UserError, match="nested too deeply"):
        read_content(tmp_path, packed({"word/document.xml": deep}))
    bomb = "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 12}">' for n in range(10))
    with pytest.raises(UserError, match="amplification"):
        read_content(
            tmp_path, packed({"word/document.xml": f'<!DOCTYPE l [<!ENTITY a "aaaa">{bomb}]><l>&k;</l>'})
        )
