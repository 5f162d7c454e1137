"""The commands that show an organisation: whoami, its modules, and the fields of a module."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.output import DONE, show_facts, show_json, show_table

if TYPE_CHECKING:
    from bigin_frames.client.client import Client
    from bigin_frames.client.metadata import Metadata
    from bigin_frames.model import Field

_CREDITS: Final = "the API does not report remaining credits; see Setup, Data Administration, API Dashboard in Bigin"


def add(commands: Any) -> None:
    """Add ``whoami``, ``modules`` and ``fields``."""
    who = commands.add_parser(
        "whoami",
        help="show which organisation the credentials are for",
        description="Show which organisation the credentials are for, and where they come from. Costs one credit.",
        epilog="example: bigin-frames whoami --json",
    )
    who.set_defaults(run=_whoami)
    modules = commands.add_parser(
        "modules",
        help="list the modules of the organisation",
        description="List the modules of the organisation, and whether records may be created and edited.",
        epilog="example: bigin-frames modules --save org.json",
    )
    modules.add_argument("--save", metavar="FILE", help="save all their fields to a file, for --metadata")
    modules.set_defaults(run=_modules)
    fields = commands.add_parser(
        "fields",
        help="list the fields of a module",
        description="List the fields of a module: their types, and whether they can be written.",
        epilog="example: bigin-frames fields Contacts --picklists",
    )
    fields.add_argument("module", metavar="MODULE", help="API name, such as Contacts")
    fields.add_argument("--picklists", action="store_true", help="show the choices of picklists")
    fields.set_defaults(run=_fields)
    for made in (modules, fields):
        made.add_argument(
            "--metadata", metavar="FILE", help="use a file saved by `modules --save` instead of calling Bigin"
        )
    for made in (who, modules, fields):
        made.add_argument("--json", action="store_true", help="print one JSON object")


def _client() -> Client:
    from bigin_frames.client.shared_client import shared_client

    return shared_client()


def _saved(path: str) -> Metadata:
    from bigin_frames.client.metadata import load_metadata

    return load_metadata(path)


# -- whoami


def _whoami(options: argparse.Namespace) -> int:
    from bigin_frames.client.settings import sources

    client = _client()
    org = client.org()
    credentials, token = sources()
    facts = {
        "organisation": org.company_name,
        "zgid": org.zgid,
        "edition": org.edition or None,
        "time_zone": org.time_zone,
        "region": client.region,
        "local": client.is_local,
        "credentials": credentials,
        "access_token": token,
    }
    if options.json:
        show_json(**facts)
        return DONE
    local = ", a Bigin on this machine" if client.is_local else ""
    show_facts(
        [
            ("organisation", f"{org.company_name} (zgid {org.zgid})"),
            ("edition", org.edition or "not reported"),
            ("time zone", org.time_zone),
            ("region", f"{client.region}{local}"),
            ("credentials", f"from {credentials}"),
            ("access token", f"works; {token}"),
            ("credits", _CREDITS),
        ]
    )
    return DONE


# -- modules


def _modules(options: argparse.Namespace) -> int:
    if options.metadata:
        return _saved_modules(options)
    client = _client()
    if options.save:
        from bigin_frames.client.metadata import save_metadata

        save_metadata(options.save, client)
    found = client.modules()
    if options.json:
        show_json(modules=[asdict(module) for module in found])
        return DONE
    rows = [(one.api_name, one.label, *map(_yes, (one.api_supported, one.creatable, one.editable))) for one in found]
    show_table(("Module", "Label", "API", "Create", "Edit"), rows)
    return DONE


def _saved_modules(options: argparse.Namespace) -> int:
    """List the modules of a saved file, which has their fields and nothing else about them."""
    found = _saved(options.metadata).modules
    if options.json:
        show_json(modules=[{"api_name": name, "fields": len(fields)} for name, fields in found.items()])
        return DONE
    show_table(("Module", "Fields"), [(name, len(fields)) for name, fields in found.items()])
    return DONE


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# -- fields


def _fields(options: argparse.Namespace) -> int:
    source = _saved(options.metadata) if options.metadata else _client()
    found = source.fields(options.module)
    if options.json:
        shown = [{**asdict(field), **_writable(options.module, field)} for field in found]
        show_json(module=options.module, fields=shown)
        return DONE
    rows = [
        (one.api_name, _type(one), _write(options.module, one), _more(one, choices=options.picklists)) for one in found
    ]
    show_table(("Field", "Type", "Write", "More"), rows)
    return DONE


def _type(field: Field) -> str:
    """Return a field's type, with its length where that is a limit: for dates and lookups it means nothing."""
    from bigin_frames.frames.field_types import DECIMAL_TYPES, TEXT_TYPES, WHOLE_TYPES

    counts = field.length is not None and field.data_type in TEXT_TYPES | WHOLE_TYPES | DECIMAL_TYPES
    return f"{field.data_type}({field.length})" if counts else field.data_type


def _write(module: str, field: Field) -> str:
    allowed = [operation for operation, may in _writable(module, field).items() if may]
    return {2: "yes", 0: "no"}.get(len(allowed)) or allowed[0]


def _writable(module: str, field: Field) -> dict[str, bool]:
    """Return which operations can write a field: some, such as images, are writable in Bigin but not by CSV."""
    from bigin_frames.frames.mapping.writable import Fields

    return {name: Fields(module, name, None, {}).may_write(field) for name in ("insert", "update")}


def _more(field: Field, *, choices: bool) -> str:
    said = []
    if field.label != field.api_name.replace("_", " "):
        said.append(f'"{field.label}"')
    said += [word for word, holds in (("mandatory", field.mandatory), ("unique", field.unique)) if holds]
    if field.lookup_module:
        said.append(f"one of {field.lookup_module}")
    if field.picklist:
        said.append(f"{len(field.picklist)} choices" + (f": {'; '.join(field.picklist)}" if choices else ""))
    return ", ".join(said)
