"""Every number that a figure draws goes back to lines: read from the drawn things, not from pixels.

Of each figure all lines, dots, bars, areas and words are read where they stand on its axes, and compared with
what the JSONL files bear by plain arithmetic. The bounds of intervals are those of metrics.json, which
test_trace.py and test_labels.py trace. A drawn thing that nothing here leads to fails the test.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon, Rectangle
from small_run import RUN, make_label_run, result_of, run_script
from test_trace import average
from test_trace_judge import TEXTS, Judge
from traced import lines, paired, traced_run
from wordcloud import STOPWORDS

from inkprint.evaluate.metrics import METRICS
from inkprint.report import chats, documents, labels, training
from inkprint.report.style import COLOURS, INK, LINE, SERIES, SPLITS

pytestmark = pytest.mark.whole_runs  # on the same run as test_trace.py
SEED = 42
VARIANTS = ("base", "prompted", "tuned")
SPEAK = (*VARIANTS, "reference")
GREY = COLOURS["reference"]


# -- what is drawn -----------------------------------------------------------------------------------


def drawn(figure, in_rows=False):
    """Of each axes all that stands there: what it is, its colour, its row where there are rows, its numbers.

    Where there are rows, the height within a row tells nothing, and only the places along it count.
    """
    return [list(things(axes, in_rows)) for axes in figure.axes]


def things(axes, in_rows):
    for line in axes.lines:
        points = np.column_stack([np.asarray(of, float) for of in line.get_data()])
        if len(points):
            marks_alone = line.get_linestyle() == "None"
            colour = to_hex(line.get_markerfacecolor() if marks_alone else line.get_color())
            yield thing("line", colour, points, in_rows)
    for collection in axes.collections:
        colours = (
            collection.get_facecolor() if len(collection.get_facecolor()) else collection.get_edgecolor()
        )
        colour = to_hex(colours[0]) if len(colours) else "none"
        if isinstance(collection, LineCollection):
            for segment in collection.get_segments():
                yield thing("line", colour, np.asarray(segment), in_rows)
        elif isinstance(collection, PathCollection):
            yield thing("dots", colour, np.asarray(collection.get_offsets()), in_rows)
        else:
            for path in collection.get_paths():
                yield thing("bar", colour, corners(path), in_rows)
    for patch in axes.patches:
        path, colour = patch.get_patch_transform().transform_path(patch.get_path()), patch.get_facecolor()
        if isinstance(patch, Polygon):
            yield thing("area", to_hex(colour), path.vertices, in_rows)
        else:
            shade = (patch.get_alpha(),) if to_hex(colour) == INK else ()
            yield thing("bar", to_hex(colour), corners(path), in_rows, shade)
    for text in axes.texts:
        yield (
            "text",
            text.get_text(),
            *([] if in_rows else text.xy if hasattr(text, "xy") else text.get_position()),
        )


def thing(kind, colour, points, in_rows, more=()):
    if not in_rows:
        return (kind, colour, *points.ravel().tolist(), *more)
    along = sorted(points[:, 0].tolist()) if kind == "dots" else sorted(set(points[:, 0].tolist()))
    return (kind, colour, round(float(points[:, 1].mean())), *along)


def corners(path):
    """The lower left and the upper right corner."""
    return np.array([path.vertices.min(axis=0), path.vertices.max(axis=0)])


def differ(found, expected):
    """What is drawn and should not be there, and what should and is not; by axes."""
    wrong = [] if len(found) == len(expected) else [(len(found), len(expected))]
    for there, wanted in zip(found, expected, strict=False):
        wanted = list(wanted)
        for one in there:
            match = next((other for other in wanted if same(one, other)), None)
            wanted.remove(match) if match else wrong.append(("not from a line", one))
        wrong += [("not drawn", one) for one in wanted]
    return wrong


def same(one, other):
    """Numbers to the digits that metrics.json and words.json keep."""
    return len(one) == len(other) and all(
        a == b if isinstance(a, str) else math.isclose(a, b, rel_tol=2e-5, abs_tol=2e-5)
        for a, b in zip(one, other, strict=True)
    )


# -- what the lines bear -----------------------------------------------------------------------------


class Lines:
    """The run's lines, and what each figure must draw of them: a list for each of its axes."""

    def __init__(self, folder):
        self.folder, self.metrics = folder, result_of(folder)["metrics"]
        self.of = defaultdict(lambda: defaultdict(list))
        for score in lines(folder, "06_evaluate/scores.jsonl"):
            self.of[score["metric"]][score["variant"]].append(score)
        self.answers = defaultdict(list)
        for answer in lines(folder, "05_generate/answers.jsonl"):
            self.answers[answer["variant"]].append(answer)

    def mean(self, metric, variant):
        return average(paired(self.of[metric])[variant], METRICS[metric].link)

    def interval(self, metric, variant):
        found = self.metrics[metric]["means"][variant]
        return sorted({found["low"], found["high"]})

    def spoken(self):
        """Of each variant, the author too, all words that it says, in lower case."""
        texts = {name: [answer["answer"] for answer in self.answers[name]] for name in VARIANTS}
        texts["reference"] = [answer["reference"] for answer in self.answers["base"]]
        return {name: re.findall(r"[a-z]+", " ".join(of).lower()) for name, of in texts.items()}

    def voice(self):
        others = defaultdict(lambda: defaultdict(list))
        for score in lines(self.folder, "06_evaluate/others.jsonl"):
            others[score["metric"]][score["variant"]].append(score["value"])
        rows = [
            "voice",
            "voice_unrecited",
            *(f"voice_{of}" for of in ("function_words", "characters", "delta", "rhythm")),
        ]
        wanted = [("line", LINE, 2, 0.0, 1.0)]  # between the score and its signals, at 1.5
        for row, name in enumerate(rows):
            scale = name if name in others else "voice"
            ticks = sorted(sum(of) / len(of) for of in others[scale].values())
            own = {score["source_id"]: score["value"] for score in self.of[scale]["reference"]}.values()
            wanted += [
                ("line", LINE, row, sum(ticks) / len(ticks), sum(own) / len(own)), ("dots", INK, row, *ticks)
            ]  # fmt: skip
            for variant in SPEAK:
                wanted.append(("dots", COLOURS[variant], row, self.mean(name, variant)))
                wanted.append(("line", COLOURS[variant], row, *self.interval(name, variant)))
        return [wanted]

    def paired(self, metric):
        """Every item at its place by the base: a dot a variant, a line from the lowest to the highest."""
        variants = [name for name in VARIANTS if name in self.of[metric]]
        values = {
            name: {
                score["example_id"] or score["source_id"]: score["value"] for score in self.of[metric][name]
            }
            for name in variants
        }
        order = sorted(values["base"], key=values["base"].get)
        wanted = []
        for variant in variants:
            dots = [number for place, one in enumerate(order, 1) for number in (place, values[variant][one])]
            (low, high), mean = self.interval(metric, variant), self.mean(metric, variant)
            wanted += [
                ("dots", COLOURS[variant], *map(float, dots)),
                ("line", COLOURS[variant], 0.0, mean, 1.0, mean),
                ("bar", COLOURS[variant], 0.0, low, 1.0, high),
            ]
        for place, one in enumerate(order, 1):
            there = [values[variant][one] for variant in variants]
            wanted.append(("line", LINE, float(place), min(there), float(place), max(there)))
        return [wanted]

    def strips(self, *metrics):
        found = []
        for metric in metrics:
            wanted = []
            for row, variant in enumerate(SPEAK):
                values = sorted(score["value"] for score in self.of[metric][variant])
                wanted.append(("dots", COLOURS[variant], row, *values))
                wanted.append(("line", INK, row, self.mean(metric, variant)))
                wanted.append(("line", INK, row, *self.interval(metric, variant)))
            found.append(wanted)
        return found

    def heatmap(self):
        keywords = json.loads((self.folder / RUN / "06_evaluate/words.json").read_text())["keywords"][:30]
        spoken = self.spoken()
        rates = {
            (row, column): 1000 * spoken[variant].count(word) / len(spoken[variant])
            for row, word in enumerate(keywords)
            for column, variant in enumerate(SPEAK)
        }
        most, wanted = max(rates.values()), []
        for (row, column), rate in rates.items():
            left, top = float(column), float(row)
            shade = 0.4 * math.log1p(rate) / math.log1p(most)
            wanted.append(("bar", INK, left, top, left + 1, top + 1, shade))
            wanted.append(("text", f"{rate:.1f}", left + 0.5, top + 0.5))
        return [wanted]

    def radar(self):
        """By hand: the best variant at the rim, or the author."""

        def ratio(a, b):
            return min(a, b) / max(a, b) if max(a, b) else 1.0

        names = (
            "bits_per_byte",
            "tfidf_similarity",
            "keyword_density",
            "type_token_ratio",
            "answer_words",
            "verbatim_run",
        )
        values = {variant: [] for variant in VARIANTS}
        for name in names:
            means = {variant: self.mean(name, variant) for variant in self.of[name]}
            said = {variant: mean for variant, mean in means.items() if variant in VARIANTS}
            for variant in VARIANTS:
                if variant not in means:
                    values[variant].append(None)
                elif name == "bits_per_byte":
                    values[variant].append(min(said.values()) / said[variant])
                elif name == "tfidf_similarity":
                    values[variant].append(said[variant] / max(said.values()))
                elif name == "verbatim_run":
                    values[variant].append(min(1.0, means["reference"] / said[variant]))
                else:
                    values[variant].append(ratio(said[variant], means["reference"]))
        wanted = []
        for variant, of in values.items():
            points = [
                (2 * math.pi * n / len(names), value) for n, value in enumerate(of) if value is not None
            ]
            flat = [number for point in points for number in point]
            wanted += [("line", COLOURS[variant], *flat), ("area", COLOURS[variant], *flat, *points[0])]
            wanted += [
                ("line", COLOURS[variant], *start, *end)
                for start, end in zip(points, [*points[1:], points[0]], strict=True)
            ]
        return [wanted]

    def curve(self):
        log = lines(self.folder, "04_train/training_log.jsonl")
        wanted = []
        for key, colour in (("loss", COLOURS["tuned"]), ("validation_loss", INK)):
            points = [(float(entry["step"]), entry[key]) for entry in log if key in entry]
            wanted.append(("line", colour, *(number for point in points for number in point)))
        return [wanted]

    def marks(self):
        judge, found = Judge(self.folder), []
        for name in TEXTS:
            for mark in ("style", "usefulness"):
                counts = Counter(judge.marks(mark)[name].values())
                found.append(
                    [("bar", COLOURS[name], n - 0.4, 0.0, n + 0.4, float(counts[n])) for n in range(1, 11)]
                )
        return found

    def boxes(self):
        judge = Judge(self.folder)
        return [
            [
                of
                for row, name in enumerate(TEXTS, 1)
                for of in box(row, name, list(judge.marks(mark)[name].values()))
            ]
            for mark in ("style", "usefulness")
        ]


