"""Reads of records (Bigin v2 docs, get-records): `fields` is required, nothing found is 204."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.metadata.fields import ID, Field
from bigin_frames.sandbox.metadata.modules import WRITABLE
from bigin_frames.sandbox.metadata.standard import DISPLAY_FIELDS
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.server.answers import Refusal, json_response, no_content

MAX_IDS = 100
MAX_FIELDS = 50  # CRM v7 docs, get-records
MAX_PER_PAGE = 200


def read_records(org: Org, request: Request, module: str) -> Response:
    """Answer `GET /bigin/v2/{module}?fields=` with `ids=` or with page and per_page."""
    names = _asked(org, request, module)
    page, per_page = _number(request, "page", 1, 10), _number(request, "per_page", MAX_PER_PAGE, MAX_PER_PAGE)
    ids = request.args.get("ids")
    wanted = ids.split(",") if ids else None
    if wanted and len(wanted) > MAX_IDS:
        raise Refusal("LIMIT_EXCEEDED", details={"param": "ids", "limit": MAX_IDS})
    found = org.store.records(module, wanted)
    shown = found if wanted else found[(page - 1) * per_page : page * per_page]
    if not shown:
        return no_content()
    info = {
        "per_page": per_page,
        "count": len(shown),
        "page": page,
        "more_records": not wanted and len(found) > page * per_page,
    }
    return json_response({"data": show_records(org, module, shown, names), "info": info})


def read_record(org: Org, request: Request, module: str, record_id: str) -> Response:
    """Answer `GET /bigin/v2/{module}/{id}`; here `fields` is optional."""
    _check_module(module)
    names = list(org.store.fields(module)) if "fields" not in request.args else _asked(org, request, module)
    found = org.store.records(module, [record_id])
    return json_response({"data": show_records(org, module, found, names)}) if found else no_content()


def _check_module(module: str) -> None:
    if module not in WRITABLE:
        raise Refusal("INVALID_MODULE")


def _asked(org: Org, request: Request, module: str) -> list[str]:
    _check_module(module)
    if not request.args.get("fields"):
        raise Refusal("REQUIRED_PARAM_MISSING", details={"param": "fields"})
    names = request.args["fields"].split(",")
    if len(names) > MAX_FIELDS:
        raise Refusal("LIMIT_EXCEEDED", details={"param": "fields", "limit": MAX_FIELDS})
    return [name for name in names if name != ID]


def _number(request: Request, name: str, default: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise Refusal("INVALID_DATA", details={"param": name})
    return int(text)


def show_records(
    org: Org, module: str, records: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return records as JSON: the fields asked for and `id`, lookups as objects, missing values as null."""
    fields = {name: field for name, (_, field) in org.store.fields(module).items()}
    json = _JsonValues(org)
    return [
        {name: json.value(record, fields[name]) for name in names if name in fields} | {ID: record[ID]}
        for record in records
    ]


class _JsonValues:
    """Stored values in their JSON types; names of lookups are read once per target module."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._users = {user.id: {"name": user.name, "id": user.id, "email": user.email} for user in org.store.users()}
        self._names: dict[str, dict[str, str]] = {}

    def value(self, record: Mapping[str, Any], field: Field) -> Any:
        """Return one value of a record."""
        if field.api_name in _SYSTEM:
            return _SYSTEM[field.api_name](self._org, record)
        text = record["values"].get(field.api_name, record["cells"].get(field.api_name))
        if field.data_type == "ownerlookup":
            return self._users[text] if text else next(iter(self._users.values()))
        if text is None:
            return [] if field.json_type == "jsonarray" else None
        if field.lookup:
            return {"name": self._name(field.lookup, text), "id": text}
        return _TYPED.get(field.json_type, str)(text)

    def _name(self, module: str, record_id: str) -> str | None:
        if module not in self._names:
            self._names[module] = {record[ID]: _display(record, module) for record in self._org.store.records(module)}
        return self._names[module].get(record_id)


def _display(record: Mapping[str, Any], module: str) -> str:
    cells = record["cells"]
    if module == "Contacts":
        return " ".join(cells[part] for part in ("First_Name", "Last_Name") if part in cells)
    return str(cells.get(DISPLAY_FIELDS[module], ""))


def _person(org: Org, record: Mapping[str, Any]) -> dict[str, str]:
    user = org.store.users()[0]
    return {"name": user.name, "id": user.id, "email": user.email}


_SYSTEM: dict[str, Callable[[Org, Mapping[str, Any]], Any]] = {
    "Created_Time": lambda org, record: org.time_text(record["created"]),
    "Modified_Time": lambda org, record: org.time_text(record["modified"]),
    "Created_By": _person,
    "Modified_By": _person,
    "Full_Name": lambda org, record: _display(record, "Contacts"),
}
_TYPED: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    "integer": int,
    "double": float,
    "jsonarray": lambda text: text.split(";"),
}
