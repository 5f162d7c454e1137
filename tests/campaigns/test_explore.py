"""Whatever is answered, lost or killed, no execution of a batch breaks a promise; planted mistakes are found."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.campaigns.explore import ONLY_INTENT, OPERATIONS, Policy, explore

DOSE = {"insert": 20_000, "insert by row key": 4_000, "update": 4_000}  # executions, at least


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """Log nothing: a search would log some hundred thousand warnings."""
    log = logging.getLogger("bigin_frames")
    before = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(before)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_execution_breaks_a_promise(operation: str) -> None:
    found = explore(operation, *((2, 2) if operation == "insert" else (1, 2)))

    assert found.violations == {}, found.example
    assert found.total >= DOSE[operation]
    assert {"UNKNOWN", "UNSENT", "PENDING", "UNREPORTED"} < set(found.endings)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_equal_places_are_run_once_and_counted_each_time(operation: str) -> None:
    merged, each = explore(operation, 1, 1), explore(operation, 1, 1, merge_equals=False)

    assert merged.total == each.total == each.executions
    assert merged.executions < each.executions


@pytest.mark.parametrize("operation", OPERATIONS)
def test_only_the_intent_must_survive_a_loss_of_power(operation: str) -> None:
    assert explore(operation, 2, 1, ONLY_INTENT).violations == {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_two_processes_without_a_lock_keep_every_promise(operation: str) -> None:
    found = explore(operation, 0, 1, processes=2, switches=1)

    assert found.violations == {}, found.example
    assert found.executions > 200


@pytest.mark.parametrize(
    ("operation", "policy", "says"),
    [
        ("insert", Policy(resend_always=True), "N3 a keyless insert was taken twice"),
        ("insert", Policy(journal_late=True), "N3 a keyless insert was taken twice"),
        ("insert", Policy(synced=frozenset()), "N3 a keyless insert was taken twice"),
        ("update", Policy(forget_doubts=True), "N2 unsent, and a job has it"),
        ("insert by row key", Policy(forget_doubts=True), "N2 unsent, and a job has it"),
    ],
    ids=["sent again after a lost answer", "written down after the call", "nothing synced", "doubt cleared by a no",
         "doubt cleared by a no, keyed"],
)  # fmt: skip
def test_planted_mistake_is_found(operation: str, policy: Policy, says: str) -> None:
    assert says in explore(operation, 1, 2, policy).violations
