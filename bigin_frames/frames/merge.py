"""Pair the lines of a result file with the rows that were sent, by proof; where there is none, say so.

Bigin echoes three mapped columns beside each verdict and promises neither which three, nor the order of the lines, nor
that every row has one, nor that the echo is letter for letter what was sent (no page of its documentation says).
What counts as proof here, strongest first:

1. A record id that was itself the key of an update.
2. An echo that exactly one sent row and one line share. Letters count exactly only when all echoes together are exactly
   what was sent: a service that trims or folds case could not have left that untouched. Otherwise rows whose echoes
   differ only in case, blanks or Unicode form are held to be the same.
3. Rows that share an echo, when it makes no difference which line is whose.
4. The record itself, read back by its id and equal to one of those rows alone.
5. The order of the lines, when it repeats the order sent and could hardly do so by chance.

Nothing else attaches a line to a row: the row is ``UNREPORTED`` then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.folding import folded
from bigin_frames.frames.lines import Lines, objects
from bigin_frames.frames.verdicts import text_column, text_counts
from bigin_frames.model import WRITTEN, MappedColumn, Status

NO_RESULT_LINE = "NO_RESULT_LINE"  # the file has no line for the row
AMBIGUOUS_RESULT = "AMBIGUOUS_RESULT"  # it has, but nothing proves which of them
_COUNTED = 3  # job details count the rows added, updated and skipped
CONFLICTING_ID = "CONFLICTING_ID"  # one new record's id stands on several lines


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold what one job carried.

    Attributes
    ----------
    columns : tuple of MappedColumn
    texts : sequence of pa.Array
        Wire text of each column, null for an empty cell; each is asked for when it is needed.
    key : str or None
        API name of the ``find_by`` field.
    """

    columns: tuple[MappedColumn, ...]
    texts: Sequence[pa.Array]
    key: str | None = None

    def text(self, name: str) -> pa.Array:
        """Return the texts of the field called ``name``."""
        return self.texts[next(i for i, column in enumerate(self.columns) if column.field.api_name == name)]


@dataclass(slots=True)
class Merge:
    """Hold the pairing of one job's rows with its result's lines as far as it is proven.

    Attributes
    ----------
    line_of : ndarray of int64, shape (rows,)
        The proven line of each row, -1 where there is none.
    complete : bool
        Whether the job's own counts are there and agree with the lines: else a line may be missing, or stand twice.
    ties : list of (rows, lines)
        What is left: rows that share an echo, and the lines that bear it.
    foreign : int
        Lines that belong to no row that was sent.
    order_bits : float
        How much evidence there is that the lines came in the order sent; 0 when they did not.
    """

    sent: Sent
    lines: Lines
    line_of: np.ndarray
    complete: bool
    ties: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    foreign: int = 0
    order_bits: float = 0.0
    _payload: np.ndarray | None = None

    @property
    def ids_to_read(self) -> list[str]:
        """Return the ids of the records that would settle the ties."""
        open_lines = (line for rows, lines in self.ties if len(lines) <= len(rows) for line in lines)
        return list(dict.fromkeys(record for line in open_lines if (record := self.written(line)) is not None))

    @property
    def fields_to_read(self) -> list[str]:
        """Return what to read of those records: the fields in which tied rows differ, by `stored_name`."""
        tied = pa.array(np.concatenate([rows for rows, _ in self.ties])) if self.ties else pa.array([], pa.int64())
        pairs = zip(self.sent.columns, self.sent.texts, strict=True)
        differing = [column for column, text in pairs if len(pc.unique(text.take(tied))) > 1]
        return [stored_name(column) for column in differing if column.field.api_name != "id"]

    @property
    def payload(self) -> np.ndarray:
        """Return a number for each row, equal where all that was sent is equal."""
        if self._payload is None:
            self._payload = codes(self.sent.texts, len(self.line_of))
        return self._payload

    def written(self, line: int) -> str | None:
        """Return the record that holds what the line's row asked for; one named by a refusal holds something older."""
        written = self.lines.status[line].as_py() in WRITTEN
        record: str | None = self.lines.record_id[line].as_py() if written else None
        return record

    def pair(self, rows: Iterable[int], lines: Iterable[int]) -> None:
        """Give each row its line."""
        self.line_of[np.fromiter(rows, np.int64)] = np.fromiter(lines, np.int64)


def merge(sent: Sent, lines: Lines, *, counts: Mapping[Status, int] | None = None) -> Merge:
    """Pair lines with rows as far as the result file alone proves it.

    Parameters
    ----------
    sent : Sent
    lines : Lines
    counts : mapping of Status to int, optional
        How many rows of each status the job's details claim.

    Returns
    -------
    Merge
        Give it to `settle` with the records it asks for, then to `verdicts`.
    """
    rows_sent = len(sent.texts[0])
    once = _without_repeats(lines)
    complete = counts is not None and len(counts) == _COUNTED and counts_agree(counts, text_counts(lines.status))
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


