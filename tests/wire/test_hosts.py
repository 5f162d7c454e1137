from __future__ import annotations

import pytest

from bigin_frames.errors import OptionError, UntrustedHostError
from bigin_frames.wire.hosts import CONSOLES, REGIONS, check_host, download_url, host_of, is_api_host, origin_of, region

US = region("us")
LOCAL = region("us", api_url="http://127.0.0.1:5001")


def test_regions_are_the_eight_documented_ones():
    assert list(REGIONS) == ["us", "eu", "in", "au", "cn", "jp", "ca", "sa"]


def test_canada_keeps_its_accounts_at_zohocloud():
    assert (REGIONS["ca"].api, REGIONS["ca"].accounts) == ("https://www.zohoapis.ca", "https://accounts.zohocloud.ca")


def test_accounts_host_never_sees_the_access_token():
    assert all(where.accounts not in where.trusted for where in REGIONS.values())


def test_each_region_has_a_console_of_the_accounts_domain_which_never_sees_the_token():
    assert list(CONSOLES) == list(REGIONS)
    for name, where in REGIONS.items():
        assert CONSOLES[name].removeprefix("https://api-console.") == where.accounts.removeprefix("https://accounts.")
        assert CONSOLES[name] not in where.trusted


def test_trusted_origins_of_two_regions_never_overlap():
    origins = [origin for where in REGIONS.values() for origin in where.trusted]

    assert len(origins) == len(set(origins)) == 8 * 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/v7/crm/org1/bulk-write/1/1.zip", "https://www.zohoapis.com/v7/crm/org1/bulk-write/1/1.zip"),
        ("https://download-accl.zoho.com/v2/crm/1/1.zip", "https://download-accl.zoho.com/v2/crm/1/1.zip"),
        ("HTTPS://Download-Accl.ZOHO.com:443/A?b=c%20d", "https://download-accl.zoho.com/A?b=c%20d"),
        ("https://content.zohoapis.com", "https://content.zohoapis.com/"),
        ("https://www.content.zohoapis.com/x", "https://www.content.zohoapis.com/x"),
        ("/a/..b/.c/d...e", "https://www.zohoapis.com/a/..b/.c/d...e"),
        ("/a?to=//b/../c", "https://www.zohoapis.com/a?to=//b/../c"),
    ],
)
def test_download_url_passes_the_regions_own_hosts(url, expected):
    assert download_url(url, US) == expected


HOSTILE = [
    "",
    " ",
    "v2/crm/1.zip",
    "//evil.tld/x",
    "///evil.tld/x",
    "/\\evil.tld/x",
    "\\\\evil.tld\\x",
    "/x y",
    "/x\ty",
    "/x\r\nHost: evil.tld",
    "/x\x00y",
    "/x#fragment",
    "/../oauth/v2/token",
    "/a/./b",
    "/a/%2e%2E/b",
    "/a/.%2e",
    "/a%2f..%2fb",
    "/a%5cb",
    "/a%00b",
    "/\u202eexe",
    "https:/download-accl.zoho.com/x",
    "https:download-accl.zoho.com/x",
    "https:///download-accl.zoho.com/x",
    "https:\\\\download-accl.zoho.com\\x",
    " https://download-accl.zoho.com/x",
    "https://download-accl.zoho.com/x\n",
    "https://download-accl.zoho.com\t.evil.tld/x",
    "https://download-accl.zoho.com /x",
    "http://download-accl.zoho.com/x",
    "http://www.zohoapis.com:443/x",
    "ftp://download-accl.zoho.com/x",
    "file:///etc/passwd",
    "file://download-accl.zoho.com/etc/passwd",
    "data:application/zip;base64,UEs=",
    "javascript:alert(1)",
    "gopher://download-accl.zoho.com/x",
    "https://download-accl.zoho.com:8443/x",
    "https://download-accl.zoho.com:80/x",
    "https://download-accl.zoho.com:0443/x",
    "https://download-accl.zoho.com:/x",
    "https://download-accl.zoho.com:443443/x",
    "https://download-accl.zoho.com:-443/x",
    "https://download-accl.zoho.com./x",
    "https://.download-accl.zoho.com/x",
    "https://download-accl..zoho.com/x",
    "https://zoho.com/x",
    "https://zohoapis.com/x",
    "https://accounts.zoho.com/x",
    "https://evil.tld/x",
    "https://evil.tld/https://download-accl.zoho.com/x",
    "https://evil.tld?https://download-accl.zoho.com/x",
    "https://evil.tld#@download-accl.zoho.com/x",
    "https://evil.tld\\@download-accl.zoho.com/x",
    "https://download-accl.zoho.com\\@evil.tld/x",
    "https://download-accl.zoho.com@evil.tld/x",
    "https://download-accl.zoho.com:443@evil.tld/x",
    "https://user@download-accl.zoho.com/x",
    "https://user:word@download-accl.zoho.com/x",
    "https://@download-accl.zoho.com/x",
    "https://download-accl.zoho.com%2f@evil.tld/x",
    "https://download-accl.zoho.com%00.evil.tld/x",
    "https://download-accl.zoho.com%2eevil.tld/x",
    "https://download-accl.zoho.com.evil.tld/x",
    "https://download-accl-zoho.com/x",
    "https://xdownload-accl.zoho.com/x",
    "https://evil-download-accl.zoho.com/x",
    "https://download-accl.zoho.com,evil.tld/x",
    "https://download-accl.zoho.com;evil.tld/x",
    "https://download-accl.zoho.eu/x",
    "https://www.zohoapis.eu/x",
    "https://www.zohoapis.com.au/x",
    "https://www.zohoapis.com.cn/x",
    "https://download-accl\u3002zoho\u3002com/x",
    "https://download-accl\uff0ezoho.com/x",
    "https://download\u2010accl.zoho.com/x",
    "https://download-accl.z\u043eho.com/x",
    "https://\uff44ownload-accl.zoho.com/x",
    "https://download-accl.zoho.com\u2100/x",
    "https://xn--download-accl.zoho.com/x",
    "https://169.254.169.254/latest/meta-data",
    "http://169.254.169.254/latest/meta-data",
    "https://127.0.0.1/x",
    "http://localhost/x",
    "https://2130706433/x",
    "https://0x7f.0.0.1/x",
    "https://127.1/x",
    "https://[::1]/x",
    "https://[::ffff:169.254.169.254]/x",
    "https://[fe80::1%25eth0]/x",
    "https://10.0.0.1:443/x",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_download_url_refuses_every_other_address(url):
    with pytest.raises(UntrustedHostError, match="token was not sent"):
        download_url(url, US)


def test_hostile_list_is_long_enough_to_mean_something():
    assert len(set(HOSTILE)) == len(HOSTILE) > 60


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5002/x", "http://127.0.0.1/x", "http://localhost:5001/x", "https://127.0.0.1:5001/x"]
)
def test_download_url_of_a_loopback_region_is_that_origin_only(url):
    with pytest.raises(UntrustedHostError):
        download_url(url, LOCAL)


