"""Mapped columns come back in the recorded order of a Java hash map."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox.bulk.java_order import hash_order


def test_more_than_twelve_names_double_the_hash_table() -> None:
    names = [f"Field_{n}" for n in range(13)]

    assert sorted(hash_order(names)) == list(range(13))
    assert hash_order(names)[:3] != hash_order(names[:12])[:3]


@pytest.mark.parametrize(
    ("request_order", "recorded"),
    [
        (["Last_Name", "Owner", "Mobile", "Date_3", "Layout"], ["Owner", "Date_3", "Last_Name", "Layout", "Mobile"]),
        (["Last_Name", "Mobile", "Owner"], ["Owner", "Last_Name", "Mobile"]),
    ],
)
def test_the_hash_order_is_the_recorded_one(request_order: list[str], recorded: list[str]) -> None:
    assert [request_order[n] for n in hash_order(request_order)] == recorded
