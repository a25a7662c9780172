"""SARIF 2.1.0, which code scanning reads: what all that write it have in common.

Whoever finds something says what; how it must look so that GitHub and others take it is the same
for all. A message is text in which ``](`` would be a link, and names of functions have both. A path
is a URI, relative to the root of the sources if it can be. A fingerprint stays when lines move, and
two findings that are alike have different ones. Of what is longer than is shown the end is cut.

Source of the format: OASIS SARIF 2.1.0; of the limits: GitHub's page on SARIF support. Each
function costs O(length).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from snowshed._printable import printable
from snowshed.model import Severity

__all__ = [
    "HOME",
    "LEVELS",
    "RESULTS_AT_MOST",
    "artifact",
    "fingerprints",
    "log",
    "message",
    "notes",
    "sentence",
    "uri",
]

RESULTS_AT_MOST = 5000
"""Of a longer file GitHub shows so many, and refuses one with 25,000."""
HOME = "https://snowshed.readthedocs.io"
"""Where the pages are that help."""
LEVELS: Mapping[Severity, str] = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
"""What a severity is called."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "SRCROOT"
_UNKNOWN = "unknown"
_LONGEST = 4096
_DRIVE = re.compile(r"[A-Za-z]:/")


def log(
    driver: Mapping[str, Any],
    results: Iterable[Mapping[str, Any]],
    *,
    notifications: Iterable[Mapping[str, Any]] = (),
    properties: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Return the document for one run of a tool.

    Args:
        driver: what the tool says of itself, with its rules.
        results: what it has found.
        notifications: what else there is to say, as `notes` makes them.
        properties: of the run.
    """
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": [*notifications]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": message("The root of the sources.")}},
        "invocations": [invocation],
        "results": [*results],
        "properties": properties,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def message(text: str) -> dict[str, str]:
    """Return ``text`` with its lines, without what would be a link or would steer a terminal."""
    lines = (printable(line) for line in text.splitlines())
    return {"text": "\n".join(lines).replace("](", "] (")}


def sentence(text: str) -> str:
    """Return ``text`` in one line, with a capital and a full stop."""
    text = " ".join(text.split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def notes(level: str, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield a notification for each of ``texts``; ``level`` is ``warning`` or ``note``."""
    for text in texts:
        yield {"level": level, "message": message(text)}


def artifact(path: str) -> dict[str, str]:
    """Return where the file ``path`` is; one without a name is ``unknown``."""
    found, is_relative = uri(path)
    return {"uri": found, **({"uriBaseId": _ROOT} if is_relative else {})}


def uri(path: str) -> tuple[str, bool]:
    """Return ``path`` as a URI, and whether it is relative to the root of the sources."""
    path = path[:_LONGEST].replace("\\", "/")
    if not path.strip("/"):
        return _UNKNOWN, True
    if path.startswith("/") or _DRIVE.match(path):
        return f"file:///{_quoted(path.lstrip('/'))}", False
    return _quoted(str(PurePosixPath(path))), True


def _quoted(path: str) -> str:
    # A colon in the first part of a relative path would make it a scheme.
    return quote(path, safe="/:" if _DRIVE.match(path) else "/", errors="replace")


def fingerprints(findings: Sequence[tuple[Sequence[str], int]]) -> list[dict[str, str]]:
    """Return for each finding what it is known by, which stays when lines move.

    Args:
        findings: of each what does not change, such as its rule and its function, and its line.
            Several that are alike are numbered in the order of their lines.
    """
    import hashlib  # noqa: PLC0415 - loads a library for cryptography, which most reports do not need

    order = sorted(range(len(findings)), key=lambda index: findings[index][1])
    seen: Counter[str] = Counter()
    found = [""] * len(findings)
    for index in order:
        text = "\0".join(findings[index][0])
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
        seen[digest] += 1
        found[index] = f"{digest}:{seen[digest]}"
    return [{"primaryLocationLineHash": each, "snowshed/v1": each} for each in found]
