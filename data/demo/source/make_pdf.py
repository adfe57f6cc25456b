"""Set book.md as the demo's PDF, with everything that real books put in the way of their text.

Reads   data/demo/source/book.md
Writes  data/demo/books/inventory-of-little-skerry.pdf
Run     python data/demo/source/make_pdf.py [--out FILE]
Needs   PyMuPDF only, two seconds, 100 MB; the same source gives the same bytes.

Title page, copyright page, dedication, contents, running heads, page numbers (roman in front), hyphens at
line ends, footnotes and endnotes with raised marks, a bibliography and an index that is made here.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pymupdf

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "books" / "inventory-of-little-skerry.pdf"
WIDTH, HEIGHT = 324, 504  # a pocket book, so that chapters run over three pages
LEFT, RIGHT, TOP, BOTTOM = 44, 280, 62, 430
SIZE, LEADING, SMALL, SMALL_LEADING = 10.5, 13.6, 8, 9.8
FONTS = {"r": "tiro", "i": "tiit", "b": "tibo"}
METRICS = {key: pymupdf.Font(code) for key, code in FONTS.items()}
MARK = re.compile(r"\[\^(\^?)(\d+)\]")
PAGES_IN_FRONT = 6
COPYRIGHT = [
    "First printing. Set in Times on Little Skerry, on a Tuesday.",
    "No rights reserved. This book was written for the Inkprint project and is given to the public domain "
    "under CC0 1.0. Copy it, change it, feed it to a machine.",
    "Every person, place, animal and office in it is invented, Oona Brack among them. Any likeness to a "
    "living goat is an accident.",
]


@dataclass
class Word:
    """A word in one font; `mark` is the raised sign after it, `note` the footnote that the sign calls."""

    text: str
    font: str = "r"
    mark: str = ""
    note: str = ""

    def width(self, size: float) -> float:
        """Its length in points, the raised mark included."""
        return measure(self.text, self.font, size) + measure(self.mark, "r", size * 0.65)


@dataclass
class Line:
    """Words on one line: where it starts, how wide it may be, and whether it is stretched to that width."""

    words: list[Word]
    indent: float = 0
    measure: float = RIGHT - LEFT
    justified: bool = True
    size: float = SIZE
    centred: bool = False


@dataclass
class Page:
    """One page: its drawing commands, the text that an index can find, and its head."""

    commands: list[str] = field(default_factory=list)
    text: str = ""
    title: str = ""
    opening: bool = False


def measure(text: str, font: str, size: float) -> float:
    """The length of a text in points."""
    return METRICS[font].text_length(text, size) if text else 0.0


def show(
    text: str, x: float, y: float, font: str = "r", size: float = SIZE, gap: float = 0, rise: float = 0
) -> str:
    """The PDF commands that set a text at a place counted from the top left."""
    raw = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    place = f"/{FONTS[font]} {size:g} Tf {gap:.3f} Tw 1 0 0 1 {x:.2f} {HEIGHT - y + rise:.2f} Tm"
    return f"BT {place} ({raw.decode('latin-1')}) Tj ET"


def centred(text: str, y: float, font: str = "r", size: float = SIZE) -> str:
    """A text in the middle of the page."""
    return show(text, (LEFT + RIGHT - measure(text, font, size)) / 2, y, font, size)


def parse_words(text: str, notes: dict[str, str]) -> list[Word]:
    """Words with their fonts (*italic*) and their marks."""
    words, italic = [], False
    for raw in text.replace("'", "’").split():
        found = MARK.search(raw)
        mark, note = "", ""
        if found:
            mark, note = (found[2], "") if found[1] else ("*", notes[found[2]])
        bare = MARK.sub("", raw)
        italic = italic or (bare.startswith("*") and bare != "*")
        words.append(Word(bare.replace("*", "") if bare != "*" else bare, "i" if italic else "r", mark, note))
        italic = italic and "*" not in bare.lstrip("*")
    return words


def hyphen_places(word: str) -> list[int]:
    """Where a long word may be cut: between consonants or before one, two letters before and three after."""
    core = word.rstrip(".,;:?!")
    if len(core) < 6 or not core.isalpha() or not core.isascii() or core[0].isupper():
        return []
    vowel = [letter in "aeiouy" for letter in core]
    places = []
    for i in range(2, len(core) - 2):
        before, here, after = vowel[i - 1], vowel[i], vowel[i + 1] and core[i + 1] != "y"
        pair = core[i - 1 : i + 1]
        splits_pair = (
            not before
            and not here
            and after
            and any(vowel[: i - 1])
            and pair not in ("th", "sh", "ch", "ck", "gh", "wh", "ng")
        )
        if splits_pair or (before and not here and after and any(vowel[i + 2 :] or [False])):
            places.append(i)
    return places


def break_lines(
    words: list[Word], indent: float, size: float = SIZE, width: float = RIGHT - LEFT
) -> list[Line]:
    """A paragraph as lines, first fit, with a hyphen where the line would gape."""
    lines, queue, current, room = [], list(words), [], width - indent
    space = measure(" ", "r", size)
    while queue:
        word = queue.pop(0)
        used = sum(w.width(size) for w in current) + space * len(current)
        if used + word.width(size) <= room:
            current.append(word)
            continue
        left = room - used
        fits = [i for i in hyphen_places(word.text) if measure(word.text[:i] + "-", word.font, size) <= left]
        if fits and left > 1.5 * space:
            current.append(Word(word.text[: fits[-1]] + "-", word.font))
            queue.insert(0, Word(word.text[fits[-1] :], word.font, word.mark, word.note))
        else:
            queue.insert(0, word)
        lines.append(Line(current, indent if not lines else 0, room, True, size))
        current, room = [], width
    lines.append(Line(current, indent if not lines else 0, room, False, size))
    return lines


def draw_line(line: Line, y: float) -> Iterator[str]:
    """The commands of one line: runs of one font as one string, stretched by the gap between words."""
    space = measure(" ", "r", line.size)
    natural = sum(w.width(line.size) for w in line.words) + space * (len(line.words) - 1)
    gap = (line.measure - natural) / max(1, len(line.words) - 1) if line.justified else 0.0
    x = LEFT + line.indent if not line.centred else (LEFT + RIGHT - natural) / 2
    run, start = "", x
    for i, word in enumerate(line.words):
        last = i == len(line.words) - 1
        run += word.text
        x += word.width(line.size)
        if word.mark or last or line.words[i + 1].font != word.font:
            yield show(run, start, y, word.font, line.size, gap)
            if word.mark:
                at = x - measure(word.mark, "r", line.size * 0.65)
                yield show(word.mark, at, y, "r", line.size * 0.65, 0, line.size * 0.35)
            run, start = "", x + space + gap
        else:
            run += " "
        x += space + gap


class Book:
    """Pages as they fill up."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.y = 0.0
        self.feet: list[Line] = []

    def new_page(self, title: str = "", opening: bool = False) -> Page:
        """Close the page with its footnotes and begin another."""
        self.close()
        self.pages.append(Page(title=title, opening=opening))
        self.y = TOP + LEADING
        return self.pages[-1]

    def close(self) -> None:
        """Set the waiting footnotes at the bottom of the page."""
        if self.feet:
            y = BOTTOM - SMALL_LEADING * (len(self.feet) - 1)
            rule = HEIGHT - y + SMALL_LEADING + 1
            self.pages[-1].commands.append(f"0.4 w {LEFT} {rule:.2f} m {LEFT + 70} {rule:.2f} l S")
            for i, line in enumerate(self.feet):
                self.pages[-1].commands += draw_line(line, y + i * SMALL_LEADING)
        self.feet = []

    def add(self, line: Line) -> None:
        """One line of text, on the next page when there is no room for it and its footnotes."""
        feet = [
            foot
            for w in line.words
            if w.note
            for foot in break_lines(parse_words("* " + w.note, {}), 0, SMALL)
        ]
        waiting = len(self.feet) + len(feet)
        room = BOTTOM - (SMALL_LEADING * waiting + 8 if waiting else 0)
        if self.y > room:
            self.new_page(self.pages[-1].title)
        self.feet += feet
        page = self.pages[-1]
        page.commands += draw_line(line, self.y)
        page.text += " ".join(w.text for w in line.words) + " "
        self.y += LEADING if line.size == SIZE else line.size * 1.3

    def heading(self, number: str, title: str) -> None:
        """A chapter's opening page."""
        page = self.new_page(title, opening=True)
        page.commands += [centred(number, TOP + 44, "r", 11), centred(title, TOP + 70, "b", 17)]
        self.y = TOP + 118


