"""An org's metadata in a file, with which frames are checked, cleaned and planned without a network."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args, get_origin, get_type_hints

from bigin_frames.errors import AuthError, BiginWarning, InputError, UnreadableAnswerError, warn
from bigin_frames.model import PIPELINES, Field, Layout, Org, SubPipeline

if TYPE_CHECKING:
    from bigin_frames.client.client import Client

_Kind = TypeVar("_Kind")
_FORM: Final = 1  # of the file; increased when an older version could misread a newer file


@dataclass(frozen=True)
class Metadata:
    """An organisation and the fields of its modules, as they were when they were saved.

    Attributes
    ----------
    organisation : Org
    modules : dict of str to tuple of Field
        By API name.
    module_layouts : dict of str to tuple of Layout
        By API name; only those of Pipelines are saved.
    """

    organisation: Org
    modules: dict[str, tuple[Field, ...]]
    module_layouts: dict[str, tuple[Layout, ...]] = field(default_factory=dict)

    def org(self) -> Org:
        """Return the organisation, as a client does."""
        return self.organisation

    def fields(self, module: str) -> tuple[Field, ...]:
        """Return the fields of a module, as a client does.

        Raises
        ------
        InputError
            If the module was not saved.
        """
        if module not in self.modules:
            raise InputError(
                f"The saved metadata has no module {module!r}, only {', '.join(self.modules)}; save it with "
                f"bf.save_metadata(path, client, modules=[{module!r}, ...])."
            )
        return self.modules[module]

    def layouts(self, module: str) -> tuple[Layout, ...]:
        """Return the layouts of a module, as a client does.

        Raises
        ------
        InputError
            If they were not saved: the file was written by an older version, or the token lacked the scope.
        """
        if module not in self.module_layouts:
            raise InputError(
                f"The saved metadata has no layouts of module {module!r}; bf.save_metadata(path, client) saves those "
                "of Pipelines, if the token has the scope ZohoBigin.settings.layouts.READ."
            )
        return self.module_layouts[module]


def save_metadata(path: str | Path, client: Client, *, modules: Iterable[str] | None = None) -> Metadata:
    """Read the metadata from Bigin and write it to a file, without any credential.

    Parameters
    ----------
    path : str or Path
        A JSON file; an existing one is replaced.
    client : Client
    modules : iterable of str, optional
        API names; by default every module of the org that has an API.

    Returns
    -------
    Metadata
        What was written.
    """
    wanted = modules or [module.api_name for module in client.modules() if module.api_supported]
    listed = {name: client.fields(name) for name in wanted}
    found = Metadata(client.org(), {name: fields for name, fields in listed.items() if fields})
    layouts = known_layouts(client, PIPELINES) if PIPELINES in found.modules else ()
    if layouts:
        found.module_layouts[PIPELINES] = layouts
    content = {
        "bigin_frames_metadata": _FORM,
        "org": dataclasses.asdict(found.organisation),
        "modules": {name: [dataclasses.asdict(one) for one in fields] for name, fields in found.modules.items()},
        "layouts": {name: [dataclasses.asdict(one) for one in some] for name, some in found.module_layouts.items()},
    }
    Path(path).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return found


def known_layouts(source: Client | Metadata, module: str) -> tuple[Layout, ...]:
    """Return a module's layouts, or none, with a warning, if they are not available.

    A token without their scope does not stop a write: Bigin refuses row by row what would be refused here.
    """
    try:
        return source.layouts(module)
    except (AuthError, InputError, UnreadableAnswerError) as error:
        reason = str(error)
    unchecked = f"Rows of {module} are checked against the module's fields only, not against their pipeline. {reason}"
    warn(unchecked, BiginWarning)
    return ()


def load_metadata(path: str | Path) -> Metadata:
    """Read a file that `save_metadata` wrote.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, or it was written by a version that this one cannot read.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no metadata file {path.name!r}; write one with bf.save_metadata(path, client).")
    found = _read(path)
    if isinstance(found, str):
        raise InputError(
            f"The metadata file {path.name!r} {found}; write it again with bf.save_metadata(path, client)."
        )
    return found


def _read(path: Path) -> Metadata | str:
    """Return what a file holds, or what is wrong with it."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        form = content["bigin_frames_metadata"]
        if form != _FORM:
            newer = isinstance(form, int) and form > _FORM
            why = " (a newer bigin_frames wrote it: update this one)" if newer else ""
            return f"has format {form!r}, but this version reads format {_FORM}{why}"
        modules = {name: tuple(_made(Field, one) for one in fields) for name, fields in content["modules"].items()}
        layouts = {name: tuple(map(_layout, some)) for name, some in content.get("layouts", {}).items()}
        return Metadata(_made(Org, {"edition": "", **content["org"]}), modules, layouts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "is damaged, or is not a metadata file"


def _layout(facts: dict[str, Any]) -> Layout:
    return _made(Layout, {**facts, "sub_pipelines": [_made(SubPipeline, one) for one in facts["sub_pipelines"]]})


def _made(kind: type[_Kind], facts: dict[str, Any]) -> _Kind:
    """Build a dataclass from all its values, each of the declared type: a missing one would drop a rule."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    declared = get_type_hints(kind)
    if given.keys() != declared.keys() or not all(_is_of(value, declared[name]) for name, value in given.items()):
        raise TypeError(kind.__name__)
    return kind(**given)


def _is_of(value: object, declared: Any) -> bool:
    if get_origin(declared) is tuple:
        return isinstance(value, tuple) and all(type(one) is get_args(declared)[0] for one in value)
    return type(value) in (get_args(declared) or (declared,))
