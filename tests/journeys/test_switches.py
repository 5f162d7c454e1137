"""Whichever answer Bigin gives to an open question, no row gets a wrong verdict: every switch, every value."""

from __future__ import annotations

import datetime as dt
import itertools
import types
import unicodedata
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, make_dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bigin_frames as bf
from bigin_frames.errors import (
    ApiError,
    AuthError,
    JobPending,
    MappingError,
    UntrustedHostError,
)
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from bigin_frames.wire.message import Request, Response
from tests.support.honesty import MARK, Clock, finish, truth_of, violations, write

N = 30
TAKEN = 7  # this row's Email stands in a record that was there before
TWINS = (2, 21)  # equal in all they send, the mark too
INVALID = (11, 12, 13)  # refused here
SENT = [i for i in range(N) if i not in INVALID]
COLUMNS: Mapping[str, Any] = {
    "Last_Name": "Last_Name",
    "First_Name": "First_Name",
    "Street": "Mailing_Street",
    "Email": "Email",
    "Phone": "Phone",
    "Born": "Birthday",
    "Met": "Met",
    "Score": "Score",
    "Fee": "Fee",
    "Silent": "Email_Opt_Out",
    "Company": bf.Lookup("Account_Name", by="Account_Name"),
    "Party": "Party",
    MARK: MARK,
}


def guests() -> pd.DataFrame:
    """Return rows of which many share an echo, or nearly: in case, blanks, Unicode form or line ends."""
    near = ["Ada Lee", "ada lee", "Ada  Lee", "Ada Lee ", unicodedata.normalize("NFD", "Zoë Íñigo"), "Zoë Íñigo"]
    names = [["Fay", "Orr", *near, "Ng", "Poe"][(i * 7) % 10] for i in range(N)]
    names[TWINS[1]] = names[TWINS[0]]
    frame = pd.DataFrame(
        {
            "Last_Name": names,
            "First_Name": [["Bo", "Cy"][i % 2] if i % 3 else None for i in range(N)],
            "Street": [["1 Elm\nRear", "1 Elm\r\nRear", '2 "Oak", left', "; | :"][i % 4] for i in range(N)],
            "Email": [f"g{i}@guests.example" if i % 9 == 1 else None for i in range(N)],
            "Phone": ["(202) 555-0101" if i % 10 == 5 else "0012025550" for i in range(N)],
            "Born": pd.Series([dt.date(1970, 2, 1 + i % 12) if i % 5 else None for i in range(N)], dtype=object),
            "Met": pd.date_range("2024-03-30 22:15", periods=N, freq="7h", tz="Europe/Berlin").to_series().to_numpy(),
            "Score": pd.array([i * 3 if i % 4 else None for i in range(N)], dtype="Int64"),
            "Fee": [i + 0.25 if i % 6 else None for i in range(N)],
            "Silent": pd.array([i % 2 == 0 if i % 7 else None for i in range(N)], dtype="boolean"),
            "Company": [["Acme", "Umbrella", None][i % 3] for i in range(N)],
            "Party": pd.Categorical([["Red", "Blue", None][i % 3] for i in range(N)], categories=["Red", "Blue", "No"]),
            MARK: [f"note {i}" for i in range(N)],
            "kept": range(N),
        },
        index=pd.Index([f"label {i // 2}" for i in range(N)]),
    )
    frame["Met"] = pd.date_range("2024-03-30 22:15", periods=N, freq="7h", tz="Europe/Berlin")
    for column in frame.columns.drop("kept"):
        frame[column] = _with(frame[column], TWINS[1], frame[column].iloc[TWINS[0]])
    frame["Email"] = _with(frame["Email"], TAKEN, "taken@guests.example")
    frame["Party"] = _with(frame["Party"], 11, "No")
    frame["Last_Name"] = _with(frame["Last_Name"], 12, None)
    frame["Fee"] = _with(frame["Fee"], 13, 1.23456)
    return frame


def _with(column: pd.Series, at: int, value: Any) -> pd.Series:
    column = column.copy()
    column.iloc[at] = value
    return column


@dataclass(frozen=True)
class Bench:
    """Hold an organisation with a few records, and what a claim needs to write to it."""

    box: Sandbox
    clock: Clock

    def insert(self, **options: Any) -> pd.DataFrame:
        given = {"columns": COLUMNS, "on_invalid": "skip", "on_error": "ignore", **options}
        return write(self.box, given.pop("frame", guests()), clock=self.clock, **given)

    def set(self, **behaviour: Any) -> None:
        self.box.behaviour = replace(self.box.behaviour, **behaviour)

    def calls(self, route: str) -> int:
        return sum(request.route == route for request in self.box.requests)

    def client(self, **options: Any) -> bf.Client:
        client: bf.Client = self.box.client(transport=self.clock.transport(), **options)
        return client


