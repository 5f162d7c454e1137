"""The echo identifies as many rows of a job as three columns can."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.merging import echo
from bigin_frames.frames.merging.echo import alike, contenders, identifying_order
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import ID_FIELD, Field
from tests.support.result_files import column

COLUMNS = tuple(
    MappedColumn(column=name, field=Field(api_name=name, label=name, data_type="text")) for name in ("A", "B", "C", "D")
)


@given(
    st.lists(st.tuples(*[st.sampled_from(["x", "y", None])] * 4), min_size=1, max_size=30),
    st.lists(st.integers(1, 29), max_size=6),
)
def test_alike_counts_rows_whose_first_three_columns_another_row_of_the_job_has(
    rows: list[tuple[str | None, ...]], cuts: list[int]
) -> None:
    frame = pd.DataFrame(rows, columns=list("ABCD"), dtype=object)
    jobs = [job for job in np.split(np.arange(len(rows)), sorted(set(cuts))) if len(job)]
    seen = [Counter(rows[i][:3] for i in job) for job in jobs]

    assert alike(frame, jobs, COLUMNS, "UTC") == sum(n for job in seen for n in job.values() if n > 1)


def test_jobs_are_counted_separately_however_they_are_grouped() -> None:
    rows = echo.MAX_ROWS_PER_JOB
    frame = pd.DataFrame({name: ["same"] * (rows + 4) for name in "ABCD"})
    jobs = [np.array([0]), np.array([1, 2]), np.arange(3, rows + 3), np.array([rows + 3])]

    assert alike(frame, jobs, COLUMNS, "UTC") == 2 + rows


def test_without_jobs_no_rows_are_alike() -> None:
    assert alike(pd.DataFrame({"A": ["x"]}), [], COLUMNS[:1], "UTC") == 0


def _described(name: str, kind: str = "text", unique: bool = False) -> MappedColumn:
    return column(name, kind, unique=unique)


@pytest.mark.parametrize(
    ("columns", "distinct", "key", "order"),
    [
        ([], [], None, []),
        ([_described("A")], [1], None, [0]),
        ([_described("A"), _described("B"), _described("C"), _described("D")], [1, 9, 5, 7], None, [1, 3, 2, 0]),
        ([_described("A"), _described("B"), _described("C"), _described("D")], [4, 4, 4, 4], None, [0, 1, 2, 3]),
        ([_described("N", "double"), _described("A"), _described("B", "email")], [99, 2, 3], None, [2, 1, 0]),
        ([_described("D", "date"), _described("L", "lookup"), _described("P", "picklist")], [9, 1, 2], None, [2, 1, 0]),
        ([_described("A"), _described("U", "double", unique=True)], [99, 3], None, [1, 0]),
        ([_described("U", unique=True), _described("A"), _described("K", "integer")], [9, 9, 1], "K", [2, 0, 1]),
        ([_described("A"), MappedColumn(column="x", field=ID_FIELD)], [99, 1], "id", [1, 0]),
    ],
    ids=["none", "one", "most values", "ties keep order", "text first", "dates last", "unique", "key first", "id"],
)
def test_identifying_order_puts_what_identifies_rows_best_first(columns, distinct, key, order):
    assert identifying_order(columns, distinct, key) == order


@given(st.lists(st.tuples(st.sampled_from(["text", "double", "date"]), st.booleans(), st.integers(0, 9)), max_size=9))
def test_identifying_order_is_a_permutation_that_keeps_the_rest_in_order(drawn):
    columns = [
        MappedColumn(column=i, field=Field(api_name=f"F{i}", label="", data_type=kind, unique=unique))
        for i, (kind, unique, _) in enumerate(drawn)
    ]

    order = identifying_order(columns, [distinct for *_, distinct in drawn], "F2")
    compared = contenders(columns, "F2")

    assert identifying_order(columns, [n if i in compared else 0 for i, (*_, n) in enumerate(drawn)], "F2") == order

    assert sorted(order) == list(range(len(columns)))
    assert order[3:] == sorted(order[3:])
    assert order[0] == 2 if len(columns) > 2 else True
