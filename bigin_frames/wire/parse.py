"""The answers of each call as values of the model; an answer of another shape is refused, never guessed at."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from bigin_frames.model import Field, Job, Layout, Module, Org, SubPipeline
from bigin_frames.wire.answer import Json, code_word, success, unreadable, unwrapped
from bigin_frames.wire.message import Response


def org(response: Response) -> Org:
    """Read the organisation; there must be exactly one, because rows are written to it."""
    found = success("org", response)
    listed = found.get("org")
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], Json):
        raise unreadable("org", response, "it does not name exactly one organisation")
    one = listed[0]
    org_id, zgid = _id(one.get("id")), _id(one.get("zgid"))
    if org_id is None or zgid is None:
        raise unreadable("org", response, "the organisation has no id or no zgid")
    return Org(
        id=org_id,
        zgid=zgid,
        company_name=_text(one, "company_name"),
        time_zone=_text(one, "time_zone"),
        edition=_edition(_object(one, "license_details")),
    )


def _edition(licence: Json) -> str:
    """Return the plan in Bigin's own words (a live answer has "free" and "biginpremier"; no page lists them)."""
    paid, trial = _text(licence, "paid_type"), _text(licence, "trial_type")
    return ", ".join(filter(None, (paid, trial and f"trial of {trial}")))


def modules(response: Response) -> tuple[Module, ...]:
    """Read the modules in Bigin's order."""
    return tuple(
        Module(
            api_name=_text(one, "api_name"),
            label=_text(one, "plural_label") or _text(one, "api_name"),
            api_supported=one.get("api_supported") is True,
            creatable=one.get("creatable") is True,
            editable=one.get("editable") is True,
        )
        for one in _listed("modules", "modules", response)
    )


def fields(response: Response) -> tuple[Field, ...]:
    """Read a module's fields in Bigin's order.

    A field is writable where ``view_type`` says so, and not where it says nothing (live Contacts metadata).
    """
    if response.status == 204:  # nothing to list: no body
        return ()
    return tuple(_field(one) for one in _listed("fields", "fields", response))


def _field(one: Json) -> Field:
    views = _object(one, "view_type")
    return Field(
        api_name=_text(one, "api_name"),
        label=_text(one, "field_label") or _text(one, "display_label") or _text(one, "api_name"),
        data_type=_text(one, "data_type"),
        length=_count(one.get("length")),
        decimals=_count(one.get("decimal_place")),
        mandatory=one.get("system_mandatory") is True,
        unique=bool(_object(one, "unique")),  # {} or {"casesensitive": "0"}: the keys differ between versions
        creatable=views.get("create") is True,
        editable=views.get("edit") is True,
        custom=one.get("custom_field") is True,
        picklist=_picklist(one.get("pick_list_values")),
        lookup_module=_module_name(_object(one, "lookup").get("module")),
    )


def _picklist(listed: Any) -> tuple[str, ...]:
    """Return the values in use, unchanged: cells are compared with them."""
    return tuple(name for name, _ in _choices(listed))


def _choices(listed: Any) -> list[tuple[str, Json]]:
    used = [one for one in _objects(listed) if one.get("type") != "unused"]
    values = [(one.get("actual_value") or one.get("display_value"), one) for one in used]
    return [(name, one) for name, one in values if isinstance(name, str) and name not in ("", "-None-")]


def layouts(response: Response) -> tuple[Layout, ...]:
    """Read a module's layouts in Bigin's order (CRM v8, layouts-meta; Bigin's own page has the same shape)."""
    if response.status == 204:  # nothing to list: no body
        return ()
    listed = success("layouts", response).get("layouts")
    if not isinstance(listed, list) or not all(isinstance(one, Json) and _id(one.get("id")) for one in listed):
        raise unreadable("layouts", response, "it has no list of layouts with ids")
    if not all(isinstance(one.get("sections"), list) for one in listed):
        raise unreadable("layouts", response, "a layout has no list of sections")
    return tuple(_layout(one) for one in listed)


def _layout(one: Json) -> Layout:
    listed = [field for section in _objects(one["sections"]) for field in _objects(section.get("fields"))]
    fields = {_text(field, "api_name"): field for field in listed if field.get("type") != "unused"}
    needed = [name for name, field in fields.items() if True in (field.get("required"), field.get("system_mandatory"))]
    return Layout(
        id=_id(one["id"]) or "",
        name=_text(one, "display_label") or _text(one, "name"),
        active=one.get("visible") is not False and _text(one, "status").lower() != "inactive",
        required=tuple(name for name in needed if name),
        sub_pipelines=_sub_pipelines(fields.get("Sub_Pipeline", Json()), fields.get("Stage", Json())),
    )


def _sub_pipelines(sub_pipeline: Json, stage: Json) -> tuple[SubPipeline, ...]:
    """Return what a layout offers: the stages in a value's ``maps``, else those of the layout's own field."""
    every = _picklist(stage.get("pick_list_values"))
    offered = _choices(sub_pipeline.get("pick_list_values"))
    return tuple(SubPipeline(name, _stages(value) or every) for name, value in offered)


def _stages(value: Json) -> tuple[str, ...]:
    maps = [one for one in _objects(value.get("maps")) if one.get("api_name") == "Stage"]
    return _picklist(maps[0].get("pick_list_values")) if maps else ()