def counts_agree(claimed: Mapping[Status, int], found: Mapping[str, int]) -> bool:
    """Tell whether a job's counts fit its lines; whether skipped rows include unprocessed ones, no page says."""
    unprocessed = found.get(Status.UNPROCESSED, 0)
    return all(
        n == found.get(status, 0) or (status is Status.SKIPPED and n == found.get(status, 0) + unprocessed)
        for status, n in claimed.items()
    )


def _without_repeats(lines: Lines) -> Lines:
    """Drop lines that say again that one new record was added, and void those that say it of different rows."""
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
    """Tell whether each text is greater than the one before, as the ids of new records most often are."""
    ascends: bool = pc.all(pc.less(texts.slice(0, max(0, len(texts) - 1)), texts.slice(1))).as_py()
    return ascends


def _added(lines: Lines) -> pa.Array:
    """Return the ids of new records, null for other lines."""
    is_new = pc.equal(lines.status, Status.ADDED.value)
    return pc.if_else(is_new, lines.record_id, pa.scalar(None, lines.record_id.type))


def _pair_by_key(merged: Merge) -> tuple[np.ndarray, np.ndarray]:
    """Pair lines that name the record an update was addressed to; return the rows and lines that are left."""
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
    """Return numbers of rows and lines, equal where they share an echo; by the letter where that is proven faithful."""
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


def codes(texts: Iterable[pa.Array], length: int) -> np.ndarray:
    """Return a number for each place, equal where all texts are equal; null counts as empty."""
    numbers = np.zeros(length, np.int64)
    for text in texts:
        coded = pc.fill_null(text, "").dictionary_encode()
        values: np.ndarray = coded.indices.to_numpy().astype(np.int64)
        if len(coded.dictionary) == length:
            return values
        numbers, found = pd.factorize(numbers * (length + 1) + values)
        if len(found) == length:  # no further text can tell more places apart
            break
    return numbers.astype(np.int64)


def _order_bits(classes: np.ndarray) -> float:
    """Return log2 of the number of distinguishable orders the lines could have come in."""
    counts = np.bincount(classes)
    shared = counts[counts > 1].tolist()
    return (math.lgamma(len(classes) + 1) - sum(math.lgamma(count + 1) for count in shared)) / math.log(2)


def _pair_singles(
    merged: Merge, rows: np.ndarray, row_class: np.ndarray, lines: np.ndarray, line_class: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pair the classes of one row and one line, which most are, all at once; return what is left."""
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


def interchangeable(merged: Merge, rows: np.ndarray, lines: np.ndarray) -> bool:
    """Tell whether it makes no difference which of the lines is whose."""
    if len({merged.lines.verdict(line) for line in lines}) > 1:
        return False
    if len(set(merged.payload[rows].tolist())) == 1:
        return True
    return merged.complete and len(merged.lines.record_id.take(pa.array(lines)).unique()) == 1


def stored_name(column: MappedColumn) -> str:
    """Return the name under which a read record holds what this column sent: an id, a name or an owner's e-mail."""
    name = column.field.api_name
    return name if column.by in (None, "id") else f"{name}.email" if column.by == "email" else f"{name}.name"


def verdicts(merged: Merge) -> pd.DataFrame:
    """Return ``ID``, ``Status`` and ``Error`` of every row sent, in the order sent.

    Parameters
    ----------
    merged : Merge

    Returns
    -------
    DataFrame
        Columns of ``string`` held in Arrow, one row for each row sent.
    """
    n = len(merged.line_of)
    tied = np.zeros(n, np.bool_)
    for rows, _ in merged.ties:
        tied[rows] = True
    lines = pa.array(merged.line_of, mask=merged.line_of < 0)
    said = merged.lines.status, merged.lines.record_id, merged.lines.error
    if not np.array_equal(merged.line_of, np.arange(len(merged.lines))):
        said = tuple(text.take(lines) for text in said)
    status, record_id, reasons = said
    reasons = pc.if_else(pc.equal(reasons, ""), pa.scalar(None, reasons.type), reasons)
    if lines.null_count:
        open_ = pc.if_else(pa.array(tied), AMBIGUOUS_RESULT, NO_RESULT_LINE)
        reasons = pc.if_else(lines.is_null(), open_, reasons)
    told = {
        "ID": record_id,
        "Status": pc.fill_null(status, Status.UNREPORTED.value),
        "Error": reasons,
    }
    return pd.DataFrame({name: text_column(text) for name, text in told.items()})
