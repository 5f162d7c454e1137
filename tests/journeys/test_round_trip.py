"""Every cell of a frame, in any dtype, is what the sandbox stores at the end."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyarrow as pa
from hypothesis import assume, event, given

import bigin_frames as bf
from bigin_frames.frames.encoding.encode import decode
from bigin_frames.sandbox import Behaviour, Sandbox
from tests.support.frames_strategy import Case, expected, frames

TYPES = ("text", "textarea", "integer", "bigint", "double", "currency", "percent", "boolean", "date", "datetime")
QUICK = Behaviour(polls_added=0, polls_in_progress=0)


@given(frames(min_rows=1, data_types=TYPES, max_columns=4))
def test_stored_text_reads_back_as_the_values_sent(case: Case) -> None:
    assume(
        all("string_view" not in str(dtype) for dtype in case.frame.dtypes)
    )  # pandas itself cannot print or compare it
    frame = case.frame.assign(row_name=[f"Row {i}" for i in range(len(case.frame))])
    with Sandbox(behaviour=QUICK) as box:
        for name, field in case.fields.items():
            box.add_field("Contacts", name, data_type=field.data_type)
        named = {name: name for name in case.fields} | {"row_name": "Last_Name"}
        out = bf.insert(
            frame,
            "Contacts",
            columns=named,
            on_invalid="skip",
            on_error="ignore",
            client=box.client(),
            progress=False,
            formulas="off",
        )
        stored = {record["id"]: record for record in box.records("Contacts")}

    assert set(out["Status"]) <= {"ADDED", "INVALID"}
    pd.testing.assert_frame_equal(out[frame.columns], frame)
    written = [(row, stored[i]) for row, i in enumerate(out["ID"]) if not pd.isna(i)]
    assert len(written) == len(stored) == (out["Status"] == "ADDED").sum()
    event(f"{len(written)} of {len(frame)} rows written")
    for name, field in case.fields.items():
        texts = pa.array([record.get(name) for _, record in written], pa.large_string())
        read = [None if pd.isna(value) else value for value in decode(texts, field)]
        assert read == [expected(case.values[name][row], field.data_type) for row, _ in written]
    assert [record["Last_Name"] for _, record in written] == [f"Row {row}" for row, _ in written]


@given(frames(min_rows=1, data_types=("text",), max_columns=1))
def test_rows_stay_their_own_when_the_service_shuffles(case: Case) -> None:
    frame = case.frame.assign(row_name=[f"Row {i}" for i in range(len(case.frame))])
    with Sandbox(behaviour=replace(QUICK, result_rows="shuffled", echo_columns="hash", echo_text="trimmed")) as box:
        box.add_field("Contacts", "Field_0", data_type="text")
        named = {"Field_0": "Field_0", "row_name": "Last_Name"}
        out = bf.insert(frame, "Contacts", columns=named, client=box.client(), progress=False, formulas="off")
        stored = {record["id"]: record["Last_Name"] for record in box.records("Contacts")}

    assert [stored[i] for i in out["ID"]] == list(frame["row_name"])
