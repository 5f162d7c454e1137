"""Say whether the whole campaign is asked for (``--hypothesis-profile=campaign``) or the dose of every day."""

from __future__ import annotations

from hypothesis import settings

WHOLE = settings.default is not None and settings.default.max_examples >= 2000
