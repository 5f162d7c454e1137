from __future__ import annotations

import pickle
from pprint import pformat

import pytest

from bigin_frames.model import Secret
from bigin_frames.wire.message import Parts, Request, Response, signed

CANARY = "1000.canary"


def test_parts_can_be_read_repeatedly():
    parts = Parts(b"head", b"x" * 200_000, b"tail")

    assert b"".join(parts) == b"".join(parts) == b"head" + b"x" * 200_000 + b"tail"
    assert len(parts) == 200_008
    assert max(map(len, parts)) <= 65_536


def test_parts_do_not_copy_what_they_are_given():
    content = b"x" * 100_000

    assert all(view.obj is content for view in Parts(content))


def test_reprs_show_neither_headers_nor_bodies():
    request = signed(Request("org", "GET", "https://h.example/x", {"X": CANARY}, CANARY.encode()), Secret(CANARY))
    response = Response(200, {"x": CANARY}, CANARY.encode())

    assert CANARY not in repr(request) + repr(response) + pformat(request) + repr(Parts(CANARY.encode()))
    assert "'org'" in repr(request)
    assert "200" in repr(response)


def test_signed_request_cannot_be_pickled():
    request = signed(Request("org", "GET", "https://h.example/x", {}), Secret(CANARY))

    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(request)


def test_signed_request_carries_zohos_own_scheme():
    request = signed(Request("org", "GET", "https://h.example/x", {"Accept": "*/*"}), Secret("tok"))

    assert request.wire_headers() == {"Accept": "*/*", "Authorization": "Zoho-oauthtoken tok"}


def test_secret_body_is_revealed_to_the_wire_only():
    assert Request("token", "POST", "https://h.example", {}, Secret("a=b")).wire_body() == b"a=b"


@pytest.mark.parametrize(
    ("call", "url", "shown"),
    [
        ("job", "https://h.example/bigin/bulk/v2/write/4876876000000890075", "/bigin/bulk/v2/write/{id}"),
        ("records", "https://h.example/bigin/v2/Contacts?ids=487&fields=Email", "/bigin/v2/Contacts"),
        ("download", "https://h.example/signed/canary/1.zip", "{download_url}"),
    ],
)
def test_path_template_shows_no_id_and_no_query(call, url, shown):
    request = Request(call, "GET", url, {})

    assert (request.host, request.path_template) == ("h.example", shown)


def test_request_without_a_host_has_an_empty_one():
    assert Request("org", "GET", "/x", {}).host == ""
