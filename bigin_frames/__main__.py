"""`python -m bigin_frames`: the same program as `bigin-frames`, with the same name in its messages.

For machines where the folder of installed scripts is not on PATH, and to choose which Python runs it::

    python3.12 -m bigin_frames check people.xlsx --module Contacts
"""

from __future__ import annotations

import sys

from bigin_frames.cli import main

if __name__ == "__main__":
    sys.exit(main())
