"""The security list, number by number: which test proves it, and those tests that have no better home."""

from __future__ import annotations

import ast
import html
import http.client
import json
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tomllib
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bigin_frames as bf
from bigin_frames.client.client import Client
from bigin_frames.client.transport import Transport
from bigin_frames.journal.journal import Journal
from bigin_frames.limits import MAX_QUERY_VALUES
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire import build, hosts
from tests.client.test_transport import OK, Server, answering, get
from tests.journeys.test_leaks import COLUMNS, Trip, reasons, secrets_of
from tests.support.canaries import MAIL, NAME, TOKEN, VALUES, Needles, people, plain

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bigin_frames"
LEAKS = "tests/journeys/test_leaks.py"
MODEL = "tests/test_model.py"
TRANSPORT = "tests/client/test_transport.py"
HOSTS = "tests/wire/test_hosts.py"
CLIENT = "tests/client/test_client.py"
RESULT = "tests/wire/test_result.py"
ANSWER = "tests/wire/test_answer.py"
TOKENS = "tests/wire/test_token.py"
HERE = "tests/journeys/test_security.py"
CACHE = "tests/client/test_tokens.py"
CALLBACK = "tests/client/test_callback.py"
JOURNAL = "tests/journal/test_journal.py"
SETTINGS = "tests/client/test_settings.py"
PACK = "tests/frames/encoding/test_pack.py"
REPORT = "tests/frames/checking/test_report.py"
PARSE = "tests/wire/test_parse.py"

