"""The steps of a batch, from rows to verdicts: which function handles which state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.conclude import conclude
from bigin_frames.delivery.bulk.download import fetch, fresh_details
from bigin_frames.delivery.bulk.listen import forget
from bigin_frames.delivery.bulk.poll import follow
from bigin_frames.delivery.bulk.upload_and_create import submit, upload

Step = Callable[[Task, Batch, Gates], None]


def deliver(task: Task, batch: Batch, gates: Gates, steps: Mapping[State, Step] | None = None) -> None:
    """Move a batch as far as possible; errors of servers and networks are recorded, not raised.

    ``steps`` replaces `STEPS`, for example in a rehearsal without files.
    """
    steps = STEPS if steps is None else steps
    if batch.held:
        batch.held, batch.code, batch.refusal = False, None, None
        batch.job = batch.job and fresh_details(task, batch.job)  # a new address may work where the old one did not
    while batch.state in steps and not batch.held and not gates.closed_to(batch):
        steps[batch.state](task, batch, gates)
    if batch.state in ENDED:
        forget(task, batch)


STEPS: Final[dict[State, Step]] = {
    State.PREPARED: upload,
    State.UPLOADED: submit,
    State.SUBMITTED: follow,
    State.COMPLETED: fetch,
    State.JOB_FAILED: fetch,
    State.FETCHED: conclude,
}
