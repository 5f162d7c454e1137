"""A client shows its host and no secret."""

from __future__ import annotations

import bigin_frames as bf


def test_client_page_shows_its_host_and_no_secret() -> None:
    client = bf.Client(bf.Credentials("1000.canaryclient", "canarysecret", "1000.canaryrefresh"), region="eu")
    page = client._repr_html_()

    assert "https://www.zohoapis.eu" in page
    assert "client.org()" in page
    assert "canary" not in page
    assert "42" in bf.Client(bf.Credentials("1000.ID", "s", "r"), org_id="42")._repr_html_()
