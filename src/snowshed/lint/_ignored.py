"""What git is told to ignore in a folder and above it, up to the top of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snowshed.lint._patterns import Patterns

__all__ = ["Ignored"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """The lists that speak of what lies in one folder.

    Attributes:
        lists: each with the path from its folder to this one, the outermost first.
        applies: whether the folder lies in a repository.
    """

    lists: tuple[tuple[str, Patterns], ...] = ()
    applies: bool = True

    @classmethod
    def at(cls, folder: str) -> Ignored:
        """Return what is ignored in ``folder``: nothing if that is itself, or in no repository."""
        here = Path(folder)
        top = next((each for each in (here, *here.parents) if (each / ".git").exists()), None)
        if top is None:
            return cls(applies=False)
        found = cls()._with(_read(top / ".git" / "info" / "exclude"))._with(_listed(top))
        for name in here.relative_to(top).parts:
            top = top / name
            if found.names(f"{name}/"):
                return cls(applies=False)
            found = found.inside(str(top), name)
        return found

    def inside(self, folder: str, name: str) -> Ignored:
        """Return what is ignored in ``folder``, which is called ``name`` in this one."""
        if not self.applies:
            return self
        deeper = tuple((f"{way}{name}/", patterns) for way, patterns in self.lists)
        return Ignored(deeper)._with(_listed(Path(folder)))

    def names(self, entry: str) -> bool:
        """Tell whether ``entry`` of this folder is ignored; a folder's name ends in a slash."""
        for way, patterns in reversed(self.lists):
            said = patterns.say(way + entry)
            if said is not None:
                return said
        return False

    def _with(self, patterns: Patterns) -> Ignored:
        return Ignored((*self.lists, ("", patterns))) if patterns else self


def _listed(folder: Path) -> Patterns:
    return _read(folder / ".gitignore")


def _read(path: Path) -> Patterns:
    try:
        return Patterns(path.read_text(encoding="utf-8-sig", errors="replace").split("\n"))
    except OSError:
        return Patterns(())
