"""Columns of verdicts as JSON."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bigin_frames.frames.merging.verdict_texts import as_json

_TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.just("ADDED"))


@settings(max_examples=200, deadline=None)
@given(columns=st.dictionaries(st.text(max_size=3), _TEXTS, max_size=3))
@example(columns={"ID": ["1", None], 'Q"': ['say "no"', "a\\b"], "C": ["\n", "\x7f", "é", ""], "none": []})
def test_as_json_is_read_back_as_the_same_texts(columns: dict[str, list[str | None]]) -> None:
    arrays = {name: pa.array(texts, pa.large_string()) for name, texts in columns.items()}

    assert json.loads(as_json(arrays)) == columns


def test_as_json_writes_only_the_slice() -> None:
    text = pa.array(["0", "1", None, "3"], pa.large_string())

    assert json.loads(as_json({"ID": text.slice(1, 2)})) == {"ID": ["1", None]}
