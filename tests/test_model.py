"""A secret is only revealed on request, and never shown, pickled or copied into text."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from bigin_frames.model import Credentials, Secret

CANARY = "1000.canary"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>30}".format, "%s".__mod__, lambda s: repr(vars_of(s))])
def test_secret_is_masked_however_it_is_shown(show) -> None:
    assert CANARY not in show(Secret(CANARY))


def vars_of(secret: Secret) -> object:
    return getattr(secret, "__dict__", "no dict")


def test_secret_is_revealed_on_request() -> None:
    assert Secret(Secret(CANARY)).reveal() == CANARY


def test_secrets_compare_and_hash_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_secret_can_be_neither_pickled_nor_made_json() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))


def test_secret_stays_itself_in_a_deep_copy() -> None:
    secret = Secret(CANARY)

    assert copy.deepcopy({"s": secret})["s"] is secret


def test_credentials_mask_what_they_are_given() -> None:
    given = Credentials("id", CANARY, Secret(CANARY))

    assert CANARY not in repr(given)
    assert given.client_secret.reveal() == given.refresh_token.reveal() == CANARY
