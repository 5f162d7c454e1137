"""The four calls of a bulk write: upload, create job, job details and download of the result."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.bulk.details import as_answered, find_job, see_job, stage
from bigin_frames.sandbox.bulk.job_request import read_job
from bigin_frames.sandbox.bulk.result_file import result_zip
from bigin_frames.sandbox.bulk.worker import Worker
from bigin_frames.sandbox.files.sheets import is_zip, unzipped_size
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.organisation.tokens import Token, check_module_scope
from bigin_frames.sandbox.server.answers import LIVE_HEADERS, Refusal, gateway, json_response

MAX_MEGABYTES = 25  # Bigin v1 docs, bulk-write/limitations
NEVER = "1970-01-01T00:00:00+00:00"  # the time in a recorded refusal of a feature


class BulkCalls:
    """The bulk-write calls of one organisation."""

    def __init__(self, org: Org, worker: Worker) -> None:
        self._org = org
        self._worker = worker

    def upload(self, request: Request) -> Response:
        """Answer `POST /bigin/v2/upload` (Bigin v2 docs, bulk-write/upload-file)."""
        org = self._org
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
        behaviour = self._org.behaviour
        if zgid != self._org.store.org["zgid"] or feature is None:
            about = "check if headers [feature, X-CRM-ORG] are present and valid"
            body = gateway(401, "Unauthorized", about) if behaviour.gateway_errors else None
            raise Refusal("INVALID_DATA", status=401 if behaviour.gateway_errors else 400, body=body)
        if feature != "bulk-write":
            details = {"created_time": NEVER}
            raise Refusal("NOT_SUPPORTED_FEATURE", details=details, status=behaviour.upload_error_status)

    def create(self, request: Request, token: Token) -> Response:
        """Answer `POST /bigin/bulk/v2/write` (Bigin v2 docs, bulk-write/create-job)."""
        org = self._org
        try:
            asked = request.get_json(force=True)
        except BadRequest:
            raise Refusal("INVALID_REQUEST") from None
        body = read_job(org.store, asked, org.behaviour, org.clock())
        check_module_scope(token, body["module"], "ALL", "CREATE", "WRITE")
        self._check_jobs_at_once()
        job_id = org.store.add_job(body, org.clock())
        self._worker.add(job_id)
        details = {"id": job_id, "created_by": org.creator()}
        answer = {"status": "success", "code": "SUCCESS", "message": "success", "details": details}
        return json_response(answer, org.behaviour.created_status)

    def _check_jobs_at_once(self) -> None:
        most = self._org.behaviour.jobs_at_once
        if most is not None and sum(stage(self._org, job) != "DONE" for job in self._org.store.jobs()) >= most:
            raise Refusal("TOO_MANY_REQUESTS")

    def details(self, request: Request, job_id: str) -> Response:
        """Answer `GET /bigin/bulk/v2/write/{id}` (Bigin v2 docs, bulk-write/job-details)."""
        find_job(self._org, job_id)
        url = self._org.address.url_for(request.headers.get("Host", ""))
        answer = see_job(self._org, job_id, self._worker.wait, url)
        if answer["status"] in ("COMPLETED", "FAILED"):
            self._call_back_after(job_id)
        return json_response(as_answered(self._org, answer))

    def _call_back_after(self, job_id: str) -> None:
        job = find_job(self._org, job_id)
        if self._org.behaviour.callback == "after" and job["body"]["callback"] and not job["state"].get("told"):
            self._org.store.note_state(job_id, told=True)
            self._worker.post_callback(job_id)

    def download(self, request: Request, zgid: str, job_id: str) -> Response:
        """Answer the download url with a zip, as long as the result is kept."""
        org = self._org
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
