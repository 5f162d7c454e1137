"""The measurements in the documentation: tables between the page's markers, and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bigin_frames.deflate import fastest

DOCS = Path(__file__).parents[2] / "docs"
PAGE, CHART = DOCS / "benchmarks.md", DOCS / "benchmarks.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SPEED = fastest().__name__.partition(".")[0]
_HEAD = (
    "frame", "rows", "floor s", "stages s", "stages / floor", "whole call s", "us a row", "by hand s", "by hand / call",
    "call wall s", "by hand wall s", "by hand / call, wall", "call peak MB", "by hand peak MB",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The medians of one cell: seconds, ratios and megabytes; ``cpu``, ``wall`` and ``peaks`` by way."""

    kind: str
    rows: int
    floor: float
    stages: float
    over_floor: float
    cpu: dict[str, float]
    wall: dict[str, float]
    gain: dict[str, float]
    peaks: dict[str, float]


def table(lines: Sequence[Line], *, header: bool = True) -> str:
    """Return the lines as Markdown; seconds are CPU seconds unless they are called wall."""
    return _markdown(_HEAD, [_cells(line) for line in lines], header)


def _cells(line: Line) -> list[str]:
    ours, hand = "bigin_frames", "by hand"
    return [
        line.kind, f"{line.rows:,}", f"{line.floor:.3f}", f"{line.stages:.3f}", f"{line.over_floor:.2f}x",
        _cell(line.cpu, ours, ".3f"), f"{1e6 * line.cpu[ours] / line.rows:.1f}",
        _cell(line.cpu, hand, ".3f"), _cell(line.gain, "cpu", ".1f", "x"),
        _cell(line.wall, ours, ".3f"), _cell(line.wall, hand, ".3f"), _cell(line.gain, "wall", ".1f", "x"),
        _cell(line.peaks, ours, ".0f"), _cell(line.peaks, hand, ".0f"),
    ]  # fmt: skip


def _cell(values: dict[str, float], name: str, form: str, unit: str = "") -> str:
    return f"{values[name]:{form}}{unit}" if name in values else ""


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]], header: bool = True) -> str:
    rows = [head, ["---"] * len(head), *lines] if header else lines
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def stage_table(
    cells: Sequence[tuple[str, int, dict[str, float], dict[str, float]]], floors: Sequence[str], ours: Sequence[str]
) -> str:
    """Return the CPU seconds of each stage, the floor's before bigin_frames' own."""
    head = ["frame", "rows", *(f"floor: {name}" for name in floors), *ours]
    lines = [
        [kind, f"{rows:,}", *(f"{low[name]:.3f}" for name in floors), *(f"{own[name]:.3f}" for name in ours)]
        for kind, rows, low, own in cells
    ]
    return _markdown(head, lines)


def write(parts: Sequence[str]) -> None:
    """Replace the text between the page's markers; the prose around it is written by hand."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    text = "\n\n".join((f"{before}{BEGIN}", *parts, f"{END}{after}"))
    PAGE.write_text(text, encoding="utf-8")


def draw(lines: Sequence[Line]) -> None:
    """Draw CPU seconds of floor, bigin_frames and the script for each kind of frame."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bigin_frames"  # the same figures give the same file
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.5, 1.0 + 1.1 * len(lines)), layout="constrained")
    bars = {
        "script by hand": [line.cpu.get("by hand", 0.0) for line in lines],
        "bigin_frames": [line.cpu["bigin_frames"] for line in lines],
        "sum of the floors": [line.floor for line in lines],
    }
    for place, (name, seconds) in enumerate(bars.items()):
        at = [i + 0.27 * (1 - place) for i in range(len(lines))]
        axes.bar_label(axes.barh(at, seconds, height=0.25, label=name), fmt="%.1f", padding=3)
    axes.set_yticks(range(len(lines)), [line.kind for line in lines])
    axes.set_xlabel(f"CPU seconds of the client for {lines[0].rows:,} rows of 15 columns")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(CHART, metadata={"Date": None})
    plt.close(figure)
