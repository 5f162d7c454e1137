"""Every fault does to the wire what its name says, and is applied exactly when it says so."""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import socket
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests

from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.faults.damage import DAMAGES
from bigin_frames.sandbox.faults.script import ROUTES

from .caller import Caller, csv_text, zipped

HEADER = ["Last_Name", "Email"]
ROWS = [["Ann", "ann@example.com"], ["Bob", "bob@example.com"]]


def _create(caller: Caller, body: Any) -> bytes:
    """Post a create-job over a bare socket and return every byte of the answer."""
    content = json.dumps(body).encode()
    host = caller.box.url.removeprefix("http://")
    head = (
        f"POST /bigin/bulk/v2/write HTTP/1.1\r\nHost: {host}\r\nAuthorization: Zoho-oauthtoken {caller.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode()
    name, port = host.split(":")
    got = b""
    with socket.create_connection((name, int(port)), timeout=10) as connection:
        connection.sendall(head + content)
        while piece := connection.recv(65536):
            got += piece
    return got


@pytest.fixture
def body(caller: Caller) -> dict[str, Any]:
    return caller.body(HEADER, ROWS)


# -- the script


def test_a_fault_meets_the_nth_call_and_so_many_times(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.internal_error(), nth=2, times=2)
    statuses = [caller.get("/bigin/v2/org").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert box.faults.waiting() == []


def test_a_fault_may_stay_for_ever_until_it_is_cleared(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.internal_error(), times=None)
    statuses = [caller.get("/bigin/v2/org").status_code for _ in range(3)]
    box.faults.clear()

    assert [*statuses, caller.get("/bigin/v2/org").status_code] == [500, 500, 500, 200]


def test_a_fault_that_has_not_happened_is_waiting(box: Sandbox) -> None:
    box.faults.add("create", Fault.reset_after(), nth=3)

    assert box.faults.waiting() == ["create: reset_after"]


@pytest.mark.parametrize(
    ("route", "fault"),
    [("cats", Fault.reset_after()), ("job", Fault.reset_after()), ("create", Fault.job_stuck())],
)
def test_a_script_that_makes_no_sense_is_an_error(box: Sandbox, route: str, fault: Fault) -> None:
    with pytest.raises(ValueError, match="route"):
        box.faults.add(route, fault)


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "job"])
def test_every_route_can_meet_a_fault(box: Sandbox, caller: Caller, route: str) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "Ann"})
    done = caller.finish(caller.start(HEADER, ROWS))
    calls: dict[str, Callable[[], requests.Response]] = {
        "token": caller.ask_token,
        "org": lambda: caller.get("/bigin/v2/org"),
        "modules": lambda: caller.get("/bigin/v2/settings/modules"),
        "module": lambda: caller.get("/bigin/v2/settings/modules/Contacts"),
        "fields": lambda: caller.get("/bigin/v2/settings/fields?module=Contacts"),
        "layouts": lambda: caller.get("/bigin/v2/settings/layouts?module=Contacts"),
        "upload": lambda: caller.upload(zipped("")),
        "create": lambda: caller.create({}),
        "details": lambda: caller.details(done["id"]),
        "download": lambda: caller.download(done["result"]["download_url"]),
        "records": lambda: caller.get("/bigin/v2/Contacts?fields=Email"),
        "record": lambda: caller.get(f"/bigin/v2/Contacts/{ann}"),
        "delete": lambda: caller.call("DELETE", f"/bigin/v2/Contacts?ids={ann}"),
        "coql": lambda: caller.call("POST", "/bigin/v2/coql", json={}),
    }
    box.faults.add(route, Fault.html(503))

    assert calls[route]().status_code == 503
    assert calls[route]().status_code != 503


