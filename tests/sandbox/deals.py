"""Deals: how tests read the team pipelines of a sandbox and write records of Pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller

SALES, RENEWALS, ONBOARDING = "Sales Pipeline Standard", "Renewals", "Onboarding Standard"
DEAL = ["Deal_Name", "Sub_Pipeline", "Stage"]
LAYOUTS_URL = "/bigin/v2/settings/layouts"


def layouts_of(caller: Caller, module: str = "Pipelines") -> dict[str, dict[str, Any]]:
    return {layout["name"]: layout for layout in caller.get(f"{LAYOUTS_URL}?module={module}").json()["layouts"]}


def fields_of(layout: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["api_name"]: field for field in layout["sections"][0]["fields"]}


def team_id(caller: Caller, name: str) -> str:
    return str(layouts_of(caller)[name]["id"])


def names_of(values: Sequence[Mapping[str, Any]]) -> list[str]:
    return [value["actual_value"] for value in values]


def write_deals(caller: Caller, header: Sequence[str], *rows: Sequence[str], **options: Any) -> list[str]:
    """Write rows of Pipelines and return each one's errors, or its status where it has none."""
    result = caller.run(header, rows, **({"module": "Pipelines"} | options))
    return [error or status for status, error in zip(result.column("STATUS"), result.column("ERRORS"), strict=True)]


def stored_teams(box: Sandbox, caller: Caller) -> list[str]:
    names = {layout["id"]: name for name, layout in layouts_of(caller).items()}
    return [names[record["Pipeline"]] for record in box.records("Pipelines")]
