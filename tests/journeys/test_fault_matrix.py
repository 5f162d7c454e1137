"""The fault matrix, cell by cell: which tests prove it, and those tests that have no better home."""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.client.settings import home
from bigin_frames.errors import (
    AlreadyDelivered,
    BiginError,
    BrokenRunError,
    JobPending,
    NotSentError,
    RunBusy,
    UndecidedRowsWarning,
)
from bigin_frames.journal.journal import _now
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire.message import Request, Response
from tests.journeys.test_faults_end_to_end import CELLS, FAULTS, ROUTES, SLOW, Hasty, Scene
from tests.journeys.test_signals import until
from tests.support.honesty import MARK, Clock, so_far, truth_of, violations, write

ROOT = Path(__file__).parents[2]
HERE, E2E, SWITCHES = (
    "tests/journeys/test_fault_matrix.py",
    "tests/journeys/test_faults_end_to_end.py",
    "tests/journeys/test_switches.py",
)

# -- 3.1, HTTP: what each step does about each fault, in the codes of `CELLS` in test_faults_end_to_end; NS is a call
# that certainly was not sent. Faults 6a and 6b are two, so that there are fourteen lines.

STEPS = ("T token", "U upload", "C create", "P poll", "D download", "Q reconcile")
# fmt: off
MATRIX: dict[str, tuple[str, ...]] = {
    "1 nothing sent":           ("R",  "R",  "NS",  "R",  "R",  "R"),
    "2 reset while sending":    ("R",  "R",  "UNK", "R",  "R",  "R"),
    "3 reset after sending":    ("R",  "R",  "UNK", "R",  "R",  "R"),
    "4 token expired":          ("ST", "A1", "A1",  "A1", "A1", "A1"),
    "5 no rights":              ("ST", "ST", "RJ",  "ST", "ST", "ST"),
    "6a too many, with a time": ("W",  "W",  "W",   "W",  "W",  "W"),
    "6b too many":              ("W",  "W",  "W",   "W",  "W",  "W"),
    "7 internal error":         ("R",  "R",  "UNK", "R",  "R",  "R"),
    "8 web page":               ("R",  "R",  "UNK", "R",  "R",  "R"),
    "9 malformed JSON":         ("R",  "R",  "UNK", "R",  "R",  "R"),
    "10 truncated":             ("R",  "R",  "UNK", "R",  "R",  "R"),
    "11 drip":                  ("R",  "R",  "UNK", "R",  "R",  "R"),
    "12 redirect":              ("ST", "ST", "UNK", "ST", "ST", "ST"),
    "13 huge":                  ("ST", "ST", "UNK", "ST", "ST", "ST"),
}
# fmt: on
NAMES: dict[str, tuple[str, ...]] = {
    "1 nothing sent": (),
    "2 reset while sending": ("reset_before", "reset_before mid-body"),
    "3 reset after sending": ("reset_after", "closed_after", "raw"),
    "4 token expired": ("invalid_token", "expired_tokens", "gateway 401"),
    "5 no rights": ("scope_mismatch", "refused NO_PERMISSION", "gateway 403"),
    "6a too many, with a time": ("rate_limited 3 s", "rate_limited an hour"),
    "6b too many": ("rate_limited", "access_denied"),
    "7 internal error": ("internal_error", "internal_error applied"),
    "8 web page": ("html 502", "html 504 applied", "html 200"),
    "9 malformed JSON": ("malformed_json", "body", "json", "edited"),
    "10 truncated": ("truncated", "truncated chunked"),
    "11 drip": ("slow_drip", "silent", "held"),
    "12 redirect": ("redirect", "redirect applied"),
    "13 huge": ("huge", "huge chunked", "zipped_bomb"),
}
STEP_ROUTES = {"T": "token", "U": "upload", "C": "create", "P": "details", "D": "download"}
# Where a step does something else than the matrix says: what, and why.
_ANOTHER = "another address may be good: it is asked for, and the job stays pending or its rows unreported"
_POLLED = "a poll that fails is asked again until the time to wait is over: the job is pending, and none is created"
_HOUR = "nobody waits an hour inside a call: the error carries the time, and the call is certain not to be applied"
_DENIED = "only the accounts host says it in these words; from another host it is an answer that cannot be read"
OTHERWISE: dict[tuple[str, str], tuple[str, str]] = {
    ("expired_tokens", "T"): ("OK", "the call for a token bears no token that could expire"),
    ("refused NO_PERMISSION", "D"): ("R", _ANOTHER),
    ("gateway 403", "D"): ("GONE", _ANOTHER),
    **{("rate_limited an hour", step): ("ST", _HOUR) for step in "TUDQ"},
    ("rate_limited an hour", "C"): ("RJ", _HOUR),
    ("rate_limited an hour", "P"): ("R", _POLLED),
    **{("access_denied", step): ("R", _DENIED) for step in "UPDQ"},
    ("access_denied", "C"): ("UNK", _DENIED),
    **{(name, "P"): ("R", _POLLED) for name in ("redirect", "redirect applied", "huge", "huge chunked", "zipped_bomb")},
}


def cell_proofs(fault: str, step: str) -> list[str]:
    if fault == "1 nothing sent":
        return [f"{HERE}::test_call_that_finds_a_closed_port[{step}-{word}]" for word in ("once", "lasts")]
    if step == "Q":
        return [f"{HERE}::test_reconcile_that_meets_a_fault[{name}]" for name in NAMES[fault]]
    return [
        f"{E2E}::test_call_that_meets_a_fault[{STEP_ROUTES[step]}-{name}-{word}]"
        for name in NAMES[fault]
        if code_of(name, step) != "-"
        for word in ("once", "lasts")
    ]


def code_of(name: str, step: str) -> str:
    return RECONCILE[name] if step == "Q" else CELLS[name][ROUTES.index(STEP_ROUTES[step])]


# -- Q: the matrix's last column, with a reconcile of rows whose create-job answer was lost

# fmt: off
RECONCILE = {
    "reset_before": "R", "reset_before mid-body": "R", "reset_after": "R", "closed_after": "R", "raw": "R",
    "invalid_token": "A1", "expired_tokens": "A1", "gateway 401": "A1",
    "scope_mismatch": "ST", "refused NO_PERMISSION": "ST", "refused INVALID_DATA": "ST", "not_found": "ST",
    "gateway 403": "ST",
    "rate_limited": "W", "rate_limited 3 s": "W", "rate_limited an hour": "ST", "access_denied": "R",
    "internal_error": "R", "internal_error applied": "R", "html 502": "R", "html 504 applied": "R", "html 200": "R",
    "malformed_json": "R", "body": "R", "json": "R", "edited": "R", "truncated": "R", "truncated chunked": "R",
    "slow_drip": "R", "silent": "R", "held": "R",
    "redirect": "ST", "redirect applied": "ST", "huge": "ST", "huge chunked": "ST", "zipped_bomb": "ST",
}
# fmt: on

