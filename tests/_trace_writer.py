"""Writes Go execution traces by hand, event by event, for tests that must know what is in them.

Written from the specification alone, and with nothing of the reader's: what both got wrong would
not be seen. A tick is a nanosecond unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NOBODY = (1 << 64) - 1

PROCS_CHANGE, PROC_START, PROC_STOP, PROC_STEAL, PROC_STATUS = range(9, 14)
CREATE, CREATE_SYSCALL, START, DESTROY, DESTROY_SYSCALL = range(14, 19)
STOP, BLOCK, UNBLOCK, SYSCALL, SYSCALL_END, SYSCALL_END_BLOCKED, STATUS = range(19, 26)
STW_BEGIN, STW_END = 26, 27
SWITCH, SWITCH_DESTROY, CREATE_BLOCKED, STATUS_STACK = range(45, 49)

RUNNABLE, RUNNING, IN_SYSCALL, WAITING = range(1, 5)

Event = tuple[int, ...]


def number(value: int, width: int = 1) -> bytes:
    """Return a number of variable length, with at least ``width`` bytes."""
    out = bytearray()
    while value > 127 or len(out) < width - 1:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def numbers(*values: int) -> bytes:
    return b"".join(map(number, values))


def batch(
    generation: int, thread: int, base: int, content: bytes, *, experiment: int | None = None
) -> bytes:
    kind = b"\x01" if experiment is None else bytes((49, experiment))
    # The runtime leaves room for the size and fills it in later: it is always as long.
    return kind + numbers(generation, thread, base) + number(len(content), 10) + content


@dataclass(slots=True)
class Generation:
    """One generation: put events to it, and ask it for the numbers of strings and stacks."""

    id: int = 1
    frequency: int = 1_000_000_000
    base: int = 0
    batches: list[bytes] = field(default_factory=list)
    strings: dict[str, int] = field(default_factory=dict)
    stacks: dict[tuple[str, ...], int] = field(default_factory=dict)

    def string(self, text: str) -> int:
        """Return the number of a string; another one in each generation."""
        return self.strings.setdefault(text, len(self.strings) + 100 * self.id)

    def stack(self, *frames: str) -> int:
        """Return the number of a stack of frames such as ``main.main:12``."""
        return self.stacks.setdefault(frames, len(self.stacks) + 10 * self.id)

    def on(self, thread: int, base: int, *events: Event) -> Generation:
        """Add a batch of events; each is its type, the time since the last, and its arguments."""
        content = b"".join(bytes((kind,)) + numbers(*arguments) for kind, *arguments in events)
        return self.raw(thread, base, content)

    def raw(self, thread: int, base: int, content: bytes) -> Generation:
        self.batches.append(batch(self.id, thread, base, content))
        return self

    def content(self, version: int) -> bytes:
        stacks = b"".join(self._stack(frames, id_) for frames, id_ in self.stacks.items())
        strings = b"".join(
            numbers(5, id_, len(text.encode())) + text.encode()
            for text, id_ in self.strings.items()
        )
        clock = numbers(8, self.frequency)
        if version >= 25:
            clock = numbers(50) + clock + numbers(51, 0, 77, 1_700_000_000, 5)
        parts = [
            *self.batches,
            batch(self.id, NOBODY, self.base, b"\x02" + stacks),
            batch(self.id, NOBODY, self.base, b"\x04" + strings),
            batch(self.id, NOBODY, self.base, clock),
        ]
        return b"".join(parts) + (b"\x34" if version >= 26 else b"")

    def _stack(self, frames: tuple[str, ...], id_: int) -> bytes:
        row = [3, id_, len(frames)]
        for pc, frame in enumerate(frames):
            function, _, line = frame.rpartition(":")
            row += [pc, self.string(function), self.string("/app/main.go"), int(line)]
        return numbers(*row)


def trace(*generations: Generation, version: int = 26) -> bytes:
    return header(version) + b"".join(each.content(version) for each in generations)


def header(version: int) -> bytes:
    return f"go 1.{version} trace".encode().ljust(16, b"\0")


def one(*events: Event, base: int = 1000, id_: int = 1) -> Generation:
    """Return a generation in which one thread does everything."""
    return Generation(id_, base=base).on(1, base, *events)


def running(id_: int = 1, thread: int = 1) -> Event:
    """Return what says that a goroutine was there before, and runs on a thread."""
    return (STATUS, 0, id_, thread, RUNNING)
