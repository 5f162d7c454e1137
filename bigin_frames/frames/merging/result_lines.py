"""The lines of a result file: one verdict on each line, every column as text, and no value treated as missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from bigin_frames import limits
from bigin_frames.errors import BadResultError
from bigin_frames.frames.text_bytes import beyond
from bigin_frames.model import Status

UNKNOWN_STATUS = "UNKNOWN_STATUS"  # a word that no page documents
UNREADABLE_ID = "UNREADABLE_ID"  # written, but the id was rounded or is not an id

# What a terminal or a page would execute instead of show: controls, direction marks, line and paragraph separators.
_CONTROLS = r"[\x00-\x1f\x7f-\x{9f}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]+"
_MOST_LINES = 4 * limits.MAX_ROWS_PER_JOB  # one line for each row; millions of lines would be an attack on our memory
_ID = f"^[0-9]{{1,{limits.MAX_ID_DIGITS}}}$"
MAX_ERROR_TEXT = 1000  # characters; Bigin's own reasons are far shorter

_WORDS = pa.array(["ADDED", "UPDATED", "SKIPPED", "UNPROCESSED"])
_WRITTEN = pa.array(["ADDED", "UPDATED"])


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a result file as Arrow text, one entry for each line; ``echo`` is keyed by field API name.

    ``record_id`` is null where there is none. Creating Python strings would take longer than everything else.
    """

    status: pa.Array
    record_id: pa.Array
    error: pa.Array
    echo: dict[str, pa.Array]

    def __len__(self) -> int:
        return len(self.status)

    def take(self, kept: np.ndarray) -> Lines:
        """Return the lines at ``kept``, in that order."""
        at = pa.array(kept)
        echo = {name: text.take(at) for name, text in self.echo.items()}
        return Lines(self.status.take(at), self.record_id.take(at), self.error.take(at), echo)

    def verdict(self, line: int) -> tuple[str, str]:
        """Return the status and the error of a line."""
        return self.status[line].as_py(), self.error[line].as_py()


def read_lines(
    csv: bytes | bytearray, *, status: int, record_id: int, errors: int, echo: Mapping[int, str], delimiter: str = ","
) -> Lines:
    """Read a result CSV with every column as text and no value treated as missing.

    Parameters
    ----------
    csv : bytes
        UTF-8, header line first, BOM already removed.
    status, record_id, errors : int
        Positions of the three verdict columns.
    echo : mapping of int to str
        Position to field API name of the echoed columns.
    delimiter : str
        What separates the columns.

    Raises
    ------
    BadResultError
        If the file is not a table of text.
    """
    table = _table(csv, delimiter, (status, record_id, errors, *echo))
    if isinstance(table, str):
        raise BadResultError(f"The result file cannot be read: {table}.", reason=table)
    statuses, identities, faults, *echoed = (column.combine_chunks() for column in table.columns)
    words = _once_each(statuses, _word)
    ids = _record_ids(identities)
    reasons = _once_each(faults, _shown)
    lost = pc.and_(pc.is_null(ids), pc.is_in(words, _WRITTEN))
    reasons = pc.if_else(lost, UNREADABLE_ID, reasons)
    unknown = pc.equal(words, Status.UNREPORTED.value)
    if pc.any(unknown).as_py():
        reasons = pc.if_else(unknown, UNKNOWN_STATUS, reasons)
        ids = pc.if_else(unknown, pa.scalar(None, ids.type), ids)
    return Lines(words, ids, reasons, dict(zip(echo.values(), echoed, strict=True)))


def _table(csv: bytes | bytearray, delimiter: str, wanted: Sequence[int]) -> pa.Table | str:
    """Return the wanted columns, or why there are none, in words of our own: Arrow's messages quote the line."""
    names = [f"f{i}" for i in wanted]
    batches, lines = [], 0
    try:
        reader = pa.csv.open_csv(
            pa.py_buffer(csv),
            read_options=pa.csv.ReadOptions(autogenerate_column_names=True, skip_rows_after_names=1, use_threads=False),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, include_columns=names
            ),
        )
        for batch in reader:
            lines += len(batch)
            if lines > _MOST_LINES:
                return "it has more lines than a job can have rows"
            batches.append(batch)
    except pa.ArrowException as problem:
        return "its lines do not have the same number of columns" if "columns" in str(problem) else "it is not CSV"
    return pa.Table.from_batches(batches, reader.schema)


def _once_each(text: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Change each different text once: a file repeats the same few texts on all its lines."""
    encoded = text.dictionary_encode()
    return change(encoded.dictionary).take(encoded.indices)


def _word(statuses: pa.Array) -> pa.Array:
    """Return the words that are documented, and `Status.UNREPORTED` for any other."""
    words = pc.utf8_upper(pc.utf8_trim_whitespace(statuses))
    return pc.if_else(pc.is_in(words, _WORDS), words, Status.UNREPORTED.value)


def _shown(errors: pa.Array) -> pa.Array:
    """Return reasons on one line each and of limited length, without characters that control a terminal."""
    plain = pc.replace_substring_regex(errors, _CONTROLS, " ")
    return pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(plain), 0, MAX_ERROR_TEXT)


def _record_ids(text: pa.Array) -> pa.Array:
    """Return ids, null where there is none or where a spreadsheet has rounded it (``4.8E+18``)."""
    if not beyond(text, b"0123456789").any():  # one test of all bytes saves the search in each cell
        size = pc.binary_length(text)
        return pc.if_else(
            pc.and_(pc.greater(size, 0), pc.less_equal(size, limits.MAX_ID_DIGITS)), text, pa.scalar(None, pa.string())
        )
    bare = pc.replace_substring_regex(text, r'^\s*(?:=?")?|"?\s*$', "")
    return pc.if_else(pc.match_substring_regex(bare, _ID), bare, pa.scalar(None, pa.string()))


def objects(text: pa.Array) -> np.ndarray:
    """Return a text array as numpy objects, None where it is null."""
    values: np.ndarray = text.to_numpy(zero_copy_only=False)
    return values
