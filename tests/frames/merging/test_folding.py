"""Folding makes texts equal that a service may confuse, and leaves other differences."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.frames.merging.folding import folded


def test_folding_keeps_differences_that_no_service_makes():
    texts = pa.array(["a", "b", "ab", "a-b", "e", "é", "0012", "12", "", "a.b"])

    assert len(set(folded(texts).to_pylist())) == len(texts)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
def test_folding_twice_is_folding_once(text):
    once = folded(pa.array([text]))

    assert folded(once).to_pylist() == once.to_pylist()
