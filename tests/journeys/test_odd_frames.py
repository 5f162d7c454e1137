"""Odd frames, options and circumstances: what is not refused before anything is sent ends with true verdicts."""

from __future__ import annotations

import datetime as dt
import enum
import json
import os
import subprocess
import sys
import threading
import uuid
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandera.config import ValidationDepth, config_context

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.server.answers import refused
from tests.support.canaries import Needles, Net, until

NAMES = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cid"]})
MAPPED = {"Last_Name": "Last_Name"}
KINDS = ("text", "integer", "double", "date", "datetime", "boolean", "multiselectpicklist")


@pytest.fixture
def box(bigin_sandbox: Sandbox) -> Sandbox:
    for kind in KINDS:
        bigin_sandbox.add_field("Contacts", f"Odd_{kind}", kind, values=["a", "b"] if "picklist" in kind else ())
    return bigin_sandbox


@pytest.fixture
def client(box: Sandbox) -> bf.Client:
    return box.client(transport=Transport(sleep=lambda seconds: None))


def writes(box: Sandbox) -> list[str]:
    return [request.route for request in box.requests if request.route in ("upload", "create")]


def check_written(box: Sandbox, frame: pd.DataFrame, out: pd.DataFrame, names: list[str]) -> None:
    """Check that the frame came back unchanged, and that each id is that of the record with the row's name."""
    stored = {record["id"]: record["Last_Name"] for record in box.records("Contacts")}
    assert [stored[record] for record in out.iloc[:, -3]] == names
    assert len(stored) == len(names)
    assert all(a == b or (a is not None and a != a) for a, b in zip(frame.columns, out.columns[:-3], strict=True))
    assert out.index.equals(frame.index)


# --- columns of odd kinds


class Grumpy:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("wombat")

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        raise RuntimeError("wombat")

    __repr__ = __str__


class Word(enum.StrEnum):
    WORD = "wombat"


def itself() -> list[Any]:
    held: list[Any] = ["wombat"]
    held.append(held)
    return held


COLUMNS: dict[str, Callable[[], Any]] = {
    "sparse numbers": lambda: pd.arrays.SparseArray([1, 0, 0]),
    "periods": lambda: pd.period_range("2020", periods=3, freq="M"),
    "intervals": lambda: pd.interval_range(0, 3),
    "complex numbers": lambda: np.array([1 + 2j] * 3),
    "bytes": lambda: [b"wombat"] * 3,
    "bytes of numpy": lambda: np.array([b"wombat"] * 3),
    "a view of memory": lambda: [memoryview(b"wombat")] * 3,
    "durations": lambda: pd.to_timedelta([1, 2, 3]),
    "objects that raise": lambda: [Grumpy(), Grumpy(), Grumpy()],
    "words of an enumeration": lambda: [Word.WORD] * 3,
    "large numbers": lambda: [10**30] * 3,
    "frames": lambda: [NAMES] * 3,
    "unique ids": lambda: [uuid.UUID(int=7)] * 3,
    "records of numpy": lambda: list(np.array([(1, 2)] * 3, dtype=[("a", int), ("b", int)])),
    "arrays": lambda: [np.array([1, 2])] * 3,
    "mappings": lambda: [{"wombat": 1}] * 3,
    "lists that hold themselves": lambda: [itself(), itself(), itself()],
    "lists in lists": lambda: [["wombat", ["wombat"]]] * 3,
    "sets": lambda: [{"wombat"}] * 3,
    "long doubles": lambda: np.array([1, 2, 3], dtype=np.longdouble),
    "categories of intervals": lambda: pd.cut(np.array([1, 2, 3]), 2),
    "decimals without end": lambda: [Decimal("1e9999")] * 3,
    "signalling NaN": lambda: [Decimal("sNaN")] * 3,
    "years of five digits": lambda: np.array(["20000-01-01"] * 3, dtype="datetime64[s]"),
    "last moment": lambda: [dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=-14)))] * 3,
    "times": lambda: [dt.time(1, 2)] * 3,
    "a bit of everything": lambda: ["wombat", 1, b"wombat"],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_column_of_an_odd_kind_is_checked_and_never_shown(name: str, box: Sandbox, client: bf.Client) -> None:
    """Checking any column against each type of field raises nothing and shows no value."""
    cells = COLUMNS[name]()
    column = pd.Series(cells, dtype=object if isinstance(cells, list) else None)
    frame, net = NAMES.assign(odd=column), Net()
    for kind in KINDS:
        report = bf.check(frame, "Contacts", columns={**MAPPED, "odd": f"Odd_{kind}"}, client=client)
        for text in (repr(report), report.message(), report._repr_html_(), str(report.errors), str(report.counts())):
            net.add(kind, text)

    assert net.found(Needles({"cell": "wombat"})) == []
    assert not writes(box)


