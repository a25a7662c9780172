"""A backup copies files, each in a thread of its own.

With the thousand files of a customer there are a thousand threads, which take each other's disk,
and the system says "can't start new thread" in the middle of the backup.

Cause: unbounded-fanout. In the wild: porthole-ascend-cinnamon/mhddos_proxy#58.
"""

import threading
from collections.abc import Callable


def back_up(files: list[str], copy: Callable[[str], object]) -> None:
    """Copy all files."""
    threads = []
    for name in files:
        thread = threading.Thread(target=copy, args=(name,))
        thread.start()  # bug: SN402
        threads.append(thread)
    for thread in threads:
        thread.join()
