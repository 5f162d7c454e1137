"""COQL: what is asked comes back, what is no query is an error, and a value that is not quoted well shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change


def _found(caller: Caller, value: str) -> list[str]:
    query = {"select_query": f"select id, Last_Name from Contacts where Last_Name in ({value})"}  # noqa: S608 - COQL for the local Bigin
    answer = caller.call("POST", "/bigin/v2/coql", json=query)
    if answer.status_code == 400:
        return [str(answer.json()["code"])]
    return [row["Last_Name"] for row in answer.json()["data"]] if answer.status_code == 200 else []


def test_a_query_may_be_case_sensitive(box: Sandbox, caller: Caller, behave: Change) -> None:
    for name in ("Straße", "STRASSE", "strasse"):
        box.add_record("Contacts", {"Last_Name": name})

    assert _found(caller, "'strasse'") == ["Straße", "STRASSE", "strasse"]
    behave(coql_case="exact")
    assert _found(caller, "'strasse'") == ["strasse"]


def test_a_backslash_may_escape_in_a_query(box: Sandbox, caller: Caller, behave: Change) -> None:
    for name in ("O'Hara", "a\\b", "ab", "a\\"):
        box.add_record("Contacts", {"Last_Name": name})
    asked = ["'O\\'Hara'", "'O''Hara'", "'a\\b'", "'a\\\\b'", "'a\\'"]

    assert [_found(caller, text) for text in asked] == [["SYNTAX_ERROR"], ["O'Hara"], ["a\\b"], [], ["a\\"]]
    behave(coql_backslash="escape")
    assert [_found(caller, text) for text in asked] == [["O'Hara"], ["O'Hara"], ["ab"], ["a\\b"], ["SYNTAX_ERROR"]]


def test_a_query_may_lag_behind_each_job(box: Sandbox, caller: Caller, behave: Change) -> None:
    behave(coql_lag=2)
    old = box.add_record("Contacts", {"Last_Name": "Ann"})
    caller.start(["id", "Last_Name"], [[old, "Zoe"]], "update", find_by="id")
    caller.start(["Last_Name"], [["Bob"], [""]])
    asked = [_found(caller, "'Zoe', 'Bob', 'Cid'") for _ in range(2)]
    caller.start(["Last_Name"], [["Cid"]])
    asked += [_found(caller, "'Zoe', 'Bob', 'Cid'") for _ in range(3)]

    assert asked == [["Zoe"], ["Zoe"], ["Zoe", "Bob"], ["Zoe", "Bob"], ["Zoe", "Bob", "Cid"]]


def test_a_query_sees_a_job_at_once_by_default(caller: Caller) -> None:
    for n in range(5):
        caller.start(["Last_Name"], [[f"n{n}"]])
        assert _found(caller, f"'n{n}'") == [f"n{n}"]


ASK = "select id from Contacts where "


NOON = 1_700_000_000.0  # 2023-11-14T22:13:20Z


PEOPLE = {
    "ann": {"Last_Name": "Lee", "Email": "ann@example.com"},
    "bob": {"Last_Name": "O'Hara", "Email": "bob@example.com", "First_Name": "Bob"},
    "cid": {"Last_Name": 'Lee "Cid"', "Email": "cid@example.com"},
    "dee": {"Last_Name": "back\\slash", "Phone": "0012"},
    "eve": {"Last_Name": "LEE"},
}


@pytest.fixture(scope="module")
def five() -> Iterator[tuple[Caller, dict[str, str]]]:
    """Five people, each added a minute after the one before, and their ids by name."""
    now = [NOON]
    with Sandbox(clock=lambda: now[0]) as box:
        ids = {}
        for name, cells in PEOPLE.items():
            ids[name] = box.add_record("Contacts", cells)
            now[0] += 60
        caller = Caller(box)
        yield caller, ids
        caller.session.close()


def _ask(caller: Caller, query: Any) -> requests.Response:
    return caller.call("POST", "/bigin/v2/coql", json={"select_query": query})


def _names(five: tuple[Caller, dict[str, str]], query: str) -> list[str]:
    caller, ids = five
    answer = _ask(caller, query)
    assert answer.status_code in (200, 204), answer.text
    name_of = {record_id: name for name, record_id in ids.items()}
    return [name_of[row["id"]] for row in answer.json()["data"]] if answer.status_code == 200 else []


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Email = 'ann@example.com'", "ann"),
        ("Email = 'ANN@example.com'", "ann"),
        ("Email in ('cid@example.com', 'ann@example.com', 'who@example.com')", "ann cid"),
        ("Email in ('ann@example.com')", "ann"),
        ("(Email in ('ann@example.com'))", "ann"),
        ("Email = 'who@example.com'", ""),
        ("Last_Name = 'O''Hara'", "bob"),
        ('Last_Name = "O\'Hara"', "bob"),
        ('Last_Name = "Lee ""Cid"""', "cid"),
        ("Last_Name = 'back\\slash'", "dee"),
        ("Last_Name = 'lee'", "ann eve"),
        ("Last_Name = ''", ""),
        ("Phone = '0012'", "dee"),
        ("Email in ('ann@example.com', 'bob@example.com') and Last_Name = 'lee'", "ann"),
        ("((Last_Name = 'lee' and Email = 'ann@example.com') and Created_Time >= '2023-11-14T22:13:20Z')", "ann"),
        ("(Last_Name = 'lee' or First_Name = 'bob')", "ann bob eve"),
        ("First_Name = 'bob' or Created_Time < '2023-11-14T22:14:20+00:00'", "ann bob"),
        ("Created_Time >= '2023-11-15T03:46:20+05:30'", "dee eve"),
        ("Created_Time <= '2023-11-14T22:14:20+00:00'", "ann bob"),
        ("(Created_Time > '2023-11-14T22:13:20Z' and Created_Time < '2023-11-14T22:15:20Z')", "bob"),
        ("Modified_Time = '2023-11-14T22:13:20Z'", "ann"),
        ("Email = 'ann@example.com' order by id limit 5", "ann"),
        ("Created_Time > '2020-01-01T00:00:00Z' ORDER BY id ASC LIMIT 2", "ann bob"),
        ("Created_Time > '2020-01-01T00:00:00Z' limit 1, 3", "bob cid dee"),
        ("Created_Time > '2020-01-01T00:00:00Z' limit 3 offset 4", "eve"),
        ("Created_Time > '2020-01-01T00:00:00Z' offset 3", "dee eve"),
        ("Created_Time > '2020-01-01T00:00:00Z' offset 5", ""),
    ],
)
def test_query_finds_its_rows(five: tuple[Caller, dict[str, str]], where: str, names: str) -> None:
    assert _names(five, ASK + where) == names.split()
    assert _names(five, f"\n SELECT  id\tFROM Contacts WHERE {where} ") == names.split()


