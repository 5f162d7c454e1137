"""A create-job request: how it is checked and becomes the job's body (Bigin v2 docs, bulk-write/create-job).

Only the request's JSON and its mapping are checked here; the file's content is checked when the job runs.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.bulk.columns import MAX_COLUMNS, auto_mappings, matchable, unmapped
from bigin_frames.sandbox.bulk.json_types import check_types
from bigin_frames.sandbox.files.sheets import BadFile, csv_name, read_sheet
from bigin_frames.sandbox.metadata.fields import ID, Field
from bigin_frames.sandbox.metadata.layouts import LAYOUT, LAYOUT_FIELD
from bigin_frames.sandbox.metadata.modules import MODULES, WRITABLE
from bigin_frames.sandbox.metadata.standard import BULK_FORBIDDEN
from bigin_frames.sandbox.server.answers import Refusal
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.dates import compile_pattern

OPERATIONS = ("insert", "update", "upsert")


def read_job(store: Store, request: Any, behaviour: Behaviour, now: float) -> dict[str, Any]:
    """Return the job's body; raise `Refusal` for a request that Bigin would not accept."""
    if not isinstance(request, dict):
        raise Refusal("REQUEST_BODY_NOT_SUPPORTED")
    check_types(request)
    operation = _choice(request, "operation", OPERATIONS, behaviour)
    resource = _resource(request, behaviour)
    module = _module(resource, behaviour)
    file_id, name = _file(store, resource, behaviour, now)
    fields = store.fields(module)
    mappings = _mappings(store, resource, fields, operation, behaviour)
    body = {
        "operation": operation,
        "module": module,
        "file_id": file_id,
        "file_name": name,
        "find_by": _find_by(resource, module, fields, mappings, operation, behaviour),
        "ignore_empty": _ignore_empty(request, resource, behaviour),
        "mappings": mappings,
        "character_encoding": _encoding(request),
        "callback": _callback(request),
    }
    _check_mandatory(store, body, behaviour)
    return body


def _required(parent: Mapping[str, Any], key: str, behaviour: Behaviour) -> Any:
    if parent.get(key) is None:
        raise Refusal(behaviour.missing_key_code, key, details={"json_path": f"$..{key}"})
    return parent[key]


def _choice(parent: Mapping[str, Any], key: str, allowed: tuple[str, ...], behaviour: Behaviour) -> str:
    value = _required(parent, key, behaviour)
    if value not in allowed:
        raise Refusal("INVALID_DATA", details={"api_name": key, "supported_values": list(allowed)})
    return str(value)


