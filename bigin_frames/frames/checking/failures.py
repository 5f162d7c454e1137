"""The table of problems that `ValidationReport.failures` returns: the only one with cells and labels of the frame."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bigin_frames.frames.checking.findings import Tally, objects

_MOST_COMPARED: Final = 20_000  # pairs of a wrong value and a choice, which take about half a second in all


def failures(found: Tally, frame: pd.DataFrame | None) -> pd.DataFrame:
    """Return a line for each problem, ordered by row; see `ValidationReport.failures`.

    Parameters
    ----------
    found : Tally
    frame : DataFrame or None
        The frame that was checked; without one, labels and values are missing.
    """
    values = _values(found, frame)
    named = {"column": "column", "field": "field", "code": "code", "rule": "words", "check": "rule"}
    cells = {
        "label": _labels(found, frame),
        **{name: _by_reason(found, attribute) for name, attribute in named.items()},
        "value": values,
        "suggestion": _suggestions(found, values),
    }
    columns = {name: pd.Series(array, dtype="object") for name, array in cells.items()}
    return pd.DataFrame({"row": found.row.copy(), **columns})


def _by_reason(found: Tally, name: str) -> npt.NDArray[np.object_]:
    return objects([getattr(reason, name) for reason in found.reasons])[found.reason]


def _labels(found: Tally, frame: pd.DataFrame | None) -> Any:
    return _nothing(len(found.row)) if frame is None else objects(frame.index.take(found.row))


def _values(found: Tally, frame: pd.DataFrame | None) -> npt.NDArray[np.object_]:
    values = _nothing(len(found.row))
    if frame is not None:
        places = {label: place for place, label in enumerate(frame.columns)}
        for which, reason in enumerate(found.reasons):
            if reason.column in places:
                at = np.flatnonzero(found.reason == which)
                values[at] = objects(frame.iloc[:, places[reason.column]].iloc[found.row[at]])
    return values


def _suggestions(found: Tally, values: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    suggestions = _nothing(len(found.row))
    for which, reason in enumerate(found.reasons):
        if reason.options:
            at = np.flatnonzero(found.reason == which)
            suggestions[at] = _nearest(values[at], reason.options)
    for place in np.flatnonzero(found.twin >= 0).tolist():
        suggestions[place] = f"same key as row {found.twin[place]}"
    return suggestions


def _nothing(length: int) -> npt.NDArray[np.object_]:
    return np.full(length, None, dtype=object)


def _nearest(values: npt.NDArray[np.object_], options: tuple[str, ...]) -> npt.NDArray[np.object_]:
    by_case = {option.casefold(): option for option in options}
    texts = [str(value) for value in values]
    known = {text: by_case.get(text.strip().casefold()) for text in dict.fromkeys(texts)}
    unlike = [text for text, option in known.items() if option is None]
    for text in unlike[: max(1, _MOST_COMPARED // len(options))]:
        known[text] = next(iter(get_close_matches(text, options, n=1)), None)
    return objects(known[text] for text in texts)
