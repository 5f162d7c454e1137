"""E-mail and web addresses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.mail_and_web import EMAIL, WEBSITE
from tests.support.rule_cells import matches

GOOD_EMAIL = [
    "a@b.co", "a.b+c@x-y.example.com", "p.boyle@zylker.com", "o'brien@x.ie", "a..b@carrier.ne.jp", "_x@a_b.com",
    "!#$%&'*+/=?^_`{|}~-@x.org", '"a b"@x.org', '"a\\"b"@x.org', "x@[127.0.0.1]", "x@[IPv6:::1]",
    "user@例え。jp", "用户@例子.广告", "jörg@münchen.de", "a@xn--p1ai.xn--p1ai", "a@b.museum", "1@2.3com.net",
]  # fmt: skip
BAD_EMAIL = [
    "", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b..de", "a@b.co ", " a@b.co", "a@b.co\n", "a@-b.co", "a@b-.co",
    "a@b.c", "a@b.12", "a@b@c.de", "a@b,co", "a\u00a0@b.co", "a\u200b@b.co", "a@b.co;b@c.co", "<a@b.co>", "a@b.co.",
    "a@.b.co", "a\ufeff@b.co", '"a"b@x.org', "n/a",
]  # fmt: skip


GOOD_WEBSITE = [
    "www.zylker.com", "https://www.zylker.com", "zylker.com", "HTTP://X.COM", "ftp://a.b/c d", "http://localhost:80/x",
    "http://[::1]/", "http://user:pw@host.com/?q", "http://bücher.de", "zylker.com:8080/x#y", "x.com.", "x.com?a=b",
]  # fmt: skip
BAD_WEBSITE = ["", "n/a", "zylker", "http://", "a b.com", "http:// x.com", "x.com\n", "none.", "a@b.co", ".com"]


@pytest.mark.parametrize(
    ("cell", "good"), [*((cell, True) for cell in GOOD_EMAIL), *((cell, False) for cell in BAD_EMAIL)]
)
def test_an_email_address_has_a_name_a_host_and_a_domain(cell, good):
    assert matches(EMAIL, cell) is good


@pytest.mark.parametrize(
    ("cell", "good"), [*((cell, True) for cell in GOOD_WEBSITE), *((cell, False) for cell in BAD_WEBSITE)]
)
def test_a_web_address_has_a_host_or_a_scheme(cell, good):
    assert matches(WEBSITE, cell) is good


@given(st.emails())
def test_no_valid_ascii_address_is_refused(address):
    assert matches(EMAIL, address) or _documented_pattern_refuses_too(address)


def _documented_pattern_refuses_too(address):
    top = address.rpartition(".")[2]
    return not re.fullmatch(r"[A-Za-z]{2,22}", top) and not top.lower().startswith("xn--")