def parse_book(source: str) -> tuple[dict[str, str], list[tuple[str, list[str]]]]:
    """The front matter's fields, and each chapter's title with its blocks."""
    fields = dict(re.findall(r"^% (\w+): (.*)$", source, flags=re.M))
    parts = re.split(r"^# ", source, flags=re.M)[1:]
    return fields, [
        (title, [b for b in rest.strip().split("\n\n") if b])
        for title, rest in (p.split("\n", 1) for p in parts)
    ]


def set_blocks(book: Book, blocks: list[str]) -> None:
    """Paragraphs, verse, lists, ornaments and notes of one chapter."""
    notes = {m[1]: m[2] for b in blocks if (m := re.fullmatch(r"\[\^(\d+)\]: (.*)", b, re.S))}
    fresh = True
    for block in blocks:
        if re.match(r"\[\^\d+\]: ", block):
            continue
        endnote = re.match(r"\[\^\^(\d+)\]: (.*)", block, re.S)
        if block == "* * *":
            book.y += 4
            book.add(Line([Word("*")] * 3, justified=False, centred=True))
            book.y += 4
        elif block[:2] in ("> ", "- "):
            book.y += 4
            for row in block.split("\n"):
                text = row[2:] if block[0] == ">" else "• " + row[2:]
                book.add(Line(parse_words(text, notes), 24 if block[0] == ">" else 12, justified=False))
            book.y += 4
        else:
            words = parse_words(f"{endnote[1]}. {endnote[2]}" if endnote else block, notes)
            for line in break_lines(words, 0 if fresh or endnote else 14):
                book.add(line)
        fresh = block == "* * *"


