"""The command: `BIGIN_LIVE=1 python -m tests.live`, with the credentials in the environment."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bigin_frames.client.client import Client
from bigin_frames.client.transport import Sender
from bigin_frames.errors import BiginError, OptionError, SettingsError
from tests.live import report
from tests.live.course import OccupiedError, run
from tests.live.files import PREFIX
from tests.live.questions import answers

SWITCH = "BIGIN_LIVE"


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Ask, print and write; return 0 if all probes were run and every record is deleted again."""
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("observed.json"), help="file for what was observed")
    parser.add_argument("--callback-url", help="a public https address of yours that shows what is posted to it")
    parser.add_argument("--download-host", action="append", default=[], help="a host of results that the report named")
    options = parser.parse_args(arguments)
    if environ.get(SWITCH) != "1":
        print(f"skipped: {SWITCH}=1 is not set; see docs/live.md for what this does to an organisation")
        return 0
    return probe(environ, options.out, options.callback_url, options.download_host)


def probe(
    environ: Mapping[str, str],
    out: Path,
    callback_url: str | None = None,
    download_hosts: Sequence[str] = (),
    transport: Sender | None = None,
) -> int:
    """Run the prober against the organisation of some environment; `transport` is for tests, which do not wait."""
    try:
        client = Client.from_env(environ, download_hosts=download_hosts, transport=transport)
    except (SettingsError, OptionError) as problem:
        print(f"skipped: {problem}", file=sys.stderr)
        return 2
    try:
        seen = run(client, callback_url=callback_url, say=lambda words: print(f"... {words}", flush=True))
    except OccupiedError as refusal:
        print(f"nothing was written: {refusal}", file=sys.stderr)
        return 2
    except BiginError as problem:
        print(f"{problem}\n{_BY_HAND}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped while deleting. {_BY_HAND}", file=sys.stderr)
        return 130
    found = answers(seen)
    out.write_text(json.dumps(report.observed(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{report.text(found, seen)}\n\nwritten: {out}")
    return 1 if seen.left or seen.stopped else 0


_BY_HAND = f"Search your organisation for {PREFIX} and delete what you find, if there is anything."


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)  # the records are deleted then, too
    sys.exit(main())