# -- the other tables: H further HTTP cases, R result files, J jobs, K process and machine

CLIENT = "tests/client/test_client.py"
TRANSPORT = "tests/client/test_transport.py"
JOBS = "tests/delivery/bulk/test_steps.py"
MERGE = "tests/frames/merging/test_pairing.py"
SENT = "tests/frames/merging/test_sent.py"
VERDICTS = "tests/frames/merging/test_verdicts.py"
LINES = "tests/frames/merging/test_result_lines.py"
RESULT = "tests/wire/test_result.py"
ANSWER = "tests/wire/test_answer.py"
PARSE = "tests/wire/test_parse.py"
TOKENS = "tests/wire/test_token.py"
DELIVERY = "tests/delivery/test_begin.py"
JOURNAL = "tests/journal/test_journal.py"
HISTORY = "tests/delivery/test_history.py"
CALLBACK = "tests/client/test_callback.py"
SIGNALS = "tests/journeys/test_signals.py"
DISK = "tests/journeys/test_disk_faults.py"
SECURITY = "tests/journeys/test_security.py"
ODD = "tests/journeys/test_odd_frames.py"
VERBS = "tests/verbs/test_verbs.py"
EXPLORE = "tests/campaigns/test_explore.py"
RACE = "tests/journeys/test_token_race.py"
KILLS = "tests/campaigns/test_kill.py"
RUN = "tests/delivery/test_run.py"
RAW = "tests/journal/test_unreadable.py"
HALF = f"{TRANSPORT}::test_half_an_answer_is_uncertain_and_the_request_is_sent_once"
UNZIP = f"{RESULT}::test_unzip_refuses_a_zip_that_is_not_exactly_right"

