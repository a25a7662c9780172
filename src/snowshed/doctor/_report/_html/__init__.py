"""A diagnosis as one page for a browser: no script, no network, nothing that is not in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.doctor._diagnose import Diagnosis

__all__ = ["html"]


def html(diagnosis: Diagnosis, *, version: str) -> str:
    """Return ``diagnosis`` as a page that needs nothing but a browser.

    It shows the worst findings, the others are counted, and plots of what was seen: growth and
    states over the looks, which lines have created what lives, who waits for whom.

    Args:
        diagnosis: what was found.
        version: of this program.

    Cost: O(findings, places and looks); the page itself is bounded.
    """
    # Who wants no page need not wait for what draws one.
    from snowshed.doctor._report._html._page import page  # noqa: PLC0415

    return page(diagnosis, version=version)