def front_matter(book: Book, fields: dict[str, str], chapters: list[tuple[str, int]]) -> None:
    """Title page, copyright page, dedication, a blank page, and the contents."""
    page = book.new_page()
    page.commands += [centred("An Inventory", 130, "b", 24), centred("of Little Skerry", 160, "b", 24)]
    page.commands += [
        centred(part, 196 + 15 * i, "i", 11) for i, part in enumerate(fields["subtitle"].split(", "))
    ]
    page.commands += [
        centred(fields["author"], 290, "r", 14),
        centred(fields["role"], 308, "i", 11),
        centred(fields["press"], 430),
    ]
    book.new_page()
    book.y = 300
    for text in COPYRIGHT:
        for line in break_lines(parse_words(text, {}), 0, 8.5):
            book.add(line)
        book.y += 6
    book.new_page().commands.append(centred(fields["dedication"], 180, "i", 11))
    book.new_page()
    page = book.new_page()
    page.commands.append(centred("Contents", TOP + 30, "b", 17))
    for i, (title, number) in enumerate(chapters):
        if i == 16:
            page = book.new_page()
        y = TOP + (66 + 20 * i if i < 16 else 30 + 20 * (i - 16))
        dots = " . " * int((RIGHT - LEFT - 26 - measure(title, "r", SIZE)) / measure(" . ", "r", SIZE))
        page.commands += [show(title, LEFT, y), show(dots, LEFT + measure(title, "r", SIZE) + 4, y)]
        page.commands.append(show(str(number), RIGHT - measure(str(number), "r", SIZE), y))


