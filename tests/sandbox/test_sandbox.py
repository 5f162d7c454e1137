"""The box itself: isolation, records, ledger, and errors that reach the test."""

from __future__ import annotations

import re

import pytest

from bigin_frames.sandbox import Sandbox, SandboxError
from tests.sandbox.caller import Caller, csv_text, zipped
from tests.sandbox.rows import HEADER, ROWS


def test_a_new_sandbox_is_a_new_organisation() -> None:
    with Sandbox() as one, Sandbox() as other:
        zgids = {one.environment()["BIGIN_ORG_ID"], other.environment()["BIGIN_ORG_ID"]}
        urls = {one.url, other.url}

    assert len(zgids) == len(urls) == 2


def test_the_environment_points_to_loopback(box: Sandbox) -> None:
    environment = box.environment()

    assert set(environment) == {
        "BIGIN_CLIENT_ID",
        "BIGIN_CLIENT_SECRET",
        "BIGIN_REFRESH_TOKEN",
        "BIGIN_REGION",
        "BIGIN_ORG_ID",
        "BIGIN_API_URL",
        "BIGIN_CONTENT_URL",
        "BIGIN_ACCOUNTS_URL",
    }
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", environment["BIGIN_API_URL"])


def test_records_keep_the_text_that_was_sent(box: Sandbox, caller: Caller) -> None:
    text = " a  b\tÄ\u0301 😀\n"
    caller.run(["Last_Name", "Description"], [["007", text]])

    record = box.records("Contacts")[0]
    assert record == {"Last_Name": "007", "Description": text, "id": record["id"]}


def test_the_ledger_knows_every_row_of_every_accepted_job(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, [*ROWS, ["", "x"]])
    entry = box.ledger()[0]
    ids = [record["id"] for record in box.records("Contacts")]

    assert (entry.id, entry.module, entry.operation, entry.status) == (job, "Contacts", "insert", "COMPLETED")
    assert [(row.ordinal, row.status, row.record_id) for row in entry.rows] == [
        (0, "ADDED", ids[0]),
        (1, "ADDED", ids[1]),
        (2, "SKIPPED", None),
    ]
    assert entry.rows[2].errors == "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email"


def test_an_error_inside_comes_out_at_the_end() -> None:
    def run() -> None:
        with Sandbox() as box:
            caller = Caller(box)
            box.add_record("Accounts", {"Account_Name": "A"})
            box._org.store.put_field = None  # type: ignore[method-assign, assignment]
            box._org.store.fields = None  # type: ignore[method-assign, assignment]
            assert caller.get("/bigin/v2/Accounts?fields=id").json()["code"] == "INTERNAL_ERROR"
            assert len(box.errors) == 1

    with pytest.raises(SandboxError) as caught:
        run()
    assert isinstance(caught.value.__cause__, TypeError)


def test_an_error_of_the_block_itself_is_not_hidden() -> None:
    def run() -> None:
        with Sandbox() as box:
            box.errors.append(RuntimeError())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()


def test_an_error_inside_a_job_fails_the_job() -> None:
    def run() -> None:
        with Sandbox() as box:
            caller = Caller(box)
            body = caller.body(HEADER, ROWS)
            box._org.store.write = None  # type: ignore[method-assign, assignment]
            job = caller.create(body).json()["details"]["id"]
            assert caller.finish(job)["resource"][0]["code"] == "INTERNAL_ERROR"

    with pytest.raises(SandboxError):
        run()


def test_the_port_is_free_again_afterwards() -> None:
    with Sandbox() as first:
        port = int(first.url.rpartition(":")[2])
    with Sandbox(port) as second:
        assert second.url == first.url


def test_the_packages_own_client_connects(box: Sandbox) -> None:
    assert box.client().org().zgid == box.environment()["BIGIN_ORG_ID"]


def test_modules_that_are_not_kept_are_an_error(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="Pipelines"):
        box.records("Calls")
    with pytest.raises(ValueError, match="lookup"):
        box.add_field("Contacts", "Friend", "lookup")


def test_25000_rows_of_15_columns_are_stored(box: Sandbox, caller: Caller) -> None:
    names = ["Last_Name", "First_Name", "Email", "Title", "Phone", "Home_Phone", "Mobile", "Mailing_Street"]
    names += ["Mailing_City", "Mailing_State", "Mailing_Country", "Mailing_Zip", "Description", "Email_Opt_Out"]
    row = ["Dr", "+49 40 1", "0123", "0123", "Street 1", "City", "State", "DE", "01234", "text", "true", "2001-02-03"]
    box.add_field("Contacts", "Birthday", "date")
    names.append("Birthday")
    file = zipped(csv_text(names, [[f"L{n}", f"F{n}", f"u{n}@example.com", *row] for n in range(25_000)]))
    body = caller.body(names, [], file=file)
    caller.create(body)

    assert len(box.records("Contacts")) == 25_000
