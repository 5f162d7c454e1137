"""Whichever answer Bigin gives to an open question, no row gets a wrong verdict: every switch, every value."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import fields, make_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.sandbox import Behaviour, Fault
from tests.support.honesty import MARK, write
from tests.support.switches.bench import Bench, Claim, N, all_of, check_records, organisation, proven, with_cell
from tests.support.switches.calls import (
    always_authorised,
    few_jobs_at_once,
    field_made_mandatory,
    file_forgotten,
    file_used_once,
    first_create_taken,
    gateway_speaks,
    large_file,
    many_tokens,
    no_credits_for_a_job,
    no_credits_to_follow,
    one_csv,
    one_token,
    own_domain,
    own_download_host,
    pending_then_proven,
    strange_domain,
    strange_download_host,
    token_renewed,
    tokens_run_out,
    two_clients,
    unread_upload,
    wrong_secret,
)
from tests.support.switches.pipelines import REFUSED_PLACE, TAKEN_PLACE, deals_get, deals_of_one_team
from tests.support.switches.results import (
    columns_few,
    ids_damaged,
    in_time,
    job_forgotten,
    looked_up,
    never_called_back,
    no_echo,
    none_listed,
    only_skipped,
    partly_counted,
    polled,
    reason_named,
    result_gone,
    skipped_with_id,
    some_dropped,
)
from tests.support.switches.rows import (
    blanks_kept_or_cleared,
    company_unknown,
    header_counted,
    key_meets,
    key_must_be_unique,
    lone_column,
    phones_narrow,
    picklist_untouched,
    record_missing,
    refused_here,
    repeated_email,
    taken_email,
    too_many_rows,
    whole_rows,
)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with organisation() as bench:
        yield bench


AT_CREATION = {("UNSENT", "MANDATORY_FIELDS_NOT_MAPPED")}
CLAIMS: dict[str, dict[Hashable, Claim]] = {
    # token
    "token_life_s": {3600: one_token, 5: token_renewed},
    "tokens_per_10_minutes": {10: one_token, 1: tokens_run_out, None: many_tokens},
    "live_tokens": all_of(two_clients, 15, 1, None),
    "token_error_status": all_of(wrong_secret, 200, 400, 401),
    "api_domain": {
        None: one_token,
        "https://www.zohoapis.com": own_domain,
        **all_of(strange_domain, "https://www.zohoapis.eu", "https://www.zohoapis.com.evil.example", "//evil.example"),
    },
    "missing_auth": all_of(always_authorised, "AUTHENTICATION_FAILURE", "INVALID_TOKEN"),
    "daily_credits": {None: proven, 5_000: proven, 502: no_credits_for_a_job, 503: no_credits_to_follow},
    # upload
    "upload_error_status": all_of(unread_upload, 200, 400),
    "gateway_errors": all_of(gateway_speaks, True, False),
    "size_measured": {"zipped": proven, "unzipped": large_file},
    "megabyte": {1_048_576: proven, 1_000_000: proven},
    "file_life_s": {None: proven, 3600: proven, -1: file_forgotten},
    "file_id_reuse": all_of(file_used_once, "allowed", "INVALID_FILE_ID", "ALREADY_USED"),
    "two_csvs": all_of(one_csv, "at creation", "failed job"),
    # create job
    "created_status": all_of(first_create_taken, 201, 200, 202),
    "missing_key_code": all_of(first_create_taken, "MANDATORY_NOT_FOUND", "MISSING_REQUIRED_KEY"),
    "module_as_string": all_of(first_create_taken, "accepted", "refused"),
    "many_resources": all_of(first_create_taken, "refused", "first only"),
    "missing_mandatory": {
        "at creation": field_made_mandatory(AT_CREATION),
        "at creation, auto too": field_made_mandatory(AT_CREATION),
        "failed job": field_made_mandatory({("UNKNOWN", "JOB_FAILED:MANDATORY_FIELDS_NOT_MAPPED")}),
        "skipped rows": field_made_mandatory({("SKIPPED", "MANDATORY_NOT_FOUND-Late")}),
    },
    "ignore_empty": all_of(blanks_kept_or_cleared, "both", "top", "resource"),
    "find_by_any_field": all_of(key_must_be_unique, "refused", "first", "last"),
    "jobs_at_once": {None: proven, 1: few_jobs_at_once, 2: few_jobs_at_once},
    # file content
    "row_limit": {25_000: proven, 10_000: proven, 10: too_many_rows},
    "header_counts": all_of(header_counted, False, True),
    "blank_lines": all_of(whole_rows, "ignored", "rows"),
    "short_rows": all_of(whole_rows, "padded", "unprocessed"),
    "upload_bom": all_of(lone_column, "stripped", "kept"),
    "detect_delimiter": all_of(lone_column, "most in header", "comma"),
    # values and rows
    "over_length": all_of(refused_here("First_Name", "x" * 41), "refused", "truncated"),
    "long_numbers": all_of(refused_here("Fee", "1.2345"), "refused", "rounded"),
    "thousands": all_of(refused_here("Fee", "1,234.50"), "refused", "accepted"),
    "boolean_words": {
        "lower": proven,
        "any case": refused_here("Silent", "yes"),
        "words": refused_here("Silent", "yes"),
    },
    "phone_form": {"wide": proven, "digits": phones_narrow},
    "picklist_unknown": all_of(picklist_untouched, "added", "refused"),
    "lookup_unknown": {
        "refused": company_unknown("SKIPPED", "INVALID_DATA-Account_Name"),
        "not found": company_unknown("SKIPPED", "RESOURCE_NOT_FOUND-Account_Name"),
        "created": company_unknown("ADDED", None),
        "left out": company_unknown("ADDED", None),
    },
    "date_default": all_of(proven, ("yyyy-MM-dd", "MM/dd/yyyy"), ("dd/MM/yyyy",)),
    "datetime_default": all_of(proven, Behaviour.datetime_default, ("MM/dd/yyyy HH:mm:ss",), ("yyyy-MM-dd HH:mm:ss",)),
    "match_case": {
        "insensitive": key_meets("b-1", "B-1", "UPDATED"),
        "exact": key_meets("b-1", "B-1", "ADDED"),
    },
    "match_trim": {True: key_meets("B-1", "B-1 ", "UPDATED"), False: key_meets("B-1", "B-1 ", "ADDED")},
    "insert_duplicates": {"skipped": taken_email("SKIPPED"), "added": taken_email("ADDED")},
    "duplicate_in_file": {
        "one by one": repeated_email("SKIPPED"),
        "second skipped": repeated_email("SKIPPED"),
        "both written": repeated_email("ADDED"),
    },
    "update_missing": all_of(record_missing, "RESOURCE_NOT_FOUND", "INVALID_DATA", "CANNOT_PROCESS"),
    # team pipelines
    "stage_maps": all_of(deals_get(), True, False),
    "pipeline_unnamed": {
        "first that offers it": deals_get(),
        "only if one does": deals_get({"unnamed, in two": REFUSED_PLACE}),
        "default layout": deals_get({"unnamed, in one": REFUSED_PLACE}),
    },
    "sub_pipeline_elsewhere": {"refused": deals_get(), "taken": deals_get({"sub-pipeline elsewhere": TAKEN_PLACE})},
    "stage_elsewhere": {"refused": deals_get(), "taken": deals_get({"stage elsewhere": TAKEN_PLACE})},
    "layout_required": {"enforced": deals_get(), "ignored": deals_get({"required": TAKEN_PLACE})},
    "layout_unmapped": {
        "as mandatory": deals_of_one_team(("UNSENT", "MANDATORY_FIELDS_NOT_MAPPED")),
        "rows": deals_of_one_team(("SKIPPED", "MANDATORY_NOT_FOUND-Closing_Date")),
    },
    # pace
    "polls_added": all_of(polled, 0, 1, 7),
    "polls_in_progress": all_of(polled, 0, 1, 7),
    "seconds_added": all_of(in_time, 0, 5),
    "seconds_in_progress": all_of(in_time, 0, 5),
    "partial_counts": all_of(partly_counted, True, False),
    # job details
    "details_wrapped": all_of(proven, False, True),
    "in_progress_word": all_of(partly_counted, "INPROGRESS", "IN PROGRESS", "In Progress"),
    "done_code": all_of(proven, "COMPLETED", "SUCCESS"),
    "mappings_echo": all_of(proven, "hash", "request"),
    "job_not_found_status": all_of(job_forgotten, 404, 400),
    "job_life_s": {None: proven, 3600: proven, 0: job_forgotten},
    "url_shown": all_of(proven, "when completed", "one poll late"),
    # download
    "download_url": all_of(proven, "absolute", "relative"),
    "download_host": {
        None: proven,
        "https://download-accl.zoho.com": own_download_host,
        **all_of(strange_download_host, "https://evil.example", "http://localhost.evil.example", "another sandbox"),
    },
    "download_path": all_of(proven, "crm", "bigin"),
    "retention_s": {86_400: proven, None: proven, 0: result_gone},
    "retention_status": all_of(result_gone, 404, 403, 410),
    # result file
    "result_rows": {
        **all_of(proven, "in order", "reversed", "shuffled", "errors last"),
        "skipped only": only_skipped,
        "drop some": some_dropped,
        "none": none_listed,
    },
    "foreign_rows": all_of(proven, 0, 3),
    "duplicate_rows": all_of(proven, 0, 5),
    "echo_columns": all_of(proven, "request", "index", "hash"),
    "echo_count": {**all_of(proven, 3, 1, 2, 5), 0: no_echo},
    "short_echo": all_of(columns_few, "fewer", "blanks"),
    "echo_header": all_of(proven, "header", "api_name", "label"),
    "echo_text": all_of(proven, "exact", "trimmed", "lowercase", "collapsed", "NFC", "LF", "normal"),
    "status_header": all_of(proven, "STATUS", "Status"),
    "id_header": all_of(proven, "RECORD_ID", "ID", "Record Id"),
    "errors_header": all_of(proven, "ERRORS", "Errors"),
    "verdict_order": all_of(proven, *itertools.permutations(("status", "id", "errors"))),
    "verdict_position": all_of(proven, "last", "first"),
    "status_case": all_of(proven, "upper", "lower", "title"),
    "skipped_has_id": all_of(skipped_with_id, False, True),
    "record_id_text": {**all_of(proven, "digits", "formula"), **all_of(ids_damaged, "scientific", "decimal")},
    "errors_name": all_of(reason_named, "header", "api_name", "none"),
    "bom": all_of(proven, False, True),
    "line_end": all_of(proven, "\n", "\r\n"),
    "quoting": all_of(proven, "minimal", "all"),
    "result_delimiter": all_of(proven, ",", ";"),
    "result_name": all_of(proven, "module-file", "job", "file"),
    # query
    "coql_case": all_of(looked_up, "insensitive", "exact"),
    "coql_backslash": all_of(looked_up, "letter", "escape"),
    "coql_lag": all_of(looked_up, 0, 2),
    # callback
    "callback": all_of(never_called_back, "on time", "before", "after", "twice", "never"),
    "callback_on_failure": all_of(never_called_back, True, False),
}


def documented(hint: Any) -> set[Hashable]:
    """Return the values that a switch's type names."""
    if hint is bool:
        return {True, False}
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    if isinstance(hint, types.UnionType):
        return {None} & {None if arg is type(None) else arg for arg in get_args(hint)}
    return set()


