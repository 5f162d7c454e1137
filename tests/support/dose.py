"""Whether the whole campaign is to run (``--hypothesis-profile=campaign``), or the daily sample."""

from __future__ import annotations

from hypothesis import settings

WHOLE = settings.default is not None and settings.default.max_examples >= 2000
