"""Every question with its probe, and what the library assumes about each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bigin_frames.sandbox.behaviour.questions import QUESTIONS
from tests.live import of_calls, of_lines, of_results, of_rows, others
from tests.live.found import Found
from tests.live.seen import Seen

DOC = Path(__file__).parents[2] / "docs" / "open-questions.md"
_PROBES = {
    of_calls: (
        *("missing_auth", "upload_error_status", "gateway_errors", "created_status", "module_as_string"),
        *("many_resources", "file_id_reuse", "find_by_any_field", "stage_maps", "details_wrapped", "in_progress_word"),
        *("done_code", "mappings_echo", "job_not_found_status", "url_shown", "coql_case", "coql_backslash", "coql_lag"),
        *("download_url", "download_path"),
    ),
    of_rows: (
        *("ignore_empty", "blank_lines", "short_rows", "detect_delimiter", "over_length", "long_numbers", "thousands"),
        *("boolean_words", "phone_form", "picklist_unknown", "lookup_unknown", "date_default", "datetime_default"),
        *("match_case", "match_trim", "insert_duplicates", "duplicate_in_file", "update_missing", "pipeline_unnamed"),
        *("sub_pipeline_elsewhere", "stage_elsewhere", "layout_required"),
    ),
    of_lines: ("result_rows", "foreign_rows", "duplicate_rows"),
    of_results: (
        *("upload_bom", "echo_columns", "echo_count", "short_echo"),
        *("echo_header", "echo_text", "status_header", "id_header", "errors_header", "verdict_order"),
        *("verdict_position", "status_case", "skipped_has_id", "record_id_text", "errors_name", "bom", "line_end"),
        *("quoting", "result_delimiter", "result_name"),
    ),
}
PROBES: dict[str, Callable[[Seen], Found]] = {
    switch: getattr(module, switch) for module, switches in _PROBES.items() for switch in switches
}
# The library is tested under every known reading of every switch; here it is more careful than it had to be.
STRICTER = {"match_case": "exact", "match_trim": False}


@dataclass(frozen=True)
class Answer:
    """One question with what was observed; `value` is None where nothing was, `new` for an unknown reading."""

    number: int | None
    question: str
    switch: str | None
    value: Any
    evidence: str
    assumes: str
    new: bool

    @property
    def holds(self) -> str:
        if self.new:
            return "no: this reading is new"
        if self.value is None:
            return "open"
        return "yes, and is stricter than Bigin" if STRICTER.get(self.switch or "") == self.value else "yes"


def answers(seen: Seen) -> list[Answer]:
    """Return every question with its answer, those of docs/open-questions.md first."""
    assumed = _assumed()
    found = [
        Answer(number, question, switch, *_parts(_asked(probe, seen), assumed.get(number or 0, "")))
        for number, question, switch, probe in _all()
    ]
    return sorted(found, key=lambda answer: (answer.number is None, answer.number or 0))


def _asked(probe: Callable[[Seen], Found], seen: Seen) -> Found:
    """Return a probe's answer; one that fails on an unexpected answer must not cost all the others."""
    try:
        return probe(seen)
    except Exception as stumble:  # its text may hold what Bigin said
        return Found(None, f"the probe met {type(stumble).__name__}", new=True)


def _parts(found: Found, assumed: str) -> tuple[Any, str, str, bool]:
    return found.value, found.evidence, assumed, found.new


def _all() -> Iterator[tuple[int | None, str, str | None, Callable[[Seen], Found]]]:
    listed = {name: told for group in QUESTIONS.values() for name, told in group.items()}
    for switch, probe in PROBES.items():
        number, question = listed[switch]
        yield number, question, switch, probe
    for number, question, probe in others.QUESTIONS:
        yield number, question, None, probe


def _assumed() -> dict[int, str]:
    """Return what docs/open-questions.md says that the library does, by number."""
    rows = re.findall(r"^\| (\d+) \| .+? \| (.+) \|$", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    return {int(number): text for number, text in rows}


def behaviour(found: list[Answer]) -> dict[str, Any]:
    """Return the switches that were observed, as `Behaviour.from_observed` reads them."""
    return {one.switch: one.value for one in found if one.switch is not None and one.value is not None}
