"""An admission that grants or refuses what the test says, and notes what it is told."""

from __future__ import annotations

from typing import Any


class Desk:
    def __init__(
        self,
        *,
        refusal: Exception | None = None,
        light: bool = False,
        budget: int | None = None,
        timeout: float | None = None,
    ) -> None:
        self.refusal, self.gave_light = refusal, light
        self.budget, self.timeout = budget, timeout
        self.offers: list[tuple[str, str, float | None, bool]] = []
        self.handled: list[Any] = []
        self.begun = 0
        self.finished: list[tuple[str, bool, bool, str | None]] = []

    def offer(self, method: str, path: str, time_left: float | None, **more: Any) -> Desk:
        self.offers.append((method, path, time_left, more["trusted"]))
        if self.refusal is not None:
            raise self.refusal
        return self

    def belong_to(self, loop: Any) -> None:
        self.loop = loop

    def handle(self, request: Any) -> None:
        self.handled.append(request)

    def answered(self) -> None:
        self.begun += 1

    def finish(
        self,
        request: Any,
        *,
        failed: bool,
        late: bool = False,
        gone: bool = False,
        template: str | None = None,
    ) -> None:
        self.finished.append((request.name, failed, gone, template))
