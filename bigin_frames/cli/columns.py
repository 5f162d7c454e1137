"""Which column becomes which field: as the user says, by name, or else by a suggestion to confirm."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.output import say, show_json
from bigin_frames.errors import InputError, OptionError
from bigin_frames.model import ID_FIELD, Field, Lookup

if TYPE_CHECKING:
    from bigin_frames.client.client import Client
    from bigin_frames.client.metadata import Metadata

Columns = Mapping[Any, "str | Lookup"]

_LIKE_ENOUGH: Final = 0.75  # similarity; 1 for equal names
_SAME_WORDS: Final = 1.0
# The field by which people name the records of a lookup; their files rarely have ids.
_NAMED_BY: Final = {"Accounts": "Account_Name", "Contacts": "Email", "Products": "Product_Name"}
_WORD: Final = re.compile(r"[^\W_]+")
_LOOKUPS: Final = ("lookup", "ownerlookup", "userlookup")


def add_target(command: argparse.ArgumentParser) -> None:
    """Add the options for the module and the mapping of a file's columns."""
    command.add_argument("--module", required=True, help="API name, such as Contacts")
    command.add_argument("--find-by", metavar="FIELD", help="field by which Bigin finds records: id or a unique field")
    command.add_argument(
        "--map", action="append", type=_pair, metavar="COLUMN=FIELD",
        help="send this column to this field (repeatable; unmapped columns are not sent)",
    )  # fmt: skip
    command.add_argument(
        "--map-file",
        metavar="TOML",
        help='read the mapping from a file: a table [columns] with lines "E-mail" = "Email"',
    )
    command.add_argument("--yes", action="store_true", help="use the suggested mapping if names do not match")
    command.add_argument("--sheet", metavar="NAME", help="sheet of a spreadsheet (default: the first one)")
    command.add_argument("--json", action="store_true", help="print one JSON object")


def columns_of(options: argparse.Namespace, names: Sequence[str], source: Client | Metadata) -> Columns | None:
    """Return which columns become which fields; None if every column is named like its field.

    Parameters
    ----------
    options : Namespace
        With ``module``, ``operation``, ``find_by``, ``map``, ``map_file``, ``yes`` and ``json``.
    names : sequence of str
        The file's columns.
    source : Client or Metadata
        Gives the module's fields; used only if no mapping is given.

    Raises
    ------
    OptionError
        If the user has to choose the mapping; a suggestion was printed, as TOML or JSON.
    """
    given = {**(_of_file(Path(options.map_file)) if options.map_file else {}), **dict(options.map or ())}
    if given:
        return given
    fields = _writable(options, source)
    if {field.api_name for field in fields} >= set(names):
        return None
    found = suggested(names, fields)
    if options.yes and found:
        say("mapped as suggested: " + ", ".join(f"{one.column} -> {one.field.api_name}" for one in found))
        return {one.column: one.target for one in found}
    raise _unclear(options, names, found)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column and the field with the most similar name."""

    column: str
    field: Field

    @property
    def target(self) -> str | Lookup:
        """Return the value for ``columns=``: records of a lookup are found by name, users by e-mail address."""
        by = "email" if self.field.data_type == "ownerlookup" else _NAMED_BY.get(self.field.lookup_module or "", "id")
        return Lookup(self.field.api_name, by) if self.field.data_type in _LOOKUPS else self.field.api_name


def suggested(names: Sequence[str], fields: Sequence[Field]) -> list[Suggestion]:
    """Return a field for each column that has one: by equal names first, then by similar ones."""
    scores = [
        (_likeness(name, field), -place, name, field) for place, name in enumerate(names) for field in fields
    ]  # fmt: skip
    found: dict[str, Field] = {}
    for score, _, name, field in sorted(scores, key=lambda one: one[:2], reverse=True):
        if score >= _enough(field) and name not in found and field not in found.values():
            found[name] = field
    return [Suggestion(name, found[name]) for name in names if name in found]


def _enough(field: Field) -> float:
    """Return the similarity that is needed; an owner takes a user's e-mail address, which few columns hold."""
    return _SAME_WORDS if field.data_type in ("ownerlookup", "userlookup") else _LIKE_ENOUGH


