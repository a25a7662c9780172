"""The command ``snowshed``: run a service under snowshed, show its settings, see the demo."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from snowshed.formats._uncollected import uncollected

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    The code is 0 when all is well, 1 when something was found, 2 when the command could not do its
    work. ``snowshed run`` does not return: the process becomes the service.

    Args:
        args: the arguments after the program's name; None for those of the process.
    """
    try:
        # What is loaded stays: to look through it takes 4 in a hundred of the time to load it.
        with uncollected():
            from snowshed.cli._main import invoke
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("snowshed needs: pip install 'snowshed[cli]'", file=sys.stderr)  # noqa: T201
        return 2
    code = invoke(args)
    if args is None:
        # The process ends, and all that it has with it: to look through that before takes a tenth
        # of what a small dump takes from the start to the end.
        gc.freeze()
    return code
