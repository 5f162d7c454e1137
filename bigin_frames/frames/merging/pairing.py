"""The pairing of a result file's lines with the rows that were sent, only where it is certain.

Bigin echoes three mapped columns with each verdict. Its documentation does not say which three, nor that the lines have
the order of the rows, nor that every row has a line, nor that the echo is exactly what was sent.
What counts as proof here, strongest first:

1. A record id that was itself the key of an update.
2. An echo that exactly one sent row and one line share. Upper and lower case and white space count only when all echoes
   together are exactly what was sent: a service that trims or folds case would have changed something. Otherwise rows
   whose echoes differ only in case, white space or Unicode form are treated as equal.
3. Rows that share an echo, when it makes no difference which line is whose.
4. The record itself, read back by its id and equal to only one of those rows.
5. The order of the lines, when it repeats the order sent and could hardly do so by chance.

Nothing else pairs a line with a row: otherwise the row is ``UNREPORTED``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.merging.folding import folded
from bigin_frames.frames.merging.result_lines import Lines, objects
from bigin_frames.frames.merging.sent import Merge, Sent, interchangeable
from bigin_frames.frames.merging.text_codes import codes
from bigin_frames.frames.merging.verdict_texts import text_counts
from bigin_frames.frames.merging.verdicts import COUNTED, counts_agree
from bigin_frames.model import Status

CONFLICTING_ID = "CONFLICTING_ID"  # the id of one new record is on several lines


def merge(sent: Sent, lines: Lines, *, counts: Mapping[Status, int] | None = None) -> Merge:
    """Pair lines with rows as far as the result file proves it.

    Parameters
    ----------
    sent : Sent
    lines : Lines
    counts : mapping of Status to int, optional
        How many rows of each status the job's details report.

    Returns
    -------
    Merge
        For `settle`, with the records that it names, and then for `verdicts`.
    """
    rows_sent = len(sent.texts[0])
    once = _without_repeats(lines)
    complete = counts is not None and len(counts) == COUNTED and counts_agree(counts, text_counts(lines.status))
    merged = Merge(sent, once, np.full(rows_sent, -1, np.int64), complete)
    rows, left = _pair_by_key(merged)
    row_class, line_class = _echo_classes(sent, once, rows, left)
    if len(lines) == len(left) == len(rows) == rows_sent and np.array_equal(row_class, line_class):
        merged.order_bits = _order_bits(row_class)
    rows, row_class, left, line_class = _pair_singles(merged, rows, row_class, left, line_class)
    if len(left):
        _pair_classes(merged, _grouped(rows, row_class), _grouped(left, line_class))
    merged.lines = replace(once, echo={name: text.slice(0, 0) for name, text in once.echo.items()})  # the bulk of it
    return merged


def _without_repeats(lines: Lines) -> Lines:
    """Drop repeated lines of one new record, and invalidate lines that report one new record for different rows."""
    named = _added(lines).drop_null()
    if _ascends(named) or len(named.dictionary_encode().dictionary) == len(named):
        return lines
    ids = pd.Series(objects(_added(lines)))
    whole = pd.DataFrame(dict(enumerate([ids, *map(objects, (lines.error, *lines.echo.values()))])))
    kept = lines.take(np.flatnonzero(~(ids.notna() & whole.duplicated()).to_numpy()))
    ids = pd.Series(objects(_added(kept)))
    clash = pa.array((ids.notna() & ids.duplicated(keep=False)).to_numpy())
    return Lines(
        pc.if_else(clash, Status.UNREPORTED.value, kept.status),
        pc.if_else(clash, pa.scalar(None, kept.record_id.type), kept.record_id),
        pc.if_else(clash, CONFLICTING_ID, kept.error),
        kept.echo,
    )


def _ascends(texts: pa.Array) -> bool:
    """Return whether each text is greater than the one before, as the ids of new records usually are."""
    ascends: bool = pc.all(pc.less(texts.slice(0, max(0, len(texts) - 1)), texts.slice(1))).as_py()
    return ascends


def _added(lines: Lines) -> pa.Array:
    """Return the ids of new records, null for other lines."""
    is_new = pc.equal(lines.status, Status.ADDED.value)
    return pc.if_else(is_new, lines.record_id, pa.scalar(None, lines.record_id.type))


def _pair_by_key(merged: Merge) -> tuple[np.ndarray, np.ndarray]:
    """Pair lines that name the record that a row of an update was for; return the rows and lines that are left."""
    rows, lines = np.arange(len(merged.line_of)), np.arange(len(merged.lines))
    if merged.sent.key != "id":
        return rows, lines
    row_of = {record: row for row, record in enumerate(objects(merged.sent.text("id")))}
    named = objects(merged.lines.record_id)
    echo = merged.lines.echo.get("id")
    echoed = named if echo is None else objects(pc.utf8_trim_whitespace(echo))
    lines_of: dict[int, list[int]] = {}
    for line in lines.tolist():
        record = echoed[line] if named[line] is None else named[line]
        if record in row_of and echoed[line] == record:
            lines_of.setdefault(row_of[record], []).append(line)
        else:
            merged.foreign += record is not None
    _pair_classes(merged, {row: rows[row : row + 1] for row in lines_of}, {r: np.array(m) for r, m in lines_of.items()})
    return np.setdiff1d(rows, list(lines_of)), lines[pd.isna(echoed)]


def _echo_classes(sent: Sent, lines: Lines, rows: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of rows and lines, equal where they share an echo; exact if the echoes are provably unchanged."""
    pairs = [(_taken(sent.text(name), rows), _taken(text, left)) for name, text in lines.echo.items()]
    if len(rows) == len(left) and all(pc.all(pc.equal(mine, theirs)).as_py() for mine, theirs in pairs):
        in_order = codes([mine for mine, _ in pairs], len(rows))
        return in_order, in_order
    exact = _shared_codes(pairs, len(rows), len(left))
    if len(rows) == len(left) and np.array_equal(np.sort(exact[0]), np.sort(exact[1])):
        return exact
    return _shared_codes([(folded(mine), folded(theirs)) for mine, theirs in pairs], len(rows), len(left))


