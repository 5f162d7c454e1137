"""Records are read in as few calls as the limits allow, and come back as text in the order of their ids."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.wire import JOB_ID, Wire, answer, client_on


def store(count):
    """Answer record calls from a store of ``count`` records with every field asked for; odd ids do not exist."""

    def respond(request):
        query = dict(part.split("=") for part in request.url.partition("?")[2].split("&"))
        ids = [i for i in query["ids"].split(",") if int(i) % 2 == 0]
        assert len(query["ids"].split(",")) <= 100
        assert len(query["fields"].split(",")) <= 50
        names = query["fields"].split(",")
        return answer({"data": [{**{name: f"{name}/{i}" for name in names}, "id": i} for i in reversed(ids)]})

    return respond


def test_records_keep_the_order_of_their_ids_and_leave_out_unknown_ones():
    wire = Wire(records=store(8))
    found = client_on(wire).records("Contacts", ["8", "3", "2", "8"], ["Email"])

    expected = pd.DataFrame({"id": ["8", "2"], "Email": ["Email/8", "Email/2"]}, dtype="string")
    pd.testing.assert_frame_equal(found, expected)


def test_records_of_many_ids_and_fields_are_requested_in_parts():
    wire = Wire(records=store(500))
    names = [f"F{i}" for i in range(120)]
    found = client_on(wire).records("Contacts", [str(i) for i in range(0, 500, 2)], names)

    assert len(wire.calls("records")) == 3 * 3
    assert list(found.columns) == ["id", *names]
    assert found["F119"].tolist() == [f"F119/{i}" for i in range(0, 500, 2)]


def test_record_that_vanishes_between_two_parts_has_no_row():
    first = answer({"data": [{"id": "1"}, {"id": "2"}]})
    wire = Wire(records=[first, answer({"data": [{"id": "2"}]})])
    found = client_on(wire).records("Contacts", ["1", "2"], [f"F{i}" for i in range(60)])

    assert found["id"].tolist() == ["2"]


def test_records_give_parts_of_lookups_by_name():
    body = {"data": [{"id": "1", "Owner": {"id": "5", "name": "Pat", "email": "p@x.example"}, "Amount": None}]}
    wire = Wire(records=answer(body))
    found = client_on(wire).records("Contacts", ["1"], ["Owner", "Owner.email", "Amount"])

    assert wire.calls("records")[0].url.endswith("fields=Owner,Amount")
    assert found.loc[0, ["Owner", "Owner.email"]].tolist() == ["5", "p@x.example"]
    assert found["Amount"].isna().tolist() == [True]


def test_records_keep_long_ids_and_numbers_as_text():
    body = b'{"data":[{"id":4876876000000890075,"Amount":19.90,"Zip":"0012","Name":"NA"}]}'
    found = client_on(Wire(records=answer(body))).records("Contacts", [JOB_ID], ["Amount", "Zip", "Name"])

    assert found.loc[0].tolist() == [JOB_ID, "19.90", "0012", "NA"]


@pytest.mark.parametrize("fields", [[], ["id"]])
def test_records_without_fields_have_their_ids(fields):
    found = client_on(Wire(records=store(2))).records("Contacts", ["2"], fields)

    assert (list(found.columns), found["id"].tolist()) == (["id"], ["2"])


def test_records_of_no_ids_need_no_call():
    wire = Wire()
    found = client_on(wire).records("Contacts", [], ["Email"])

    assert (list(found.columns), len(found), wire.sent) == (["id", "Email"], 0, [])
    assert [str(kind) for kind in found.dtypes] == ["string", "string"]


def test_records_that_do_not_exist_are_no_rows():
    assert len(client_on(Wire(records=answer(b"", 204))).records("Contacts", ["1"], ["Email"])) == 0
