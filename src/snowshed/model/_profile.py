"""A profile: how often, or how long, something was at which place in the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model._stack import Stack


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a number of a sample means.

    Attributes:
        type: such as ``goroutine`` or ``cpu``.
        unit: such as ``count`` or ``nanoseconds``.
    """

    type: str
    unit: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What was counted at one place.

    Attributes:
        stack: the place, the innermost call first.
        values: one number for each of the profile's ``sample_types``.
        labels: what the samples at one place differ in, as name and text or number.
        units: the unit of each of ``labels``, such as ``bytes``, empty where it has none; an empty
            tuple if none of them has one.
    """

    stack: Stack
    values: tuple[int, ...]
    labels: tuple[tuple[str, str | int], ...] = ()
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples, and what their numbers mean.

    Attributes:
        sample_types: meaning of each of a sample's values.
        samples: one for each different place and set of labels.
        period_type: what a sample stands for; None if it was not said.
        period: of ``period_type``, between two samples.
        time_nanos: when it was taken, in nanoseconds since 1970; 0 if it was not said.
        duration_nanos: how long it was taken for.
        comments: whatever else the writer had to say.
        default_sample_type: the ``type`` that a viewer should show first; empty: the last one.
        warnings: what a reader could not read, and where; nothing that is written.
    """

    sample_types: tuple[ValueType, ...]
    samples: tuple[Sample, ...]
    period_type: ValueType | None = None
    period: int = 0
    time_nanos: int = 0
    duration_nanos: int = 0
    comments: tuple[str, ...] = ()
    default_sample_type: str = ""
    warnings: tuple[str, ...] = ()