@contextmanager
def organisation() -> Iterator[Bench]:
    clock = Clock()
    with Sandbox(clock=clock.time) as box:
        box.behaviour = replace(box.behaviour, polls_added=0, polls_in_progress=0)
        box.add_field("Contacts", "Badge", length=20, unique=True)
        box.add_field("Contacts", "Birthday", "date")
        box.add_field("Contacts", "Met", "datetime")
        box.add_field("Contacts", "Score", "integer")
        box.add_field("Contacts", "Fee", "currency", decimal_place=2)
        box.add_field("Contacts", "Party", "picklist", values=["Red", "Blue"])
        for name in ("Acme", "Umbrella"):
            box.add_record("Accounts", {"Account_Name": name})
        box.add_record("Contacts", {"Last_Name": "Old", "Email": "taken@guests.example", "Badge": "B-0"})
        yield Bench(box, clock)
        clock.stop()


@pytest.fixture
def bench() -> Iterator[Bench]:
    with organisation() as bench:
        yield bench


# -- what is claimed of a switch


def proven(bench: Bench) -> None:
    """Every row is told, and every record holds what its row asked for."""
    check_proven(bench, bench.insert())


def check_proven(bench: Bench, out: pd.DataFrame) -> None:
    words = ["INVALID" if i in INVALID else "SKIPPED" if i == TAKEN else "ADDED" for i in range(N)]
    assert list(out["Status"]) == words
    check_records(bench, out)


def check_records(bench: Bench, out: pd.DataFrame) -> None:
    stored = {record["id"]: record for record in bench.box.values("Contacts")}
    companies = {record["Account_Name"]: record["id"] for record in bench.box.records("Accounts")}
    for row in out[out["Status"] == "ADDED"].to_dict("records"):
        record = stored[row["ID"]]
        held = {
            "Last_Name": record["Last_Name"],
            "First_Name": record.get("First_Name"),
            "Street": record["Mailing_Street"],
            "Email": record.get("Email"),
            "Phone": record["Phone"],
            "Born": dt.date.fromisoformat(record["Birthday"]) if "Birthday" in record else None,
            "Met": pd.Timestamp(record["Met"]),
            "Score": int(record["Score"]) if "Score" in record else None,
            "Fee": float(record["Fee"]) if "Fee" in record else None,
            "Silent": record["Email_Opt_Out"] == "true" if "Email_Opt_Out" in record else None,
            "Company": next((name for name, i in companies.items() if i == record.get("Account_Name")), None),
            "Party": record.get("Party"),
            MARK: record[MARK],
        }
        assert held == {name: None if pd.isna(row[name]) else row[name] for name in held}


def one_token(bench: Bench) -> None:
    """One token is enough."""
    proven(bench)
    assert bench.calls("token") == 1


def token_renewed(bench: Bench) -> None:
    """A token that dies on the way is replaced in time."""
    bench.set(polls_in_progress=40)
    proven(bench)
    assert bench.calls("token") > 1
    assert all(request.status != 401 for request in bench.box.requests)


def tokens_run_out(bench: Bench) -> None:
    """Where no other token is to be had, the job is left pending and gone on with later."""
    bench.box.faults.add("details", Fault.expired_tokens())
    pending_then_proven(bench, wait=0.3)
    assert bench.calls("create") == 1


def pending_then_proven(bench: Bench, wait: float = 30, **mended: Any) -> None:
    frame = guests()
    with pytest.raises(JobPending) as caught:
        bench.insert(frame=frame, wait=wait)
    run = caught.value.run
    assert violations(frame, run.frame(), truth_of(bench.box)) == []
    bench.set(**{"tokens_per_10_minutes": None, **mended})
    check_proven(bench, finish(run, frame, bench.box))


def many_tokens(bench: Bench) -> None:
    """A token that dies every other moment is renewed as often as it takes."""
    bench.set(polls_in_progress=12)
    for nth in range(1, 25, 2):
        bench.box.faults.add("details", Fault.expired_tokens(), nth=nth)
    proven(bench)
    assert bench.calls("token") > 10


def two_clients(bench: Bench) -> None:
    """A second client may kill the first one's token; both get through."""
    first, second = bench.client(), bench.client()
    assert first.org().zgid == second.org().zgid
    check_proven(bench, bench.insert(client=first))
    bench.insert(client=second, frame=guests().drop(columns="Email"), columns=without("Email"))
    assert bench.calls("token") == (2 if bench.box.behaviour.live_tokens != 1 else 4)


def without(*columns: str) -> dict[str, Any]:
    return {column: target for column, target in COLUMNS.items() if column not in columns}


def wrong_secret(bench: Bench) -> None:
    """A refused client learns why, and nothing else is asked."""
    with pytest.raises(AuthError) as caught:
        bench.insert(client=bench.client(credentials=bf.Credentials(bench.box.environment()["BIGIN_CLIENT_ID"], *"ab")))
    assert caught.value.code == "invalid_client_secret"
    assert {request.route for request in bench.box.requests} == {"token"}