def unclaimed(behaviour: type, claims: Mapping[str, Mapping[Hashable, Claim]]) -> set[str]:
    """Return the switches, and the values of switches, of which nothing is claimed."""
    hints, defaults = get_type_hints(behaviour), {field.name: field.default for field in fields(behaviour)}
    wanted = {(name, value) for name in defaults for value in documented(hints[name]) | {defaults[name]}}
    missing = {f"{name}={value!r}" for name, value in wanted if value not in claims.get(name, {})}
    return missing | {f"{name} is not a switch" for name in claims if name not in defaults}


def test_every_switch_and_value_has_its_claim() -> None:
    assert unclaimed(Behaviour, CLAIMS) == set()


def test_new_switch_without_a_claim_is_found() -> None:
    switches = [("mood", Literal["good", "bad"], "good"), ("tired", bool, False)]
    more = make_dataclass("More", switches, bases=(Behaviour,), frozen=True)

    assert unclaimed(more, {**CLAIMS, "mood": {"good": proven}, "tyred": {}}) == {
        "mood='bad'", "tired=False", "tired=True", "tyred is not a switch",
    }  # fmt: skip


def cases() -> Iterator[Any]:
    for name, claims in CLAIMS.items():
        for value, claim in claims.items():
            yield pytest.param(name, value, claim, id=f"{name}-{value!r}")