def box(row, name, marks):
    """Median, quartiles, whiskers to the farthest mark within one and a half boxes, caps, and the rest."""
    ordered = sorted(map(float, marks))

    def quantile(share):
        place = share * (len(ordered) - 1)
        low = int(place)
        return ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])

    first, median, third = (quantile(share) for share in (0.25, 0.5, 0.75))
    reach = 1.5 * (third - first)
    least = min(mark for mark in ordered if mark >= first - reach)
    most = max(mark for mark in ordered if mark <= third + reach)
    beyond = sorted({mark for mark in ordered if mark < least or mark > most})
    yield ("bar", COLOURS[name], row, first, third)
    yield ("line", INK, row, median)
    for quartile, end in ((first, least), (third, most)):
        yield ("line", INK, row, *sorted({quartile, end}))
        yield ("line", INK, row, end)
    if beyond:
        yield ("line", COLOURS[name], row, *beyond)


class Labelled:
    """What the figures of labels must draw of the lines of 05's predictions."""

    def __init__(self, folder):
        self.result = result_of(folder)
        self.said = lines(folder, "05_generate/predictions.jsonl")
        self.labels = sorted(self.said[0]["probabilities"])
        for one in self.said:
            total = sum(one["probabilities"].values())
            one["shares"] = {label: one["probabilities"][label] / total for label in self.labels}
            one["told"] = max(self.labels, key=one["shares"].get)  # of equals the first
            one["sure"] = one["shares"][one["told"]]

    def baselines(self):
        wanted, shown = [], [of for of in self.result["metrics"].values() if of["bounded"]]
        colours = {"majority": GREY, "words": COLOURS["words"], "tuned": COLOURS["tuned"]}
        for row, metric in enumerate(shown):
            for variant, mean in metric["means"].items():
                wanted.append(("line", colours[variant], row, mean["value"]))
                wanted.append(("line", colours[variant], row, *sorted({mean["low"], mean["high"]})))
        right = sum(one["told"] == one["label"] for one in self.said) / len(self.said)
        assert shown[0]["title"] == "Accuracy"
        assert shown[0]["means"]["tuned"]["value"] == pytest.approx(right, rel=1e-5)
        return [wanted]

    def confusion(self):
        cells = Counter((one["label"], one["told"]) for one in self.said)
        true, wanted = Counter(one["label"] for one in self.said), []
        for row, label in enumerate(self.labels):
            for column, told in enumerate(self.labels):
                left, top, count = float(column), float(row), cells[label, told]
                wanted.append(("bar", INK, left, top, left + 1, top + 1, 0.4 * count / true[label]))
                wanted.append(("text", str(count), left + 0.5, top + 0.5))
        return [wanted]

    def frequent(self):
        true = Counter(one["label"] for one in self.said)
        return sorted(self.labels, key=lambda label: (-true[label], label))

    def area(self, label):
        """How often a text of the label has a higher probability of it than another text; ties are half."""
        own, others = (
            [one["shares"][label] for one in self.said if (one["label"] == label) == is_own]
            for is_own in (True, False)
        )
        return sum((a > b) + 0.5 * (a == b) for a in own for b in others) / len(own) / len(others)

    def reliability(self):
        bins, wanted = defaultdict(list), []
        for one in self.said:
            bins[math.ceil(10 * one["sure"]) - 1].append(one)
        bounds = {round(10 * of["from"]): of for of in self.result["calibration"]["bins"]}
        below, points = [], []
        for number, texts in sorted(bins.items()):
            left, right = number / 10 + 0.007, number / 10 + 0.093  # nine tenths of a bin, nearly
            of = bounds[number]
            wanted.append(("bar", LINE, left, of["low"], right, of["high"]))
            below.append(("bar", COLOURS["tuned"], left, 0.0, right, float(len(texts))))
            below.append(("text", str(len(texts)), number / 10 + 0.05, len(texts)))
            points.append(sum(one["sure"] for one in texts) / len(texts))
            points.append(sum(one["told"] == one["label"] for one in texts) / len(texts))
        wanted += [("line", GREY, 0.0, 0.0, 1.0, 1.0), ("line", COLOURS["tuned"], *points)]
        return [wanted, below]


