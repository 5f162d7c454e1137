"""The progress bar over rows, shown only in terminals and notebooks."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

from tqdm import TqdmWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore", TqdmWarning)  # without ipywidgets a notebook gets the text bar
    from tqdm.auto import tqdm

log = logging.getLogger("bigin_frames")

_BAR_DELAY_S = 1.0


def progress_bar(total: int | None, progress: bool | None) -> Any:
    """Return tqdm's bar over rows, shown in terminals and notebooks unless ``progress`` is given."""
    shown = _is_interactive() if progress is None else progress
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # without ipywidgets a notebook gets the text bar
        # miniters: its text changes even while its number does not.
        return _Bar(
            total=total, unit="row", desc="Bigin", disable=not shown, delay=_BAR_DELAY_S, miniters=0, leave=False
        )


class _Bar(tqdm):  # type: ignore[type-arg]  # it accepts none at run time
    """A bar that is switched off when it cannot be shown any more (a closed terminal), so that the run continues."""

    def display(self, *args: Any, **options: Any) -> Any:
        return self._unless_broken(super().display, *args, **options)

    def close(self) -> None:
        self._unless_broken(super().close)

    def _unless_broken(self, show: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return show(*args, **options)
        except Exception as broken:
            self.disable = True
            log.warning("the progress bar cannot be shown any more (%s); the run continues", type(broken).__name__)


def _is_interactive() -> bool:
    return sys.stderr.isatty() or _is_notebook()


def _is_notebook() -> bool:
    """Return whether this is a notebook's kernel, and not a program that has only imported its packages."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
