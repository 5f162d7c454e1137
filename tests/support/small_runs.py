"""Small inserts into a sandbox, and what they left there."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bigin_frames.sandbox import Sandbox

Interrupt = Callable[[str, Callable[[], object]], None]


def people(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": list(names or ("Lee", "Roe", "Poe", "Ng"))})


def stored(box: Sandbox, module: str = "Contacts") -> list[str]:
    return sorted(record["Last_Name"] for record in box.records(module))


def creates(box: Sandbox) -> int:
    return sum(request.route == "create" for request in box.requests)
