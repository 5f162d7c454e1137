"""The security list, number by number: the tests that prove each, and the tests of no single module."""

from __future__ import annotations

import ast
import html
import http.client
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.client import Client
from bigin_frames.client.transport import Transport
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import TOKEN, Needles, people
from tests.support.leak_journeys import reasons

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bigin_frames"
LEAKS = "tests/journeys/test_leaks.py"
MODEL = "tests/test_model.py"
TRANSPORT = "tests/client/test_transport.py"
HOSTS = "tests/wire/test_hosts.py"
FILE = "tests/journal/test_database.py"
CLIENT = "tests/client/test_client.py"
ANSWER = "tests/wire/test_answer.py"
TOKENS = "tests/wire/test_token.py"
HERE = "tests/journeys/test_security.py"
CACHE = "tests/client/test_tokens.py"
CALLBACK = "tests/client/test_callback.py"
SETTINGS = "tests/client/test_settings.py"
PACK = "tests/frames/encoding/test_csv_zip.py"
REPORT = "tests/frames/checking/test_report.py"
PARSE = "tests/wire/test_parse.py"
CALLS = "tests/client/test_calls.py"
KEYRINGS = "tests/client/test_keyrings.py"
SHARED = "tests/client/test_shared_client.py"
LISTEN = "tests/delivery/bulk/test_listen.py"
UNZIP = "tests/wire/test_unzip.py"
BUILD = "tests/wire/test_build.py"
TLS = "tests/journeys/test_tls.py"
KEPT_FILES = "tests/journeys/test_kept_files.py"
CONNECTIONS = "tests/client/test_connection_pools.py"


