"""What can be set for lint: section ``lint`` of the settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import msgspec

from snowshed.lint._patterns import Patterns
from snowshed.lint._select import Selection, meant, nearest
from snowshed.lint._suppress import UNUSED
from snowshed.lint.rules import named
from snowshed.model import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings", "rules_in"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lint tells of this project.

    Attributes:
        select: rules that are told, each an id, the beginning of ids (``SN3``), a name or a cause,
            or ``unused-suppression``; none is all.
        ignore: rules that are not told, in the same words.
        advice: whether findings that are often well as they are are told as well.
        exclude: files and folders that are not walked into, in the language of ``.gitignore``.
        per_path_ignores: rules that are not told of some files, by the same kind of pattern.
        jobs: how many processes; None is one for each core.
        cache: folder that keeps what is known; empty is none.

    Raises:
        ValueError: there is no such rule.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    advice: bool = False
    exclude: tuple[str, ...] = ()
    per_path_ignores: dict[str, tuple[str, ...]] = {}
    jobs: Annotated[int, msgspec.Meta(ge=1, le=1024)] | None = None
    cache: str = ".snowshed_cache"

    def __post_init__(self) -> None:
        written = (*self.select, *self.ignore, *self.per_path_ignores.values())
        if written:
            self.selection()

    def selection(self) -> Selection:
        """Return what is told."""
        if not (self.select or self.ignore or self.per_path_ignores):
            return Selection(advice=self.advice)
        known = named()
        return Selection(
            selected=rules_in(self.select) if self.select else None,
            ignored=rules_in(self.ignore),
            asked=frozenset(word.upper() for word in self.select if word.upper() in known)
            | frozenset(id_ for id_, rule in known.items() if rule.name in self.select),
            advice=self.advice,
            ignored_in=tuple(
                (Patterns([pattern]), rules_in(words))
                for pattern, words in self.per_path_ignores.items()
            ),
        )


def rules_in(words: Iterable[str]) -> frozenset[str]:
    """Return the ids that ``words`` stand for.

    Raises:
        ValueError: one of them stands for none.
    """
    known = {**meant(named()), UNUSED: frozenset({UNUSED})}
    return frozenset(id_ for word in words for id_ in _known(word, known))


def _known(word: str, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found = known.get(word.lower())
    if found is not None:
        return found
    rules = named()
    names = (each.name for each in rules.values())
    near = nearest(word, [*rules, *names, *map(str, Cause), UNUSED])
    hint = f" (did you mean {near!r}?)" if near else ""
    # Of what begins like an id, those that do begin so are fewer to choose from.
    begins = next((each for each in (word[:4], word[:3]) if each.lower() in known), "")
    listed = f"snowshed explain {begins.upper()}".rstrip()
    msg = (
        f"{word!r} is no rule{hint}: use an id, what ids begin with, a name or a cause; "
        f"{listed} lists them"
    )
    raise ValueError(msg)