def test_query_finds_records_by_id(five: tuple[Caller, dict[str, str]]) -> None:
    ids = five[1]

    assert _names(five, f"{ASK}id in ('{ids['eve']}', '{ids['bob']}', '1')") == ["bob", "eve"]
    assert _names(five, f"{ASK}id = '{ids['eve']}' and Last_Name = 'O''Hara'") == []


def test_rows_have_the_shape_of_a_read_of_records(box: Sandbox, caller: Caller) -> None:
    company = box.add_record("Accounts", {"Account_Name": "Acme"})
    ann = box.add_record("Contacts", {"Last_Name": "Lee", "Email": "a@example.com", "Account_Name": company})
    names = "Full_Name,Email,Title,Account_Name,Owner,Created_Time,Email_Opt_Out"

    query = f"select {names} from Contacts where Email = 'a@example.com'"  # noqa: S608 - COQL for the local Bigin
    asked = _ask(caller, query).json()
    read = caller.get(f"/bigin/v2/Contacts?ids={ann}&fields={names}").json()

    assert asked["data"] == read["data"]
    assert asked["data"][0]["Account_Name"] == {"name": "Acme", "id": company}
    assert asked["data"][0]["Title"] is None
    assert asked["info"] == {"count": 1, "more_records": False}


def test_answer_says_whether_there_is_more(five: tuple[Caller, dict[str, str]]) -> None:
    asked = [_ask(five[0], f"{ASK}Created_Time > '2020-01-01T00:00:00Z' limit {n}").json()["info"] for n in (4, 5)]

    assert asked == [{"count": 4, "more_records": True}, {"count": 5, "more_records": False}]


def test_nothing_found_is_204_without_a_body(five: tuple[Caller, dict[str, str]]) -> None:
    answer = _ask(five[0], ASK + "Email = 'who@example.com'")

    assert (answer.status_code, answer.content) == (204, b"")


def test_query_sees_what_was_written_after_the_last_one(box: Sandbox, caller: Caller) -> None:
    query = "select Title from Contacts where Email = 'a@example.com'"
    assert _ask(caller, query).status_code == 204

    record = caller.run(["Email", "Last_Name", "Title"], [["a@example.com", "A", "Dr"]]).column("RECORD_ID")[0]
    assert _ask(caller, query).json()["data"] == [{"Title": "Dr", "id": record}]

    caller.run(["id", "Email"], [[record, "b@example.com"]], "update", find_by="id")
    assert _ask(caller, query).status_code == 204


