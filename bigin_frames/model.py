"""The values that people meet: an organisation, its modules and fields, jobs, credentials, and the set of statuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from bigin_frames.former_names import moved_class

Operation = Literal["insert", "update", "upsert"]
OnOverlap = Literal["warn", "raise", "skip", "ignore"]  # rows that an earlier insert has sent
OPERATIONS: tuple[Operation, ...] = ("insert", "update", "upsert")

# Codes of Bigin's ERRORS column that our own refusals use too (Bigin v1, bulk-write/download-result).
MANDATORY_NOT_FOUND = "MANDATORY_NOT_FOUND"
INVALID_DATA = "INVALID_DATA"
DUPLICATE_DATA = "DUPLICATE_DATA"


class Status(StrEnum):
    """The status of a row; there are no others.

    >>> (df.bigin.insert("Contacts")["Status"] == bf.Status.ADDED).tolist()
    [True, True]
    """

    ADDED = "ADDED"  # Bigin's word
    UPDATED = "UPDATED"  # Bigin's word
    SKIPPED = "SKIPPED"  # Bigin's word: not written, see Error for the reason
    UNPROCESSED = "UNPROCESSED"  # Bigin's word: not processed
    INVALID = "INVALID"  # refused here, never sent
    UNSENT = "UNSENT"  # no job was created for it
    UNREPORTED = "UNREPORTED"  # the job finished, but no line of its result is certainly this row's
    UNKNOWN = "UNKNOWN"  # it may or may not have been written
    PENDING = "PENDING"  # the job is still running


WRITTEN = frozenset({Status.ADDED, Status.UPDATED})
REFUSED = frozenset({Status.SKIPPED, Status.UNPROCESSED, Status.INVALID})
UNDECIDED = frozenset({Status.UNREPORTED, Status.UNKNOWN, Status.PENDING})


class Secret:
    """A credential that is not printed, logged, pickled or copied into text; ``reveal()`` returns it.

    >>> bf.Secret("1000.refresh")
    Secret('***')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | Secret) -> None:
        self._value = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """Return the secret itself; only the function that sends it calls this."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret cannot be pickled; create the client from the environment in the other process.")

    def __deepcopy__(self, memo: object) -> Secret:
        return self


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of an OAuth client: its id, its secret, and a refresh token, which is valid until it is revoked.

    Parameters
    ----------
    client_id : str
    client_secret, refresh_token : str or Secret
        Stored as `Secret` in either case.

    Examples
    --------
    >>> bf.Credentials("1000.ID", "secret", "1000.refresh")
    Credentials(client_id='1000.ID', client_secret=Secret('***'), refresh_token=Secret('***'))
    """

    client_id: str
    client_secret: Secret
    refresh_token: Secret

    def __post_init__(self) -> None:
        object.__setattr__(self, "client_secret", Secret(self.client_secret))
        object.__setattr__(self, "refresh_token", Secret(self.refresh_token))


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """An organisation; the upload's X-CRM-ORG header takes ``zgid``, not ``id``.

    ``edition`` is Bigin's own name of the plan, "" if it gives none.

    >>> client.org().time_zone
    'Asia/Kolkata'
    """

    id: str
    zgid: str
    company_name: str
    time_zone: str
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module, from the metadata; ``api_name`` is what every call takes.

    >>> client.modules()[0].api_name
    'Contacts'
    """

    api_name: str
    label: str
    api_supported: bool
    creatable: bool
    editable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a module, from the metadata.

    ``creatable`` and ``editable`` come from ``view_type.create`` and ``.edit``: ``read_only`` is false for system
    fields such as Created_Time that cannot be written. ``length`` counts characters of text and digits of numbers; it
    is a placeholder (120) for dates and lookups. ``picklist`` has the values in use, without ``-None-``.

    >>> [field.label for field in client.fields("Contacts") if field.mandatory]
    ['Last Name']
    """

    api_name: str
    label: str
    data_type: str
    length: int | None = None
    decimals: int | None = None
    mandatory: bool = False
    unique: bool = False
    creatable: bool = True
    editable: bool = True
    custom: bool = False
    picklist: tuple[str, ...] = ()
    lookup_module: str | None = None


@dataclass(frozen=True, slots=True)
class SubPipeline:
    """A sub-pipeline: a value of the field Sub_Pipeline, and its stages in order.

    ``stages`` is empty if the metadata does not list them.

    >>> client.layouts("Pipelines")[0].sub_pipelines[1].stages
    ('Qualification', 'Negotiation', 'Closed Won', 'Closed Lost')
    """

    name: str
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout of a module; in Pipelines a layout is a team pipeline, and the field Pipeline holds its id.

    ``required`` are the API names of the fields that a record of this layout must have. ``active`` is False for a
    layout that is switched off or hidden from the token's user; it can contain deals nevertheless.

    >>> [layout.name for layout in client.layouts("Pipelines")]
    ['Sales Pipeline', 'Onboarding']
    """

    id: str
    name: str
    active: bool = True
    required: tuple[str, ...] = ()
    sub_pipelines: tuple[SubPipeline, ...] = ()


PIPELINES = "Pipelines"  # the module of deals, the only one whose layouts rows are checked against

# The field list has no entry for the record id, though "id" is a valid mapping and find_by name.
ID_FIELD = Field(api_name="id", label="Record Id", data_type="id", length=19, unique=True, creatable=False)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup field, and the key by which its column names records.

    Parameters
    ----------
    field : str
        API name of the lookup or owner field, such as ``"Account_Name"``.
    by : str
        ``"id"``, a unique or display field of the module looked up (``"Account_Name"``), or ``"email"`` for owners.

    Examples
    --------
    >>> bf.Lookup("Account_Name", by="Account_Name")
    Lookup(field='Account_Name', by='Account_Name')
    """

    field: str
    by: str = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The state of a job, as Bigin reports it at one moment.

    ``status`` is upper case without spaces or underscores (``"INPROGRESS"``) and may be an undocumented word;
    counts are None until Bigin reports them; ``result_url`` is absolute or a path, None until there is one;
    ``callback_url`` is the one the job was created with.

    >>> out = df.bigin.insert("Contacts")
    >>> client.job(box.ledger()[0].id).status
    'COMPLETED'
    """

    id: str
    status: str
    module: str | None = None
    operation: str | None = None
    file_name: str | None = None
    code: str | None = None
    added: int | None = None
    updated: int | None = None
    skipped: int | None = None
    total: int | None = None
    result_url: str | None = None
    callback_url: str | None = field(default=None, repr=False)  # anybody who knows it can call it


RUNNING_WORDS = frozenset({"ADDED", "INPROGRESS"})


if not TYPE_CHECKING:  # a type checker knows where these classes are now

    def __getattr__(name: str) -> Any:
        return moved_class(__name__, name)
