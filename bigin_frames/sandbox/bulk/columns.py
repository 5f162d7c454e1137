"""A job's columns: its mappings, or the header row where it has none, become the columns that a judge works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.bulk.lookups import lookup_check
from bigin_frames.sandbox.files.sheets import BadFile, Sheet
from bigin_frames.sandbox.metadata.fields import ID, ID_FIELD, Field
from bigin_frames.sandbox.metadata.layouts import LAYOUT, LAYOUT_FIELD, PIPELINE, Layout
from bigin_frames.sandbox.metadata.standard import BULK_FORBIDDEN, MATCH_FIELDS
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.cells import Check, make_check
from bigin_frames.sandbox.verdicts.findings import Column
from bigin_frames.sandbox.verdicts.judge import Judge
from bigin_frames.sandbox.verdicts.known import Known
from bigin_frames.sandbox.verdicts.places import PLACE, Placing

MAX_COLUMNS = 200  # Bigin v1 docs, bulk-write/limitations


def make_judge(store: Store, body: Mapping[str, Any], sheet: Sheet, behaviour: Behaviour, now: float) -> Judge:
    """Return the judge for a job's rows; raise `BadFile` if the file lacks what the job needs."""
    module = body["module"]
    if len(sheet.header) > MAX_COLUMNS:
        raise BadFile("HEADER_LIMIT_EXCEEDED")
    mappings = body["mappings"] or auto_mappings(store, module, sheet.header)
    if any((mapping["index"] or 0) >= len(sheet.header) for mapping in mappings):
        raise BadFile("COLUMN_INDEX_NOT_FOUND")
    fields = judged_fields(store, module)
    columns = [
        _column(
            mapping,
            fields,
            sheet.header,
            behaviour,
            lambda field, key: lookup_check(store, module, field, key, behaviour, now),
        )
        for mapping in mappings
    ]
    missing = unmapped(store, body, mappings, behaviour)
    if missing and behaviour.missing_mandatory != "skipped rows":
        raise BadFile("MANDATORY_FIELDS_NOT_MAPPED")
    ids = store.reserve(len(sheet.rows))
    known = _known(store, module, columns, body["find_by"], behaviour)
    return Judge(
        body["operation"],
        columns,
        known,
        behaviour,
        new_id=lambda: next(ids),
        find_by=body["find_by"],
        ignore_empty=body["ignore_empty"],
        mandatory_unmapped=missing,
        least_cells=len(sheet.header) if behaviour.short_rows == "unprocessed" else 0,
        place=_placing(store, body, columns, known, behaviour),
    )


def judged_fields(store: Store, module: str) -> dict[str, Field]:
    """Return what a mapping can name: the module's fields, the record id and the layout."""
    fields = {name: field for name, (_, field) in store.fields(module).items()}
    return fields | {ID: ID_FIELD, LAYOUT: LAYOUT_FIELD}


def auto_mappings(store: Store, module: str, header: Sequence[str]) -> list[dict[str, Any]]:
    """Return the mappings that a header row means: api names, and Account_Name.id for a lookup's parent field."""
    fields = {name: field for name, (_, field) in store.fields(module).items()}
    found = []
    for index, text in enumerate(header):
        name, _, parent = text.partition(".")
        if text != ID and (name not in fields or not fields[name].create or fields[name].data_type in BULK_FORBIDDEN):
            raise BadFile("INVALID_FIELD")
        if parent and parent not in {ID, *store.fields(fields[name].lookup or "")}:
            raise BadFile("INVALID_FIELD")
        found.append({"api_name": name, "index": index, "find_by": parent or None, "format": None})
    return found


def unmapped(
    store: Store, body: Mapping[str, Any], mappings: Sequence[Mapping[str, Any]], behaviour: Behaviour
) -> list[str]:
    """Return the mandatory fields that the mappings leave out; an update needs none.

    Where one layout is named for all rows, what it requires counts among them.
    """
    if body["operation"] == "update":
        return []
    mapped = {mapping["api_name"] for mapping in mappings}
    fields = store.fields(body["module"])
    layout = _layout_of_all(store.layouts(body["module"]), mappings)
    required = layout.required if layout is not None and behaviour.layout_unmapped == "as mandatory" else ()
    return [n for n, (_, field) in fields.items() if (field.mandatory or n in required) and n not in mapped]


def _layout_of_all(layouts: Mapping[str, Layout], mappings: Sequence[Mapping[str, Any]]) -> Layout | None:
    """Return the layout that a constant names for every row: Pipeline's, or Layout's where Pipeline is not mapped."""
    for name in (PIPELINE, LAYOUT):
        for mapping in mappings:
            if mapping["api_name"] == name:
                constant = (mapping.get("default_value") or {}).get("value") if mapping["index"] is None else None
                return layouts.get(str(constant))
    return None


def matchable(module: str, fields: Mapping[str, tuple[str, Field]]) -> set[str]:
    """Return the fields that find_by can name."""
    unique = {name for name, (_, field) in fields.items() if field.unique}
    return {ID, *MATCH_FIELDS.get(module, ()), *unique}


def _column(
    mapping: Mapping[str, Any],
    fields: Mapping[str, Field],
    header: Sequence[str],
    behaviour: Behaviour,
    finder: Callable[[Field, str | None], Check | None],
) -> Column:
    name, index = mapping["api_name"], mapping.get("index")
    field = fields[name]
    check = make_check(field, behaviour, pattern=mapping.get("format"), find=finder(field, mapping.get("find_by")))
    default = mapping.get("default_value") or {}
    title = header[index] if index is not None and index < len(header) and behaviour.errors_name == "header" else name
    if behaviour.errors_name == "none":
        title = ""
    return Column(field, index, title, check, str(default.get("value", "")))


def _known(store: Store, module: str, columns: Sequence[Column], find_by: str | None, behaviour: Behaviour) -> Known:
    known = Known(behaviour, store.record_ids(module))
    names = {column.field.api_name for column in columns if column.field.unique}
    for name in names | ({find_by} if find_by else set()) - {ID}:
        known.watch(name, store.texts(module, name))
    return known


def _placing(
    store: Store, body: Mapping[str, Any], columns: Sequence[Column], known: Known, behaviour: Behaviour
) -> Placing | None:
    """Return the check of places for deals, and for a job that names a layout."""
    module = body["module"]
    if module != "Pipelines" and all(column.field is not LAYOUT_FIELD for column in columns):
        return None
    if body["operation"] != "insert":
        for name in PLACE:
            known.keep(name, store.texts(module, name))
    return Placing(store.layouts(module), columns, known, behaviour)
