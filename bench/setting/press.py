"""A press that fills pages with paragraphs, headings, footnotes and tables, in a book's own layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from setting.layouts import Layout
from setting.pdf import Leaf, Printed
from setting.typeset import Line, Run, Word, break_lines, line_runs, measure

ROMAN = (
    "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi xxii xxiii xxiv xxv".split()
)
MOST_FEET = 7  # lines of footnotes on a page; the rest goes on overleaf


class Press:
    """Sets lines on leaves and writes down what each of them is."""

    def __init__(self, layout: Layout, title: str) -> None:
        self.layout, self.title = layout, title
        self.leaves: list[Leaf] = []
        self.columns = layout.columns
        self.front = True
        self.first_main = 0  # leaves before the first with an arabic number
        self.y, self.column, self.column_top = 0.0, 0, 0.0
        self.feet: list[tuple[Line, str]] = []  # waiting footnote lines and the marks that begin them
        self.next_class = "body"  # of pages that begin because the last is full
        self.head = ""

    # -- pages --------------------------------------------------------------------------------

    @property
    def leaf(self) -> Leaf:
        return self.leaves[-1]

    @property
    def measure(self) -> float:
        layout = self.layout
        whole = layout.width - 2 * layout.margin
        return (whole - layout.gutter * (self.columns - 1)) / self.columns

    @property
    def left(self) -> float:
        return self.layout.margin + self.column * (self.measure + self.layout.gutter)

    @property
    def label(self) -> str:
        count = len(self.leaves) - self.first_main
        return ROMAN[len(self.leaves) - 1] if self.front else str(count)

    def page(self, page_class: str, head: str = "", opening: bool = False, bare: bool = False) -> Leaf:
        """Begin a page. `bare`: neither head nor number, as on title pages."""
        self.close()
        self.next_class, self.head = page_class.split(",")[0], head
        self.leaves.append(Leaf(page_class, head=head, opening=opening))
        self.leaf.label = self.label
        if bare:
            self.leaf.label = ""
        self.column = 0
        self.y = self.column_top = self.layout.top + self.layout.leading
        return self.leaf

    def start_columns(self) -> None:
        """From here on the columns of this page begin, below what stands over all of them."""
        self.column_top = self.y

    def close(self) -> None:
        """Finish the page: the footnotes that fit, its head and its number."""
        if not self.leaves or self.leaf.picture:
            return
        feet, self.feet = self.feet[:MOST_FEET], self.feet[MOST_FEET:]
        small = 0.8 * self.layout.size
        top = self.layout.height - self.layout.bottom - 1.2 * small * (len(feet) - 1)
        if feet:
            rule = self.layout.height - top + 1.2 * small
            self.leaf.drawings.append(
                f"0.4 w {self.left:.1f} {rule:.1f} m {self.left + 70:.1f} {rule:.1f} l S"
            )
        for at, (line, mark) in enumerate(feet):
            y, x = top + 1.2 * small * at, self.layout.margin
            if mark:
                self.leaf.runs.append(Run(mark, x, y, "r", 0.65 * small, 0, 0.35 * small))
                x += measure(mark + " ", "r", 0.65 * small, self.layout.type)
            self.leaf.runs += line_runs(replace(line, indent=0.0), x, y, small, self.layout.type)
            self._record("footnote", " ".join(word.text for word in line.words))
        self._furnish()

    def _furnish(self) -> None:
        layout, leaf = self.layout, self.leaf
        if not leaf.label or (self.front and len(self.leaves) < 4):
            return
        left_hand, mine = len(self.leaves) % 2 == 0, len(leaf.runs)
        head = leaf.head if not (left_hand and layout.heads == "alternating") else self.title
        number = layout.number_form.format(leaf.label)
        edge, right = layout.margin, layout.width - layout.margin
        outer = edge if left_hand else right - measure(number, "r", 9.0, layout.type)
        if head and layout.heads != "none" and not leaf.opening:
            width = measure(head, "i", 9.0, layout.type)
            inner = right - width if left_hand else edge
            centre = (layout.width - width) / 2
            x = inner if layout.numbers == "head" else centre
            leaf.runs.append(Run(head, x, 40.0, "i", 9.0))
            self._record("running head", head)
        foot = layout.height - 28
        middle = (layout.width - measure(number, "r", 9.0, layout.type)) / 2
        x, y = {"head": (outer, 40.0), "outer": (outer, foot), "foot": (middle, foot)}[layout.numbers]
        if layout.numbers != "head" or not leaf.opening:
            leaf.runs.append(Run(number, x, y, "r", 9.0))
            self._record("page number", number)
        if layout.address:
            leaf.runs.append(Run(layout.address, edge, layout.height - 14, "r", 7.0))
            self._record("repeated address", layout.address)
        if not layout.furniture_last:
            leaf.runs = leaf.runs[mine:] + leaf.runs[:mine]

    def _record(self, kind: str, text: str, words: Sequence[str] = (), begins: bool = False) -> None:
        self.leaf.lines.append(Printed(len(self.leaves), kind, text, tuple(words), begins))

    def room(self, height: float) -> None:
        """Go to the next column or page where so much does not fit any more."""
        small = 0.8 * self.layout.size
        waiting = min(len(self.feet), MOST_FEET)
        limit = self.layout.height - self.layout.bottom - (1.2 * small * waiting + 10 if waiting else 0)
        if self.y + height <= limit:
            return
        if self.column + 1 < self.columns:
            self.column, self.y = self.column + 1, self.column_top
        else:
            self.page(self.next_class, self.head)

    # -- text ---------------------------------------------------------------------------------

    def paragraph(
        self,
        words: Sequence[Word],
        kind: str = "body",
        first: bool = False,
        goes_on: bool = False,
        **how: float,
    ) -> None:
        """A paragraph; `first` after a heading, `goes_on` where it is the rest of one.

        `how`: size, leading, indent (of its first line), inset (of all), hang (of the others).
        """
        layout = self.layout
        size, leading = how.get("size", layout.size), how.get("leading", layout.leading)
        inset, hang = how.get("inset", 0.0), how.get("hang", 0.0)
        indent = how.get("indent", 0.0 if first else layout.indent)
        full = self.measure - 2 * inset - hang
        lines = break_lines(list(words), full + hang - indent, full, size, layout.type, layout.hyphens)
        for at, line in enumerate(lines):
            feet = [foot for word in line.words if word.note for foot in self._footnote(word)]
            self.room(1.2 * 0.8 * size * len(feet) + 10 if feet else 0.0)
            self.feet += feet
            x = self.left + inset + (indent if at == 0 else hang)
            self.leaf.runs += line_runs(replace(line, indent=0.0), x, self.y, size, layout.type)
            text = " ".join(word.text.upper() if word.small else word.text for word in line.words)
            whole = [word.whole for word in line.words if word.whole] if kind == "body" else []
            self._record(kind, text, whole, begins=at == 0 and not goes_on)
            self.y += leading
        self.y += layout.paragraph_gap

    def _footnote(self, word: Word) -> list[tuple[Line, str]]:
        small = 0.8 * self.layout.size
        words = [Word(text) for text in word.note.split()]
        lines = break_lines(
            words, self.measure - 8, self.measure, small, self.layout.type, self.layout.hyphens
        )
        return [(line, word.mark if at == 0 else "") for at, line in enumerate(lines)]

    def row(
        self, text: str, kind: str, face: str = "r", size: float = 0.0, at: str = "left", **how: float
    ) -> None:
        """One line by itself: left, right, centre. `how`: leading, inset."""
        size = size or self.layout.size
        leading = how.get("leading", 1.3 * size)
        self.room(0.0)
        width = measure(text, face, size, self.layout.type)
        x = {"left": self.left, "right": self.left + self.measure - width}.get(
            at, self.left + (self.measure - width) / 2
        )
        self.leaf.runs.append(Run(text, x + how.get("inset", 0.0), self.y, face, size))
        self._record(kind, text, text.split() if kind == "body" else (), begins=True)
        self.y += leading

    def code(self, lines: Sequence[str]) -> None:
        self.room(1.2 * 8.5 * len(lines))
        for text in lines:
            indent = len(text) - len(text.lstrip())
            self.leaf.runs.append(
                Run(text.strip(), self.left + 12 + 5.1 * indent, self.y, "r", 8.5, family="courier")
            )
            self._record("code", text.strip())
            self.y += 1.2 * 8.5

    def cells(self, rows: Sequence[Sequence[str]], kind: str, places: Sequence[float], size: float) -> None:
        """Rows of cells that begin at these shares of the measure."""
        self.room(1.35 * size * len(rows))
        for row in rows:
            for text, place in zip(row, places, strict=True):
                self.leaf.runs.append(Run(text, self.left + place * self.measure, self.y, "r", size))
            self._record(kind, " ".join(row))
            self.y += 1.35 * size

    def drop_capital(self, words: Sequence[Word]) -> None:
        """A paragraph whose first letter is two lines high."""
        layout = self.layout
        letter, rest = words[0].text[0], words[0].text[1:]
        self.room(2 * layout.leading)
        size = (layout.leading + 0.66 * layout.size) / 0.66  # as high as two lines of capitals
        wide = measure(letter, "r", size, layout.type) + 2
        first = replace(words[0], text=rest.upper() if words[0].small else rest, small=False)
        lines = break_lines(
            [first, *words[1:]], self.measure - wide, self.measure - wide, layout.size, layout.type, False
        )
        self.leaf.runs.append(Run(letter, self.left, self.y + layout.leading, "r", size))
        narrow, below = lines[:2], [word for line in lines[2:] for word in line.words]
        for at, line in enumerate(narrow):
            line.stretched = line.stretched and at < len(lines) - 1
            self.leaf.runs += line_runs(
                replace(line, indent=0.0), self.left + wide, self.y, layout.size, layout.type
            )
            text = " ".join(word.text.upper() if word.small else word.text for word in line.words)
            whole = [word.whole for word in line.words if word.whole]
            self._record("body", letter + text if at == 0 else text, whole, begins=at == 0)
            self.y += layout.leading
        if not below:
            self.y += layout.paragraph_gap
            return
        self.paragraph(below, goes_on=True, indent=0.0)
