"""Columns of a small Contacts module, cleaned."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bigin_frames.frames.cleaning.clean import Cleaned, clean
from bigin_frames.frames.mapping.columns import Mapped, map_columns
from bigin_frames.model import Operation
from tests.support.contacts import CONTACTS, field

FIELDS = (
    *CONTACTS,
    *(field(name) for name in ("Mailing_Zip", "Billing_Code", "homePhone")),
    field("Notes", "textarea"),
    field("Tags", "multiselectpicklist"),
)


def mapped(frame: pd.DataFrame, operation: Operation = "insert", **options: Any) -> Mapped:
    return map_columns(frame.columns, FIELDS, module="Contacts", operation=operation, **options)


def one(name: str, cells: Any, **options: Any) -> tuple[list[Any], Cleaned]:
    """Return the cleaned cells of one column, next to a valid mandatory one, and the result itself."""
    cells = cells if isinstance(cells, pd.Series) else pd.Series(cells, dtype=object)
    frame = pd.DataFrame({"Last_Name": ["N"] * len(cells), name: cells})
    result = clean(frame, mapped(frame), **options)
    return result.frame[name].tolist(), result