class Rerouted:
    """Stand for the network between a client of the US region and the sandbox, and note which hosts were meant."""

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
    """A token for the region's own host is taken."""
    bench.set(download_url="relative")
    wire, client = american(bench)
    check_proven(bench, bench.insert(client=client))
    assert wire.hosts == {"accounts.zoho.com", "www.zohoapis.com", "content.zohoapis.com"}


def strange_domain(bench: Bench) -> None:
    """A token for another host is refused, and goes nowhere."""
    wire, client = american(bench)
    with pytest.raises(UntrustedHostError):
        bench.insert(client=client)
    assert wire.hosts == {"accounts.zoho.com"}
    proven(bench)  # an address the user gave outranks what the answer says


def own_download_host(bench: Bench) -> None:
    bench.set(api_domain="https://www.zohoapis.com")
    wire, client = american(bench)
    check_proven(bench, bench.insert(client=client))
    assert "download-accl.zoho.com" in wire.hosts


def strange_download_host(bench: Bench) -> None:
    """The token is not shown to a stranger, and nothing is lost: the job is left pending."""
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
    """Change the upload on its way, as a bad proxy does."""

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
    """Rows that are over 25 MB together, by the strictest reading, are parted."""
    text = [f"{i:04d} " + "abcdefghij" * 3199 for i in range(800)]
    frame = pd.DataFrame({"Last_Name": text, MARK: text}).assign(Last_Name=[f"n{i * 7 % 800}" for i in range(800)])
    out = bench.insert(frame=frame, columns=None)
    assert set(out["Status"]) == {"ADDED"}
    assert len(bench.box.ledger()) == 2


def file_forgotten(bench: Bench) -> None:
    """A file that is forgotten at once is uploaded once more, then the rows stay here."""
    out = bench.insert()
    assert {out["Error"].iloc[i] for i in SENT} == {"INVALID_FILE_ID"}
    assert {out["Status"].iloc[i] for i in SENT} == {"UNSENT"}
    assert (bench.calls("upload"), bench.calls("create")) == (2, 2)


def file_used_once(bench: Bench) -> None:
    """A file that a refused call named is named again, which is no second use of it."""
    bench.box.faults.add("create", Fault.rate_limited())
    check_proven(bench, bench.insert(answers_lost=True))
    assert (bench.calls("upload"), bench.calls("create")) == (1, 2)


def one_csv(bench: Bench) -> None:
    proven(bench)
    assert [job.file_name.endswith(".csv") for job in bench.box.ledger()] == [True]


def first_create_taken(bench: Bench) -> None:
    """The request has the one shape that every reading takes."""
    proven(bench)
    assert [r.status for r in bench.box.requests if r.route == "create"] == [bench.box.behaviour.created_status]


def field_made_mandatory(told: set[tuple[str, str]]) -> Callable[[Bench], None]:
    """Claim what rows are told when the org makes a field mandatory after its metadata was read."""

    def claim(bench: Bench) -> None:
        client = bench.client()
        with pytest.raises(MappingError):
            bench.insert(client=client, columns=without("Last_Name"))
        bench.box.add_field("Contacts", "Late", mandatory=True)
        out = bench.insert(client=client, frame=guests().drop(columns="Email"), columns=without("Email"))
        assert {(out["Status"].iloc[i], out["Error"].iloc[i]) for i in SENT} == told

    return claim


def blanks_kept_or_cleared(bench: Bench) -> None:
    """Wherever the key is read, a blank cell keeps the stored value by default and clears it when told to."""
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


def few_jobs_at_once(bench: Bench) -> None:
    """Jobs that find no place are tried again, or their rows stay here and can be sent later; none is sent twice."""
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


def too_many_rows(bench: Bench) -> None:
    """A file over a limit nobody named is a failed job, of which nothing is known; smaller jobs get through."""
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
    """Every row goes out with all its cells, and none is blank."""
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
    """Claim that a cell which Bigin may refuse or change is refused here."""

    def claim(bench: Bench) -> None:
        frame = guests()
        frame[name] = _with(frame[name].astype(object), 0, value)
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
    """Claim what a row is told whose company Bigin does not know."""

    def claim(bench: Bench) -> None:
        frame = guests().assign(Company=_with(guests()["Company"], 8, "Nowhere Ltd"))
        out = bench.insert(frame=frame)
        assert out["Status"].iloc[8] == status
        assert (None if pd.isna(out["Error"].iloc[8]) else out["Error"].iloc[8]) == error
        assert set(out["Status"]) == {"ADDED", "SKIPPED", "INVALID"}

    return claim


def key_meets(stored: str, sent: str, status: str) -> Callable[[Bench], None]:
    """Claim whether a key that is spelt otherwise finds the record."""

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
    """Claim what becomes of the second of two rows with one unique value."""

    def claim(bench: Bench) -> None:
        frame = guests().assign(Email=_with(guests()["Email"], 20, "g1@guests.example"))
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


