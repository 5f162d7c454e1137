"""Keep an org's metadata in a file, so that frames are checked, cleaned and planned without a network."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.errors import InputError
from bigin_frames.model import Field, Org

if TYPE_CHECKING:
    from bigin_frames.client import Client

_FORM: Final = 1  # of the file; raised when an older library could misread a newer file


@dataclass(frozen=True)
class Metadata:
    """Hold an organisation and the fields of its modules as they were when they were saved.

    Attributes
    ----------
    organisation : Org
    modules : dict of str to tuple of Field
        By API name.
    """

    organisation: Org
    modules: dict[str, tuple[Field, ...]]

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
    """
    wanted = modules or [module.api_name for module in client.modules() if module.api_supported]
    listed = {name: client.fields(name) for name in wanted}
    found = Metadata(client.org(), {name: fields for name, fields in listed.items() if fields})
    content = {
        "bigin_frames_metadata": _FORM,
        "org": dataclasses.asdict(found.organisation),
        "modules": {name: [dataclasses.asdict(one) for one in fields] for name, fields in found.modules.items()},
    }
    Path(path).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return found


def load_metadata(path: str | Path) -> Metadata:
    """Read a file that `save_metadata` wrote.

    Raises
    ------
    InputError
        If it is no such file, is damaged, or was written by a library that this one does not understand.
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
            return f"has the form {form!r}, and this library reads form {_FORM}"
        modules = {name: tuple(map(_field, fields)) for name, fields in content["modules"].items()}
        return Metadata(Org(**content["org"]), modules)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "is damaged or something else"


def _field(facts: dict[str, Any]) -> Field:
    return Field(**{**facts, "picklist": tuple(facts["picklist"])})
