"""Examples for the help of `Sandbox` and its members."""

from __future__ import annotations

from typing import Final

SANDBOX: Final = {
    "": """
        >>> with bf.sandbox.Sandbox() as box:
        ...     out = df.bigin.insert("Contacts", client=box.client())
        ...     print(len(box.records("Contacts")), "records")
        2 records
    """,
    "behaviour": """
        >>> box.behaviour = bf.sandbox.Behaviour(insert_duplicates="added")
    """,
    "scopes": """
        >>> box.scopes = ("ZohoBigin.org.READ",)
        >>> client.modules()
        Traceback (most recent call last):
        bigin_frames.errors.AuthError: ...
    """,
    "faults": """
        >>> box.faults.add("upload", bf.sandbox.Fault.html(502))
        >>> df.bigin.insert("Contacts")["Status"].tolist()  # the upload is tried again
        ['ADDED', 'ADDED']
    """,
    "expire_tokens": """
        >>> org = client.org()
        >>> box.expire_tokens()
        >>> modules = client.modules()  # with a new token
    """,
    "grant_code": """
        >>> box.grant_code().startswith("1000.")
        True
    """,
    "environment": """
        >>> sorted(box.environment())[:3]
        ['BIGIN_ACCOUNTS_URL', 'BIGIN_API_URL', 'BIGIN_CLIENT_ID']
    """,
    "client": """
        >>> box.client()
        Client(region='us', api='http://127.0.0.1:...', org_id='...')
    """,
    "add_field": """
        >>> box.add_field("Contacts", "Party", "picklist", values=["Green", "Blue"])
        >>> df.assign(Party="Red").bigin.check("Contacts").ok
        False
    """,
    "add_team_pipeline": """
        >>> team = box.add_team_pipeline("Hiring", {"Engineers": ["Applied", "Hired"]})
        >>> client.layouts("Pipelines")[-1].id == team
        True
    """,
    "add_user": """
        >>> box.add_user("Grace Hopper", "grace@example.org").name
        'Grace Hopper'
    """,
    "add_record": """
        >>> ada = box.add_record("Contacts", {"Last_Name": "Byron", "Email": "ada@example.org"})
        >>> df.bigin.upsert("Contacts", find_by="Email")["Status"].tolist()
        ['UPDATED', 'ADDED']
    """,
    "records": """
        >>> out = df.bigin.insert("Contacts")
        >>> [record["Last_Name"] for record in box.records("Contacts")]
        ['Lovelace', 'Hopper']
    """,
    "values": """
        >>> box.add_field("Contacts", "Birthday", "date")
        >>> out = df.assign(Birthday=["1815-12-10", "1906-12-09"]).bigin.insert("Contacts")
        >>> [record["Birthday"] for record in box.values("Contacts")]
        ['1815-12-10', '1906-12-09']
    """,
    "settle": """
        >>> run = df.bigin.submit("Contacts")
        >>> out = run.wait()
        >>> box.settle()
    """,
    "ledger": """
        >>> out = df.bigin.insert("Contacts")
        >>> [[row.status for row in job.rows] for job in box.ledger()]
        [['ADDED', 'ADDED']]
    """,
    "requests": """
        >>> out = df.bigin.insert("Contacts")
        >>> "create" in [request.route for request in box.requests]
        True
    """,
    "callbacks": """
        >>> out = df.bigin.insert("Contacts")
        >>> box.callbacks
        []
    """,
    "credits": """
        >>> out = df.bigin.insert("Contacts")
        >>> box.credits >= 500  # one job, and the calls around it
        True
    """,
    "errors": """
        >>> box.errors
        []
    """,
}
