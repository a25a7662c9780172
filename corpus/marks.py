"""Print where a tool should report: ``python -m corpus.marks``, a line of JSON for each mark."""

from __future__ import annotations

import json

from corpus._programs import programs


def main() -> None:
    """Print the marks of all programs."""
    for one in programs():
        for label in one.labels:
            mark = {"path": one.name, "line": label.line, "cause": one.cause, "rule": label.rule}
            print(json.dumps(mark))


if __name__ == "__main__":
    main()
