"""Tables and lines that a notebook shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.display.html_pieces import line, page, table


class Tags(HTMLParser):
    """The tags of a page and the text between them; a tag that does not close is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.met.add(tag)
        assert {name for name, _ in attrs} <= {"class"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if "style" in self.open else data


@given(st.lists(st.text(), min_size=2, max_size=2), st.integers())
def test_a_page_keeps_its_own_tags_for_any_names(names: list[str], number: int) -> None:
    shown = Tags(page(line(names[0]), table(("a", "b", "c"), [[*names, number]]), table((), [names])))

    assert shown.met <= {"div", "style", "p", "table", "thead", "tbody", "tr", "th", "td"}
    assert all(sign.isprintable() or sign in "\u200c\u200d" for sign in shown.text)
    assert f"{number:,}" in shown.text


def test_a_page_with_another_tag_would_be_seen() -> None:
    assert "script" in Tags("<script></script>").met


def test_numbers_are_right_aligned_and_none_is_an_empty_cell() -> None:
    made = table(("rows", "name"), [[1000, None], [None, "x"]])

    assert made == (
        '<table><thead><tr><th class="n">rows</th><th>name</th></tr></thead><tbody>'
        '<tr><td class="n">1,000</td><td></td></tr><tr><td></td><td>x</td></tr></tbody></table>'
    )


def test_facts_are_named_in_the_first_column() -> None:
    assert table((), [["rows", "5 of 5"]]) == "<table><tbody><tr><th>rows</th><td>5 of 5</td></tr></tbody></table>"


def test_style_affects_nothing_outside_the_piece_and_has_no_solid_colour() -> None:
    style = re.search("<style>(.*)</style>", page())

    assert style is not None
    selectors = [one for rule in style[1].split("}") if rule for one in rule.partition("{")[0].split(",")]
    assert all(one.startswith("div.bigin-frames") for one in selectors)
    assert re.findall(r"color:([^;}]*)", style[1]) == ["inherit"]
    assert set(re.findall(r"background:([^;}]*)", style[1])) == {"transparent"}
    assert "<" not in style[1]
