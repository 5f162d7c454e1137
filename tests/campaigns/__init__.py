"""Campaigns: many trials of one promise, run by hand as `python -m tests.campaigns.<name>`, and a small dose in CI."""
