from __future__ import annotations

import copy
import io
import itertools
import json
import pickle
import re
import threading
import zipfile
from datetime import UTC, datetime

import pandas as pd
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
    NotSentError,
    OptionError,
    RateLimitError,
    UnansweredError,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.model import Credentials, FieldMapping, Job, JobRequest, Layout
from bigin_frames.wire.message import Request, Response
from bigin_frames.wire.result import ResultLayout

JOB_ID = "4876876000000890075"
FILE_ID = "4876876000000890001"
CREDENTIALS = Credentials("1000.ID", "canary-secret", "1000.canary-refresh")
JOB = JobRequest(module="Contacts", operation="insert", mappings=(), file_name="a.csv")
ZIP = b"PK\x03\x04 and the rest"


def answer(body, status=200, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def refusal(code, status=400, **headers):
    return answer({"code": code, "details": {}, "message": "", "status": "error"}, status, **headers)


ORG = answer({"org": [{"id": "7", "zgid": "942010964", "company_name": "Mill", "time_zone": "Africa/Nairobi"}]})
MODULES = answer(
    {
        "modules": [
            {"api_name": "Contacts", "plural_label": "Contacts"},
            {"api_name": "Accounts", "plural_label": "Companies"},
        ]
    }
)
FIELDS = answer({"fields": [{"api_name": "Email", "data_type": "email"}]})
LAYOUTS = answer({"layouts": [{"id": "8773050000000020002", "name": "Sales", "sections": []}]})
UPLOADED = answer({"status": "success", "details": {"file_id": FILE_ID}})
CREATED = answer({"status": "success", "details": {"id": JOB_ID}}, 201)
STATE = answer({"id": JOB_ID, "status": "IN PROGRESS"})
DEAD = refusal("INVALID_TOKEN", 401)


def not_sent(call):
    return NotSentError("not sent", call=call)


def unanswered(call):
    return UnansweredError("lost", call=call)


class Wire:
    """Answer each call from its script, the last answer again and again; count tokens, pauses and time."""

    def __init__(self, **scripts):
        self.scripts = {
            call: list(script) if isinstance(script, list) else [script] for call, script in scripts.items()
        }
        self.sent = []
        self.pauses = []
        self.clock = 0.0
        self.tokens = itertools.count(1)

    def send(self, request, *, limit_bytes, fresh_connection=False, before_first_byte=None):
        self.sent.append((request, limit_bytes, fresh_connection))
        script = self.scripts.get(request.call)
        if script is None and request.call == "token":
            return answer({"access_token": f"1000.canary-{next(self.tokens)}", "expires_in": 3600})
        outcome = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome(request) if callable(outcome) else outcome

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.clock += seconds

    def now(self):
        return self.clock

    def calls(self, call):
        return [request for request, _, _ in self.sent if request.call == call]

    def tokens_on(self, call):
        return [request.wire_headers().get("Authorization") for request in self.calls(call)]


def client_on(wire, **options):
    return Client(CREDENTIALS, **{"transport": wire, "random": lambda: 0.5, **options})


def test_first_call_gets_a_token_and_the_next_uses_it():
    wire = Wire(modules=MODULES)
    client = client_on(wire)
    client.modules()
    client.modules()

    assert len(wire.calls("token")) == 1
    assert wire.tokens_on("modules") == ["Zoho-oauthtoken 1000.canary-1"] * 2


def test_token_call_carries_no_token_and_leaves_from_the_accounts_host():
    wire = Wire(modules=MODULES)
    client_on(wire, region="eu").modules()
    request = wire.calls("token")[0]

    assert (request.host, "Authorization" in request.headers) == ("accounts.zoho.eu", False)


def test_token_is_renewed_before_it_dies():
    wire = Wire(modules=MODULES)
    client = client_on(wire)
    client.modules()
    wire.clock += 3541
    client.modules()

    assert wire.tokens_on("modules")[1] == "Zoho-oauthtoken 1000.canary-2"


def test_32_threads_meeting_a_dead_token_make_one_refresh():
    wire = Wire(modules=lambda request: DEAD if "canary-1" in request.wire_headers()["Authorization"] else MODULES)
    client = client_on(wire)
    threads = [threading.Thread(target=client.modules) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(wire.calls("token")) == 2
    assert wire.tokens_on("modules").count("Zoho-oauthtoken 1000.canary-2") == 32


CALLS = {
    "org": (lambda client: client.org(), ORG),
    "modules": (lambda client: client.modules(), MODULES),
    "fields": (lambda client: client.fields("Contacts"), FIELDS),
    "upload": (lambda client: client.upload("a.zip", b"zip"), UPLOADED),
    "create": (lambda client: client.create_job(JOB, FILE_ID), CREATED),
    "job": (lambda client: client.job(JOB_ID), STATE),
    "download": (lambda client: client.download(Job(id="1", status="COMPLETED", result_url="/r.zip")), answer(ZIP)),
    "records": (lambda client: client.records("Contacts", ["1"], ["Email"]), answer({"data": [{"id": "1"}]})),
    "find": (lambda client: client.find("Contacts", "Email", ["a@x.org"]), answer({"data": [{"id": "1"}]})),
    "layouts": (lambda client: client.layouts("Contacts"), LAYOUTS),
}
HARMLESS = sorted(set(CALLS) - {"create"})


def run(call, *script, **options):
    """Run one call against a script that ends in success; return the wire and what came of it."""
    make, success = CALLS[call]
    wire = Wire(**{call: [*script, success]})
    return wire, make(client_on(wire, org_id="942010964", **options))


@pytest.mark.parametrize("call", CALLS)
def test_dead_token_is_replaced_once(call):
    wire, _ = run(call, DEAD)

    assert wire.tokens_on(call) == ["Zoho-oauthtoken 1000.canary-1", "Zoho-oauthtoken 1000.canary-2"]
    assert wire.pauses == []


@pytest.mark.parametrize("call", CALLS)
def test_second_dead_token_is_the_end(call):
    make, _ = CALLS[call]
    wire = Wire(**{call: DEAD})
    with pytest.raises(AuthError):
        make(client_on(wire, org_id="942010964"))

    assert (len(wire.calls(call)), len(wire.calls("token"))) == (2, 2)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", ["OAUTH_SCOPE_MISMATCH", "NO_PERMISSION", "INVALID_DATA"])
def test_refusal_is_final(call, code):
    make, _ = CALLS[call]
    wire = Wire(**{call: refusal(code, 401 if code == "OAUTH_SCOPE_MISMATCH" else 403)})
    with pytest.raises(ApiError):
        make(client_on(wire, org_id="942010964"))

    assert len(wire.calls(call)) == len(wire.calls("token")) == 1


TROUBLES = {
    "not sent": not_sent("x"),
    "unanswered": unanswered("x"),
    "internal error": refusal("INTERNAL_ERROR", 500),
    "gateway page": answer(b"<html>", 502),
    "captive portal": answer(b"<html>", 200),
    "too many": refusal("TOO_MANY_REQUESTS", 429),
}


@pytest.mark.parametrize("call", HARMLESS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_harmless_call_is_made_again(call, trouble):
    outcome = TROUBLES[trouble]
    outcome = type(outcome)("", call=call) if isinstance(outcome, Exception) else outcome
    wire, _ = run(call, outcome)

    assert (len(wire.calls(call)), len(wire.pauses)) == (2, 1)


@pytest.mark.parametrize("call", CALLS)
def test_retry_after_is_slept(call):
    wire, _ = run(call, refusal("TOO_MANY_REQUESTS", 429, retry_after="3"))

    assert wire.pauses == [3.0]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_never_followed_with_a_body_or_a_token(call, status):
    make, _ = CALLS[call]
    wire = Wire(**{call: answer(b"", status, location="https://evil.tld/x")})
    with pytest.raises((UnreadableAnswerError, UnansweredError, UntrustedHostError), match=r"evil\.tld"):
        make(client_on(wire, org_id="942010964"))

    assert len(wire.calls(call)) == 1


def test_budget_of_one_client_ends_all_second_tries():
    wire = Wire(modules=not_sent("modules"))
    client = client_on(wire)
    for _ in range(8):
        with pytest.raises(NotSentError):
            client.modules()

    assert len(wire.pauses) == 20  # 100 points and one for the token's success, 5 each


def test_create_uses_a_fresh_connection_and_nothing_else_does():
    wire = Wire(create=CREATED, job=STATE)
    client = client_on(wire)
    client.create_job(JOB, FILE_ID)
    client.job(JOB_ID)

    assert [fresh for request, _, fresh in wire.sent] == [False, True, False]


@pytest.mark.parametrize(
    "first", [not_sent("create"), refusal("TOO_MANY_REQUESTS", 429), DEAD, refusal("TOO_MANY_REQUESTS", 200)]
)
def test_create_is_sent_again_when_no_job_can_exist(first):
    wire, made = run("create", first)

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
def test_uncertain_create_is_said_to_be_so_and_never_sent_again(trouble):
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


def test_create_after_a_refresh_that_ends_in_doubt_is_still_sent_once():
    wire = Wire(create=[DEAD, unanswered("create"), CREATED])
    with pytest.raises(UnansweredError):
        client_on(wire).create_job(JOB, FILE_ID)

    assert len(wire.calls("create")) == 2  # the first was refused, the second is the only one that may count


@pytest.mark.parametrize(
    "trouble", [unanswered("token"), answer(b"<html>", 502), answer({"error": "general_error"}, 500)]
)
def test_create_without_a_token_was_certainly_not_sent(trouble):
    wire = Wire(token=trouble, create=CREATED)
    with pytest.raises(NotSentError, match="no access token"):
        client_on(wire).create_job(JOB, FILE_ID)

    assert wire.calls("create") == []
    assert len(wire.calls("token")) == 3  # the token's own rule, not multiplied by that of create


def test_refused_token_is_the_end_of_any_call():
    wire = Wire(token=answer({"error": "invalid_code"}), modules=MODULES)
    with pytest.raises(AuthError, match="invalid_code"):
        client_on(wire).modules()

    assert len(wire.calls("token")) == 1


def test_too_many_refreshes_are_waited_for():
    wire = Wire(token=[answer({"error": "Access Denied"}), answer({"access_token": "1000.abcdef"})], modules=MODULES)
    client_on(wire).modules()

    assert wire.pauses == [11.25]


def test_too_many_refreshes_to_the_end_are_a_rate_limit():
    with pytest.raises(RateLimitError):
        client_on(Wire(token=answer({"error": "Access Denied"}))).create_job(JOB, FILE_ID)


def test_token_of_another_region_is_refused_before_anything_is_sent():
    token = {"access_token": "1000.abcdef", "api_domain": "https://www.zohoapis.eu"}
    wire = Wire(token=answer(token), modules=MODULES)
    with pytest.raises(UntrustedHostError, match=r"www\.zohoapis\.eu"):
        client_on(wire).modules()

    assert wire.calls("modules") == []


def test_host_given_by_the_user_outranks_the_one_of_the_token():
    token = {"access_token": "1000.abcdef", "api_domain": "https://www.zohoapis.com"}
    wire = Wire(token=answer(token), modules=MODULES)
    client = client_on(wire, api_url="http://127.0.0.1:5001")
    client.modules()

    assert client.is_local
    assert {request.url.partition("/bigin")[0] for request in wire.calls("modules")} == {"http://127.0.0.1:5001"}


def test_credentials_may_come_from_a_callable_that_is_asked_before_each_token():
    asked = iter([CREDENTIALS, Credentials("1000.ID", "canary-secret", "1000.renewed")])
    wire = Wire(modules=[DEAD, MODULES])
    client = Client(lambda: next(asked), transport=wire, random=lambda: 0.5)
    assert wire.sent == []
    client.modules()

    sent = [request.wire_body() for request in wire.calls("token")]
    assert [re.search(rb"refresh_token=([\w.-]+)", body)[1] for body in sent] == [
        b"1000.canary-refresh",
        b"1000.renewed",
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [(lambda: {}["canary"], "raised KeyError"), (lambda: "canary", "returned str, not Credentials")],
)
def test_callable_that_gives_no_credentials_is_told_without_a_word_of_its_own(given, words):
    wire = Wire(modules=MODULES)
    with pytest.raises(NotSentError, match=words) as caught:
        Client(given, transport=wire).modules()

    assert "canary" not in str(caught.value) + repr(caught.value.__context__)
    assert wire.sent == []


def test_server_time_is_the_last_answers_date_and_what_has_passed_since():
    wire = Wire(
        modules=[answer({"modules": []}, date="Tue, 24 Nov 2026 10:00:00 GMT"), MODULES, answer(b"", date="soon")]
    )
    client = client_on(wire)
    assert client.server_time() is None
    client.modules()
    wire.clock += 61.9
    client.modules()  # an answer without a date says nothing

    assert client.server_time() == datetime(2026, 11, 24, 10, 1, 1, tzinfo=UTC)
    wire.clock -= 3600  # never earlier than what was said
    assert client.server_time() == datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
    with pytest.raises(UnreadableAnswerError):
        client.modules()
    assert client.server_time() == datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)


def test_org_is_asked_for_once_and_names_the_upload():
    wire = Wire(org=ORG, upload=UPLOADED)
    client = client_on(wire)
    assert client.org() is client.org()
    client.upload("a.zip", b"zip")

    assert len(wire.calls("org")) == 1
    assert wire.calls("upload")[0].headers["X-CRM-ORG"] == "942010964"


def test_upload_with_an_org_id_asks_for_no_org():
    wire = Wire(upload=UPLOADED)

    assert client_on(wire, org_id="5").upload("a.zip", b"zip") == FILE_ID
    assert wire.calls("upload")[0].headers["X-CRM-ORG"] == "5"


def test_org_id_of_another_organisation_is_refused():
    with pytest.raises(OptionError, match="942010964"):
        client_on(Wire(org=ORG), org_id="5").org()


def test_fields_are_asked_for_once_a_module():
    wire = Wire(fields=FIELDS)
    client = client_on(wire)
    client.fields("Contacts")
    client.fields("Contacts")
    client.fields("Accounts")

    assert len(wire.calls("fields")) == 2


def test_threads_that_want_the_same_fields_ask_once():
    wire = Wire(fields=FIELDS)
    client = client_on(wire)
    threads = [threading.Thread(target=client.fields, args=("Contacts",)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(wire.calls("fields")) == 1


@pytest.mark.parametrize(
    ("module", "hint"),
    [("Contact", "'Contacts'"), ("Company", "'Accounts'"), ("Zzz", "it has Contacts, Accounts")],
)
def test_unknown_module_names_the_nearest(module, hint):
    wire = Wire(fields=refusal("INVALID_MODULE"), modules=MODULES)
    with pytest.raises(InputError, match=f"no module '{module}'.*{hint}"):
        client_on(wire).fields(module)


def test_other_refusals_of_fields_stay_what_they_are():
    with pytest.raises(AuthError):
        client_on(Wire(fields=refusal("OAUTH_SCOPE_MISMATCH", 401))).fields("Contacts")


def test_layouts_are_asked_for_once_a_module():
    wire = Wire(layouts=LAYOUTS)
    client = client_on(wire)
    client.layouts("Contacts")
    found = client.layouts("Pipelines")

    assert found is client.layouts("Pipelines")
    assert found == (Layout(id="8773050000000020002", name="Sales"),)
    assert [request.url.rpartition("?")[2] for request in wire.calls("layouts")] == [
        "module=Contacts",
        "module=Pipelines",
    ]


def test_layouts_of_an_unknown_module_name_the_nearest():
    with pytest.raises(InputError, match=r"no module 'Contact'.*'Contacts'"):
        client_on(Wire(layouts=refusal("INVALID_MODULE"), modules=MODULES)).layouts("Contact")


def test_token_without_the_scope_of_layouts_is_told_which_it_lacks():
    with pytest.raises(AuthError, match=r"ZohoBigin\.settings\.layouts\.READ"):
        client_on(Wire(layouts=refusal("OAUTH_SCOPE_MISMATCH", 401))).layouts("Pipelines")


def test_job_is_read():
    assert client_on(Wire(job=STATE)).job(JOB_ID).status == "INPROGRESS"


def done(url):
    return Job(id=JOB_ID, status="COMPLETED", result_url=url)


def test_download_goes_to_an_allowed_host_with_the_token_and_a_cap():
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


def test_no_request_leaves_with_the_token_for_another_host_whoever_built_it():
    wire = Wire(org=ORG)
    with pytest.raises(UntrustedHostError):
        client_on(wire)._calls.make(Request("org", "GET", "https://evil.tld/bigin/v2/org", {}), lambda answer: answer)

    assert wire.calls("org") == []


def test_download_host_may_be_named_by_the_user():
    wire = Wire(download=answer(ZIP))
    client_on(wire, download_hosts=["files.zoho.com"]).download(done("https://files.zoho.com/1.zip"))

    assert wire.calls("download")[0].host == "files.zoho.com"


@pytest.mark.parametrize(
    ("location", "url", "signed"),
    [
        ("/2.zip", "https://download-accl.zoho.com/2.zip", True),
        ("https://download-accl.zoho.com/2.zip", "https://download-accl.zoho.com/2.zip", True),
        ("https://content.zohoapis.com/2.zip", "https://content.zohoapis.com/2.zip", False),
    ],
)
def test_download_follows_one_hop_without_the_token_if_the_host_changes(location, url, signed):
    wire = Wire(download=[answer(b"", 302, location=location), answer(ZIP)])
    client_on(wire).download(done("https://download-accl.zoho.com/1.zip"))
    hop = wire.calls("download")[1]

    assert (hop.url, "Authorization" in hop.headers) == (url, signed)


def test_download_follows_no_second_hop():
    wire = Wire(download=answer(b"", 302, location="/next"))
    with pytest.raises(UnreadableAnswerError, match="not followed"):
        client_on(wire).download(done("/1.zip"))

    assert len(wire.calls("download")) == 2


@pytest.mark.parametrize(
    "location",
    ["http://www.zohoapis.com/x", "https://www.zohoapis.com:8443/x", "https://169.254.169.254/", "//evil.tld"],
)
def test_download_refuses_a_hop_to_any_other_address(location):
    wire = Wire(download=answer(b"", 302, location=location))
    with pytest.raises(UntrustedHostError):
        client_on(wire).download(done("/1.zip"))

    assert len(wire.calls("download")) == 1


def test_download_without_a_place_to_hop_to_is_unreadable():
    with pytest.raises(UnreadableAnswerError, match="HTTP 304"):
        client_on(Wire(download=answer(b"", 304))).download(done("/1.zip"))


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


def test_result_that_is_damaged_proves_nothing():
    with pytest.raises(BadResultError):
        client_on(Wire()).read_result(ZIP, [])


def store(count):
    """Answer record calls from a store of ``count`` records with every field asked for; odd ids do not exist."""

    def respond(request):
        query = dict(part.split("=") for part in request.url.partition("?")[2].split("&"))
        ids = [i for i in query["ids"].split(",") if int(i) % 2 == 0]
        assert len(query["ids"].split(",")) <= 100
        assert len(query["fields"].split(",")) <= 50
        names = query["fields"].split(",")
        return answer({"data": [{**{name: f"{name}/{i}" for name in names}, "id": i} for i in reversed(ids)]})

    return respond


def test_records_keep_the_order_of_their_ids_and_leave_out_what_is_not_there():
    wire = Wire(records=store(8))
    found = client_on(wire).records("Contacts", ["8", "3", "2", "8"], ["Email"])

    expected = pd.DataFrame({"id": ["8", "2"], "Email": ["Email/8", "Email/2"]}, dtype="string")
    pd.testing.assert_frame_equal(found, expected)


def test_records_of_many_ids_and_fields_are_asked_for_in_parts():
    wire = Wire(records=store(500))
    names = [f"F{i}" for i in range(120)]
    found = client_on(wire).records("Contacts", [str(i) for i in range(0, 500, 2)], names)

    assert len(wire.calls("records")) == 3 * 3
    assert list(found.columns) == ["id", *names]
    assert found["F119"].tolist() == [f"F119/{i}" for i in range(0, 500, 2)]


def test_record_that_vanishes_between_two_parts_has_no_row():
    first = answer({"data": [{"id": "1"}, {"id": "2"}]})
    wire = Wire(records=[first, answer({"data": [{"id": "2"}]})])
    found = client_on(wire).records("Contacts", ["1", "2"], [f"F{i}" for i in range(60)])

    assert found["id"].tolist() == ["2"]


def test_records_give_parts_of_lookups_by_name():
    body = {"data": [{"id": "1", "Owner": {"id": "5", "name": "Pat", "email": "p@x.example"}, "Amount": None}]}
    wire = Wire(records=answer(body))
    found = client_on(wire).records("Contacts", ["1"], ["Owner", "Owner.email", "Amount"])

    assert wire.calls("records")[0].url.endswith("fields=Owner,Amount")
    assert found.loc[0, ["Owner", "Owner.email"]].tolist() == ["5", "p@x.example"]
    assert found["Amount"].isna().tolist() == [True]


def test_records_keep_long_ids_and_numbers_as_text():
    body = b'{"data":[{"id":4876876000000890075,"Amount":19.90,"Zip":"0012","Name":"NA"}]}'
    found = client_on(Wire(records=answer(body))).records("Contacts", [JOB_ID], ["Amount", "Zip", "Name"])

    assert found.loc[0].tolist() == [JOB_ID, "19.90", "0012", "NA"]


@pytest.mark.parametrize("fields", [[], ["id"]])
def test_records_without_fields_have_their_ids(fields):
    found = client_on(Wire(records=store(2))).records("Contacts", ["2"], fields)

    assert (list(found.columns), found["id"].tolist()) == (["id"], ["2"])


def test_records_of_no_ids_are_asked_of_nobody():
    wire = Wire()
    found = client_on(wire).records("Contacts", [], ["Email"])

    assert (list(found.columns), len(found), wire.sent) == (["id", "Email"], 0, [])
    assert [str(kind) for kind in found.dtypes] == ["string", "string"]


def test_records_that_do_not_exist_are_no_rows():
    assert len(client_on(Wire(records=answer(b"", 204))).records("Contacts", ["1"], ["Email"])) == 0


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
def test_client_is_neither_pickled_nor_copied(carry):
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


def test_clients_of_two_organisations_never_mix_their_tokens():
    one, two = Wire(modules=MODULES), Wire(modules=MODULES, token=answer({"access_token": "1000.other-token"}))
    client_on(one).modules()
    client_on(two).modules()

    assert (one.tokens_on("modules"), two.tokens_on("modules")) == (
        ["Zoho-oauthtoken 1000.canary-1"],
        ["Zoho-oauthtoken 1000.other-token"],
    )


def test_client_without_a_transport_makes_its_own():
    assert isinstance(Client(CREDENTIALS)._calls.transport, Transport)


def test_from_env_reads_the_environment(monkeypatch):
    for name, value in {
        "CLIENT_ID": "1000.ID",
        "CLIENT_SECRET": "s",
        "REFRESH_TOKEN": "1000.r",
        "REGION": "jp",
    }.items():
        monkeypatch.setenv(f"BIGIN_{name}", value)

    assert Client.from_env(org_id="5").region == "jp"
