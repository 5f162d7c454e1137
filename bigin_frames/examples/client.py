"""Examples for the help of `Client` and its methods."""

from __future__ import annotations

from typing import Final

CLIENT: Final = {
    "": """
        >>> bf.Client(bf.Credentials("1000.ID", "secret", "1000.refresh"), region="eu")
        Client(region='eu', api='https://www.zohoapis.eu', org_id=None)
        >>> client = bf.Client.from_env()
        >>> client.org().company_name
        'Sandbox'
    """,
    "from_env": """
        >>> client = bf.Client.from_env()
        >>> client.region
        'us'
    """,
    "is_local": """
        >>> client.is_local
        True
    """,
    "region": """
        >>> client.region
        'us'
    """,
    "now": """
        >>> started = client.now()
        >>> client.now() - started < 60
        True
    """,
    "server_time": """
        >>> client.server_time() is None  # before the first call
        True
        >>> org = client.org()
        >>> client.server_time()
        datetime.datetime(..., tzinfo=datetime.timezone.utc)
    """,
    "sleep": """
        >>> client.sleep(0.01)
    """,
    "org": """
        >>> client.org().time_zone
        'Asia/Kolkata'
    """,
    "modules": """
        >>> [module.api_name for module in client.modules() if module.creatable]
        ['Contacts', 'Accounts', ...]
    """,
    "fields": """
        >>> [field.api_name for field in client.fields("Contacts") if field.mandatory]
        ['Last_Name']
    """,
    "layouts": """
        The field Pipeline takes the id of a layout, and Sub_Pipeline the name of one of its sub-pipelines.

        >>> {team.name: [sub.name for sub in team.sub_pipelines] for team in client.layouts("Pipelines")}
        {'Sales Pipeline': ['Sales Pipeline Standard', 'Renewals'], 'Onboarding': ['Renewals', 'Onboarding Standard']}
    """,
    "zgid": """
        >>> client.zgid() == client.org().zgid
        True
    """,
    "upload": """
        >>> zip_file, _ = bf.plan(df, "Contacts").save("jobs")
        >>> client.upload(zip_file.name, zip_file.read_bytes()).isdigit()
        True
    """,
    "create_job": """
        >>> from bigin_frames.job_request import FieldMapping, JobRequest
        >>> zip_file, _ = bf.plan(df[["Last_Name"]], "Contacts").save("jobs")
        >>> file_id = client.upload(zip_file.name, zip_file.read_bytes())
        >>> mapping = FieldMapping(api_name="Last_Name", label="Last Name", index=0)
        >>> request = JobRequest(module="Contacts", operation="insert", mappings=(mapping,), file_name=zip_file.stem)
        >>> client.create_job(request, file_id).isdigit()
        True
    """,
    "job": """
        >>> out = bf.insert(df, "Contacts")
        >>> client.job(box.ledger()[0].id).status
        'COMPLETED'
    """,
    "download": """
        >>> out = bf.insert(df, "Contacts")
        >>> client.download(client.job(box.ledger()[0].id))[:2]  # a zip
        b'PK'
    """,
    "read_result": """
        >>> from bigin_frames.job_request import FieldMapping
        >>> out = bf.insert(df[["Last_Name"]], "Contacts")
        >>> body = client.download(client.job(box.ledger()[0].id))
        >>> mappings = [FieldMapping(api_name="Last_Name", label="Last Name", index=0)]
        >>> bytes(client.read_result(body, mappings).csv).decode().splitlines()
        [...'Lovelace,ADDED,...]
    """,
    "records": """
        >>> out = bf.insert(df, "Contacts")
        >>> client.records("Contacts", out["ID"].tolist(), ["Last_Name"])["Last_Name"].tolist()
        ['Lovelace', 'Hopper']
    """,
    "find": """
        >>> out = bf.insert(df, "Contacts")
        >>> client.find("Contacts", "Email", ["ada@example.org"], ["Last_Name"])["Last_Name"].tolist()
        ['Lovelace']
    """,
}
