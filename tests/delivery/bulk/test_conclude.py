"""Every row gets its own verdict or none: impossible ones are not believed, ties are resolved by proof."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

from bigin_frames.delivery.bulk.pace import CHEAP_READS
from bigin_frames.model import Operation
from tests.support.fake_batch import LOST, run, smooth
from tests.support.fake_client import done, result_of


@pytest.mark.parametrize(("operation", "word"), [("insert", "UPDATED"), ("update", "ADDED")])
def test_verdict_that_is_impossible_for_the_operation_is_not_used(operation: Operation, word: str) -> None:
    batch = run(smooth(result=[result_of(f"Ada,{word},21,", "Ben,SKIPPED,,E")]), operation=operation)

    table = batch.verdicts(moving=False)
    assert table["Status"].tolist() == ["UNREPORTED", "SKIPPED"]
    assert table["Error"].tolist() == ["UNKNOWN_STATUS", "E"]
    assert table["ID"].isna().all()


TWINS = pd.DataFrame({"name": ["Ada", "Ada"], "city": ["Rome", "Oslo"]})


def test_rows_that_share_an_echo_are_matched_by_their_records() -> None:
    records = pd.DataFrame({"id": ["21", "22"], "City": ["Oslo", "Rome"]}, dtype="string")
    client = smooth(result=[result_of("Ada,ADDED,21,", "Ada,ADDED,22,")], records=[records])
    table = run(client, frame=TWINS).verdicts(moving=False)

    assert table["ID"].tolist() == ["22", "21"]
    assert client.calls["records"] == [("Contacts", ["21", "22"], ["City"])]


def test_rows_that_share_an_echo_are_unreported_when_records_cannot_be_read() -> None:
    client = smooth(result=[result_of("Ada,ADDED,21,", "Ada,ADDED,22,")], records=[LOST])
    table = run(client, frame=TWINS).verdicts(moving=False)

    assert set(table["Status"]) == {"UNREPORTED"}
    assert set(table["Error"]) == {"AMBIGUOUS_RESULT"}


def test_many_rows_in_proven_order_are_not_read_back() -> None:
    n = CHEAP_READS // 2 + 50
    frame = pd.DataFrame({"name": [f"Row {i // 2}" for i in range(2 * n)], "city": [f"City {i}" for i in range(2 * n)]})
    lines = [f"Row {i // 2},ADDED,{i + 1},"for i in range(2 * n)]  # fmt: skip
    client = smooth(result=[result_of(*lines)], records=[LOST])
    table = run(client, frame=frame).verdicts(moving=False)

    assert table["ID"].tolist() == [str(i + 1) for i in range(2 * n)]
    assert not client.calls["records"]


def test_counts_that_disagree_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bigin_frames"):
        run(smooth(job=[done(added=2, updated=0, skipped=0)]))

    assert "the job counts" in caplog.text


def test_counts_that_agree_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bigin_frames"):
        run(smooth(job=[done(added=1, updated=0, skipped=1)]))

    assert not caplog.records