ONBOARDING = "Onboarding Standard"
REFUSED_PLACE = ("SKIPPED", "INVALID_DATA-Sub_Pipeline")
TAKEN_PLACE = ("ADDED", None)
PLACES = {  # what Bigin says of each row of `deals` by default
    "sales": TAKEN_PLACE,
    "onboarding": TAKEN_PLACE,
    "unnamed, in two": TAKEN_PLACE,
    "unnamed, in one": TAKEN_PLACE,
    "sub-pipeline elsewhere": REFUSED_PLACE,
    "stage elsewhere": ("SKIPPED", "INVALID_DATA-Stage"),
    "required": ("SKIPPED", "MANDATORY_NOT_FOUND-Closing_Date"),
}


def teams(bench: Bench) -> dict[str, str]:
    return {team.name: team.id for team in bench.client().layouts("Pipelines")}


def deals(team: Mapping[str, str], note: str) -> pd.DataFrame:
    """Return deals that name a team pipeline or none, and such as do not fit in theirs."""
    sales, other, day = team["Sales Pipeline"], team["Onboarding"], dt.date(2026, 1, 31)
    rows = [
        (sales, "Renewals", "Negotiation", None),
        (other, "Renewals", "Offer", day),
        (None, "Renewals", "Closed Won", day),
        (None, ONBOARDING, "Live", day),
        (sales, ONBOARDING, "Live", day),
        (sales, "Renewals", "Needs Analysis", day),
        (other, ONBOARDING, "Live", None),
    ]
    frame = pd.DataFrame(rows, columns=["Pipeline", "Sub_Pipeline", "Stage", "Closing_Date"])
    return frame.assign(Deal_Name=[f"{note} {row}" for row in PLACES], **{MARK: [f"{note} {row}" for row in PLACES]})


def write_deals(bench: Bench, frame: pd.DataFrame, *, told: bool, **options: Any) -> pd.DataFrame:
    """Write deals with a client that is told of the layouts, or with one whose token lacks the scope for them."""
    scopes = bench.box.scopes
    if not told:
        settings = [f"ZohoBigin.settings.{what}.READ" for what in ("fields", "modules")]
        bench.box.scopes = (*(scope for scope in scopes if ".settings." not in scope), *settings)
    bench.box.expire_tokens()
    how = {"on_invalid": "skip", "on_error": "ignore", **options}
    out = write(bench.box, frame, module="Pipelines", clock=bench.clock, **how)
    bench.box.scopes = scopes
    return out


def deals_told(changes: Mapping[str, tuple[str, str | None]] | None = None) -> Callable[[Bench], None]:
    """Claim what deals are told: Bigin's verdict where the client cannot know better, else that or a refusal here."""
    expected = {**PLACES, **(changes or {})}

    def claim(bench: Bench) -> None:
        team = teams(bench)
        for told in (True, False):
            frame = deals(team, "told" if told else "not told")
            out = write_deals(bench, frame, told=told)
            stored = {record["id"]: record for record in bench.box.records("Pipelines")}
            for row, (_, got) in zip(expected, out.iterrows(), strict=True):
                verdict = (got["Status"], None if pd.isna(got["Error"]) else got["Error"])
                refused_here = told and verdict[0] == "INVALID" and row not in ("sales", "onboarding")
                assert verdict == expected[row] or refused_here, row
                if verdict[0] == "ADDED":
                    record = stored[got["ID"]]
                    assert (record["Sub_Pipeline"], record["Stage"]) == (got["Sub_Pipeline"], got["Stage"])
                    assert record["Pipeline"] == got["Pipeline"] or pd.isna(got["Pipeline"])

    return claim


def deals_of_one_team(verdict: tuple[str, str]) -> Callable[[Bench], None]:
    """Claim what a deal is told when its job names one team pipeline, and leaves out what that requires."""

    def claim(bench: Bench) -> None:
        team = teams(bench)
        frame = deals(team, "alone").iloc[[6]].drop(columns=["Pipeline", "Closing_Date"])
        here = write_deals(bench, frame, told=True, defaults={"Pipeline": team["Onboarding"]})
        there = write_deals(bench, frame, told=False, defaults={"Pipeline": team["Onboarding"]})
        assert here["Status"].iloc[0] == "INVALID"
        assert (there["Status"].iloc[0], there["Error"].iloc[0]) == verdict

    return claim


def polled(bench: Bench) -> None:
    proven(bench)
    assert bench.calls("details") == 1 + bench.box.behaviour.polls_added + bench.box.behaviour.polls_in_progress


def in_time(bench: Bench) -> None:
    proven(bench)
    assert bench.calls("details") > 1 or not (
        bench.box.behaviour.seconds_added + bench.box.behaviour.seconds_in_progress
    )


def partly_counted(bench: Bench) -> None:
    bench.set(polls_in_progress=2)
    proven(bench)


