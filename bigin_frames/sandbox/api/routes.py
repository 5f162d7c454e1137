"""The routes of the API: which call is answered by what, and the scopes and credits that it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from werkzeug.wrappers import Response

from bigin_frames.sandbox.api.settings import list_fields, list_layouts, list_modules, show_module, show_organisation
from bigin_frames.sandbox.api.sign_in import give_token
from bigin_frames.sandbox.bulk.calls import BulkCalls
from bigin_frames.sandbox.bulk.worker import Worker
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.records.deleting import delete_records
from bigin_frames.sandbox.records.queries import Queries
from bigin_frames.sandbox.records.reading import read_record, read_records

# Credits of a call: Bigin v1 docs, api-limits.
CALL_CREDITS, JOB_CREDITS = 1, 500


@dataclass(frozen=True)
class Route:
    """One route: its name for faults, how a request is matched, what it needs and what answers it."""

    name: str
    method: str
    path: re.Pattern[str]
    scopes: tuple[str, ...]  # one of them is needed; none: no token is needed
    answer: Callable[..., Response]
    price: int  # in credits
    takes_token: bool  # the scopes that it needs depend on the module in the body


def routes_of(org: Org, worker: Worker) -> list[Route]:
    """Return the route table; the version in a path does not matter, so v1 and v2 clients get the same answers."""
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
    calls, queries = BulkCalls(org, worker), Queries(org, worker.wait)

    def route(
        title: str,
        method: str,
        path: str,
        scopes: tuple[str, ...],
        answer: Callable[..., Response],
        price: int = CALL_CREDITS,
        *,
        takes_token: bool = False,
    ) -> Route:
        return Route(title, method, re.compile(path), scopes, answer, price, takes_token)

    def of_org(function: Callable[..., Response]) -> Callable[..., Response]:
        return partial(function, org)

    return [
        route("token", "POST", r"/oauth/v2/token", (), of_org(give_token)),
        route("org", "GET", rf"/bigin/{version}/org", org_scopes, of_org(show_organisation)),
        route("modules", "GET", rf"/bigin/{version}/settings/modules", meta, of_org(list_modules)),
        route("module", "GET", rf"/bigin/{version}/settings/modules/{name}", meta, of_org(show_module)),
        route("fields", "GET", rf"/bigin/{version}/settings/fields", fields, of_org(list_fields)),
        route("layouts", "GET", rf"/bigin/{version}/settings/layouts(?:/{number})?", layouts, of_org(list_layouts)),
        route("coql", "POST", rf"/bigin/{version}/coql", coql, queries.answer, takes_token=True),
        route("upload", "POST", rf"/bigin/{version}/upload", files, calls.upload),
        route("create", "POST", rf"/bigin/bulk/{version}/write", bulk, calls.create, JOB_CREDITS, takes_token=True),
        route("details", "GET", rf"/bigin/bulk/{version}/write/{number}", bulk, calls.details),
        route("download", "GET", rf"/{version}/(?:crm|bigin)/(\w+)/bulk-write/{number}/\2\.zip", bulk, calls.download),
        route("record", "GET", rf"/bigin/{version}/{name}/{number}", reading, of_org(read_record)),
        route("records", "GET", rf"/bigin/{version}/{name}", reading, of_org(read_records)),
        route("delete", "DELETE", rf"/bigin/{version}/{name}", deleting, of_org(delete_records)),
    ]
