"""Metadata is requested once, and the error of an unknown module suggests similar names."""

from __future__ import annotations

import threading

import pytest

from bigin_frames.errors import AuthError, InputError
from bigin_frames.model import Layout
from tests.support.wire import FIELDS, LAYOUTS, MODULES, Wire, client_on, refusal


def test_fields_are_requested_once_per_module():
    wire = Wire(fields=FIELDS)
    client = client_on(wire)
    client.fields("Contacts")
    client.fields("Contacts")
    client.fields("Accounts")

    assert len(wire.calls("fields")) == 2


def test_threads_request_the_same_fields_once():
    wire = Wire(fields=FIELDS)
    client = client_on(wire)
    threads = [threading.Thread(target=client.fields, args=("Contacts",)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(wire.calls("fields")) == 1


@pytest.mark.parametrize(
    ("call", "module", "hint"),
    [
        ("fields", "Contact", "'Contacts'"),
        ("fields", "Company", "'Accounts'"),
        ("fields", "Zzz", "it has Contacts, Accounts"),
        ("layouts", "Contact", "'Contacts'"),
    ],
)
def test_error_of_an_unknown_module_suggests_similar_names(call, module, hint):
    wire = Wire(modules=MODULES, **{call: refusal("INVALID_MODULE")})
    with pytest.raises(InputError, match=f"no module '{module}'.*{hint}"):
        getattr(client_on(wire), call)(module)


@pytest.mark.parametrize("call", ["fields", "layouts"])
def test_error_of_a_missing_scope_names_it(call):
    wire = Wire(**{call: refusal("OAUTH_SCOPE_MISMATCH", 401)})
    with pytest.raises(AuthError, match=rf"ZohoBigin\.settings\.{call}\.READ"):
        getattr(client_on(wire), call)("Pipelines")


def test_layouts_are_requested_once_per_module():
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
