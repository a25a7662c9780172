"""What stands in the flood in one process: admission, and the rules that it obeys.

Both are made when the service starts, so that a mistake in the settings is known then. The rules
begin to be judged when the first request comes: not every process that is attached serves any, and
a loop that serves ends its tasks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from typing import TYPE_CHECKING, Any

from snowshed import config
from snowshed.attach._settings import Settings as RunSettings
from snowshed.core import _hooks
from snowshed.errors import ConfigError
from snowshed.integrations._metrics import ShedSources, reading_of, rules_in
from snowshed.shed._admission import Admission
from snowshed.shed._light import LIGHT_MARK
from snowshed.shed._limiter import AdaptiveLimiter
from snowshed.shed._limits import (
    AIMDLimit,
    DeadlineLimit,
    FixedLimit,
    Gradient2Limit,
    VegasLimit,
    WindowedLimit,
)
from snowshed.shed._pressure import service_pressure
from snowshed.shed._routes import RouteTable
from snowshed.shed._rules import RuleRunner, RulesFile
from snowshed.shed._settings import Settings

if TYPE_CHECKING:
    from snowshed.integrations._metrics import LimiterReading, RuleReading
    from snowshed.shed._limits import Limit
    from snowshed.shed._rules import ClusterLink
    from snowshed.shed._settings import LimitName

__all__ = ["Shed", "admission_of", "cluster_of", "read_settings"]

logger = logging.getLogger("snowshed.attach")
NAMELESS = (
    "setting run.service",
    "shed.redis is set and this is not: name the service, as 'shop'; those unnamed add up",
)
"""Where and what: the instances of services that nobody has named add up."""


class Shed:
    """Admission and rules of this process, as the settings have them.

    Args:
        settings: section ``shed``.
        rules: where the operator's rules stand; None: there are none.
        service: name of the service.
        enforce: False: the service is only observed, so that nobody is refused.

    Raises:
        ConfigError: the rules cannot be read, or hold a mistake.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        rules: RulesFile | None = None,
        service: str,
        enforce: bool,
    ) -> None:
        self.settings = settings
        shared = settings.redis is not None and rules is not None
        if shared and service == RunSettings().service:
            logger.warning("%s: %s", *NAMELESS)
        self.admission: Admission = admission_of(settings, name=service, enforce=enforce)
        self.rules: RuleRunner | None = None
        if rules is not None:
            limiter = self.admission.limiter
            self.rules = RuleRunner(
                rules,
                meter=self.admission.meter,
                enforce=self.admission.enforce,
                pressure=lambda: limiter.pressure,
                cluster=_cluster(settings, service),
            )
        self._running: asyncio.Task[None] | None = None
        self.admission.when_serving(self._begin)
        if self.admission.enforce:
            service_pressure.add(service, lambda: self.admission.limiter.level)
            _hooks.on_light(_mark)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.rules is not None:
            # Of no request: what runs for the service must not count in the first one's budget.
            self._running = loop.create_task(
                self.rules.run(), name="snowshed-rules", context=Context()
            )

    def sources(self) -> ShedSources:
        """Return where the metrics of all this are read."""
        return ShedSources(limiters=self.limiters, rules=self._rule_readings)

    def _rule_readings(self) -> Iterable[RuleReading]:
        return () if self.rules is None else rules_in(self.rules.report())

    def limiters(self) -> Mapping[str, LimiterReading]:
        """Return what the metrics say of each limiter, by name."""
        return {self.admission.limiter.name: reading_of(self.admission)}


def read_settings(
    overrides: Mapping[str, Any], *, spelled: Callable[[str], str] = "argument {}".format
) -> tuple[Settings, RulesFile | None]:
    """Return section ``shed`` and the file in which its rules stand, if it has any.

    Args:
        overrides: arguments that were given, by key.
        spelled: how the user wrote the argument of a key, for messages.

    Raises:
        ConfigError: a setting is unknown or not accepted.
    """
    settings = config.section("shed", Settings, overrides=overrides, spelled=spelled)
    if isinstance(settings.rules, str):
        return settings, RulesFile(settings.rules)
    if settings.rules is None and settings.use is None:
        return settings, None
    key = "use" if settings.rules is None else "rules"
    found = config.explain("shed", Settings, overrides=overrides, spelled=spelled)
    # The rules stand among the settings: ``shop/pyproject.toml: tool.snowshed.shed.rules``.
    source = next(setting.source for setting in found if setting.key == key)
    path, _, place = source.rpartition(": ")
    if not path:
        msg = "these stand in a settings file only; name a file here: rules = 'rules.toml'"
        raise ConfigError(source, msg)
    return settings, RulesFile(path, root=tuple(place.split(".")[:-1]))


def admission_of(settings: Settings, *, name: str, enforce: bool) -> Admission:
    """Return the admission that ``settings`` ask for.

    Args:
        settings: of section ``shed``.
        name: of the service.
        enforce: False: it refuses nobody, whatever they say.
    """
    limit = _LIMITS[settings.limit](settings.max_limit)
    limiter = AdaptiveLimiter(name, limit=limit, objective=settings.objective)
    return Admission(
        limiter,
        routes=RouteTable(settings.routes),
        enforce=enforce and settings.mode == "enforce",
    )


def _deadline(most: float) -> Limit:
    return DeadlineLimit(initial_limit=min(50.0, most), max_limit=most)


_LIMITS: dict[LimitName, Callable[[float], Limit]] = {
    "deadline": _deadline,
    "gradient2": lambda _: WindowedLimit(Gradient2Limit()),
    "vegas": lambda _: VegasLimit(),
    "aimd": lambda _: AIMDLimit(),
    "fixed": FixedLimit,
}


def cluster_of(settings: Settings, service: str) -> ClusterLink | None:
    """Return where instances share their counts, as the settings say; it connects later.

    Args:
        settings: section ``shed``.
        service: name that the instances share.

    Raises:
        ConfigError: the URL is none, or the library is not installed. It never holds the URL, of
            which each part may be a piece of a password.
    """
    if settings.redis is None:
        return None
    try:
        # Loads the client of Redis, which only a service that shares its counts needs.
        from snowshed.integrations.redis import RedisCluster  # noqa: PLC0415

        return RedisCluster(settings.redis, service=service)
    except ImportError as error:
        raise ConfigError("setting shed.redis", str(error)) from None
    except Exception:  # noqa: BLE001 - its text may quote the URL
        msg = "no URL of a Redis (it is not shown here); write redis://user:password@host:6379/0"
        raise ConfigError("setting shed.redis", msg) from None


def _cluster(settings: Settings, service: str) -> ClusterLink | None:
    try:
        return cluster_of(settings, service)
    except ConfigError as error:
        logger.error("%s; rules of the cluster judge this instance alone", error)
        return None


def _mark() -> None:
    mark = LIGHT_MARK.get()
    if mark is not None:
        mark.count += 1