def test_query_costs_one_credit(box: Sandbox, caller: Caller) -> None:
    _ask(caller, ASK + "Email = 'a'")

    assert box.credits == 1


MANY = ", ".join(["'x'"] * 51)


NESTED = "(" * 5_000


CHAIN = "(" * 25 + "Email = 'x'" + " and Email = 'x')" * 25


@pytest.mark.parametrize(
    ("query", "code", "details"),
    [
        ("", "SYNTAX_ERROR", {}),
        ("delete from Contacts where id = '1'", "SYNTAX_ERROR", {}),
        ("select", "SYNTAX_ERROR", {"near": ""}),
        ("select id", "SYNTAX_ERROR", {"clause": "from"}),
        ("select id from", "SYNTAX_ERROR", {"near": ""}),
        ("select id from Contacts", "SYNTAX_ERROR", {"clause": "where"}),
        ("select id from Contacts limit 1", "SYNTAX_ERROR", {"near": "limit"}),
        ("select * from Contacts where id = '1'", "SYNTAX_ERROR", {"near": "* from Contacts wher"}),
        ("select id,, Email from Contacts where id = '1'", "SYNTAX_ERROR", {"near": ","}),
        ("select count(id) from Contacts where id = '1'", "SYNTAX_ERROR", {"near": "("}),
        ("select id as x from Contacts where id = '1'", "SYNTAX_ERROR", {"near": "as"}),
        (ASK, "SYNTAX_ERROR", {"near": ""}),
        (ASK + "Email", "SYNTAX_ERROR", {"near": ""}),
        (ASK + "Email = ", "SYNTAX_ERROR", {"near": ""}),
        (ASK + "Email = x", "SYNTAX_ERROR", {"near": "x"}),
        (ASK + "Email = 12", "SYNTAX_ERROR", {"near": "12"}),
        (ASK + "Email = 'x", "SYNTAX_ERROR", {"near": "'x"}),
        (ASK + "Email = 'x''", "SYNTAX_ERROR", {"near": "'x''"}),
        (ASK + "Email ( 'x'", "SYNTAX_ERROR", {"near": "("}),
        (ASK + "Email 'in' ('x')", "SYNTAX_ERROR", {"near": "in"}),
        (ASK + "Email in 'x'", "SYNTAX_ERROR", {"near": "x"}),
        (ASK + "Email in ()", "SYNTAX_ERROR", {"near": ")"}),
        (ASK + "Email in ('x',)", "SYNTAX_ERROR", {"near": ")"}),
        (ASK + "Email in ('x'", "SYNTAX_ERROR", {"near": ""}),
        (ASK + "Email like '%x'", "SYNTAX_ERROR", {"operator": "like"}),
        (ASK + "Email is not null", "SYNTAX_ERROR", {"operator": "is"}),
        (ASK + "Email != 'x'", "SYNTAX_ERROR", {"operator": "!="}),
        (ASK + "Email = 'x' and", "SYNTAX_ERROR", {"near": ""}),
        (ASK + "Email = 'x' and Email = 'y' and Email = 'z'", "SYNTAX_ERROR", {"near": "and"}),
        (ASK + "(Email = 'x'", "SYNTAX_ERROR", {"near": ""}),
        (ASK + "Email = 'x')", "SYNTAX_ERROR", {"near": ")"}),
        (ASK + NESTED, "SYNTAX_ERROR", {"near": "("}),
        (ASK + "Email = 'x' order by Email", "SYNTAX_ERROR", {"near": "Email"}),
        (ASK + "Email = 'x' order by id desc", "SYNTAX_ERROR", {"near": "desc"}),
        (ASK + "Email = 'x'; select id", "SYNTAX_ERROR", {"near": "; select id"}),
        (ASK + "Email = 'x' limit s", "INVALID_QUERY", {"limit": "s"}),
        (ASK + "Email = 'x' limit 201", "INVALID_QUERY", {"limit": "201"}),
        (ASK + "Email = 'x' limit " + "9" * 5_000, "INVALID_QUERY", {"limit": "9" * 5_000}),
        (ASK + "Email = 'x' limit 0", "INVALID_DATA", {}),
        (ASK + "Email = 'x' limit 200 offset x", "INVALID_QUERY", {"offset": "x"}),
        (ASK + "Email = 'x' limit 200 offset 9801", "LIMIT_EXCEEDED", {"clause": "limit", "limit": 10_000}),
        (ASK + f"Email in ({MANY})", "LIMIT_EXCEEDED", {"operator": "in", "limit": 50}),
        (ASK + CHAIN, "LIMIT_EXCEEDED", {"clause": "where", "limit": 25}),
        ("select x" + ", x" * 50 + " from Contacts where id = '1'", "LIMIT_EXCEEDED",
         {"clause": "select", "limit": 50}),
        ("select Email, id, Email from Contacts where id = '1'", "DUPLICATE_DATA", {"column_name": "Email"}),
        ("select Nickname from Contacts where id = '1'", "INVALID_QUERY", {"column_name": "Nickname"}),
        ("select Account_Name.Phone from Contacts where id = '1'", "INVALID_QUERY",
         {"column_name": "Account_Name.Phone"}),
        ("select Description from Contacts where id = '1'", "INVALID_QUERY", {"column_name": "Description"}),
        ("select Tag from Contacts where id = '1'", "INVALID_QUERY", {"column_name": "Tag"}),
        (ASK + "Nickname = 'x'", "INVALID_QUERY", {"column_name": "Nickname"}),
        (ASK + "Description = 'x'", "INVALID_QUERY", {"column_name": "Description"}),
        (ASK + "Full_Name = 'x'", "INVALID_QUERY", {"column_name": "Full_Name", "operator": "="}),
        (ASK + "Owner = '1'", "INVALID_QUERY", {"column_name": "Owner", "operator": "="}),
        (ASK + "First_Name > 'x'", "INVALID_QUERY",
         {"reason": "invalid operator found", "column_name": "First_Name", "operator": ">"}),
        (ASK + "Created_Time in ('2020-01-01T00:00:00Z')", "INVALID_QUERY",
         {"reason": "invalid operator found", "column_name": "Created_Time", "operator": "in"}),
        (ASK + "Created_Time > '2020-01-01T00:00:00'", "INVALID_QUERY",
         {"reason": "invalid value found", "column_name": "Created_Time"}),
        (ASK + "Created_Time > 'x'", "INVALID_QUERY",
         {"reason": "invalid value found", "column_name": "Created_Time"}),
        ("select id from Tasks where id = '1'", "INVALID_MODULE", {}),
        ("select id from contacts where id = '1'", "INVALID_MODULE", {}),
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused(
    five: tuple[Caller, dict[str, str]], query: str, code: str, details: dict[str, Any]
) -> None:
    answer = _ask(five[0], query)

    assert (answer.status_code, answer.json()["code"], answer.json()["details"]) == (400, code, details)
    assert answer.json()["status"] == "error"


def test_most_of_everything_is_accepted(five: tuple[Caller, dict[str, str]]) -> None:
    values = ", ".join(["'ann@example.com'"] * 50)
    chain = "(" * 24 + "Last_Name = 'Lee'" + " and Last_Name = 'lee')" * 24

    assert _names(five, f"{ASK}Email in ({values}) limit 200 offset 0") == ["ann"]
    assert _names(five, ASK + chain) == ["ann", "eve"]
    assert _names(five, f"{ASK}Email = 'x' limit 9800, 200") == []


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        (b"{", "INVALID_REQUEST", {}),
        (b"[]", "MANDATORY_NOT_FOUND", {"api_name": "select_query"}),
        (b"{}", "MANDATORY_NOT_FOUND", {"api_name": "select_query"}),
        (b'{"select_query": null}', "MANDATORY_NOT_FOUND", {"api_name": "select_query"}),
        (b'{"select_query": 3}', "INVALID_DATA",
         {"expected_data_type": "string", "api_name": "select_query", "json_path": "$.select_query"}),
    ],
)  # fmt: skip
def test_body_without_a_query_is_refused(caller: Caller, body: bytes, code: str, details: dict[str, Any]) -> None:
    answer = caller.call("POST", "/bigin/v2/coql", data=body).json()

    assert (answer["code"], answer["details"]) == (code, details)


INJECTIONS = [
    "x' or Created_Time > '2000-01-01T00:00:00Z",
    "x') or (Created_Time > '2000-01-01T00:00:00Z",
    "x' limit 1 --",
    "''",
    "'",
    '"',
    "\\",
    "\\' or Created_Time > '2000-01-01T00:00:00Z",
    "x\n' or id = '1",
]


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@pytest.mark.parametrize("value", INJECTIONS)
def test_value_with_doubled_quotes_stays_a_value(five: tuple[Caller, dict[str, str]], value: str) -> None:
    box, caller = five[0].box, five[0]
    record = box.add_record("Products", {"Product_Name": value})
    query = f"select id from Products where Product_Name = {_quoted(value)}"  # noqa: S608 - COQL for the local Bigin

    assert [row["id"] for row in _ask(caller, query).json()["data"]] == [record]


def test_value_that_is_not_quoted_correctly_finds_other_rows(five: tuple[Caller, dict[str, str]]) -> None:
    """A sandbox that answered nothing here would hide the mistake from the tests of a client."""
    assert _names(five, f"{ASK}Email = '{INJECTIONS[0]}'") == list(PEOPLE)
