"""A transport whose answers are written down beforehand, and a client on it."""

from __future__ import annotations

import itertools
import json

from bigin_frames.client.client import Client
from bigin_frames.errors import (
    NotSentError,
    UnansweredError,
)
from bigin_frames.job_request import JobRequest
from bigin_frames.model import Credentials, Job
from bigin_frames.wire.message import Response

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
    """A transport that answers each call from its script, the last answer repeatedly; it records calls and pauses."""

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


def run_call(call, *script, **options):
    """Make one call against a script that ends in success; return the transport and the result."""
    make, success = CALLS[call]
    wire = Wire(**{call: [*script, success]})
    return wire, make(client_on(wire, org_id="942010964", **options))


def done(url):
    return Job(id=JOB_ID, status="COMPLETED", result_url=url)
