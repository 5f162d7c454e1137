"""One method per call: what each sends, and that a create is never retried while a job may exist."""

from __future__ import annotations

import copy
import io
import pickle
import zipfile

import pytest

from bigin_frames import limits
from bigin_frames.client.client import Client
from bigin_frames.client.transport import Transport
from bigin_frames.errors import (
    ApiError,
    AuthError,
    BadResultError,
    BodyTooLargeError,
    InputError,
    OptionError,
    UnansweredError,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.job_request import FieldMapping
from bigin_frames.model import Job
from bigin_frames.wire.result import ResultLayout
from tests.support.wire import (
    CALLS,
    CREATED,
    CREDENTIALS,
    DEAD,
    FILE_ID,
    JOB,
    JOB_ID,
    MODULES,
    ORG,
    STATE,
    UPLOADED,
    ZIP,
    Wire,
    answer,
    client_on,
    done,
    not_sent,
    refusal,
    run_call,
    unanswered,
)


def test_create_uses_a_fresh_connection_and_nothing_else_does():
    wire = Wire(create=CREATED, job=STATE)
    client = client_on(wire)
    client.create_job(JOB, FILE_ID)
    client.job(JOB_ID)

    assert [fresh for request, _, fresh in wire.sent] == [False, True, False]


@pytest.mark.parametrize(
    "first", [not_sent("create"), refusal("TOO_MANY_REQUESTS", 429), DEAD, refusal("TOO_MANY_REQUESTS", 200)]
)
def test_create_is_retried_when_no_job_can_exist(first):
    wire, made = run_call("create", first)

    assert (made, len(wire.calls("create"))) == (JOB_ID, 2)


UNCERTAIN = {
    "unanswered": unanswered("create"),
    "too large": BodyTooLargeError("", call="create", limit=1),
    "internal error": refusal("INTERNAL_ERROR", 500),
    "internal error with 200": refusal("INTERNAL_ERROR", 200),
    "busy": refusal("TOO_MANY_REQUESTS", 503),
    "dead token from a broken gateway": refusal("INVALID_TOKEN", 502),
    "page": answer(b"<html>", 503),
    "portal": answer(b"<html>", 200),
    "empty": answer(b"", 201),
    "no id": answer({"status": "success", "details": {}}, 201),
    "float id": answer({"status": "success", "details": {"id": 4.8e18}}, 201),
    "redirect": answer(b"", 307, location="https://www.zohoapis.com/y"),
    "request time-out": answer(b"", 408),
    "parsed request time-out": refusal("TIMEOUT", 408),
}


@pytest.mark.parametrize("trouble", UNCERTAIN)
def test_uncertain_create_is_reported_and_never_retried(trouble):
    wire = Wire(create=[UNCERTAIN[trouble], CREATED])
    with pytest.raises(UnansweredError) as caught:
        client_on(wire).create_job(JOB, FILE_ID)

    assert (len(wire.calls("create")), caught.value.call) == (1, "create")


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (refusal("INVALID_DATA", 400), ApiError),
        (refusal("MANDATORY_FIELDS_NOT_MAPPED", 200), ApiError),
        (answer(b"<html>", 404), UnreadableAnswerError),
        (answer(b"<html>", 429), UnreadableAnswerError),
        (answer({"ERROR_CODE": 403}, 200), AuthError),
    ],
)
def test_refused_create_is_certain(first, kind):
    wire = Wire(create=[first, CREATED])
    with pytest.raises(kind) as caught:
        client_on(wire).create_job(JOB, FILE_ID)

    assert type(caught.value) is kind
    assert len(wire.calls("create")) == 1


def test_org_is_requested_once_and_sent_with_the_upload():
    wire = Wire(org=ORG, upload=UPLOADED)
    client = client_on(wire)
    assert client.org() is client.org()
    client.upload("a.zip", b"zip")

    assert len(wire.calls("org")) == 1
    assert wire.calls("upload")[0].headers["X-CRM-ORG"] == "942010964"


def test_upload_with_an_org_id_does_not_request_the_org():
    wire = Wire(upload=UPLOADED)

    assert client_on(wire, org_id="5").upload("a.zip", b"zip") == FILE_ID
    assert wire.calls("upload")[0].headers["X-CRM-ORG"] == "5"


