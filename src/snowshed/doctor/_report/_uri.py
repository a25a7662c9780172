"""Where a file of a service is in the project of whoever reads the report.

A program says where it was built: ``/build/src/shop/cart.go``, or ``example.com/shop/cart.go`` with
``-trimpath``. In the project it is ``shop/cart.go``, or ``cart.go``. So the longest end of the path
that is a file there is taken for it; of installed libraries none, as names like ``client.go`` are
everywhere.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from snowshed.doctor._program import Whose, whose

if TYPE_CHECKING:
    from snowshed.model import Frame

__all__ = ["uri_of"]

_PARTS_AT_MOST = 40
_LONGEST = 4096
_DRIVE = re.compile(r"[A-Za-z]:/")
_UNKNOWN = "unknown"


def uri_of(frame: Frame, root: Path | None) -> tuple[str, bool]:
    """Return the URI of the file of ``frame``, and whether it is relative to the project.

    Args:
        frame: a place; one without a file gets the URI ``unknown``.
        root: folder of the project, in which the file is looked for; None: it is not.
    """
    path = frame.file[:_LONGEST].replace("\\", "/")
    if not path.strip("/"):
        return _UNKNOWN, True
    if root is not None and whose(frame) is Whose.PROGRAM:
        path = _below(path, root) or path
    if path.startswith("/") or _DRIVE.match(path):
        return f"file:///{_quoted(path.lstrip('/'))}", False
    return _quoted(str(PurePosixPath(path))), True


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


def _quoted(path: str) -> str:
    # A colon in the first part of a relative path would make it a scheme.
    return quote(path, safe="/:" if _DRIVE.match(path) else "/", errors="replace")
