"""Mappings of a small Contacts module, and the errors of those that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from bigin_frames.errors import BiginError, MappingError
from bigin_frames.frames.mapping.columns import Mapped, map_columns
from bigin_frames.model import Field, Operation
from tests.support.contacts import CONTACTS


def mapped(
    labels: Any,
    operation: Operation = "insert",
    *,
    fields: Sequence[Field] = CONTACTS,
    module: str = "Contacts",
    **options: Any,
) -> Mapped:
    return map_columns(pd.Index(labels), fields, module=module, operation=operation, **options)


def refusal(labels: Any, operation: Operation = "insert", kind: type[BiginError] = MappingError, **options: Any) -> Any:
    with pytest.raises(kind) as caught:
        mapped(labels, operation, **options)
    return caught.value
