"""A server that answers bulk-write calls at once, in its own process: ``python -m tests.benchmarks.quick_server``.

No record is checked or kept, and the result of a file is computed only when its content is seen for the first time:
in a measured run the server only reads the upload and sends a prepared answer. The verdict on a row depends on the
number in its e-mail, so that every upload of a row gets the same verdict. How often a job has carried each
number is counted, and answered at ``/ledger``.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

FIRST_ID = 4_876_876_000_000_000_000
REFUSED_EVERY = 100  # of the rows: one is skipped as a duplicate
ECHOED = 3
_CSV = {"strings_can_be_null": False, "quoted_strings_can_be_null": False}

Result = tuple[bytes, int, int, np.ndarray]  # zip, added, skipped, and the numbers of the rows

numbers = count(1)
results: dict[tuple[int, int], Result] = {}  # by checksum and size of the CSV
files: dict[str, Result] = {}
jobs: dict[str, dict[str, Any]] = {}


class Ledger:
    """Count how often a job has carried each row."""

    def __init__(self) -> None:
        self._times, self._lock = np.zeros(0, np.uint8), threading.Lock()

    def enter(self, rows: np.ndarray) -> None:
        with self._lock:
            if len(rows) and rows.max() >= len(self._times):
                self._times = np.pad(self._times, (0, 2 * int(rows.max()) + 1 - len(self._times)))
            np.add.at(self._times, rows, 1)

    def read(self) -> bytes:
        with self._lock:
            return self._times.tobytes()


ledger = Ledger()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    line = threading.Lock()  # a slow server has one, as an office has
    upload_s = 0.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/token"):
            self.answer({"access_token": "1000.benchmark", "expires_in": 3600, "token_type": "Bearer"})
        elif self.path.endswith("/upload"):
            self.answer(self.details("FILE_UPLOAD_SUCCESS", file_id=self.taken(body)))
        else:
            self.answer(self.details("ADDED_SUCCESSFULLY", id=created(json.loads(body))))

    def do_GET(self) -> None:
        if self.path == "/ledger":
            self.reply(ledger.read(), "application/octet-stream")
            return
        job_id = self.path.split("/")[5].partition("?")[0]
        if self.path.endswith("/result"):
            self.reply(jobs[job_id]["zip"], "application/zip")
        else:
            self.answer(jobs[job_id]["details"])

    def taken(self, body: bytes) -> str:
        if self.upload_s:
            with self.line:
                time.sleep(self.upload_s)
        start, end = body.index(b"PK\x03\x04"), body.rindex(b"PK\x05\x06") + 22
        file_id = str(next(numbers))
        files[file_id] = result_of(body[start:end])
        return file_id

    def details(self, code: str, **details: str) -> dict[str, Any]:
        return {"status": "success", "code": code, "message": "taken", "details": details}

    def answer(self, found: dict[str, Any]) -> None:
        self.reply(json.dumps(found).encode(), "application/json")

    def reply(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a writer that is killed does not say goodbye
            super().handle_error(request, client_address)


def created(asked: dict[str, Any]) -> str:
    (resource,) = asked["resource"]
    result, added, skipped, rows = files.pop(resource["file_id"])
    ledger.enter(rows)
    job_id = str(next(numbers))
    file = {
        "status": "COMPLETED", "added_count": added, "skipped_count": skipped, "updated_count": 0,
        "total_count": added + skipped,
    }  # fmt: skip
    jobs[job_id] = {
        "zip": result,
        "details": {
            "status": "COMPLETED",
            "id": job_id,
            "operation": asked["operation"],
            "resource": [{"status": "COMPLETED", "type": "data", "module": resource["module"], "file": file}],
            "result": {"download_url": f"/bigin/bulk/v2/write/{job_id}/result"},
        },
    }
    return job_id


def result_of(body: bytes) -> Result:
    """Return the result of an uploaded zip, how many rows it adds and skips, and which rows they are."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (member,) = archive.infolist()
        known = (member.CRC, member.file_size)
        if known not in results:
            results[known] = judged(archive.read(member))
    return results[known]


def judged(csv: bytes) -> Result:
    names = csv[: csv.index(b"\n")].decode().strip().split(",")
    table = pa.csv.read_csv(
        pa.py_buffer(csv),
        read_options=pa.csv.ReadOptions(use_threads=False),  # in threads it sometimes fails for an unknown reason
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), **_CSV),
    )
    number = pc.extract_regex(table["Email"], "(?P<n>[0-9]+)@").combine_chunks().field("n").cast(pa.int64())
    skipped = pc.equal(number, pc.multiply(pc.divide(number, REFUSED_EVERY), REFUSED_EVERY))
    verdicts = {
        "STATUS": pc.if_else(skipped, "SKIPPED", "ADDED"),
        "RECORD_ID": pc.if_else(skipped, "", pc.add(number, FIRST_ID).cast(pa.string())),
        "ERRORS": pc.if_else(skipped, "DUPLICATE_DATA-Email", ""),
    }
    out = io.BytesIO()
    echoed = {name: table[name] for name in names[:ECHOED]}
    pa.csv.write_csv(pa.table({**echoed, **verdicts}), out)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.csv", out.getvalue())
    lost = pc.sum(skipped).as_py() or 0
    return packed.getvalue(), len(table) - lost, lost, number.to_numpy().astype(np.int32)


def main(upload_s: float) -> None:
    Handler.upload_s = upload_s
    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


@contextmanager
def served(upload_s: float = 0.0) -> Iterator[str]:
    """Serve from another process; give its address."""
    command = [sys.executable, "-m", "tests.benchmarks.quick_server", str(upload_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        try:
            yield server.stdout.readline().strip() if server.stdout else ""
        finally:
            server.terminate()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0)