PROOFS: dict[str, list[str]] = {
    "S1 secrets show themselves nowhere": [
        f"{MODEL}::test_secret_is_masked_however_it_is_shown",
        f"{MODEL}::test_secret_is_neither_pickled_nor_made_json",
        f"{MODEL}::test_credentials_mask_what_they_are_given",
        f"{LEAKS}::test_objects_that_hold_secrets_show_none",
        f"{LEAKS}::test_no_secret_comes_out",
        f"{CLIENT}::test_client_shows_no_secret",
    ],
    "S2 secrets come from arguments, callables, the environment or the system's keyring": [
        f"{SETTINGS}::test_missing_variable_is_named_with_its_source",
        f"{SETTINGS}::test_malformed_secret_is_named_and_never_shown",
        f"{SETTINGS}::test_credentials_given_need_no_environment",
        f"{SETTINGS}::test_secrets_that_the_environment_lacks_come_from_the_keyring",
        f"{SETTINGS}::test_environment_outranks_the_keyring_and_no_keyring_is_read_unasked",
        f"{SETTINGS}::test_keyring_that_cannot_be_used_is_refused_with_what_to_do",
        f"{SETTINGS}::test_missing_keyring_package_is_named_with_its_extra",
        f"{SETTINGS}::test_malformed_secret_of_the_keyring_is_named_and_never_shown",
        f"{CLIENT}::test_credentials_may_come_from_a_callable_that_is_asked_before_each_token",
        f"{CLIENT}::test_callable_that_gives_no_credentials_is_told_without_a_word_of_its_own",
        f"{HERE}::test_no_file_keeps_a_secret_or_a_cell",
    ],
    "S3 tokens are asked for in the body of a form": [
        "tests/wire/test_build.py::test_token_is_asked_for_in_the_form_body_and_never_in_the_address",
        f"{LEAKS}::test_no_secret_comes_out",
    ],
    "S4 access tokens are kept in memory, and in a private file if that is asked for": [
        f"{TOKENS}::test_32_threads_make_one_refresh",
        f"{TOKENS}::test_token_is_renewed_a_minute_before_it_dies",
        f"{SETTINGS}::test_one_environment_has_one_client",
        f"{CACHE}::test_no_file_is_made_unasked",
        f"{CACHE}::test_files_are_the_users_alone_whatever_the_umask",
        f"{CACHE}::test_file_that_others_may_read_or_write_is_refused",
        f"{CACHE}::test_link_is_refused_and_not_followed",
        f"{CACHE}::test_file_of_other_credentials_is_not_used",
        f"{CACHE}::test_file_holds_the_access_token_and_no_other_secret",
        f"{CACHE}::test_insert_leaves_the_token_in_its_file_and_nowhere_else",
        "tests/journeys/test_token_race.py::"
        "test_processes_with_an_expired_token_refresh_it_as_seldom_as_they_can_and_no_call_fails",
        f"{HERE}::test_no_file_keeps_a_secret_or_a_cell",
    ],
    "S5 token answers are judged by what they hold": [
        f"{TOKENS}::test_token_counts_whatever_the_status",
        f"{TOKENS}::test_refusal_is_known_by_the_missing_token",
        f"{TOKENS}::test_token_of_another_region_is_refused_without_being_shown",
        f"{CLIENT}::test_token_of_another_region_is_refused_before_anything_is_sent",
    ],
    "S6 the least scopes are listed": [
        f"{HERE}::test_scopes_of_the_readme_are_enough",
        f"{HERE}::test_no_scope_of_the_readme_can_be_spared",
        f"{ANSWER}::test_scope_refusal_names_the_scope_that_is_missing",
    ],
    "S7 the token goes to listed hosts only": [
        f"{HOSTS}::test_download_url_refuses_every_other_address",
        f"{HOSTS}::test_hostile_list_is_long_enough_to_mean_something",
        f"{CLIENT}::test_download_from_another_host_is_refused_before_anything_is_sent",
        f"{CLIENT}::test_no_request_leaves_with_the_token_for_another_host_whoever_built_it",
        f"{HOSTS}::test_accounts_host_never_sees_the_access_token",
    ],
    "S8 no redirect is followed but one of a download": [
        f"{TRANSPORT}::test_redirect_is_an_answer_and_is_not_followed",
        f"{CLIENT}::test_redirect_is_never_followed_with_a_body_or_a_token",
        f"{CLIENT}::test_download_follows_one_hop_without_the_token_if_the_host_changes",
        f"{CLIENT}::test_download_follows_no_second_hop",
        f"{CLIENT}::test_download_refuses_a_hop_to_any_other_address",
    ],
    "S9 the environment lends no passwords": [
        f"{TRANSPORT}::test_environment_gives_no_password_proxy_or_cookie",
        f"{LEAKS}::test_environment_of_a_client_lends_it_no_other_password",
        f"{HERE}::test_netrc_is_read_nowhere",
        f"{SETTINGS}::test_proxy_is_read_in_either_case_and_never_shown",
    ],
    "S10 TLS is verified, 1.2 at least": [
        f"{TRANSPORT}::test_certificate_nobody_vouches_for_is_refused_before_the_request",
        f"{TRANSPORT}::test_certificate_of_another_host_is_refused",
        f"{HERE}::test_tls_that_is_not_sound_is_refused_before_the_request",
        f"{HERE}::test_old_tls_is_refused_before_the_request",
        f"{HERE}::test_no_variable_turns_verification_off",
        f"{SETTINGS}::test_verification_has_no_switch",
    ],
    "S11 another base address is said aloud, http on loopback only": [
        f"{HOSTS}::test_loopback_and_real_hosts_are_not_mixed",
        f"{HOSTS}::test_real_hosts_are_not_trusted_by_a_loopback_region",
        f"{HOSTS}::test_base_address_of_another_shape_is_refused_by_name",
    ],
    "S12 names are compared, the DNS is not trusted": [
        f"{HOSTS}::test_trusted_origins_of_two_regions_never_overlap",
        f"{HOSTS}::test_download_url_refuses_every_other_address",
    ],
    "S13 answers are read up to a bound": [
        f"{TRANSPORT}::test_declared_size_over_the_limit_is_not_read",
        f"{TRANSPORT}::test_endless_body_is_left_at_the_limit",
        f"{TRANSPORT}::test_gzip_bomb_is_left_at_the_limit",
        f"{TRANSPORT}::test_answer_that_drips_meets_the_total_time_out",
        f"{CLIENT}::test_download_goes_to_an_allowed_host_with_the_token_and_a_cap",
        f"{HERE}::test_versions_with_known_holes_are_kept_out",
    ],
    "S14 zips are read as from a stranger": [
        f"{RESULT}::test_unzip_refuses_a_zip_that_is_not_exactly_right",
        f"{RESULT}::test_bomb_is_refused_without_being_unpacked",
        f"{RESULT}::test_unzip_never_uses_the_name",
        f"{RESULT}::test_flipped_bytes_never_give_other_content",
    ],
    "S15 JSON is read as from a stranger": [
        f"{ANSWER}::test_json_over_the_size_cap_is_refused",
        f"{ANSWER}::test_json_deeper_than_the_cap_is_refused",
        f"{ANSWER}::test_json_with_an_impossible_number_is_refused",
        f"{ANSWER}::test_answer_that_is_no_json_object_is_unreadable",
        f"{PARSE}::test_id_of_another_kind_is_refused",
        f"{PARSE}::test_no_json_breaks_a_reader",
    ],
    "S16 a CSV is read back as it was meant": [
        f"{PACK}::test_to_csv_is_read_back_the_same_by_two_readers",
        f"{PACK}::test_header_with_a_character_that_could_be_a_delimiter_is_refused",
        "tests/frames/test_kinds.py::test_lone_surrogates_are_refused_by_row",
        f"{HERE}::test_text_with_nul_is_refused",
    ],
    "S17 cells that look like formulas are said, and go in unaltered": [
        f"{HERE}::test_cells_that_look_like_formulas_are_stored_as_given",
        f"{HERE}::test_cells_that_look_like_formulas_are_passed_over_or_refused_on_demand",
        f"{HERE}::test_formulas_are_warned_of_before_anything_is_sent",
        "tests/frames/rules/test_texts.py::test_formula_is_recognised_by_its_first_character_and_numbers_and_phones_are_none",
        "tests/frames/checking/test_check.py::"
        "test_text_that_a_spreadsheet_would_run_is_ignored_noted_or_refused",
    ],
    "S18 queries hold no text that could leave its quotes": [
        f"{HERE}::test_query_is_the_same_whatever_its_values_hold",
        f"{HERE}::test_value_that_could_leave_its_quotes_is_not_asked_for",
        f"{HERE}::test_name_that_could_change_a_query_is_refused",
    ],
    "S19 what a server says is shown as text": [
        f"{REPORT}::test_html_escapes_names_and_runs_nothing",
        f"{REPORT}::test_messages_contain_no_character_that_controls_a_terminal",
        "tests/display/test_plan_words.py::test_page_has_jobs_mapping_reasons_and_runs_nothing",
        f"{HERE}::test_server_texts_move_no_terminal_and_run_no_script",
    ],
    "S20 logs have a list of what they may say": [
        f"{HERE}::test_log_says_nothing_but_what_is_listed",
        f"{HERE}::test_http_client_prints_nothing_of_our_calls",
        f"{TRANSPORT}::test_log_lines_hold_no_secret_no_query_and_no_id",
        f"{LEAKS}::test_no_cell_comes_out",
    ],
    "S21 errors drag no request along": [
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
    "S23 the repository holds no secret": [f"{HERE}::test_repository_holds_nothing_of_a_tokens_shape"],
    "S24 the journal is private and holds no value": [
        f"{JOURNAL}::test_nobody_else_may_read_it_whatever_the_umask",
        f"{JOURNAL}::test_symbolic_links_are_refused",
        f"{JOURNAL}::test_lock_that_is_a_symbolic_link_is_refused",
        f"{HERE}::test_no_file_keeps_a_secret_or_a_cell",
        f"{HERE}::test_file_of_a_transaction_is_private_too",
        f"{HERE}::test_sweep_of_files_finds_a_planted_cell",
        "tests/journal/test_unreadable.py::test_result_that_stays_unreadable_is_kept_for_its_user_alone_and_named",
        "tests/journal/test_unreadable.py::test_file_is_written_anew_whole_or_not_at_all_and_follows_no_link",
        "tests/journal/test_unreadable.py::test_result_that_is_good_at_last_is_not_kept",
        "tests/journal/test_unreadable.py::test_purge_deletes_what_is_a_week_old_or_less_if_that_is_asked_for",
    ],
    "S25 the user agent names the library alone": [f"{HERE}::test_user_agent_is_library_and_version"],
    "S26 callbacks come on a path that nobody can guess": [
        f"{CALLBACK}::test_address_cannot_be_guessed_and_is_new_for_each_attempt",
        f"{CALLBACK}::test_every_address_is_compared_in_constant_time_and_to_the_end",
        f"{CALLBACK}::test_address_is_used_up_by_the_first_job_named_there",
        f"{CALLBACK}::test_no_other_method_is_listened_to",
        f"{CALLBACK}::test_body_of_another_length_than_it_says_or_over_the_cap_is_not_listened_to",
        f"{CALLBACK}::test_answer_is_the_same_whatever_is_asked",
        f"{CALLBACK}::test_nothing_of_a_call_is_logged",
        f"{CALLBACK}::test_receiver_listens_on_loopback_until_it_is_closed_twice",
    ],
    "S27 a callback is a hint": [
        f"{CALLBACK}::test_job_of_a_callback_is_taken_only_if_nothing_speaks_against_it",
        f"{CALLBACK}::test_callback_that_names_another_job_is_refused",
        f"{CALLBACK}::test_callbacks_may_come_when_they_will",
        f"{CALLBACK}::test_body_that_names_no_job_does_nothing_and_leaves_the_address_open",
        f"{CALLBACK}::test_calls_that_nobody_expects_are_counted_and_said_once",
    ],
    "S28 the project is kept clean": [
        f"{HERE}::test_versions_with_known_holes_are_kept_out",
        f"{HERE}::test_nothing_runs_text_as_code",
        f"{HERE}::test_ruff_finds_nothing_insecure",
        f"{HERE}::test_security_page_says_how_to_report",
    ],
}  # fmt: skip

# Parts of a number that do not apply, and why.
NOT_BUILT = {
    "S2": "Secrets are taken from no file; a callable of the user's may do so.",
    "S17": "There is no export for spreadsheets that would have to neutralise.",
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
    """Make every kind of call there is."""
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


@pytest.mark.parametrize("spared", _scopes())
def test_no_scope_of_the_readme_can_be_spared(spared: str, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.scopes = tuple(scope for scope in _scopes() if scope != spared)

    with pytest.raises((bf.AuthError, bf.RowsRefusedError), match="OAUTH_SCOPE_MISMATCH"):
        everything(bigin_sandbox.client())


# -- S9 to S12


def test_netrc_is_read_nowhere(bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """Make certificates: ``forge(name, days)`` gives one that vouches for itself, for a host and so many days."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program makes the certificates of these tests")
    folder = tmp_path_factory.mktemp("forge")

    def forged(host: str, days: int = 2) -> tuple[Path, Path]:
        key, csr, crt, more = (
            folder / f"{host.replace(':', '')}{days}.{kind}" for kind in ("key", "csr", "crt", "ext")
        )
        more.write_text(f"subjectAltName={host}\nbasicConstraints=critical,CA:true\n")
        kind = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
        for command in (
            ["req", "-new", *kind, "-keyout", key, "-out", csr],
            ["x509", "-req", "-in", csr, "-signkey", key, "-days", str(days), "-extfile", more, "-out", crt],
        ):
            subprocess.run([openssl, *command], check=True, capture_output=True)  # noqa: S603 - no outside input
        return crt, key

    return forged


def refused_by(transport: Any, context: ssl.SSLContext) -> tuple[BaseException, Server]:
    """Have a transport meet a server of this TLS, and return how it ended and what the server saw."""
    server = Server(answering(OK), tls=context)
    try:
        with pytest.raises(bf.BiginError) as refused:
            transport.send(get(server.port, scheme="https"), limit_bytes=100)
    finally:
        server.stop()
    return refused.value, server


def trusting(ca_file: Path | None) -> Transport:
    return Transport(ca_file=None if ca_file is None else str(ca_file))


@pytest.mark.parametrize(
    ("host", "days", "trusted"),
    [("IP:127.0.0.1", 2, False), ("IP:127.0.0.1", -1, True), ("IP:127.0.0.2", 2, True), ("DNS:localhost", 2, True)],
    ids=["self-signed", "expired", "other address", "other name"],
)
def test_tls_that_is_not_sound_is_refused_before_the_request(
    host: str, days: int, trusted: bool, forge: Callable[..., tuple[Path, Path]]
) -> None:
    crt, key = forge(host, days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    refusal, server = refused_by(trusting(crt if trusted else None), context)

    assert type(refusal) is bf.NotSentError
    assert "certificate" in str(refusal)
    assert (server.connections, server.received) == (1, [])


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused_before_the_request(version: str, forge: Callable[..., tuple[Path, Path]]) -> None:
    crt, key = forge("IP:127.0.0.1")
    context = old_tls(ssl.PROTOCOL_TLS_SERVER, version)
    context.load_cert_chain(crt, key)
    if not takes_old_tls(context, version, crt):
        pytest.skip("this OpenSSL knows no TLS that old, so no server can offer it")
    refusal, server = refused_by(trusting(crt), context)

    assert type(refusal) is bf.NotSentError
    assert (server.connections, server.received) == (1, [])


def old_tls(side: Any, version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def takes_old_tls(context: ssl.SSLContext, version: str, ca_file: Path) -> bool:
    """Tell whether a client that does not mind old TLS is served: the refusal is the other's then."""
    client = old_tls(ssl.PROTOCOL_TLS_CLIENT, version)
    client.load_verify_locations(ca_file)
    server = Server(answering(OK), tls=context)
    try:
        bare = socket.create_connection(("127.0.0.1", server.port), 5)
        with bare, client.wrap_socket(bare, server_hostname="127.0.0.1") as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(connection.recv(100))
    except OSError:
        return False
    finally:
        server.stop()


@pytest.mark.parametrize(
    "variables",
    [{"CURL_CA_BUNDLE": ""}, {"REQUESTS_CA_BUNDLE": ""}, {"SSL_CERT_FILE": ""}, {"PYTHONHTTPSVERIFY": "0"}],
    ids=str,
)
def test_no_variable_turns_verification_off(
    variables: dict[str, str], forge: Callable[..., tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    crt, key = forge("IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    with Sandbox() as box:
        client = Client.from_env({**box.environment(), **variables})
    refusal, server = refused_by(client._calls.transport, context)

    assert "certificate" in str(refusal)
    assert server.received == []


# -- S16 and S17


def test_text_with_nul_is_refused(bigin_client: Client) -> None:
    report = bf.check(pd.DataFrame({"Last_Name": ["Ada", "B\0n"]}), "Contacts", client=bigin_client)

    assert report.mask.tolist() == [False, True]


def test_cells_that_look_like_formulas_are_stored_as_given(bigin_sandbox: Sandbox, bigin_client: Client) -> None:
    cells = ["=1+1", "+49 171 5550", "-5", "@SUM(A1)", '=HYPERLINK("http://a.example")', "'=1", "|calc", "%0A=1"]
    with pytest.warns(bf.FormulaWarning, match="^3 cells of column 'Last_Name' .* are sent as they are; mind") as said:
        out = bf.insert(pd.DataFrame({"Last_Name": cells}), "Contacts", client=bigin_client)
    assert [warning.filename for warning in said] == [__file__]
    assert "SUM" not in str(said[0].message)

    assert set(out["Status"]) == {"ADDED"}
    assert [record["Last_Name"] for record in bigin_sandbox.records("Contacts")] == cells
    assert out["Last_Name"].tolist() == cells


def test_cells_that_look_like_formulas_are_passed_over_or_refused_on_demand(bigin_client: Client) -> None:
    frame = pd.DataFrame({"Last_Name": ["=1+1", "Ada", "-A1"]})
    with pytest.raises(bf.InvalidRowsError, match=r"2 rows \(0, 2\): column 'Last_Name' .* like a spreadsheet formula"):
        bf.insert(frame, "Contacts", client=bigin_client, formulas="refuse")
    skipped = bf.insert(frame, "Contacts", client=bigin_client, formulas="refuse", on_invalid="skip", on_error="ignore")
    assert skipped["Status"].tolist() == ["INVALID", "ADDED", "INVALID"]
    with pytest.raises(bf.OptionError, match="formulas must be one of off, warn, refuse"):
        bf.insert(frame, "Contacts", client=bigin_client, formulas="reject")

    plan = bf.plan(frame.assign(Last_Name=["=1", "Ben", "Cai"]), "Contacts", client=bigin_client)
    assert "look at" in str(plan)
    assert "1 cell of column 'Last_Name'" in " ".join(str(plan).split())
    out = bf.insert(frame.iloc[[0]], "Contacts", client=bigin_client, formulas="off")
    assert out["Status"].tolist() == ["ADDED"]


@pytest.mark.filterwarnings("error")
def test_formulas_are_warned_of_before_anything_is_sent(bigin_sandbox: Sandbox, bigin_client: Client) -> None:
    with pytest.raises(bf.FormulaWarning):
        bf.insert(pd.DataFrame({"Last_Name": ["=1"]}), "Contacts", client=bigin_client)

    assert bigin_sandbox.ledger() == []
    assert len(bf.runs()) == 0


# -- S18

WHERE = hosts.region("us")
HOSTILE = ["x') or (id is not null", "x'", "''", "x\\", "x\\' or 1=1"]
HOSTILE += ["a\nb", "a\tb", "\0", "\x1b[31m", "\u202e", "\u2028", "\x85"]


@given(st.lists(st.text(), min_size=1, max_size=MAX_QUERY_VALUES))
def test_query_is_the_same_whatever_its_values_hold(values: list[str]) -> None:
    """Between quotes stands each value, and nothing but a value: the rest never changes."""
    asked = [value for value in values if build.can_be_asked_for(value)]
    query = _query(asked)
    listed = re.findall(r"'([^']*)'", query)

    assert listed == asked
    head, tail = "select id, Last_Name from Contacts where Email in (", ") limit "
    assert query.startswith(head + ", ".join(f"'{value}'" for value in asked) + tail)
    assert query.count("'") == 2 * len(asked)
    assert "\\" not in query


def _query(values: list[str]) -> str:
    request = build.find(WHERE, "Contacts", "Email", values, ["Last_Name"])
    assert isinstance(request.body, bytes)
    query: str = json.loads(request.body)["select_query"]
    return query


@pytest.mark.parametrize("value", HOSTILE)
def test_value_that_could_leave_its_quotes_is_not_asked_for(value: str, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Ada"})
    client = bigin_sandbox.client()

    with pytest.raises(bf.InputError):
        build.find(WHERE, "Contacts", "Last_Name", ["good", value], ["id"])
    assert client.find("Contacts", "Last_Name", [value]).empty
    assert [request.route for request in bigin_sandbox.requests if request.route == "coql"] == []


@pytest.mark.parametrize("name", ["", "a b", "a'b", "a)", "id from Contacts --", "a\n", "a.b", "x" * 101, "\u00e4"])
@pytest.mark.parametrize("place", ["module", "key", "fields"])
def test_name_that_could_change_a_query_is_refused(name: str, place: str) -> None:
    parts = {"module": "Contacts", "key": "Email", "fields": "Last_Name", place: name}

    with pytest.raises(bf.OptionError, match=place):
        build.find(WHERE, parts["module"], parts["key"], ["a"], [parts["fields"]])


# -- S19

WILD = "<script>wombat</script>\x1b[31m\x9b31m\u202e\u2066\r\x07\b"


def test_server_texts_move_no_terminal_and_run_no_script(
    bigin_sandbox: Sandbox, bigin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Labels, choices, reasons, codes and status words are the server's; what is said of them is ours."""
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
    r"run \w+, begun [\d:.T+-]+ and not finished, goes on",
]


def test_log_says_nothing_but_what_is_listed(bigin_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Every logger there is, at its lowest level, over calls that go well, that fail and that are cut off."""
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
    """Many a recipe for seeing requests at work sets this, and then prints every header."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    bf.insert(people(), "Contacts", columns=SENT, client=bigin_sandbox.client())

    assert "header" not in "".join(capfd.readouterr())


# -- S23, S24: files


def _sources() -> Iterator[Path]:
    kinds = {".py", ".md", ".toml", ".csv", ".json", ".ipynb", ".txt", ".yml", ".yaml", ".cfg"}
    for top in (PACKAGE, ROOT / "tests", ROOT / "docs", ROOT / "notebooks"):
        yield from (path for path in top.rglob("*") if path.suffix in kinds)
    yield from (path for path in ROOT.glob("*") if path.suffix in kinds)


def test_repository_holds_nothing_of_a_tokens_shape() -> None:
    sources = list(_sources())

    assert len(sources) > 100
    assert [path for path in sources if TOKEN.search(path.read_text("utf-8"))] == []


KEPT: dict[str, Callable[[Trip], object]] = {
    "insert": lambda trip: trip.write(),
    "upsert": lambda trip: bf.upsert(trip.frame, "Contacts", columns=COLUMNS, find_by="Email", client=trip.client),
    "update": lambda trip: _updated(trip),
    "row key": lambda trip: trip.write(row_key="Key"),
    "own row keys": lambda trip: trip.write(
        trip.frame.assign(Key=[f"{NAME} {i}" for i in range(3)]), row_key="Key", columns={**COLUMNS, "Key": "Key"}
    ),
    "clean": lambda trip: trip.write(bf.clean(trip.frame, "Contacts", columns=COLUMNS, client=trip.client).frame),
    "some invalid": lambda trip: trip.write(trip.frame.assign(Email=[MAIL, None, None]), on_invalid="skip"),
    "refused upload": lambda trip: (trip.box.faults.add("upload", Fault.json(trip.echo(), 400)), trip.write()),
    "refused job": lambda trip: (trip.box.faults.add("create", Fault.json(trip.echo(), 400)), trip.write()),
    "refused rows": lambda trip: (trip.write(), trip.write(repeat=True)),
    "reasons in free words": lambda trip: (
        trip.box.faults.add("download", reasons(f"INVALID_DATA-Last_Name: {NAME} 0 and {MAIL}")),
        trip.write(),
    ),
    "reasons in the grammar": lambda trip: (
        trip.box.faults.add("download", reasons("INVALID_DATA-Quokkanaut_Zyxwell:Quokkanaut_Zyxwell-Email")),
        trip.write(),
    ),
    "unknown and looked up": lambda trip: _unknown(trip).reconcile(),
    "unknown and settled by hand": lambda trip: _unknown(trip).resolve(0, "applied", reason="looked"),
    "unreadable": lambda trip: (
        trip.box.faults.add("create", Fault.body(f"{{'{trip.echo()}".encode(), 201)),
        trip.write(),
    ),
    "failed": lambda trip: (trip.box.faults.add("job", Fault.job_failed()), trip.write()),
    "failed with words": lambda trip: (
        trip.box.faults.add("details", Fault.edited(_failing), times=None),
        trip.write(),
    ),
    "bad result": lambda trip: (
        trip.box.faults.add("download", Fault.damaged_zip("bad crc"), times=None),
        trip.write(),
    ),
    "resumed": lambda trip: _resumed(trip),
    "overlap": lambda trip: (trip.write(), trip.write(people(4), on_overlap="skip")),
}  # fmt: skip


def _failing(job: Any) -> Any:
    return {**job, "status": "FAILED", "resource": [{**job["resource"][0], "code": f"cannot take {NAME} 0"}]}


def _updated(trip: Trip) -> None:
    out = trip.write()
    frame = trip.frame.assign(id=out["ID"].tolist())
    bf.update(frame, "Contacts", find_by="id", columns={**COLUMNS, "id": "id"}, client=trip.client)


def _unknown(trip: Trip) -> Any:
    trip.box.faults.add("create", Fault.reset_after())
    run = bf.submit(trip.frame, "Contacts", columns=COLUMNS, client=trip.client)
    run.wait()
    return run


def _resumed(trip: Trip) -> None:
    trip.box.faults.add("job", Fault.job_slow(40))
    with pytest.raises(bf.JobPending) as pending:
        trip.write(wait=0.0)
    pending.value.run.wait()
    bf.resume(pending.value.run_id, trip.frame, client=trip.client).frame()


@pytest.mark.parametrize("name", KEPT)
def test_no_file_keeps_a_secret_or_a_cell(
    name: str,
    bigin_sandbox: Sandbox,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a row key is made of is a digest, which may be kept; so may ids, codes and names of fields."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / "state"))
    bigin_sandbox.add_field("Contacts", "Born", "date")
    bigin_sandbox.add_field("Contacts", "Key", unique=True)
    trip = Trip(
        bigin_sandbox, bigin_sandbox.client(transport=Transport(sleep=lambda seconds: None)), "http://127.0.0.1:9"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BiginWarning)
        try:
            KEPT[name](trip)
        except bf.ApiError:
            assert name.startswith("refused")
    unread = [path.rename(tmp_path_factory.mktemp("unread") / "0.zip") for path in tmp_path.rglob("unreadable/*.zip")]
    secrets, values = secrets_of(bigin_sandbox), Needles(VALUES, values=True)
    texts = list(_kept(tmp_path))

    assert len(unread) == (name == "bad result")  # the one file that does hold cells
    assert not [found for path in unread if (found := secrets.of_text(path.read_bytes().decode("latin-1")))]
    assert len(texts) > 10
    assert [found for text in texts if (found := secrets.of_text(text) | values.of_text(text))] == []


def _kept(folder: Path) -> Iterator[str]:
    """Yield every file as it lies there, and what is packed in the cells of the journal."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
            yield str(path)
    db = sqlite3.connect(folder / "state" / "journal.sqlite3")
    try:
        for (table,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
            for line in db.execute(f"select * from {table}").fetchall():  # noqa: S608 - names of our own tables
                yield from (_unpacked(cell) for cell in line)
    finally:
        db.close()


def _unpacked(cell: object) -> str:
    if not isinstance(cell, bytes):
        return str(cell)
    try:
        return zlib.decompress(cell).decode("latin-1")
    except zlib.error:
        return cell.decode("latin-1")


def test_sweep_of_files_finds_a_planted_cell(bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / "state"))
    bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=bigin_sandbox.client())
    with sqlite3.connect(tmp_path / "state" / "journal.sqlite3") as db:
        db.execute("create table planted (cell blob)")
        db.execute("insert into planted values (?)", (zlib.compress(f'["{NAME}"]'.encode()),))
    db.close()

    assert any(plain(NAME) in plain(text) for text in _kept(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_file_of_a_transaction_is_private_too(tmp_path: Path) -> None:
    """SQLite keeps pages of the journal in a second file until a transaction ends."""
    before = os.umask(0)
    try:
        journal = Journal(tmp_path / "state")
        assert journal.salt
        with journal._file.transaction("test") as db:
            db.execute("create table other as select * from store")
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "state").glob("journal*")}
    finally:
        os.umask(before)

    assert modes == {"journal.sqlite3": "0o600", "journal.sqlite3-journal": "0o600"}


# -- S25, S28


def test_user_agent_is_library_and_version(bigin_sandbox: Sandbox) -> None:
    bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=bigin_sandbox.client())
    named = {request.headers.get("user-agent", request.headers.get("User-Agent")) for request in bigin_sandbox.requests}

    assert len(named) == 1
    assert re.fullmatch(r"bigin_frames(/[0-9A-Za-z.+]+)?", str(named.pop()))


def test_versions_with_known_holes_are_kept_out() -> None:
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