def test_org_id_of_another_organisation_is_refused():
    with pytest.raises(OptionError, match="942010964"):
        client_on(Wire(org=ORG), org_id="5").org()


def test_job_is_read():
    assert client_on(Wire(job=STATE)).job(JOB_ID).status == "INPROGRESS"


def test_download_goes_to_an_allowed_host_with_the_token_and_a_size_limit():
    wire = Wire(download=answer(ZIP))

    assert client_on(wire).download(done("https://download-accl.zoho.com/1.zip")) == ZIP
    assert wire.tokens_on("download") == ["Zoho-oauthtoken 1000.canary-1"]
    assert wire.sent[-1][1] == limits.MAX_RESULT_ZIP_BYTES


def test_download_of_a_path_goes_to_the_api_host():
    wire = Wire(download=answer(ZIP))
    client_on(wire, region="in").download(done("/r.zip"))

    assert wire.calls("download")[0].url == "https://www.zohoapis.in/r.zip"


def test_download_from_another_host_is_refused_before_anything_is_sent():
    wire = Wire(download=answer(ZIP))
    with pytest.raises(UntrustedHostError, match=r"evil\.tld"):
        client_on(wire).download(done("https://evil.tld/1.zip"))

    assert wire.sent == []


def test_download_host_may_be_named_by_the_user():
    wire = Wire(download=answer(ZIP))
    client_on(wire, download_hosts=["files.zoho.com"]).download(done("https://files.zoho.com/1.zip"))

    assert wire.calls("download")[0].host == "files.zoho.com"


def test_download_of_a_job_without_a_result_is_refused():
    with pytest.raises(InputError, match="no result"):
        client_on(Wire()).download(Job(id=JOB_ID, status="FAILED"))


def test_result_is_downloaded_and_read():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("Contacts-a.csv", "Email,STATUS,RECORD_ID,ERRORS\na@b.c,added,1,\n")
    mapping = FieldMapping(api_name="Email", label="E-mail", index=0)
    client = client_on(Wire(download=answer(buffer.getvalue())))
    found = client.read_result(client.download(done("/r.zip")), [mapping])

    assert found.layout == ResultLayout(status=1, record_id=2, errors=3, echo={0: "Email"})


def test_damaged_result_is_refused():
    with pytest.raises(BadResultError):
        client_on(Wire()).read_result(ZIP, [])


def test_sleep_and_clock_are_the_transports():
    wire = Wire()
    client = client_on(wire)
    client.sleep(3.0)

    assert (client.now(), wire.pauses) == (3.0, [3.0])


def test_client_shows_no_secret():
    client = client_on(Wire(), region="eu", org_id="5")
    client_with_token = client_on(Wire(modules=MODULES))
    client_with_token.modules()

    assert repr(client) == "Client(region='eu', api='https://www.zohoapis.eu', org_id='5')"
    assert "canary" not in repr(client_with_token) + repr(vars(client_with_token)) + repr(
        vars(client_with_token._calls.tokens)
    )
    assert client.region == "eu"
    assert not client.is_local


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_client_can_be_neither_pickled_nor_copied(carry):
    with pytest.raises(TypeError, match="cannot be pickled"):
        carry(client_on(Wire()))


@pytest.mark.parametrize("call", CALLS)
def test_errors_hold_no_secret(call):
    make, _ = CALLS[call]
    errors = []
    for outcome in (DEAD, refusal("INVALID_DATA"), answer(b'{"canary": "canary"}', 404), answer(b"canary", 200)):
        wire = Wire(**{call: outcome})
        with pytest.raises((ApiError, UnreadableAnswerError, UnansweredError)) as caught:
            make(client_on(wire, org_id="1"))
        errors.append(caught.value)

    for error in errors:
        assert "canary" not in f"{error}{error.args}{vars(error)}{pickle.dumps(error)!r}"
        assert [place for place in _locals(error) if "canary" in place[1]] == []


def _locals(error):
    frame = error.__traceback__
    while frame is not None:
        if "/bigin_frames/" in frame.tb_frame.f_code.co_filename:
            yield frame.tb_frame.f_code.co_name, repr(frame.tb_frame.f_locals)
        frame = frame.tb_next


def test_client_without_a_transport_makes_its_own():
    assert isinstance(Client(CREDENTIALS)._calls.transport, Transport)
