"""The client that the environment describes, for calls without a client."""

from __future__ import annotations

from functools import lru_cache

from bigin_frames.client import settings
from bigin_frames.client.client import Client
from bigin_frames.model import Secret


def shared_client() -> Client:
    """Return the client that the process's environment describes, the same one as long as the variables do not change.

    A call without ``client=`` uses it: a new client for each would request a new token each time, and Zoho allows ten
    in ten minutes (CRM v8, token-validity).
    """
    return _shared(settings.variables())


@lru_cache(maxsize=4)
def _shared(variables: tuple[tuple[str, Secret], ...]) -> Client:
    return Client.from_env({name: value.reveal() for name, value in variables})
