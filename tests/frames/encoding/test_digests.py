"""Digests depend only on what is sent of a row; keys made of them are unique."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.encoding.digests import (
    ROW_KEY_SIGNS,
    SIZE,
    among,
    row_digests,
    row_keys,
    whole_digest,
    with_row_keys,
)
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field

KEY = b"k" * 32
COLUMNS = tuple(
    MappedColumn(column=label, field=Field(api_name=name, label=name, data_type=kind))
    for label, name, kind in (("n", "Last_Name", "text"), ("c", "Mailing_City", "text"), ("d", "Date", "date"))
)
TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=4))
TABLES = st.lists(st.tuples(TEXTS, TEXTS), max_size=8)


def frame_of(rows: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["n", "c"], dtype=object)
    return frame.assign(d=pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]"))


def digests(frame: pd.DataFrame, columns: Any = COLUMNS, key: bytes = KEY, rows: Any = None) -> np.ndarray:
    rows = np.arange(len(frame)) if rows is None else np.array(rows, np.int64)
    return row_digests(frame, rows, columns, "UTC", key)


def plain(cell: str | None) -> str:
    """Return what a job sends for a text cell: an empty text is an empty cell."""
    return "" if cell is None or not cell.strip() else cell


@given(TABLES)
def test_rows_have_equal_digests_exactly_if_they_are_sent_as_the_same_text(
    rows: list[tuple[str | None, str | None]],
) -> None:
    made = [bytes(one) for one in digests(frame_of(rows))]

    assert len(made) == len(rows)
    assert all(len(one) == SIZE for one in made)
    for one, mine in zip(made, rows, strict=True):
        for other, theirs in zip(made, rows, strict=True):
            if mine == theirs:
                assert one == other
            elif one == other:  # then nothing that is sent differs
                assert [plain(cell).strip() for cell in mine] == [plain(cell).strip() for cell in theirs]


@given(TABLES)
def test_order_of_columns_kind_and_labels_do_not_matter(rows: list[tuple[str | None, str | None]]) -> None:
    frame = frame_of(rows)
    expected = digests(frame).tobytes()

    assert digests(frame[["d", "c", "n"]], COLUMNS[::-1]).tobytes() == expected
    assert digests(frame.astype({"n": "string", "c": "category"})).tobytes() == expected
    assert digests(frame.set_axis([9] * len(frame))).tobytes() == expected


@given(TABLES, st.data())
def test_a_row_has_the_same_digest_at_any_position(rows: list[tuple[str | None, str | None]], data: Any) -> None:
    frame = frame_of(rows)
    some = data.draw(st.lists(st.integers(0, max(0, len(rows) - 1)), max_size=5 if rows else 0))

    assert digests(frame, rows=some).tobytes() == digests(frame)[np.array(some, int)].tobytes()


def test_cells_are_separated_in_a_digest() -> None:
    frame = frame_of([("ab", "c"), ("a", "bc"), ("abc", None), (None, "abc"), ("a,b", "c"), ('a","b', "c")])

    assert len({bytes(one) for one in digests(frame)}) == len(frame)


def test_key_fields_and_not_the_default_decide() -> None:
    frame = frame_of([("Lee", None)])
    expected = digests(frame).tobytes()
    other_field = (COLUMNS[0], MappedColumn(column="c", field=Field(api_name="Title", label="", data_type="text")))
    with_default = tuple(MappedColumn(column=c.column, field=c.field, default="x") for c in COLUMNS[:2])

    assert digests(frame, key=b"other").tobytes() != expected
    assert digests(frame, other_field).tobytes() != digests(frame, COLUMNS[:2]).tobytes()
    assert digests(frame, with_default).tobytes() == digests(frame, COLUMNS[:2]).tobytes()


def test_many_rows_have_the_digests_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of([(f"n{i}", None) for i in range(45_000)])
    made = digests(frame)

    assert made.shape == (45_000, SIZE)
    assert len(np.unique(made, axis=0)) == 45_000
    assert made[[0, 19_999, 20_000, 44_999]].tobytes() == digests(frame, rows=[0, 19_999, 20_000, 44_999]).tobytes()


def test_whole_digest_knows_the_order() -> None:
    made = digests(frame_of([("a", None), ("b", None)]))

    assert whole_digest(made) == whole_digest(made.copy())
    assert whole_digest(made) != whole_digest(made[::-1])


def test_among_marks_only_the_known() -> None:
    made = digests(frame_of([("a", None), ("b", None), ("a", None), ("c", None)]))

    assert among(made, made[0].tobytes() + made[3].tobytes()).tolist() == [True, False, True, True]
    assert among(made, b"").tolist() == [False] * 4
    assert among(made[:0], made.tobytes()).tolist() == []


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_row_keys_are_unique_and_the_same_every_time(names: list[str]) -> None:
    made = digests(frame_of([(name, None) for name in names]))
    keys = row_keys(made)

    assert len(set(keys)) == len(names)
    assert row_keys(made) == keys
    assert all(len(key) == ROW_KEY_SIGNS and key.isascii() and key == key.lower() and key.isalnum() for key in keys)
    assert row_keys(made[: len(names) // 2]) == keys[: len(names) // 2]


def test_keyed_frame_is_the_frame_with_one_more_column() -> None:
    frame = frame_of([("a", None), ("a", None)])
    keyed, label = with_row_keys(frame, COLUMNS, "UTC", "", "Row_Key")

    assert list(keyed.columns) == ["n", "c", "d", label]
    pd.testing.assert_frame_equal(keyed[["n", "c", "d"]], frame)
    assert with_row_keys(frame, COLUMNS, "UTC", "00ff", "Row_Key")[0][label].tolist() != keyed[label].tolist()
