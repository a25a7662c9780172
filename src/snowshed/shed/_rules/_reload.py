"""The file that the rules come from, read again when it has changed.

A service in trouble is not restarted to change a threshold. The file is looked at once a second; a
new version takes the place of the old one only if all of it is right.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowshed.errors import ConfigError
from snowshed.shed._rules._parse import check_rules, parse_rules
from snowshed.shed._rules._source import standard

if TYPE_CHECKING:
    from snowshed.shed._rules._model import RuleTree
    from snowshed.shed._rules._positions import Path as TomlPath

__all__ = ["STANDARD", "RulesFile"]

STANDARD = "standard"
Signature = tuple[int, int, int]
_ROOTS: dict[str, TomlPath] = {
    "pyproject.toml": ("tool", "snowshed", "shed"),
    "snowshed.toml": ("shed",),
}


class RulesFile:
    """Reads a rules file, and reads it again when its time or size has changed.

    Every method reads the disk: on a loop call them in a thread. One caller at a time.

    Args:
        path: of the file, or ``"standard"`` for the rules that come with snowshed.
        root: the table that holds the rules; None: as the name of the file tells:
            ``tool.snowshed.shed`` of ``pyproject.toml``, ``shed`` of ``snowshed.toml``, else all.
    """

    def __init__(self, path: str | Path, *, root: TomlPath | None = None) -> None:
        self._path = None if path == STANDARD else Path(path)
        self._root = root if root is not None else _ROOTS.get(Path(path).name, ())
        self._signature: Signature | None = None
        self._changing: Signature | None = None

    def load(self) -> RuleTree:
        """Return the rules that the file holds now.

        Raises:
            ConfigError: it cannot be read, or holds a mistake.
        """
        text, origin = self._read()
        return parse_rules(text, origin=origin, root=self._root)

    def check(self) -> tuple[RuleTree | None, tuple[ConfigError, ...]]:
        """Return the rules and no mistakes, or None and all mistakes.

        Raises:
            ConfigError: the file cannot be read.
        """
        text, origin = self._read()
        tree, problems = check_rules(text, origin=origin, root=self._root)
        if tree is not None and self._root and not tree.rules:
            table = ".".join(map(str, self._root))
            what = f"holds no rules that are enabled; here they stand in [[{table}.rules]]"
            return None, (ConfigError(origin, what),)
        return tree, problems

    def lonely(self, tree: RuleTree) -> str:
        """Return why rules of the cluster judge each instance alone; empty: they need not.

        Only a settings file can tell.

        Args:
            tree: the rules, as they were read.

        Raises:
            ConfigError: the file cannot be read.
        """
        if not self._root or not tree.metrics("cluster"):
            return ""
        text, origin = self._read()
        table: Any = tomllib.loads(text)
        for key in self._root:
            table = table.get(key, {})
        if "redis" in table:
            return ""
        what = "rules of the cluster judge each instance alone: redis is not set"
        return f"{origin}: {what} (and needs: pip install 'snowshed[redis]')"

    def _read(self) -> tuple[str, str]:
        if self._path is None:
            return standard().text, "standard.toml"
        try:
            self._signature = self._look()
            text = self._path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(str(self._path), f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(str(self._path), f"is not UTF-8 at byte {error.start}") from None
        return text, str(self._path)

    def poll(self) -> RuleTree | None:
        """Return the rules of a file that has changed; None: it has not, or it still changes.

        A change counts when two calls in a row have found the same.

        Raises:
            ConfigError: it has changed and is not right; told once for each change.
        """
        if self._path is None:
            return None
        try:
            found = self._look()
        except OSError as error:
            if self._signature is None:
                return None
            self._signature = self._changing = None
            raise ConfigError(str(self._path), f"cannot be read: {error.strerror}") from None
        settled, self._changing = found == self._changing, found
        # An editor may empty a file before it fills it: an empty one would end every rule.
        return self.load() if found != self._signature and settled else None

    def _look(self) -> Signature:
        assert self._path is not None
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def __repr__(self) -> str:
        return f"<RulesFile {str(self._path or STANDARD)!r}>"
