"""The rows of a returned frame by their outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bigin_frames.frames.merging.attach import DEFAULT_NAMES, attach
from bigin_frames.frames.merging.returned import account, failed, is_written
from bigin_frames.model import Status

STATUSES = [status.value for status in Status]


def returned(statuses: list[str], errors: list[str | None] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame({"x": range(len(statuses))})
    table = pd.DataFrame({"ID": None, "Status": statuses, "Error": errors or [None] * len(statuses)}, dtype=object)
    return attach(frame, [(np.arange(len(statuses)), table)], DEFAULT_NAMES)


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


def test_account_of_a_written_frame_is_empty() -> None:
    assert account(returned(["ADDED", "UPDATED"]), str) == (None, None)


def test_account_shows_only_what_may_be_shown_and_counts_it() -> None:
    errors = ["INVALID_DATA-Email", "Jane Doe, Elm Street 5", "INVALID_DATA-Email", None]
    refused, _ = account(returned(["SKIPPED"] * 4, errors), lambda text: text.replace("Jane Doe, Elm Street 5", "?"))

    assert refused is not None
    assert "2 INVALID_DATA-Email" in refused
    assert "1 NO_REASON_GIVEN" in refused
    assert "1 ?" in refused


def test_account_of_many_reasons_stays_short() -> None:
    refused, _ = account(returned(["SKIPPED"] * 30, [f"INVALID_DATA-F{i}" for i in range(30)]), str)

    assert refused is not None
    assert "25 more reasons" in refused