# -- both held together ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    return traced_run(tmp_path_factory)


@pytest.fixture(scope="module")
def figures(traced):
    """Each figure of the run by its name, drawn from the files as 07 draws it."""
    files = {
        name: traced / RUN / name
        for name in (
            "01_extract/documents.jsonl", "02_prepare/passages.jsonl", "04_train/training_log.jsonl",
            "06_evaluate/scores.jsonl", "06_evaluate/words.json",
        )
    }  # fmt: skip
    found = {name: figure for name, _, figure in chats.draw(files, result_of(traced), SEED)}
    found |= {name: figure for name, _, figure in documents.draw(files)}
    found |= {name: figure for name, _, figure in training.draw(files["04_train/training_log.jsonl"], "nats")}
    on_disk = {path.stem for path in (traced / RUN / "07_report/figures").glob("*.svg")}
    assert set(found) == on_disk == {*EXPECTED, "clouds", "strips"}, "each is traced here"
    plt.close("all")  # pyplot would keep them beyond this module
    return found


@pytest.fixture(scope="module")
def label_figures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    changes = {"evaluate__bootstrap_samples": 200}
    run_script("06_evaluate.py", make_label_run(folder, changes, moods=("dull", "merry", "wry"), films=30))
    figures = {name: figure for name, _, figure in labels.draw({}, result_of(folder), SEED)}
    assert set(figures) == {*EXPECTED_OF_LABELS, "roc"}
    plt.close("all")
    return folder, figures


