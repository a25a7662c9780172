"""Whether somebody has written a file: what a program has made is not theirs to mend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._files import Language

if TYPE_CHECKING:
    from snowshed.lint._files import File

__all__ = ["has_clause", "is_generated", "is_template"]

_HEAD = 4096

# Of Go it is agreed in which words; it has to stand before the package clause.
_AGREED = b"// Code generated "
_GO = re.compile(rb"^// Code generated .* DO NOT EDIT\.\r?$", re.MULTILINE)
_PACKAGE = re.compile(rb"^package\b", re.MULTILINE)

# Of Python it is not.
_PYTHON = re.compile(
    rb"""^(?:\xef\xbb\xbf)?\#[^\w@\n]*
    (?: (?:this\ (?:file|code|module)\ (?:is|was|has\ been)\ )?
        (?:auto[- ]?(?:matically)?[- ]?|code\ )?generated\ (?:by|from|with|using)\b
      | @generated\b
      | [^\n]*\bgenerated\b[^\n]*\bdo\ not\ (?:edit|modify|change)\b
      | [^\n]*\bdo\ not\ (?:edit|modify|change)\b[^\n]*\bgenerated\b )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_COMMENTS = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:\#[^\n]*)?\r?\n)*(?:\#[^\n]*)?")
_NAMES = ("_pb2.py", "_pb2_grpc.py")

_BEFORE_CODE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_CLAUSE = re.compile(rb"package\s+\w")
_TEMPLATE = re.compile(rb"\{\{|package\s+[\w.]*\{\{")
# What Go has nowhere outside of a text: `{{end}}` may be a literal, `{{.Name` and `{{if .` not.
_HOLE = re.compile(
    rb"""\{\{-?\s*
    (?: \.[A-Za-z_] | \$\w | (?:if|range|with)\s+[.$] | (?:block|define|template)\s+" )""",
    re.VERBOSE,
)
# What is not closed is one, too: else all that is behind it is searched again from each next one.
_TEXT = re.compile(
    rb"`[^`]*`?|\"(?:\\.|[^\"\\\n])*+\"?|'(?:\\.|[^'\\\n])++'?|//[^\n]*|/\*.*?(?:\*/|\Z)",
    re.DOTALL,
)


def is_generated(file: File, content: bytes) -> bool:
    """Tell whether a program says to have written ``content``."""
    if file.language is Language.GO:
        # Far faster than to ask the expression of each line of a file that has no such word.
        at = content.find(_AGREED)
        clause = _PACKAGE.search(content, 0, at) if at >= 0 else None
        return at >= 0 and clause is None and _GO.search(content, at) is not None
    if file.path.endswith(_NAMES):
        return True
    comments = _COMMENTS.match(content[:_HEAD])
    return comments is not None and _PYTHON.search(comments[0]) is not None


def is_template(content: bytes) -> bool:
    """Tell whether ``content`` is text with holes from which a program makes Go."""
    before = _BEFORE_CODE.match(content)
    if before is not None and _TEMPLATE.match(content, before.end()) is not None:
        return True
    # Programs that make templates have them in texts, and few have anything that looks like one.
    return _HOLE.search(content) is not None and _HOLE.search(_TEXT.sub(b'""', content)) is not None


def has_clause(content: bytes) -> bool:
    """Tell whether ``content`` begins as each file of Go does: with its package clause."""
    before = _BEFORE_CODE.match(content)
    return before is not None and _CLAUSE.match(content, before.end()) is not None
