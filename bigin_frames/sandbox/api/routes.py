"""Answer each call: one function per route, from a request to a body or a refusal."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.bulk.details import as_answered, find_job, see_job, stage
from bigin_frames.sandbox.bulk.job_request import read_job
from bigin_frames.sandbox.bulk.result_file import result_zip
from bigin_frames.sandbox.bulk.worker import Worker
from bigin_frames.sandbox.files.sheets import is_zip, unzipped_size
from bigin_frames.sandbox.metadata.fields import MODULES, describe_field, describe_module
from bigin_frames.sandbox.metadata.layouts import describe_layout
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.organisation.tokens import AccessDenied, Token
from bigin_frames.sandbox.records.queries import Queries, read_query
from bigin_frames.sandbox.server.answers import LIVE_HEADERS, Refusal, gateway, json_response, no_content
from bigin_frames.sandbox.verdicts.dates import ORG_ZONE_NAME

MAX_MEGABYTES = 25  # Bigin v1 docs, bulk-write/limitations
NEVER = "1970-01-01T00:00:00+00:00"  # the time in a recorded refusal of a feature


class Routes:
    """Answer the calls of one organisation."""

    def __init__(self, org: Org, worker: Worker) -> None:
        self.org = org
        self.worker = worker
        self.queries = Queries(org, worker.wait)

    # -- accounts host

    def token(self, request: Request) -> Response:
        """Answer `POST /oauth/v2/token`; errors come with HTTP 200, so only access_token tells success.

        A grant code brings a refresh token too; here always the one the organisation has.
        """
        given, facts, behaviour = request.values, self.org.store.org, self.org.behaviour
        grant_type = given.get("grant_type")
        if grant_type not in ("refresh_token", "authorization_code"):
            return self._token_error("unsupported_grant_type")
        if given.get("client_id") != facts["client_id"]:
            return self._token_error("invalid_client")
        if given.get("client_secret") != facts["client_secret"]:
            return self._token_error("invalid_client_secret")
        by_code = grant_type == "authorization_code"
        by_token = not by_code and given.get("refresh_token") == facts["refresh_token"]
        if not (by_token or (by_code and self.org.tokens.redeem(given.get("code", "")))):
            return self._token_error("invalid_code")
        try:
            token = self.org.tokens.issue(self.org.scopes, behaviour)
        except AccessDenied:
            description = "You have made too many requests continuously. Please try again after some time."
            return self._token_error("Access Denied", error_description=description, status="failure")
        return json_response(
            {
                "access_token": token.text,
                **({"refresh_token": facts["refresh_token"]} if by_code else {}),
                "scope": " ".join(token.scopes),
                "api_domain": behaviour.api_domain or self.org.url,
                "token_type": "Bearer",
                "expires_in": int(behaviour.token_life_s),
            }
        )

    def _token_error(self, error: str, **more: str) -> Response:
        return json_response({"error": error, **more}, self.org.behaviour.token_error_status)

    # -- organisation and metadata

    def organisation(self, request: Request) -> Response:
        """Answer `GET /bigin/v2/org` (Bigin v2 docs, get-org-data)."""
        facts, owner = self.org.store.org, self.org.store.users()[0]
        body = {
            "id": facts["id"],
            "zgid": facts["zgid"],
            "domain_name": f"org{facts['zgid']}",
            "company_name": "Sandbox",
            "time_zone": ORG_ZONE_NAME,
            "currency": "US Dollar - USD",
            "currency_symbol": "$",
            "currency_locale": "USD",
            "iso_code": "USD",
            "country_code": "US",
            "primary_zuid": owner.id,
            "primary_email": owner.email,
            "mc_status": False,
            "deletable_org_account": True,
            "license_details": {
                "paid": False,
                "paid_type": "free",
                "paid_expiry": None,
                "trial_type": "biginpremier",
                "trial_expiry": None,
                "users_license_purchased": len(self.org.store.users()),
                "portal_users_license_purchased": 0,
            },
        }
        return json_response({"org": [body]})

    def modules(self, request: Request) -> Response:
        """Answer `GET /bigin/v2/settings/modules`."""
        ids = self.org.store.module_ids()
        return json_response({"modules": [describe_module(name, ids[name], n) for n, name in enumerate(MODULES, 1)]})

    def module(self, request: Request, name: str) -> Response:
        """Answer `GET /bigin/v2/settings/modules/{name}`."""
        if name not in MODULES:
            raise Refusal("INVALID_MODULE")
        number = list(MODULES).index(name) + 1
        return json_response({"modules": [describe_module(name, self.org.store.module_ids()[name], number)]})

    def fields(self, request: Request) -> Response:
        """Answer `GET /bigin/v2/settings/fields?module=`."""
        described = self._described(self._module_asked(request))
        return json_response({"fields": described}) if described else no_content()

    def layouts(self, request: Request, layout_id: str | None = None) -> Response:
        """Answer `GET /bigin/v2/settings/layouts?module=` and `.../layouts/{id}?module=` (CRM OpenAPI, layouts).

        In Pipelines a layout is a team pipeline; an id that the module does not have is 204.
        """
        module = self._module_asked(request)
        found = self.org.store.layouts(module)
        if layout_id is not None:
            found = {layout_id: found[layout_id]} if layout_id in found else {}
        described = self._described(module)
        mandatory = {name for name, (_, field) in self.org.store.fields(module).items() if field.mandatory}
        maps = self.org.behaviour.stage_maps
        shown = [describe_layout(layout, described, mandatory, stage_maps=maps) for layout in found.values()]
        return json_response({"layouts": shown}) if shown else no_content()

    def _module_asked(self, request: Request) -> str:
        module = request.args.get("module")
        if not module:
            raise Refusal("REQUIRED_PARAM_MISSING", details={"param": "module"})
        if module not in MODULES:
            raise Refusal("INVALID_MODULE")
        return module

    def _described(self, module: str) -> list[dict[str, Any]]:
        ids = self.org.store.module_ids()
        fields = self.org.store.fields(module)
        return [describe_field(module, field, field_id, ids) for field_id, field in fields.values()]

    # -- query

    def coql(self, request: Request, token: Token) -> Response:
        """Answer `POST /bigin/v2/coql` (Bigin v2 docs, get-records-coql); the module's own scope is needed, too."""
        query = read_query(request, self.org.behaviour)
        _check_module_scope(token, query.module, "ALL", "READ")
        return self.queries.answer(query)

    # -- bulk write

    def upload(self, request: Request) -> Response:
        """Answer `POST /bigin/v2/upload` (Bigin v2 docs, bulk-write/upload-file)."""
        org = self.org
        self._check_upload_headers(request)
        file = request.files.get("file")
        if file is None:
            raise Refusal("MANDATORY_NOT_FOUND", "file", details={"api_name": "file"})
        body = file.read()
        created = {"created_time": org.time_text()}
        if not is_zip(body):
            raise Refusal("INVALID_FILE_FORMAT", details=created, status=org.behaviour.upload_error_status)
        size = len(body) if org.behaviour.size_measured == "zipped" else unzipped_size(body)
        if size > MAX_MEGABYTES * org.behaviour.megabyte:
            raise Refusal("FILE_TOO_LARGE")
        file_id = org.store.add_file(file.filename or "", body, org.clock())
        details = {"file_id": file_id, **created}
        answer = {"status": "success", "code": "FILE_UPLOAD_SUCCESS", "message": "file uploaded.", "details": details}
        return json_response(answer)

    def _check_upload_headers(self, request: Request) -> None:
        zgid, feature = request.headers.get("X-CRM-ORG"), request.headers.get("feature")
        behaviour = self.org.behaviour
        if zgid != self.org.store.org["zgid"] or feature is None:
            about = "check if headers [feature, X-CRM-ORG] are present and valid"
            body = gateway(401, "Unauthorized", about) if behaviour.gateway_errors else None
            raise Refusal("INVALID_DATA", status=401 if behaviour.gateway_errors else 400, body=body)
        if feature != "bulk-write":
            details = {"created_time": NEVER}
            raise Refusal("NOT_SUPPORTED_FEATURE", details=details, status=behaviour.upload_error_status)

    def create(self, request: Request, token: Token) -> Response:
        """Answer `POST /bigin/bulk/v2/write` (Bigin v2 docs, bulk-write/create-job)."""
        org = self.org
        try:
            asked = request.get_json(force=True)
        except BadRequest:
            raise Refusal("INVALID_REQUEST") from None
        body = read_job(org.store, asked, org.behaviour, org.clock())
        _check_module_scope(token, body["module"], "ALL", "CREATE", "WRITE")
        self._check_jobs_at_once()
        job_id = org.store.add_job(body, org.clock())
        self.worker.add(job_id)
        details = {"id": job_id, "created_by": org.creator()}
        answer = {"status": "success", "code": "SUCCESS", "message": "success", "details": details}
        return json_response(answer, org.behaviour.created_status)

    def _check_jobs_at_once(self) -> None:
        most = self.org.behaviour.jobs_at_once
        if most is not None and sum(stage(self.org, job) != "DONE" for job in self.org.store.jobs()) >= most:
            raise Refusal("TOO_MANY_REQUESTS")

    def details(self, request: Request, job_id: str) -> Response:
        """Answer `GET /bigin/bulk/v2/write/{id}` (Bigin v2 docs, bulk-write/job-details)."""
        find_job(self.org, job_id)
        answer = see_job(self.org, job_id, self.worker.wait)
        if answer["status"] in ("COMPLETED", "FAILED"):
            self._call_back_after(job_id)
        return json_response(as_answered(self.org, answer))

    def _call_back_after(self, job_id: str) -> None:
        job = find_job(self.org, job_id)
        if self.org.behaviour.callback == "after" and job["body"]["callback"] and not job["state"].get("told"):
            self.org.store.note_state(job_id, told=True)
            self.worker.post_callback(job_id)

    def download(self, request: Request, zgid: str, job_id: str) -> Response:
        """Answer the download url with a zip, as long as the result is kept."""
        org = self.org
        job = find_job(org, job_id)
        gone = org.behaviour.retention_s is not None and org.clock() > job["created"] + org.behaviour.retention_s
        if gone or zgid.removeprefix("org") != org.store.org["zgid"]:
            status = org.behaviour.retention_status
            forbidden = {"info": "Forbidden", "x-info": "Link not valid", "http_status": status}
            raise Refusal("RESOURCE_NOT_FOUND", status=status, body=forbidden)
        if not job["outcome"] or not job["outcome"]["result"] or stage(org, job) != "DONE":
            raise Refusal("RESOURCE_NOT_FOUND")
        headers = LIVE_HEADERS | {"Content-Disposition": f"attachment; filename={job_id}.zip"}
        return Response(result_zip(org, job), 200, headers, content_type="application/zip")


def _check_module_scope(token: Token, module: str, *rights: str) -> None:
    """Refuse a token that may make the call, but not on this module (Bigin v2 docs, bulk-write/create-job)."""
    words = {"Pipelines": ("deals", "pipelines")}.get(module, (module.lower(),))
    allowed = {"ZohoBigin.modules.ALL"}
    allowed |= {f"ZohoBigin.modules.{word}.{right}" for word in words for right in rights}
    if not allowed & set(token.scopes):
        raise Refusal("OAUTH_SCOPE_MISMATCH")