PROOFS: dict[str, list[str]] = {
    "H14 Retry-After of any kind": [
        f"{ANSWER}::test_retry_after_is_read_as_seconds_or_against_the_servers_date",
        f"{ANSWER}::test_retry_after_date_without_the_servers_date_says_nothing",
        "tests/wire/test_retry.py::test_retry_after_is_obeyed_or_ends_the_call",
        f"{ODD}::test_impossible_date_is_not_a_time_to_wait",
    ],
    "H15 continue, then nothing": [f"{HALF}[continue, then nothing]"],
    "H16 two lengths": [f"{HALF}[two lengths]"],
    "H17 ids of any kind": [
        f"{PARSE}::test_id_of_another_kind_is_refused",
        f"{PARSE}::test_id_is_kept_as_it_is_written",
        f"{ODD}::test_nonsense_for_a_job_id_is_an_unknown_fate_and_one_job",
    ],
    "H18 create answers 200, 201, 202": [f"{SWITCHES}::test_switch[created_status-{n}]" for n in (200, 201, 202)],
    "H19 refusal under 200": [
        f"{ANSWER}::test_refusal_is_found_in_the_body_whatever_the_status[200]",
        f"{PARSE}::test_upload_error_with_status_200_is_an_error",
    ],
    "H20 answer after the time-out": [
        f"{E2E}::test_call_that_meets_a_fault[create-held-once]",
        f"{CALLBACK}::test_lost_answer_is_made_good_by_its_callback",
        f"{HISTORY}::test_adopted_job_gives_every_row_its_id",
    ],
    "H21 kept connection closed": [
        f"{CLIENT}::test_create_uses_a_fresh_connection_and_nothing_else_does",
        f"{TRANSPORT}::test_fresh_connection_is_a_new_one_and_leaves_the_kept_one_alone",
    ],
    "H22 proxy answers 407": [f"{TRANSPORT}::test_proxy_that_opens_no_tunnel_is_certainly_not_sent"],
    "H23 certificates": [
        f"{SECURITY}::test_tls_that_is_not_sound_is_refused_before_the_request",
        f"{TRANSPORT}::test_certificate_of_another_host_is_refused",
    ],
    "H24 two organisations": [f"{CLIENT}::test_clients_of_two_organisations_never_mix_their_tokens"],
    "R1 shuffled": [
        f"{MERGE}::test_r1_shuffled_lines_go_to_their_rows",
        f"{MERGE}::test_no_row_gets_another_rows_verdict_in_small_frames_full_of_twins",
        f"{SWITCHES}::test_switch[result_rows-'shuffled']",
    ],
    "R2 rows missing": [
        f"{VERDICTS}::test_r2_rows_without_a_line_are_unreported",
        f"{MERGE}::test_r2_rows_that_share_an_echo_stay_open_when_one_line_is_missing",
        f"{SWITCHES}::test_switch[result_rows-'skipped only']",
        f"{SWITCHES}::test_switch[result_rows-'drop some']",
    ],
    "R3 extra rows": [
        f"{MERGE}::test_r3_lines_of_another_job_are_counted_and_attached_to_no_row",
        f"{MERGE}::test_r3_a_foreign_line_with_a_rows_echo_leaves_that_row_open",
        f"{SWITCHES}::test_switch[foreign_rows-3]",
    ],
    "R4 a row twice": [
        f"{MERGE}::test_r4_a_repeated_line_counts_once",
        f"{MERGE}::test_r4_lines_that_contradict_each_other_leave_their_row_open",
        f"{SWITCHES}::test_switch[duplicate_rows-5]",
    ],
    "R5 equal keys": [
        f"{SENT}::test_r5_equal_rows_share_equal_verdicts",
        f"{SENT}::test_r5_equal_rows_with_different_verdicts_stay_open",
        f"{SENT}::test_r5_rows_that_differ_anywhere_do_not_share_ids",
        f"{VERBS}::test_one_of_the_rows_that_share_a_key_is_kept_on_demand",
    ],
    "R6 spaces": [
        f"{MERGE}::test_r6_r7_r13_an_echo_the_service_has_tidied_still_finds_its_row",
        f"{SWITCHES}::test_switch[echo_text-'collapsed']",
    ],
    "R7 quoting and line ends": [
        f"{MERGE}::test_r6_r7_r13_rows_that_tidying_makes_equal_are_kept_apart_by_a_faithful_echo_only",
        f"{LINES}::test_read_lines_follows_quoted_newlines_over_block_borders",
        f"{SWITCHES}::test_switch[echo_text-'LF']",
    ],
    "R8 encodings": [
        f"{RESULT}::test_text_may_start_with_a_byte_order_mark",
        f"{RESULT}::test_other_encodings_prove_nothing",
        f"{LINES}::test_read_lines_refuses_what_is_not_one_table_of_text[UTF-16]",
        f"{RAW}::test_result_that_stays_unreadable_is_kept_for_its_user_alone_and_named",
    ],
    "R9 headers": [
        f"{MERGE}::test_r9_echo_columns_may_be_any_of_those_sent_in_any_order",
        f"{RESULT}::test_verdict_columns_are_known_by_name_in_any_order_at_either_end",
        f"{RESULT}::test_header_that_can_be_read_two_ways_or_none_proves_nothing",
        f"{SWITCHES}::test_switch[echo_columns-'hash']",
    ],
    "R10 status words": [
        f"{VERDICTS}::test_r10_an_unknown_word_leaves_its_row_unreported_and_says_why",
        f"{LINES}::test_read_lines_takes_status_words_in_any_case",
    ],
    "R11 damaged ids": [
        f"{VERDICTS}::test_r11_a_damaged_id_is_dropped_and_the_status_kept",
        f"{E2E}::test_rounded_ids_are_dropped_and_the_verdict_kept",
        f"{SWITCHES}::test_switch[record_id_text-'scientific']",
    ],
    "R12 NA and 1e5": [
        f"{MERGE}::test_r12_words_for_nothing_are_ordinary_text",
        f"{LINES}::test_read_lines_treats_no_cell_as_missing_or_as_a_number",
    ],
    "R13 Unicode forms": [
        f"{MERGE}::test_r6_r13_no_tidied_echo_is_taken_for_another_rows",
        f"{SWITCHES}::test_switch[echo_text-'NFC']",
    ],
    "R14 dates reformatted": [f"{MERGE}::test_r14_an_echo_that_the_service_has_reformatted_finds_no_row"],
    "R15 reasons": [
        f"{VERDICTS}::test_r15_reasons_reach_their_rows_whole",
        f"{RESULT}::test_errors_are_read_by_the_documented_grammar",
        f"{RESULT}::test_errors_of_a_megabyte_are_cut",
    ],
    "R16 empty results": [
        f"{UNZIP}[no member]",
        f"{VERDICTS}::test_r16_an_empty_result_leaves_every_row_unreported",
        f"{E2E}::test_result_that_is_damaged_each_time[header only]",
    ],
    "R17 two files": [f"{UNZIP}[{name}]" for name in ("two members", "same name twice", "directory")],
    "R18 bombs": [
        f"{RESULT}::test_bomb_is_refused_without_being_unpacked",
        *(f"{UNZIP}[{name}]" for name in ("small declared size", "impossible packed size", "lzma", "bzip2")),
        f"{E2E}::test_result_that_is_damaged_each_time[bomb]",
    ],
    "R19 encrypted": [f"{UNZIP}[encrypted]", f"{UNZIP}[strongly encrypted]"],
    "R20 member names": [
        f"{RESULT}::test_unzip_never_uses_the_name",
        f"{RESULT}::test_unzip_does_not_mind_a_name_that_is_empty_after_its_nul",
        f"{RESULT}::test_flipped_bytes_never_give_other_content",
        f"{E2E}::test_result_that_is_damaged_each_time[path name]",
    ],
    "R21 damaged zips": [
        *(f"{UNZIP}[{name}]" for name in ("truncated", "prefix", "suffix", "wrong checksum")),
        f"{JOBS}::test_damaged_result_is_fetched_again",
        f"{E2E}::test_result_that_is_damaged_once[bad crc]",
        f"{E2E}::test_call_that_meets_a_fault[download-html 200-lasts]",
        f"{RAW}::test_result_that_is_good_at_last_is_not_kept",
        f"{RAW}::test_next_run_that_begins_deletes_what_is_a_week_old",
    ],
    "R22 another job's file": [
        f"{MERGE}::test_r22_another_jobs_file_pairs_nothing",
        f"{E2E}::test_result_that_is_sound_but_strange[another job]",
    ],
    "R23 large results": [
        f"{RESULT}::test_unzip_refuses_content_over_the_cap",
        f"{LINES}::test_read_lines_refuses_what_is_not_one_table_of_text[a cell over two blocks]",
        f"{MERGE}::test_25_000_shuffled_rows_with_duplicates_each_get_their_own_or_none",
    ],
    "R24 formulas": [
        f"{MERGE}::test_r24_formula_text_is_an_echo_like_any_other",
        f"{SECURITY}::test_cells_that_look_like_formulas_are_stored_as_given",
    ],
    "R25 odd frames": [
        f"{VERBS}::test_change_of_the_frame_under_way_changes_no_verdict",
        f"{ODD}::test_odd_frame_comes_back_with_its_own_verdicts",
        "tests/journeys/test_end_to_end.py::test_frame_comes_back_with_its_index_dtypes_and_order",
    ],
    "J1 failed without a result": [
        f"{JOBS}::test_failed_job_without_a_result_may_have_written_rows",
        f"{E2E}::test_job_that_goes_wrong[failed late]",
    ],
    "J2 failed with a result": [f"{E2E}::test_job_that_goes_wrong[result {n}]" for n in ("none", "part", "whole")],
    "J3 stuck": [f"{E2E}::test_job_that_is_stuck_stays_pending_and_is_not_created_again"],
    "J4 status words": [
        f"{PARSE}::test_job_words_are_one_word_each",
        f"{JOBS}::test_unknown_status_counts_as_running_and_is_reported_once",
        f"{SWITCHES}::test_switch[in_progress_word-'In Progress']",
    ],
    "J5 completed and back": [
        f"{HERE}::test_job_that_goes_back_to_running_is_fetched_all_the_same",
        f"{JOBS}::test_doubt_that_passes_is_forgotten",
        f"{SWITCHES}::test_switch[url_shown-'one poll late']",
    ],
    "J6 counts that disagree": [
        f"{JOBS}::test_counts_that_disagree_are_said",
        f"{PARSE}::test_job_with_odd_details_has_none_for_them",
    ],
    "J7 resource skipped": [f"{HERE}::test_resource_that_is_called_skipped_is_judged_by_its_file"],
    "J8 another job's details": [
        f"{JOBS}::test_doubt_that_lasts_ends_the_batch_without_a_guess[answer{n}-unknown-JOB_IS_ANOTHER]"
        for n in (2, 3, 4, 5)
    ],
    "J9 404 after create": [
        f"{JOBS}::test_job_missing_for_a_moment_is_waited_for",
        *(f"{E2E}::test_call_that_meets_a_fault[details-not_found-{word}]" for word in ("once", "lasts")),
    ],
    "J10 address expired": [
        f"{JOBS}::test_stale_address_is_asked_for_anew",
        f"{JOBS}::test_result_that_is_gone_is_unreported",
        f"{SWITCHES}::test_switch[retention_status-410]",
        f"{E2E}::test_call_that_meets_a_fault[download-not_found-lasts]",
    ],
    "J11 callbacks": [
        f"{CALLBACK}::test_callbacks_may_come_when_they_will",
        f"{CALLBACK}::test_callback_that_comes_before_the_answer_is_kept",
        f"{CALLBACK}::test_job_of_a_callback_is_taken_only_if_nothing_speaks_against_it",
        f"{CALLBACK}::test_callback_that_names_another_job_is_refused",
        f"{CALLBACK}::test_calls_that_nobody_expects_are_counted_and_said_once",
        f"{CALLBACK}::test_job_is_proven_by_its_callback_after_a_restart_though_it_names_no_file_yet",
    ],
    "J12 no rows": [
        f"{VERBS}::test_empty_frame_returns_itself_with_three_columns_and_asks_nothing",
        f"{VERBS}::test_frame_of_invalid_rows_sends_nothing",
    ],
    "K1-K24 SIGKILL": [
        f"{KILLS}::test_death_at_any_point_doubles_loses_and_misreports_no_row",
        f"{KILLS}::test_campaign_fails_when_rows_in_doubt_are_sent_again",
    ],
    "K25 signals": [
        f"{SIGNALS}::test_first_signal_waits_for_the_answer_and_says_how_to_go_on",
        f"{SIGNALS}::test_second_interrupt_goes_through_and_the_rows_are_unknown",
        f"{RUN}::test_stop_button_starts_no_further_job_and_says_how_things_stand",
    ],
    "K26 power": [
        f"{EXPLORE}::test_the_intent_alone_has_to_outlast_a_loss_of_power",
        f"{EXPLORE}::test_no_fate_breaks_a_promise",
    ],
    "K27 disk": [
        f"{DISK}::test_no_failing_system_call_doubles_a_row_or_leaves_one_without_its_end",
        f"{JOURNAL}::test_full_disk_is_an_error_of_ours_and_what_was_acknowledged_stays",
    ],
    "K28 journal damaged": [
        f"{JOURNAL}::test_file_that_is_damaged_gone_or_anothers_is_refused_by_name",
        f"{JOURNAL}::test_one_flipped_bit_anywhere_is_refused_or_changes_no_answer",
        f"{JOURNAL}::test_nothing_is_sent_without_a_sound_journal",
        f"{HISTORY}::test_client_of_another_organisation_is_refused",
    ],
    "K29 clocks": [
        f"{HERE}::test_clock_that_is_stepped_loses_and_doubles_nothing",
        f"{HERE}::test_record_is_proven_by_the_servers_clock_whatever_this_machines_says",
        f"{HERE}::test_record_that_is_equal_and_was_made_before_the_job_is_not_taken_for_its_own",
        f"{HERE}::test_token_that_grew_old_while_the_machine_slept_is_renewed",
        f"{JOURNAL}::test_latest_run_of_a_key_is_the_one_begun_last_whatever_the_clock_says",
        f"{TOKENS}::test_token_is_renewed_a_minute_before_it_dies",
    ],
    "K30 the same call at once": [
        f"{HERE}::test_same_call_in_six_processes_at_once_creates_each_job_once",
        f"{DELIVERY}::test_same_call_in_many_threads_at_once_writes_once",
        f"{JOURNAL}::test_same_rows_cannot_be_begun_twice_at_once",
        f"{EXPLORE}::test_two_processes_without_a_lock_keep_every_promise",
    ],
    "K31 locks": [
        f"{HERE}::test_run_whose_lock_file_is_deleted_creates_its_job_once",
        f"{JOURNAL}::test_claims_hold_though_the_lock_file_is_deleted",
        f"{JOURNAL}::test_lock_with_no_readable_owner_is_anothers_all_the_same",
        f"{EXPLORE}::test_two_processes_without_a_lock_keep_every_promise",
    ],
    "K32 fork and pickle": [
        f"{HERE}::test_frame_is_pickled_with_its_verdicts_and_a_run_is_not",
        f"{CLIENT}::test_client_is_neither_pickled_nor_copied",
        f"{ODD}::test_forked_process_opens_connections_of_its_own",
        f"{JOURNAL}::test_forked_child_reopens_and_neither_uses_nor_closes_the_parents_connection",
        f"{SIGNALS}::test_forked_child_ends_though_its_parent_is_creating_a_job",
    ],
    "K33 many threads, one token": [
        f"{RACE}::test_threads_with_an_expired_token_refresh_it_once",
        f"{RACE}::test_processes_with_an_expired_token_refresh_it_as_seldom_as_they_can_and_no_call_fails",
    ],
    "K34 refresh goes wrong": [
        f"{E2E}::test_token_that_dies_on_the_way_and_cannot_be_renewed",
        f"{TOKENS}::test_token_of_another_region_is_refused_without_being_shown",
        f"{SWITCHES}::test_switch[tokens_per_10_minutes-1]",
    ],
    "K35 token expires on the way": [
        *(f"{E2E}::test_call_that_meets_a_fault[{route}-expired_tokens-once]" for route in ("create", "details")),
        f"{SWITCHES}::test_switch[token_life_s-5]",
        f"{SWITCHES}::test_switch[tokens_per_10_minutes-None]",
    ],
    "K36 errors out of nowhere": [
        f"{HERE}::test_error_out_of_nowhere_invents_no_verdict",
        f"{RUN}::test_defect_in_the_background_reaches_the_caller",
    ],
    "K37 progress bar": [f"{HERE}::test_progress_bar_that_cannot_be_shown_stops_nothing"],
    "K38 files, threads, the end": [
        f"{HERE}::test_process_that_may_open_no_more_files_sends_nothing_twice",
        f"{HERE}::test_threads_that_cannot_be_started",
        f"{SIGNALS}::test_end_of_a_script_that_does_not_wait_cuts_no_create_job_off",
    ],
    "K39 another frame": [
        f"{HISTORY}::test_another_frame_is_refused",
        f"{HISTORY}::test_run_is_shown_without_its_frame_by_position",
    ],
    "K40 frames that come one by one": [
        "tests/large/test_datasets.py::test_source_that_raises_half_way_keeps_the_parts_before_and_the_same_call_goes_on",
    ],
}  # fmt: skip

