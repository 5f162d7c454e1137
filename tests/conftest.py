"""Settings and fixtures all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["bigin_frames.testing"]

# Machines here are noisy: a slow example is no failure.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# pytest --hypothesis-profile=campaign tests/test_round_trip.py draws as many frames as the claim names.
settings.register_profile("campaign", parent=settings.get_profile("house"), max_examples=2000)
settings.load_profile("house")