def job_forgotten(bench: Bench) -> None:
    """A job that is nowhere to be found may have written its rows."""
    bench.set(job_life_s=0)
    out = bench.insert()
    assert {(out["Status"].iloc[i], out["Error"].iloc[i]) for i in SENT} == {("UNKNOWN", "JOB_NOT_FOUND")}
    assert bench.calls("create") == 1


def result_gone(bench: Bench) -> None:
    bench.set(retention_s=0)
    out = bench.insert()
    assert {(out["Status"].iloc[i], out["Error"].iloc[i]) for i in SENT} == {("UNREPORTED", "RESULT_GONE")}


def told_only(bench: Bench, told: set[int]) -> None:
    """Only these rows have a verdict of Bigin's; the others say that they have none."""
    out = bench.insert()
    assert {i for i in SENT if out["Status"].iloc[i] in ("ADDED", "SKIPPED")} == told
    assert {out["Error"].iloc[i] for i in SENT if i not in told} <= {"NO_RESULT_LINE", "AMBIGUOUS_RESULT"}


def some_dropped(bench: Bench) -> None:
    told_only(bench, set(SENT[::2]) - set(TWINS))  # which of two equal rows is listed, nobody can say


def only_skipped(bench: Bench) -> None:
    told_only(bench, {TAKEN})


def none_listed(bench: Bench) -> None:
    told_only(bench, set())


def no_echo(bench: Bench) -> None:
    """Without an echo the records tell whose line is whose, where there are any and they differ."""
    told_only(bench, set(SENT) - {TAKEN, *TWINS})


def columns_few(bench: Bench) -> None:
    """A frame of two columns has two echoes."""
    proven(bench)
    frame = guests()[["Last_Name", MARK]].drop(index=guests().index[12])
    out = bench.insert(frame=frame, columns=None)
    assert set(out["Status"]) == {"ADDED"}


def skipped_with_id(bench: Bench) -> None:
    """The record that a refusal names is the one that was there before."""
    old = bench.box.records("Contacts")[0]["id"]
    out = bench.insert()
    check_proven(bench, out)
    assert out["ID"].iloc[TAKEN] == old if bench.box.behaviour.skipped_has_id else pd.isna(out["ID"].iloc[TAKEN])


def ids_damaged(bench: Bench) -> None:
    """A rounded id is dropped, the verdict stays; nothing can be read back, so equal echoes stay open."""
    out = bench.insert()
    assert out["ID"].isna().all()
    alone = [i for i in SENT if pd.notna(guests()["Email"].iloc[i])]
    assert [out["Status"].iloc[i] for i in alone] == ["SKIPPED" if i == TAKEN else "ADDED" for i in alone]
    assert {out["Error"].iloc[i] for i in SENT if out["Status"].iloc[i] == "ADDED"} == {"UNREADABLE_ID"}


def reason_named(bench: Bench) -> None:
    out = bench.insert()
    check_proven(bench, out)
    bare = bench.box.behaviour.errors_name == "none"
    assert out["Error"].iloc[TAKEN] == ("DUPLICATE_DATA" if bare else "DUPLICATE_DATA-Email")


def never_called_back(bench: Bench) -> None:
    proven(bench)
    assert bench.box.callbacks == []


def looked_up(bench: Bench) -> None:
    """Rows whose job's answer was lost are found by their key, once it can be seen; none gets another's record."""
    frame = pd.DataFrame({"Last_Name": ["Lost", "Found", "O'Hara"], "Badge": ["lost-1", "FOUND-2", "o'hara-3"]})
    bench.box.faults.add("create", Fault.reset_after())
    with pytest.warns(bf.UndecidedRowsWarning):
        frame.bigin.insert("Contacts", client=bench.client())
    for _ in range(1 + bench.box.behaviour.coql_lag):
        out = bf.resume(bf.runs()["run"].iloc[0], frame, client=bench.client()).reconcile()
    held = {record.get("Badge"): record["id"] for record in bench.box.records("Contacts")}

    assert out["Status"].tolist() == ["ADDED", "ADDED", "UNKNOWN"]  # a quote is not asked for
    assert out["ID"].tolist()[:2] == [held["lost-1"], held["FOUND-2"]]
    assert len(held) == 4


Claim = Callable[[Bench], None]
AT_CREATION = {("UNSENT", "MANDATORY_FIELDS_NOT_MAPPED")}


def all_of(claim: Claim, *values: Hashable) -> dict[Hashable, Claim]:
    return dict.fromkeys(values, claim)