# Rows without a test, and parts of rows that do not apply: why.
NOT_BUILT = {
    "R3": "There is no list of unmatched lines: they are counted, said in a warning, and attached to nobody.",
    "R24": "There is no export for spreadsheets that would have to neutralise.",
    "J7": "A resource's own word is not read: rows are judged by the file alone, and without a line are unreported.",
    "K37": "There are no hooks of the user's besides the bar.",
}


def test_each_row_has_its_proofs_or_a_reason() -> None:
    rows = [f"H{n}" for n in range(14, 25)] + [f"R{n}" for n in range(1, 26)] + [f"J{n}" for n in range(1, 13)]
    rows += ["K1-K24"] + [f"K{n}" for n in range(25, 41)]
    proven = [name.split()[0] for name in PROOFS]

    assert [row for row in rows if row not in NOT_BUILT or row in proven] == proven
    assert set(NOT_BUILT) <= set(rows)
    assert all(PROOFS.values())


def test_each_cell_has_its_proofs_and_the_code_of_the_matrix() -> None:
    cells = [(fault, step) for fault in MATRIX for step in "TUCPDQ"]
    assert len(cells) == 14 * len(STEPS)
    assert [cell for cell in cells if not cell_proofs(*cell)] == []

    found = {
        (name, step): code_of(name, step)
        for fault, codes in MATRIX.items()
        for step, code in zip("TUCPDQ", codes, strict=True)
        for name in NAMES[fault]
        if code_of(name, step) not in (code, "-")
    }
    assert found == {cell: code for cell, (code, _) in OTHERWISE.items()}
    assert {name for names in NAMES.values() for name in names} | {"not_found", "refused INVALID_DATA"} == set(CELLS)
    assert set(RECONCILE) == set(CELLS)