# How the numbers of a figure are found, and whether it has rows.
EXPECTED = {
    "voice": (Lines.voice, True),
    "perplexity": (partial(Lines.paired, metric="perplexity"), False),
    "similarity": (partial(Lines.paired, metric="tfidf_similarity"), False),
    "keywords": (lambda of: of.strips("keyword_density"), True),
    "responses": (lambda of: of.strips("answer_words", "type_token_ratio", "verbatim_run"), True),
    "heatmap": (Lines.heatmap, False),
    "radar": (Lines.radar, False),
    "marks": (Lines.marks, False),
    "boxes": (Lines.boxes, True),
    "training": (Lines.curve, False),
}
EXPECTED_OF_LABELS = {
    "baselines": (Labelled.baselines, True),
    "confusion": (Labelled.confusion, False),
    "reliability": (Labelled.reliability, False),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_all_that_a_figure_draws_is_recomputed_from_lines(traced, figures, name):
    expect, in_rows = EXPECTED[name]
    hold_together(figures[name], expect(Lines(traced)), in_rows)


@pytest.mark.parametrize("name", EXPECTED_OF_LABELS)
def test_all_that_a_figure_of_labels_draws_is_recomputed_from_predictions(label_figures, name):
    (folder, figures), (expect, in_rows) = label_figures, EXPECTED_OF_LABELS[name]
    hold_together(figures[name], expect(Labelled(folder)), in_rows)


def hold_together(figure, expected, in_rows):
    """All that is drawn is expected, all that is expected drawn, and nothing can be moved unseen."""
    assert differ(drawn(figure, in_rows), expected) == []
    unseen = [what for what in moved(figure) if not differ(drawn(figure, in_rows), expected)]
    assert unseen == []
    assert differ(drawn(figure, in_rows), expected) == [], "all is back in its place"


def moved(figure):
    """Move each drawn thing a little, or change its digits, and say which; then move it back."""
    for number, axes in enumerate(figure.axes):
        by = np.array([0.03 * abs(np.diff(of)[0]) for of in (axes.get_xlim(), axes.get_ylim())])
        for line in axes.lines:
            points = np.column_stack([np.asarray(of, float) for of in line.get_data()])
            if len(points):
                line.set_data(*(points + by * (np.arange(len(points)) == 0)[:, None]).T)
                yield number, line
                line.set_data(*points.T)
        for collection in axes.collections:
            if isinstance(collection, PathCollection):
                points = np.array(collection.get_offsets())
                collection.set_offsets(points + by * (np.arange(len(points)) == 0)[:, None])
                yield number, collection
                collection.set_offsets(points)
                continue
            for path in collection.get_paths():
                vertices = path.vertices.copy()
                path.vertices[:] = vertices + by
                yield number, collection
                path.vertices[:] = vertices
        yield from ((number, one) for patch in axes.patches for one in moved_patch(patch, by))
        for text in axes.texts:
            was = text.get_text()
            for digit in re.finditer(r"\d", was):
                changed = (int(digit.group()) + 3) % 10
                text.set_text(f"{was[: digit.start()]}{changed}{was[digit.end() :]}")
                yield number, text
            text.set_text(was)


def moved_patch(patch, by):
    """A bar or an area, and of a cell its shade, too."""
    if isinstance(patch, Rectangle):
        height, shade = patch.get_height(), patch.get_alpha()
        patch.set_height(height + by[1])
        yield patch
        patch.set_height(height)
        if to_hex(patch.get_facecolor()) == INK:
            patch.set_alpha(shade + 0.01)
            yield patch
            patch.set_alpha(shade)
    else:
        vertices = patch.get_path().vertices
        was = vertices.copy()
        vertices += by
        yield patch
        vertices[:] = was


def test_the_curves_of_labels_pass_where_the_predictions_lead_them(label_figures):
    folder, figures = label_figures
    labelled, [axes] = Labelled(folder), figures["roc"].axes
    assert wrong_curves(axes, labelled) == []
    assert [what for what in moved(figures["roc"]) if not wrong_curves(axes, labelled)] == []
    keys = [text.get_text() for text in axes.get_legend().get_texts()]
    assert keys == [f"{label} (area {labelled.area(label):.3f})" for label in labelled.frequent()]


def wrong_curves(axes, labelled):
    """Lines of which a point is no threshold's, or which leave out a bend: the area below is then another."""
    chance, *curves = ([tuple(map(float, point)) for point in line.get_xydata()] for line in axes.lines)
    wrong = [] if chance == [(0, 0), (1, 1)] else [chance]
    for (colour, _), label, line, curve in zip(
        SERIES, labelled.frequent(), axes.lines[1:], curves, strict=False
    ):
        own = [one["shares"][label] for one in labelled.said if one["label"] == label]
        rest = [one["shares"][label] for one in labelled.said if one["label"] != label]
        points = {
            tuple(round(sum(value >= least for value in of) / len(of), 6) for of in (rest, own))
            for least in {*own, *rest, 2.0}
        }
        area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(curve))
        if (
            not {(round(x, 6), round(y, 6)) for x, y in curve} <= points
            or not math.isclose(area, labelled.area(label), abs_tol=1e-4)
            or to_hex(line.get_color()) != colour
        ):
            wrong.append(label)
    return wrong if len(curves) == len(labelled.labels) else [*wrong, len(curves)]


