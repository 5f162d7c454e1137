"""Records, read by id or by the value of a field, in as few calls as the limits allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bigin_frames import limits
from bigin_frames.client.known_metadata import Make
from bigin_frames.wire import build, hosts, parse
from bigin_frames.wire.message import Response

if TYPE_CHECKING:
    import pandas as pd


def by_id(make: Make, where: hosts.Region, module: str, ids: Sequence[str], fields: Sequence[str]) -> pd.DataFrame:
    """Return records by id; see `Client.records`."""
    ids, names = list(dict.fromkeys(ids)), list(dict.fromkeys(fields))
    asked = list(dict.fromkeys(name.partition(".")[0] for name in names if name != "id")) or ["id"]
    answers = [
        {
            record["id"]: record
            for some in _chunks(ids, limits.MAX_IDS_PER_CALL)
            for record in make(build.records(where, module, some, few), parse.records)
        }
        for few in _chunks(asked, limits.MAX_FIELDS_PER_CALL)
    ]
    return _frame(ids, names, answers)


def by_value(
    make: Make, where: hosts.Region, module: str, key: str, values: Sequence[str], fields: Sequence[str]
) -> pd.DataFrame:
    """Return the records whose field has one of the values; see `Client.find`."""
    names = list(dict.fromkeys((key, *fields)))
    askable = [value for value in dict.fromkeys(values) if build.can_be_asked_for(value)]
    found = [
        record
        for some in _chunks(askable, limits.MAX_QUERY_VALUES)
        for record in make(build.find(where, module, key, some, names), _found)
    ]
    records: dict[str | None, dict[str, str | None]] = {record["id"]: record for record in found}
    return _frame([str(found_id) for found_id in records], names, [records])


def _found(response: Response) -> list[dict[str, str | None]]:
    return parse.records(response, "find")


def _chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _frame(
    ids: Sequence[str], names: Sequence[str], answers: Sequence[dict[str | None, dict[str, str | None]]]
) -> pd.DataFrame:
    """Join the answers about several groups of fields; a record missing from one of them has no row."""
    import pandas as pd

    rows = [{k: v for part in answers for k, v in part[key].items()} for key in ids if all(key in p for p in answers)]
    columns = {name: [row.get(name) for row in rows] for name in dict.fromkeys(("id", *names))}
    return pd.DataFrame(columns, dtype="string")
