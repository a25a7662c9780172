"""The file that the rules come from, read again when it has changed.

A service in trouble is not restarted to change a threshold. The file is looked at once a second; a
new version takes the place of the old one only if all of it is right.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from snowshed.errors import ConfigError
from snowshed.shed._rules._parse import parse_rules
from snowshed.shed._rules._source import standard

if TYPE_CHECKING:
    from snowshed.shed._rules._model import RuleTree
    from snowshed.shed._rules._positions import Path as TomlPath

__all__ = ["STANDARD", "RulesFile"]

STANDARD = "standard"
Signature = tuple[int, int, int]


class RulesFile:
    """Reads a rules file, and reads it again when its time or size has changed.

    Every method reads the disk: on a loop call them in a thread. One caller at a time.

    Args:
        path: of the file, or ``"standard"`` for the rules that come with snowshed.
        root: the table that holds the rules, where the file is one of settings.
    """

    def __init__(self, path: str | Path, *, root: TomlPath = ()) -> None:
        self._path = None if path == STANDARD else Path(path)
        self._root = root
        self._signature: Signature | None = None

    def load(self) -> RuleTree:
        """Return the rules that the file holds now.

        Raises:
            ConfigError: it cannot be read, or holds a mistake.
        """
        if self._path is None:
            return parse_rules(standard().text, origin="standard.toml")
        try:
            self._signature = self._look()
            text = self._path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(str(self._path), f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(str(self._path), f"is not UTF-8 at byte {error.start}") from None
        return parse_rules(text, origin=str(self._path), root=self._root)

    def poll(self) -> RuleTree | None:
        """Return the rules of a file that has changed since the last call; None: it has not.

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
            self._signature = None
            raise ConfigError(str(self._path), f"cannot be read: {error.strerror}") from None
        return None if found == self._signature else self.load()

    def _look(self) -> Signature:
        assert self._path is not None
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def __repr__(self) -> str:
        return f"<RulesFile {str(self._path or STANDARD)!r}>"