def index_entry(term: str, pages: list[Page]) -> str:
    """One line of the index: the term and the pages on which its word stands, runs drawn together."""
    if ", see " in term:
        return term
    word = term.split(",")[0].rstrip("s")
    found = [i for i, p in enumerate(pages, 1) if re.search(rf"\b{word}s?\b", p.text, re.I)]
    runs: list[list[int]] = []
    for number in found:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return f"{term}, " + ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in runs)


def set_index(book: Book, terms: list[str], pages: list[Page]) -> None:
    """The index in two columns."""
    lines: list[tuple[str, int]] = []
    for term in terms:
        wrapped = break_lines(parse_words(index_entry(term, pages), {}), 0, 8.5, 108)
        lines += [
            (" ".join(w.text for w in line.words), 0 if i == 0 else 10) for i, line in enumerate(wrapped)
        ]
    top, column = book.y, 0
    for text, indent in lines:
        if book.y > BOTTOM:
            column += 1
            if column == 2:
                book.new_page("Index")
                top, column = book.y, 0
            book.y = top
        book.pages[-1].commands.append(show(text, LEFT + 124 * column + indent, book.y, "r", 8.5))
        book.y += 11.5


def roman(number: int) -> str:
    """Small roman numerals up to nine."""
    return ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"][number - 1]


def furnish(page: Page, number: int, front: bool, title: str) -> None:
    """Running head and page number: none on openings, roman numbers and no heads in front."""
    if page.opening or (front and number < 5):
        return
    label = roman(number) if front else str(number)
    page.commands.append(centred(label, HEIGHT - 28, "r", 9))
    if front:
        return
    if number % 2 == 0:
        page.commands.append(show(title, LEFT, 42, "i", 9))
    else:
        page.commands.append(show(page.title, RIGHT - measure(page.title, "i", 9), 42, "i", 9))


def write_pdf(pages: list[Page], outline: list[list], fields: dict[str, str], out: Path) -> None:
    """Draw the pages; fixed metadata and no new id, so that the bytes never change."""
    document = pymupdf.open()
    for page in pages:
        sheet = document.new_page(width=WIDTH, height=HEIGHT)
        for code in FONTS.values():
            sheet.insert_font(fontname=code)
        stream = document.get_new_xref()
        document.update_object(stream, "<<>>")
        document.update_stream(stream, "\n".join(page.commands).encode("latin-1"))
        sheet.set_contents(stream)
    document.set_toc(outline)
    labels = [{"startpage": 0, "style": "r", "firstpagenum": 1}]
    document.set_page_labels([*labels, {"startpage": PAGES_IN_FRONT, "style": "D", "firstpagenum": 1}])
    date = "D:20260101000000Z"
    document.set_metadata(
        {"title": fields["title"], "author": fields["author"], "creationDate": date, "modDate": date}
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    document.save(out, garbage=3, deflate=True, no_new_id=True)


def main() -> None:
    """Set the body, then the front matter that needs its page numbers, then draw everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    fields, parts = parse_book((HERE / "book.md").read_text("utf-8"))
    body, starts = Book(), []
    for number, (title, blocks) in enumerate(parts, 1):
        body.heading(str(number) if title.startswith("Of ") else "", title)
        starts.append((title, len(body.pages)))
        if title == "Index":
            set_index(body, blocks[0].split("\n"), list(body.pages))
        else:
            set_blocks(body, blocks)
    body.close()
    front = Book()
    front_matter(front, fields, starts)
    assert len(front.pages) == PAGES_IN_FRONT, f"{len(front.pages)} pages in front, {PAGES_IN_FRONT} expected"
    for pages, is_front in ((front.pages, True), (body.pages, False)):
        for number, page in enumerate(pages, 1):
            furnish(page, number, is_front, fields["title"])
    outline = [[1, "Contents", 5]] + [[1, title, PAGES_IN_FRONT + page] for title, page in starts]
    write_pdf(front.pages + body.pages, outline, fields, out)
    print(f"{out.name}: {len(front.pages)} + {len(body.pages)} pages, {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
