"""What can be set for the doctor: section ``doctor`` of the settings."""

from __future__ import annotations

import msgspec

from snowshed.doctor._ignore import parse_ignore

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the doctor does not tell of this project.

    Attributes:
        ignore: findings that are left out and counted, each as ``DETAIL`` or ``DETAIL=PATTERN``.

    Raises:
        ValueError: there is no such detail.
    """

    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for written in self.ignore:
            parse_ignore(written)
