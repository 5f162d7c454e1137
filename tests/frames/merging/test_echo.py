"""The echo of a job tells how many of its rows it leaves alike."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.merging import echo
from bigin_frames.frames.merging.echo import alike
from bigin_frames.model import Field, MappedColumn

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


def test_jobs_are_told_apart_whichever_are_looked_at_together() -> None:
    rows = echo.MAX_ROWS_PER_JOB
    frame = pd.DataFrame({name: ["same"] * (rows + 4) for name in "ABCD"})
    jobs = [np.array([0]), np.array([1, 2]), np.arange(3, rows + 3), np.array([rows + 3])]

    assert alike(frame, jobs, COLUMNS, "UTC") == 2 + rows


def test_without_jobs_nothing_is_alike() -> None:
    assert alike(pd.DataFrame({"A": ["x"]}), [], COLUMNS[:1], "UTC") == 0
