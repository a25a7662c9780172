"""Attaching snowshed to this process, once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from snowshed import config
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings
from snowshed.observe._settings import Settings as ObserveSettings

if TYPE_CHECKING:
    from snowshed.attach._shed import Shed

__all__ = ["init", "start_from_environment"]

logger = logging.getLogger("snowshed.attach")
_runtime: Runtime | None = None


def init(
    *,
    shed: Mapping[str, Any] | None = None,
    observe: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Runtime:
    """Attach snowshed to this process, as `snowshed run` does from outside.

    Call it before the event loop is made, or at least before the application is loaded. A second
    call returns the runtime that is there, and logs which of its arguments have no effect.

    Args:
        shed: see `snowshed.shed.Settings`; what is not given comes from ``SNOWSHED_SHED_*`` and the
            ``shed`` section of the settings file.
        observe: the same for `snowshed.observe.Settings` and section ``observe``.
        settings: the same for `snowshed.attach.Settings` and section ``run``.

    Raises:
        ConfigError: a setting is unknown or has an unacceptable value.
    """
    global _runtime  # noqa: PLW0603 - a process is attached once
    if _runtime is None:
        run = config.section("run", Settings, overrides=settings)
        looks = config.section("observe", ObserveSettings, overrides=observe or {})
        runtime = Runtime(run, _shed_of(run, shed), looks)
        runtime.start()
        _runtime = runtime
    else:
        _warn_of_ignored(_runtime, shed, observe, settings)
    return _runtime


def _warn_of_ignored(
    runtime: Runtime,
    shed: Mapping[str, Any] | None,
    observe: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
) -> None:
    """Say what of a later call has no effect: ``snowshed run`` may have come first."""
    asked = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    known = asdict(runtime.settings)
    ignored = [key for key in asked if key not in known or known[key] != asked[key]]
    ignored += [name for name, section in (("shed", shed), ("observe", observe)) if section]
    if ignored:
        logger.warning(
            "snowshed.init() was called again, or under 'snowshed run': what was set first stays, "
            "these arguments are ignored: %s",
            ", ".join(ignored),
        )


def _shed_of(run: Settings, overrides: Mapping[str, Any] | None) -> Shed | None:
    """Return what refuses requests, or would; None: nothing does."""
    if run.mode == "observe" and not overrides and not config.mentions("shed"):
        return None
    # Not every service sheds, and what those need that do is the larger part of us.
    from snowshed.attach._shed import Shed, read_settings  # noqa: PLC0415

    settings, rules = read_settings(overrides or {})
    # A dry run costs several times what observing does, so in `observe` it has to be asked for.
    if settings.mode == "off" or (run.mode == "observe" and settings.mode != "dry-run"):
        return None
    return Shed(settings, rules=rules, service=run.service, enforce=run.mode == "enforce")


def start_from_environment() -> None:
    """Attach as ``SNOWSHED_RUN_*`` and the settings file say; for the bootstrap."""
    init()
