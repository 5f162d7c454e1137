"""What a job is asked to do: which column of the CSV fills which field, and in which module."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from bigin_frames.model import Field, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """The column of the CSV that a field is read from, or a constant (``index`` None, ``default`` given).

    ``format`` is a Java date pattern; ``find_by`` is the key of a lookup.
    """

    api_name: str
    label: str
    index: int | None = None
    find_by: str | None = None
    format: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """The contents of a create-job call, without the id of the uploaded file."""

    module: str
    operation: Operation
    mappings: tuple[FieldMapping, ...]
    file_name: str
    find_by: str | None = None
    ignore_empty: bool = True
    callback_url: str | None = field(default=None, repr=False)  # anybody who knows it can call it


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedColumn:
    """A column of the caller's frame, and the field it is written to.

    ``by`` is the key that a lookup column holds (None for other fields); ``default`` fills empty cells.
    """

    column: Hashable
    field: Field
    by: str | None = None
    default: str | None = None