def _listed(call: str, key: str, response: Response) -> list[Json]:
    """Return the objects under ``key``; each must have an ``api_name``, by which it is named."""
    listed = success(call, response).get(key)
    if not isinstance(listed, list) or not all(isinstance(one, Json) and _text(one, "api_name") for one in listed):
        raise unreadable(call, response, f"it has no list of {key} with api names")
    return listed


def file_id(response: Response) -> str:
    """Read the id of the uploaded file (Bigin v2, bulk-write/upload-file)."""
    return _created("upload", "file_id", response)


def job_id(response: Response) -> str:
    """Read the id of the created job (Bigin v2, bulk-write/create-job)."""
    return _created("create", "id", response)


def _created(call: str, key: str, response: Response) -> str:
    found = unwrapped(success(call, response))
    made = _id(_object(found, "details").get(key))
    if found.get("status") != "success" or made is None:
        raise unreadable(call, response, f"it does not report success with a numeric {key}")
    return made


def job(response: Response, asked_id: str) -> Job:
    """Read the state of a job (Bigin v2, bulk-write/job-details); an answer about another job is refused."""
    found = unwrapped(success("job", response))
    status = re.sub(r"[\s_-]", "", _text(found, "status")).upper()  # samples say INPROGRESS, prose IN PROGRESS
    status = status if re.fullmatch(r"[A-Z]{1,32}", status) else status and "UNREADABLE"  # it is logged: words only
    if not status or _id(found.get("id")) != asked_id:
        raise unreadable("job", response, "it has no status, or is about another job")
    listed = found.get("resource")
    resource = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Json) else Json()
    file = _object(resource, "file")
    return Job(
        id=asked_id,
        status=status,
        module=_module_name(resource.get("module")),
        operation=_text(found, "operation") or None,
        file_name=_text(file, "name") or None,
        code=code_word(resource.get("code")),
        added=_count(file.get("added_count")),
        updated=_count(file.get("updated_count")),
        skipped=_count(file.get("skipped_count")),
        total=_count(file.get("total_count")),
        result_url=_address(_object(found, "result").get("download_url")),
        callback_url=_text(_object(found, "callback"), "url") or None,
    )


def _address(value: Any) -> str | None:
    # Not cleaned: an address with control characters must be refused when it is checked.
    return value if isinstance(value, str) and value else None


def result_zip(response: Response) -> bytes:
    """Return the body of a download if it is a zip; `unzip` checks whether the zip is valid."""
    if response.status == 200 and response.body.startswith(b"PK"):
        return response.body
    success("download", response)
    raise unreadable("download", response, "it is JSON instead of a zip")


def records(response: Response, call: str = "records") -> list[dict[str, str | None]]:
    """Read records as flat texts: one dict per record, with ``id`` among its keys.

    A lookup becomes its id under the field's own name, and each of its parts under ``Field.part``
    (``Owner.email``). A list is joined with ``;`` as the CSV does. Null and absent are None.
    """
    if response.status == 204:  # nothing found: no body (CRM v7, get-records)
        return []
    found = success(call, response)
    listed, info = found.get("data"), _object(found, "info")
    whole = isinstance(listed, list) and all(isinstance(one, Json) and _id(one.get("id")) for one in listed)
    if not whole or info.get("more_records") is True:
        raise unreadable(call, response, "it has no complete list of records with ids")
    return [_flat(one) for one in listed or ()]


def _flat(record: Json) -> dict[str, str | None]:
    flat: dict[str, str | None] = {}
    for name, value in record.items():
        flat[name] = cell_text(value)
        if isinstance(value, Json):
            flat.update({f"{name}.{part}": cell_text(inner) for part, inner in value.items()})
    return flat


def cell_text(value: Any) -> str | None:
    """Return a JSON value as the text a CSV cell would hold, numbers without exponent, None for null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return cell_text(value.get("id", value.get("name")))
    if isinstance(value, list):
        return ";".join(text for text in map(cell_text, value) if text is not None)
    if isinstance(value, Decimal) and abs(value.adjusted()) < 40:
        return format(value, "f")
    return str(value)


def _id(value: Any) -> str | None:
    """Return an id as text: digits, or a JSON integer; never a fraction, which has already lost digits."""
    if isinstance(value, int):
        value = str(value)
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{1,32}", value, re.ASCII) else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _count(value: Any) -> int | None:
    return value if _is_count(value) else None


def _text(found: Json, key: str) -> str:
    """Return a text of the answer without control characters, cut at `_MAX_TEXT`, "" if there is none."""
    value = found.get(key)
    return "".join(filter(str.isprintable, value))[:_MAX_TEXT] if isinstance(value, str) else ""


_MAX_TEXT: Final = 2048


def _object(found: Json, key: str) -> Json:
    value = found.get(key)
    return value if isinstance(value, Json) else Json()


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, Json)] if isinstance(value, list) else []


def _module_name(value: Any) -> str | None:
    """Return a module's api name, which is an object in newer answers and a plain text in older ones."""
    if isinstance(value, Json):
        value = value.get("api_name")
    return value if isinstance(value, str) and value else None
