"""A self-contained HTML file: private, filterable, and without any script but its own."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.display.html_document import Filter, document, write_private
from tests.support.report_files import Page, report, written


def test_file_is_private_and_replaces_a_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "report.html").chmod(0o644)
    path = report().to_html(str(tmp_path / "report.html"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_private(tmp_path / "report.html", "\ud800")

    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_a_file_keeps_its_own_tags_for_any_cells(cells: list[str]) -> None:
    plain, strange = (
        Page(document(words[0], [], ["a", "b"], [words], [Filter("a", 0), Filter("b", 1)]))
        for words in (["x", "y"], cells)
    )

    assert strange.tags == plain.tags
    assert strange.attributes == plain.attributes


def test_a_tag_in_a_cell_would_be_seen() -> None:
    assert Page("<table><tr><td><img onerror=x></td></tr></table>").tags[-1] == "img"


def test_policy_has_the_digests_of_the_script_and_the_style(tmp_path: Path) -> None:
    text = written(report(), tmp_path)
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])  # type: ignore[index]

    assert policy.startswith("default-src 'none'; ")
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert "http:" not in text
    assert "https:" not in text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def opened(text: str, folder: Path) -> str:
    """Return a page's HTML in a browser, after its scripts have run."""
    (folder / "page.html").write_text(text, encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    address = (folder / "page.html").as_uri()
    done = subprocess.run([*command, "--dump-dom", address], capture_output=True, check=True, timeout=60)  # noqa: S603
    return done.stdout.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_browser_runs_only_the_files_own_script(tmp_path: Path) -> None:
    text = written(report(), tmp_path).replace("</body>", "<script>document.title = 'strange'</script></body>")
    page = opened(text, tmp_path)

    assert "<output>6 of 6 lines shown</output>" in page
    assert "<fieldset>" in page  # hidden without scripts
    assert "<title>strange" not in page


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_browser_shows_the_lines_that_are_selected(tmp_path: Path) -> None:
    choose = (
        "<script>const [, column, code] = document.querySelectorAll('select');"
        "column.value = 'Email'; code.value = 'INVALID_DATA'; code.dispatchEvent(new Event('change'));</script></body>"
    )
    without_policy = re.sub(r"<meta http-equiv[^>]+>", "", written(report(), tmp_path))
    page = opened(without_policy.replace("</body>", choose), tmp_path)

    assert "<output>2 of 6 lines shown</output>" in page
    assert page.count('<tr hidden="">') == 4
