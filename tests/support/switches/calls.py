"""Claims about token, upload and create-job, whichever answer Bigin gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import (
    ApiError,
    AuthError,
    JobPending,
    MappingError,
    UntrustedHostError,
)
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire.message import Request, Response
from tests.support.honesty import MARK, finish, truth_of, violations
from tests.support.switches.bench import COLUMNS, SENT, Bench, check_proven, guests, proven, without


def one_token(bench: Bench) -> None:
    """One token is enough."""
    proven(bench)
    assert bench.calls("token") == 1


def token_renewed(bench: Bench) -> None:
    """A token that expires during the write is replaced in time."""
    bench.set(polls_in_progress=40)
    proven(bench)
    assert bench.calls("token") > 1
    assert all(request.status != 401 for request in bench.box.requests)


def tokens_run_out(bench: Bench) -> None:
    """If no other token is available, the job is left pending and resumed later."""
    bench.box.faults.add("details", Fault.expired_tokens())
    pending_then_proven(bench, wait=0.3)
    assert bench.calls("create") == 1


def pending_then_proven(bench: Bench, wait: float = 30, **fixed: Any) -> None:
    frame = guests()
    with pytest.raises(JobPending) as caught:
        bench.insert(frame=frame, wait=wait)
    run = caught.value.run
    assert violations(frame, run.frame(), truth_of(bench.box)) == []
    bench.set(**{"tokens_per_10_minutes": None, **fixed})
    check_proven(bench, finish(run, frame, bench.box))


def many_tokens(bench: Bench) -> None:
    """A token that expires very often is renewed as often as necessary."""
    bench.set(polls_in_progress=12)
    for nth in range(1, 25, 2):
        bench.box.faults.add("details", Fault.expired_tokens(), nth=nth)
    proven(bench)
    assert bench.calls("token") > 10


def two_clients(bench: Bench) -> None:
    """A second client may invalidate the first one's token; both succeed."""
    first, second = bench.client(), bench.client()
    assert first.org().zgid == second.org().zgid
    check_proven(bench, bench.insert(client=first))
    bench.insert(client=second, frame=guests().drop(columns="Email"), columns=without("Email"))
    assert bench.calls("token") == (2 if bench.box.behaviour.live_tokens != 1 else 4)


def wrong_secret(bench: Bench) -> None:
    """A rejected client gets the reason, and makes no other request."""
    with pytest.raises(AuthError) as caught:
        bench.insert(client=bench.client(credentials=bf.Credentials(bench.box.environment()["BIGIN_CLIENT_ID"], *"ab")))
    assert caught.value.code == "invalid_client_secret"
    assert {request.route for request in bench.box.requests} == {"token"}


class Rerouted:
    """The network between a client of the US region and the sandbox, which records the intended hosts."""

    def __init__(self, bench: Bench) -> None:
        self._inner, self._url = bench.clock.transport(), bench.box.url
        self.sleep, self.now = bench.clock.sleep, bench.clock.now
        self.hosts: set[str] = set()

    def send(self, request: Request, **how: Any) -> Response:
        address = urlsplit(request.url)
        self.hosts.add(address.netloc)
        url = request.url.replace(f"{address.scheme}://{address.netloc}", self._url, 1)
        return self._inner.send(replace(request, url=url), **how)


def american(bench: Bench) -> tuple[Rerouted, bf.Client]:
    given = bench.box.environment()
    names = ("BIGIN_CLIENT_ID", "BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")
    wire = Rerouted(bench)
    return wire, bf.Client(bf.Credentials(*(given[name] for name in names)), region="us", transport=wire)


def own_domain(bench: Bench) -> None:
    """A token for the region's own host is accepted."""
    bench.set(download_url="relative")
    wire, client = american(bench)
    check_proven(bench, bench.insert(client=client))
    assert wire.hosts == {"accounts.zoho.com", "www.zohoapis.com", "content.zohoapis.com"}


def strange_domain(bench: Bench) -> None:
    """A token for another host is refused, and sent nowhere."""
    wire, client = american(bench)
    with pytest.raises(UntrustedHostError):
        bench.insert(client=client)
    assert wire.hosts == {"accounts.zoho.com"}
    proven(bench)  # an address from the user has priority over the answer


def own_download_host(bench: Bench) -> None:
    bench.set(api_domain="https://www.zohoapis.com")
    wire, client = american(bench)
    check_proven(bench, bench.insert(client=client))
    assert "download-accl.zoho.com" in wire.hosts


def strange_download_host(bench: Bench) -> None:
    """The token is not sent to a foreign host, and nothing is lost: the job is left pending."""
    with Sandbox() as stranger:
        if bench.box.behaviour.download_host == "another sandbox":
            bench.set(download_host=stranger.url)
        frame = guests()
        with pytest.raises(JobPending) as caught:
            bench.insert(frame=frame)
        out = caught.value.run.frame()
        assert violations(frame, out, truth_of(bench.box)) == []
        assert {out["Status"].iloc[i] for i in SENT} == {"PENDING"}
        assert stranger.requests == []


def always_authorised(bench: Bench) -> None:
    proven(bench)
    named = [request for request in bench.box.requests if "authorization" in request.headers]
    assert len(named) == len(bench.box.requests) - bench.calls("token")


