"""What a job sent, and how far its result is paired with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.merging.result_lines import Lines
from bigin_frames.frames.merging.text_codes import codes
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import WRITTEN


@dataclass(frozen=True, slots=True)
class Sent:
    """What one job sent.

    Attributes
    ----------
    columns : tuple of MappedColumn
    texts : sequence of pa.Array
        Wire text of each column, null for an empty cell; each is accessed only when it is needed.
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
    """The pairing of one job's rows with its result's lines, as far as it is proven.

    Attributes
    ----------
    line_of : ndarray of int64, shape (rows,)
        The proven line of each row, -1 where there is none.
    complete : bool
        Whether the job's own counts are known and agree with the lines: otherwise a line may be missing or repeated.
    ties : list of (rows, lines)
        What is left: rows that share an echo, and the lines with that echo.
    foreign : int
        Lines that do not belong to a row that was sent.
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
        """Return the ids of the records that would decide the ties."""
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
        """Return the record that a line's row has written; the record that a refusal names is older, so it is not."""
        written = self.lines.status[line].as_py() in WRITTEN
        record: str | None = self.lines.record_id[line].as_py() if written else None
        return record

    def pair(self, rows: Iterable[int], lines: Iterable[int]) -> None:
        """Store the line of each row."""
        self.line_of[np.fromiter(rows, np.int64)] = np.fromiter(lines, np.int64)


def interchangeable(merged: Merge, rows: np.ndarray, lines: np.ndarray) -> bool:
    """Return whether it makes no difference which of the lines is whose."""
    if len({merged.lines.verdict(line) for line in lines}) > 1:
        return False
    if len(set(merged.payload[rows].tolist())) == 1:
        return True
    return merged.complete and len(merged.lines.record_id.take(pa.array(lines)).unique()) == 1


def stored_name(column: MappedColumn) -> str:
    """Return the name of what this column sent in a record that is read: an id, a name or an owner's e-mail."""
    name = column.field.api_name
    return name if column.by in (None, "id") else f"{name}.email" if column.by == "email" else f"{name}.name"
