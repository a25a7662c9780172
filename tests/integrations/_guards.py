"""Guards that note what they were told."""

from __future__ import annotations

from snowshed.shed._guard import Permit


class NotingGuard:
    """Lets calls go, or refuses them with ``refusal``; notes what became of each."""

    def __init__(self, refusal: BaseException | None = None) -> None:
        self.refusal = refusal
        self.outcomes: list[str] = []

    def admit(self) -> Permit:
        if self.refusal is not None:
            raise self.refusal
        return Permit(self.outcomes.append)
