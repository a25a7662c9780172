"""OpenTelemetry: the numbers of a process as observable instruments.

Only the API is used: which SDK exports what, where to and how often is the service's affair, and
without one all of this costs nothing. Under `snowshed run`, and after `snowshed.init`, this is done
by itself as soon as ``opentelemetry.sdk.metrics`` is imported. For a provider that is not the
global one, once::

    instrument(runtime, meter=provider.get_meter("shop"))

Each export reads the same ``statistics()`` that everybody reads. Names follow the semantic
conventions; what frameworks emit by themselves (``http.server.request.duration``) is not emitted a
second time. What attributes can say is bounded.

Needs: pip install 'snowshed[opentelemetry]'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import version

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter

from snowshed.integrations._metrics import (
    SHED,
    TOTALS,
    Metric,
    ShedMetric,
    ShedSources,
    Totals,
    rules_in,
)

__all__ = ["ShedSources", "Totals", "instrument", "instrument_shed", "rules_in"]

Callback = Callable[[CallbackOptions], Iterable[Observation]]


def instrument(runtime: Totals, *, meter: Meter | None = None) -> None:
    """Export the statistics of ``runtime``.

    Args:
        runtime: what `snowshed.init` returned.
        meter: where the instruments are made; None: in the global provider, as ``snowshed``.

    To be called once: OpenTelemetry has no way to take an instrument back.
    """
    meter = meter or _meter()
    for attribute, about in TOTALS.items():
        _make(meter, about, _total(runtime, attribute))


def instrument_shed(sources: ShedSources, *, meter: Meter | None = None) -> None:
    """Export limiters, rules, breakers and light answers.

    Args:
        sources: where they are found.
        meter: as in `instrument`.
    """
    meter = meter or _meter()
    for metric in SHED:
        _make(meter, metric.about, _values(sources, metric))


def _meter() -> Meter:
    return get_meter("snowshed", version("snowshed"))


def _make(meter: Meter, about: Metric, callback: Callback) -> None:
    make = (
        meter.create_observable_counter
        if about.kind == "counter"
        else meter.create_observable_gauge
    )
    make(about.otel, callbacks=[callback], unit=about.unit, description=about.text)


def _total(runtime: Totals, attribute: str) -> Callback:
    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(getattr(runtime.statistics(), attribute))

    return observe


def _values(sources: ShedSources, metric: ShedMetric) -> Callback:
    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        for labels, value in metric.read(sources):
            attributes = dict(zip(metric.about.labels, labels, strict=True))
            yield Observation(value, attributes)

    return observe
