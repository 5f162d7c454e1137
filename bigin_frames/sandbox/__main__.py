"""The sandbox in a terminal: `python -m bigin_frames.sandbox --port 8765 [--host ADDRESS] [--data FILE.sqlite]`."""

from __future__ import annotations

import argparse
import math
import sys
import threading
from collections.abc import Sequence
from typing import TextIO

from bigin_frames.sandbox import Behaviour, Sandbox
from bigin_frames.sandbox.server.address import LOOPBACK, OPEN_TO_ALL


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bigin_frames.sandbox", description="Run a local Bigin server.")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on (default 8765; 0 takes a free one)")
    parser.add_argument(
        "--host", metavar="ADDRESS", default=LOOPBACK, help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--data", metavar="FILE", help="keep the organisation in this SQLite file (default: in memory)")
    parser.add_argument("--behaviour", metavar="FILE", help="use behaviour recorded from a real organisation")
    parser.add_argument("--manners", dest="behaviour", help=argparse.SUPPRESS)  # its former name
    options = parser.parse_args(arguments)
    behaviour = Behaviour.from_observed(options.behaviour) if options.behaviour else None
    return serve(options.port, options.data, behaviour, host=options.host)


def serve(
    port: int = 8765,
    data: str | None = None,
    behaviour: Behaviour | None = None,
    *,
    host: str = LOOPBACK,
    out: TextIO | None = None,
    until: threading.Event | None = None,
) -> int:
    """Print the environment that points a client here and serve until Ctrl-C, or until an event is set."""
    screen = out or sys.stdout
    with Sandbox(port, data, behaviour, host=host) as box:
        if not box._org.address.is_local:
            print(f"The sandbox listens on {host}, beyond this machine. {OPEN_TO_ALL}", file=sys.stderr, flush=True)
        try:
            for name, value in box.environment().items():
                print(f"export {name}={value}", file=screen)
            code = box.grant_code(math.inf)  # it should still be valid for somebody who reads for three minutes first
            print(f"# a grant code for `bigin-frames login --print`, valid once: {code}", file=screen)
            print(f"# a local Bigin answers on {box.url}, for a browser, too; Ctrl-C stops it", file=screen, flush=True)
            (until or threading.Event()).wait()
        except KeyboardInterrupt:
            print("# stopped", file=screen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