def test_number_of_five_thousand_digits_is_refused_by_row(client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": ["Ada"], "odd": pd.Series([10**5000], dtype=object)})
    report = bf.check(frame, "Contacts", columns={**MAPPED, "odd": "Odd_integer"}, client=client)

    assert report.mask.tolist() == [True]


# --- frames of odd shapes


class Kept(pd.DataFrame):
    _metadata = ["note"]

    @property
    def _constructor(self) -> type[Kept]:
        return Kept


def with_attrs() -> pd.DataFrame:
    frame = NAMES.copy()
    frame.attrs = {"bigin_frames": "mine", "other": NAMES}
    return frame


def relabelled(columns: Any) -> Callable[[], pd.DataFrame]:
    return lambda: NAMES.assign(more=1).set_axis(columns, axis=1)


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "of a subclass": lambda: Kept(NAMES),
    "without duplicate labels": lambda: NAMES.set_flags(allows_duplicate_labels=False),
    "with attributes": with_attrs,
    "very wide": lambda: pd.concat([NAMES, pd.DataFrame(0, index=NAMES.index, columns=range(20_000))], axis=1),
    "columns repeated": lambda: pd.concat([NAMES, NAMES.assign(a=1)[["a"]], NAMES.assign(a=2)[["a"]]], axis=1),
    "index of nothing": lambda: NAMES.set_axis([np.nan, None, pd.NaT]),
    "index of intervals": lambda: NAMES.set_axis(pd.interval_range(0, 3)),
    "index with gaps": lambda: NAMES.set_axis(pd.MultiIndex.from_arrays([[1, None, 2], ["a", "a", None]])),
    "columns with a name": lambda: NAMES.rename_axis(columns="field"),
    "columns of numbers": relabelled([1, 2]),
    "columns with NaN": relabelled([1.5, np.nan]),
    "columns of None": relabelled(pd.Index([None, "x"], dtype=object)),
    "columns of bytes and tuples": relabelled(pd.Index([b"x", ("a", 1)], dtype=object)),
    "columns of a category": relabelled(pd.CategoricalIndex(["a", "b"])),
    "columns of intervals": relabelled(pd.IntervalIndex.from_breaks([0, 1, 2])),
    "columns of days": relabelled(pd.DatetimeIndex(["2020-01-01", "2021-01-01"])),
    "columns of periods": relabelled(pd.PeriodIndex(["2020", "2021"], freq="M")),
    "in many pieces": lambda: fragmented(),
}


def fragmented() -> pd.DataFrame:
    frame = NAMES.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        for i in range(120):
            frame[f"piece {i}"] = i
    return frame


@pytest.mark.parametrize("name", FRAMES)
def test_odd_frame_comes_back_with_its_own_verdicts(name: str, box: Sandbox, client: bf.Client) -> None:
    frame = FRAMES[name]()
    out = bf.insert(frame, "Contacts", columns={frame.columns[0]: "Last_Name"}, client=client)

    assert type(out) is type(frame)
    check_written(box, frame, out, ["Ada", "Ben", "Cid"])


@pytest.mark.parametrize(
    "frame", [pd.DataFrame(index=range(3)), pd.DataFrame({"Last_Name": ["Ada"]}, index=["a"])[[]]], ids=["new", "cut"]
)
def test_frame_without_columns_is_refused(frame: pd.DataFrame, box: Sandbox, client: bf.Client) -> None:
    with pytest.raises(bf.MappingError, match="No column is mapped"):
        bf.insert(frame, "Contacts", client=client)
    assert not writes(box)


@pytest.mark.parametrize("labels", [[("a", "b"), ("a", "c")], [("a",), ("b",)]], ids=["two levels", "one level"])
def test_columns_in_levels_are_refused_before_a_byte_leaves(
    labels: list[tuple[str, ...]], box: Sandbox, client: bf.Client
) -> None:
    frame = relabelled(pd.MultiIndex.from_tuples(labels))()

    with pytest.raises(bf.InputError, match="flatten them"):
        bf.insert(frame, "Contacts", columns={labels[0]: "Last_Name"}, client=client)
    assert not writes(box)


def test_more_columns_than_a_job_accepts_are_refused(box: Sandbox, client: bf.Client) -> None:
    for i in range(200):
        box.add_field("Contacts", f"Wide_{i}", "text")
    frame = pd.concat([NAMES, pd.DataFrame("x", index=NAMES.index, columns=[f"Wide_{i}" for i in range(200)])], axis=1)

    with pytest.raises(bf.MappingError, match="201 fields"):
        bf.insert(frame, "Contacts", client=client)
    assert not writes(box)


