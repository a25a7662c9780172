"""``snowshed top``: the tasks of a running service, again and again."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import click

from snowshed.cli._access import Access, asks_a_process
from snowshed.cli._ask import CannotAsk, Process, Question, ask_all, read_json
from snowshed.cli._duration import duration_in
from snowshed.cli._frame import KEYS, Look, View, picture
from snowshed.cli._groups import SORTS, merge
from snowshed.cli._output import fail
from snowshed.cli._processes import processes_of
from snowshed.cli._table import terminal_width
from snowshed.cli._tasks import ALIKE, grouped_by, names_in

_COMMAND = "snowshed top"
_ORDERS = {
    "c": "count",
    "o": "oldest",
    "g": "growth",
    "s": "state",
    "w": "waiting-at",
    "b": "created-at",
}
_SHORTEST = 0.2


@click.command()
@asks_a_process
@click.option("--group-by", default=ALIKE, metavar="WHAT,...", help=f"As in tasks. [{ALIKE}]")
@click.option(
    "--sort",
    "order",
    default="count",
    metavar="WHAT",
    help="count, oldest, growth, or one of those grouped by. [count]",
)
@click.option(
    "--interval",
    default="2s",
    callback=duration_in,
    metavar="2s",
    help="Time between two looks, 200ms at least. [2s]",
)
@click.option(
    "--once",
    is_flag=True,
    help="One look, as text; so also where stdout is a pipe or a dumb terminal.",
)
def top(target: str, access: Access, **asked: Any) -> int:
    """Watch the tasks of a running service, its limiter and its rules.

    Keys sort: c by count, o by the oldest, g by growth, s by state, w by where they wait, b by
    where they were created; q quits. Exit code: 0; 2 when nobody answers.
    """
    try:
        by = names_in(asked["group_by"])
        order = order_of(asked["order"], by)

        def look() -> Look:
            return look_at(processes_of(target, access), by)

        if asked["once"] or not _can_be_drawn_on():
            click.echo("\n".join(picture(look(), View(by, order, terminal_width()))))
        else:
            _on_terminal(look, View(by, order), max(asked["interval"], _SHORTEST))
    except CannotAsk as error:
        return fail(f"{_COMMAND}: {error}")
    return 0


def order_of(order: str, by: Sequence[str]) -> str:
    """Return what to sort by, checked.

    Raises:
        CannotAsk: there is no such thing.
    """
    known = [*SORTS, *by]
    if order not in known:
        msg = f"cannot sort by {order!r}; there are: {', '.join(known)}"
        raise CannotAsk(msg)
    return order


def look_at(processes: Sequence[Process], by: Sequence[str]) -> Look:
    """Ask all processes once.

    Raises:
        CannotAsk: none answers.
    """
    answers = ask_all(processes, Question("snowshed/tasks", grouped_by(by)))
    documents = [read_json(process, body, "groups", "total") for process, body in answers]
    answering = [process for process, _ in answers]
    services = []
    # What it knows besides is not there in a process that is read from outside.
    with contextlib.suppress(CannotAsk):
        found = ask_all(answering, Question("snowshed/all"))
        services = [read_json(process, body) for process, body in found]
    return Look(
        tuple(process.name for process in answering),
        len(processes) - len(answers),
        sum(each["total"] for each in documents),
        tuple(merge(documents, by)),
        tuple(services),
    )


def watch(
    look: Callable[[], Look],
    view: View,
    show: Callable[[Look, View], None],
    pressed: Callable[[float], str],
    interval: float,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Show one look after the other until somebody presses q.

    Args:
        look: takes one.
        view: how to show the first.
        show: shows one; also again, when the order has changed.
        pressed: waits for a key, for so many seconds at most; returns it, or nothing.
        interval: seconds between two looks.
        clock: seconds.

    Raises:
        CannotAsk: nobody answers any more.
    """
    while True:
        seen = look()
        until = clock() + interval
        show(seen, view)
        while (rest := until - clock()) > 0:
            key = pressed(rest)
            if key == "q":
                return
            order = _ORDERS.get(key, "")
            if order in {*SORTS, *view.by}:
                view = replace(view, order=order)
                show(seen, view)
        before = {group.key: group.count for group in seen.groups}
        view = replace(view, before=before, total_before=seen.total)


def _on_terminal(look: Callable[[], Look], view: View, interval: float) -> None:
    from rich.live import Live
    from rich.text import Text

    ends = contextlib.suppress(KeyboardInterrupt)
    with (
        ends,
        _ended_by_signal(),
        _keys() as pressed,
        Live(screen=True, auto_refresh=False) as live,
    ):

        def show(seen: Look, view: View) -> None:
            size = live.console.size
            fitted = replace(view, width=size.width, height=size.height)
            text = "\n".join(picture(seen, fitted, KEYS))
            live.update(Text(text, no_wrap=True), refresh=True)

        watch(look, view, show, pressed, interval)


def _can_be_drawn_on() -> bool:
    # The terminal of an editor, or of a build, shows no more than lines.
    return sys.stdout.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Give the terminal back also when `timeout` or whoever closes the window ends us."""

    def end(number: int, _frame: object) -> None:
        raise click.exceptions.Exit(128 + number)

    # What is ignored, as under nohup, stays so.
    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {each: signal.getsignal(each) for each in numbers}
    for each in numbers:
        if before[each] == signal.SIG_DFL:
            signal.signal(each, end)
    try:
        yield
    finally:
        for each in numbers:
            signal.signal(each, before[each])


@contextlib.contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """Have each key at once, without Enter and unseen, while the block runs."""
    if sys.platform == "win32" or sys.stdin is None or not sys.stdin.isatty():
        yield _no_key
        return
    import termios
    import tty

    stdin = sys.stdin.fileno()
    before = termios.tcgetattr(stdin)

    def pressed(seconds: float) -> str:
        ready, _, _ = select.select([stdin], [], [], seconds)
        return os.read(stdin, 1).decode("latin-1") if ready else ""

    try:
        tty.setcbreak(stdin)
        yield pressed
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""
