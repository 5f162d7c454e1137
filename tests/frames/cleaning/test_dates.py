"""Dates that people write, read where only one day can be meant."""

from __future__ import annotations

import pytest

from tests.support.cleaned import one


@pytest.mark.parametrize(("order", "wanted"), [("dmy", "2024-02-01"), ("mdy", "2024-01-02"), ("ymd", "01/02/2024")])
def test_the_given_order_decides_dates_that_could_be_two(order, wanted):
    assert one("Joined", ["01/02/2024"], dates=order)[0] == [wanted]


def test_a_date_against_the_given_order_is_left():
    cells, result = one("Joined", ["31/01/2024", "20240131"], dates="mdy")

    assert cells == ["31/01/2024", "20240131"]
    assert len(result.left) == 2
    assert one("Joined", ["20240131"], dates="ymd")[0] == ["2024-01-31"]


def test_an_ambiguous_date_is_reported():
    left = one("Joined", ["01/02/2024"])[1].left

    assert left["why"].tolist() == ["is a date whose day and month could be swapped; choose dates='dmy' or dates='mdy'"]