CLAIMS: dict[str, dict[Hashable, Claim]] = {
    # token
    "token_life_s": {3600: one_token, 5: token_renewed},
    "tokens_per_10_minutes": {10: one_token, 1: tokens_run_out, None: many_tokens},
    "live_tokens": all_of(two_clients, 15, 1, None),
    "token_error_status": all_of(wrong_secret, 200, 400, 401),
    "api_domain": {
        None: one_token,
        "https://www.zohoapis.com": own_domain,
        **all_of(strange_domain, "https://www.zohoapis.eu", "https://www.zohoapis.com.evil.example", "//evil.example"),
    },
    "missing_auth": all_of(always_authorised, "AUTHENTICATION_FAILURE", "INVALID_TOKEN"),
    "daily_credits": {None: proven, 5_000: proven, 502: no_credits_for_a_job, 503: no_credits_to_follow},
    # upload
    "upload_error_status": all_of(unread_upload, 200, 400),
    "gateway_errors": all_of(gateway_speaks, True, False),
    "size_measured": {"zipped": proven, "unzipped": large_file},
    "megabyte": {1_048_576: proven, 1_000_000: proven},
    "file_life_s": {None: proven, 3600: proven, -1: file_forgotten},
    "file_id_reuse": all_of(file_used_once, "allowed", "INVALID_FILE_ID", "ALREADY_USED"),
    "two_csvs": all_of(one_csv, "at creation", "failed job"),
    # create job
    "created_status": all_of(first_create_taken, 201, 200, 202),
    "missing_key_code": all_of(first_create_taken, "MANDATORY_NOT_FOUND", "MISSING_REQUIRED_KEY"),
    "module_as_string": all_of(first_create_taken, "accepted", "refused"),
    "many_resources": all_of(first_create_taken, "refused", "first only"),
    "missing_mandatory": {
        "at creation": field_made_mandatory(AT_CREATION),
        "at creation, auto too": field_made_mandatory(AT_CREATION),
        "failed job": field_made_mandatory({("UNKNOWN", "JOB_FAILED:MANDATORY_FIELDS_NOT_MAPPED")}),
        "skipped rows": field_made_mandatory({("SKIPPED", "MANDATORY_NOT_FOUND-Late")}),
    },
    "ignore_empty": all_of(blanks_kept_or_cleared, "both", "top", "resource"),
    "find_by_any_field": all_of(key_must_be_unique, "refused", "first", "last"),
    "jobs_at_once": {None: proven, 1: few_jobs_at_once, 2: few_jobs_at_once},
    # file content
    "row_limit": {25_000: proven, 10_000: proven, 10: too_many_rows},
    "header_counts": all_of(header_counted, False, True),
    "blank_lines": all_of(whole_rows, "ignored", "rows"),
    "short_rows": all_of(whole_rows, "padded", "unprocessed"),
    "upload_bom": all_of(lone_column, "stripped", "kept"),
    "detect_delimiter": all_of(lone_column, "most in header", "comma"),
    # values and rows
    "over_length": all_of(refused_here("First_Name", "x" * 41), "refused", "truncated"),
    "long_numbers": all_of(refused_here("Fee", "1.2345"), "refused", "rounded"),
    "thousands": all_of(refused_here("Fee", "1,234.50"), "refused", "accepted"),
    "boolean_words": {
        "lower": proven,
        "any case": refused_here("Silent", "yes"),
        "words": refused_here("Silent", "yes"),
    },
    "phone_form": {"wide": proven, "digits": phones_narrow},
    "picklist_unknown": all_of(picklist_untouched, "added", "refused"),
    "lookup_unknown": {
        "refused": company_unknown("SKIPPED", "INVALID_DATA-Account_Name"),
        "not found": company_unknown("SKIPPED", "RESOURCE_NOT_FOUND-Account_Name"),
        "created": company_unknown("ADDED", None),
        "left out": company_unknown("ADDED", None),
    },
    "date_default": all_of(proven, ("yyyy-MM-dd", "MM/dd/yyyy"), ("dd/MM/yyyy",)),
    "datetime_default": all_of(proven, Behaviour.datetime_default, ("MM/dd/yyyy HH:mm:ss",), ("yyyy-MM-dd HH:mm:ss",)),
    "match_case": {
        "insensitive": key_meets("b-1", "B-1", "UPDATED"),
        "exact": key_meets("b-1", "B-1", "ADDED"),
    },
    "match_trim": {True: key_meets("B-1", "B-1 ", "UPDATED"), False: key_meets("B-1", "B-1 ", "ADDED")},
    "insert_duplicates": {"skipped": taken_email("SKIPPED"), "added": taken_email("ADDED")},
    "duplicate_in_file": {
        "one by one": repeated_email("SKIPPED"),
        "second skipped": repeated_email("SKIPPED"),
        "both written": repeated_email("ADDED"),
    },
    "update_missing": all_of(record_missing, "RESOURCE_NOT_FOUND", "INVALID_DATA", "CANNOT_PROCESS"),
    # team pipelines
    "stage_maps": all_of(deals_told(), True, False),
    "pipeline_unnamed": {
        "first that offers it": deals_told(),
        "only if one does": deals_told({"unnamed, in two": REFUSED_PLACE}),
        "default layout": deals_told({"unnamed, in one": REFUSED_PLACE}),
    },
    "sub_pipeline_elsewhere": {"refused": deals_told(), "taken": deals_told({"sub-pipeline elsewhere": TAKEN_PLACE})},
    "stage_elsewhere": {"refused": deals_told(), "taken": deals_told({"stage elsewhere": TAKEN_PLACE})},
    "layout_required": {"enforced": deals_told(), "ignored": deals_told({"required": TAKEN_PLACE})},
    "layout_unmapped": {
        "as mandatory": deals_of_one_team(("UNSENT", "MANDATORY_FIELDS_NOT_MAPPED")),
        "rows": deals_of_one_team(("SKIPPED", "MANDATORY_NOT_FOUND-Closing_Date")),
    },
    # pace
    "polls_added": all_of(polled, 0, 1, 7),
    "polls_in_progress": all_of(polled, 0, 1, 7),
    "seconds_added": all_of(in_time, 0, 5),
    "seconds_in_progress": all_of(in_time, 0, 5),
    "partial_counts": all_of(partly_counted, True, False),
    # job details
    "details_wrapped": all_of(proven, False, True),
    "in_progress_word": all_of(partly_counted, "INPROGRESS", "IN PROGRESS", "In Progress"),
    "done_code": all_of(proven, "COMPLETED", "SUCCESS"),
    "mappings_echo": all_of(proven, "hash", "request"),
    "job_not_found_status": all_of(job_forgotten, 404, 400),
    "job_life_s": {None: proven, 3600: proven, 0: job_forgotten},
    "url_shown": all_of(proven, "when completed", "one poll late"),
    # download
    "download_url": all_of(proven, "absolute", "relative"),
    "download_host": {
        None: proven,
        "https://download-accl.zoho.com": own_download_host,
        **all_of(strange_download_host, "https://evil.example", "http://localhost.evil.example", "another sandbox"),
    },
    "download_path": all_of(proven, "crm", "bigin"),
    "retention_s": {86_400: proven, None: proven, 0: result_gone},
    "retention_status": all_of(result_gone, 404, 403, 410),
    # result file
    "result_rows": {
        **all_of(proven, "in order", "reversed", "shuffled", "errors last"),
        "skipped only": only_skipped,
        "drop some": some_dropped,
        "none": none_listed,
    },
    "foreign_rows": all_of(proven, 0, 3),
    "duplicate_rows": all_of(proven, 0, 5),
    "echo_columns": all_of(proven, "request", "index", "hash"),
    "echo_count": {**all_of(proven, 3, 1, 2, 5), 0: no_echo},
    "short_echo": all_of(columns_few, "fewer", "blanks"),
    "echo_header": all_of(proven, "header", "api_name", "label"),
    "echo_text": all_of(proven, "exact", "trimmed", "lowercase", "collapsed", "NFC", "LF", "normal"),
    "status_header": all_of(proven, "STATUS", "Status"),
    "id_header": all_of(proven, "RECORD_ID", "ID", "Record Id"),
    "errors_header": all_of(proven, "ERRORS", "Errors"),
    "verdict_order": all_of(proven, *itertools.permutations(("status", "id", "errors"))),
    "verdict_position": all_of(proven, "last", "first"),
    "status_case": all_of(proven, "upper", "lower", "title"),
    "skipped_has_id": all_of(skipped_with_id, False, True),
    "record_id_text": {**all_of(proven, "digits", "formula"), **all_of(ids_damaged, "scientific", "decimal")},
    "errors_name": all_of(reason_named, "header", "api_name", "none"),
    "bom": all_of(proven, False, True),
    "line_end": all_of(proven, "\n", "\r\n"),
    "quoting": all_of(proven, "minimal", "all"),
    "result_delimiter": all_of(proven, ",", ";"),
    "result_name": all_of(proven, "module-file", "job", "file"),
    # query
    "coql_case": all_of(looked_up, "insensitive", "exact"),
    "coql_backslash": all_of(looked_up, "letter", "escape"),
    "coql_lag": all_of(looked_up, 0, 2),
    # callback
    "callback": all_of(never_called_back, "on time", "before", "after", "twice", "never"),
    "callback_on_failure": all_of(never_called_back, True, False),
}


