"""Every answer of the page allows its own stylesheet and nothing else."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.page.document import STYLE
from tests.sandbox.page.browser import PAGES, look


@pytest.mark.parametrize("path", [*PAGES, "/jobs/1", "/faults"])
def test_every_answer_allows_its_own_stylesheet_and_nothing_else(box: Sandbox, path: str) -> None:
    headers = look(box, path).headers
    policy = headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert f"<style>{STYLE}</style>" in look(box).text