def test_download_url_of_a_loopback_region_takes_its_own_address():
    assert download_url("http://127.0.0.1:5001/r.zip", LOCAL) == download_url("/r.zip", LOCAL)


def test_real_hosts_are_not_trusted_by_a_loopback_region():
    with pytest.raises(UntrustedHostError):
        check_host("https://www.zohoapis.com/x", LOCAL)


def test_extra_download_host_is_trusted_when_named():
    where = region("eu", download_hosts=["Files.Zoho.eu"])

    assert download_url("https://files.zoho.eu/x", where) == "https://files.zoho.eu/x"


def test_overridden_api_host_leaves_no_zoho_download_host():
    where = region("us", api_url="https://gateway.example:8443")

    assert where.trusted == {"https://gateway.example:8443", "https://content.zohoapis.com"}


def test_overridden_content_host_keeps_the_download_hosts():
    where = region("us", content_url="https://www.content.zohoapis.com/")

    assert where.content == "https://www.content.zohoapis.com"
    assert "https://download-accl.zoho.com" in where.trusted


def test_loopback_api_is_used_for_all_three_hosts():
    assert {LOCAL.api, LOCAL.content, LOCAL.accounts} == {"http://127.0.0.1:5001"}
    assert LOCAL.is_local
    assert not US.is_local


@pytest.mark.parametrize(
    "urls",
    [
        {"api_url": "http://127.0.0.1:1", "accounts_url": "https://accounts.zoho.com"},
        {"content_url": "http://127.0.0.1:1"},
        {"accounts_url": "http://localhost:1"},
    ],
)
def test_loopback_and_real_hosts_are_not_mixed(urls):
    with pytest.raises(OptionError, match="all on this machine or none"):
        region("us", **urls)


@pytest.mark.parametrize(
    "url", ["http://[::1]:5001", "http://localhost:5001", "https://127.0.0.5:1", "http://127.0.0.1:80/"]
)
def test_loopback_addresses_are_recognised(url):
    assert region(api_url=url).is_local


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example",
        "https://10.0.0.1",
        "https://gateway.example/bigin",
        "gateway.example",
        "https://u:p@gateway.example",
        "https://gateway.example:99999",
        "https://gateway.example?x",
        "http://127.0.0.1.evil.tld",
        "https://a..b\u00e9",
        "ftp://x.example",
    ],
)
def test_base_address_of_another_shape_is_refused_by_name(url):
    with pytest.raises(OptionError, match="api_url must be https") as caught:
        region(api_url=url)

    assert caught.value.option == "api_url"


def test_base_address_is_written_in_idna():
    assert region(api_url="https://B\u00fccher.Example").api == "https://xn--bcher-kva.example"


def test_unknown_region_is_refused_with_the_list():
    with pytest.raises(OptionError, match="us, eu, in, au, cn, jp, ca, sa"):
        region("uk")


def test_region_name_is_accepted_in_any_case():
    assert region(" EU ").name == "eu"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:word@evil.tld:8443/x?y", "evil.tld:8443"),
        ("//evil.tld/x", "evil.tld"),
        ("/path", "nowhere"),
        ("https://evil\x1b[31m.tld/", "evil?[31m.tld"),
        ("https://" + "a" * 300, "a" * 100),
    ],
)
def test_host_in_a_message_is_short_and_printable(url, host):
    assert host_of(url) == host


def test_redirect_target_is_joined_to_the_host_it_came_from():
    assert download_url("/next", US, base="https://download-accl.zoho.com") == "https://download-accl.zoho.com/next"


def test_origin_of_leaves_the_path_out():
    assert origin_of("https://a.example:1/b/c") == "https://a.example:1"


@pytest.mark.parametrize(
    ("domain", "same"), [("https://www.zohoapis.com", True), ("https://www.zohoapis.eu", False), ("junk", False)]
)
def test_api_domain_is_compared_with_the_regions_host(domain, same):
    assert is_api_host(domain, US) is same