def _taken(text: pa.Array, wanted: np.ndarray) -> pa.Array:
    taken = text if len(wanted) == len(text) else text.take(pa.array(wanted))
    return pc.fill_null(taken.cast(pa.large_string()), "")


def _shared_codes(pairs: Sequence[tuple[pa.Array, pa.Array]], rows: int, lines: int) -> tuple[np.ndarray, np.ndarray]:
    numbers = codes((pa.concat_arrays(pair) for pair in pairs), rows + lines)
    return numbers[:rows], numbers[rows:]


def _order_bits(classes: np.ndarray) -> float:
    """Return log2 of the number of distinguishable orders in which the lines could have come."""
    counts = np.bincount(classes)
    shared = counts[counts > 1].tolist()
    return (math.lgamma(len(classes) + 1) - sum(math.lgamma(count + 1) for count in shared)) / math.log(2)


def _pair_singles(
    merged: Merge, rows: np.ndarray, row_class: np.ndarray, lines: np.ndarray, line_class: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pair the classes of one row and one line, which are most of them, all at once; return what is left."""
    numbers = 1 + max(row_class.max(initial=-1), line_class.max(initial=-1))
    alone = (np.bincount(row_class, minlength=numbers) == 1) & (np.bincount(line_class, minlength=numbers) == 1)
    line_in = np.empty(numbers, np.int64)
    line_in[line_class] = lines
    mine, theirs = alone[row_class], alone[line_class]
    merged.line_of[rows[mine]] = line_in[row_class[mine]]
    return rows[~mine], row_class[~mine], lines[~theirs], line_class[~theirs]


def _grouped(members: np.ndarray, classes: np.ndarray) -> dict[int, np.ndarray]:
    order = np.argsort(classes, kind="stable")
    numbers, starts = np.unique(classes[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(members[order], starts[1:]), strict=True)) if len(members) else {}


def _pair_classes(merged: Merge, rows_of: dict[int, np.ndarray], lines_of: dict[int, np.ndarray]) -> None:
    merged.foreign += sum(len(lines) for number, lines in lines_of.items() if number not in rows_of)
    for number, rows in rows_of.items():
        lines = lines_of.get(number)
        if lines is None:
            continue
        if len(lines) > len(rows):
            lines = _distinct_lines(merged.lines, lines)
        if len(rows) == len(lines) and (len(rows) == 1 or interchangeable(merged, rows, lines)):
            merged.pair(rows, lines)
        else:
            merged.ties.append((rows, lines))


def _distinct_lines(lines: Lines, members: np.ndarray) -> np.ndarray:
    seen = {(*lines.verdict(line), lines.record_id[line].as_py()): line for line in reversed(members.tolist())}
    return np.array(sorted(seen.values()))
