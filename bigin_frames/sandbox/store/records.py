"""Stored records: how one is read, and how the verdicts on rows change them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bigin_frames.sandbox.metadata.fields import ID
from bigin_frames.sandbox.verdicts.verdict import Verdict


def as_record(row: Sequence[Any]) -> dict[str, Any]:
    """Return a record from its row in the store: id, cells, vals, created, modified."""
    record_id, cells, values, created, modified = row
    return {
        ID: record_id,
        "cells": json.loads(cells),
        "values": json.loads(values),
        "created": created,
        "modified": modified,
    }


def merge(verdicts: Iterable[Verdict], former: Mapping[str, Any], now: float) -> dict[str, dict[str, Any]]:
    """Return the records as the rows have changed them, in the order of their first change."""
    changed: dict[str, dict[str, Any]] = {}
    for verdict in verdicts:
        if verdict.record_id is None:
            continue
        record = changed.get(verdict.record_id) or former.get(verdict.record_id)
        if record is None:
            record = {"cells": {}, "values": {}, "created": now}
        record["modified"] = now
        for name, text in verdict.cells.items():
            record["values"].pop(name, None)
            if text is None:
                record["cells"].pop(name, None)
            else:
                record["cells"][name] = text
        record["values"].update(verdict.values)
        changed[verdict.record_id] = record
    return changed
