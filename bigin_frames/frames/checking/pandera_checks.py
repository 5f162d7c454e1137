"""The rules of Bigin's fields as registered checks of pandera, so that a schema with them can be saved and read.

Importing this module registers them: then ``pandera.DataFrameSchema.from_yaml`` knows the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any, Final

import pandas as pd
import pandera.pandas as pandera
from pandera.extensions import register_check_method

from bigin_frames.frames.encoding.texts import encoded_cells
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.frames.rules.rule import Rule, none_failing
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import INVALID_DATA, Field

PREFIX: Final = "bigin_"


KIND: Final = Rule(
    "kind", INVALID_DATA, "is of a kind that the field does not accept, or would lose something", {}, none_failing
)
# The metadata of its field that a rule of each name depends on, apart from the data type.
STATED: Final[dict[str, tuple[str, ...]]] = {
    "kind": (),
    "mandatory": (),
    "max_length": ("max_length",),
    "email": (),
    "phone": (),
    "website": (),
    "id": (),
    "max_digits": ("max_digits",),
    "int64": ("max_digits",),
    "max_decimals": ("max_decimals",),
    "no_choice": (),
    "picklist": ("values",),
}
_CONTEXT: Final = ("data_type", "by", "zone")


def check_of(rule: Rule, column: MappedColumn, zone: str) -> pandera.Check:
    """Return a rule of a column as pandera's check; its statistics are enough to build it again."""
    field, stated = column.field, {name: rule.statistics.get(name) for name in STATED[rule.name]}
    if rule.name == "int64":
        stated["max_digits"] = field.length
    if "values" in stated:
        stated["values"] = list(field.picklist)
    context = {"data_type": field.data_type, "by": column.by, "zone": zone}
    make = getattr(pandera.Check, PREFIX + rule.name)
    made: pandera.Check = make(**context, **stated, error=rule.words, ignore_na=False)
    return made


def _rule(name: str, data_type: str, by: str | None, stated: dict[str, Any]) -> tuple[Rule, MappedColumn]:
    field = Field(
        api_name=name,
        label=name,
        data_type=data_type,
        length=stated.get("max_length", stated.get("max_digits")),
        decimals=stated.get("max_decimals"),
        picklist=tuple(stated.get("values", ())),
    )
    column = MappedColumn(column=name, field=field, by=by)
    rules = (KIND, *rules_for(column, "upsert", key=True))
    return next(rule for rule in rules if rule.name == name), column


def _passing(name: str) -> Callable[..., pd.Series]:
    def passes(cells: pd.Series, *, data_type: str, by: str | None, zone: str, **stated: Any) -> pd.Series:
        rule, column = _rule(name, data_type, by, stated)
        encoded = encoded_cells(cells, column, zone)
        failing = rule.failing(encoded.text)
        for fault in encoded.faults:
            failing[fault.positions] = name == "kind"
        return pd.Series(~failing, index=cells.index)

    return passes


def _register(name: str, stated: Sequence[str]) -> None:
    passes: Any = _passing(name)
    passes.__name__ = PREFIX + name
    given = [Parameter(one, Parameter.KEYWORD_ONLY, default=None) for one in (*_CONTEXT, *stated)]
    passes.__signature__ = Signature([Parameter("cells", Parameter.POSITIONAL_ONLY), *given])  # which pandera reads
    register_check_method(passes, statistics=[*_CONTEXT, *stated])


for _name, _names in STATED.items():
    if not hasattr(pandera.Check, PREFIX + _name):  # reloaded
        _register(_name, _names)
