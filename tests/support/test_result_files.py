"""The checks of pairing find planted faults."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.result_files import Job, Manner, column, needlessly_open_rows, outcome, write, wrong_rows


def _planted() -> tuple[Job, Manner]:
    rows = (("a", "x"), ("b", "x"), ("b", "x"), ("c", "y"))
    truth = (("ADDED", "1", ""), ("ADDED", "2", ""), ("ADDED", "3", ""), ("SKIPPED", None, "E"))
    return Job((column("A"), column("B")), rows, truth), Manner()


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        ({}, []),
        ({"ID": ["1", "3", "2", None]}, []),  # twins may swap
        ({"ID": ["2", "1", "3", None]}, [0, 1]),
        ({"ID": ["1", "2", "2", None]}, [2]),
        ({"ID": ["1", "2", "3", "4"]}, [3]),
        ({"ID": ["9", "2", "3", None]}, [0]),
        ({"ID": [None, "2", "3", None]}, []),  # an id may be missing, a wrong one may not stand there
        ({"Status": ["UPDATED", "ADDED", "ADDED", "SKIPPED"]}, [0]),
        ({"Status": ["ADDED", "ADDED", "ADDED", "UNPROCESSED"]}, [3]),
        ({"Error": [None, None, None, "F"]}, [3]),
    ],
)
def test_wrong_rows_finds_a_planted_fault(fault, rows):
    file = write(*_planted())
    found = outcome(file).assign(**{name: pd.Series(values, dtype=object) for name, values in fault.items()})

    assert wrong_rows(file, found) == rows


@pytest.mark.parametrize("echo", [(0,), (1,), (0, 1), ()])
def test_needlessly_open_rows_finds_none_where_echoes_are_shared(echo):
    file = write(_planted()[0], Manner(echo=echo))
    given_up = outcome(file).assign(Status="UNREPORTED", Error="AMBIGUOUS_RESULT")

    assert needlessly_open_rows(file, given_up) == []


def test_needlessly_open_rows_finds_a_planted_fault():
    job = Job((column("A"),), (("a",), ("A",)), (("ADDED", "1", ""), ("ADDED", "2", "")))
    file = write(job, Manner(order="shuffled"))
    given_up = {"Status": ["ADDED", "UNREPORTED"], "Error": [None, "NO_RESULT_LINE"]}

    assert needlessly_open_rows(file, outcome(file).assign(**given_up)) == [1]
    folded = write(job, Manner(mangling=("lower",)))
    assert needlessly_open_rows(folded, outcome(folded)) == []  # two rows, one folded echo: rightly open