def _resource(request: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    resources = _required(request, "resource", behaviour)
    if not resources:
        raise Refusal("INVALID_DATA", details={"api_name": "resource", "minimum_length": 1})
    if len(resources) > 1 and behaviour.many_resources == "refused":
        raise Refusal("INVALID_DATA", details={"api_name": "resource", "maximum_length": 1})
    resource: dict[str, Any] = resources[0]
    _choice(resource, "type", ("data",), behaviour)
    return resource


def _module(resource: Mapping[str, Any], behaviour: Behaviour) -> str:
    module = _required(resource, "module", behaviour)
    if not isinstance(module, dict) and (not isinstance(module, str) or behaviour.module_as_string == "refused"):
        raise Refusal("INVALID_DATA", details={"api_name": "module", "expected_data_type": "jsonobject"})
    name = module if isinstance(module, str) else _required(module, "api_name", behaviour)
    if not isinstance(name, str) or name not in MODULES:
        raise Refusal("MODULE_NOT_AVAILABLE", str(name))
    if name not in WRITABLE:
        # A live call named a module that bulk write leaves out with this message (CRM v8, Calls).
        raise Refusal("MODULE_NOT_AVAILABLE", message="the given module is not supported for this api")
    return name


def _file(store: Store, resource: Mapping[str, Any], behaviour: Behaviour, now: float) -> tuple[str, str]:
    file_id = str(_required(resource, "file_id", behaviour))
    if not (file_id.isascii() and file_id.isdigit()):
        raise Refusal("INVALID_FILE_ID")
    found = store.file(file_id)
    if found is None or (behaviour.file_life_s is not None and now > found[1] + behaviour.file_life_s):
        raise Refusal("INVALID_FILE_ID")
    if found[2] and behaviour.file_id_reuse != "allowed":
        raise Refusal(behaviour.file_id_reuse)
    try:
        return file_id, csv_name(found[0])
    except BadFile as bad:
        if behaviour.two_csvs == "at creation":
            raise Refusal(bad.code) from None
        return file_id, "unreadable.csv"


def _mappings(
    store: Store,
    resource: Mapping[str, Any],
    fields: Mapping[str, tuple[str, Field]],
    operation: str,
    behaviour: Behaviour,
) -> list[dict[str, Any]] | None:
    mappings = resource.get("field_mappings")
    if not mappings:
        return None  # the header row is the mapping
    if len(mappings) > MAX_COLUMNS:
        raise Refusal("HEADER_LIMIT_EXCEEDED")
    for mapping in mappings:
        _check_lookup(store, mapping, fields, behaviour)
    return [_mapping(mapping, fields, operation, behaviour) for mapping in mappings]


def _mapping(
    mapping: Mapping[str, Any], fields: Mapping[str, tuple[str, Field]], operation: str, behaviour: Behaviour
) -> dict[str, Any]:
    name = _required(mapping, "api_name", behaviour)
    # "Layout" chooses a layout and is no field (CRM v7 docs, bulk-write/create-job)
    field = LAYOUT_FIELD if name == LAYOUT else fields[name][1] if name in fields else None
    if name != ID and (field is None or not _writable(field, operation)):
        raise Refusal("INVALID_FIELD", name, details={"api_name": name})
    if name == ID and operation == "insert":
        raise Refusal("INVALID_FIELD", name, details={"api_name": name})
    index = mapping.get("index")
    if index is None and not mapping.get("default_value"):
        raise Refusal(behaviour.missing_key_code, "index", details={"api_name": name})
    if index is not None and (not isinstance(index, int) or isinstance(index, bool) or index < 0):
        raise Refusal("COLUMN_INDEX_NOT_FOUND", details={"api_name": name, "index": index})
    _check_format(mapping, field)
    return {
        "api_name": name,
        "index": index,
        "format": mapping.get("format"),
        "find_by": mapping.get("find_by"),
        "module": mapping.get("module"),
        "default_value": mapping.get("default_value"),
    }


def _check_lookup(
    store: Store, mapping: Mapping[str, Any], fields: Mapping[str, tuple[str, Field]], behaviour: Behaviour
) -> None:
    """Refuse a lookup that does not say by which field of its module a record is found."""
    _, field = fields.get(mapping.get("api_name") or "", ("", None))
    if field is None or field.data_type != "lookup":
        return
    find_by = _required(mapping, "find_by", behaviour)
    if find_by not in {ID, *store.fields(field.lookup or "")}:
        raise Refusal("INVALID_FIELD", find_by, details={"api_name": field.api_name})


def _writable(field: Field, operation: str) -> bool:
    # An upsert can create, so it needs both; Bigin's flags are the same for both on every recorded field.
    allowed = {"insert": field.create, "update": field.edit, "upsert": field.create and field.edit}
    return allowed[operation] and field.data_type not in BULK_FORBIDDEN


def _check_format(mapping: Mapping[str, Any], field: Field | None) -> None:
    if field is None or field.data_type not in ("date", "datetime") or not mapping.get("format"):
        return
    try:
        compile_pattern(mapping["format"])
    except ValueError:
        raise Refusal("INVALID_FORMAT", details={"api_name": field.api_name, "format": mapping["format"]}) from None


def _find_by(
    resource: Mapping[str, Any],
    module: str,
    fields: Mapping[str, tuple[str, Field]],
    mappings: list[dict[str, Any]] | None,
    operation: str,
    behaviour: Behaviour,
) -> str | None:
    if operation == "insert" and not resource.get("find_by"):
        return None
    find_by = str(_required(resource, "find_by", behaviour))
    if find_by not in matchable(module, fields) and (behaviour.find_by_any_field == "refused" or find_by not in fields):
        raise Refusal("INVALID_FIELD", find_by, details={"api_name": "find_by"})
    # A live script notes that the key has to be among the mapped columns.
    if mappings is not None and find_by not in {mapping["api_name"] for mapping in mappings}:
        raise Refusal("MANDATORY_FIELDS_NOT_MAPPED", find_by)
    return find_by


def _ignore_empty(request: Mapping[str, Any], resource: Mapping[str, Any], behaviour: Behaviour) -> bool:
    top = bool(request.get("ignore_empty")) and behaviour.ignore_empty in ("both", "top")
    return top or (bool(resource.get("ignore_empty")) and behaviour.ignore_empty in ("both", "resource"))


def _encoding(request: Mapping[str, Any]) -> str | None:
    name = request.get("character_encoding")
    if name is None:
        return None
    try:
        codecs.lookup(name)
    except (LookupError, TypeError):
        raise Refusal("INVALID_DATA", details={"api_name": "character_encoding"}) from None
    return str(name)


def _callback(request: Mapping[str, Any]) -> dict[str, str] | None:
    callback = request.get("callback") or request.get("callBack")  # one CRM sample spells it so
    if callback is None:
        return None
    parts = urlsplit(str(callback.get("url", "")))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal("INVALID_CALLBACK_URL")
    if callback.get("method", "post") != "post":
        raise Refusal("INVALID_CALLBACK_METHOD", details={"supported_callback_methods": ["post"]})
    return {"url": str(callback["url"]), "method": "post"}


def _check_mandatory(store: Store, body: Mapping[str, Any], behaviour: Behaviour) -> None:
    mappings = body["mappings"]
    if not behaviour.missing_mandatory.startswith("at creation"):
        return
    if mappings is None and behaviour.missing_mandatory == "at creation, auto too":
        mappings = _auto_mappings(store, body, behaviour)
    if mappings is not None and (missing := unmapped(store, body, mappings, behaviour)):
        raise Refusal("MANDATORY_FIELDS_NOT_MAPPED", ",".join(missing))


def _auto_mappings(store: Store, body: Mapping[str, Any], behaviour: Behaviour) -> list[dict[str, Any]]:
    zipped = store.file_body(body["file_id"])
    try:
        return auto_mappings(store, body["module"], read_sheet(zipped, body["character_encoding"], behaviour).header)
    except BadFile as bad:
        raise Refusal(bad.code) from None
