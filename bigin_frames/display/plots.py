"""Draw how a write ended: rows by verdict and reason, and beside them the rows that each field kept from being written.

Only matplotlib's own objects are used and none of pyplot's, which would need a screen or keep the picture in memory.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from bigin_frames.display.words import counted
from bigin_frames.frames.merging.returned import summary
from bigin_frames.model import Status
from bigin_frames.wire.reasons import parse_errors, plain_errors

# The palette of Okabe and Ito (2008), which colour-blind people tell apart, and a grey.
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
_WIDEST_LABEL: Final = 34  # signs a line
_BAR_INCHES, _LINE_INCHES, _EDGES_INCHES = 0.22, 0.17, 1.3
_FIELD: Final = re.compile(r"[A-Za-z]\w{0,49}", re.ASCII)  # an API name; other words may be anybody's data

Bar = tuple[str, dict[Status, int]]  # its label, and the rows of each verdict in it


class Picture(Figure):
    """Be a figure that notebooks show though pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        png = BytesIO()
        self.savefig(png, format="png", dpi=110)
        return png.getvalue()


def picture(out: pd.DataFrame) -> Picture:
    """Draw a returned frame; see `verbs.plot`."""
    counts = _counts(out)
    verdicts, fields = _fewer(_by_reason(counts), "reason"), _fewer(_by_field(counts), "field")
    made = Picture(figsize=(12 if fields else 8, max(map(_inches, (verdicts, fields)))), layout="constrained")
    places = made.subplots(1, 2 if fields else 1, squeeze=False)[0]
    most = max(len(verdicts), len(fields), 1)
    _draw(places[0], verdicts, "Rows by verdict and reason", most)
    if fields:
        _draw(places[1], fields, "Rows with an error, by field", most)
        known = [status for status in Status if any(status in parts for _, parts in fields)]
        patches = [Patch(color=COLOURS[status], label=status.value) for status in known]
        places[1].legend(handles=patches, frameon=False, loc="lower right")
    made.suptitle(f"What became of {counted(len(out), 'row')}", fontweight="bold")
    return made


def _inches(bars: Sequence[Bar]) -> float:
    lines = sum(label.count("\n") + 1 for label, _ in bars)
    return _EDGES_INCHES + _BAR_INCHES * len(bars) + _LINE_INCHES * lines


def _counts(out: pd.DataFrame) -> list[tuple[Status, str, int]]:
    """Count the rows of each verdict and error, an error being codes and API names alone."""
    counts: Counter[tuple[Status, str]] = Counter()
    for word, error, rows in summary(out).itertuples(index=False):
        said = "" if pd.isna(error) else _plain(error) or "another reason"
        counts[Status(word), said] += rows
    return [(status, error, rows) for (status, error), rows in counts.items()]


def _plain(error: str) -> str:
    named = {name for reason in parse_errors(error) for name in reason.fields if _FIELD.fullmatch(name)}
    return plain_errors(error, named)


def _by_reason(counts: Iterable[tuple[Status, str, int]]) -> list[Bar]:
    """Return a bar for each verdict and reason: the verdicts in their order, the most rows first."""
    order = list(Status)
    known = sorted(counts, key=lambda one: (order.index(one[0]), -one[2], one[1]))
    return [(_label(f"{status}: {error}" if error else f"{status}"), {status: rows}) for status, error, rows in known]


def _by_field(counts: Iterable[tuple[Status, str, int]]) -> list[Bar]:
    fields: dict[str, Counter[Status]] = {}
    for status, error, rows in counts:
        for name in dict.fromkeys(name for reason in parse_errors(error) for name in reason.fields):
            fields.setdefault(name, Counter())[status] += rows
    ranked = sorted(fields.items(), key=lambda one: (-one[1].total(), one[0]))
    return [(_label(name), dict(parts)) for name, parts in ranked]


def _label(text: str) -> str:
    """Break a label into lines, after the signs that Bigin's grammar parts reasons and fields with."""
    spaced = text.replace(":", ": ").replace(",", ", ").replace(":  ", ": ")
    return "\n".join(textwrap.wrap(spaced, _WIDEST_LABEL, max_lines=3, placeholder=" …")) or text


def _fewer(bars: Sequence[Bar], thing: str) -> list[Bar]:
    """Put the bars that are too many into one."""
    if len(bars) <= _MOST_BARS:
        return list(bars)
    ranked = sorted(bars, key=lambda bar: -sum(bar[1].values()))
    rest: Counter[Status] = Counter()
    for _, parts in ranked[_MOST_BARS - 1 :]:
        rest.update(parts)
    kept = [bar for bar in bars if bar in ranked[: _MOST_BARS - 1]]
    return [*kept, (f"{len(bars) - len(kept)} {thing}s more", dict(rest))]


def _draw(axes: Axes, bars: Sequence[Bar], title: str, most: int) -> None:
    """Draw bars from the top down, as thick as if there were ``most`` of them."""
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
