"""Where a file of a service is in the project of whoever reads the report.

A program says where it was built: ``/build/src/shop/cart.go``, or ``example.com/shop/cart.go`` with
``-trimpath``. In the project it is ``shop/cart.go``, or ``cart.go``. So the longest end of the path
that is a file there is taken for it; of installed libraries none, as names like ``client.go`` are
everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.doctor._program import Whose, whose

if TYPE_CHECKING:
    from snowshed.model import Frame

__all__ = ["path_of"]

_PARTS_AT_MOST = 40
_LONGEST = 4096


def path_of(frame: Frame, root: Path | None) -> str:
    """Return the file of ``frame``: below ``root`` if it is a file of the project, else as it is.

    Args:
        frame: a place, perhaps without a file.
        root: folder of the project, in which the file is looked for; None: it is not.
    """
    path = frame.file[:_LONGEST].replace("\\", "/")
    if root is not None and path and whose(frame) is Whose.PROGRAM:
        return _below(path, root) or path
    return path


def _below(path: str, root: Path) -> str | None:
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts or "\0" in path:
        return None
    for start in range(max(0, len(parts) - _PARTS_AT_MOST), len(parts)):
        end = "/".join(parts[start:])
        if _is_file(root / end):
            return end
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False
