"""The prober's own records, found by their names and deleted; all others are left alone."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import pandas as pd

from bigin_frames.errors import BiginError
from tests.live.bigin import POLL_S, Bigin
from tests.live.files import NAMED_BY

QUIET_ROUNDS = 4  # so many searches in a row have to find nothing: a search may lag behind a write
QUIET_ROUNDS_IN_DOUBT = 24  # a job of which only Bigin knows may begin late
MOST_ROUNDS = 60
ORDER = ("Contacts", "Pipelines", "Products", "Accounts")  # a company would take its contacts along


def find(bigin: Bigin, names: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """Return the ids of the records with one of some names, by module."""
    searched = {module: bigin.client.find(module, NAMED_BY[module], names[module]) for module in _modules(names)}
    return {module: _ours(module, found, names[module]) for module, found in searched.items()}


def clean(bigin: Bigin, names: Mapping[str, Sequence[str]], reported: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Delete every record of the prober and return, by module, the ids of those that are still there.

    Parameters
    ----------
    bigin : Bigin
        Its jobs are waited for first: one that still runs may write more.
    names : mapping
        Module -> names that a record of the prober can bear.
    reported : mapping
        Module -> ids that results named, whether or not a search finds them.
    """
    _wait_for_jobs(bigin)
    left = {module: set(reported.get(module, ())) for module in _modules(names)}
    quiet, enough = 0, QUIET_ROUNDS_IN_DOUBT if bigin.in_doubt else QUIET_ROUNDS
    for _ in range(MOST_ROUNDS):
        found = find(bigin, names)
        there = {module: _there(bigin, module, left[module] | found[module], names[module]) for module in left}
        left = {module: _delete(bigin, module, there[module], names[module]) for module in left}
        quiet = quiet + 1 if left == there else 0
        if quiet == enough:
            break
        bigin.client.sleep(POLL_S)
    return {module: sorted(ids) for module, ids in left.items() if ids}


def _modules(names: Mapping[str, Sequence[str]]) -> list[str]:
    return [module for module in ORDER if names.get(module)]


def _wait_for_jobs(bigin: Bigin) -> None:
    for job_id in bigin.jobs:
        with contextlib.suppress(BiginError):  # whatever it wrote is searched for
            bigin.polls(job_id)


def _ours(module: str, found: pd.DataFrame, names: Sequence[str]) -> set[str]:
    own = {name.strip().casefold() for name in names}
    named = found[NAMED_BY[module]].fillna("").str.strip().str.casefold()
    return set(found["id"][named.isin(own)])


def _there(bigin: Bigin, module: str, ids: set[str], names: Sequence[str]) -> set[str]:
    """Return those of some ids that are records with our names."""
    return _ours(module, bigin.client.records(module, sorted(ids), [NAMED_BY[module]]), names) if ids else set()


def _delete(bigin: Bigin, module: str, ids: set[str], names: Sequence[str]) -> set[str]:
    """Delete records and return the ids of those that are there still, whatever the answer said."""
    with contextlib.suppress(BiginError):
        if ids:
            bigin.delete(module, sorted(ids))
    return _there(bigin, module, ids, names)
