"""A service as queueing theory has it, without noise: latency is flat up to the knee, then grows.

It answers what a limit asks about without a loop, a clock or chance: so many units in flight make
such a latency. Two or three numbers describe it, and a test can change them between two steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from snowshed.shed import Limit, OpenRequest, Sample, Tick


@dataclass
class FluidService:
    """Requests of one unit each, of which ``knee`` can be worked on at once.

    Attributes:
        limit: who is told.
        free: seconds that a request takes without waiting.
        knee: units from which on they wait.
        deadline: seconds that each request has.
        now: seconds.
    """

    limit: Limit
    free: float = 0.030
    knee: float = 40.0
    deadline: float = 0.250
    now: float = 100.0
    seen: list[float] = field(default_factory=list)

    def latency(self, units: float) -> float:
        return self.free * max(1.0, units / self.knee)

    def throughput(self, units: float) -> float:
        """Units a second, by Little's law."""
        return units / self.latency(units)

    def run(self, seconds: float, *, offered: float = 1e9) -> FluidService:
        """Let time pass with so many units wanting to be in flight."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            used = min(offered, self.limit.limit)
            # In calm the load varies by itself; in a flood it is what the limit lets in.
            loads = [used] if offered >= self.limit.limit else [used * f for f in (0.4, 0.7, 1, 2)]
            done = max(round(sum(map(self.throughput, loads)) / len(loads) * 0.1), 1)
            for number in range(done):
                # In blocks: dealt in turn they would fall in step with the points that are kept.
                load = max(loads[number * len(loads) // done], 1.0)
                self.limit.on_sample(
                    Sample(self.now, self.latency(load), self.deadline, load, 1.0, False)
                )
            self.limit.on_tick(Tick(self.now, used, max(loads)))
            self.seen.append(self.limit.limit)
        return self

    def hang(self, seconds: float, *, used: float) -> FluidService:
        """Let time pass while nothing finishes."""
        began = self.now
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            stuck = [OpenRequest(began, self.deadline, used)] * 30
            self.limit.on_tick(Tick(self.now, used, used, stuck))
            self.seen.append(self.limit.limit)
        return self
