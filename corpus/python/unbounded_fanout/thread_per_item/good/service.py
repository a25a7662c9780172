"""A backup copies files, eight at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def back_up(files: list[str], copy: Callable[[str], object]) -> None:
    """Copy all files."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        for _ in pool.map(copy, files):
            pass
