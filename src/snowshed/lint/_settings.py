"""What can be set for lint: section ``lint`` of the settings."""

from __future__ import annotations

import msgspec

from snowshed.lint._select import Selection

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lint tells of this project.

    Attributes:
        select: rules that are told, each an id, the beginning of ids (``SN3``), a name or a cause;
            none is all.
        ignore: rules that are not told, in the same words.
        advice: whether findings that are often well as they are are told as well.
        exclude: patterns of files and folders that are not walked into.
        per_path_ignores: rules that are not told of files which match a pattern.
        jobs: how many processes; None is one for each core.
        cache: folder that keeps what is known; empty is none.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    advice: bool = False
    exclude: tuple[str, ...] = ()
    per_path_ignores: dict[str, tuple[str, ...]] = {}
    jobs: int | None = None
    cache: str = ".snowshed_cache"

    def selection(self) -> Selection:
        """Return what is told."""
        raise NotImplementedError
