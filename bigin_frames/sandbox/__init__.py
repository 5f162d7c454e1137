"""A local Bigin server: the Bulk Write API, with a switch for each open question and failures on demand.

It shares no code with the client of this package; they are connected by a socket only, so that a misreading of the API
on one side shows on the other.

The sub-packages, from the bottom up; each imports only those above it in this list:

- `behaviour`: the switches
- `metadata`: fields, modules and layouts
- `verdicts`: where the verdict on a row is decided
- `files`: the zip with one CSV that is uploaded and downloaded
- `server`: the socket, and the form of every answer
- `faults`: what can go wrong on demand
- `store`: what outlives a call
- `organisation`: what all calls share
- `bulk`: bulk-write jobs
- `records`: reads, queries and deletions
- `page`: the page for a browser
- `api`: from a request to its answer
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from bigin_frames.examples import with_examples
from bigin_frames.examples.sandbox import SANDBOX
from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.faults.fault import Fault
from bigin_frames.sandbox.faults.script import Faults
from bigin_frames.sandbox.former_names import FormerName, warn_of
from bigin_frames.sandbox.metadata.fields import ID, custom_field
from bigin_frames.sandbox.metadata.modules import WRITABLE
from bigin_frames.sandbox.organisation.log import LoggedRequest, PostedCallback
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.organisation.tokens import GRANT_LIFE_S
from bigin_frames.sandbox.server.address import LOOPBACK
from bigin_frames.sandbox.store.ledger import LedgerJob, LedgerRow
from bigin_frames.sandbox.store.store import Store, User
from bigin_frames.sandbox.verdicts.verdict import ADDED, Verdict

__all__ = [
    "Behaviour",
    "Fault",
    "Faults",
    "LedgerJob",
    "LedgerRow",
    "LoggedRequest",
    "PostedCallback",
    "Sandbox",
    "SandboxError",
    "User",
]


class SandboxError(Exception):
    """An error inside the sandbox, raised in the test that caused it."""


@with_examples(SANDBOX)
class Sandbox:
    """A local Bigin server; use it in a `with` statement.

    Parameters
    ----------
    port
        0 takes any free port.
    data
        A SQLite file that everything is kept in; without it the organisation is in memory, with a new zgid each time.
    behaviour
        The answers to the open questions; set `behaviour` while it runs to change them.
    clock
        Seconds since 1970, for tests in which tokens and results get old.
    host
        The address to listen on, by number or by name: by default this machine alone can connect, with "0.0.0.0" other
        machines can, too. It has no password: everybody who reaches the address can read and write its records. This
        package's own client connects to a sandbox on its own machine only.
    manners
        The former name of `behaviour`, deprecated.

    Raises
    ------
    OSError
        If it cannot listen there, for example because the port is in use.
    ImportError
        If Werkzeug, which the extra `sandbox` installs, is missing.
    """

    def __init__(
        self,
        port: int = 0,
        data: str | None = None,
        behaviour: Behaviour | None = None,
        *,
        clock: Callable[[], float] = time.time,
        host: str = LOOPBACK,
        manners: Behaviour | None = None,
    ) -> None:
        if manners is not None:
            warn_of("Sandbox(manners=...)", "Sandbox(behaviour=...)")
        try:
            from bigin_frames.sandbox.api.app import App
            from bigin_frames.sandbox.server.serving import Server
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != "werkzeug":
                raise
            fix = "The local Bigin needs Werkzeug: pip install 'bigin_frames[sandbox]'"
            raise ModuleNotFoundError(fix, name=missing.name) from missing
        self._org = Org(Store(data), clock, behaviour or manners or Behaviour())
        self._app = App(self._org)
        try:
            self._server = Server(self._app, host, port)
        except OSError:  # the port is in use, or the host is not an address of this machine
            self._org.store.close()
            raise
        self._org.address = self._server.address
        self.url = self._server.address.url

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._app.worker.start()
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; an error inside the sandbox is raised here unless the block ends with one of its own."""
        self._org.stopping.set()
        self._server.stop()
        self._app.worker.stop()
        self._org.store.close()
        if error is None and self._org.errors:
            raise SandboxError(f"{len(self._org.errors)} error(s) inside the sandbox") from self._org.errors[0]

    # -- switches

    @property
    def behaviour(self) -> Behaviour:
        """Return the current answers to the open questions."""
        return self._org.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._org.behaviour = behaviour

    manners = FormerName("behaviour")

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes that the next access token gets."""
        return self._org.scopes

    @scopes.setter
    def scopes(self, scopes: tuple[str, ...]) -> None:
        self._org.scopes = scopes

    @property
    def faults(self) -> Faults:
        """Return the script of faults."""
        return self._org.faults

    def expire_tokens(self) -> None:
        """Expire every access token now."""
        self._org.tokens.expire()

    def grant_code(self, life_s: float = GRANT_LIFE_S) -> str:
        """Return a grant code that can be used once, as the API console generates it for a self client."""
        return self._org.tokens.grant(life_s)

    # -- what a client needs

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point a client here."""
        return self._org.environment()

    def client(self, **options: Any) -> Any:
        """Return a client of this package for this sandbox; options are those of `Client.from_env`."""
        # The one import of the client's side, and only here: it gets credentials, no wire code is shared.
        from bigin_frames.client.client import Client

        return Client.from_env(self.environment(), **options)

    # -- the organisation's content

    def add_field(
        self,
        module: str,
        name: str,
        data_type: str = "text",
        *,
        label: str | None = None,
        length: int | None = None,
        unique: bool = False,
        mandatory: bool = False,
        values: Sequence[str] = (),
        lookup: str | None = None,
        decimal_place: int | None = None,
    ) -> None:
        """Add a custom field to a module, with the documented length of its type unless another one is given."""
        field = custom_field(
            name,
            data_type,
            label=label,
            length=length,
            unique=unique,
            mandatory=mandatory,
            values=tuple(values),
            lookup=lookup,
            decimal_place=decimal_place,
        )
        self._org.store.put_field(_module(module), field)

    def add_team_pipeline(self, name: str, stages: Mapping[str, Sequence[str]], *, required: Sequence[str] = ()) -> str:
        """Add a team pipeline and return its id, which is the value of the Pipeline field of its records.

        Parameters
        ----------
        name
            Its name; it is the layout's name, too.
        stages
            Each sub-pipeline with its stages, in order. A name can be in several team pipelines.
        required
            Fields of Pipelines that this one requires besides those that are mandatory everywhere.
        """
        if not stages or not all(stages.values()):
            raise ValueError("a team pipeline needs a sub-pipeline, and each sub-pipeline a stage")
        if unknown := sorted(set(required) - set(self._org.store.fields("Pipelines"))):
            raise ValueError(f"a team pipeline can only require fields of Pipelines, not {', '.join(unknown)}")
        return self._org.store.add_layout("Pipelines", name, stages, required)

    def add_user(self, name: str, email: str) -> User:
        """Add a user who can own records."""
        return self._org.store.add_user(name, email)

    def add_record(self, module: str, cells: Mapping[str, str]) -> str:
        """Store a record as it is, without any check, and return its id."""
        record_id = self._org.store.new_id()
        self._org.store.write(_module(module), [Verdict(ADDED, record_id, "", dict(cells), {})], self._org.clock())
        return record_id

    def records(self, module: str) -> list[dict[str, Any]]:
        """Return a module's records, oldest first: the text of each filled field as it was sent, and `id`."""
        self.settle()
        return [record["cells"] | {ID: record[ID]} for record in self._org.store.records(_module(module))]

    def values(self, module: str) -> list[dict[str, Any]]:
        """Return a module's records in normal form: ISO dates, true or false, ids of lookups, and `id`."""
        self.settle()
        return [r["cells"] | r["values"] | {ID: r[ID]} for r in self._org.store.records(_module(module))]

    # -- what happened

    def settle(self) -> None:
        """Wait until every accepted job is finished."""
        self._app.worker.settle()

    def ledger(self) -> list[LedgerJob]:
        """Return every accepted job, in order, even if its client never got the answer."""
        self.settle()
        return self._org.store.ledger()

    @property
    def requests(self) -> list[LoggedRequest]:
        """Return the requests so far, in the order in which they came in."""
        return list(self._org.requests)

    @property
    def callbacks(self) -> list[PostedCallback]:
        """Return the callbacks that were posted."""
        self.settle()
        return list(self._org.callbacks)

    @property
    def credits(self) -> int:
        """Return the API credits charged so far."""
        return self._org.store.spend(0)

    @property
    def errors(self) -> list[BaseException]:
        """Return the errors inside the sandbox; the first one is raised when it stops."""
        return self._org.errors


def _module(name: str) -> str:
    if name not in WRITABLE:
        raise ValueError(f"the sandbox keeps {', '.join(WRITABLE)}, not {name!r}")
    return name


def __getattr__(name: str) -> Any:
    if name == "Manners":
        warn_of("bigin_frames.sandbox.Manners", "bigin_frames.sandbox.Behaviour")
        return Behaviour
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
