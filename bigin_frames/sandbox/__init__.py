"""Run a local, honest Bigin: the Bulk Write API with its open questions as switches and its failures on demand.

It shares no code with the client of this package; the two meet over a socket only, so that a misreading of the API on
one side shows on the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bigin_frames.sandbox.api.app import App
from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.faults.fault import Fault
from bigin_frames.sandbox.faults.script import Faults
from bigin_frames.sandbox.metadata.fields import WRITABLE, custom_field
from bigin_frames.sandbox.organisation.org import LoggedRequest, Org, PostedCallback
from bigin_frames.sandbox.organisation.tokens import GRANT_LIFE_S
from bigin_frames.sandbox.server.sockets import Server
from bigin_frames.sandbox.store.store import LedgerRow, Store, User
from bigin_frames.sandbox.verdicts.judge import ADDED, Verdict
from bigin_frames.sandbox.verdicts.known import ID

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
    """Carry an error inside the sandbox back to the test that caused it."""


@dataclass(frozen=True)
class LedgerJob:
    """Hold one accepted job and what became of each of its rows; this is the truth tests compare with."""

    id: str
    module: str
    operation: str
    file_id: str
    file_name: str
    find_by: str | None
    status: str | None
    rows: list[LedgerRow]


class Sandbox:
    """Run a local Bigin on a loopback port.

    Parameters
    ----------
    port
        0 takes any free port.
    data
        A file to keep everything in; without it the organisation lives in memory, with a new zgid each time.
    behaviour
        The answers to the open questions; replace `behaviour` while it runs to change them.
    clock
        Seconds since 1970, for tests that let tokens and results grow old.
    """

    def __init__(
        self,
        port: int = 0,
        data: str | None = None,
        behaviour: Behaviour | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._org = Org(Store(data), clock, behaviour or Behaviour())
        self._app = App(self._org)
        try:
            self._server = Server(self._app, port)
        except OSError:  # the port is taken
            self._org.store.close()
            raise
        self._org.url = self.url = f"http://127.0.0.1:{self._server.port}"

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
        """Return the answers to the open questions that hold at present."""
        return self._org.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._org.behaviour = behaviour

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
        """Let every access token die now."""
        self._org.tokens.expire()

    def grant_code(self, life_s: float = GRANT_LIFE_S) -> str:
        """Return a grant code, good once, as the API console generates one for a self client."""
        return self._org.tokens.grant(life_s)

    # -- what a client needs

    def environment(self) -> dict[str, str]:
        """Return the environment variables that lead a client here."""
        return self._org.environment()

    def client(self, **options: Any) -> Any:
        """Return a client of this package for this sandbox; options are those of `settings.client_from`."""
        # The one import of the client's side, and only here: credentials are handed over, no wire code is shared.
        from bigin_frames.settings import client_from

        return client_from(self.environment(), **options)

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
        """Add a custom field to a module, with the documented length of its kind unless told otherwise."""
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
        """Add a team pipeline and return its id, which the Pipeline field of its records holds.

        Parameters
        ----------
        name
            Its name; it is the layout's name, too.
        stages
            Each sub-pipeline with its stages, in order. A name may stand in several team pipelines.
        required
            Fields of Pipelines that this one requires beside those which are mandatory everywhere.
        """
        if not stages or not all(stages.values()):
            raise ValueError("a team pipeline needs a sub-pipeline, and each of these a stage")
        if unknown := sorted(set(required) - set(self._org.store.fields("Pipelines"))):
            raise ValueError(f"a team pipeline can only require fields of Pipelines, not {', '.join(unknown)}")
        return self._org.store.add_layout("Pipelines", name, stages, required)

    def add_user(self, name: str, email: str) -> User:
        """Add a user who can own records."""
        return self._org.store.add_user(name, email)

    def add_record(self, module: str, cells: Mapping[str, str]) -> str:
        """Store a record as given, with no check, and return its id."""
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
        """Wait until every accepted job is worked off."""
        self._app.worker.settle()

    def ledger(self) -> list[LedgerJob]:
        """Return every accepted job, in order, whether or not its client ever heard of it."""
        self.settle()
        return [self._ledger_job(job) for job in self._org.store.jobs()]

    def _ledger_job(self, job: Mapping[str, Any]) -> LedgerJob:
        body, outcome = job["body"], job["outcome"] or {}
        rows = self._org.store.ledger_rows(job[ID])
        names = ("module", "operation", "file_id", "file_name", "find_by")
        return LedgerJob(id=job[ID], status=outcome.get("status"), rows=rows, **{name: body[name] for name in names})

    @property
    def requests(self) -> list[LoggedRequest]:
        """Return the requests so far, in the order they came in."""
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
        """Return errors inside the sandbox; they are raised when it stops."""
        return self._org.errors


def _module(name: str) -> str:
    if name not in WRITABLE:
        raise ValueError(f"the sandbox keeps {', '.join(WRITABLE)}, not {name!r}")
    return name