# -- answers


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.rate_limited(), 429, "TOO_MANY_REQUESTS"),
        (Fault.internal_error(), 500, "INTERNAL_ERROR"),
        (Fault.invalid_token(), 401, "INVALID_TOKEN"),
        (Fault.scope_mismatch(), 401, "OAUTH_SCOPE_MISMATCH"),
        (Fault.not_found(), 404, "RESOURCE_NOT_FOUND"),
        (Fault.refused("NO_PERMISSION"), 403, "NO_PERMISSION"),
        (Fault.refused("INVALID_FILE_ID", 422), 422, "INVALID_FILE_ID"),
    ],
)
def test_a_refusal_is_not_applied(
    box: Sandbox, caller: Caller, body: dict[str, Any], fault: Fault, status: int, code: str
) -> None:
    box.faults.add("create", fault)
    answer = caller.create(body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert box.ledger() == []


@pytest.mark.parametrize("text", [None, 7, "soon", -1, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_too_many_requests_may_say_when_to_come_back(box: Sandbox, caller: Caller, text: Any) -> None:
    box.faults.add("org", Fault.rate_limited(text))
    header = caller.get("/bigin/v2/org").headers.get("Retry-After")

    assert header == (None if text is None else str(text))


def test_an_internal_error_may_hide_a_job(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.internal_error(applied=True))

    assert caller.create(body).status_code == 500
    assert len(box.ledger()) == 1


def test_the_token_host_denies_with_http_200(box: Sandbox, caller: Caller) -> None:
    box.faults.add("token", Fault.access_denied())
    answer = caller.ask_token()

    assert (answer.status_code, answer.json()["error"]) == (200, "Access Denied")


def test_tokens_may_die_in_the_middle_of_a_job(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, ROWS)
    box.faults.add("details", Fault.expired_tokens(), nth=2)

    assert [caller.details(job).status_code for _ in range(3)] == [200, 401, 401]
    caller.bearer = ""
    assert caller.details(job).status_code == 200


def test_the_gateway_speaks_without_code(box: Sandbox, caller: Caller) -> None:
    box.faults.add("upload", Fault.gateway())

    assert "ERROR_CODE" in caller.upload(zipped("")).json()


@pytest.mark.parametrize("status", [200, 502, 503])
def test_a_web_page_may_answer(box: Sandbox, caller: Caller, status: int) -> None:
    box.faults.add("org", Fault.html(status))
    answer = caller.get("/bigin/v2/org")

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, "text/html")


def test_a_redirect_names_another_host(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.redirect("https://evil.example/x", 308))
    answer = caller.create(body)

    assert (answer.status_code, answer.headers["Location"]) == (308, "https://evil.example/x")
    assert box.ledger() == []


@pytest.mark.parametrize("wrong", [[], None, "x", {"details": {"id": 1.5}}, {"details": {}}])
def test_json_may_have_any_shape(box: Sandbox, caller: Caller, body: dict[str, Any], wrong: Any) -> None:
    box.faults.add("create", Fault.json(wrong, 201, applied=True))
    answer = caller.create(body)

    assert (answer.status_code, answer.json()) == (201, wrong)
    assert len(box.ledger()) == 1


@pytest.mark.parametrize(("applied", "jobs"), [(True, 1), (False, 0)])
def test_json_may_break_off(box: Sandbox, caller: Caller, body: dict[str, Any], applied: bool, jobs: int) -> None:
    box.faults.add("create", Fault.malformed_json(applied=applied))
    answer = caller.create(body)

    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert len(box.ledger()) == jobs


def test_any_bytes_may_be_the_body(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.body(b'{"a":1,"a":NaN}'))

    assert caller.get("/bigin/v2/org").content == b'{"a":1,"a":NaN}'


def test_an_answer_may_be_edited(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, ROWS)
    box.faults.add("details", Fault.edited(lambda details: details | {"status": "PAUSED"}))

    assert [caller.details(job).json()["status"] for _ in range(2)] == ["PAUSED", "INPROGRESS"]


# -- the connection


@pytest.mark.parametrize("after", [0, 10])
def test_a_reset_before_leaves_no_job(box: Sandbox, caller: Caller, body: dict[str, Any], after: int) -> None:
    box.faults.add("create", Fault.reset_before(after))

    with pytest.raises(ConnectionResetError):
        _create(caller, body)
    assert box.ledger() == []


def test_a_reset_after_leaves_a_job(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.reset_after())

    with pytest.raises(ConnectionResetError):
        _create(caller, body)
    assert len(box.ledger()) == 1


def test_a_close_after_leaves_a_job_and_no_byte(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.closed_after())

    assert _create(caller, body) == b""
    assert len(box.ledger()) == 1


def test_garbage_may_come_instead_of_http(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.raw(b"\x15\x03\x03\x00\x02\x02\x28"))

    assert _create(caller, body) == b"\x15\x03\x03\x00\x02\x02\x28"
    assert len(box.ledger()) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_cut(box: Sandbox, caller: Caller, body: dict[str, Any], chunked: bool) -> None:
    box.faults.add("create", Fault.truncated(chunked=chunked))

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.create(body)
    assert len(box.ledger()) == 1


def test_a_cut_can_keep_nothing(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.truncated(keep=0))

    assert _create(caller, body).endswith(b"\r\n\r\n")


def test_a_slow_drip_arrives_piece_by_piece(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.slow_drip(0.0001, 7))
    answer = _create(caller, body)

    assert answer.startswith(b"HTTP/1.1 201")
    assert b"FILE_UPLOAD" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == "success"


def test_a_drip_ends_when_the_client_leaves(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.slow_drip(0.005))
    connection = http.client.HTTPConnection(box.url.removeprefix("http://"), timeout=0.02)
    connection.request("GET", "/bigin/v2/org", headers={"Authorization": f"Zoho-oauthtoken {caller.token}"})
    connection.close()

    assert caller.get("/bigin/v2/org").status_code == 200


def test_silence_lasts_until_the_client_leaves(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.silent())

    with pytest.raises(requests.ReadTimeout):
        caller.call("POST", "/bigin/bulk/v2/write", json=body, timeout=0.2)
    assert len(box.ledger()) == 1


def test_silence_ends_with_the_sandbox() -> None:
    with Sandbox() as box:
        caller = Caller(box)
        box.faults.add("org", Fault.silent())
        got: list[object] = []

        def wait() -> None:
            try:
                caller.get("/bigin/v2/org")
            except requests.RequestException as error:
                got.append(error)

        thread = threading.Thread(target=wait)
        caller.ask_token()
        thread.start()
        while not any(request.route == "org" for request in box.requests):
            pass
    thread.join(5)

    assert len(got) == 1


def test_an_answer_can_be_held_until_a_test_lets_it_go(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    let_go = threading.Event()
    box.faults.add("create", Fault.held(let_go))
    answers: list[requests.Response] = []
    thread = threading.Thread(target=lambda: answers.append(caller.create(body)))
    thread.start()
    while not box.ledger():
        pass
    held_back = list(answers)
    let_go.set()
    thread.join(5)

    assert held_back == []
    assert answers[0].status_code == 201


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_huge(box: Sandbox, caller: Caller, chunked: bool) -> None:
    box.faults.add("org", Fault.huge(megabytes=3, chunked=chunked))
    answer = caller.get("/bigin/v2/org", stream=True)
    first = next(answer.iter_content(1_000_000))
    answer.close()

    assert len(first) > 0
    assert answer.headers.get("Content-Length") == (None if chunked else "10000000000")


def test_a_body_may_be_a_gzip_bomb(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.zipped_bomb(megabytes=3))
    answer = caller.get("/bigin/v2/org", stream=True)
    packed = answer.raw.read(decode_content=False)

    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) == 3_000_000


# -- jobs


@pytest.mark.parametrize(("with_result", "rows"), [(False, 0), (True, 1)])
def test_a_job_may_fail_after_some_rows(box: Sandbox, caller: Caller, with_result: bool, rows: int) -> None:
    box.faults.add("job", Fault.job_failed("CANNOT_PROCESS", rows=rows, with_result=with_result))
    done = caller.finish(caller.start(HEADER, ROWS))

    assert (done["status"], done["resource"][0]["code"]) == ("FAILED", "CANNOT_PROCESS")
    assert len(box.records("Contacts")) == rows
    assert [row.status for row in box.ledger()[0].rows] == ["ADDED"] * rows + ["UNPROCESSED"] * (2 - rows)
    assert ("result" in done) is with_result
    if with_result:
        assert caller.result(done["result"]["download_url"]).column("STATUS") == ["ADDED", "UNPROCESSED"]


@pytest.mark.parametrize(("at", "word"), [("ADDED", "ADDED"), ("INPROGRESS", "INPROGRESS")])
def test_a_job_may_be_stuck_although_its_rows_are_written(box: Sandbox, caller: Caller, at: str, word: str) -> None:
    box.faults.add("job", Fault.job_stuck(at))
    job = caller.start(HEADER, ROWS)
    box.settle()

    assert {caller.details(job).json()["status"] for _ in range(5)} == {word}
    assert len(box.records("Contacts")) == 2


def test_a_job_may_be_slow(box: Sandbox, caller: Caller) -> None:
    box.faults.add("job", Fault.job_slow(3))
    job = caller.start(HEADER, ROWS)
    box.settle()
    seen = [caller.details(job).json()["status"] for _ in range(6)]

    assert seen == ["ADDED"] + ["INPROGRESS"] * 4 + ["COMPLETED"]


# -- the result file


def _text(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.namelist()[0])


@pytest.mark.parametrize(
    ("how", "error"),
    [("truncated", "not a zip"), ("bad crc", "CRC"), ("not a zip", "not a zip"), ("no members", "out of range")],
)
def test_a_damaged_zip_cannot_be_read(box: Sandbox, caller: Caller, how: str, error: str) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.damaged_zip(how))
    body = caller.download(url).content

    with pytest.raises((zipfile.BadZipFile, IndexError), match=error):
        _text(body)
    assert _text(caller.download(url).content).startswith(b"Last_Name")


@pytest.mark.parametrize(
    ("how", "names", "proof"),
    [
        ("two members", ["Contacts-people.csv", "second.csv"], lambda text: text.startswith(b"Last_Name")),
        ("no csv", ["readme.txt"], lambda text: b"Last_Name" not in text),
        ("path name", ["../../outside.csv"], lambda text: text.startswith(b"Last_Name")),
        ("wrong encoding", ["Contacts-people.csv"], lambda text: text.startswith(b"\xff\xfe")),
        ("latin-1", ["Contacts-people.csv"], lambda text: text.endswith(b"\xe9\n")),
        ("empty csv", ["Contacts-people.csv"], lambda text: text == b""),
        ("header only", ["Contacts-people.csv"], lambda text: text.count(b"\n") == 1),
    ],
)
def test_a_zip_may_hold_something_else(
    box: Sandbox, caller: Caller, how: str, names: list[str], proof: Callable[[bytes], bool]
) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.damaged_zip(how))
    body = caller.download(url).content

    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == names
    assert proof(_text(body))


