"""The sections of the settings, all of them: only the program as a whole can know the list."""

from __future__ import annotations

import pkgutil
from typing import cast

import msgspec

SECTIONS = {
    "run": "snowshed.attach._settings:Settings",
    "shed": "snowshed.shed._settings:Settings",
    "observe": "snowshed.observe._settings:Settings",
    "doctor": "snowshed.doctor._settings:Settings",
    "lint": "snowshed.lint._settings:Settings",
}


def declared(section: str) -> type[msgspec.Struct]:
    """Return the struct that declares ``section``."""
    return cast(type[msgspec.Struct], pkgutil.resolve_name(SECTIONS[section]))