def collected(request: pytest.FixtureRequest, file: str) -> set[str]:
    """Return the ids of all tests that pytest finds in a file, with and without what is in brackets."""
    module = pytest.Module.from_parent(request.session, path=ROOT / file)
    ids = {item.nodeid for item in request.session.genitems(module)}
    return ids | {name.partition("[")[0] for name in ids}


def named() -> dict[str, set[str]]:
    every = [proof for proofs in PROOFS.values() for proof in proofs]
    every += [proof for fault in MATRIX for step in "TUCPDQ" for proof in cell_proofs(fault, step)]
    files = {proof.partition("::")[0] for proof in every}
    return {file: {proof for proof in every if proof.startswith(f"{file}::")} for file in files}


@pytest.mark.parametrize("file", sorted(named()))
def test_each_proof_is_collected(file: str, request: pytest.FixtureRequest) -> None:
    assert sorted(named()[file] - collected(request, file)) == []


def test_proof_that_is_no_test_is_found(request: pytest.FixtureRequest) -> None:
    found = collected(request, HERE)
    assert f"{HERE}::test_reconcile_that_meets_a_fault[reset_before]" in found
    assert f"{HERE}::test_reconcile_that_meets_a_fault[gone]" not in found
    assert f"{HERE}::cell_proofs" not in found


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.stop()


@pytest.fixture(scope="module")
def organisation(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock.time) as box:
        box.behaviour = replace(
            box.behaviour, polls_added=0, polls_in_progress=0, tokens_per_10_minutes=None, live_tokens=None
        )
        box.add_field("Contacts", "Row_Key", length=40, unique=True)
        yield box


@pytest.fixture
def box(organisation: Sandbox) -> Iterator[Sandbox]:
    """Serve the module's organisation without the faults of the test before."""
    organisation.faults.clear()
    yield organisation
    organisation.faults.clear()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box
        assert box.requests == []


def guests(name: str) -> pd.DataFrame:
    """Return rows that no other test writes, each with a key of its own."""
    word = "".join(sign for sign in name if sign.isalnum())
    made = {"Last_Name": [f"{word} {one}" for one in "abc"], "Email": [f"{word}.{one}@x.example" for one in "abc"]}
    return pd.DataFrame(made).assign(**{MARK: [f"{name} {one}" for one in "abc"]})


def lost(box: Sandbox, clock: Clock, frame: pd.DataFrame, client: bf.Client) -> bf.Run:
    """Return the run of an insert whose create-job answer was lost, though Bigin has written the rows."""
    box.faults.add("create", Fault.reset_after())
    out = write(box, frame, clock=clock, client=client, answers_lost=True)
    assert set(out["Status"]) == {"UNKNOWN"}
    box.settle()
    return bf.resume(bf.runs()["run"][0], frame, client=client)


def reconciled(run: bf.Run) -> str:
    """Reconcile; a typed error leaves the rows as they were."""
    try:
        (word,) = set(run.reconcile()["Status"])
    except BrokenRunError:
        raise
    except BiginError:
        return "error" if set(run.frame()["Status"]) == {"UNKNOWN"} else "changed"
    return str(word)


@pytest.mark.parametrize("name", list(FAULTS))
def test_reconcile_that_meets_a_fault(name: str, box: Sandbox, clock: Clock, stranger: Sandbox) -> None:
    scene, frame, since = Scene("coql", stranger.url, threading.Event()), guests(name), so_far(box)
    wire = Hasty(clock, "find") if name in SLOW else clock.transport()
    run = lost(box, clock, frame, box.client(transport=wire))
    try:
        box.faults.add("coql", FAULTS[name](scene), times=None)
        assert reconciled(run) == "error"
        box.faults.clear()
        box.faults.add("coql", FAULTS[name](scene))
        if RECONCILE[name] == "ST":
            assert reconciled(run) == "error"
        assert reconciled(run) == "ADDED"
    finally:
        scene.late.set()

    assert violations(frame, run.frame(), truth_of(box, since), answers_lost=True) == []
    assert len(box.ledger()) == since[0] + 1


# -- fault 1: nothing is listening


