"""Metadata is requested once, and an unknown module is answered with the names that are like it."""

from __future__ import annotations

import threading

import pytest

from bigin_frames.errors import AuthError, InputError
from bigin_frames.model import Layout
from tests.support.wire import FIELDS, LAYOUTS, MODULES, Wire, client_on, refusal


def test_fields_are_asked_for_once_a_module():
    wire = Wire(fields=FIELDS)
    client = client_on(wire)
    client.fields("Contacts")
    client.fields("Contacts")
    client.fields("Accounts")

    assert len(wire.calls("fields")) == 2


def test_threads_that_want_the_same_fields_ask_once():
    wire = Wire(fields=FIELDS)
    client = client_on(wire)
    threads = [threading.Thread(target=client.fields, args=("Contacts",)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(wire.calls("fields")) == 1


@pytest.mark.parametrize(
    ("module", "hint"),
    [("Contact", "'Contacts'"), ("Company", "'Accounts'"), ("Zzz", "it has Contacts, Accounts")],
)
def test_unknown_module_names_the_nearest(module, hint):
    wire = Wire(fields=refusal("INVALID_MODULE"), modules=MODULES)
    with pytest.raises(InputError, match=f"no module '{module}'.*{hint}"):
        client_on(wire).fields(module)


def test_other_refusals_of_fields_stay_what_they_are():
    with pytest.raises(AuthError):
        client_on(Wire(fields=refusal("OAUTH_SCOPE_MISMATCH", 401))).fields("Contacts")


def test_layouts_are_asked_for_once_a_module():
    wire = Wire(layouts=LAYOUTS)
    client = client_on(wire)
    client.layouts("Contacts")
    found = client.layouts("Pipelines")

    assert found is client.layouts("Pipelines")
    assert found == (Layout(id="8773050000000020002", name="Sales"),)
    assert [request.url.rpartition("?")[2] for request in wire.calls("layouts")] == [
        "module=Contacts",
        "module=Pipelines",
    ]


def test_layouts_of_an_unknown_module_name_the_nearest():
    with pytest.raises(InputError, match=r"no module 'Contact'.*'Contacts'"):
        client_on(Wire(layouts=refusal("INVALID_MODULE"), modules=MODULES)).layouts("Contact")


def test_token_without_the_scope_of_layouts_is_told_which_it_lacks():
    with pytest.raises(AuthError, match=r"ZohoBigin\.settings\.layouts\.READ"):
        client_on(Wire(layouts=refusal("OAUTH_SCOPE_MISMATCH", 401))).layouts("Pipelines")
