"""The numbers of a runtime: what happened to all requests and their tasks."""

from __future__ import annotations

from typing import Protocol

from snowshed.integrations._metrics._metric import Metric

__all__ = ["TOTALS", "Totals"]


class Totals(Protocol):
    """What has the statistics of a process: a `snowshed.attach.Runtime`."""

    def statistics(self) -> object:
        """Return an object with the attributes named in this module."""
        ...


# By attribute of the statistics.
TOTALS = {
    "requests": Metric(
        "counter",
        "snowshed_requests",
        "snowshed.request.ended",
        "{request}",
        "Requests and connections that have ended",
    ),
    "over_budget": Metric(
        "counter",
        "snowshed_requests_over_budget",
        "snowshed.request.over_budget",
        "{request}",
        "Requests that exceeded their task budget",
    ),
    "spawned": Metric(
        "counter",
        "snowshed_tasks_spawned",
        "snowshed.task.spawned",
        "{task}",
        "Tasks of ended requests",
    ),
    "refused": Metric(
        "counter",
        "snowshed_tasks_refused",
        "snowshed.task.refused",
        "{task}",
        "Tasks refused because a budget was full",
    ),
    "would_refuse": Metric(
        "counter",
        "snowshed_tasks_would_refuse",
        "snowshed.task.would_refuse",
        "{task}",
        "Tasks that enforcement would have refused",
    ),
    "outlived": Metric(
        "counter",
        "snowshed_tasks_outlived",
        "snowshed.task.outlived",
        "{task}",
        "Tasks that outlived their request",
    ),
    "late": Metric(
        "counter",
        "snowshed_tasks_late",
        "snowshed.task.late",
        "{task}",
        "Tasks started after their request had ended",
    ),
    "bypassed": Metric(
        "counter",
        "snowshed_tasks_bypassed",
        "snowshed.task.bypassed",
        "{task}",
        "Tasks found that no task factory had seen",
    ),
    "headers_ignored": Metric(
        "counter",
        "snowshed_headers_ignored",
        "snowshed.header.ignored",
        "{header}",
        "Headers of callers about their request that could not be read",
    ),
    "reports_suppressed": Metric(
        "counter",
        "snowshed_reports_suppressed",
        "snowshed.report.suppressed",
        "{report}",
        "Report lines left out by rate limit",
    ),
    "failures": Metric(
        "counter",
        "snowshed_hook_failures",
        "snowshed.hook.failures",
        "{hook}",
        "Hooks that failed and were switched off",
    ),
    "open_requests": Metric(
        "gauge",
        "snowshed_requests_open",
        "snowshed.request.open",
        "{request}",
        "Requests and connections that have not ended",
    ),
    "live": Metric(
        "gauge",
        "snowshed_tasks",
        "snowshed.task.count",
        "{task}",
        "Live tasks of open requests",
    ),
}
