"""Show how many rows are done, where somebody watches."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

from tqdm import TqdmWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore", TqdmWarning)  # without ipywidgets a notebook gets the text bar, that is all
    from tqdm.auto import tqdm

log = logging.getLogger("bigin_frames")

_BAR_DELAY_S = 1.0


def progress_bar(total: int | None, progress: bool | None) -> Any:
    """Return tqdm's bar over rows, shown in terminals and notebooks unless ``progress`` says otherwise."""
    shown = _someone_watches() if progress is None else progress
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # without ipywidgets a notebook gets the text bar, that is all
        # miniters: its words change too while its number stands still.
        return _Bar(
            total=total, unit="row", desc="Bigin", disable=not shown, delay=_BAR_DELAY_S, miniters=0, leave=False
        )


class _Bar(tqdm):  # type: ignore[type-arg]  # it takes none when it runs
    """Give up a bar that cannot be shown any more, a terminal that has gone, and not the run."""

    def display(self, *args: Any, **options: Any) -> Any:
        return self._unless_broken(super().display, *args, **options)

    def close(self) -> None:
        self._unless_broken(super().close)

    def _unless_broken(self, show: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return show(*args, **options)
        except Exception as broken:
            self.disable = True
            log.warning("the progress bar cannot be shown any more (%s); the run goes on", type(broken).__name__)


def _someone_watches() -> bool:
    return sys.stderr.isatty() or _is_notebook()


def _is_notebook() -> bool:
    """Tell whether this is a notebook's kernel, and not a program that has merely imported one's packages."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