def documented(hint: Any) -> set[Hashable]:
    """Return the values that a switch's type names."""
    if hint is bool:
        return {True, False}
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    if isinstance(hint, types.UnionType):
        return {None} & {None if arg is type(None) else arg for arg in get_args(hint)}
    return set()


def unclaimed(behaviour: type, claims: Mapping[str, Mapping[Hashable, Claim]]) -> set[str]:
    """Return the switches, and the values of switches, of which nothing is claimed."""
    hints, defaults = get_type_hints(behaviour), {field.name: field.default for field in fields(behaviour)}
    wanted = {(name, value) for name in defaults for value in documented(hints[name]) | {defaults[name]}}
    missing = {f"{name}={value!r}" for name, value in wanted if value not in claims.get(name, {})}
    return missing | {f"{name} is no switch" for name in claims if name not in defaults}


def test_every_switch_and_value_has_its_claim() -> None:
    assert unclaimed(Behaviour, CLAIMS) == set()


def test_new_switch_without_a_claim_is_found() -> None:
    switches = [("mood", Literal["good", "bad"], "good"), ("tired", bool, False)]
    more = make_dataclass("More", switches, bases=(Behaviour,), frozen=True)

    assert unclaimed(more, {**CLAIMS, "mood": {"good": proven}, "tyred": {}}) == {
        "mood='bad'", "tired=False", "tired=True", "tyred is no switch",
    }  # fmt: skip


