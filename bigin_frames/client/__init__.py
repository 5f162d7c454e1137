"""The client: one organisation of Bigin over the network, its tokens, its metadata and its records.

- `client`: one method per call of the API
- `calls`: how a call is made, repeated and signed
- `transport`, `connections`: requests on the wire
- `tokens`, `keyrings`: access tokens and secrets
- `settings`: the environment, read nowhere else; `shared`: the client that the environment describes
- `known`, `metadata`: modules, fields and layouts, asked for or read from a file
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
    """Import what this package shows when it is asked for: requests takes longer than the help of a command may."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{name.lower()}"), name)