class Closed:
    """Send one kind of call to a port where nobody listens, so many times."""

    def __init__(self, clock: Clock, call: str, times: float) -> None:
        self._wire, self._call, self.left = clock.transport(), call, times
        self.sleep, self.now = clock.sleep, clock.now

    def send(self, request: Request, **how: Any) -> Response:
        if request.call == self._call and self.left > 0:
            self.left -= 1
            request = replace(request, url=request.url.replace(urlsplit(request.url).netloc, "127.0.0.1:1", 1))
        return self._wire.send(request, **how)


CLOSED = {"T": "token", "U": "upload", "C": "create", "P": "job", "D": "download", "Q": "find"}


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "lasts"])
@pytest.mark.parametrize("step", CLOSED)
def test_call_that_finds_a_closed_port(step: str, lasts: bool, box: Sandbox, clock: Clock) -> None:
    wire = Closed(clock, CLOSED[step], float("inf") if lasts else 2)
    client, frame, since = box.client(transport=wire), guests(f"port {step} {lasts}"), so_far(box)
    if step == "Q":
        run = lost(box, clock, frame, client)
        assert reconciled(run) == ("error" if lasts else "ADDED")
    else:
        wait = 0.1 if step == "P" and lasts else 30
        assert first(box, clock, client, frame, wait) == (SHUT[step] if lasts else "ADDED")
    wire.left = 0
    if lasts and step != "Q":
        assert set(frame.bigin.insert("Contacts", client=client, progress=False)["Status"]) == {"ADDED"}
    elif lasts:
        assert reconciled(run) == "ADDED"

    assert len(box.ledger()) == since[0] + 1
    (run_id,) = bf.runs()["run"]
    assert violations(frame, bf.resume(run_id, frame).frame(), truth_of(box, since), answers_lost=True) == []


SHUT = {"T": "NotSentError", "U": "NotSentError", "C": "NotSentError", "P": "JobPending", "D": "JobPending"}


def first(box: Sandbox, clock: Clock, client: bf.Client, frame: pd.DataFrame, wait: float) -> str:
    try:
        (word,) = set(write(box, frame, clock=clock, client=client, answers_lost=True, wait=wait)["Status"])
    except JobPending as pending:
        pending.run.leave()  # so that the same call may go on with it
        return "JobPending"
    except NotSentError:
        return "NotSentError"
    return str(word)


# -- K29: the wall clock is stepped

STEPS_OF_THE_CLOCK = {
    "an hour back": timedelta(hours=-1),
    "an hour on": timedelta(hours=1),
    "a day back": timedelta(days=-1),
    "a day on": timedelta(days=1),
    "1970": datetime(1970, 1, 1, tzinfo=UTC) - datetime.now(UTC),
}


