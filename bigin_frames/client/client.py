"""The client of one Bigin organisation: one method per call; how calls are made is in `calls`."""

from __future__ import annotations

import os
import random as _random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from bigin_frames import limits
from bigin_frames.client import records
from bigin_frames.client.calls import Calls
from bigin_frames.client.known_metadata import Known
from bigin_frames.client.transport import Sender, Transport
from bigin_frames.errors import AnswerError, InputError, OptionError, TransportError
from bigin_frames.examples import with_examples
from bigin_frames.examples.client import CLIENT
from bigin_frames.job_request import FieldMapping, JobRequest
from bigin_frames.model import Credentials, Field, Job, Layout, Module, Org
from bigin_frames.wire import build, hosts, parse, result
from bigin_frames.wire.retry import doubt_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Client", "Transport"]


@with_examples(CLIENT)
class Client:
    """A connection to one organisation of one data centre; nothing is sent before the first call.

    It makes at most five calls at once, which is what Bigin allows the smallest edition (Bigin v1, api-limits).

    Parameters
    ----------
    credentials : Credentials, or callable that returns Credentials
        A callable is called before each token refresh, so that only the access token stays in memory.
    region : str
        Data centre of the account: us, eu, in, au, cn, jp, ca or sa.
    org_id : str, optional
        The organisation's zgid, which uploads need; read from Bigin if absent.
    api_url, content_url, accounts_url : str, optional
        Other hosts: https, or http on this machine. A loopback ``api_url`` is used for all three.
    download_hosts : iterable of str
        Further hosts that results may come from; the token is not sent to any other.
    token_cache : str or path, optional
        A file through which processes with these credentials share an access token, created with mode 0600 and locked
        during a refresh. Without it the token stays in memory, and each process requests its own.
    transport : Transport, optional
        The network, the pause and the clock.
    random : callable
        Returns a float in [0, 1), for the length of pauses.
    """

    def __init__(
        self,
        credentials: Credentials | Callable[[], Credentials],
        region: str = "us",
        *,
        org_id: str | None = None,
        api_url: str | None = None,
        content_url: str | None = None,
        accounts_url: str | None = None,
        download_hosts: Iterable[str] = (),
        token_cache: str | os.PathLike[str] | None = None,
        transport: Sender | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._where = hosts.region(
            region, api_url=api_url, content_url=content_url, accounts_url=accounts_url, download_hosts=download_hosts,
        )  # fmt: skip
        self._org_id = org_id
        # The token's api_domain is compared with the region's host; an address given here takes precedence over both.
        domain = self._where if api_url is None else None
        self._calls = Calls(
            self._where, credentials, transport or Transport(), random, token_cache=token_cache, domain=domain
        )
        self._known = Known(self._calls.make, self._where)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Client:
        """Build a client from the ``BIGIN_...`` variables of the environment, or of a mapping.

        Options are those of `Client`; they take precedence over the variables.

        Raises
        ------
        SettingsError
            If a variable is missing or malformed.
        """
        from bigin_frames.client import settings

        environ = settings.Environment(environ)  # whose values no traceback shows
        return cls(**settings.client_options(environ, **options))

    def __repr__(self) -> str:
        if not hasattr(self, "_where"):  # a debugger shows it while its constructor raises
            return "<Client, not built>"
        return f"Client(region={self._where.name!r}, api={self._where.api!r}, org_id={self._org_id!r})"

    def _repr_html_(self) -> str:
        from bigin_frames.display.client_page import as_page

        return as_page(self.region, self._where.api, self._where.content, self._org_id, is_local=self.is_local)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Client cannot be pickled: it holds secrets. Call Client.from_env() in the other process.")

    @property
    def is_local(self) -> bool:
        """Return whether this is the sandbox on this machine."""
        return self._where.is_local

    @property
    def region(self) -> str:
        """Return the data centre's name."""
        return self._where.name

    def now(self) -> float:
        """Return the transport's clock in seconds."""
        return self._calls.now()

    def server_time(self) -> datetime | None:
        """Return Bigin's own time, by the Date header of its last answer: to the second, never ahead; else None."""
        return self._calls.server_time()

    def sleep(self, seconds: float) -> None:
        """Pause as the transport does."""
        self._calls.sleep(seconds)

    def org(self) -> Org:
        """Return the organisation that the token belongs to; requested once.

        Raises
        ------
        OptionError
            If ``org_id`` is another one.
        """
        found = self._known.org()
        if self._org_id not in (None, found.zgid):
            raise OptionError(
                f"org_id is {self._org_id}, but the token belongs to the organisation with zgid {found.zgid}.",
                option="org_id",
            )
        return found

    def modules(self) -> tuple[Module, ...]:
        """Return the organisation's modules."""
        return self._known.modules()

    def fields(self, module: str) -> tuple[Field, ...]:
        """Return the fields of a module; requested once.

        Raises
        ------
        InputError
            If there is no such module; the message suggests similar names.
        """
        return self._known.fields(module)

    def layouts(self, module: str) -> tuple[Layout, ...]:
        """Return the layouts of a module, which in Pipelines are the team pipelines; requested once.

        Raises
        ------
        InputError, AuthError
            If there is no such module, or the token lacks the scope ``ZohoBigin.settings.layouts.READ``.
        """
        return self._known.layouts(module)

    def zgid(self) -> str:
        """Return the organisation's unique number; requested once if ``org_id`` was not given."""
        return self._org_id or self.org().zgid

    def upload(self, file_name: str, zip_bytes: bytes) -> str:
        """Upload a zip and return the file's id; a file that no job uses has no effect on records.

        Parameters
        ----------
        file_name : str
            Letters, digits, ``.``, ``_`` and ``-``; with the extension.
        zip_bytes : bytes
            A zip with one CSV.
        """
        return self._calls.make(build.upload(self._where, self.zgid(), file_name, zip_bytes), parse.file_id)

    def create_job(self, job: JobRequest, file_id: str, *, before_first_byte: Callable[[], None] | None = None) -> str:
        """Create a job and return its id; retried only if it is certain that no job was created.

        Parameters
        ----------
        job : JobRequest
        file_id : str
            As `upload` returned it.
        before_first_byte : callable, optional
            Called each time a connection is open and nothing has been sent yet; what it raises ends the call.

        Raises
        ------
        NotSentError
            If nothing of the request left the machine.
        ApiError, UnreadableAnswerError
            If Bigin refused the job, or another server answered 4xx: no job exists.
        UnansweredError
            For everything else, 5xx, redirects and unreadable successes included: a job may or may not exist.
        """
        request = build.create(self._where, job, file_id)
        try:
            return self._calls.make(request, parse.job_id, fresh_connection=True, before_first_byte=before_first_byte)
        except (AnswerError, TransportError) as error:
            doubt = doubt_of(error)
            if doubt is None:
                raise
        raise doubt

    def job(self, job_id: str) -> Job:
        """Return the state of a job."""
        return self._calls.make(build.job(self._where, job_id), lambda response: parse.job(response, job_id))

    def download(self, job: Job) -> bytes:
        """Return a finished job's result zip, unchecked; `read_result` checks it.

        One redirect is followed, to a trusted host only, and without the token if the host changes.

        Raises
        ------
        InputError
            If the job has no result yet.
        UntrustedHostError
            If the result's address points to a host that must not see the token.
        """
        if job.result_url is None:
            raise InputError(f"Job {job.id} has no result to download; its status is {job.status}.")
        request = build.download(hosts.download_url(job.result_url, self._where))
        return self._calls.make(request, parse.result_zip, limit_bytes=limits.MAX_RESULT_ZIP_BYTES)

    @staticmethod
    def read_result(body: bytes, mappings: Sequence[FieldMapping]) -> result.Result:
        """Read a result zip that `download` returned.

        Parameters
        ----------
        body : bytes
        mappings : sequence of FieldMapping
            Those the job was created with: they define the result's columns.

        Raises
        ------
        BadResultError
            If the file is damaged or its header is not a result's.
        """
        return result.read(body, mappings)

    def records(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> pd.DataFrame:
        """Return records by id, in the order of ``ids``; ids that do not exist have no row.

        Parameters
        ----------
        module : str
        ids : sequence of str
            Any number; `limits.MAX_IDS_PER_CALL` per call. A repeated id gives one row.
        fields : sequence of str
            API names. A lookup gives its id; ``"Owner.email"`` or ``"Account_Name.name"`` gives one part of it.

        Returns
        -------
        pandas.DataFrame
            ``id`` and ``fields``, all of dtype ``string``, numbers as Bigin writes them, missing where Bigin has null.
        """
        return records.by_id(self._calls.make, self._where, module, ids, fields)

    def find(self, module: str, key: str, values: Sequence[str], fields: Sequence[str] = ()) -> pd.DataFrame:
        """Return the records whose field has one of the values.

        Parameters
        ----------
        module : str
        key : str
            API name of a text field; values are compared as Bigin compares them, which may ignore case.
        values : sequence of str
            Those with a quote, a backslash or a control character are not searched for.
        fields : sequence of str
            API names.

        Returns
        -------
        pandas.DataFrame
            ``id``, ``key`` and ``fields`` of dtype ``string``, in Bigin's order. A record that was written moments ago
            may be missing.
        """
        return records.by_value(self._calls.make, self._where, module, key, values, fields)
