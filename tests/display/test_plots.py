"""The bars of a plot are the counts of the frame, in fixed colours, without texts of a server that may be cells."""

from __future__ import annotations

import io
import pickle
import sys
from collections import Counter
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import bigin_frames as bf
from bigin_frames.display.plots import COLOURS
from bigin_frames.model import Status
from tests.support.canaries import MAIL, NAME, VALUES, Needles

REFUSED = ["INVALID_DATA-Email,Phone", "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email", "NOT_SENT"]


def frame(*rows: tuple[str, str | None]) -> pd.DataFrame:
    """Return a returned frame with these verdicts and errors."""
    status, error = [one for one, _ in rows], [one for _, one in rows]
    return pd.DataFrame({"ID": None, "Status": pd.array(status, "string"), "Error": pd.array(error, "string")})


OUT = frame(
    *[("ADDED", None)] * 50,
    *[("SKIPPED", "DUPLICATE_DATA-Email")] * 7,
    *[("INVALID", "INVALID_DATA-Email,Phone")] * 5,
    *[("INVALID", "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email")] * 3,
    *[("UNKNOWN", "ANSWER_LOST")] * 2,
)


def bars(axes: Axes) -> dict[str, dict[str, int]]:
    """Return the widths of the bars by label and colour, each label on one line."""
    labels = [text.get_text().replace("\n", " ") for text in axes.get_yticklabels()]
    drawn: dict[str, dict[str, int]] = {label: {} for label in labels}
    for bar in axes.patches:
        label = labels[round(bar.get_y() + bar.get_height() / 2)]
        drawn[label][to_hex(bar.get_facecolor()).upper()] = int(bar.get_width())
    return drawn


def test_bars_are_the_counts_of_verdicts_and_reasons() -> None:
    left, _ = OUT.bigin.plot().axes

    assert bars(left) == {
        "ADDED": {COLOURS[Status.ADDED]: 50},
        "SKIPPED: DUPLICATE_DATA-Email": {COLOURS[Status.SKIPPED]: 7},
        "INVALID: INVALID_DATA-Email, Phone": {COLOURS[Status.INVALID]: 5},
        "INVALID: MANDATORY_NOT_FOUND- Last_Name: INVALID_DATA-Email": {COLOURS[Status.INVALID]: 3},
        "UNKNOWN: ANSWER_LOST": {COLOURS[Status.UNKNOWN]: 2},
    }
    assert [text.get_text() for text in left.texts] == ["50", "7", "5", "3", "2"]


def test_the_second_bars_are_the_rows_of_each_field() -> None:
    figure = OUT.bigin.plot()
    _, right = figure.axes

    assert bars(right) == {
        "Email": {COLOURS[Status.SKIPPED]: 7, COLOURS[Status.INVALID]: 8},
        "Phone": {COLOURS[Status.INVALID]: 5},
        "Last_Name": {COLOURS[Status.INVALID]: 3},
    }
    assert [text.get_text() for text in right.texts] == ["15", "5", "3"]
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["SKIPPED", "INVALID"]
    assert figure.get_suptitle() == "Result of 67 rows"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*Status]), st.sampled_from([None, *REFUSED]))))
def test_every_row_is_in_exactly_one_bar(rows: list[tuple[Any, Any]]) -> None:
    figure = frame(*rows).bigin.plot()
    drawn: Counter[str] = Counter()
    for parts in bars(figure.axes[0]).values():
        drawn.update(parts)

    assert drawn == Counter(COLOURS[status] for status, _ in rows)
    assert (len(figure.axes) == 2) == any(error and "-" in error for _, error in rows)


def test_reasons_and_fields_beyond_the_limit_are_in_one_bar() -> None:
    figure = frame(*[("SKIPPED", f"INVALID_DATA-F{n}") for n in range(30) for _ in range(n + 1)]).bigin.plot()
    for axes in figure.axes:
        drawn = bars(axes)
        assert len(drawn) == 12
        assert sum(sum(parts.values()) for parts in drawn.values()) == 465
    assert "19 more reasons" in bars(figure.axes[0])
    assert "19 more fields" in bars(figure.axes[1])


def test_every_status_has_a_colour_of_its_own() -> None:
    assert list(COLOURS) == list(Status)
    assert len(set(COLOURS.values())) == len(COLOURS)


@pytest.mark.parametrize(
    "said",
    [f"{NAME} is not valid", f"INVALID_DATA-{NAME}", f"INVALID_DATA-Email {MAIL}@x.org", f"NO_DATA-$x$,{NAME}:{MAIL}"],
)
def test_server_texts_that_may_be_cells_are_not_drawn(said: str) -> None:
    figure = frame(("SKIPPED", said), ("ADDED", None)).bigin.plot()
    image = io.StringIO()
    figure.savefig(image, format="svg")

    texts = [text.get_text() for axes in figure.axes for text in (*axes.get_yticklabels(), *axes.texts)]
    assert Needles(VALUES).of_text(" ".join(texts) + image.getvalue()) == set()
    assert Needles(VALUES).of_text(said)


def test_pyplot_keeps_no_reference_to_the_figure() -> None:
    before = pyplot.get_fignums()
    OUT.bigin.plot()

    assert pyplot.get_fignums() == before


def test_plot_is_a_figure_that_can_be_changed_and_kept() -> None:
    figure = pickle.loads(pickle.dumps(OUT.bigin.plot()))  # noqa: S301

    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_result_columns_of_other_names_are_found(bigin_client: bf.Client) -> None:
    given_frame = pd.DataFrame({"Last_Name": ["Ada", None]})
    out = given_frame.bigin.insert(
        "Contacts", client=bigin_client, on_invalid="skip", on_error="ignore", result_columns=("a", "b", "c")
    )

    assert list(bars(out.bigin.plot().axes[0])) == ["ADDED", "INVALID: MANDATORY_NOT_FOUND- Last_Name"]


def test_missing_matplotlib_is_named_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bigin_frames.display.plots")
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(ImportError, match=r"pip install 'bigin_frames\[plot\]'"):
        OUT.bigin.plot()


def test_frame_without_verdicts_is_refused() -> None:
    with pytest.raises(bf.InputError, match="no columns ID, Status and Error"):
        pd.DataFrame({"a": [1]}).bigin.plot()