def no_credits_for_a_job(bench: Bench) -> None:
    """A job that the credits do not pay for is not created; nothing is lost."""
    out = bench.insert(answers_lost=True)
    assert {out["Status"].iloc[i] for i in SENT} == {"UNSENT"}
    assert {out["Error"].iloc[i] for i in SENT} == {"TOO_MANY_REQUESTS"}
    assert len(bench.box.ledger()) == 0


def no_credits_to_follow(bench: Bench) -> None:
    """A job that was paid for is pending while there are no credits to ask for it."""
    pending_then_proven(bench, wait=0.3, daily_credits=None)
    assert bench.calls("create") == 1


class Meddling(Rerouted):
    """A transport that changes the upload, as a bad proxy does."""

    def __init__(self, bench: Bench, change: Callable[[Request], Request]) -> None:
        super().__init__(bench)
        self._change = change

    def send(self, request: Request, **how: Any) -> Response:
        return super().send(self._change(request) if request.call == "upload" else request, **how)


def header_changed(name: str, value: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, headers={**request.headers, name: value})


def file_mangled(request: Request) -> Request:
    body = b"".join(bytes(piece) for piece in request.body)  # type: ignore[union-attr]
    return replace(request, body=body.replace(b"PK", b"XX"))


def refused_upload(change: Callable[[Request], Request], code: str) -> Callable[[Bench], None]:
    """Claim that an upload refused with this code raises it, under either status, and no job is asked for."""

    def claim(bench: Bench) -> None:
        with pytest.raises(ApiError) as caught:
            bench.insert(client=bench.box.client(transport=Meddling(bench, change)))
        assert caught.value.code == code
        assert bench.calls("create") == 0

    return claim


def unread_upload(bench: Bench) -> None:
    for claim in (
        refused_upload(file_mangled, "INVALID_FILE_FORMAT"),
        refused_upload(header_changed("feature", "bulk-rite"), "NOT_SUPPORTED_FEATURE"),
    ):
        claim(bench)
    proven(bench)


def gateway_speaks(bench: Bench) -> None:
    code = "HTTP_401" if bench.box.behaviour.gateway_errors else "INVALID_DATA"
    refused_upload(header_changed("X-CRM-ORG", "1"), code)(bench)
    proven(bench)


def large_file(bench: Bench) -> None:
    """Rows that are over 25 MB together, by the strictest reading, are split."""
    text = [f"{i:04d} " + "abcdefghij" * 3199 for i in range(800)]
    frame = pd.DataFrame({"Last_Name": text, MARK: text}).assign(Last_Name=[f"n{i * 7 % 800}" for i in range(800)])
    out = bench.insert(frame=frame, columns=None)
    assert set(out["Status"]) == {"ADDED"}
    assert len(bench.box.ledger()) == 2


def file_forgotten(bench: Bench) -> None:
    """A file that expires at once is uploaded once more, then the rows are unsent."""
    out = bench.insert()
    assert {out["Error"].iloc[i] for i in SENT} == {"INVALID_FILE_ID"}
    assert {out["Status"].iloc[i] for i in SENT} == {"UNSENT"}
    assert (bench.calls("upload"), bench.calls("create")) == (2, 2)


def file_used_once(bench: Bench) -> None:
    """A file that a rejected call named is named again, which is not a second use of it."""
    bench.box.faults.add("create", Fault.rate_limited())
    check_proven(bench, bench.insert(answers_lost=True))
    assert (bench.calls("upload"), bench.calls("create")) == (1, 2)


def one_csv(bench: Bench) -> None:
    proven(bench)
    assert [job.file_name.endswith(".csv") for job in bench.box.ledger()] == [True]


def first_create_taken(bench: Bench) -> None:
    """The request has the form that every reading of the documentation accepts."""
    proven(bench)
    assert [r.status for r in bench.box.requests if r.route == "create"] == [bench.box.behaviour.created_status]


def field_made_mandatory(verdicts: set[tuple[str, str]]) -> Callable[[Bench], None]:
    """Claim which verdict rows get when the org makes a field mandatory after its metadata was read."""

    def claim(bench: Bench) -> None:
        client = bench.client()
        with pytest.raises(MappingError):
            bench.insert(client=client, columns=without("Last_Name"))
        bench.box.add_field("Contacts", "Late", mandatory=True)
        out = bench.insert(client=client, frame=guests().drop(columns="Email"), columns=without("Email"))
        assert {(out["Status"].iloc[i], out["Error"].iloc[i]) for i in SENT} == verdicts

    return claim


def few_jobs_at_once(bench: Bench) -> None:
    """Jobs over the limit are retried, or their rows are unsent and can be sent later; none is sent twice."""
    bench.set(polls_in_progress=2)
    out = bench.insert(max_rows_per_job=10, answers_lost=True)
    assert set(out["Status"]) <= {"ADDED", "SKIPPED", "INVALID", "UNSENT"}
    left = out[out["Status"] == "UNSENT"]
    assert set(left["Error"]) <= {"TOO_MANY_REQUESTS", "NOT_SENT"}
    bench.set(jobs_at_once=None)
    if len(left):
        again = bench.insert(frame=left[list(guests().columns)], columns=COLUMNS)
        assert set(again["Status"]) <= {"ADDED", "SKIPPED"}
    assert len(bench.box.records("Contacts")) == 1 + len(SENT) - 1
