"""Route requests: log them, check token, scope and credits, let the scripted fault happen, call the handler."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.api.routes import Routes
from bigin_frames.sandbox.bulk.details import as_answered, show_job
from bigin_frames.sandbox.bulk.worker import Worker
from bigin_frames.sandbox.faults.fault import Fault
from bigin_frames.sandbox.organisation.org import LoggedRequest, Org
from bigin_frames.sandbox.organisation.tokens import Token
from bigin_frames.sandbox.page.page import Page
from bigin_frames.sandbox.records.deleting import delete_records
from bigin_frames.sandbox.records.reading import read_record, read_records
from bigin_frames.sandbox.server.answers import Refusal, json_response, refused
from bigin_frames.sandbox.server.sockets import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Credits of a call: Bigin v1 docs, api-limits.
CALL_CREDITS, JOB_CREDITS = 1, 500
WITH_TOKEN = ("create", "coql")  # their scopes depend on the module in the body
SCHEME = "Zoho-oauthtoken "
HIDDEN = "***"


@dataclass(frozen=True)
class Route:
    """Hold one route: its name for faults, how it is matched, what it needs and who answers."""

    name: str
    method: str
    path: re.Pattern[str]
    scopes: tuple[str, ...]  # one of them is needed; none: no token is needed
    price: int  # in credits
    answer: Callable[..., Response]


class App:
    """Answer WSGI calls for one organisation."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._lock = threading.Lock()
        self.worker = Worker(org, lambda job_id: as_answered(org, show_job(org, job_id, ended=True)))
        self._routes = _table(org, Routes(org, self.worker))
        self._page = Page(org)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call, or do to its connection what the scripted fault wants."""
        with Request(environ) as request:
            if (shown := self._page.answer(request)) is not None:
                return shown(environ, start_response)
            started = time.perf_counter()
            route, parts = self._match(request)
            number = self._log(request, route)
            fault = self.org.faults.take(route.name) if isinstance(route, Route) else None
            if fault is None:
                response = self._handled(request, route, parts)
            else:
                response = self._faulty(fault, Wire(environ, self.org.stopping), request, route, parts)
            took_s = time.perf_counter() - started
            self.org.requests[number] = replace(self.org.requests[number], status=response.status_code, took_s=took_s)
            return response(environ, start_response)

    def _faulty(
        self, fault: Fault, wire: Wire, request: Request, route: Route | Refusal, parts: tuple[str, ...]
    ) -> Response:
        if fault.expires_tokens:
            self.org.tokens.expire()
        real = self._handled(request, route, parts) if fault.applied else Response()
        return fault.act(wire, real)

    def _match(self, request: Request) -> tuple[Route | Refusal, tuple[str, ...]]:
        """Return the route of a request with the parts of its path, or why there is none."""
        refusal = Refusal("INVALID_URL_PATTERN")
        for route in self._routes:
            if found := route.path.fullmatch(request.path):
                if route.method == request.method:
                    return route, found.groups()
                refusal = Refusal("INVALID_REQUEST_METHOD")
        return refusal, ()

    def _handled(self, request: Request, route: Route | Refusal, parts: tuple[str, ...]) -> Response:
        token = None
        try:
            if isinstance(route, Refusal):
                raise route
            if route.scopes:
                token = self._authorised(request, route)
                self._charge(route.price)
            response = route.answer(request, *parts, **({"token": token} if route.name in WITH_TOKEN else {}))
        except Refusal as refused_with:
            response = json_response(refused_with.body, refused_with.status)
        except Exception as error:
            if not isinstance(error, ClientDisconnected):  # the client left while it was speaking
                self.org.errors.append(error)
            response = refused("INTERNAL_ERROR")
        if token is not None:
            response.headers["X-ACCESSTOKEN-RESET"] = self.org.time_text(token.expires)
            response.headers.extend(self._credits_left())
        return response

    def _authorised(self, request: Request, route: Route) -> Token:
        header = request.headers.get("Authorization")
        if header is None:
            raise Refusal(self.org.behaviour.missing_auth)
        if not header.startswith(SCHEME):
            raise Refusal("INVALID_REQUEST")  # what a live call with Bearer met
        token = self.org.tokens.find(header.removeprefix(SCHEME))
        if token is None:
            raise Refusal("INVALID_TOKEN")
        if not set(route.scopes) & set(token.scopes):
            raise Refusal("OAUTH_SCOPE_MISMATCH")
        return token

    def _charge(self, price: int) -> None:
        most = self.org.behaviour.daily_credits
        if most is not None and self.org.store.spend(0) + price > most:
            raise Refusal("TOO_MANY_REQUESTS")
        self.org.store.spend(price)

    def _credits_left(self) -> dict[str, str]:
        """Return the header that appears once half of the credits are used (CRM v8 docs, api-limits)."""
        most, spent = self.org.behaviour.daily_credits, self.org.store.spend(0)
        if most is None or spent * 2 < most:
            return {}
        return {"X-API-CREDITS-REMAINING": str(most - spent)}

    def _log(self, request: Request, route: Route | Refusal) -> int:
        """Log a request without its secrets and return its number."""
        secrets = self.org.secrets()
        address = request.url
        entry = LoggedRequest(
            method=request.method,
            path=_hide(request.path, secrets),
            query=_hide(request.query_string.decode("latin-1"), secrets),
            route=route.name if isinstance(route, Route) else "unknown",
            headers={name.lower(): _hide(value, secrets) for name, value in request.headers.items()},
            body_bytes=request.content_length or 0,
            secret_in_url=any(secret in address for secret in secrets),
            at=self.org.clock(),
        )
        with self._lock:
            self.org.requests.append(entry)
            return len(self.org.requests) - 1


def _hide(text: str, secrets: set[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _table(org: Org, routes: Routes) -> list[Route]:
    """Return the route table; the version in a path does not matter, which keeps v1 and v2 clients equal."""
    version = r"v\d+(?:\.\d+)?"
    bulk = ("ZohoBigin.bulk.CREATE", "ZohoBigin.bulk.ALL")
    settings = ("ZohoBigin.settings.ALL",)
    meta = ("ZohoBigin.settings.modules.READ", "ZohoBigin.settings.modules.ALL", *settings)
    fields = ("ZohoBigin.settings.fields.READ", "ZohoBigin.settings.fields.ALL", *settings)
    layouts = ("ZohoBigin.settings.layouts.READ", "ZohoBigin.settings.layouts.ALL", *settings)
    reading = ("ZohoBigin.modules.ALL", "ZohoBigin.modules.READ")
    deleting = ("ZohoBigin.modules.ALL", "ZohoBigin.modules.DELETE")
    files = ("ZohoFiles.files.ALL",)
    coql = ("ZohoBigin.coql.READ",)
    org_scopes = ("ZohoBigin.org.READ", "ZohoBigin.org.ALL")
    name, number = r"([A-Za-z_]+)", r"(\d+)"

    def route(
        title: str, method: str, path: str, scopes: tuple[str, ...], answer: Callable[..., Response], price: int = 1
    ) -> Route:
        return Route(title, method, re.compile(path), scopes, price, answer)

    return [
        route("token", "POST", r"/oauth/v2/token", (), routes.token),
        route("org", "GET", rf"/bigin/{version}/org", org_scopes, routes.organisation),
        route("modules", "GET", rf"/bigin/{version}/settings/modules", meta, routes.modules),
        route("module", "GET", rf"/bigin/{version}/settings/modules/{name}", meta, routes.module),
        route("fields", "GET", rf"/bigin/{version}/settings/fields", fields, routes.fields),
        route("layouts", "GET", rf"/bigin/{version}/settings/layouts(?:/{number})?", layouts, routes.layouts),
        route("coql", "POST", rf"/bigin/{version}/coql", coql, routes.coql),
        route("upload", "POST", rf"/bigin/{version}/upload", files, routes.upload),
        route("create", "POST", rf"/bigin/bulk/{version}/write", bulk, routes.create, JOB_CREDITS),
        route("details", "GET", rf"/bigin/bulk/{version}/write/{number}", bulk, routes.details),
        route("download", "GET", rf"/{version}/(?:crm|bigin)/(\w+)/bulk-write/{number}/\2\.zip", bulk, routes.download),
        route("record", "GET", rf"/bigin/{version}/{name}/{number}", reading, lambda r, *p: read_record(org, r, *p)),
        route("records", "GET", rf"/bigin/{version}/{name}", reading, lambda r, *p: read_records(org, r, *p)),
        route("delete", "DELETE", rf"/bigin/{version}/{name}", deleting, lambda r, *p: delete_records(org, r, *p)),
    ]