@pytest.mark.parametrize(("how", "claimed"), [("bomb", 300_000_000), ("forged size", 0)])
def test_a_zip_may_be_a_bomb(box: Sandbox, caller: Caller, how: str, claimed: int) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.damaged_zip(how))
    body = caller.download(url).content

    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        size = archive.infolist()[0].file_size
    assert len(body) < 500_000
    assert size > claimed if claimed else size == 10


def test_every_damage_has_a_test() -> None:
    from pathlib import Path

    assert [how for how in DAMAGES if f'"{how}"' not in Path(__file__).read_text()] == []


def test_lines_of_the_result_may_be_edited(box: Sandbox, caller: Caller) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.edited_rows(lambda lines: [lines[0], lines[2]]))

    assert caller.result(url).column("Last_Name") == ["Bob"]
    assert caller.result(url).column("Last_Name") == ["Ann", "Bob"]


def test_edited_rows_keep_quoted_text(box: Sandbox, caller: Caller) -> None:
    text = 'a,"b"\nc'
    url = caller.finish(caller.start(["Last_Name", "Description"], [["A", text]]))["result"]["download_url"]
    box.faults.add("download", Fault.edited_rows(lambda lines: lines))
    result = caller.result(url)

    assert result.lines[0][1] == text
    assert next(csv.reader(io.StringIO(csv_text(result.header, [])))) == result.header