@pytest.mark.parametrize(("name", "value", "claim"), list(cases()))
def test_switch(name: str, value: Any, claim: Claim, bench: Bench) -> None:
    bench.set(**{name: value})
    claim(bench)


# -- changes of records, under every form of the result file


RESULT_SWITCHES = list(CLAIMS)[list(CLAIMS).index("result_rows") : list(CLAIMS).index("result_name") + 1]
LOSSY = ("skipped only", "drop some", "none")


def update_by_id(bench: Bench) -> tuple[pd.DataFrame, list[str]]:
    """Write to records that all get the same name; one of them does not exist."""
    ids = [bench.box.add_record("Contacts", {"Last_Name": "Lee"}) for _ in range(N)]
    ids[5] = str(int(ids[-1]) + 1000)
    marks = [f"note {i}" for i in range(N)]
    frame = pd.DataFrame({"id": ids[::-1], "Last_Name": "Roe", "Title": "Dr", MARK: marks})
    out = write(bench.box, frame, "update", clock=bench.clock, find_by="id", on_error="ignore")
    return out, ["SKIPPED" if i == N - 6 else "UPDATED" for i in range(N)]


def upsert_by_key(bench: Bench) -> tuple[pd.DataFrame, list[str]]:
    """Write to records of which half are new; one of these has an e-mail address that is taken."""
    for i in range(0, N, 2):
        bench.box.add_record("Contacts", {"Last_Name": "Lee", "Badge": f"k-{i}"})
    frame = pd.DataFrame({"Last_Name": "Roe", "Badge": [f"K-{i}" for i in range(N)], MARK: range(N)})
    frame["Email"] = with_cell(pd.Series([None] * N, dtype=object), 3, "taken@guests.example")
    frame[MARK] = frame[MARK].astype(str)
    out = write(bench.box, frame, "upsert", clock=bench.clock, find_by="Badge", on_error="ignore")
    return out, ["SKIPPED" if i == 3 else "ADDED" if i % 2 else "UPDATED" for i in range(N)]


