"""One clear line where a library is missing that an integration is for."""

from __future__ import annotations

__all__ = ["needs"]


def needs(module: str, extra: str, error: ModuleNotFoundError) -> ImportError:
    """Return what to raise when ``module``, which ``extra`` installs, could not be imported.

    That is ``error`` itself if another module is missing: then the library is there, and broken.
    """
    if error.name != module:
        return error
    msg = f"module {module!r} is not installed; pip install 'snowshed[{extra}]'"
    return ModuleNotFoundError(msg, name=module)
