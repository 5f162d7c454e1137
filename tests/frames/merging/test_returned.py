"""Verdicts stand beside the rows they belong to, and nothing else of the frame moves."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bigin_frames.errors import OptionError
from bigin_frames.frames.merging.attach import DEFAULT_NAMES, attach, free_names, refused_rows
from bigin_frames.frames.merging.returned import account, failed, is_written
from bigin_frames.frames.merging.verdict_texts import as_json
from bigin_frames.model import Status

STATUSES = [status.value for status in Status]


def returned(statuses: list[str], errors: list[str | None] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame({"x": range(len(statuses))})
    table = pd.DataFrame({"ID": None, "Status": statuses, "Error": errors or [None] * len(statuses)}, dtype=object)
    return attach(frame, [(np.arange(len(statuses)), table)], DEFAULT_NAMES)


@given(st.permutations(range(6)), st.integers(0, 6))
def test_attach_puts_each_part_where_its_positions_say(order: list[int], cut: int) -> None:
    frame = pd.DataFrame({"x": range(6)}, index=[1, 1, 2, 2, 3, 3])
    table = pd.DataFrame({"ID": [str(i) for i in order], "Status": "ADDED", "Error": None})
    parts = [(np.array(order[:cut], int), table.iloc[:cut]), (np.array(order[cut:], int), table.iloc[cut:])]
    out = attach(frame, parts, ("a", "b", "c"))

    assert out["a"].tolist() == [str(i) for i in range(6)]
    assert out.index.tolist() == [1, 1, 2, 2, 3, 3]
    assert "a" not in frame


def test_attached_columns_are_text_with_missing_values() -> None:
    out = returned(["ADDED"])

    assert [str(out[name].dtype) for name in DEFAULT_NAMES] == ["string"] * 3
    assert out["ID"].isna().all()


def test_failed_is_what_certainly_was_not_written() -> None:
    out = returned(STATUSES)
    kept = [STATUSES[i] for i in failed(out)["x"]]

    assert set(kept) == {"SKIPPED", "UNPROCESSED", "INVALID", "UNSENT"}
    assert list(failed(out).columns) == ["x"]
    assert failed(out).attrs == {}


def test_written_is_added_or_updated() -> None:
    out = returned(STATUSES)

    assert set(out.loc[is_written(out), "Status"]) == {"ADDED", "UPDATED"}


def test_every_verdict_is_written_or_accounted_for() -> None:
    out = returned(STATUSES)
    refused, undecided = account(out, str)

    assert refused is not None
    assert refused.startswith("4 of 9 rows")
    assert undecided is not None
    assert undecided.startswith("3 of 9 rows")


def test_account_of_a_good_frame_is_silent() -> None:
    assert account(returned(["ADDED", "UPDATED"]), str) == (None, None)


def test_account_says_what_may_be_said_and_counts_it() -> None:
    errors = ["INVALID_DATA-Email", "Jane Doe, Elm Street 5", "INVALID_DATA-Email", None]
    refused, _ = account(returned(["SKIPPED"] * 4, errors), lambda text: text.replace("Jane Doe, Elm Street 5", "?"))

    assert refused is not None
    assert "2 INVALID_DATA-Email" in refused
    assert "1 NO_REASON_GIVEN" in refused
    assert "1 ?" in refused


def test_account_of_many_reasons_stays_short() -> None:
    refused, _ = account(returned(["SKIPPED"] * 30, [f"INVALID_DATA-F{i}" for i in range(30)]), str)

    assert refused is not None
    assert "25 reasons more" in refused


def test_refused_rows_keep_their_positions() -> None:
    table = refused_rows(pd.Series({4: "INVALID_DATA-Phone"}))

    assert table.index.tolist() == [4]
    assert table.loc[4].tolist() == [None, "INVALID", "INVALID_DATA-Phone"]


@pytest.mark.parametrize("names", [("a",), ("a", "b", "b"), ("a", "b", "c", "d")])
def test_result_names_must_be_three(names: tuple[str, ...]) -> None:
    with pytest.raises(OptionError, match="three different names"):
        free_names(pd.DataFrame(), names)


# -- as the journal keeps them

_TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.just("ADDED"))


@settings(max_examples=200, deadline=None)
@given(columns=st.dictionaries(st.text(max_size=3), _TEXTS, max_size=3))
@example(columns={"ID": ["1", None], 'Q"': ['say "no"', "a\\b"], "C": ["\n", "\x7f", "é", ""], "none": []})
def test_as_json_is_read_as_the_very_texts(columns: dict[str, list[str | None]]) -> None:
    arrays = {name: pa.array(texts, pa.large_string()) for name, texts in columns.items()}

    assert json.loads(as_json(arrays)) == columns


def test_as_json_writes_a_slice_alone() -> None:
    text = pa.array(["0", "1", None, "3"], pa.large_string())

    assert json.loads(as_json({"ID": text.slice(1, 2)})) == {"ID": ["1", None]}
