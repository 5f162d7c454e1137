"""The contents of the matrix of data types: its columns, the values of each condition, and values of every kind.

A column of the matrix is a way to fill a field: its data type, the key of a lookup, the zone of naive datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

KOLKATA, NEW_YORK = "Asia/Kolkata", "America/New_York"  # the zone of the local Bigin, and one whose clocks jump


@dataclass(frozen=True)
class Filled:
    """One column of the matrix."""

    data_type: str
    by: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    zone: str = KOLKATA
    pool: bool = True  # whether it is tried with values of every kind; a second column of a type need not be


CHOICES = ("A", "New York", "Ärger", "😀", " padded ", "1", "true")
COLUMNS = {
    "text": Filled("text"),
    "text of 3": Filled("text", facts={"length": 3}, pool=False),
    "textarea": Filled("textarea"),
    "email": Filled("email"),
    "phone": Filled("phone"),
    "website": Filled("website"),
    "picklist": Filled("picklist", facts={"values": ("-None-", *CHOICES)}),
    "multiselectpicklist": Filled("multiselectpicklist", facts={"values": CHOICES}),
    "integer": Filled("integer"),
    "bigint": Filled("bigint"),
    "double": Filled("double"),
    "double of 2 places": Filled("double", facts={"decimal_place": 2}, pool=False),
    "currency": Filled("currency"),
    "percent": Filled("percent"),
    "boolean": Filled("boolean"),
    "date": Filled("date"),
    "datetime": Filled("datetime"),
    "datetime in New York": Filled("datetime", zone=NEW_YORK, pool=False),
    "lookup": Filled("lookup", "id", {"lookup": "Accounts"}),
    "lookup by name": Filled("lookup", "Account_Name", {"lookup": "Accounts"}),
    "ownerlookup": Filled("ownerlookup", "id"),
    "ownerlookup by email": Filled("ownerlookup", "email"),
    "id": Filled("id"),
}
# Types whose columns are refused completely, and the reason.
NEVER = {
    **dict.fromkeys(("fileupload", "imageupload", "profileimage"), "a CSV cannot contain files or images"),
    **dict.fromkeys(("formula", "rollup_summary"), "Bigin computes it"),
    **dict.fromkeys(("multiselectlookup", "multiuserlookup"), "cannot name several records"),
    "autonumber": "numbers the records itself",
    "subform": "one cell cannot contain rows",
    **dict.fromkeys(("userlookup", "layout", "address", "territories"), "does not accept this type"),
}
# Every data_type that a sample or schema of Bigin v2 and CRM v7, field-meta, names; the record id is not among them.
DOCUMENTED = (
    "text", "textarea", "email", "phone", "picklist", "multiselectpicklist", "date", "datetime", "integer", "bigint",
    "double", "currency", "percent", "boolean", "website", "lookup", "ownerlookup", "userlookup", "multiselectlookup",
    "multiuserlookup", "autonumber", "formula", "rollup_summary", "fileupload", "imageupload", "profileimage",
    "subform", "layout", "address", "territories",
)  # fmt: skip

GOOD, BAD = ("valid", "empty"), ("too long", "wrong kind", "out of range", "not allowed")
_ID_LIKE = {"wrong kind": ("abc", "1.0", "-1", "1e5", "\u0661\u0662\u0663", 1.5, True), "too long": ("1" * 20, 10**19)}
_NO_NUMBER = (
    "abc",
    "1,234.50",
    "1 234",
    "1e5",
    "\u0661\u0662\u0663",
    "0x10",
    "\u00bd",
    "1_000",
    "--1",
    "1.2.3",
    "$5",
    True,
    "true",
)
_WHOLE = {"wrong kind": (*_NO_NUMBER, "1.5", "1.0", 1.5, Decimal("1.5"), np.float32(0.5)), "not allowed": ("\x001",)}
_NUMBER = {
    "wrong kind": (*_NO_NUMBER, date(2024, 2, 29)),
    "out of range": (float("inf"), -float("inf"), Decimal("Infinity"), np.float32("inf"), 1e20, -1e300, 10**400),
    "not allowed": ("NaN", "Infinity", "\x001"),
}
_DAYS = ("0001-01-01", "1900-01-01", "1969-12-31", "1970-01-01", "2000-02-29", "2024-02-29", "9999-12-31")
_NO_DAYS = ("2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-10", "0000-01-01")
_TIMES = {
    "valid": (
        *(f"{day}T12:00:00+00:00" for day in _DAYS),
        "2024-02-29T10:00:00+14:00", "2024-02-29T10:00:00-12:00", "1969-12-31T23:59:59Z", "2024-02-29 10:00",
        "2024-02-29T10:00:00.999999+05:30", "2024-02-29T10:00+0530", "2024-02-29 10:00:00", "2024-06-30 10:00:00",
        datetime(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59), datetime(1969, 12, 31, 23, 59, 59, 5),
    ),
    "too long": ("2024-02-29T10:00:00+05:30 ", "2024-02-29T10:00:00+05:30:00", "12024-02-29T10:00:00Z"),
    "wrong kind": ("10:00:00", "2024-02-29", "29.02.2024 10:00", "tomorrow", 1709200800, 1.5, True, date(2024, 2, 29)),
    "out of range": (
        *(f"{day}T10:00:00" for day in _NO_DAYS), "2024-02-29T24:00:00", "2024-02-29T10:60:00", "2024-02-29T10:00:60",
        "2024-02-29T10:00:00+15:00", datetime(1, 1, 1), np.datetime64("10000-01-01", "s"),
        np.datetime64("0000-12-31T23:59:59", "s"),
    ),
    "not allowed": ("2024-02-29\n10:00:00", "2024-02-29\x0010:00:00", "\uff12\uff10\uff12\uff14-02-29 10:00:00"),
}  # fmt: skip
_LONG = {limit: ("x" * (limit - 1), "é" * limit, "😀" * limit, "e\u0301" * (limit // 2)) for limit in (3, 255, 2000)}
VALUES: dict[str, dict[str, tuple[Any, ...]]] = {
    "text": {
        "valid": (*_LONG[255], "007", "7618134000000648053", "NA", "nan", "a\r\nb", 'say "x"', 7, 10**30,
            Decimal("1.50")),
        "too long": ("x" * 256, "😀" * 256, "x" * 255 + "\n", 10**255),
        "wrong kind": ("a\ud800", "\udcff"),
        "not allowed": (b"abc", {"a"}, object()),
    },
    "text of 3": {
        "valid": (*_LONG[3], "e\u0301x", "\n\n\n", 123),
        "too long": ("abcd", "😀😀😀😀", "abc ", "e\u0301e\u0301", 1234, Decimal("1.50")),
        "wrong kind": ("\ud800",),
    },
    "textarea": {
        "valid": (*_LONG[2000], "line\nline\r\nline\rline", ",;:|\"'"),
        "too long": ("x" * 2001, "😀" * 2001, "\n" * 2001),
        "wrong kind": ("\ud800",),
        "not allowed": ("a\x00b", b"a"),
    },
    "email": {
        "valid": (
            "p.boyle@zylker.com", "a.b+c@x-y.example.com", "o'brien@x.ie", "A@B.CO", "1@b.co", "a..b@carrier.ne.jp",
            "a@bücher.de", "_x@a_b.com", "x" * 88 + "@example.com", "用户@例子.广告",
        ),
        "too long": ("x" * 89 + "@example.com", "a@" + "b" * 96 + ".com"),
        "wrong kind": (
            "nobody", "a@", "@b.co", "a@b", "a b@c.de", "a@b@c.de", "a@b..de", "a@b.co;b@c.co", "<a@b.co>", "a@b.co.",
            "mailto:a@b.co", "a@b,co", 7, 1.5,
        ),
        "not allowed": (" a@b.co", "a@b.co ", "a@b.co\n", "a\u00a0@b.co", "a\u200b@b.co", "a@b.co\x00", "a@b.c"),
    },
    "phone": {
        "valid": (
            "9900000000", "91(987)654321", "+1 (415) 555-0100", "1-800-FLOWERS", "0049.30.1", "123,45;6#", "007",
            4155550100, "1" * 30,
        ),
        "too long": ("1" * 31, "+" + "1" * 30, 10**30),
        "wrong kind": ("call me!", "+", "--", "a@b.co", "☎ 1", "1_2", "1:2", True, 4155550100.0),
        "not allowed": ("1\n", "\uff11\uff12", "1\u00a02", "1\x002", "1\u202d2", "1\t2"),
    },
    "website": {
        "valid": (
            "https://www.zylker.com", "www.zylker.com", "zylker.com", "HTTP://X.COM", "http://bücher.de",
            "ftp://a.co/b", "https://a.co/b?c=d#e", "https://a.co/" + "x" * 242,
        ),
        "too long": ("https://a.co/" + "x" * 243, "https://a.co/" + "😀" * 243),
        "wrong kind": ("n/a", "zylker", "http://", "a b.com", "http:// x.com", "a@b.co", "none.", ".com", 7, 1.5),
        "not allowed": ("x.com\n", "\u00a0x.com\n", "x .com"),
    },
    "picklist": {
        "valid": CHOICES,
        "too long": ("x" * 121,),
        "wrong kind": (b"A", ["A"], 1.0, {"A"}),
        "not allowed": ("-None-", "a", "A ", "new york", "New  York", "A;1", "B", "padded", 2, "Arger"),
    },
    "multiselectpicklist": {
        "valid": (*CHOICES, "A;New York", "New York;A", "A;A", ["A", "New York"], ("A",), np.array(["A", "1"])),
        "too long": ("A;" + "x" * 121,),
        "wrong kind": (b"A", {"A"}, [1], ["A", None], ["A;1"], 1.0),
        "not allowed": ("A;-None-", "-None-;-None-", "a;A", "A;", ";A", "A;;1", "A; 1", "A,1", "-None-", "B", ["B"],
            ["A", ""]),
    },
    "integer": _WHOLE | {
        "valid": (0, -0.0, "-0", 7, "007", -999999999, "999999999", np.int8(-5), 2.0, Decimal("3.000"),
            np.float32(16777215)),
        "too long": (10**9, "1000000000", "-1000000000", 1e9, Decimal(10**9)),
        "out of range": (2**63 - 1, 2**63, -(2**63) - 1, np.uint64(2**64 - 1), 1e20, float("inf"), 10**400),
    },
    "bigint": _WHOLE | {
        "valid": (0, "007", 10**18 - 1, 1 - 10**18, "9" * 18, "0" * 30 + "7", 2.0**53 - 1, Decimal("9" * 18)),
        "too long": (10**18, "1" + "0" * 18, "-1" + "0" * 18, Decimal(10**18)),
        "out of range": (2**63, -(2**63) - 1, np.uint64(2**64 - 1), 1e20, -1e20, float("inf"), 10**400, 2.0**53),
    },
    "double": _NUMBER | {
        "valid": (
            0, -0.0, 0.1, 1e-9, np.float32(0.1), "0.1", "-1234567.123456789", "9" * 16, "007.5", 10**16 - 1,
            Decimal("1E+3"), Decimal("0.000000001"), 123456.75, np.float32(16777216), 1e15, 5e-7,
        ),
        "too long": (10**16, "1" + "0" * 16, "12345678.123456789", 1e16, Decimal("12345678.123456789"), "0.1234567891",
            1e-10),
    },
    "double of 2 places": _NUMBER | {
        "valid": (1, 0.25, "1.25", Decimal("-1.25"), "9" * 14 + ".99", "1.5", "1.500", Decimal("19.9900"),
            Decimal("1E+3")),
        "too long": (0.125, "1.255", Decimal("1.001"), "9" * 15 + ".99", 10**16),
    },
    "currency": _NUMBER | {
        "valid": (0, 19.99, "19.99", "19.9900000000", Decimal("1.0000000000000000"), Decimal("9999999.999999999"),
            10**16 - 1, "-1234567.5"),
        "too long": (10**16, "12345678.123456789", "0.1234567891"),
    },
    "percent": _NUMBER | {
        "valid": (0, 99.5, "100", "12345", "123.45", -5, Decimal("0.00001"), np.float32(12.5)),
        "too long": (123456, "123456", 1234.56, "12345.6", Decimal("0.000001"), 1e5),
    },
    "boolean": {
        "valid": (True, False, np.True_, "true", "false", "TRUE", "False"),
        "too long": ("truetrue", "true ", "false\n"),
        "wrong kind": (1, 0, 1.0, Decimal(1), "yes", "no", "1", "0", "on", "t", "wahr", "\uff54\uff52\uff55\uff45",
            ["true"]),
        "not allowed": (" true", "true\x00", "\ufefftrue"),
    },
    "date": {
        "valid": (
            *_DAYS, *map(date.fromisoformat, _DAYS), datetime(2024, 2, 29), datetime(9999, 12, 31),
            datetime(2024, 2, 29, tzinfo=ZoneInfo(NEW_YORK)), np.datetime64("1677-01-01", "s"),
        ),
        "too long": ("2024-02-029", "02024-02-29", "2024-02-29 ", "2024-02-29T00:00:00", "10000-01-01", "12024-02-29"),
        "wrong kind": ("29.02.2024", "02/29/2024", "20240229", "2024-2-9", "today", 20240229, 1.5, True, timedelta(1)),
        "out of range": (*_NO_DAYS, np.datetime64("10000-01-01", "s"), np.datetime64("0000-12-31", "s")),
        "not allowed": (datetime(2024, 2, 29, 10), datetime(9999, 12, 31, 23, 59, 59),
            "\uff12\uff10\uff12\uff14-02-29", "2024-02-29\n"),
    },
    "datetime": _TIMES,
    "datetime in New York": _TIMES | {
        "not allowed": (
            "2024-03-10 02:30:00", "2024-11-03 01:30:00", "1883-11-18 12:00:00", datetime(2024, 3, 10, 2, 30),
            datetime(2024, 11, 3, 1, 30),
        ),
        "valid": (
            "2024-03-10 01:59:59", "2024-03-10 03:00:00", "2024-11-03 00:59:59", "2024-11-03 02:00:00",
            "1883-11-18 12:05:00",
            datetime(2024, 3, 10, 3), datetime(2024, 11, 3, 1, 30, tzinfo=ZoneInfo(NEW_YORK)),
            "2024-03-10T02:30:00-05:00",
            datetime(1850, 1, 1), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59),
        ),
    },
    "lookup": _ID_LIKE | {"valid": ("1000000000000000001", 1000000000000000001), "not allowed": (" 1", "1\n", "\uff11",
    "Zylker")},
    "lookup by name": {
        "valid": ("Zylker", "Ärger & Söhne", "007", "nan", 'a "b"; c', "x\ny", 7),
        "wrong kind": (1.5, True, b"Zylker", ["Zylker"], "\ud800"),
        "not allowed": ("nobody", "Zylker GmbH"),
    },
    "ownerlookup": _ID_LIKE | {"valid": ("1000000000000000001",), "not allowed": ("1\u00a02", "\uff11",
    "Patricia Boyle")},
    "ownerlookup by email": {
        "valid": ("ann@zylker.com", "ANN@zylker.com"),
        "too long": ("x" * 300,),
        "wrong kind": ("ann", "Patricia Boyle", "a@b", 1.5, True),
        "not allowed": ("ann@zylker.com;bob@zylker.com", "ann\u200b@zylker.com", "1000000000000000001"),
    },
    "id": _ID_LIKE | {"valid": ("1000000000000000001", 1000000000000000001), "not allowed": (" 1", "1\n", "\uff11",
    "Zylker")},
}  # fmt: skip
# Conditions for which a type has no values: text has no range, a boolean is true or false.
HAS_NO = {
    "out of range": (
        "text", "text of 3", "textarea", "email", "phone", "website", "picklist", "multiselectpicklist", "boolean",
        "lookup", "lookup by name", "ownerlookup", "ownerlookup by email", "id",
    ),
    "too long": ("lookup by name",),  # the length stated for a lookup is a filler
    "not allowed": ("text of 3",),
    "empty": ("id",),  # the key of an update: a row without it is of the wrong kind
}  # fmt: skip
