"""Settings and fixtures all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["bigin_frames.testing"]

# Machines here are noisy: a slow example is no failure.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")
