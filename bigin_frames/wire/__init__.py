"""Speak Bigin as values: build requests, parse answers; standard library only, no I/O."""