@pytest.mark.parametrize("change", [update_by_id, upsert_by_key])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name in RESULT_SWITCHES for value in CLAIMS[name]])
def test_result_switch_with_a_change(
    name: str, value: Any, change: Callable[[Bench], tuple[pd.DataFrame, list[str]]], bench: Bench
) -> None:
    bench.set(**{name: value})
    out, words = change(bench)

    known = [i for i in range(N) if out["Status"].iloc[i] != "UNREPORTED"]
    assert [out["Status"].iloc[i] for i in known] == [words[i] for i in known]
    assert (len(known) < N) is (name == "result_rows" and value in LOSSY)


TOGETHER = st.fixed_dictionaries({name: st.sampled_from(list(CLAIMS[name])) for name in RESULT_SWITCHES})


@settings(max_examples=25)
@given(behaviour=TOGETHER, unreadable=st.booleans(), rows=st.sampled_from([5, 12, 25_000]))
def test_result_switches_together_make_no_verdict_wrong(behaviour: dict[str, Any], unreadable: bool, rows: int) -> None:
    with organisation() as bench:
        bench.set(**behaviour)
        if unreadable:  # then lines cannot be matched by the records
            bench.box.faults.add("records", Fault.not_found(), times=None)
        check_records(bench, bench.insert(max_rows_per_job=rows).dropna(subset="ID"))


# -- what the switches showed


def test_result_at_a_strange_address_is_fetched_once_the_job_names_a_known_one(bench: Bench) -> None:
    bench.set(download_host="https://evil.example")
    pending_then_proven(bench, download_host=None)


def test_full_job_that_fails_because_the_header_counts_is_reported_honestly(bench: Bench) -> None:
    """A decision: the documented limit is assumed, and an option fixes it."""
    bench.set(header_counts=True)
    frame = pd.DataFrame({"Last_Name": [f"n{i * 7919 % 25_000}" for i in range(25_000)]})
    out = write(bench.box, frame, clock=bench.clock, mark=("Last_Name", "Last_Name"))
    assert set(out["Status"]) == {"UNKNOWN"}
    assert len(bench.box.records("Contacts")) == 1  # that was there before

    out = write(
        bench.box, frame, clock=bench.clock, mark=("Last_Name", "Last_Name"), max_rows_per_job=24_999, repeat=True
    )
    assert set(out["Status"]) == {"ADDED"}