# --- invalid options


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("wait", float("nan")),
        ("wait", -1),
        ("wait", Decimal(5)),
        ("wait", 10**400),
        ("wait", "5"),
        ("wait", pd.Timedelta("5s")),
        ("wait", True),
        ("max_rows_per_job", True),
        ("max_rows_per_job", 2.0),
        ("result_columns", (None, "b", "c")),
        ("result_columns", (float("nan"), "b", "c")),
        ("result_columns", "abc"),
        ("result_columns", None),
        ("result_columns", ([], "b", "c")),
        ("defaults", ["x"]),
        ("find_by", 3),
        ("client", "x"),
        ("module", None),
        ("columns", ["Last_Name"]),
        ("columns", {"Last_Name": None}),
        ("columns", {}),
        ("schema", "x"),
        ("empty", ["keep"]),
        ("on_error", None),
    ],
)
def test_invalid_option_is_refused_before_anything_is_sent(
    option: str, value: Any, box: Sandbox, client: bf.Client
) -> None:
    given = {"module": "Contacts", "client": client, **{option: value}}

    try:
        with pytest.raises(bf.InputError):
            bf.insert(NAMES, **given)
    finally:
        assert not box.ledger()
    assert not writes(box)


def test_waiting_without_end_is_allowed(box: Sandbox, client: bf.Client) -> None:
    out = bf.insert(NAMES, "Contacts", wait=float("inf"), client=client)

    check_written(box, NAMES, out, ["Ada", "Ben", "Cid"])


@pytest.mark.parametrize(
    "module", ["Contacts/../Accounts", "Contacts\n", "Contacts\r\nX-Evil: 1", "Contacts?x=1", "Contacts#", "", "Ünï"]
)
def test_module_name_with_other_characters_sends_no_request(module: str, box: Sandbox, client: bf.Client) -> None:
    with pytest.raises(bf.OptionError, match="API names"):
        bf.insert(NAMES, module, client=client)
    assert not box.requests


@pytest.mark.parametrize("label", ["Last_Name\r\nX: 1", 'Last","Name', "Last_Name;", "=cmd()"])
def test_label_with_other_characters_stays_in_the_frame(label: str, box: Sandbox, client: bf.Client) -> None:
    frame = NAMES.rename(columns={"Last_Name": label})
    out = bf.insert(frame, "Contacts", columns={label: "Last_Name"}, client=client)

    check_written(box, frame, out, ["Ada", "Ben", "Cid"])
    assert all(label not in str(request.headers) for request in box.requests)


@pytest.mark.parametrize(
    "switch", [{"validation_enabled": False}, {"validation_depth": ValidationDepth.SCHEMA_ONLY}], ids=str
)
def test_rows_are_checked_even_if_pandera_is_switched_off(switch: Any, box: Sandbox, client: bf.Client) -> None:
    with config_context(**switch), pytest.raises(bf.InvalidRowsError):
        bf.insert(NAMES.assign(Email="nonsense"), "Contacts", client=client)
    assert not writes(box)


# --- a malicious server


NONSENSE = {
    "NaN for an id": b'{"status":"success","details":{"id":NaN}}',
    "a fraction for an id": b'{"status":"success","details":{"id":1e3}}',
    "an id twice": b'{"status":"success","details":{"id":"11","id":"12"}}',
    "an id in a list": b'{"status":"success","details":{"id":["11"]}}',
    "true for an id": b'{"status":"success","details":{"id":true}}',
    "an endless id": b'{"status":"success","details":{"id":' + b"1" * 5000 + b"}}",
    "letters of other alphabets": '{"status":"success","details":{"id":"١٢٣"}}'.encode(),
    "a deep well": b"[" * 100_000,
    "UTF-16": '{"status":"success"}'.encode("utf-16"),
    "an exponent without end": b'{"status":"success","details":{"id":1e999999999999999999999}}',
    "nothing": b"",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_for_a_job_id_is_an_unknown_fate_and_one_job(name: str, box: Sandbox, client: bf.Client) -> None:
    box.faults.add("create", Fault.body(NONSENSE[name], 201))

    with pytest.warns(bf.UndecidedRowsWarning):
        out = bf.insert(NAMES, "Contacts", client=client)
    assert set(out["Status"]) == {"UNKNOWN"}
    assert len(box.ledger()) == 1


@pytest.mark.parametrize("name", NONSENSE)
@pytest.mark.parametrize("route", ["fields", "upload"])
def test_nonsense_before_the_job_writes_nothing(route: str, name: str, box: Sandbox, client: bf.Client) -> None:
    box.faults.add(route, Fault.body(NONSENSE[name], 200), times=None)

    with pytest.raises(bf.UnreadableAnswerError):
        bf.insert(NAMES, "Contacts", client=client)
    assert not box.ledger()


@pytest.mark.parametrize("route", ["upload", "create"])
@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"]
)
def test_impossible_date_is_not_a_time_to_wait(route: str, date: str, box: Sandbox, client: bf.Client) -> None:
    def too_many(wire: Any, real: Any) -> Any:
        answer = refused("TOO_MANY_REQUESTS")
        answer.headers["Retry-After"] = date
        return answer

    box.faults.add(route, Fault("too many", too_many))
    out = bf.insert(NAMES, "Contacts", client=client)

    check_written(box, NAMES, out, ["Ada", "Ben", "Cid"])


