"""The client: the connection to one organisation of Bigin, with its tokens, metadata and records.

- `client`: one method per call of the API
- `calls`: how a call is made, retried and signed
- `transport`, `connection_pools`: requests on the network
- `tokens`, `keyrings`: access tokens and secrets
- `settings`: environment variables, read nowhere else; `shared_client`: the client that they describe
- `known_metadata`, `metadata`: modules, fields and layouts, from Bigin or from a file
- `records`: records read by id or by value
- `callback`: the server that Bigin calls when a job has ended
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bigin_frames.client.client import Client
    from bigin_frames.client.transport import Transport

__all__ = ["Client", "Transport"]


def __getattr__(name: str) -> Any:
    """Import a name of this package when it is first used: importing requests would slow down a command's help."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{name.lower()}"), name)
