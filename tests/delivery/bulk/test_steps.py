"""The steps take a batch from rows to verdicts, through the states in their order."""

from __future__ import annotations

from bigin_frames.delivery.batches.states import State
from bigin_frames.model import Job
from tests.support.fake_batch import run, smooth
from tests.support.fake_client import done


def test_batch_goes_from_rows_to_verdicts() -> None:
    client = smooth(job=[Job(id="11", status="ADDED"), Job(id="11", status="INPROGRESS"), done()])
    batch = run(client)

    table = batch.verdicts(moving=False)
    assert table.astype(object).where(table.notna(), None).values.tolist() == [
        ["21", "ADDED", None],
        [None, "SKIPPED", "INVALID_DATA-Last_Name"],
    ]
    assert [state for state, _ in batch.events] == [
        State.UPLOADED, State.SUBMITTING, State.SUBMITTED, State.COMPLETED, State.FETCHED, State.MERGED,
    ]  # fmt: skip
    (file_name, _), (request, file_id) = client.calls["upload"][0], client.calls["create"][0]
    assert file_name == f"{request.file_name}.zip"
    assert request.file_name.startswith("bf-0123abcd-0000-")
    assert file_id == "5"
