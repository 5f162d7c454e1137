"""`df.bigin` is the functions with the frame in front."""

from __future__ import annotations

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import accessor, verbs

PEOPLE = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cid"], "Email": ["a@x.org", "b@x.org", "c@x.org"]})


@pytest.mark.parametrize(
    "name", ["insert", "update", "upsert", "submit", "plan", "check", "validate", "retry", "errors", "summary"]
)
def test_accessor_method_is_the_function_of_its_name(name: str) -> None:
    method, function = getattr(accessor.BiginAccessor, name), getattr(verbs, name)

    assert list(method.__annotations__) == [k for k in function.__annotations__ if k not in ("frame", "out")]


def test_function_and_accessor_do_the_same(bigin_client: bf.Client) -> None:
    one = bf.check(PEOPLE.assign(Email="x"), "Contacts", client=bigin_client)
    other = PEOPLE.assign(Email="x").bigin.check("Contacts", client=bigin_client)

    pd.testing.assert_frame_equal(one.failures, other.failures)


def test_accessor_is_there_for_every_frame() -> None:
    assert hasattr(pd.DataFrame(), "bigin")