def test_each_page_of_a_strip_is_what_became_of_it(traced, figures):
    assert wrong_strip(traced, figures["strips"]) == []
    assert [what for what in moved(figures["strips"]) if not wrong_strip(traced, figures["strips"])] == []


def wrong_strip(folder, figure):
    """Pages that are drawn as something else than 01 and 02 made of them, and numbers in the words beside."""
    splits = {}
    for passage in lines(folder, "02_prepare/passages.jsonl"):
        for page in passage["pages"]:
            splits.setdefault(page, passage["split"])
    pages = lines(folder, "01_extract/documents.jsonl")
    states = [splits.get(page["page"], "no passage") if page["kept"] else "dropped" for page in pages]
    [axes], looks = figure.axes, {colour: split for split, colour in SPLITS.items()} | {INK: "dropped"}
    shown = {}
    for kind, colour, left, bottom, right, top in (one for one in things(axes, False) if one[0] == "bar"):
        first, last = (len(pages) * end for end in (left, right))
        hollow = colour == INK and top - bottom > 0.4  # of an outline alone
        if abs(first - round(first)) + abs(last - round(last)) > 1e-6:
            return [(kind, left, right)]
        of = "no passage" if hollow else looks[colour]
        shown |= dict.fromkeys(range(round(first), round(last)), of)
    told = {text.get_text() for text in axes.texts}
    kept = sum(page["kept"] for page in pages)
    line = [one for one in things(axes, False) if one[0] == "line"]
    wrong = [number for number, state in enumerate(states) if shown.get(number) != state]
    wrong += [] if told == {"keeper.pdf", f"{kept} of {len(pages)} pages kept"} else [told]
    return wrong + ([] if line == [("line", LINE, 0.0, 0.3, 1.0, 0.3)] else line)


