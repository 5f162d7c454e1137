"""Examples for the help of `ValidationReport` and its members."""

from __future__ import annotations

from typing import Final

_CHECKED: Final = """
        >>> report = df.assign(Email=["ada@example.org", "grace at example.org"]).bigin.check("Contacts")"""

REPORT: Final = {
    "": f"""{_CHECKED}
        >>> print(report)
        1 of 2 rows cannot be written as they are:
        - row 1: ...
    """,
    "together": f"""{_CHECKED}
        >>> bf.ValidationReport.together([report, report]).mask.tolist()
        [False, True, False, True]
    """,
    "ok": f"""{_CHECKED}
        >>> report.ok
        False
    """,
    "mask": f"""{_CHECKED}
        >>> df[~report.mask]
          Last_Name            Email
        0  Lovelace  ada@example.org
    """,
    "failures": f"""{_CHECKED}
        >>> report.failures[["row", "column", "code", "value"]]
           row column          code                 value
        0    1  Email  INVALID_DATA  grace at example.org
    """,
    "errors": f"""{_CHECKED}
        >>> report.errors.to_dict()
        {{1: 'INVALID_DATA-Email'}}
    """,
    "counts": f"""{_CHECKED}
        >>> report.counts().tolist()
        [1]
    """,
    "positions": f"""{_CHECKED}
        >>> report.positions("INVALID_DATA").tolist()
        [1]
    """,
    "by_field": f"""{_CHECKED}
        >>> report.by_field().to_dict()
        {{'Email': 1}}
    """,
    "to_frame": f"""{_CHECKED}
        >>> report.to_frame().columns.tolist()
        ['Last_Name', 'Email', 'Reason']
    """,
    "message": f"""{_CHECKED}
        >>> print(report.message(limit=1))
        1 of 2 rows cannot be written as they are:
        - row 1: ...
    """,
    "raise_if_invalid": f"""{_CHECKED}
        >>> report.raise_if_invalid()
        Traceback (most recent call last):
        bigin_frames.errors.InvalidRowsError: 1 of 2 rows cannot be written as they are:
        ...
    """,
    "as_page": f"""{_CHECKED}
        >>> "<table" in report.as_page()
        True
    """,
    "to_html": f"""{_CHECKED}
        >>> report.to_html("report.html").name
        'report.html'
    """,
}
