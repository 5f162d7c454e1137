"""Examples for the help of `Run` and its members."""

from __future__ import annotations

from typing import Final

# A run of one job whose answer was lost on the way, so that nobody knows whether Bigin has it.
_LOST: Final = """
        >>> box.faults.add("create", bf.sandbox.Fault.reset_after())  # the answer is lost on its way
        >>> run = df.bigin.submit("Contacts")
        >>> run.wait()["Status"].tolist()
        ['UNKNOWN', 'UNKNOWN']"""

RUN: Final = {
    "": """
        >>> run = df.bigin.submit("Contacts")
        >>> out = run.wait()
        >>> run
        <Run ...: insert Contacts, 2 rows, jobs: 1 merged>
    """,
    "status": """
        >>> run = df.bigin.submit("Contacts")
        >>> out = run.wait()
        >>> run.status
        'done'
    """,
    "fields": """
        >>> run = df.bigin.submit("Contacts")
        >>> sorted(run.fields)
        ['Email', 'Last Name', 'Last_Name']
        >>> out = run.wait()
    """,
    "frame": """
        >>> run = df.bigin.submit("Contacts")
        >>> out = run.frame()  # at once: ID, Status and Error as they are known now
        >>> out.columns.tolist()
        ['Last_Name', 'Email', 'ID', 'Status', 'Error']
        >>> out = run.wait()
    """,
    "wait": """
        >>> run = df.bigin.submit("Contacts")
        >>> run.wait()["Status"].tolist()
        ['ADDED', 'ADDED']
    """,
    "unknown": f"""{_LOST}
        >>> run.unknown[["row", "job", "Error"]]
           row  job        Error
        0    0    0  ANSWER_LOST
        1    1    0  ANSWER_LOST
    """,
    "resolve": f"""{_LOST}
        >>> run.resolve(0, "applied", reason="the records are in Bigin")
        >>> run.frame()["Status"].tolist()
        ['ADDED', 'ADDED']
    """,
    "adopt": f"""{_LOST}
        >>> run.adopt(0, box.ledger()[0].id)  # the id that Bigin shows for the job
        >>> run.wait()["Status"].tolist()
        ['ADDED', 'ADDED']
    """,
    "reconcile": f"""{_LOST}
        >>> run.reconcile()["Status"].tolist()
        ['ADDED', 'ADDED']
    """,
    "stop": """
        >>> run = df.bigin.submit("Contacts")
        >>> run.stop()
        >>> out = run.wait()
    """,
    "leave": """
        >>> run = df.bigin.submit("Contacts")
        >>> run.leave()
        >>> out = bf.resume(run.id, df).wait()  # later, or in another process
    """,
}
