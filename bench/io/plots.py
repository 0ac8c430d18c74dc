# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plots of a report, as SVG whose colours are CSS variables, so that a page shows them dark or light.

matplotlib draws with colours that stand for a variable each; they are replaced in the text that it writes.
"""

import io
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# What is drawn with the first is shown with the second.
VARIABLES = {"#010101": "--ink", "#020202": "--faint", "#030303": "--band", "#040404": "--paper"}
INK, FAINT, BAND, PAPER = VARIABLES
SERIES = [f"#0505{number:02x}" for number in range(8)]
VARIABLES.update({color: f"--series-{number}" for number, color in enumerate(SERIES)})
WIDTH = 6.4  # inches: text of 9 points is still read on a telephone
MARKERS = "osD^vPX*"

matplotlib.rcParams.update({
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "text.color": INK, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "grid.color": FAINT, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "savefig.transparent": True, "svg.hashsalt": "qsbx",
})  # fmt: skip


def ratios(rows, series, floors, label):
    """A line for each row, with a point and its interval for each of the series.

    `rows`: names from top to bottom; `series`: {title: {row: Ratio}}; `floors`: {row: how far noise reaches}.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 0.9 + len(rows) * (0.16 + 0.13 * len(series))))
    for place, row in enumerate(rows):
        floor = floors.get(row, 0)
        axes.fill_betweenx([place - 0.45, place + 0.45], 1 - floor, 1 + floor, color=BAND, linewidth=0)
    axes.axvline(1, color=INK, linewidth=0.8)
    for number, (title, values) in enumerate(series.items()):
        offset = 0.36 * (2 * (number + 0.5) / len(series) - 1)
        shown = [(place + offset, values[row]) for place, row in enumerate(rows) if row in values]
        axes.errorbar([ratio.median for _, ratio in shown], [place for place, _ in shown],
                      xerr=[[max(0, ratio.median - ratio.low) for _, ratio in shown],
                            [max(0, ratio.high - ratio.median) for _, ratio in shown]],
                      fmt=MARKERS[number], markersize=4, color=SERIES[number], elinewidth=1, label=title)  # fmt: skip
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(label)
    axes.grid(axis="x", linewidth=0.4)
    _legend(axes, len(series))
    return _svg(figure, label)


def instructions_by_call(rows, values, label):
    """Stacked bars. `rows`: [(workload, filter title)]; `values`: {call: [a number for each row]}."""
    figure, axes = plt.subplots(figsize=(WIDTH, 0.9 + 0.24 * len(rows)))
    left = [0.0] * len(rows)
    for number, (call, numbers) in enumerate(values.items()):
        axes.barh(range(len(rows)), numbers, left=left, color=SERIES[number % len(SERIES)], label=call, height=0.7)
        left = [sum(pair) for pair in zip(left, numbers)]
    axes.set_yticks(range(len(rows)), [f"{workload} · {title}" for workload, title in rows], fontsize=7.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(label)
    axes.grid(axis="x", linewidth=0.4)
    _legend(axes, 4)
    return _svg(figure, label)


def surface_and_cost(points, label_of_calls, label_of_cost):
    """`points`: [(title, system calls that run, Ratio)]: fewer calls further left, less cost further up."""
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    axes.axhline(1, color=INK, linewidth=0.8)
    for number, (title, calls, ratio) in enumerate(points):
        axes.errorbar([calls], [ratio.median], yerr=[[ratio.median - ratio.low], [ratio.high - ratio.median]],
                      fmt=MARKERS[number % len(MARKERS)], color=SERIES[number % len(SERIES)], markersize=7, label=title)  # fmt: skip
    axes.set_xlim(left=0)
    axes.set_xlabel(label_of_calls)
    axes.set_ylabel(label_of_cost)
    axes.grid(linewidth=0.4)
    _legend(axes, 3)
    return _svg(figure, f"{label_of_calls}, {label_of_cost}")


def _legend(axes, columns):
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=min(columns, 3), fontsize=8)


def _svg(figure, title):
    written = io.StringIO()
    figure.savefig(written, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = written.getvalue()
    text = text[text.index("<svg") :]
    for color, variable in VARIABLES.items():
        text = text.replace(color, f"var({variable})")
    # The page decides how wide it is; ids are the same in each plot of a page.
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', rf'\1 role="img" aria-label="{title}"', text, count=1)
    return text
