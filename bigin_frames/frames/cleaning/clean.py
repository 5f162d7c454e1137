"""The cleaning of a frame: cells fixed where that is certain, a log of every change, a list of what was left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from bigin_frames.display.words import counted
from bigin_frames.errors import OptionError
from bigin_frames.frames.cleaning.columns import wash_column, with_texts, without_shared_keys
from bigin_frames.frames.cleaning.dates import ORDERS
from bigin_frames.frames.cleaning.fixes import RULES
from bigin_frames.frames.column_places import places_of
from bigin_frames.frames.mapping.columns import Mapped
from bigin_frames.frames.mapping.writable import near

__all__ = ["RULES", "Cleaned", "clean", "replay"]


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A cleaned frame and what was done to it; it unpacks as ``frame, log``.

    Parameters
    ----------
    frame : pd.DataFrame
        The same rows, index, columns and order. Columns without a change keep their dtype; so do changed text columns.
        A changed category column becomes a category of its new values, other columns become object, or pandas' own
        dtype for text if every cell is text.
    log : pd.DataFrame
        One line for each change: ``row`` (int64 position), ``column``, ``field``, ``before``, ``after`` (text) and
        ``rule``. If several rules changed a cell, its lines are consecutive.
    left : pd.DataFrame
        One line for each cell that looks wrong and was left unchanged: ``row``, ``column``, ``field``, ``kind`` (of
        value), ``why`` (completes "the cell ...") and ``suggestion`` (a picklist value, or None).

    Examples
    --------
    >>> cleaned = df.assign(Email=[" ada@example.org", "grace at example.org"]).bigin.clean("Contacts")
    >>> cleaned.frame["Email"].tolist()
    ['ada@example.org', 'grace at example.org']
    >>> cleaned.log[["row", "before", "after"]]
       row            before            after
    0    0   ada@example.org  ada@example.org
    >>> cleaned.left["row"].tolist()
    [1]
    """

    frame: pd.DataFrame
    log: pd.DataFrame
    left: pd.DataFrame

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return iter((self.frame, self.log))

    def __repr__(self) -> str:
        cells = self.log.drop_duplicates(["row", "column"])
        changed = f"{counted(len(cells), 'cell')} of {counted(len(self.frame), 'row')} changed"
        return f"<Cleaned: {changed}, {len(self.left):,} left unchanged>"


def clean(
    frame: pd.DataFrame,
    mapped: Mapped,
    *,
    rules: Mapping[str, bool] | Sequence[str] | None = None,
    dates: str | None = None,
) -> Cleaned:
    """Fix the cells of mapped columns where it is certain what is meant.

    Parameters
    ----------
    frame : pd.DataFrame
        Not changed.
    mapped : Mapped
    rules : mapping of str to bool, or sequence of str, optional
        The rules of `RULES` to switch on or off, or the only ones to follow; all of them when it is None.
    dates : {"ymd", "dmy", "mdy"}, optional
        The order of dates such as 01/02/2024. Without it, those that could be two days are left unchanged.

    Returns
    -------
    Cleaned

    Raises
    ------
    OptionError
        For a rule or an order that does not exist.
    """
    on = _switched_on(rules)
    if dates is not None and not (isinstance(dates, str) and dates in ORDERS):
        raise OptionError(f"dates must be one of {', '.join(ORDERS)}, or None.", option="dates")
    cleaned, places = frame.copy(), places_of(frame.columns)
    washed = []
    for column in mapped.columns:
        place = places[column.column][0]
        done = wash_column(frame.iloc[:, place], column, on, dates, key=column.field == mapped.find_by)
        if column.field == mapped.find_by:
            done = without_shared_keys(done, frame.iloc[:, place])
        rows, values = done.changes()
        if len(rows):
            cleaned.isetitem(place, with_texts(frame.iloc[:, place], rows, values))
        washed.append(done)
    return Cleaned(cleaned, _table(_LOG, (w.log() for w in washed)), _table(_LEFT, (w.left() for w in washed)))


def replay(frame: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Apply the changes of a log to the frame that it was made from.

    Parameters
    ----------
    frame : pd.DataFrame
        Not changed.
    log : pd.DataFrame
        As `clean` returns it; lines may be removed from it, all of a cell together.

    Returns
    -------
    pd.DataFrame
    """
    replayed, places = frame.copy(), places_of(frame.columns)
    last = log.drop_duplicates(["row", "column"], keep="last")
    for label, lines in last.groupby("column", sort=False):
        place = places[label][0]
        rows, values = lines["row"].to_numpy(np.int64), lines["after"].to_numpy(object)
        replayed.isetitem(place, with_texts(frame.iloc[:, place], rows, values))
    return replayed


def _switched_on(rules: object) -> frozenset[str]:
    if rules is None:
        return frozenset(RULES)
    if isinstance(rules, str) or not isinstance(rules, Mapping | Sequence | set | frozenset):
        raise OptionError("rules must be a mapping of rule to True or False, or a list of rules.", option="rules")
    for name in rules:
        if not isinstance(name, str) or name not in RULES:
            nearest = near(str(name), RULES)
            hint = f"did you mean {nearest!r}?" if nearest else f"the rules are {', '.join(RULES)}."
            raise OptionError(f"There is no rule {name!r}; {hint}", option="rules")
    if not isinstance(rules, Mapping):
        return frozenset(rules)
    for name, switch in rules.items():
        if not isinstance(switch, bool | np.bool_):
            raise OptionError(f"rules[{name!r}] must be True or False, not {type(switch).__name__}.", option="rules")
    return frozenset(name for name in RULES if rules.get(name, True))


_LOG: Final = ("row", "column", "field", "before", "after", "rule")
_LEFT: Final = ("row", "column", "field", "kind", "why", "suggestion")


def _table(names: tuple[str, ...], tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled_tables = [table.assign(nth=nth) for nth, table in enumerate(tables) if len(table)]
    if not filled_tables:
        return pd.DataFrame({name: pd.Series(dtype="int64" if name == "row" else object) for name in names})
    lines = pd.concat(filled_tables).sort_values(["row", "nth", "place"], kind="stable", ignore_index=True)
    return lines[list(names)]