PROOFS: dict[str, list[str]] = {
    "S1 secrets are shown nowhere": [
        f"{MODEL}::test_secret_is_masked_however_it_is_shown",
        f"{MODEL}::test_secret_can_be_neither_pickled_nor_made_json",
        f"{MODEL}::test_credentials_mask_what_they_are_given",
        f"{LEAKS}::test_objects_that_hold_secrets_show_none",
        f"{LEAKS}::test_no_secret_comes_out",
        f"{CLIENT}::test_client_shows_no_secret",
    ],
    "S2 secrets come from arguments, callables, the environment or the system's keyring": [
        f"{SETTINGS}::test_missing_variable_is_named_with_its_source",
        f"{SETTINGS}::test_malformed_secret_is_named_and_never_shown",
        f"{SETTINGS}::test_credentials_given_need_no_environment",
        f"{KEYRINGS}::test_secrets_that_the_environment_lacks_come_from_the_keyring",
        f"{KEYRINGS}::test_environment_takes_precedence_over_the_keyring_which_is_read_only_if_named",
        f"{KEYRINGS}::test_keyring_that_cannot_be_used_is_refused_with_what_to_do",
        f"{KEYRINGS}::test_missing_keyring_package_is_named_with_its_extra",
        f"{KEYRINGS}::test_malformed_secret_of_the_keyring_is_named_and_never_shown",
        f"{CALLS}::test_credentials_may_come_from_a_callable_that_is_called_before_each_refresh",
        f"{CALLS}::test_error_of_a_credentials_callable_is_reported_without_its_text",
        f"{KEPT_FILES}::test_no_file_keeps_a_secret_or_a_cell",
    ],
    "S3 tokens are requested in the body of a form": [
        f"{BUILD}::test_token_is_requested_in_the_form_body_and_never_in_the_address",
        f"{LEAKS}::test_no_secret_comes_out",
    ],
    "S4 access tokens are kept in memory, and in a private file on request": [
        f"{TOKENS}::test_32_threads_make_one_refresh",
        f"{TOKENS}::test_token_is_renewed_a_minute_before_it_expires",
        f"{SHARED}::test_one_environment_has_one_client",
        f"{CACHE}::test_no_file_is_created_by_default",
        f"{CACHE}::test_files_are_private_whatever_the_umask",
        f"{CACHE}::test_file_that_others_may_read_or_write_is_refused",
        f"{CACHE}::test_link_is_refused_and_not_followed",
        f"{CACHE}::test_file_of_other_credentials_is_not_used",
        f"{CACHE}::test_file_holds_the_access_token_and_no_other_secret",
        f"{CACHE}::test_insert_leaves_the_token_in_its_file_and_nowhere_else",
        "tests/journeys/test_token_race.py::"
        "test_processes_with_an_expired_token_refresh_it_as_rarely_as_possible_and_no_call_fails",
        f"{KEPT_FILES}::test_no_file_keeps_a_secret_or_a_cell",
    ],
    "S5 token answers are judged by their content": [
        f"{TOKENS}::test_token_is_accepted_whatever_the_status",
        f"{TOKENS}::test_refusal_is_known_by_the_missing_token",
        f"{TOKENS}::test_token_of_another_region_is_refused_without_being_shown",
        f"{CALLS}::test_token_of_another_region_is_refused_before_anything_is_sent",
    ],
    "S6 the minimal scopes are listed": [
        f"{HERE}::test_scopes_of_the_readme_are_enough",
        f"{HERE}::test_every_scope_of_the_readme_is_needed",
        f"{ANSWER}::test_scope_refusal_names_the_scope_that_is_missing",
    ],
    "S7 the token goes to listed hosts only": [
        f"{HOSTS}::test_download_url_refuses_every_other_address",
        f"{HOSTS}::test_hostile_list_is_long_enough_to_mean_something",
        f"{CLIENT}::test_download_from_another_host_is_refused_before_anything_is_sent",
        f"{CALLS}::test_no_request_with_the_token_goes_to_another_host",
        f"{HOSTS}::test_accounts_host_never_sees_the_access_token",
    ],
    "S8 no redirect is followed except one of a download": [
        f"{TRANSPORT}::test_redirect_is_an_answer_and_is_not_followed",
        f"{CALLS}::test_redirect_is_never_followed_with_a_body_or_a_token",
        f"{CALLS}::test_download_follows_one_redirect_without_the_token_if_the_host_changes",
        f"{CALLS}::test_download_follows_no_second_redirect",
        f"{CALLS}::test_download_refuses_a_redirect_to_any_other_address",
    ],
    "S9 the environment adds no passwords": [
        f"{TRANSPORT}::test_environment_adds_no_password_proxy_or_cookie",
        f"{LEAKS}::test_environment_adds_no_other_password",
        f"{HERE}::test_netrc_is_not_read",
        f"{SETTINGS}::test_proxy_is_read_in_either_case_and_never_shown",
    ],
    "S10 TLS is verified, and at least 1.2": [
        f"{TRANSPORT}::test_untrusted_certificate_is_refused_before_the_request",
        f"{TRANSPORT}::test_certificate_of_another_host_is_refused",
        f"{TLS}::test_invalid_tls_is_refused_before_the_request",
        f"{TLS}::test_old_tls_is_refused_before_the_request",
        f"{TLS}::test_no_variable_turns_verification_off",
        f"{SETTINGS}::test_verification_has_no_switch",
    ],
    "S11 another base address is an explicit setting, with http on loopback only": [
        f"{HOSTS}::test_loopback_and_real_hosts_are_not_mixed",
        f"{HOSTS}::test_real_hosts_are_not_trusted_by_a_loopback_region",
        f"{HOSTS}::test_base_address_of_another_shape_is_refused_by_name",
    ],
    "S12 names are compared, the DNS is not trusted": [
        f"{HOSTS}::test_trusted_origins_of_two_regions_never_overlap",
        f"{HOSTS}::test_download_url_refuses_every_other_address",
    ],
    "S13 answers are read up to a limit": [
        f"{TRANSPORT}::test_declared_size_over_the_limit_is_not_read",
        f"{TRANSPORT}::test_endless_body_is_read_up_to_the_limit",
        f"{TRANSPORT}::test_gzip_bomb_is_read_up_to_the_limit",
        f"{CONNECTIONS}::test_slow_answer_reaches_the_total_time_out",
        f"{CLIENT}::test_download_goes_to_an_allowed_host_with_the_token_and_a_size_limit",
        f"{HERE}::test_versions_with_known_vulnerabilities_are_excluded",
    ],
    "S14 zips are not trusted": [
        f"{UNZIP}::test_unzip_refuses_a_zip_that_is_not_exactly_right",
        f"{UNZIP}::test_bomb_is_refused_without_being_unpacked",
        f"{UNZIP}::test_unzip_never_uses_the_name",
        f"{UNZIP}::test_flipped_bytes_never_give_other_content",
    ],
    "S15 JSON is not trusted": [
        f"{ANSWER}::test_json_over_the_size_cap_is_refused",
        f"{ANSWER}::test_json_deeper_than_the_cap_is_refused",
        f"{ANSWER}::test_json_with_an_impossible_number_is_refused",
        f"{ANSWER}::test_answer_that_is_not_a_json_object_is_unreadable",
        f"{PARSE}::test_id_of_another_kind_is_refused",
        f"{PARSE}::test_no_json_breaks_a_reader",
    ],
    "S16 a CSV is read back as it was written": [
        f"{PACK}::test_to_csv_is_read_back_the_same_by_two_readers",
        f"{PACK}::test_header_with_a_character_that_could_be_a_delimiter_is_refused",
        "tests/frames/test_cell_kinds.py::test_lone_surrogates_are_refused_by_row",
        f"{HERE}::test_text_with_nul_is_refused",
    ],
    "S17 cells that look like formulas are reported, and sent unchanged": [
        f"{HERE}::test_cells_that_look_like_formulas_are_stored_as_given",
        f"{HERE}::test_cells_that_look_like_formulas_are_accepted_or_refused_by_option",
        f"{HERE}::test_formulas_are_warned_of_before_anything_is_sent",
        "tests/frames/rules/test_texts.py::test_formula_is_recognised_by_its_first_character_and_numbers_and_phones_are_none",
        "tests/frames/checking/test_check.py::"
        "test_text_that_a_spreadsheet_would_run_is_ignored_noted_or_refused",
    ],
    "S18 queries contain no text that could leave its quotes": [
        f"{BUILD}::test_query_is_the_same_whatever_its_values_contain",
        f"{BUILD}::test_value_that_could_leave_its_quotes_is_not_searched_for",
        f"{BUILD}::test_name_that_could_change_a_query_is_refused",
    ],
    "S19 what a server sends is shown as text": [
        f"{REPORT}::test_html_escapes_names_and_runs_nothing",
        f"{REPORT}::test_messages_contain_no_character_that_controls_a_terminal",
        "tests/display/test_plan_words.py::test_page_has_jobs_mapping_reasons_and_runs_nothing",
        f"{HERE}::test_texts_of_the_server_control_no_terminal_and_run_no_script",
    ],
    "S20 logs contain only what is listed": [
        f"{HERE}::test_log_contains_only_what_is_listed",
        f"{HERE}::test_http_client_prints_nothing_of_our_calls",
        f"{TRANSPORT}::test_log_lines_hold_no_secret_no_query_and_no_id",
        f"{LEAKS}::test_no_cell_comes_out",
    ],
    "S21 errors hold no request": [
        f"{LEAKS}::test_no_secret_comes_out",
        f"{LEAKS}::test_interrupt_of_a_call_shows_no_secret_in_its_locals",
        f"{CLIENT}::test_errors_hold_no_secret",
        f"{ANSWER}::test_unreadable_answer_leaves_no_body_in_the_traceback",
    ],
    "S22 errors about rows show no value": [
        f"{LEAKS}::test_no_cell_comes_out",
        f"{REPORT}::test_no_value_and_no_label_is_printed",
        f"{REPORT}::test_no_value_and_no_label_is_pickled",
    ],
    "S23 the repository holds no secret": [f"{HERE}::test_repository_contains_nothing_that_looks_like_a_token"],
    "S24 the journal is private and contains no value": [
        f"{FILE}::test_only_the_user_can_read_it_whatever_the_umask",
        f"{FILE}::test_symbolic_links_are_refused",
        f"{FILE}::test_lock_that_is_a_symbolic_link_is_refused",
        f"{KEPT_FILES}::test_no_file_keeps_a_secret_or_a_cell",
        f"{KEPT_FILES}::test_file_of_a_transaction_is_private_too",
        f"{KEPT_FILES}::test_search_of_files_finds_a_planted_cell",
        "tests/journal/test_unreadable_results.py::test_result_that_stays_unreadable_is_kept_for_its_user_only_and_named",
        "tests/journal/test_unreadable_results.py::test_file_is_replaced_whole_or_not_at_all_and_no_link_is_followed",
        "tests/journal/test_unreadable_results.py::test_result_that_is_readable_in_the_end_is_not_kept",
        "tests/journal/test_unreadable_results.py::test_purge_deletes_results_that_are_a_week_old_or_younger_on_request",
    ],
    "S25 the user agent names only the library": [f"{HERE}::test_user_agent_is_library_and_version"],
    "S26 callbacks have an unguessable path": [
        f"{CALLBACK}::test_address_cannot_be_guessed_and_is_new_for_each_attempt",
        f"{CALLBACK}::test_every_address_is_compared_in_constant_time_and_to_the_end",
        f"{CALLBACK}::test_address_is_used_up_by_the_first_job_named_there",
        f"{CALLBACK}::test_other_methods_are_ignored",
        f"{CALLBACK}::test_body_of_a_wrong_length_or_over_the_limit_is_ignored",
        f"{CALLBACK}::test_answer_is_the_same_whatever_is_asked",
        f"{CALLBACK}::test_nothing_of_a_call_is_logged",
        f"{CALLBACK}::test_receiver_listens_on_loopback_until_it_is_closed_twice",
    ],
    "S27 a callback is a hint": [
        f"{LISTEN}::test_job_of_a_callback_is_accepted_only_if_its_details_agree",
        f"{LISTEN}::test_callback_that_names_another_job_is_refused",
        f"{LISTEN}::test_callback_may_come_at_any_time",
        f"{CALLBACK}::test_body_that_names_no_job_does_nothing_and_leaves_the_address_open",
        f"{CALLBACK}::test_unexpected_calls_are_counted_and_logged_once",
    ],
    "S28 the project is kept clean": [
        f"{HERE}::test_versions_with_known_vulnerabilities_are_excluded",
        f"{HERE}::test_nothing_runs_text_as_code",
        f"{HERE}::test_ruff_finds_nothing_insecure",
        f"{HERE}::test_security_page_says_how_to_report",
    ],
}  # fmt: skip


