"""Claims about rows: their cells, keys, blanks and lookups."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import (
    MappingError,
)
from tests.support.honesty import MARK, write
from tests.support.switches.bench import COLUMNS, SENT, TAKEN, Bench, N, check_proven, guests, proven, with_cell


def blanks_kept_or_cleared(bench: Bench) -> None:
    """Wherever the key is read, a blank cell keeps the stored value by default and clears it on request."""
    ids = [bench.box.add_record("Contacts", {"Last_Name": f"L{i}", "Title": "Dr"}) for i in range(N)]
    titles = [None if i % 3 else "Prof" for i in range(N)]
    frame = pd.DataFrame({"id": ids[::-1], "Title": titles, MARK: [f"note {i}" for i in range(N)]})
    for empty, blank in (("keep", "Dr"), ("clear", None)):
        out = write(bench.box, frame, "update", clock=bench.clock, find_by="id", empty=empty)
        assert set(out["Status"]) == {"UPDATED"}
        stored = {record["id"]: record.get("Title") for record in bench.box.records("Contacts")}
        wanted = {i: title or blank for i, title in zip(ids[::-1], titles, strict=True)}
        assert {i: stored[i] for i in wanted} == wanted


def key_must_be_unique(bench: Bench) -> None:
    with pytest.raises(MappingError):
        write(bench.box, guests(), "upsert", clock=bench.clock, columns=COLUMNS, find_by="Last_Name")
    assert bench.calls("upload") == 0
    proven(bench)


def too_many_rows(bench: Bench) -> None:
    """A file over an undocumented limit is a failed job with unknown rows; smaller jobs succeed."""
    out = bench.insert()
    assert {out["Status"].iloc[i] for i in SENT} == {"UNKNOWN"}
    assert {out["Error"].iloc[i] for i in SENT} == {"JOB_FAILED:FILE_NOT_SUPPORTED"}
    check_proven(bench, bench.insert(max_rows_per_job=9, repeat=True))


def header_counted(bench: Bench) -> None:
    bench.set(row_limit=len(SENT))
    if bench.box.behaviour.header_counts:
        bench.set(row_limit=len(SENT) + 1)
    proven(bench)


def whole_rows(bench: Bench) -> None:
    """Every row is sent with all its cells, and no row is blank."""
    proven(bench)
    assert [len(job.rows) for job in bench.box.ledger()] == [len(SENT)]


def lone_column(bench: Bench) -> None:
    """A header without any delimiter is read as one column, whatever its cells hold."""
    proven(bench)
    names = ["a;b", "c|d:e", "f,g", '"h"', "i\nj"]
    frame = pd.DataFrame({"Last_Name": names})
    out = write(bench.box, frame, clock=bench.clock, mark=("Last_Name", "Last_Name"))
    stored = {record["id"]: record["Last_Name"] for record in bench.box.records("Contacts")}
    assert [stored[i] for i in out["ID"]] == names


def refused_here(name: str, value: object) -> Callable[[Bench], None]:
    """Claim that a cell which Bigin may reject or change is INVALID here."""

    def claim(bench: Bench) -> None:
        frame = guests()
        frame[name] = with_cell(frame[name].astype(object), 0, value)
        out = bench.insert(frame=frame)
        assert out["Status"].iloc[0] == "INVALID"
        assert COLUMNS[name] in out["Error"].iloc[0]
        assert set(out["Status"].iloc[1:]) == {"ADDED", "SKIPPED", "INVALID"}

    return claim


def picklist_untouched(bench: Bench) -> None:
    proven(bench)
    party = next(field for field in bench.client().fields("Contacts") if field.api_name == "Party")
    assert party.picklist == ("Red", "Blue")


def phones_narrow(bench: Bench) -> None:
    out = bench.insert()
    odd = [i for i in SENT if "(" in guests()["Phone"].iloc[i] and i != TAKEN]
    assert {out["Error"].iloc[i] for i in odd} == {"INVALID_DATA-Phone"}
    assert {out["Status"].iloc[i] for i in SENT if i not in (*odd, TAKEN)} == {"ADDED"}


def company_unknown(status: str, error: str | None) -> Callable[[Bench], None]:
    """Claim which verdict a row gets whose company Bigin does not know."""

    def claim(bench: Bench) -> None:
        frame = guests().assign(Company=with_cell(guests()["Company"], 8, "Nowhere Ltd"))
        out = bench.insert(frame=frame)
        assert out["Status"].iloc[8] == status
        assert (None if pd.isna(out["Error"].iloc[8]) else out["Error"].iloc[8]) == error
        assert set(out["Status"]) == {"ADDED", "SKIPPED", "INVALID"}

    return claim


def key_meets(stored: str, sent: str, status: str) -> Callable[[Bench], None]:
    """Claim whether a key with another spelling finds the record."""

    def claim(bench: Bench) -> None:
        old = bench.box.add_record("Contacts", {"Last_Name": "Old", "Badge": stored})
        badges = [sent if i == 4 else f"N-{i}" for i in range(N)]
        frame = pd.DataFrame({"Badge": badges, "Last_Name": ["Lee"] * N, MARK: [f"note {i}" for i in range(N)]})
        out = write(bench.box, frame, "upsert", clock=bench.clock, find_by="Badge")
        assert list(out["Status"]) == [status if i == 4 else "ADDED" for i in range(N)]
        assert (out["ID"].iloc[4] == old) is (status == "UPDATED")

    return claim


def taken_email(status: str) -> Callable[[Bench], None]:
    def claim(bench: Bench) -> None:
        out = bench.insert()
        assert out["Status"].iloc[TAKEN] == status
        assert set(out["Status"].iloc[[i for i in SENT if i != TAKEN]]) == {"ADDED"}

    return claim


def repeated_email(second: str) -> Callable[[Bench], None]:
    """Claim which verdict the second of two rows with one unique value gets."""

    def claim(bench: Bench) -> None:
        frame = guests().assign(Email=with_cell(guests()["Email"], 20, "g1@guests.example"))
        out = bench.insert(frame=frame)
        assert (out["Status"].iloc[1], out["Status"].iloc[20]) == ("ADDED", second)
        keyed = pd.DataFrame({"Badge": ["k-1", "K-1"], "Last_Name": ["a", "b"], MARK: ["1", "2"]})
        with pytest.raises(bf.InvalidRowsError):
            write(bench.box, keyed, "upsert", clock=bench.clock, find_by="Badge")

    return claim


def record_missing(bench: Bench) -> None:
    ids = [bench.box.add_record("Contacts", {"Last_Name": "Lee"}) for _ in range(N)]
    ids[5] = str(int(ids[-1]) + 1000)
    frame = pd.DataFrame({"id": ids, "Last_Name": ["Roe"] * N, MARK: [f"note {i}" for i in range(N)]})
    out = write(bench.box, frame, "update", clock=bench.clock, find_by="id", on_error="ignore")
    assert list(out["Status"]) == ["SKIPPED" if i == 5 else "UPDATED" for i in range(N)]
    assert out["Error"].iloc[5] == f"{bench.box.behaviour.update_missing}-id"
