"""A careful script that writes a frame to Bigin without a library: the benchmarks compare with it.

The best of what people write: one pandera schema checked lazily, ``to_csv`` and ``zipfile`` for each 25,000 rows,
requests with a session, and a merge on the echoed columns that refuses to multiply rows.
"""

from __future__ import annotations

import io
import time
import zipfile

import pandas as pd
import pandera.pandas as pandera
import requests

from tests.benchmarks.check_speed import plain_column
from tests.benchmarks.mixed import FIELDS, MODULE, NAMES, TEXTS

ROWS_PER_JOB = 25_000
ECHOED = NAMES[:3]
VERDICTS = {"RECORD_ID": "ID", "STATUS": "Status", "ERRORS": "Error"}
SCHEMA = pandera.DataFrameSchema(
    {
        **{field.api_name: plain_column(field) for field in FIELDS if field.api_name in TEXTS},
        "Visits": pandera.Column(None, pandera.Check.in_range(-999_999_999, 999_999_999)),
        "Income": pandera.Column(None, pandera.Check.in_range(-1e14, 1e14)),
    }
)
MAPPINGS = [
    {"api_name": name, "index": place}
    | ({"format": "yyyy-MM-dd"} if name == "Birthday" else {})
    | ({"format": "yyyy-MM-dd'T'HH:mm:ssXXX"} if name == "Last_Seen" else {})
    for place, name in enumerate(NAMES)
]


def insert(frame: pd.DataFrame, url: str) -> pd.DataFrame:
    """Return the frame with ``ID``, ``Status`` and ``Error``."""
    checked = SCHEMA.validate(frame, lazy=True)
    with requests.Session() as session:
        session.headers["Authorization"] = "Zoho-oauthtoken 1000.benchmark"
        starts = range(0, len(checked), ROWS_PER_JOB)
        return pd.concat([_job(checked.iloc[start : start + ROWS_PER_JOB], url, session) for start in starts])


def _job(rows: pd.DataFrame, url: str, session: requests.Session) -> pd.DataFrame:
    upload = session.post(
        f"{url}/bigin/v2/upload",
        headers={"feature": "bulk-write", "X-CRM-ORG": "1"},
        files={"file": ("rows.zip", zipped(written(rows)), "application/zip")},
        timeout=60,
    ).json()
    resource = {
        "type": "data", "module": {"api_name": MODULE}, "file_id": upload["details"]["file_id"],
        "field_mappings": MAPPINGS,
    }  # fmt: skip
    asked = {"operation": "insert", "character_encoding": "UTF-8", "resource": [resource]}
    job = f"{url}/bigin/bulk/v2/write"
    job = f"{job}/{session.post(job, json=asked, timeout=60).json()['details']['id']}"
    while (details := session.get(job, timeout=60).json())["status"] not in ("COMPLETED", "FAILED"):
        time.sleep(1)
    return merged(rows, read(session.get(url + details["result"]["download_url"], timeout=60).content))


def written(rows: pd.DataFrame) -> str:
    texts = rows.assign(
        Newsletter=rows["Newsletter"].map({True: "true", False: "false"}),
        Birthday=rows["Birthday"].dt.strftime("%Y-%m-%d") if rows["Birthday"].dtype.kind == "M" else rows["Birthday"],
        Last_Seen=rows["Last_Seen"].dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    )
    return texts.to_csv(index=False)


def zipped(csv: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("rows.csv", csv)
    return packed.getvalue()


def read(packed: bytes) -> pd.DataFrame:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(archive.namelist()[0]) as csv:
        return pd.read_csv(csv, dtype=str, keep_default_na=False).rename(columns=VERDICTS)


def merged(rows: pd.DataFrame, result: pd.DataFrame) -> pd.DataFrame:
    keys = rows[ECHOED].fillna("").astype(result[ECHOED].dtypes.to_dict())
    verdicts = keys.merge(result, on=ECHOED, how="left", validate="one_to_one")
    return rows.assign(**{name: verdicts[name].to_numpy() for name in VERDICTS.values()})
