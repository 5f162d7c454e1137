"""Speak with one Bigin organisation: one method per call, tokens renewed, calls repeated where that does no harm."""

from __future__ import annotations

import difflib
import os
import random as _random
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from bigin_frames import limits
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    AuthError,
    InputError,
    NotSentError,
    OptionError,
    RateLimitError,
    SettingsError,
    TransportError,
)
from bigin_frames.model import Credentials, Field, FieldMapping, Job, JobRequest, Layout, Module, Org
from bigin_frames.tokens import TokenCache
from bigin_frames.transport import Sender, Transport
from bigin_frames.wire import answer, build, hosts, parse, result
from bigin_frames.wire.message import Request, Response, signed
from bigin_frames.wire.retry import Budget, doubt_of, repeated
from bigin_frames.wire.token import Token, TokenKeeper, read_token

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Client", "Transport"]

T = TypeVar("T")


class Client:
    """Hold the connection to one organisation of one data centre; nothing is sent before the first call.

    Parameters
    ----------
    credentials : Credentials, or callable that returns Credentials
        A callable is asked each time before a token is, so that nothing but the access token stays in memory.
    region : str
        Data centre of the account: us, eu, in, au, cn, jp, ca or sa.
    org_id : str, optional
        The organisation's zgid, which uploads name; asked for when absent.
    api_url, content_url, accounts_url : str, optional
        Replace a host: https, or http on this machine. A loopback ``api_url`` stands for all three.
    download_hosts : iterable of str
        Further hosts that results may come from; the token is sent to no other.
    token_cache : str or path, optional
        A file through which processes with these credentials share an access token, made with mode 0600 and locked
        during a refresh. Without it the token stays in memory, and each process asks for its own.
    transport : Transport, optional
        The wire, the pause and the clock.
    random : callable
        Gives a float in [0, 1), for the length of pauses.

    Examples
    --------
    >>> Client(Credentials("1000.ID", "secret", "1000.refresh"), region="eu")
    Client(region='eu', api='https://www.zohoapis.eu', org_id=None)
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
            region,
            api_url=api_url,
            content_url=content_url,
            accounts_url=accounts_url,
            download_hosts=download_hosts,
        )
        self._credentials = credentials
        self._org_id = org_id
        self._transport: Sender = transport or Transport()
        self._random = random
        self._budget = Budget()
        fetch: Callable[[], Token] = self._fetch_token
        if token_cache is not None:
            fetch = partial(TokenCache(token_cache, self._given(), self._where.accounts).get, fetch)
        self._tokens = TokenKeeper(fetch, self.now)
        self._known = _Known()
        self._last_date: tuple[datetime, float] | None = None
        # The token's api_domain is compared with the region's host; an address given here outranks both.
        self._domain = self._where if api_url is None else None

    @classmethod
    def from_env(cls, **options: Any) -> Client:
        """Build a client from the BIGIN_... environment variables; options given here outrank them.

        Raises
        ------
        SettingsError
            If a variable is missing or malformed.
        """
        from bigin_frames import settings

        return settings.client_from(**options)

    def __repr__(self) -> str:
        if not hasattr(self, "_where"):
            return "<Client, not built>"  # a debugger shows it while its constructor refuses something
        return f"Client(region={self._where.name!r}, api={self._where.api!r}, org_id={self._org_id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Client is not pickled: it holds secrets; call Client.from_env() in the other process.")

    @property
    def is_local(self) -> bool:
        """Return whether Bigin is the sandbox on this machine."""
        return self._where.is_local

    @property
    def region(self) -> str:
        """Return the data centre's name."""
        return self._where.name

    def now(self) -> float:
        """Return the transport's clock in seconds."""
        return self._transport.now()

    def server_time(self) -> datetime | None:
        """Return Bigin's own time, by its last answer's Date header and what has passed since; None before one.

        To the second, and behind by the time that answer took: what is made from now on bears no earlier time.
        """
        if self._last_date is None:
            return None
        stated, heard = self._last_date
        return (stated + timedelta(seconds=max(0.0, self.now() - heard))).replace(microsecond=0)

    def sleep(self, seconds: float) -> None:
        """Pause as the transport does."""
        self._transport.sleep(seconds)

    def org(self) -> Org:
        """Return the organisation the token belongs to; asked for once.

        Raises
        ------
        OptionError
            If ``org_id`` names another one.
        """
        found = self._known.get("org", lambda: self._call(build.org(self._where), parse.org))
        if self._org_id not in (None, found.zgid):
            raise OptionError(
                f"org_id is {self._org_id}, but the token belongs to the organisation with zgid {found.zgid}.",
                option="org_id",
            )
        return found

    def modules(self) -> tuple[Module, ...]:
        """Return the organisation's modules."""
        return self._call(build.modules(self._where), parse.modules)

    def fields(self, module: str) -> tuple[Field, ...]:
        """Return the fields of a module; asked for once.

        Raises
        ------
        InputError
            If there is no such module; the message names the nearest ones.
        """
        request = build.fields(self._where, module)
        return self._known.get(f"fields {module}", lambda: self._ask_about(module, request, parse.fields))

    def layouts(self, module: str) -> tuple[Layout, ...]:
        """Return the layouts of a module, which in Pipelines are the team pipelines; asked for once.

        Raises
        ------
        InputError
            If there is no such module; the message names the nearest ones.
        AuthError
            If the token lacks the scope ``ZohoBigin.settings.layouts.READ``.

        Examples
        --------
        ``{team.name: team.id for team in client.layouts("Pipelines")}`` gives what the field Pipeline takes, and
        ``[sub.name for sub in client.layouts("Pipelines")[0].sub_pipelines]`` what Sub_Pipeline takes beside it.
        """
        request = build.layouts(self._where, module)
        return self._known.get(f"layouts {module}", lambda: self._ask_about(module, request, parse.layouts))

    def _ask_about(self, module: str, request: Request, read: Callable[[Response], T]) -> T:
        try:
            return self._call(request, read)
        except ApiError as error:
            if error.code not in _UNKNOWN_MODULE_CODES:
                raise
        raise self._unknown_module(module)

    def _unknown_module(self, module: str) -> InputError:
        names = {name: one.api_name for one in self.modules() for name in (one.label, one.api_name)}
        near = list(dict.fromkeys(names[n] for n in difflib.get_close_matches(module, names, n=3, cutoff=0.5)))
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has {', '.join(names.values())}."
        return InputError(f"Bigin has no module {module!r}; {hint}")

    def zgid(self) -> str:
        """Return the number that tells the organisation from all others; asked for once where it was not given."""
        return self._org_id or self.org().zgid

    def upload(self, file_name: str, zip_bytes: bytes) -> str:
        """Upload a zip and return the file's id; a file that no job names has no effect on records.

        Parameters
        ----------
        file_name : str
            Letters, digits, ``.``, ``_`` and ``-``; with the extension.
        zip_bytes : bytes
            A zip holding one CSV.
        """
        return self._call(build.upload(self._where, self.zgid(), file_name, zip_bytes), parse.file_id)

    def create_job(self, job: JobRequest, file_id: str, *, before_first_byte: Callable[[], None] | None = None) -> str:
        """Create a job and return its id; sent again only where it is certain that no job was made.

        Parameters
        ----------
        job : JobRequest
        file_id : str
            As `upload` returned it.
        before_first_byte : callable, optional
            Called each time a connection stands and nothing has been written to it; what it raises ends the call.

        Raises
        ------
        NotSentError
            If no byte of the request left the machine.
        ApiError
            If Bigin refused the job (AuthError and RateLimitError included): no job exists.
        UnreadableAnswerError
            If something answered 4xx without Bigin's envelope: no job exists.
        UnansweredError
            For everything else, 5xx, redirects and unreadable successes included: a job may or may not exist.
        """
        request = build.create(self._where, job, file_id)
        try:
            return self._call(request, parse.job_id, fresh_connection=True, before_first_byte=before_first_byte)
        except (AnswerError, TransportError) as error:
            doubt = doubt_of(error)
            if doubt is None:
                raise
        raise doubt

    def job(self, job_id: str) -> Job:
        """Return what Bigin says of a job now."""
        return self._call(build.job(self._where, job_id), lambda response: parse.job(response, job_id))

    def download(self, job: Job) -> bytes:
        """Return a finished job's result zip as it came; `read_result` says whether it is sound.

        One redirect is followed, to an allowed host only, without the token if the host changes.

        Raises
        ------
        InputError
            If the job has no result yet.
        UntrustedHostError
            If the result's address leads to a host that must not see the token.
        """
        if job.result_url is None:
            raise InputError(f"Job {job.id} has no result to download; its status is {job.status}.")
        request = build.download(hosts.download_url(job.result_url, self._where))
        return self._call(request, parse.result_zip, limit_bytes=limits.MAX_RESULT_ZIP_BYTES)

    @staticmethod
    def read_result(body: bytes, mappings: Sequence[FieldMapping]) -> result.Result:
        """Read a result zip as `download` returned it.

        Parameters
        ----------
        body : bytes
        mappings : sequence of FieldMapping
            Those the job was created with: they tell what the result's columns are.

        Raises
        ------
        BadResultError
            If the file is damaged or its header is not a result's.
        """
        return result.read(body, mappings)

    def records(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> pd.DataFrame:
        """Return records by id, in the order of ``ids``; ids that Bigin does not find have no row.

        Parameters
        ----------
        module : str
        ids : sequence of str
            Any number; `limits.MAX_IDS_PER_CALL` go in one call. A repeated id gives one row.
        fields : sequence of str
            API names. A lookup gives its id; ``"Owner.email"`` or ``"Account_Name.name"`` gives one part of it.

        Returns
        -------
        pandas.DataFrame
            ``id`` and ``fields``, all of dtype ``string``, numbers as Bigin writes them, missing where Bigin has null.
        """
        ids, names = list(dict.fromkeys(ids)), list(dict.fromkeys(fields))
        asked = list(dict.fromkeys(name.partition(".")[0] for name in names if name != "id")) or ["id"]
        answers = [
            {
                record["id"]: record
                for some in _chunks(ids, limits.MAX_IDS_PER_CALL)
                for record in self._some(module, some, few)
            }
            for few in _chunks(asked, limits.MAX_FIELDS_PER_CALL)
        ]
        return _frame(ids, names, answers)

    def find(self, module: str, key: str, values: Sequence[str], fields: Sequence[str] = ()) -> pd.DataFrame:
        """Return the records that hold one of some values in a field.

        Parameters
        ----------
        module : str
        key : str
            API name of a text field; values are compared as Bigin compares them, which may be without case.
        values : sequence of str
            Those with a quote, a backslash or a control character are not asked for.
        fields : sequence of str
            API names.

        Returns
        -------
        pandas.DataFrame
            ``id``, ``key`` and ``fields`` of dtype ``string``, in Bigin's order. A record that was written moments ago
            may be missing: presence proves, absence does not.
        """
        names = list(dict.fromkeys((key, *fields)))
        askable = [value for value in dict.fromkeys(values) if build.can_be_asked_for(value)]
        found = [
            record
            for some in _chunks(askable, limits.MAX_QUERY_VALUES)
            for record in self._call(build.find(self._where, module, key, some, names), _found)
        ]
        by_id: dict[str | None, dict[str, str | None]] = {record["id"]: record for record in found}
        return _frame([str(found_id) for found_id in by_id], names, [by_id])

    def _some(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, str | None]]:
        return self._call(build.records(self._where, module, ids, fields), parse.records)

    def _call(
        self,
        request: Request,
        read: Callable[[Response], T],
        *,
        limit_bytes: int = limits.MAX_JSON_BYTES,
        **how: Any,
    ) -> T:
        """Make one call under its rule in `wire.retry`; ``how`` is for `Transport.send`."""
        return repeated(
            request.call,
            lambda: self._with_live_token(request, read, {"limit_bytes": limit_bytes, **how}),
            budget=self._budget,
            sleep=self.sleep,
            random=self._random,
        )

    def _with_live_token(self, request: Request, read: Callable[[Response], T], how: dict[str, Any]) -> T:
        """Make one call, and once more with a new token if Bigin says that the first was dead.

        A token that another process left behind may be dead as well, and is not the new one that is meant.
        """
        if not request.authorized:
            return read(self._transport.send(request, **how))
        token, renewed = self._token_for(request.call), False
        while True:
            try:
                return read(self._exchange(request, token, how))
            except AuthError as error:
                if renewed or error.code not in answer.DEAD_TOKEN_CODES or not answer.was_not_applied(error):
                    raise
            token = self._token_for(request.call, instead_of=token)
            renewed = not token.kept

    def _token_for(self, call: str, instead_of: Token | None = None) -> Token:
        """Return a live token; a call that gets none was not sent, however doubtful the refresh itself ended."""
        try:
            return self._tokens.get(instead_of)
        except (AuthError, RateLimitError):
            raise
        except (TransportError, AnswerError, OptionError, SettingsError) as error:
            reason = str(error)
        raise NotSentError(f"{call!r} was not sent, because no access token could be had: {reason}", call="token")

    def _fetch_token(self) -> Token:
        request = build.token(self._where, self._given())
        return self._call(request, lambda response: read_token(response, self._domain))

    def _given(self) -> Credentials:
        """Return the credentials; what a callable raises may quote them, so that only its kind is told."""
        if isinstance(self._credentials, Credentials):
            return self._credentials
        try:
            found = self._credentials()
            problem = f"returned {type(found).__name__}, not Credentials"
        except Exception as error:
            found, problem = None, f"raised {type(error).__name__}"
        if isinstance(found, Credentials):
            return found
        raise SettingsError(f"The callable that gives the credentials {problem}; see to it.", name="credentials")

    def _exchange(self, request: Request, token: Token, how: dict[str, Any]) -> Response:
        """Send one request with the token, after a last look at where it goes."""
        hosts.check_host(request.url, self._where)
        response = self._transport.send(signed(request, token.access), **how)
        stated = answer.date_of(response.headers)
        self._last_date = self._last_date if stated is None else (stated, self.now())
        location = response.headers.get("location")
        if request.call != "download" or not 300 <= response.status < 400 or location is None:
            return response
        here = hosts.origin_of(request.url)
        hop = build.download(hosts.download_url(location, self._where, base=here))
        hop = signed(hop, token.access) if hosts.origin_of(hop.url) == here else hop
        return self._transport.send(hop, **how)


# Unknown module: live Bigin v2 (settings/fields), and the code other calls of the family use.
_UNKNOWN_MODULE_CODES: Final = frozenset({"INVALID_MODULE", "MODULE_NOT_AVAILABLE"})


def _found(response: Response) -> list[dict[str, str | None]]:
    return parse.records(response, "find")


def _chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _frame(
    ids: Sequence[str], names: Sequence[str], answers: Sequence[dict[str | None, dict[str, str | None]]]
) -> pd.DataFrame:
    """Join the answers about several groups of fields; a record missing from one of them has no row."""
    import pandas as pd

    rows = [{k: v for part in answers for k, v in part[key].items()} for key in ids if all(key in p for p in answers)]
    columns = {name: [row.get(name) for row in rows] for name in dict.fromkeys(("id", *names))}
    return pd.DataFrame(columns, dtype="string")


class _Known:
    """Remember what was asked once; the lock keeps two threads from asking the same."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._facts: dict[str, Any] = {}

    def get(self, name: str, ask: Callable[[], T]) -> T:
        if name not in self._facts:
            with self._lock:
                if name not in self._facts:
                    self._facts[name] = ask()
        fact: T = self._facts[name]
        return fact
