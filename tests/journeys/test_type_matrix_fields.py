"""Every data type once more, for cases that do not depend on the value: empty cells, missing keys, read-only fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.metadata import Metadata
from bigin_frames.model import OPERATIONS, Operation
from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller
from tests.support.type_matrix.columns import COLUMNS, NEVER, VALUES
from tests.support.type_matrix.kinds import DTYPES
from tests.support.type_matrix.matrix import QUICK, sent_raw

# -- empty cells, where a stored or a mandatory value is at stake

EMPTY = [None, float("nan"), pd.NA, pd.NaT, Decimal("NaN"), "", []]
BLANK = [" ", "\t\n", "\u00a0", "\u3000"]
# The local Bigin keeps blanks in a mandatory field of text; to a person who looks at the record it is empty.
BLANKS_KEPT = {"text", "textarea", "picklist", "multiselectpicklist"}
ONE_A_TYPE = [name for name, column in COLUMNS.items() if column.pool and column.by in (None, "id") and name != "id"]


class Stored:
    """Records of Accounts that fill an optional field O and a mandatory field M of one type.

    Bigin's field list does not say which custom fields a layout requires (system_mandatory is about its own fields), so
    the metadata we check by says it.
    """

    def __init__(self, box: Sandbox, name: str) -> None:
        self.box, column = box, COLUMNS[name]
        self.facts = {"find_by": column.by}  # what a mapping says about the field apart from its name
        self.text = str(VALUES[name]["valid"][0])
        for field in ("O", "M"):
            box.add_field("Accounts", field, column.data_type, mandatory=field == "M", **column.facts)
        self.empty = [cell for cell in EMPTY if cell != [] or name == "multiselectpicklist"]
        filled = {"O": self.text, "M": self.text}
        self.ids = [box.add_record("Accounts", {"Account_Name": str(n), **filled}) for n in range(len(self.empty))]
        client = box.client()
        fields = [
            replace(field, mandatory=field.mandatory or field.api_name == "M") for field in client.fields("Accounts")
        ]
        self.source = {"client": client, "metadata": Metadata(client.org(), {"Accounts": tuple(fields)})}

    def frame(self, *fields: str) -> pd.DataFrame:
        return pd.DataFrame({"id": self.ids, **dict.fromkeys(fields, objects(self.empty))})

    def cells(self) -> set[tuple[str | None, str | None]]:
        return {(record.get("O"), record.get("M")) for record in self.box.records("Accounts")}


def objects(cells: Sequence[Any]) -> pd.Series:
    return DTYPES["object"][0](cells)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(behaviour=QUICK) as running:
        yield running


@pytest.mark.parametrize("name", ONE_A_TYPE)
def test_an_empty_cell_of_a_mandatory_field_is_refused_by_both(box: Sandbox, name: str) -> None:
    stored = Stored(box, name)
    cells = [*stored.empty, *BLANK]
    frame = pd.DataFrame({"Account_Name": [str(n) for n in range(len(cells))], "M": objects(cells)})
    report = frame.bigin.check("Accounts", **stored.source)
    rows = [[str(n), text] for n, text in enumerate(["", *BLANK])]

    assert report.mask.all()
    assert set(report.errors[: len(stored.empty)]) == {"MANDATORY_NOT_FOUND-M"}
    assert sent_raw(box, "Accounts", ["Account_Name", "M"], rows, stored.facts) == (
        set(BLANK) if name in BLANKS_KEPT else set()
    )


@pytest.mark.parametrize("name", ONE_A_TYPE)
def test_an_empty_cell_keeps_or_clears_what_is_stored(box: Sandbox, name: str) -> None:
    stored, update = Stored(box, name), {"operation": "update", "find_by": "id"}
    kept = stored.frame("O", "M").bigin.update("Accounts", find_by="id", **stored.source)
    assert set(kept["Status"]) == {"UPDATED"}
    assert stored.cells() == {(stored.text, stored.text)}

    report = stored.frame("M").bigin.check("Accounts", **update, empty="clear", **stored.source)
    assert report.mask.all()
    rows = [[one, ""] for one in stored.ids]
    assert sent_raw(box, "Accounts", ["id", "M"], rows, stored.facts, **update) == set()

    cleared = stored.frame("O").bigin.update("Accounts", find_by="id", empty="clear", **stored.source)
    assert set(cleared["Status"]) == {"UPDATED"}
    assert stored.cells() == {(None, stored.text)}


@pytest.mark.parametrize("data_type", ["text", "email", "phone", "integer", "bigint"])
def test_a_row_without_its_key_is_refused_even_if_an_upsert_would_add_it(box: Sandbox, data_type: str) -> None:
    # Sent, it would be added again in every run: only the key makes an upsert safe to repeat.
    box.add_field("Contacts", "K", data_type, unique=True)
    frame, taken = pd.DataFrame({"Last_Name": "A", "K": objects(EMPTY[:-1])}), {}
    for verb in ("update", "upsert"):
        report = frame.bigin.check("Contacts", verb, find_by="K", client=box.client())
        assert report.mask.all()
        taken[verb] = sent_raw(box, "Contacts", ["Last_Name", "K"], [["A", ""]], {}, operation=verb, find_by="K")

    assert taken == {"update": set(), "upsert": {""}}


# -- what is refused completely


@pytest.mark.parametrize("data_type", NEVER)
def test_a_type_that_a_cell_cannot_fill_is_refused_with_its_mapping(box: Sandbox, data_type: str) -> None:
    box.add_field("Contacts", "X", data_type)
    for operation in OPERATIONS:
        with pytest.raises(bf.MappingError, match=NEVER[data_type]):
            _one_row(box, "X", operation)

        assert (_raw_status(box, "X", operation) == 201) is (data_type in TAKEN_AS_TEXT)


# CRM v7, bulk-write/create-job, maps a user and a layout; what their cells may contain is for Bigin to decide.
TAKEN_AS_TEXT = ("userlookup", "layout")


@pytest.mark.parametrize(
    "field",
    ["Created_Time", "Created_By", "Full_Name", "Unsubscribed_Mode", "Record_Creation_Source_ID__s", "Record_Image"],
)
def test_a_read_only_field_is_refused_with_its_mapping(box: Sandbox, field: str) -> None:
    for operation in OPERATIONS:
        with pytest.raises(bf.MappingError, match="cannot be written"):
            _one_row(box, field, operation)

        assert _raw_status(box, field, operation) == 400


def _one_row(box: Sandbox, field: str, operation: Operation) -> Any:
    frame = pd.DataFrame({"Last_Name": ["A"], "Email": ["a@b.co"], field: ["1"]})
    find_by = None if operation == "insert" else "Email"
    return frame.bigin.check("Contacts", operation, find_by=find_by, client=box.client())


def _raw_status(box: Sandbox, field: str, operation: Operation) -> int:
    caller = Caller(box)
    find_by = None if operation == "insert" else "Email"
    body = caller.body(["Last_Name", "Email", field], [["A", "a@b.co", "1"]], operation, find_by=find_by)
    status = caller.create(body).status_code
    caller.session.close()
    return int(status)
