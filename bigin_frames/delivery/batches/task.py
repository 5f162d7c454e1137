"""A task: what a run writes, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bigin_frames.client.client import Client
from bigin_frames.frames.encoding.encode import wire_format
from bigin_frames.job_request import FieldMapping, JobRequest, MappedColumn
from bigin_frames.model import Field, Operation

if TYPE_CHECKING:
    from bigin_frames.client.callback import Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything a run needs that does not change: client, module, operation, columns, and the caller's frame."""

    client: Client
    module: str
    operation: Operation
    frame: pd.DataFrame
    columns: tuple[MappedColumn, ...]
    constants: dict[str, str]
    key: Field | None
    labels: dict[str, str]
    ignore_empty: bool
    zone: str
    row_key: bool = False
    key_seed: str | None = None  # of row keys that were generated here
    callback: Callback | None = None

    @property
    def may_repeat(self) -> bool:
        """Return whether a batch may be sent again when it is unknown whether a job has it.

        The same update gives the same values, an upsert by a unique field finds what it added, and an insert with a
        key for each row skips the rows that are there.
        """
        if self.operation == "insert":
            return self.row_key
        return self.key is not None and self.key.unique

    def may_go_again(self, *, alone: bool) -> bool:
        """Return whether an unknown batch may be sent again later; ``alone``: no later run has touched the module.

        Values that were written since must not be overwritten; a row that is found by its key writes nothing.
        """
        return self.may_repeat and (alone or self.row_key)

    @property
    def fields(self) -> frozenset[str]:
        """Return the API names and labels of the fields that are written: what an error may name."""
        return frozenset(name for column in self.columns for name in (column.field.api_name, column.field.label))

    @property
    def names(self) -> list[str]:
        """Return the header of the CSV: the API names of the fields, in the order they are sent."""
        return [column.field.api_name for column in self.columns]

    def request(self, file_name: str, callback_url: str | None = None) -> JobRequest:
        """Return the create-job request of a batch: between batches only the file and the callback differ."""
        sent = [
            FieldMapping(
                api_name=column.field.api_name,
                label=column.field.label,
                index=i,
                find_by=column.by,
                format=wire_format(column.field),
            )
            for i, column in enumerate(self.columns)
        ]
        fixed = [FieldMapping(api_name=n, label=self.labels[n], default=v) for n, v in self.constants.items()]
        return JobRequest(
            module=self.module,
            operation=self.operation,
            mappings=(*sent, *fixed),
            file_name=file_name,
            find_by=self.key.api_name if self.key else None,
            ignore_empty=self.ignore_empty,
            callback_url=callback_url,
        )
