"""Serve a sandbox from the terminal: `python -m bigin_frames.sandbox --port 8765 [--data FILE.sqlite]`."""

from __future__ import annotations

import argparse
import math
import sys
import threading
from collections.abc import Sequence
from typing import TextIO

from bigin_frames.sandbox import Behaviour, Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bigin_frames.sandbox", description="Run a local Bigin.")
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free port")
    parser.add_argument("--data", help="keep everything in this SQLite file instead of in memory")
    parser.add_argument("--behaviour", help="answer as this file says that a live organisation was seen to")
    options = parser.parse_args(arguments)
    behaviour = Behaviour.from_observed(options.behaviour) if options.behaviour else None
    return serve(options.port, options.data, behaviour)


def serve(
    port: int = 8765,
    data: str | None = None,
    behaviour: Behaviour | None = None,
    *,
    out: TextIO | None = None,
    until: threading.Event | None = None,
) -> int:
    """Print the environment that leads a client here and serve until Ctrl-C, or until an event is set."""
    screen = out or sys.stdout
    with Sandbox(port, data, behaviour) as box:
        try:
            for name, value in box.environment().items():
                print(f"export {name}={value}", file=screen)
            code = box.grant_code(math.inf)  # whoever reads on for three minutes should not find it dead
            print(f"# a grant code for `bigin-frames login --print`, good once: {code}", file=screen)
            print(f"# a local Bigin answers on {box.url}, for a browser, too; Ctrl-C stops it", file=screen, flush=True)
            (until or threading.Event()).wait()
        except KeyboardInterrupt:
            print("# stopped", file=screen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
