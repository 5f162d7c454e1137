"""Runs can be listed, and deleted when they have ended long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.errors import OptionError
from bigin_frames.sandbox import Sandbox
from tests.support.small_runs import Interrupt, people, stored
from tests.support.unknown_runs import unknown

# -- the list


def test_runs_of_an_empty_journal_is_an_empty_frame_with_its_columns() -> None:
    known = bf.runs()

    assert list(known.columns) == ["run", "begun_at", "org", "module", "operation", "rows", "jobs", "state"]
    assert known.empty
    assert not home().exists()


def test_runs_show_what_each_was_and_its_state(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    people("A", "B", "C").bigin.insert("Contacts", client=bigin_client, max_rows_per_job=2)
    killed_at("after commit of submitted", lambda: people("D").bigin.insert("Contacts", client=bigin_client))
    unknown(bigin_sandbox, bigin_client, people("E"))
    known = bf.runs()

    assert known["state"].tolist() == ["unknown", "unfinished", "done"]
    assert known["rows"].tolist() == [1, 1, 3]
    assert known["jobs"].tolist() == [1, 1, 2]
    assert set(known["org"]) == {bigin_client.zgid()}
    assert set(zip(known["module"], known["operation"], strict=True)) == {("Contacts", "insert")}
    assert str(known["begun_at"].dt.tz) == "UTC"
    assert known["begun_at"].is_monotonic_decreasing


# -- deleted


def test_purge_deletes_runs_that_ended_long_ago_and_nothing_else(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    done = people("A")
    done.bigin.insert("Contacts", client=bigin_client)
    killed_at("after commit of submitted", lambda: people("B").bigin.insert("Contacts", client=bigin_client))
    unknown(bigin_sandbox, bigin_client, people("C"))

    assert bf.purge("1 day") == bf.purge() == 0
    assert bf.purge(timedelta(0)) == 1
    assert bf.runs()["state"].tolist() == ["unknown", "unfinished"]
    done.bigin.insert("Contacts", client=bigin_client)  # the protection was deleted with it
    assert stored(bigin_sandbox).count("A") == 2


@pytest.mark.parametrize("age", [30, "30", "soon", None, "-1 day", 2.5, pd.NaT, timedelta(days=-1), ""])
def test_purge_accepts_only_a_time_with_its_unit(age: Any, bigin_client: bf.Client) -> None:
    people().bigin.insert("Contacts", client=bigin_client)

    with pytest.raises(OptionError, match="a time with its unit, such as '90 days'"):
        bf.purge(age)
    assert len(bf.runs()) == 1


def test_purge_without_a_journal_creates_none() -> None:
    assert bf.purge() == 0
    assert not home().exists()
