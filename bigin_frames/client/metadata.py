"""Keep an org's metadata in a file, so that frames are checked, cleaned and planned without a network."""

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
_FORM: Final = 1  # of the file; raised when an older library could misread a newer file


@dataclass(frozen=True)
class Metadata:
    """Hold an organisation and the fields of its modules as they were when they were saved.

    Attributes
    ----------
    organisation : Org
    modules : dict of str to tuple of Field
        By API name.
    module_layouts : dict of str to tuple of Layout
        By API name; only those of Pipelines are saved.

    Examples
    --------
    >>> metadata = bf.save_metadata("metadata.json", client)
    >>> metadata.org().company_name
    'Sandbox'
    >>> len(metadata.fields("Contacts")) == len(metadata.modules["Contacts"])
    True
    >>> [layout.name for layout in metadata.layouts("Pipelines")]
    ['Sales Pipeline', 'Onboarding']
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
            If they were not saved: the file is older than they, or the token that asked may not see them.
        """
        if module not in self.module_layouts:
            raise InputError(
                f"The saved metadata has no layouts of module {module!r}; bf.save_metadata(path, client) saves those "
                "of Pipelines, with a token of scope ZohoBigin.settings.layouts.READ."
            )
        return self.module_layouts[module]


def save_metadata(path: str | Path, client: Client, *, modules: Iterable[str] | None = None) -> Metadata:
    """Ask Bigin for its metadata and write them to a file; no credential is in it.

    Parameters
    ----------
    path : str or Path
        A JSON file; an older one is replaced.
    client : Client
    modules : iterable of str, optional
        API names; by default every module of the org that has an API.

    Returns
    -------
    Metadata
        What was written.

    Examples
    --------
    >>> metadata = bf.save_metadata("metadata.json", client, modules=["Contacts"])
    >>> df.bigin.check("Contacts", metadata="metadata.json").ok  # asks Bigin nothing
    True
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
    """Return a module's layouts, or none and a warning where they cannot be had.

    A token without their scope stops no write: what they would refuse here, Bigin refuses row by row.
    """
    try:
        return source.layouts(module)
    except (AuthError, InputError, UnreadableAnswerError) as error:
        reason = str(error)
    unchecked = f"Rows of {module} are checked by the module's fields alone, not by the pipeline they name. {reason}"
    warn(unchecked, BiginWarning)
    return ()


def load_metadata(path: str | Path) -> Metadata:
    """Read a file that `save_metadata` wrote.

    Raises
    ------
    InputError
        If it is no such file, is damaged, or was written by a library that this one does not understand.

    Examples
    --------
    >>> saved = bf.save_metadata("metadata.json", client, modules=["Contacts"])
    >>> metadata = bf.load_metadata("metadata.json")
    >>> df.bigin.plan("Contacts", metadata=metadata).rows
    2
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no metadata file {path.name!r}; write one with bf.save_metadata(path, client).")
    found = _read(path)
    if isinstance(found, str):
        raise InputError(f"The metadata file {path.name!r} {found}; write it anew with bf.save_metadata(path, client).")
    return found


def _read(path: Path) -> Metadata | str:
    """Return what a file holds, or what is wrong with it."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        form = content["bigin_frames_metadata"]
        if form != _FORM:
            newer = isinstance(form, int) and form > _FORM
            why = " (a newer bigin_frames wrote it: update this one)" if newer else ""
            return f"has the form {form!r}, and this library reads form {_FORM}{why}"
        modules = {name: tuple(_made(Field, one) for one in fields) for name, fields in content["modules"].items()}
        layouts = {name: tuple(map(_layout, some)) for name, some in content.get("layouts", {}).items()}
        return Metadata(_made(Org, {"edition": "", **content["org"]}), modules, layouts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "is damaged or something else"


def _layout(facts: dict[str, Any]) -> Layout:
    return _made(Layout, {**facts, "sub_pipelines": [_made(SubPipeline, one) for one in facts["sub_pipelines"]]})


def _made(kind: type[_Kind], facts: dict[str, Any]) -> _Kind:
    """Make a dataclass of all its facts, each of the type it declares: one that is left out would drop a rule."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    declared = get_type_hints(kind)
    if given.keys() != declared.keys() or not all(_is_of(value, declared[name]) for name, value in given.items()):
        raise TypeError(kind.__name__)
    return kind(**given)


def _is_of(value: object, declared: Any) -> bool:
    if get_origin(declared) is tuple:
        return isinstance(value, tuple) and all(type(one) is get_args(declared)[0] for one in value)
    return type(value) in (get_args(declared) or (declared,))