def test_clouds_hold_the_most_frequent_words_the_larger_the_more_frequent(traced, figures):
    spoken = Lines(traced).spoken()
    assert [axes.get_title(loc="left") for axes in figures["clouds"].axes] == [*VARIANTS, "author"]
    for variant, axes in zip(SPEAK, figures["clouds"].axes, strict=True):
        counts = Counter(word for word in spoken[variant] if word not in STOPWORDS)
        order = sorted(counts, key=lambda word: (-counts[word], word))
        drawn_words = [text.get_text() for text in axes.texts]
        assert drawn_words == order[: len(drawn_words)]
        assert len(drawn_words) >= 10
        sizes = [text.get_fontsize() for text in axes.texts]
        assert sizes == sorted(sizes, reverse=True)
        assert {to_hex(text.get_color()) for text in axes.texts} == {COLOURS[variant]}


def test_rows_and_columns_are_named_as_they_are_drawn(traced, figures, label_figures):
    """What is compared above by its place stands beside the right name, and a total of words in its head."""
    spoken, variants = Lines(traced).spoken(), [*VARIANTS, "author"]
    folder, of_labels = label_figures
    metrics, classes = result_of(folder)["metrics"].values(), Labelled(folder).labels

    def names(figure, side, number=0):
        labels = getattr(figure.axes[number], f"get_{side}ticklabels")()
        return [label.get_text() for label in labels]

    signals = ["voice", "without recital", "function words", "characters", "Delta", "rhythm"]
    assert names(figures["voice"], "y") == signals
    for number in range(3):
        assert names(figures["responses"], "y", number) == variants
    titles = [axes.get_xlabel().split(" (")[0] for axes in figures["responses"].axes]
    assert titles == ["Response length", "Type-token ratio", "Longest verbatim run"]
    assert names(figures["keywords"], "y") == variants
    words = json.loads((traced / RUN / "06_evaluate/words.json").read_text())["keywords"]
    assert names(figures["heatmap"], "y") == words[:30]
    heads = [f"{name}\n{len(spoken[of]):,} words" for name, of in zip(variants, SPEAK, strict=True)]
    assert names(figures["heatmap"], "x") == heads
    for number, mark in enumerate(("style", "usefulness")):
        assert names(figures["boxes"], "y", number) == ["instruction", *variants]
        assert f"mark for {mark}, " in figures["boxes"].axes[number].get_xlabel()
        assert figures["marks"].axes[number].get_title(loc="left") == f"{mark}, texts"
    assert [axes.get_ylabel() for axes in figures["marks"].axes[::2]] == ["instruction", *variants]
    assert names(of_labels["confusion"], "x") == names(of_labels["confusion"], "y") == classes
    assert names(of_labels["baselines"], "y") == [of["title"] for of in metrics if of["bounded"]]


def test_keys_name_the_colours_that_are_drawn(figures, label_figures):
    figures = figures | label_figures[1]
    colours = {name: COLOURS[name] for name in (*VARIANTS, "instruction")} | {"author": GREY}
    known = colours | {"other authors": INK, "train": COLOURS["tuned"], "validation": INK, "majority": GREY}
    known |= {"bag of words": COLOURS["words"]}
    for name in ("voice", "perplexity", "similarity", "radar", "training", "baselines", "reliability"):
        legend = figures[name].axes[0].get_legend() or figures[name].legends[0]
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            colour = handle.get_color() if hasattr(handle, "get_color") else handle.get_facecolor()[0]
            assert to_hex(colour) == known[text.get_text()], (name, text.get_text())
