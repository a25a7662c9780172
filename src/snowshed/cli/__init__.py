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
        # A third of what it takes to start would be spent on looking through what was loaded.
        with uncollected():
            from snowshed.cli._main import invoke
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("snowshed needs: pip install 'snowshed[cli]'", file=sys.stderr)  # noqa: T201
        return 2
    code = invoke(args)
    if args is None:
        # The process ends, and all that it has with it: nothing needs to look through that before.
        gc.freeze()
    return code
