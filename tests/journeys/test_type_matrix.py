"""Every data type x condition x dtype: our verdict on a cell, compared with the local Bigin's on its raw text.

What we call valid, Bigin writes and stores; what Bigin refuses, we had refused before. The raw text of a
cell is what a naive script would write (`type_matrix.verdicts.raw_text`). What still differs is, with its
reason, in the literal lists of `type_matrix.listed`, and nothing else may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from bigin_frames.frames import cell_kinds
from bigin_frames.frames.encoding import encode
from bigin_frames.frames.field_types import CHOICE_TYPES, DECIMAL_TYPES, LOOKUP_TYPES, TEXT_TYPES, WHOLE_TYPES
from bigin_frames.frames.mapping import writable
from bigin_frames.sandbox import Behaviour, Sandbox
from tests.support.type_matrix.columns import BAD, COLUMNS, DOCUMENTED, GOOD, HAS_NO, NEVER, VALUES
from tests.support.type_matrix.kinds import DTYPES, POOL, Cell, cells_of
from tests.support.type_matrix.listed import LISTED, Listed, covers
from tests.support.type_matrix.matrix import QUICK, Column, differences
from tests.support.type_matrix.verdicts import (
    ALTERED,
    BY_DTYPE,
    NOBODY_REFUSES,
    NOBODY_TAKES,
    REFUSED_HERE,
    SENT_IN_VAIN,
    Verdicts,
    disagreement,
    held,
    meant,
)

Difference = tuple[str, str, str]


def asked(name: str, behaviour: Behaviour = QUICK) -> list[Difference]:
    """Return (condition, label, what differs) of each difference in a column of the matrix."""
    with Sandbox(behaviour=behaviour) as box:
        found = differences(Column(box, name))
    return sorted((*cell, how) for cell, hows in found.items() for how in hows)


def unlisted(name: str, found: list[Difference], listed: Sequence[Listed] = LISTED) -> list[Difference]:
    return [one for one in found if not any(covers(entry, name, *one) for entry in listed)]


def unneeded(name: str, found: list[Difference], listed: Sequence[Listed] = LISTED) -> list[Listed]:
    """Return the entries about a column that no longer apply to any of its cells."""
    return [entry for entry in listed if name in entry.of and not any(covers(entry, name, *one) for one in found)]


@pytest.mark.parametrize("name", COLUMNS)
def test_our_verdict_is_bigins_but_for_what_is_listed(name: str) -> None:
    found = asked(name)

    assert unlisted(name, found) == []
    assert unneeded(name, found) == []


# -- the matrix is complete


def test_every_data_type_has_its_cells() -> None:
    written = TEXT_TYPES | WHOLE_TYPES | DECIMAL_TYPES | LOOKUP_TYPES | CHOICE_TYPES
    written |= set(encode._FAMILIES) | writable._WRITABLE_TYPES
    filled = {column.data_type for column in COLUMNS.values() if column.pool}

    assert filled == written
    assert filled | set(NEVER) == written | set(writable._UNWRITABLE_TYPES) | set(DOCUMENTED)
    assert not filled & set(NEVER)


def test_every_condition_has_values_or_is_known_to_have_none() -> None:
    missing = {
        condition: tuple(name for name in COLUMNS if not any(c.condition == condition for c in _cells(name)))
        for condition in (*GOOD, *BAD)
    }

    assert set(VALUES) == set(COLUMNS)
    assert {condition: names for condition, names in missing.items() if names} == HAS_NO


def _cells(name: str) -> list[Cell]:
    return [cell for cells in cells_of(name).values() for cell in cells]


def test_every_kind_of_value_is_tried_with_every_data_type() -> None:
    found = {cell_kinds.parts(pd.Series([value], dtype=object))[0].kind for value in POOL}

    assert {name for name, _ in cell_kinds._KINDS} - {"float32"} <= found  # an object column's parts call it float
    assert {kind for _, kind in encode._WRITERS} <= found
    assert {kind for name in COLUMNS for kind in cells_of(name) if COLUMNS[name].pool} == set(DTYPES)


def test_the_matrix_has_thousands_of_cells() -> None:
    counted = {name: sum(len(cells) * len(DTYPES[kind]) for kind, cells in cells_of(name).items()) for name in COLUMNS}

    assert min(counted.values()) > 200
    assert sum(counted.values()) > 20_000


# -- it notices


RIGHT = Verdicts(accepted=True, written=True, same=True, raw_taken=True)
WRONG = Verdicts(accepted=False, written=False, same=False, raw_taken=False)


@pytest.mark.parametrize(
    ("condition", "verdicts", "expected"),
    [
        *((condition, RIGHT, None) for condition in (*GOOD, "any")),
        *((condition, WRONG, None) for condition in (*BAD, "any")),
        *((condition, RIGHT, NOBODY_REFUSES) for condition in BAD),
        *((condition, WRONG, NOBODY_TAKES) for condition in GOOD),
        *((condition, replace(RIGHT, written=False), SENT_IN_VAIN) for condition in (*GOOD, *BAD, "any")),
        *((condition, replace(RIGHT, same=False), ALTERED) for condition in (*GOOD, *BAD, "any")),
        *((condition, replace(WRONG, raw_taken=True), REFUSED_HERE) for condition in (*GOOD, *BAD, "any")),
        ("any", replace(RIGHT, raw_taken=False), None),  # we wrote it otherwise than str() does
    ],
)
def test_the_comparator_names_each_kind_of_disagreement(
    condition: str, verdicts: Verdicts, expected: str | None
) -> None:
    assert disagreement(condition, verdicts) == expected


@pytest.mark.parametrize(
    ("name", "cell", "stored"),
    [
        ("text", "007", "7"),
        ("text", " a", "a"),
        ("text", "a", None),
        ("text", None, "nan"),
        ("bigint", 2**53 + 1, str(2**53)),
        ("double", 0.1, "0.10000001"),
        ("boolean", True, "false"),
        ("date", datetime(2024, 2, 29), "2024-02-28"),
        ("datetime", "2024-02-29 10:00:00", "2024-02-29T10:00:00+00:00"),
        ("datetime in New York", datetime(2024, 2, 29, 10), "2024-02-29T10:00:00+05:30"),
        ("multiselectpicklist", ["A", "1"], "1;A"),
    ],
)
def test_a_value_that_is_stored_otherwise_is_noticed(name: str, cell: Any, stored: str | None) -> None:
    assert held(stored, COLUMNS[name]) != meant(cell, COLUMNS[name])


@pytest.mark.parametrize(
    ("name", "choices", "expected"),
    [
        ("text of 3", {"over_length": "truncated"}, ("too long", "text 'abcd'", REFUSED_HERE)),
        ("phone", {"phone_form": "digits"}, ("valid", "text '1-800-FLOWERS'", SENT_IN_VAIN)),
    ],
)
def test_a_bigin_of_other_behaviour_is_noticed(name: str, choices: dict[str, Any], expected: Difference) -> None:
    assert expected in unlisted(name, asked(name, replace(QUICK, **choices)))


def test_a_list_that_covers_too_little_or_too_much_is_noticed() -> None:
    found = [("any", "text '+5'", REFUSED_HERE), ("valid", "text '5'", REFUSED_HERE), ("any", "text '5'", BY_DTYPE)]
    broad = Listed("integer, bigint", (r"text .*",), REFUSED_HERE, "a pattern that covers right cells too")
    idle = replace(broad, how=SENT_IN_VAIN)

    assert unlisted("integer", found, [broad]) == found[1:]
    assert unlisted("percent", found, [broad]) == found
    assert unneeded("integer", found, [broad, idle]) == [idle]
