"""Go in strings, as the model reads it."""

from __future__ import annotations

from snowshed.lint._go import Function, Package, read
from snowshed.lint._source import Source


def package(*codes: str, go: tuple[int, int] | None = None) -> Package:
    """Return the one package in ``codes``, each a file with its clause or without."""
    texts = [code if "package " in code else f"package p\n{code}" for code in codes]
    sources = [Source(f"p/f{number}.go", text.encode()) for number, text in enumerate(texts)]
    (only,) = read(sources, go=go)
    return only


def function(code: str, name: str = "f") -> Function:
    """Return the function or method ``name`` in ``code``."""
    found = package(code)
    return next(each for each in found.functions if each.name == name)


def body(code: str) -> Function:
    """Return a function whose statements are ``code``."""
    return function(f"func f() {{\n{code}\n}}")
