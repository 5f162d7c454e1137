"""The words of ``Error`` for rows whose batch stopped without a word of Bigin's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


NOT_SENT = "NOT_SENT"  # in Error: no job took the row, and no server said why
CUT_SHORT = "CUT_SHORT"  # in Error: create-job was under way when everything ended