# Parts of a number that do not apply, and why.
NOT_BUILT = {
    "S2": "Secrets are taken from no file; a callable of the user's may do so.",
    "S17": "There is no export for spreadsheets that would have to neutralise formulas.",
    "S23": "There are no recorded cassettes: answers come from the sandbox.",
    "S24": "Payloads are not spooled: what was not uploaded comes with the frame.",
    "S28": "pip-audit and signed releases belong to the release pipeline, which is not in this repository yet.",
}


def test_each_number_has_its_proofs() -> None:
    assert [name.split()[0] for name in PROOFS] == [f"S{n}" for n in range(1, 29)]
    assert all(PROOFS.values())
    assert set(NOT_BUILT) <= {name.split()[0] for name in PROOFS}


@pytest.mark.parametrize("file", sorted({proof.partition("::")[0] for proofs in PROOFS.values() for proof in proofs}))
def test_each_proof_is_a_test(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    named = {
        proof.partition("::")[2] for proofs in PROOFS.values() for proof in proofs if proof.startswith(f"{file}::")
    }

    assert sorted(named - tests) == []


# -- S6


def _scopes() -> list[str]:
    return re.findall(r"`(Zoho(?:Bigin|Files)\.[\w.]+)`", (ROOT / "README.md").read_text("utf-8"))


def everything(client: Client) -> None:
    """Make every kind of call."""
    for ask in (client.org, client.modules, lambda: client.layouts("Pipelines")):
        ask()
    how: dict[str, Any] = {"client": client, "on_error": "raise"}
    out = bf.insert(pd.DataFrame({"Last_Name": ["Ada", "Ada"]}), "Contacts", **how)
    cities = pd.DataFrame({"id": out["ID"], "Mailing_City": ["Rom", "Ulm"]})
    bf.update(cities, "Contacts", find_by="id", **how)
    assert set(client.records("Contacts", out["ID"], ["Last_Name"])["Last_Name"]) == {"Ada"}
    assert len(client.find("Contacts", "Last_Name", ["Ada"])) == 2


def test_scopes_of_the_readme_are_enough(bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.scopes = tuple(_scopes())
    everything(bigin_sandbox.client())

    assert not any(
        scope.endswith(".ALL") for scope in _scopes() if scope.startswith(("ZohoBigin.bulk", "ZohoBigin.set"))
    )


@pytest.mark.parametrize("missing", _scopes())
def test_every_scope_of_the_readme_is_needed(missing: str, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.scopes = tuple(scope for scope in _scopes() if scope != missing)

    with pytest.raises((bf.AuthError, bf.RowsRefusedError), match="OAUTH_SCOPE_MISMATCH"):
        everything(bigin_sandbox.client())


# -- S9 to S12


def test_netrc_is_not_read(bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, password in ((".netrc", "wombathome"), ("_netrc", "wombathome"), ("named", "wombatnamed")):
        (tmp_path / place).write_text(f"machine 127.0.0.1 login wombatuser password {password}\n")
        (tmp_path / place).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    planted = Needles({"login": "wombatuser", "home": "wombathome", "named": "wombatnamed"})
    for named in (str(tmp_path / "named"), ""):
        monkeypatch.setenv("NETRC", named)
        bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=bigin_sandbox.client(), repeat=True)

    assert len(bigin_sandbox.ledger()) == 2
    for request in bigin_sandbox.requests:
        assert not planted.of_text(str(request.headers))
        assert "basic" not in str(request.headers.get("authorization", "")).casefold()


# -- S16 and S17


def test_text_with_nul_is_refused(bigin_client: Client) -> None:
    report = bf.check(pd.DataFrame({"Last_Name": ["Ada", "B\0n"]}), "Contacts", client=bigin_client)

    assert report.mask.tolist() == [False, True]


def test_cells_that_look_like_formulas_are_stored_as_given(bigin_sandbox: Sandbox, bigin_client: Client) -> None:
    cells = ["=1+1", "+49 171 5550", "-5", "@SUM(A1)", '=HYPERLINK("http://a.example")', "'=1", "|calc", "%0A=1"]
    with pytest.warns(
        bf.FormulaWarning, match="^3 cells of column 'Last_Name' .* are sent as they are; be careful"
    ) as said:
        out = bf.insert(pd.DataFrame({"Last_Name": cells}), "Contacts", client=bigin_client)
    assert [warning.filename for warning in said] == [__file__]
    assert "SUM" not in str(said[0].message)

    assert set(out["Status"]) == {"ADDED"}
    assert [record["Last_Name"] for record in bigin_sandbox.records("Contacts")] == cells
    assert out["Last_Name"].tolist() == cells


def test_cells_that_look_like_formulas_are_accepted_or_refused_by_option(bigin_client: Client) -> None:
    frame = pd.DataFrame({"Last_Name": ["=1+1", "Ada", "-A1"]})
    with pytest.raises(bf.InvalidRowsError, match=r"2 rows \(0, 2\): column 'Last_Name' .* like a spreadsheet formula"):
        bf.insert(frame, "Contacts", client=bigin_client, formulas="refuse")
    skipped = bf.insert(frame, "Contacts", client=bigin_client, formulas="refuse", on_invalid="skip", on_error="ignore")
    assert skipped["Status"].tolist() == ["INVALID", "ADDED", "INVALID"]
    with pytest.raises(bf.OptionError, match="formulas must be one of off, warn, refuse"):
        bf.insert(frame, "Contacts", client=bigin_client, formulas="reject")

    plan = bf.plan(frame.assign(Last_Name=["=1", "Ben", "Cai"]), "Contacts", client=bigin_client)
    assert "warning" in str(plan)
    assert "1 cell of column 'Last_Name'" in " ".join(str(plan).split())
    out = bf.insert(frame.iloc[[0]], "Contacts", client=bigin_client, formulas="off")
    assert out["Status"].tolist() == ["ADDED"]


@pytest.mark.filterwarnings("error")
def test_formulas_are_warned_of_before_anything_is_sent(bigin_sandbox: Sandbox, bigin_client: Client) -> None:
    with pytest.raises(bf.FormulaWarning):
        bf.insert(pd.DataFrame({"Last_Name": ["=1"]}), "Contacts", client=bigin_client)

    assert bigin_sandbox.ledger() == []
    assert len(bf.runs()) == 0


# -- S19


WILD = "<script>wombat</script>\x1b[31m\x9b31m\u202e\u2066\r\x07\b"


def test_texts_of_the_server_control_no_terminal_and_run_no_script(
    bigin_sandbox: Sandbox, bigin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Labels, choices, reasons, codes and status words come from the server; our messages quote them safely."""
    bigin_sandbox.add_field("Contacts", "Mood", "picklist", label=f"Mood {WILD}", values=[f"good {WILD}", "bad"])
    frame = pd.DataFrame({"Last_Name": ["Ada", None], "Mood": ["bade", "bad"]})
    report = bf.check(frame, "Contacts", client=bigin_client)
    plan = bf.plan(frame.iloc[[1]].assign(Last_Name="Ben"), "Contacts", client=bigin_client)
    texts = [report.message(), str(report), repr(report), str(plan), repr(plan)]
    pages = [report._repr_html_(), plan._repr_html_()]
    bigin_sandbox.faults.add("download", reasons(f"INVALID_DATA-{WILD}:{WILD}"))
    bigin_sandbox.faults.add("details", Fault.edited(lambda job: {**job, "status": f"WAITING {WILD}"}))
    with caplog.at_level(1), pytest.warns(bf.BiginWarning) as warned:
        plan.run()
    bigin_sandbox.faults.add(
        "upload", Fault.json({"status": "error", "code": WILD, "message": WILD, "details": {}}, 400)
    )
    with pytest.raises(bf.ApiError) as refused:
        bf.insert(frame.assign(Last_Name="Cai", Mood="bad"), "Contacts", client=bigin_client)
    texts += [str(warning.message) for warning in warned] + [str(refused.value), refused.value.code]
    texts += [record.getMessage() for record in caplog.records if record.name == "bigin_frames"]

    assert [text for text in texts if _moves_a_terminal(text)] == []
    assert [page for page in pages if "<script" in page or _moves_a_terminal(page)] == []
    assert any("Mood" in html.unescape(page) for page in pages)


def _moves_a_terminal(text: str) -> bool:
    return any(not sign.isprintable() and sign != "\n" for sign in text)


def test_terminal_check_sees_a_planted_fault() -> None:
    assert all(_moves_a_terminal(sign) for sign in "\x1b\x9b\u202e\u2066\r\x07\b")
    assert not _moves_a_terminal("a line\nand another")


# -- S20


LISTED = [
    r"(GET|POST) 127\.0\.0\.1(/[A-Za-z_/{}0-9]*|\{download_url\}): (\d{3}, \d+ bytes|[A-Z]\w+Error), \d+\.\d{3} s",
    r"run \w+ batch \d+: (prepared|uploaded|submitting|submitted|completed|job failed|fetched|merged|rejected|unknown"
    r"|result bad)( \([A-Z_0-9:]+\))?",
    r"run \w+ batch \d+: [A-Z_]+, attempt \d",
    r"resuming run \w+, begun [\d:.T+-]+ and not finished",
]


def test_log_contains_only_what_is_listed(bigin_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Every logger, at its lowest level, over calls that succeed, that fail and that are cut off."""
    for name in ("urllib3", "urllib3.connectionpool", "requests", "http.client", "bigin_frames", "pandera"):
        caplog.set_level(1, name)
    caplog.set_level(1)
    client = bigin_sandbox.client(transport=Transport(sleep=lambda seconds: None))
    bigin_sandbox.faults.add("upload", Fault.invalid_token())
    bigin_sandbox.faults.add("details", Fault.html())
    bigin_sandbox.faults.add("download", Fault.damaged_zip("bad crc"))
    out = bf.insert(people(), "Contacts", columns=SENT, client=client)
    bigin_sandbox.faults.add("create", Fault.reset_after())
    bf.submit(people(5), "Contacts", columns=SENT, client=client, on_overlap="skip").wait()
    lines = [(record.name, record.getMessage()) for record in caplog.records if record.name != "werkzeug"]

    assert set(out["Status"]) == {"ADDED"}
    assert {name for name, _ in lines} == {"bigin_frames"}
    assert [line for _, line in lines if not any(re.fullmatch(shape, line) for shape in LISTED)] == []
    assert len(lines) > 20


SENT = {name: name for name in ("Last_Name", "Email", "Phone")}


def test_http_client_prints_nothing_of_our_calls(
    bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Recipes for debugging requests set this, and then every header is printed."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    bf.insert(people(), "Contacts", columns=SENT, client=bigin_sandbox.client())

    assert "header" not in "".join(capfd.readouterr())


# -- S23, S24: files


def _sources() -> Iterator[Path]:
    kinds = {".py", ".md", ".toml", ".csv", ".json", ".ipynb", ".txt", ".yml", ".yaml", ".cfg"}
    for top in (PACKAGE, ROOT / "tests", ROOT / "docs", ROOT / "notebooks"):
        yield from (path for path in top.rglob("*") if path.suffix in kinds)
    yield from (path for path in ROOT.glob("*") if path.suffix in kinds)


def test_repository_contains_nothing_that_looks_like_a_token() -> None:
    sources = list(_sources())

    assert len(sources) > 100
    assert [path for path in sources if TOKEN.search(path.read_text("utf-8"))] == []


# -- S25, S28


def test_user_agent_is_library_and_version(bigin_sandbox: Sandbox) -> None:
    bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=bigin_sandbox.client())
    named = {request.headers.get("user-agent", request.headers.get("User-Agent")) for request in bigin_sandbox.requests}

    assert len(named) == 1
    assert re.fullmatch(r"bigin_frames(/[0-9A-Za-z.+]+)?", str(named.pop()))


def test_versions_with_known_vulnerabilities_are_excluded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    least = dict(
        re.match(r"([a-z0-9-]+)(?:\[\w+\])?>=([\d.]+)", line).groups() for line in project["dependencies"][:-1]
    )

    assert _version(least["urllib3"]) >= (2, 6, 3)
    assert _version(least["requests"]) >= (2, 32, 4)


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


FORBIDDEN = {"pickle", "marshal", "shelve", "yaml", "subprocess", "ctypes", "telnetlib", "xml", "code"}


def _insecure(source: str) -> set[str]:
    """Return what a source does that runs text as code or reads objects from bytes."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= FORBIDDEN & {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= FORBIDDEN & {(node.module or "").partition(".")[0]}
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            bad = name in ("eval", "exec", "compile", "__import__") or name.endswith(
                (".read_pickle", ".system", ".popen")
            )
            found |= {name} if bad or name.endswith(".eval") else set()
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_runs_text_as_code(path: Path) -> None:
    assert _insecure(path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    ["eval('1')", "import pickle", "from yaml import load", "pd.read_pickle(p)", "frame.eval(x)", "os.system('')"],
)
def test_check_for_code_sees_a_planted_fault(source: str) -> None:
    assert _insecure(source)


def test_ruff_finds_nothing_insecure() -> None:
    pytest.importorskip("ruff")
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "S", str(PACKAGE)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603

    assert ended.returncode == 0, ended.stdout
    waived = [
        line for path in PACKAGE.rglob("*.py") for line in path.read_text("utf-8").splitlines() if "noqa: S" in line
    ]
    assert [line for line in waived if not re.search(r"noqa: S\d{3}(, S\d{3})* - \w", line)] == []


def test_security_page_says_how_to_report() -> None:
    page = (ROOT / "SECURITY.md").read_text("utf-8")

    assert "report" in page.casefold()
    assert "`http.client`" in page
