"""A file's type is known by its suffix, and its rows are counted as a spreadsheet program counts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bigin_frames.cli.file_kinds import first_number, is_sheet, refuse_doubled
from bigin_frames.errors import InputError


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    assert [first_number(name) for name in ("a.csv", "a.XLSX", "a.parquet")] == [2, 2, 1]


def test_spreadsheet_is_known_by_its_suffix() -> None:
    assert [is_sheet(name) for name in ("a.XLSX", "a.ods", "a.csv", "xlsx")] == [True, True, False, False]


def test_columns_of_one_name_are_refused_with_the_name() -> None:
    refuse_doubled(["A", "a"], Path("a.csv"))

    with pytest.raises(InputError, match=r"'a.csv' has more than one column 'B'; rename all but one"):
        refuse_doubled(["A", "B", "B"], Path("a.csv"))
