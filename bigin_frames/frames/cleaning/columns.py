"""The cleaning of one column, each different cell once.

Two checks follow: no cell that kept its field's rules breaks one after the change, and no row gets the key of another
row. A change that would do either is not made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bigin_frames.frames.cell_kinds import Part, parts
from bigin_frames.frames.checking.keys import twins
from bigin_frames.frames.cleaning.dates import Left
from bigin_frames.frames.cleaning.fixes import Wash, Washer
from bigin_frames.frames.encoding.encode import encode
from bigin_frames.frames.encoding.texts import filled
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.job_request import MappedColumn

Rows = npt.NDArray[np.int64]
Cells = npt.NDArray[np.object_]

# From these on, not every whole number has a float of its own.
_EXACT_BELOW: Final = {pa.float16(): 2**11, pa.float32(): 2**24}
_DIGITS: Final = re.compile(r"\s*([0-9]{1,15})(?:\.0+)?\s*")  # a phone number has at most 15 (ITU-T E.164)
_BREAKS: Final = Left("is valid as it is, and would break a rule of its field if it were cleaned")
_SHARES: Final = Left("would have the same key as another row if it were cleaned")


@dataclass(frozen=True, slots=True)
class Washed:
    """The changes of a column: ``codes`` say which of the different cells is in which of ``rows``."""

    column: MappedColumn
    rows: Rows
    codes: Rows
    kinds: list[str]
    washes: list[Wash]
    undone: npt.NDArray[np.bool_]

    def changes(self) -> tuple[Rows, Cells]:
        """Return the rows that change and their new texts."""
        values = _objects(wash.steps[-1].after if wash.steps else None for wash in self.washes)
        chosen = np.flatnonzero(self._steps() * ~self.undone)
        return self.rows[chosen], values[self.codes[chosen]]

    def log(self) -> pd.DataFrame:
        """Return the lines of the log, those of one cell in order, with their place in it."""
        lines, steps = [], self._steps() * ~self.undone
        for place in range(int(steps.max(initial=0))):
            chosen = np.flatnonzero(steps > place)
            made = [wash.steps[place] if len(wash.steps) > place else None for wash in self.washes]
            found = {name: _objects(getattr(step, name, None) for step in made) for name in _STEP}
            lines.append(self._lines(chosen, place, found))
        return pd.concat(lines) if lines else pd.DataFrame()

    def left(self) -> pd.DataFrame:
        """Return the cells that look wrong and were left unchanged."""
        found = {
            "kind": _objects(self.kinds),
            "why": _objects(wash.left and wash.left.why for wash in self.washes),
            "suggestion": _objects(wash.left and wash.left.suggestion for wash in self.washes),
        }
        has = np.array([wash.left is not None for wash in self.washes], bool)
        lines = self._lines(np.flatnonzero((has[self.codes] if len(has) else self.undone) | self.undone), 0, found)
        undone = lines["row"].isin(self.rows[self.undone])
        lines.loc[undone, ["why", "suggestion"]] = [_SHARES.why, None]
        return lines

    def _steps(self) -> Rows:
        counts = np.array([len(wash.steps) for wash in self.washes], np.int64)
        return counts[self.codes] if len(counts) else np.zeros(0, np.int64)

    def _lines(self, chosen: Rows, place: int, found: Mapping[str, Cells]) -> pd.DataFrame:
        named = {"row": self.rows[chosen], "place": np.full(len(chosen), place)}
        same = {"column": self.column.column, "field": self.column.field.api_name}
        repeated = {name: _objects([value] * len(chosen)) for name, value in same.items()}
        cells = {name: values[self.codes[chosen]] for name, values in found.items()}
        columns = {name: pd.Series(values, dtype=object) for name, values in (repeated | cells).items()}
        return pd.DataFrame({**named, **columns})


_STEP: Final = ("before", "after", "rule")


def wash_column(
    series: pd.Series, column: MappedColumn, on: frozenset[str], dates: str | None, *, key: bool = False
) -> Washed:
    """Find the changes that the rules ``on`` make in each cell of a column; ``dates`` is an order or None.

    No cell of the ``key`` column or of a mandatory column is emptied.
    """
    plain = series.astype(object) if isinstance(series.dtype, pd.CategoricalDtype) else series
    groups = [(part, *_distinct(part)) for part in parts(plain) if part.kind in _WASHED]
    washer = Washer(column, on, dates)
    if washer.zeroed:
        washer = Washer(column, on, dates, _longest(cells for _, _, _, cells in groups))
    rows, codes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    kinds: list[str] = []
    washes: list[Wash] = []
    for part, at, which, cells in groups:
        rows.append(at)
        codes.append(which + len(washes))
        kinds += [part.kind] * len(cells)
        washes += _checked([_WASHED[part.kind](washer, part, cell) for cell in cells], cells, column, key)
    every = np.concatenate(rows)
    return Washed(column, every, np.concatenate(codes), kinds, washes, np.zeros(len(every), bool))


def _wash_text(washer: Washer, part: Part, cell: str) -> Wash:
    return washer.text(cell, cell)


def _wash_number(washer: Washer, part: Part, cell: float | str) -> Wash:
    number = int(cell) if isinstance(cell, str) else cell  # whole numbers beyond 64 bits come as their digits
    return washer.number(number, _EXACT_BELOW.get(part.values.type, 2**53))


def _wash_list(washer: Washer, part: Part, cell: list[str | None]) -> Wash:
    if washer.family != "multiselectpicklist" or None in cell or any(";" in one for one in cell if one):
        return Wash()
    return washer.text(cell, ";".join(one for one in cell if one))


_WASHED: Final[dict[str, Any]] = {
    "text": _wash_text,
    "int": _wash_number,
    "float": _wash_number,
    "list": _wash_list,
}


def _distinct(part: Part) -> tuple[Rows, Rows, list[Any]]:
    """Return where the cells of a part are, which cell is there, and the different cells."""
    present = np.asarray(part.values.is_valid().to_numpy(zero_copy_only=False))
    at = np.flatnonzero(present) if part.positions is None else part.positions[present]
    values = part.values.filter(pa.array(present))
    if part.kind == "list":
        cells = values.to_pylist()
        known = {key: code for code, key in enumerate(dict.fromkeys(map(tuple, cells)))}
        return at.astype(np.int64), np.array([known[tuple(cell)] for cell in cells], np.int64), list(map(list, known))
    coded = values.dictionary_encode()
    return at.astype(np.int64), np.asarray(coded.indices).astype(np.int64), coded.dictionary.to_pylist()


def _longest(groups: Iterable[list[Any]]) -> int:
    cells = (cell for cells in groups for cell in cells if not isinstance(cell, list))
    texts = (format(cell, ".0f") if isinstance(cell, float) else str(cell) for cell in cells)
    return max((len(match[1]) for match in map(_DIGITS.fullmatch, texts) if match), default=0)


def _checked(washes: list[Wash], cells: list[Any], column: MappedColumn, key: bool) -> list[Wash]:
    """Return the changes without those that would make a valid cell break a rule."""
    changed = [code for code, wash in enumerate(washes) if wash.steps]
    if changed:
        before = _broken(pd.Series([cells[code] for code in changed], dtype=object), column, key)
        after = _broken(pd.Series([washes[code].steps[-1].after for code in changed], dtype=object), column, key)
        for worse in np.flatnonzero(after & ~before).tolist():
            washes[changed[worse]] = Wash((), _BREAKS)
    return washes


def _broken(cells: pd.Series, column: MappedColumn, key: bool) -> npt.NDArray[np.bool_]:
    encoded = filled(encode(cells, column.field, by=column.by), column)
    broken = np.zeros(len(cells), bool)
    for rule in rules_for(column, "upsert", key=key):  # the strictest operation: a mandatory cell must be filled
        broken |= rule.failing(encoded.text)
    for fault in encoded.faults:
        broken[fault.positions] = True
    return broken


def without_shared_keys(done: Washed, series: pd.Series) -> Washed:
    """Undo the changes after which a row would share its key with another row that it did not share before."""
    field, by = done.column.field, done.column.by
    before = set(twins(encode(series, field, by=by).text, field)[0].tolist())
    undone = done.undone
    while True:
        done = replace(done, undone=undone)
        rows, values = done.changes()
        after, others = twins(encode(with_texts(series, rows, values), field, by=by).text, field)
        group = np.minimum(after, others)
        fresh = group[[row not in before for row in after.tolist()]]
        wrong = np.intersect1d(after[np.isin(group, fresh)], rows)
        if not len(wrong):
            return done
        undone = undone | np.isin(done.rows, wrong)


def with_texts(series: pd.Series, rows: Rows, values: Cells) -> Any:
    """Return the column with new texts in some rows, in the dtype that `clean.Cleaned` promises."""
    dtype: Any = series.dtype
    viewed = str(dtype) == "string_view[pyarrow]"  # pandas can store this type, but hardly read it
    cells = np.array(_objects(pa.array(series).to_pylist()) if viewed else series.to_numpy(dtype=object))
    cells[rows] = values
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Series(cells, series.index, dtype=object).astype("category")
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return pd.Series(cells, series.index, dtype=object)
    if isinstance(dtype, pd.StringDtype) or str(dtype) in _ARROW_TEXTS:
        return pd.Series(pd.array(cells, dtype=dtype), series.index)
    gone = np.asarray(pd.isna(pd.Series(cells, dtype=object)))
    if all(isinstance(cell, str) for cell in cells[~gone]):
        cells[gone] = None
        return pd.Series(cells.tolist(), series.index)
    return pd.Series(cells, series.index, dtype=object)


_ARROW_TEXTS: Final = frozenset({"string[pyarrow]", "large_string[pyarrow]"})


def _objects(values: Iterable[Any]) -> Cells:
    return pd.Series(list(values), dtype=object).to_numpy()