def cases() -> Iterator[Any]:
    for name, claims in CLAIMS.items():
        for value, claim in claims.items():
            yield pytest.param(name, value, claim, id=f"{name}-{value!r}")


@pytest.mark.parametrize(("name", "value", "claim"), list(cases()))
def test_switch(name: str, value: Any, claim: Claim, bench: Bench) -> None:
    bench.set(**{name: value})
    claim(bench)


# -- changes of records, under every form of the result file

RESULT_SWITCHES = list(CLAIMS)[list(CLAIMS).index("result_rows") : list(CLAIMS).index("result_name") + 1]
LOSSY = ("skipped only", "drop some", "none")


def update_by_id(bench: Bench) -> tuple[pd.DataFrame, list[str]]:
    """Write to records that all get the same name; one of them does not exist."""
    ids = [bench.box.add_record("Contacts", {"Last_Name": "Lee"}) for _ in range(N)]
    ids[5] = str(int(ids[-1]) + 1000)
    marks = [f"note {i}" for i in range(N)]
    frame = pd.DataFrame({"id": ids[::-1], "Last_Name": "Roe", "Title": "Dr", MARK: marks})
    out = write(bench.box, frame, "update", clock=bench.clock, find_by="id", on_error="ignore")
    return out, ["SKIPPED" if i == N - 6 else "UPDATED" for i in range(N)]


def upsert_by_key(bench: Bench) -> tuple[pd.DataFrame, list[str]]:
    """Write to records of which a half is new; one of these has an e-mail address that is taken."""
    for i in range(0, N, 2):
        bench.box.add_record("Contacts", {"Last_Name": "Lee", "Badge": f"k-{i}"})
    frame = pd.DataFrame({"Last_Name": "Roe", "Badge": [f"K-{i}" for i in range(N)], MARK: range(N)})
    frame["Email"] = _with(pd.Series([None] * N, dtype=object), 3, "taken@guests.example")
    frame[MARK] = frame[MARK].astype(str)
    out = write(bench.box, frame, "upsert", clock=bench.clock, find_by="Badge", on_error="ignore")
    return out, ["SKIPPED" if i == 3 else "ADDED" if i % 2 else "UPDATED" for i in range(N)]


@pytest.mark.parametrize("change", [update_by_id, upsert_by_key])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name in RESULT_SWITCHES for value in CLAIMS[name]])
def test_result_switch_with_a_change(
    name: str, value: Any, change: Callable[[Bench], tuple[pd.DataFrame, list[str]]], bench: Bench
) -> None:
    bench.set(**{name: value})
    out, words = change(bench)

    told = [i for i in range(N) if out["Status"].iloc[i] != "UNREPORTED"]
    assert [out["Status"].iloc[i] for i in told] == [words[i] for i in told]
    assert (len(told) < N) is (name == "result_rows" and value in LOSSY)


TOGETHER = st.fixed_dictionaries({name: st.sampled_from(list(CLAIMS[name])) for name in RESULT_SWITCHES})


@settings(max_examples=25)
@given(behaviour=TOGETHER, unreadable=st.booleans(), rows=st.sampled_from([5, 12, 25_000]))
def test_result_switches_together_make_no_verdict_wrong(behaviour: dict[str, Any], unreadable: bool, rows: int) -> None:
    with organisation() as bench:
        bench.set(**behaviour)
        if unreadable:  # then the records cannot tell whose line is whose
            bench.box.faults.add("records", Fault.not_found(), times=None)
        check_records(bench, bench.insert(max_rows_per_job=rows).dropna(subset="ID"))


# -- what the switches showed


def test_result_at_a_strange_address_is_fetched_once_the_job_names_a_known_one(bench: Bench) -> None:
    bench.set(download_host="https://evil.example")
    pending_then_proven(bench, download_host=None)


def test_full_job_that_fails_because_the_header_counts_is_told_honestly(bench: Bench) -> None:
    """A choice: the limit is taken at its word, and the mend is an option."""
    bench.set(header_counts=True)
    frame = pd.DataFrame({"Last_Name": [f"n{i * 7919 % 25_000}" for i in range(25_000)]})
    out = write(bench.box, frame, clock=bench.clock, mark=("Last_Name", "Last_Name"))
    assert set(out["Status"]) == {"UNKNOWN"}
    assert len(bench.box.records("Contacts")) == 1  # that was there before

    out = write(
        bench.box, frame, clock=bench.clock, mark=("Last_Name", "Last_Name"), max_rows_per_job=24_999, repeat=True
    )
    assert set(out["Status"]) == {"ADDED"}
