"""The box itself: isolation, truth, secrets, errors carried back, data kept in a file."""

from __future__ import annotations

import io
import re
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

import bigin_frames.sandbox as sandbox
from bigin_frames.sandbox import Sandbox, SandboxError
from bigin_frames.sandbox.__main__ import main, serve
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.verdict import Verdict

from .caller import Caller, csv_text, zipped

HEADER = ["Last_Name", "Email"]
ROWS = [["Ann", "ann@example.com"], ["Bob", "bob@example.com"]]


def test_a_new_sandbox_is_a_new_organisation() -> None:
    with Sandbox() as one, Sandbox() as other:
        zgids = {one.environment()["BIGIN_ORG_ID"], other.environment()["BIGIN_ORG_ID"]}
        urls = {one.url, other.url}

    assert len(zgids) == len(urls) == 2


def test_the_environment_leads_to_loopback(box: Sandbox) -> None:
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


def test_ids_are_text_of_19_digits_that_grow(box: Sandbox) -> None:
    ids = [box.add_record("Contacts", {"Last_Name": "A"}) for _ in range(3)]

    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"\d{19}", record_id) for record_id in ids)


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


def test_the_request_log_holds_no_secret(box: Sandbox, caller: Caller) -> None:
    caller.get("/bigin/v2/org")
    logged = repr(box.requests)

    assert caller.token not in logged
    assert box.environment()["BIGIN_CLIENT_SECRET"] not in logged
    entry = box.requests[-1]
    assert (entry.method, entry.path, entry.route, entry.status) == ("GET", "/bigin/v2/org", "org", 200)
    assert entry.headers["authorization"] == "Zoho-oauthtoken ***"
    assert not any(request.secret_in_url for request in box.requests)


def test_a_secret_in_a_url_is_told(box: Sandbox, caller: Caller) -> None:
    refresh_token = box.environment()["BIGIN_REFRESH_TOKEN"]
    requests.post(f"{box.url}/oauth/v2/token", params={"refresh_token": refresh_token}, timeout=5)
    requests.get(f"{box.url}/{caller.token}", timeout=5)

    assert [request.secret_in_url for request in box.requests] == [True, False, True]
    assert refresh_token not in repr(box.requests)
    assert [request.route for request in box.requests] == ["token", "token", "unknown"]


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


def test_a_file_keeps_organisation_records_and_jobs(tmp_path: Path) -> None:
    data = str(tmp_path / "box.sqlite")
    with Sandbox(data=data) as box:
        caller = Caller(box)
        job = caller.start(HEADER, ROWS)
        box.add_field("Contacts", "Birthday", "date")
        before = (box.records("Contacts"), box.ledger(), box.environment()["BIGIN_REFRESH_TOKEN"])
    with Sandbox(data=data) as again:
        assert (again.records("Contacts"), again.ledger(), again.environment()["BIGIN_REFRESH_TOKEN"]) == before
        assert Caller(again).finish(job)["status"] == "COMPLETED"


def test_a_job_that_was_accepted_before_a_stop_is_done_after_it(tmp_path: Path) -> None:
    data = str(tmp_path / "box.sqlite")
    with Sandbox(data=data) as box:
        Caller(box).start(HEADER, ROWS)
    with sqlite3.connect(data) as raw:  # as if the process had died between acceptance and work
        raw.executescript("update job set outcome = null; delete from ledger_row; delete from record;")
    raw.close()

    with Sandbox(data=data) as again:
        assert [row.status for row in again.ledger()[0].rows] == ["ADDED", "ADDED"]
        assert len(again.records("Contacts")) == 2


def test_a_job_that_was_worked_off_before_a_stop_is_not_done_twice(tmp_path: Path) -> None:
    data = str(tmp_path / "box.sqlite")
    with Sandbox(data=data) as box:
        Caller(box).start(HEADER, ROWS)
    with sqlite3.connect(data) as raw:  # as if the process had died just before it noted the outcome
        raw.execute("update job set outcome = null")
    raw.close()

    with Sandbox(data=data) as again:
        assert again.ledger()[0].status == "COMPLETED"
        assert len(again.records("Contacts")) == 2


def test_a_write_that_fails_leaves_nothing() -> None:
    store = Store()
    good = Verdict("ADDED", "1", "", {"Last_Name": "A"}, {})
    bad = Verdict("ADDED", "2", "", {"Last_Name": object()}, {})  # type: ignore[dict-item]

    with pytest.raises(TypeError):
        store.write("Contacts", [good, bad], 0)
    assert store.records("Contacts") == []
    store.write("Contacts", [good], 0)
    assert len(store.records("Contacts")) == 1
    store.close()


def test_the_packages_own_client_finds_its_way(box: Sandbox) -> None:
    assert box.client().org().zgid == box.environment()["BIGIN_ORG_ID"]


def test_modules_that_are_not_kept_are_an_error(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="Pipelines"):
        box.records("Calls")
    with pytest.raises(ValueError, match="lookup"):
        box.add_field("Contacts", "Friend", "lookup")


def test_many_calls_at_once_are_answered(box: Sandbox, caller: Caller) -> None:
    token = caller.token
    statuses: list[int] = []

    def call() -> None:
        headers = {"Authorization": f"Zoho-oauthtoken {token}"}
        statuses.append(requests.get(f"{box.url}/bigin/v2/org", headers=headers, timeout=20).status_code)

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 16
    assert box.credits == 16


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


# -- the terminal


def test_serve_prints_what_to_export_and_stops(box: Sandbox) -> None:
    out, until = io.StringIO(), threading.Event()
    until.set()

    assert serve(0, out=out, until=until) == 0
    lines = out.getvalue().splitlines()
    assert [line.split("=")[0] for line in lines[:-2]] == [f"export {name}" for name in box.environment()]
    assert lines[-2].startswith("# a grant code for `bigin-frames login --print`, valid once: 1000.")
    assert lines[-1].startswith("# a local Bigin answers on http://127.0.0.1:")


class _CtrlC(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt


def test_ctrl_c_stops_without_a_traceback() -> None:
    out = io.StringIO()

    assert serve(0, out=out, until=_CtrlC()) == 0
    assert out.getvalue().endswith("# stopped\n")


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    assert "--data" in capsys.readouterr().out


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bigin_frames.sandbox", "--port", "0", "--data", str(tmp_path / "x.sqlite")]
    root = Path(sandbox.__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(9)]
        url = lines[5].strip().rpartition("=")[2]
        status = requests.get(f"{url}/bigin/v2/org", timeout=5).status_code
        process.terminate()

    assert lines[0].startswith("export BIGIN_CLIENT_ID=1000.")
    assert status == 401
