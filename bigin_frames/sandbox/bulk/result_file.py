"""A job's result file (Bigin v1 docs, bulk-write/download-result), in the form that `Behaviour` sets.

The page promises three echoed columns, a status, a record id and errors. Nearly everything else about the file is open,
so nearly every line here is a switch.
"""

from __future__ import annotations

import codecs
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.bulk.columns import auto_mappings, judged_fields
from bigin_frames.sandbox.bulk.java_order import hash_order
from bigin_frames.sandbox.files.archives import csv_bytes, make_zip
from bigin_frames.sandbox.files.sheets import Sheet, read_sheet
from bigin_frames.sandbox.metadata.fields import ID, Field
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.store.ledger import LedgerRow
from bigin_frames.sandbox.verdicts.cells import Refused, make_check
from bigin_frames.sandbox.verdicts.verdict import SKIPPED, UNPROCESSED

ECHO_TEXT: dict[str, Callable[[str], str]] = {
    "exact": str,
    "trimmed": str.strip,
    "lowercase": str.lower,
    "collapsed": lambda text: " ".join(text.split()),
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "LF": lambda text: text.replace("\r\n", "\n").replace("\r", "\n"),
}
ID_TEXT: dict[str, Callable[[str], str]] = {
    "digits": str,
    "scientific": lambda text: f"{int(text):.5E}",
    "formula": lambda text: f'="{text}"',
    "decimal": lambda text: f"{text}.0",
}


def result_zip(org: Org, job: Mapping[str, Any]) -> bytes:
    """Return the result archive of a finished job."""
    behaviour = org.behaviour
    sheet = read_sheet(org.store.file_body(job["body"]["file_id"]), job["body"]["character_encoding"], behaviour)
    echo = _Echo(org, job, sheet)
    ledger = org.store.ledger_rows(job["id"])
    lines = [_joined(behaviour, echo.texts(sheet.rows[row.ordinal]), _verdict(behaviour, row)) for row in ledger]
    lines = [lines[n] for n in _order(behaviour, ledger, job["id"])]
    lines += lines[: behaviour.duplicate_rows] + [_foreign(org, echo.width, n) for n in range(behaviour.foreign_rows)]
    header = _joined(behaviour, echo.headers, _verdict_headers(behaviour))
    return make_zip([(_name(behaviour, job), _csv_bytes(behaviour, [header, *lines]))])


class _Echo:
    """The columns that are echoed, with their names and the form of their texts."""

    def __init__(self, org: Org, job: Mapping[str, Any], sheet: Sheet) -> None:
        behaviour, module = org.behaviour, job["body"]["module"]
        mappings = job["body"]["mappings"] or auto_mappings(org.store, module, sheet.header)
        fields = judged_fields(org.store, module)
        chosen = _chosen(behaviour, [mapping for mapping in mappings if mapping.get("index") is not None])
        blanks = behaviour.echo_count - len(chosen) if behaviour.short_echo == "blanks" else 0
        self.headers = [_title(behaviour, mapping, fields, sheet.header) for mapping in chosen] + [""] * blanks
        self.width = len(self.headers)
        self._columns = [(m["index"], _form(behaviour, fields[m["api_name"]], m.get("format"))) for m in chosen]

    def texts(self, row: Sequence[str]) -> list[str]:
        found = [form(row[index]) if index < len(row) else "" for index, form in self._columns]
        return found + [""] * (self.width - len(found))


def _chosen(behaviour: Behaviour, mappings: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    if behaviour.echo_columns == "index":
        mappings = sorted(mappings, key=lambda mapping: mapping["index"])
    elif behaviour.echo_columns == "hash":
        mappings = [mappings[n] for n in hash_order([mapping["api_name"] for mapping in mappings])]
    return mappings[: behaviour.echo_count]


def _title(behaviour: Behaviour, mapping: Mapping[str, Any], fields: Mapping[str, Field], header: Sequence[str]) -> str:
    name: str = mapping["api_name"]
    if behaviour.echo_header == "label":
        return fields[name].label
    has_header = behaviour.echo_header == "header" and mapping["index"] < len(header)
    return header[mapping["index"]] if has_header else name


def _form(behaviour: Behaviour, field: Field, pattern: str | None) -> Callable[[str], str]:
    if behaviour.echo_text != "normal":
        return ECHO_TEXT[behaviour.echo_text]
    if field.data_type in ("lookup", "ownerlookup", ID):
        return str
    check = make_check(field, behaviour, pattern=pattern)

    def normal(text: str) -> str:
        try:
            return check(text) if text else text
        except Refused:
            return text

    return normal


def _verdict(behaviour: Behaviour, row: LedgerRow) -> list[str]:
    words = {"upper": str.upper, "lower": str.lower, "title": str.title}
    record_id = row.record_id or (row.holder if behaviour.skipped_has_id else None) or ""
    parts = {
        "status": words[behaviour.status_case](row.status),
        "id": ID_TEXT[behaviour.record_id_text](record_id) if record_id else "",
        "errors": row.errors,
    }
    return [parts[part] for part in behaviour.verdict_order]


def _verdict_headers(behaviour: Behaviour) -> list[str]:
    names = {"status": behaviour.status_header, "id": behaviour.id_header, "errors": behaviour.errors_header}
    return [names[part] for part in behaviour.verdict_order]


def _joined(behaviour: Behaviour, echo: list[str], verdict: list[str]) -> list[str]:
    return echo + verdict if behaviour.verdict_position == "last" else verdict + echo


def _order(behaviour: Behaviour, ledger: Sequence[LedgerRow], job_id: str) -> list[int]:
    """Return which rows the file lists, and in which order; the same job always gives the same file."""
    numbers = list(range(len(ledger)))
    bad = [n for n in numbers if ledger[n].status in (SKIPPED, UNPROCESSED)]
    good = [n for n in numbers if ledger[n].status not in (SKIPPED, UNPROCESSED)]
    shuffled = random.Random(job_id).sample(numbers, len(numbers))  # noqa: S311 - an order, not a secret
    orders = {
        "in order": numbers,
        "reversed": numbers[::-1],
        "shuffled": shuffled,
        "errors last": good + bad,
        "skipped only": bad,
        "drop some": numbers[::2],
        "none": [],
    }
    return orders[behaviour.result_rows]


def _foreign(org: Org, width: int, number: int) -> list[str]:
    row = LedgerRow(number, "ADDED", org.store.new_id(), "")
    return _joined(org.behaviour, [f"foreign {number}"] * width, _verdict(org.behaviour, row))


def _name(behaviour: Behaviour, job: Mapping[str, Any]) -> str:
    file_name = job["body"]["file_name"]
    names = {"module-file": f"{job['body']['module']}-{file_name}", "job": f"{job['id']}.csv", "file": file_name}
    return str(names[behaviour.result_name])


def _csv_bytes(behaviour: Behaviour, lines: Sequence[Sequence[str]]) -> bytes:
    content = csv_bytes(lines, behaviour.result_delimiter, behaviour.line_end, behaviour.quoting == "all")
    return codecs.BOM_UTF8 + content if behaviour.bom else content
