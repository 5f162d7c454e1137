"""Examples for the help of `Plan` and its members."""

from __future__ import annotations

from typing import Final

PLAN: Final = {
    "": """
        >>> plan = df.bigin.plan("Contacts")
        >>> plan
        <Plan: insert Contacts, 2 rows in 1 job, 500 credits>
        >>> out = plan.run()
    """,
    "module": """
        >>> df.bigin.plan("Contacts").module
        'Contacts'
    """,
    "rows": """
        >>> df.bigin.plan("Contacts").rows
        2
    """,
    "credits": """
        >>> df.bigin.plan("Contacts").credits
        500
    """,
    "credits_by_records": """
        >>> df.bigin.plan("Contacts").credits_by_records
        1
    """,
    "rows_per_day": """
        >>> df.bigin.plan("Contacts").rows_per_day[["edition", "rows_per_day", "days"]].head(1)
          edition  rows_per_day  days
        0    Free        225000     1
    """,
    "jobs": """
        >>> df.bigin.plan("Contacts").jobs[["job", "rows", "csv_bytes"]]
           job  rows  csv_bytes
        0    0     2         66
    """,
    "mapping": """
        >>> plan = df.bigin.plan("Contacts")
        >>> plan.mapping[["column", "field", "type"]]
              column      field   type
        0      Email      Email  email
        1  Last_Name  Last_Name   text
    """,
    "unmapped": """
        >>> df.bigin.plan("Contacts").unmapped
        ['Owner', 'First_Name', ...]
    """,
    "echoed": """
        >>> df.bigin.plan("Contacts").echoed
        ['Email', 'Last_Name']
    """,
    "duplicates": """
        >>> twice = df.assign(Email="ada@example.org")
        >>> twice.bigin.plan("Contacts", "upsert", find_by="Email", on_duplicate="first").duplicates.tolist()
        [1]
    """,
    "undistinguished": """
        >>> df.bigin.plan("Contacts").undistinguished
        0
    """,
    "sample": """
        >>> print(df.bigin.plan("Contacts").sample(1))
        Email,Last_Name
        ada@example.org,Lovelace
        <BLANKLINE>
    """,
    "save": """
        >>> [path.suffixes for path in df.bigin.plan("Contacts").save("jobs")]
        [['.csv', '.zip'], ['.csv', '.json']]
    """,
    "submit": """
        >>> run = df.bigin.plan("Contacts").submit()
        >>> run.wait()["Status"].tolist()
        ['ADDED', 'ADDED']
    """,
    "run": """
        >>> df.bigin.plan("Contacts").run()["Status"].tolist()
        ['ADDED', 'ADDED']
    """,
}