@pytest.mark.parametrize("step", STEPS_OF_THE_CLOCK)
@pytest.mark.parametrize("at", ["uploaded", "submitted"])
def test_clock_that_is_stepped_loses_and_doubles_nothing(
    at: str, step: str, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped = timedelta()

    def at_point(name: str) -> None:
        nonlocal stepped
        if name == f"after commit of {at}":
            stepped = STEPS_OF_THE_CLOCK[step]

    monkeypatch.setattr(sys.modules[_now.__module__], "datetime", off_by(lambda: stepped))
    monkeypatch.setattr(checkpoints, "at", at_point)
    frame, since, client = guests(f"clock {at} {step}"), so_far(box), box.client(transport=clock.transport())
    out = write(box, frame, clock=clock, client=client)
    assert set(out["Status"]) == {"ADDED"}
    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", client=client)
    other = guests(f"clock after {at} {step}")
    write(box, other, clock=clock, client=client)

    (newest, oldest) = bf.runs()["run"]
    pd.testing.assert_frame_equal(bf.resume(oldest, frame).frame(), out)
    assert set(bf.resume(newest, other).frame()["Status"]) == {"ADDED"}
    assert len(box.ledger()) == since[0] + 2


class Dateless:
    """Leave the servers' dates out of what a client hears."""

    def __init__(self, clock: Clock) -> None:
        self._wire = clock.transport()
        self.sleep, self.now = clock.sleep, clock.now

    def send(self, request: Request, **how: Any) -> Response:
        heard = self._wire.send(request, **how)
        return replace(heard, headers={name: value for name, value in heard.headers.items() if name.lower() != "date"})


@pytest.mark.parametrize(
    ("dated", "error", "word"),
    [
        (True, timedelta(days=40), "ADDED"),
        (True, timedelta(days=-40), "ADDED"),
        (False, timedelta(days=40), "UNKNOWN"),
        (False, timedelta(days=-40), "ADDED"),
    ],
    ids=str,
)
def test_record_is_proven_by_the_servers_clock_whatever_this_machines_says(
    dated: bool, error: timedelta, word: str, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the server's date, a clock that is ahead proves nothing: all stays unknown, and safe."""
    frame, since = guests(f"clock {dated} {error}"), so_far(box)
    client = box.client(transport=clock.transport() if dated else Dateless(clock))
    with monkeypatch.context() as wrong:
        wrong.setattr(sys.modules[_now.__module__], "datetime", off_by(lambda: error))
        run = lost(box, clock, frame, client)
    begun = pd.Timestamp(run.unknown["begun_at"][0]) - pd.Timestamp.now("UTC")
    assert abs(begun - error) < timedelta(days=1)

    assert reconciled(run) == word
    assert len(box.ledger()) == since[0] + 1


@pytest.mark.parametrize("made_s", [10, 60, 600])
@pytest.mark.parametrize("error", [timedelta(0), timedelta(minutes=-30)], ids=["right", "slow"])
def test_record_that_is_equal_and_was_made_before_the_job_is_not_taken_for_its_own(
    made_s: int, error: timedelta, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cells, seconds before: five minutes of doubt between two clocks, or a slow one, must not prove it."""
    frame, client = guests(f"twin {made_s} {error}"), box.client(transport=clock.transport())
    with monkeypatch.context() as before:
        before.setattr(box._org, "clock", lambda: time.time() - made_s)
        for cells in frame[["Last_Name", "Email"]].to_dict("records"):
            box.add_record("Contacts", cells)
    box.faults.add("create", Fault.reset_before())
    with monkeypatch.context() as wrong:
        wrong.setattr(sys.modules[_now.__module__], "datetime", off_by(lambda: error))
        write(box, frame, clock=clock, client=client, answers_lost=True)
    run = bf.resume(bf.runs()["run"][0], frame, client=client)

    assert reconciled(run) == "UNKNOWN"


def off_by(error: Callable[[], timedelta]) -> type[datetime]:
    """Return what tells the journal a wrong time, by which way ever it asks."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + error()

        @classmethod
        def fromtimestamp(cls, seconds: float, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(seconds, tz) + error()

    return Wrong


def test_token_that_grew_old_while_the_machine_slept_is_renewed(box: Sandbox, clock: Clock) -> None:
    client, frame, tokens = box.client(transport=clock.transport()), guests("asleep"), routes(box).count("token")
    client.modules()
    clock.sleep(7200)
    out = write(box, frame, clock=clock, client=client)

    assert set(out["Status"]) == {"ADDED"}
    assert routes(box).count("token") == tokens + 2
    assert 401 not in [request.status for request in box.requests[-10:]]


def routes(box: Sandbox) -> list[str | None]:
    return [request.route for request in box.requests]


# -- K30 and K38: processes

SIX = """
import json, os, resource, sys
import pandas as pd, bigin_frames as bf, pandera.pandas, pyarrow.compute
from bigin_frames import checkpoints
from bigin_frames.delivery import begin, history, reconcile, resume
from bigin_frames.errors import BiginError
from bigin_frames.frames.checking import check, module_schema, own_schema
from bigin_frames.plans import plan, prepare

def frame(name):
    return pd.DataFrame({"Last_Name": [f"{name} {i}" for i in range(6)]})

def call(name):
    out = frame(name).bigin.insert("Contacts", max_rows_per_job=2, progress=False, on_overlap="ignore")
    return "".join(sorted(set(out["Status"]))) + " " + ",".join(out["ID"])

def told(act, *given):
    try:
        return act(*given)
    except BiginError as error:
        return type(error).__name__

def child(act, *given):
    pid = os.fork()
    if not pid:
        try:
            said = told(act, *given)
        except BaseException as error:
            said = f"foreign {error!r}"
        os.write(1, (said + "\\n").encode())
        os._exit(0)
    return pid

def dies(name):
    checkpoints.at = lambda point: os._exit(1) if point == "after commit of uploaded" else None
    call(name)

def poor(name, more):
    open_files = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files + more, open_files + more))
    return call(name)

acts = {"call": call, "dies": dies, "poor": poor}
for line in sys.stdin:
    act, times, *given = json.loads(line)
    for pid in [child(acts[act], *given) for _ in range(times)]:
        os.waitpid(pid, 0)
    print("over", flush=True)
"""


class Six:
    """Be a process that forks as many children as it is told, each of which makes one call."""

    def __init__(self, box: Sandbox) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SIX], env={**os.environ, **box.environment()},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def begin(self, act: str, times: int, *given: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([act, times, *given]) + "\n")

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def lines(self) -> list[str]:
        return list(iter(self.line, "over"))

    def close(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture(scope="module")
def forked(organisation: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Six]:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGIN_FRAMES_HOME", str(tmp_path_factory.mktemp("six")))
        six = Six(organisation)
    yield six
    six.close()


@pytest.mark.parametrize("start", ["new", "begun by a process that died"])
def test_same_call_in_six_processes_at_once_creates_each_job_once(start: str, box: Sandbox, forked: Six) -> None:
    name, jobs, answer = f"six {start}", len(box.ledger()), threading.Event()
    if start != "new":
        forked.begin("dies", 1, name)
        assert forked.lines() == []
    box.faults.add("create", Fault.held(answer))
    forked.begin("call", 6, name)
    assert [forked.line() for _ in range(5)] == ["RunBusy"] * 5  # while the sixth waits for its answer
    answer.set()
    (sixth,) = forked.lines()
    forked.begin("call", 6, name)

    stored = {record["Last_Name"]: record["id"] for record in box.records("Contacts") if name in record["Last_Name"]}
    assert sixth == "ADDED " + ",".join(stored[f"{name} {i}"] for i in range(6))
    assert forked.lines() == ["AlreadyDelivered"] * 6
    assert len(stored) == 6
    assert len(box.ledger()) == jobs + 3


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_process_that_may_open_no_more_files_sends_nothing_twice(box: Sandbox, forked: Six) -> None:
    jobs, ends = len(box.ledger()), []
    for more in (0, 3, 6, 9):
        forked.begin("poor", 1, "poor", more)
        ends += forked.lines()
    forked.begin("call", 1, "poor")
    (last,) = forked.lines()

    assert not [end for end in ends if end.startswith("foreign")]
    assert "JournalError" in ends
    assert last == "AlreadyDelivered" or last.startswith("ADDED")
    assert len([one for one in box.records("Contacts") if one["Last_Name"].startswith("poor")]) == 6
    assert len(box.ledger()) == jobs + 3


@pytest.mark.parametrize("given", [0, 1])
def test_threads_that_cannot_be_started(
    given: int, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread does the work of all; with none, the call says so and lets go of the run."""
    start, left = threading.Thread.start, [given]

    def rare(thread: threading.Thread) -> None:
        if thread.name.startswith("bigin-frames-"):
            if not left[0]:
                raise RuntimeError("can't start new thread")
            left[0] -= 1
        start(thread)

    frame, since, client = guests(f"threads {given}"), so_far(box), box.client(transport=clock.transport())
    with monkeypatch.context() as poor:
        poor.setattr(threading.Thread, "start", rare)
        if given:
            assert set(write(box, frame, clock=clock, client=client, max_rows_per_job=1)["Status"]) == {"ADDED"}
        else:
            with pytest.raises(BrokenRunError, match="stands still: can't start new thread") as broken:
                frame.bigin.insert("Contacts", client=client, max_rows_per_job=1)
            with pytest.raises(BrokenRunError, match="stands still"):
                broken.value.run.wait()
            assert len(box.ledger()) == since[0]
            left[0] = 3
            assert set(broken.value.run.wait(30, progress=False)["Status"]) == {"ADDED"}

    assert len(box.ledger()) == since[0] + 3
    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", client=client, max_rows_per_job=1)


# -- K31: the lock file is deleted while it is held


def test_run_whose_lock_file_is_deleted_creates_its_job_once(box: Sandbox, clock: Clock) -> None:
    frame, since, gate = guests("unlocked"), so_far(box), threading.Event()
    box.faults.add("upload", Fault.held(gate))
    first_run = bf.submit(frame, "Contacts", client=box.client(transport=clock.transport()))
    until(lambda: routes(box)[since[1] :].count("upload") == 1)
    for lock in (home() / "locks").iterdir():
        lock.unlink()
    out = write(box, frame, clock=clock)
    gate.set()
    with pytest.raises(RunBusy, match="another process has gone on with it"):
        first_run.wait(30, progress=False)

    assert set(out["Status"]) == {"ADDED"}
    assert routes(box)[since[1] :].count("create") == 1
    assert violations(frame, bf.resume(first_run.id, frame).frame(), truth_of(box, since)) == []


# -- K32: pickles


def test_frame_is_pickled_with_its_verdicts_and_a_run_is_not(box: Sandbox, clock: Clock) -> None:
    frame = guests("pickled")
    out = write(box, frame, clock=clock)
    frame.bigin.check("Contacts", client=box.client())  # the accessor has been used
    pickled = pickle.dumps((out, frame))
    back, plain = pickle.loads(pickled)  # noqa: S301 - our own

    pd.testing.assert_frame_equal(back, out)
    pd.testing.assert_frame_equal(plain, frame)
    assert not [secret for secret in box._org.secrets() if secret.encode() in pickled]
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(bf.resume(bf.runs()["run"][0], frame))


# -- K36 and K37: errors out of nowhere


@pytest.mark.parametrize("error", [MemoryError, RecursionError, KeyError], ids=lambda error: error.__name__)
@pytest.mark.parametrize("point", ["connected, nothing sent", "after commit of submitted", "verdicts half made"])
def test_error_out_of_nowhere_invents_no_verdict(
    point: str, error: type[BaseException], box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(name: str) -> None:
        if name == point:
            raise error

    frame, since, client = guests(f"{error.__name__} {point}"), so_far(box), box.client(transport=clock.transport())
    with monkeypatch.context() as broken:
        broken.setattr(checkpoints, "at", at)
        before = cut_short(frame, client)
    assert violations(frame, before, truth_of(box, since), answers_lost=True) == []
    with suppress(AlreadyDelivered), warnings.catch_warnings():
        warnings.simplefilter("ignore", UndecidedRowsWarning)
        frame.bigin.insert("Contacts", client=client)

    out = bf.resume(bf.runs()["run"][0], frame, client=client).frame()
    assert set(out["Status"]) == ({"UNKNOWN"} if point == "connected, nothing sent" else {"ADDED"})
    assert violations(frame, out, truth_of(box, since), answers_lost=True, before=[before]) == []
    assert len(box.ledger()) == since[0] + (point != "connected, nothing sent")


def cut_short(frame: pd.DataFrame, client: bf.Client) -> pd.DataFrame:
    """Return what is known of the rows after a call that a defect ended, or that it left in doubt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndecidedRowsWarning)
        try:
            return frame.bigin.insert("Contacts", client=client)
        except BrokenRunError as broken:
            return broken.run.frame()


class Gone(io.StringIO):
    """Be a terminal that goes away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_progress_bar_that_cannot_be_shown_stops_nothing(
    box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    frame, client = guests("bar"), box.client(transport=clock.transport())
    monkeypatch.setattr("bigin_frames.display.progress._BAR_DELAY_S", 0)
    monkeypatch.setattr(sys, "stderr", Gone())
    out = frame.bigin.insert("Contacts", client=client, progress=True)

    assert set(out["Status"]) == {"ADDED"}
    assert "the progress bar cannot be shown any more (BrokenPipeError); the run continues" in caplog.text


# -- J5 and J7: what a job says of itself


def test_job_that_goes_back_to_running_is_fetched_all_the_same(box: Sandbox, clock: Clock) -> None:
    def back(answer: Any) -> Any:
        return {**answer, "status": "INPROGRESS", "resource": [{**one, "file": {}} for one in answer["resource"]]}

    frame = guests("back")
    box.faults.add("download", Fault.not_found())
    box.faults.add("details", Fault.edited(back), nth=3, times=2)

    assert set(write(box, frame, clock=clock)["Status"]) == {"ADDED"}


@pytest.mark.parametrize(("lines", "word"), [(4, "ADDED"), (1, "UNREPORTED")], ids=["file", "empty file"])
def test_resource_that_is_called_skipped_is_judged_by_its_file(
    lines: int, word: str, box: Sandbox, clock: Clock
) -> None:
    def skipped(answer: Any) -> Any:
        return {**answer, "resource": [{**one, "status": "SKIPPED", "code": "SKIPPED"} for one in answer["resource"]]}

    box.faults.add("details", Fault.edited(skipped), times=None)
    box.faults.add("download", Fault.edited_rows(lambda rows: rows[:lines]), times=None)

    assert set(write(box, guests(f"skipped {lines}"), clock=clock)["Status"]) == {word}


# -- an insert with a key for each row, whose first answer was lost: the second attempt is refused for its keys


@pytest.mark.parametrize("trouble", ["refused", "late"])
def test_row_whose_key_is_there_is_open_until_its_record_is_found(trouble: str, box: Sandbox, clock: Clock) -> None:
    frame, since, client = guests(f"key {trouble}"), so_far(box), box.client(transport=clock.transport())
    sent = frame.drop(columns="Email")
    before = box.behaviour
    box.behaviour = replace(before, coql_lag=9 if trouble == "late" else 0)
    box.faults.add("create", Fault.reset_after())
    if trouble == "refused":
        box.faults.add("coql", Fault.scope_mismatch())
    out = write(box, sent, clock=clock, client=client, row_key="Row_Key", answers_lost=True)
    assert set(out["Status"]) == {"UNREPORTED"}
    assert set(out["Error"]) == {"DUPLICATE_DATA-Row_Key"}

    box.behaviour = before
    out = bf.resume(bf.runs()["run"][0], sent, client=client).reconcile()
    assert set(out["Status"]) == {"ADDED"}
    assert violations(sent, out, truth_of(box, since), answers_lost=True) == []


def test_row_whose_key_was_there_before_is_skipped_though_an_answer_was_lost(
    box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = guests("key before").drop(columns="Email").assign(Row_Key=["before.1", "before.2", "before.3"])
    with monkeypatch.context() as long_ago:
        long_ago.setattr(box._org, "clock", lambda: 1_600_000_000.0)
        box.add_record("Contacts", {"Last_Name": "Elder", "Row_Key": "before.2"})
    box.faults.add("create", Fault.reset_after())
    client = box.client(transport=clock.transport())
    out = frame.bigin.insert("Contacts", client=client, row_key="Row_Key", on_error="ignore")

    assert out["Status"].tolist() == ["ADDED", "SKIPPED", "ADDED"]
