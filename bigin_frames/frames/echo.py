"""Choose which columns come back beside the verdicts: those that tell the rows apart."""

from __future__ import annotations

from collections.abc import Sequence

from bigin_frames.limits import ECHOED_COLUMNS
from bigin_frames.model import MappedColumn

# Text that is neither re-formatted by a server nor long enough to swell the result.
_SHORT_TEXTS = frozenset({"text", "email", "phone", "website", "id", "lookup", "ownerlookup", "picklist"})


def identifying_order(columns: Sequence[MappedColumn], distinct: Sequence[int], key: str | None) -> list[int]:
    """Order columns so that the ones which tell rows apart best are echoed.

    The first three mapped columns come back with the verdicts (Bigin v1, bulk-write/download-result). The key goes
    first, then unique fields, then short texts before what a server may re-format or what would swell the result, then
    whatever has the most values.

    Parameters
    ----------
    columns : sequence of MappedColumn
    distinct : sequence of int
        Number of different values in each column.
    key : str or None
        API name of the ``find_by`` field.

    Returns
    -------
    list of int
        A permutation of the columns' positions; all but the first three keep their order.
    """

    def weight(i: int) -> tuple[bool, bool, bool, int, int]:
        described = columns[i].field
        return (
            described.api_name != key,
            not described.unique,
            described.data_type not in _SHORT_TEXTS,
            -distinct[i],
            i,
        )

    first = sorted(range(len(columns)), key=weight)[:ECHOED_COLUMNS]
    return first + [i for i in range(len(columns)) if i not in first]
