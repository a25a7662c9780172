"""What SARIF must be: valid by the schema of OASIS."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import _needs

_SCHEMA = Path(__file__).with_name("doctor") / "sarif-2.1.0.json"


@cache
def _validator() -> Callable[[object], object]:
    _needs.module("fastjsonschema")
    import fastjsonschema

    validate: Callable[[object], object] = fastjsonschema.compile(
        json.loads(_SCHEMA.read_text()), use_default=False
    )
    return validate


def valid_run(document: object) -> dict[str, Any]:
    """Return the only run of ``document``, which is valid as it has gone through a file."""
    told = json.loads(json.dumps(document))
    _validator()(told)
    (run,) = told["runs"]
    return dict(run)
