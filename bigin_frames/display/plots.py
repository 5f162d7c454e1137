"""The plot of a write's result: rows by verdict and reason, and next to them the rows with an error in each field.

It uses matplotlib's figures without pyplot, which would need a display or keep the figure in memory.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from bigin_frames.display.words import counted
from bigin_frames.model import Status

# The palette of Okabe and Ito (2008), which colour-blind people can distinguish, and a grey.
COLOURS: Final = {
    Status.ADDED: "#009E73",
    Status.UPDATED: "#0072B2",
    Status.SKIPPED: "#E69F00",
    Status.UNPROCESSED: "#F0E442",
    Status.INVALID: "#D55E00",
    Status.UNSENT: "#999999",
    Status.UNREPORTED: "#CC79A7",
    Status.UNKNOWN: "#000000",
    Status.PENDING: "#56B4E9",
}
_MOST_BARS: Final = 12
_WIDEST_LABEL: Final = 34  # characters in a line
_BAR_INCHES, _LINE_INCHES, _EDGES_INCHES = 0.22, 0.17, 1.3

Counts = tuple[str, Mapping[Status, int]]  # of a bar: its label, and the rows of each verdict in it


class Picture(Figure):
    """A figure that notebooks show, although pyplot does not manage it."""

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.savefig(png, format="png", dpi=110)
        return png.getvalue()


def picture(verdicts: Sequence[Counts], fields: Sequence[Counts], rows: int) -> Picture:
    """Draw the result of a write; see `verbs.results.plot`.

    Parameters
    ----------
    verdicts : sequence of (str, mapping of Status to int)
        A bar for each verdict and reason, from top to bottom: its label, and the rows in it.
    fields : sequence of (str, mapping of Status to int)
        A bar for each field that an error names.
    rows : int
        Rows of the frame.
    """
    left, right = (_fewer(bars, thing) for bars, thing in ((verdicts, "reason"), (fields, "field")))
    made = Picture(figsize=(12 if right else 8, max(map(_inches, (left, right)))), layout="constrained")
    places = made.subplots(1, 2 if right else 1, squeeze=False)[0]
    most = max(len(left), len(right), 1)
    _draw(places[0], left, "Rows by verdict and reason", most)
    if right:
        _draw(places[1], right, "Rows with an error, by field", most)
        known = [status for status in Status if any(status in parts for _, parts in right)]
        patches = [Patch(color=COLOURS[status], label=status.value) for status in known]
        places[1].legend(handles=patches, frameon=False, loc="lower right")
    made.suptitle(f"Result of {counted(rows, 'row')}", fontweight="bold")
    return made


def _inches(bars: Sequence[Counts]) -> float:
    lines = sum(label.count("\n") + 1 for label, _ in bars)
    return _EDGES_INCHES + _BAR_INCHES * len(bars) + _LINE_INCHES * lines


def _label(text: str) -> str:
    """Break a label into lines, after the separators of reasons and fields in Bigin's format."""
    spaced = text.replace(":", ": ").replace(",", ", ").replace(":  ", ": ")
    return "\n".join(textwrap.wrap(spaced, _WIDEST_LABEL, max_lines=3, placeholder=" …")) or text


def _fewer(bars: Sequence[Counts], thing: str) -> list[Counts]:
    """Break the labels into lines, and merge the bars beyond the limit into one."""
    bars = [(_label(name), parts) for name, parts in bars]
    if len(bars) <= _MOST_BARS:
        return bars
    ranked = sorted(bars, key=lambda bar: -sum(bar[1].values()))
    rest: Counter[Status] = Counter()
    for _, parts in ranked[_MOST_BARS - 1 :]:
        rest.update(parts)
    kept = [bar for bar in bars if bar in ranked[: _MOST_BARS - 1]]
    return [*kept, (f"{len(bars) - len(kept)} more {thing}s", dict(rest))]


def _draw(axes: Axes, bars: Sequence[Counts], title: str, most: int) -> None:
    """Draw bars from top to bottom, as thick as if there were ``most`` of them."""
    for place, (_, parts) in enumerate(bars):
        start = 0
        for status in (status for status in Status if status in parts):
            axes.barh(place, parts[status], left=start, color=COLOURS[status], edgecolor="#555555", linewidth=0.5)
            start += parts[status]
        axes.annotate(f"{start:,}", (start, place), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(bars)), [label for label, _ in bars], parse_math=False)
    axes.set_title(title, loc="left")
    axes.set_xlabel("rows")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.set_xlim(0, 1.12 * max((sum(parts.values()) for _, parts in bars), default=1))
    axes.set_ylim(most - 0.4, -0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
