"""The fault matrix, cell by cell: which tests prove it; those that fit nowhere else are in `fault_matrix`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.faults import CELLS, RECONCILE, ROUTES

ROOT = Path(__file__).parents[2]
E2E = "tests/journeys/test_faults_end_to_end.py"
SWITCHES = "tests/journeys/test_switches.py"

# -- HTTP: what each step does about each fault, in the codes of `CELLS` in tests/support/faults.py; NS is a call that
# certainly was not sent. Faults 6a and 6b are two, so that there are fourteen lines.

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


# If a step does something else than the matrix says: what, and why.
_ANOTHER = "another address may work: it is requested, and the job stays pending or its rows unreported"
_POLLED = "a poll that fails is repeated until the time to wait is over: the job is pending, and none is created"
_HOUR = "no call waits for an hour: the error has the time, and the call was certainly not applied"
_DENIED = "only the accounts host uses these words; from another host it is an answer that cannot be read"
OTHERWISE: dict[tuple[str, str], tuple[str, str]] = {
    ("expired_tokens", "T"): ("OK", "the call for a token has no token that could expire"),
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
        return [f"{OWN}::test_call_that_finds_a_closed_port[{step}-{word}]" for word in ("once", "lasts")]
    if step == "Q":
        return [f"{OWN}::test_reconcile_that_meets_a_fault[{name}]" for name in NAMES[fault]]
    return [
        f"{E2E}::test_call_that_meets_a_fault[{STEP_ROUTES[step]}-{name}-{word}]"
        for name in NAMES[fault]
        if code_of(name, step) != "-"
        for word in ("once", "lasts")
    ]


def code_of(name: str, step: str) -> str:
    return RECONCILE[name] if step == "Q" else CELLS[name][ROUTES.index(STEP_ROUTES[step])]


# -- the other tables: H further HTTP cases, R result files, J jobs, K process and machine

OWN = "tests/journeys/fault_matrix/test_cells.py"
CLOCKS = "tests/journeys/fault_matrix/test_clocks.py"
PROCESSES = "tests/journeys/fault_matrix/test_processes.py"
UNEXPECTED = "tests/journeys/fault_matrix/test_unexpected_errors.py"
FILE = "tests/journal/test_database.py"
FOLLOW = "tests/delivery/bulk/test_poll.py"
RESUME = "tests/delivery/test_resume.py"
FETCH = "tests/delivery/bulk/test_download.py"
RECONCILED = "tests/delivery/test_reconcile.py"
CONCLUDE = "tests/delivery/bulk/test_conclude.py"
CLIENT = "tests/client/test_client.py"
TRANSPORT = "tests/client/test_transport.py"
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
CALLBACK = "tests/client/test_callback.py"
SIGNALS = "tests/journeys/test_signals.py"
DISK = "tests/journeys/test_disk_faults.py"
SECURITY = "tests/journeys/test_security.py"
ODD = "tests/journeys/test_odd_frames.py"
VERBS = "tests/verbs/test_writing.py"
EXPLORE = "tests/campaigns/test_explore.py"
RACE = "tests/journeys/test_token_race.py"
KILLS = "tests/campaigns/test_kill.py"
RUN = "tests/delivery/test_run.py"
RAW = "tests/journal/test_unreadable_results.py"
CALLS = "tests/client/test_calls.py"
LISTEN = "tests/delivery/bulk/test_listen.py"
UNZIPPED = "tests/wire/test_unzip.py"
TLS = "tests/journeys/test_tls.py"
CONNECTIONS = "tests/client/test_connection_pools.py"
REASONS = "tests/wire/test_reasons.py"
HALF = f"{TRANSPORT}::test_half_an_answer_is_uncertain_and_the_request_is_sent_once"
UNZIP = f"{UNZIPPED}::test_unzip_refuses_a_zip_that_is_not_exactly_right"

PROOFS: dict[str, list[str]] = {
    "H14 Retry-After of any kind": [
        f"{ANSWER}::test_retry_after_is_read_as_seconds_or_against_the_servers_date",
        f"{ANSWER}::test_retry_after_date_without_the_servers_date_is_ignored",
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
        f"{LISTEN}::test_lost_answer_is_recovered_by_its_callback",
        f"{RECONCILED}::test_adopted_job_gives_every_row_its_id",
    ],
    "H21 kept connection closed": [
        f"{CLIENT}::test_create_uses_a_fresh_connection_and_nothing_else_does",
        f"{TRANSPORT}::test_fresh_connection_is_a_new_one_and_leaves_the_kept_one_alone",
    ],
    "H22 proxy answers 407": [f"{CONNECTIONS}::test_proxy_that_opens_no_tunnel_is_certainly_not_sent"],
    "H23 certificates": [
        f"{TLS}::test_invalid_tls_is_refused_before_the_request",
        f"{TRANSPORT}::test_certificate_of_another_host_is_refused",
    ],
    "H24 two organisations": [f"{CALLS}::test_clients_of_two_organisations_never_mix_their_tokens"],
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
        f"{RESULT}::test_other_encodings_are_refused",
        f"{LINES}::test_read_lines_refuses_what_is_not_one_table_of_text[UTF-16]",
        f"{RAW}::test_result_that_stays_unreadable_is_kept_for_its_user_only_and_named",
    ],
    "R9 headers": [
        f"{MERGE}::test_r9_echo_columns_may_be_any_of_those_sent_in_any_order",
        f"{RESULT}::test_verdict_columns_are_recognised_by_name_in_any_order_at_either_end",
        f"{RESULT}::test_ambiguous_or_unknown_header_is_refused",
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
        f"{REASONS}::test_errors_are_read_by_the_documented_grammar",
        f"{REASONS}::test_errors_of_a_megabyte_are_cut",
    ],
    "R16 empty results": [
        f"{UNZIP}[no member]",
        f"{VERDICTS}::test_r16_an_empty_result_leaves_every_row_unreported",
        f"{E2E}::test_result_that_is_damaged_each_time[header only]",
    ],
    "R17 two files": [f"{UNZIP}[{name}]" for name in ("two members", "same name twice", "directory")],
    "R18 bombs": [
        f"{UNZIPPED}::test_bomb_is_refused_without_being_unpacked",
        *(f"{UNZIP}[{name}]" for name in ("small declared size", "impossible packed size", "lzma", "bzip2")),
        f"{E2E}::test_result_that_is_damaged_each_time[bomb]",
    ],
    "R19 encrypted": [f"{UNZIP}[encrypted]", f"{UNZIP}[strongly encrypted]"],
    "R20 member names": [
        f"{UNZIPPED}::test_unzip_never_uses_the_name",
        f"{UNZIPPED}::test_unzip_accepts_a_name_that_is_empty_before_its_nul",
        f"{UNZIPPED}::test_flipped_bytes_never_give_other_content",
        f"{E2E}::test_result_that_is_damaged_each_time[path name]",
    ],
    "R21 damaged zips": [
        *(f"{UNZIP}[{name}]" for name in ("truncated", "prefix", "suffix", "wrong checksum")),
        f"{FETCH}::test_damaged_result_is_fetched_again",
        f"{E2E}::test_result_that_is_damaged_once[bad crc]",
        f"{E2E}::test_call_that_meets_a_fault[download-html 200-lasts]",
        f"{RAW}::test_result_that_is_readable_in_the_end_is_not_kept",
        f"{RAW}::test_next_run_that_begins_deletes_what_is_a_week_old",
    ],
    "R22 another job's file": [
        f"{MERGE}::test_r22_another_jobs_file_pairs_nothing",
        f"{E2E}::test_result_that_is_sound_but_strange[another job]",
    ],
    "R23 large results": [
        f"{UNZIPPED}::test_unzip_refuses_a_zip_or_content_over_its_limit",
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
        "tests/journeys/test_end_to_end.py::test_frame_is_returned_with_its_index_dtypes_and_order",
    ],
    "J1 failed without a result": [
        f"{FETCH}::test_failed_job_without_a_result_may_have_written_rows",
        f"{E2E}::test_job_that_goes_wrong[failed late]",
    ],
    "J2 failed with a result": [f"{E2E}::test_job_that_goes_wrong[result {n}]" for n in ("none", "part", "whole")],
    "J3 stuck": [f"{E2E}::test_job_that_is_stuck_stays_pending_and_is_not_created_again"],
    "J4 status words": [
        f"{PARSE}::test_job_words_are_one_word_each",
        f"{FOLLOW}::test_unknown_status_counts_as_running_and_is_reported_once",
        f"{SWITCHES}::test_switch[in_progress_word-'In Progress']",
    ],
    "J5 completed and back": [
        f"{OWN}::test_job_that_goes_back_to_running_is_still_fetched",
        f"{FOLLOW}::test_doubt_that_passes_is_forgotten",
        f"{SWITCHES}::test_switch[url_shown-'one poll late']",
    ],
    "J6 counts that disagree": [
        f"{CONCLUDE}::test_counts_that_disagree_are_logged",
        f"{PARSE}::test_job_with_odd_details_has_none_for_them",
    ],
    "J7 resource skipped": [f"{OWN}::test_resource_that_is_called_skipped_is_judged_by_its_file"],
    "J8 another job's details": [
        f"{FOLLOW}::test_doubt_that_lasts_ends_the_batch_without_a_guess[answer{n}-unknown-JOB_IS_ANOTHER]"
        for n in (2, 3, 4, 5)
    ],
    "J9 404 after create": [
        f"{FOLLOW}::test_job_missing_for_a_moment_is_waited_for",
        *(f"{E2E}::test_call_that_meets_a_fault[details-not_found-{word}]" for word in ("once", "lasts")),
    ],
    "J10 address expired": [
        f"{FETCH}::test_expired_address_is_requested_again",
        f"{FETCH}::test_result_that_is_gone_is_unreported",
        f"{SWITCHES}::test_switch[retention_status-410]",
        f"{E2E}::test_call_that_meets_a_fault[download-not_found-lasts]",
    ],
    "J11 callbacks": [
        f"{LISTEN}::test_callback_may_come_at_any_time",
        f"{LISTEN}::test_callback_that_comes_before_the_answer_is_kept",
        f"{LISTEN}::test_job_of_a_callback_is_accepted_only_if_its_details_agree",
        f"{LISTEN}::test_callback_that_names_another_job_is_refused",
        f"{CALLBACK}::test_unexpected_calls_are_counted_and_logged_once",
        f"{LISTEN}::test_job_is_proven_by_its_callback_after_a_restart_though_it_names_no_file_yet",
    ],
    "J12 no rows": [
        f"{VERBS}::test_empty_frame_returns_itself_with_three_columns_and_asks_nothing",
        f"{VERBS}::test_frame_of_invalid_rows_sends_nothing",
    ],
    "K1-K24 SIGKILL": [
        f"{KILLS}::test_death_at_any_point_duplicates_loses_and_misreports_no_row",
        f"{KILLS}::test_campaign_fails_when_rows_in_doubt_are_sent_again",
    ],
    "K25 signals": [
        f"{SIGNALS}::test_first_signal_waits_for_the_answer_and_says_how_to_resume",
        f"{SIGNALS}::test_second_interrupt_ends_the_process_and_the_rows_are_unknown",
        f"{RUN}::test_stop_button_starts_no_further_job_and_says_what_continues",
    ],
    "K26 power": [
        f"{EXPLORE}::test_only_the_intent_must_survive_a_loss_of_power",
        f"{EXPLORE}::test_no_execution_breaks_a_promise",
    ],
    "K27 disk": [
        f"{DISK}::test_no_failing_system_call_doubles_a_row_or_leaves_one_without_its_end",
        f"{FILE}::test_full_disk_is_a_journal_error_and_keeps_what_was_acknowledged",
    ],
    "K28 journal damaged": [
        f"{FILE}::test_file_that_is_damaged_missing_or_foreign_is_refused_by_name",
        f"{FILE}::test_one_flipped_bit_anywhere_is_refused_or_changes_no_answer",
        f"{FILE}::test_nothing_is_sent_without_an_intact_journal",
        f"{RESUME}::test_client_of_another_organisation_is_refused",
    ],
    "K29 clocks": [
        f"{CLOCKS}::test_clock_that_is_set_loses_and_duplicates_nothing",
        f"{CLOCKS}::test_record_is_proven_by_the_servers_clock_whatever_the_local_clock_says",
        f"{CLOCKS}::test_equal_record_from_before_the_job_is_not_taken_for_the_jobs_own",
        f"{CLOCKS}::test_token_that_expired_while_the_machine_slept_is_renewed",
        f"{JOURNAL}::test_latest_run_of_a_key_is_the_last_one_begun_whatever_the_clock_says",
        f"{TOKENS}::test_token_is_renewed_a_minute_before_it_expires",
    ],
    "K30 the same call at once": [
        f"{PROCESSES}::test_same_call_in_six_processes_at_once_creates_each_job_once",
        f"{DELIVERY}::test_same_call_in_many_threads_at_once_writes_once",
        f"{JOURNAL}::test_same_rows_cannot_be_begun_twice_at_once",
        f"{EXPLORE}::test_two_processes_without_a_lock_keep_every_promise",
    ],
    "K31 locks": [
        f"{PROCESSES}::test_run_whose_lock_file_is_deleted_creates_its_job_once",
        f"{FILE}::test_claims_hold_though_the_lock_file_is_deleted",
        f"{FILE}::test_lock_without_a_readable_owner_still_holds",
        f"{EXPLORE}::test_two_processes_without_a_lock_keep_every_promise",
    ],
    "K32 fork and pickle": [
        f"{UNEXPECTED}::test_frame_is_pickled_with_its_verdicts_and_a_run_is_not",
        f"{CLIENT}::test_client_can_be_neither_pickled_nor_copied",
        f"{ODD}::test_forked_process_opens_connections_of_its_own",
        f"{FILE}::test_forked_child_opens_a_connection_of_its_own_and_leaves_the_parents_open",
        f"{SIGNALS}::test_forked_child_ends_though_its_parent_is_creating_a_job",
    ],
    "K33 many threads, one token": [
        f"{RACE}::test_threads_with_an_expired_token_refresh_it_once",
        f"{RACE}::test_processes_with_an_expired_token_refresh_it_as_rarely_as_possible_and_no_call_fails",
    ],
    "K34 refresh goes wrong": [
        f"{E2E}::test_token_that_expires_during_a_write_and_cannot_be_renewed",
        f"{TOKENS}::test_token_of_another_region_is_refused_without_being_shown",
        f"{SWITCHES}::test_switch[tokens_per_10_minutes-1]",
    ],
    "K35 token expires on the way": [
        *(f"{E2E}::test_call_that_meets_a_fault[{route}-expired_tokens-once]" for route in ("create", "details")),
        f"{SWITCHES}::test_switch[token_life_s-5]",
        f"{SWITCHES}::test_switch[tokens_per_10_minutes-None]",
    ],
    "K36 errors out of nowhere": [
        f"{UNEXPECTED}::test_unexpected_error_invents_no_verdict",
        f"{RUN}::test_bug_in_the_background_reaches_the_caller",
    ],
    "K37 progress bar": [f"{UNEXPECTED}::test_progress_bar_that_cannot_be_shown_stops_nothing"],
    "K38 files, threads, the end": [
        f"{PROCESSES}::test_process_that_can_open_no_more_files_sends_nothing_twice",
        f"{PROCESSES}::test_threads_that_cannot_be_started",
        f"{SIGNALS}::test_end_of_a_script_that_does_not_wait_cuts_off_no_create_job",
    ],
    "K39 another frame": [
        f"{RESUME}::test_another_frame_is_refused",
        f"{RESUME}::test_run_is_shown_without_its_frame_by_position",
    ],
    "K40 frames that come one by one": [
        "tests/large/test_datasets.py::test_source_that_raises_half_way_keeps_the_parts_before_and_the_same_call_resumes",
    ],
}  # fmt: skip


# Rows without a test, and parts of rows that do not apply: why.
NOT_BUILT = {
    "R3": "There is no list of unmatched lines: they are counted, logged in a warning, and attached to no row.",
    "R24": "There is no export for spreadsheets that would have to neutralise them.",
    "J7": "A resource's own word is not read: rows are judged by the file alone, and without a line are unreported.",
    "K37": "There are no user hooks except the progress bar.",
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
    """Return the ids of all tests that pytest finds in a file, with and without their parameters."""
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


def test_proof_that_is_not_a_test_is_found(request: pytest.FixtureRequest) -> None:
    found = collected(request, OWN)
    assert f"{OWN}::test_reconcile_that_meets_a_fault[reset_before]" in found
    assert f"{OWN}::test_reconcile_that_meets_a_fault[gone]" not in found
    assert f"{OWN}::first" not in found