def as_toml(found: Sequence[Suggestion], names: Sequence[str], module: str) -> str:
    """Return a mapping as the TOML file that ``--map-file`` reads."""
    lines = [f"# columns of a file -> fields of {module}", "[columns]"]
    for one in found:
        target = one.target
        name = _toml(one.field.api_name)
        value = f"{{ field = {name}, by = {_toml(target.by)} }}" if isinstance(target, Lookup) else name
        lines.append(f"{_toml(one.column)} = {value}")
    mapped = {one.column for one in found}
    lines += [f"# not sent: {_toml(name)}" for name in names if name not in mapped]
    return "\n".join(lines)


def _pair(text: str) -> tuple[str, str]:
    column, is_pair, field = text.rpartition("=")
    if not (column and is_pair and field):
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=FIELD")
    return column, field


def _of_file(path: Path) -> dict[str, str | Lookup]:
    """Read a mapping from TOML: column to field, or to a table of ``field`` and ``by`` for a lookup."""
    if not path.is_file():
        raise InputError(f"There is no file {path.name!r}.")
    problem = None
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        problem = str(fault) if isinstance(fault, tomllib.TOMLDecodeError) else "it is not UTF-8"
    if problem:
        raise OptionError(f"{path.name!r} is not valid TOML: {problem}.", option="map_file")
    columns = content.pop("columns", None)
    if content or not isinstance(columns, dict) or not columns:
        raise OptionError(f"{path.name!r} must have one table, [columns], with one line per column.", option="map_file")
    return {column: _target(column, target, path) for column, target in columns.items()}


def _target(column: str, target: object, path: Path) -> str | Lookup:
    if isinstance(target, str):
        return target
    if isinstance(target, dict) and target.keys() <= {"field", "by"} and "field" in target:
        values = {key: value for key, value in target.items() if isinstance(value, str)}
        if len(values) == len(target):
            return Lookup(**values)
    form = '"Field", or { field = "Field", by = "Key" } for a lookup'
    raise OptionError(f"{path.name!r}: column {column!r} must be {form}.", option="map_file")


def _writable(options: argparse.Namespace, source: Client | Metadata) -> list[Field]:
    from bigin_frames.frames.mapping.writable import Fields

    described = (*source.fields(options.module), ID_FIELD)
    known = {field.api_name: field for field in described}
    book = Fields(options.module, options.operation, options.find_by, known)
    return [field for field in known.values() if book.may_write(field)]


def _likeness(name: str, field: Field) -> float:
    return max(_ratio(name, field.api_name), _ratio(name, field.label))


def _ratio(one: str, other: str) -> float:
    """Return 3 for the same name, 2 if only case and signs differ, else the similarity: 1 for the same words."""
    if one == other:
        return 3.0
    first, second = (_WORD.findall(text.casefold()) for text in (one, other))
    if not first or not second:
        return 0.0
    if "".join(first) == "".join(second):
        return 2.0
    in_any_order = (sorted(first), sorted(second))
    return max(SequenceMatcher(None, "".join(a), "".join(b)).ratio() for a, b in ((first, second), in_any_order))


def _unclear(options: argparse.Namespace, names: Sequence[str], found: Sequence[Suggestion]) -> OptionError:
    """Print a suggestion to stdout, as JSON or TOML, and return the error that explains it."""
    look = f"bigin-frames fields {options.module}"
    if not found:
        return OptionError(
            f"No column is named like a field of {options.module}. Nothing was sent. `{look}` lists the fields; map "
            "columns to them with --map COLUMN=FIELD.",
            option="map",
        )
    if options.json:
        plain = {one.column: one.target if isinstance(one.target, str) else _pairs(one.target) for one in found}
        show_json(suggestion={"columns": plain}, not_sent=[n for n in names if n not in plain])
    else:
        print(as_toml(found, names, options.module))
    return OptionError("\n".join(_explained(names, found, options.module)), option="map")


def _explained(names: Sequence[str], found: Sequence[Suggestion], module: str) -> Iterator[str]:
    yield f"some columns are not named like fields of {module}; nothing was"
    yield "sent. Suggested mapping (TOML above), as options:"
    yield ""
    for one in found:
        if isinstance(one.target, str):
            yield f"  --map {shlex.quote(f'{one.column}={one.target}')}"
    for one in found:
        if isinstance(one.target, Lookup):
            yield f"  ({one.column} finds records by {one.target.by}: possible only with --map-file)"
    yield ""
    yield "To accept it, run the same command with --yes. To change it, map the columns"
    yield "with --map, or save the TOML, edit it, and pass it with --map-file."


def _pairs(target: Lookup) -> dict[str, str]:
    return {"field": target.field, "by": target.by}


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
