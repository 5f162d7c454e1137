"""A plan of ten rows in three jobs."""

from __future__ import annotations

import pytest

import bigin_frames as bf
from tests.support.plan_frame import COLUMNS, FRAME


@pytest.fixture
def plan(bigin_client: bf.Client) -> bf.Plan:
    return FRAME.bigin.plan("Contacts", columns=COLUMNS, max_rows_per_job=4, client=bigin_client)