@pytest.mark.parametrize("sign", ["\x9b", "\u202e", "\u2028"], ids=["CSI", "right to left", "line separator"])
def test_reason_contains_nothing_that_controls_a_terminal(sign: str, box: Sandbox, client: bf.Client) -> None:
    def say(rows: Any) -> Any:
        return [rows[0], *([*row[:-3], "SKIPPED", "", f"INVALID_DATA{sign}31m-Last_Name"] for row in rows[1:])]

    box.faults.add("download", Fault.edited_rows(say))
    out = bf.insert(NAMES, "Contacts", on_error="ignore", client=client)

    assert all(text.isprintable() for text in out["Error"])


# --- several at once


def test_batch_that_fails_by_itself_does_not_take_the_verdicts_of_the_others(box: Sandbox, client: bf.Client) -> None:
    """One row is written and three uploads wait; the list of the fifth changes while it is not packed yet."""
    frame = pd.DataFrame({"Last_Name": list("abcde"), "Odd_multiselectpicklist": [["a"] for _ in range(5)]})
    gate = threading.Event()
    box.faults.add("upload", Fault.held(gate), nth=2, times=3)
    raised: list[BaseException] = []
    outs: list[pd.DataFrame] = []

    def insert() -> None:
        try:
            outs.append(bf.submit(frame, "Contacts", max_rows_per_job=1, client=client).wait())
        except bf.BiginError as error:
            raised.append(error)

    thread = threading.Thread(target=insert)
    thread.start()
    until(lambda: writes(box).count("upload") == 4 and len(box.ledger()) == 1)
    for chosen in frame["Odd_multiselectpicklist"]:
        chosen.append("b")
    gate.set()
    thread.join()

    assert not raised
    assert outs[0].loc[outs[0]["Status"] == "UNSENT", "Error"].tolist() == ["FRAME_CHANGED"]
    assert (outs[0]["Status"] == "UNSENT").sum() == 5 - len(box.records("Contacts"))


def test_threads_share_a_client_and_keep_their_own_answers(box: Sandbox, client: bf.Client) -> None:
    outs: dict[int, pd.DataFrame] = {}

    def insert(number: int) -> None:
        frame = pd.DataFrame({"Last_Name": [f"Thread {number} row {i}" for i in range(20)]})
        outs[number] = bf.insert(frame, "Contacts", client=client, max_rows_per_job=7)

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored = {record["id"]: record["Last_Name"] for record in box.records("Contacts")}
    assert len(stored) == 120
    assert all([stored[i] for i in out["ID"]] == out["Last_Name"].tolist() for out in outs.values())
    assert len(outs) == 6


@pytest.fixture
def switchboard() -> Iterator[tuple[str, dict[str, set[int]]]]:
    """Keep connections open and record which module's fields were requested on which of them."""
    asked: dict[str, set[int]] = defaultdict(set)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer({"access_token": "1000.canary"})

        def do_GET(self) -> None:
            module = self.path.rpartition("=")[2]
            asked[module].add(self.client_address[1])
            self.answer({"fields": [{"api_name": module, "data_type": "text"}]})

        def answer(self, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


FORKING = """
import os, sys
import bigin_frames as bf
client = bf.Client(bf.Credentials("a", "b", "c"), api_url=sys.argv[1])
client.fields("Parent")
child = os.fork()
if child == 0:
    client.fields("Child")
    os._exit(0)
os.waitpid(child, 0)
client.fields("ParentAgain")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is Unix's")
def test_forked_process_opens_connections_of_its_own(switchboard: tuple[str, dict[str, set[int]]]) -> None:
    url, asked = switchboard
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKING, url], check=True, timeout=60)  # noqa: S603

    assert set(asked) == {"Parent", "Child", "ParentAgain"}
    assert asked["Parent"] == asked["ParentAgain"]
    assert not asked["Child"] & asked["Parent"]
