"""A layout, and how `settings/layouts` describes it; a layout of Pipelines is a team pipeline.

Bigin v2 docs, get-team-pipeline-records: a team pipeline's id is that of its layout. CRM v8 docs, layouts-meta, and its
OpenAPI for the keys: a pipeline's `maps` name the stages that it offers, `required` says what this layout needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bigin_frames.sandbox.metadata.fields import Field

PIPELINE, SUB_PIPELINE, STAGE = "Pipeline", "Sub_Pipeline", "Stage"
LAYOUT = "Layout"  # what a mapping calls the choice of a layout (CRM v7 docs, bulk-write/create-job); it is no field
LAYOUT_FIELD = Field(LAYOUT, "layout", LAYOUT, 19)


@dataclass(frozen=True)
class Layout:
    """One layout: its sub-pipelines with their stages, and the fields that only this layout requires."""

    id: str
    name: str
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    required: Sequence[str] = ()


def describe_layout(
    layout: Layout, fields: Sequence[dict[str, Any]], mandatory: set[str], *, stage_maps: bool
) -> dict[str, Any]:
    """Return one layout as `settings/layouts` lists it, from its module's described and mandatory fields."""
    required = mandatory | set(layout.required)
    shown = [
        _picklists(layout, described, fields, stage_maps)
        | {"required": described["api_name"] in required, "sequence_number": number, "section_id": 1}
        for number, described in enumerate(fields, 1)
    ]
    section = {"api_name": "Information", "display_label": "Information", "sequence_number": 1, "fields": shown}
    return {
        "id": layout.id,
        "name": layout.name,
        "display_label": layout.name,
        "status": "active",
        "visible": True,
        "sections": [section],
    }


def _picklists(
    layout: Layout, described: dict[str, Any], fields: Sequence[dict[str, Any]], stage_maps: bool
) -> dict[str, Any]:
    """Return the field with the values that this layout offers, a sub-pipeline's with its stages as `maps`."""
    name, values = described["api_name"], [value | {"maps": []} for value in described["pick_list_values"]]
    if name == SUB_PIPELINE and layout.stages:
        values = [value for value in values if value["actual_value"] in layout.stages]
        if stage_maps:
            stage = next(other for other in fields if other["api_name"] == STAGE)
            values = [value | {"maps": [_map(stage, layout.stages[value["actual_value"]])]} for value in values]
    elif name == STAGE and layout.stages:
        offered = {name for names in layout.stages.values() for name in names}
        values = [value for value in values if value["actual_value"] in offered]
    return described | {"pick_list_values": values}


def _map(stage: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    values = {value["actual_value"]: value for value in stage["pick_list_values"]}
    shown = [values[name] | {"sequence_number": number, "maps": []} for number, name in enumerate(names, 1)]
    return {"api_name": STAGE, "id": stage["id"], "pick_list_values": shown}
