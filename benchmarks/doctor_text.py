"""What it takes to diagnose a dump of goroutines, beside the least that reading it could take.

The least is to split the text into its lines and to match one regular expression per line, which
tells what the line is and takes it apart. Beside it stands all that `snowshed doctor` does:
reading, grouping, and asking every cause. Both are of this process, in turn, on the same bytes.

The dumps are made of goroutines that Go has printed, again and again with other ids, addresses and
parents, each of whom has made about twenty. In one, they stand at the places of a small program; in
the other, at four hundred, eight calls deep, as in a large service.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator

from benchmarks._pythons import HOUSE
from benchmarks._runner import Row, row_of
from snowshed.doctor import diagnose, load, look_at

NAME = "dump"
GOAL = 3.0
ROUNDS = 7
GOROUTINES = 20_000
OURS = "load, look_at, diagnose"
ONE = "one regular expression per line"
_DUMP = HOUSE / "tests" / "formats" / "go" / "debug2.txt"
# What each line of a dump may be, as whoever reads one would have to tell.
_LINE = re.compile(
    r"goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]]*)\](?: \{(.*)\})?:$"
    r"|\t(.+):(\d+)(?: \+0x[0-9a-f]+)?$"
    r"|created by (.+?)(?: in goroutine (\d+))?$"
    r"|(.+)\(([^()]*)\)$"
)
_ID, _PARENT = re.compile(r"^goroutine \d+", re.MULTILINE), re.compile(r"in goroutine \d+")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
# As in a service that is at work: of twelve places one waits for a lock.
_STATES = (
    *("IO wait", "select", "chan receive", "select", "IO wait", "chan receive"),
    *("sleep", "chan send", "semacquire", "select", "chan receive", "sync.Mutex.Lock"),
)
_PLACES, _DEPTH = 400, 8


def few_places(number: int, chance: random.Random) -> str:
    """Return a dump of ``number`` goroutines that stand where those of a real program stood."""
    blocks = _DUMP.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    made = (_anew(blocks[count % len(blocks)], count, number, chance) for count in range(number))
    return "\n\n".join(made) + "\n"


def _anew(block: str, count: int, number: int, chance: random.Random) -> str:
    block = _ID.sub(f"goroutine {count + 1}", block)
    block = _PARENT.sub(f"in goroutine {_maker(number, chance)}", block)
    return _ADDRESS.sub(lambda _: f"0xc{chance.getrandbits(36):09x}", block)


def many_places(number: int, chance: random.Random) -> str:
    """Return a dump of ``number`` goroutines at several hundred places, eight calls deep."""
    made = (_deep(count, count % _PLACES, number, chance) for count in range(number))
    return "\n".join(made)


def _deep(count: int, place: int, number: int, chance: random.Random) -> str:
    lines = [f"goroutine {count + 1} [{_STATES[place % len(_STATES)]}, {place % 9 + 1} minutes]:"]
    for depth in range(_DEPTH):
        # A method is given one of a few objects, and something of its own.
        thing = 0xC000000000 + 0x1000 * (_DEPTH * place + depth) + 0x100 * chance.randrange(5)
        given = (
            f"{thing:#x}, 0xc{chance.getrandbits(36):09x}, {{0x{chance.getrandbits(20):x}, 0x5}}"
        )
        lines.append(f"example.com/shop/pkg{place % 37}.(*T{place}).m{depth}({given})")
        lines.append(f"\t/srv/shop/pkg{place % 37}/file{depth}.go:{place + 10} +0x{place + 16:x}")
    # Whoever starts goroutines at a line stands where that line is reached from.
    maker = (7 * place) % _PLACES + _PLACES * chance.randrange(number // _PLACES // 20 + 1) + 1
    lines.append(f"created by example.com/shop/pkg{place % 37}.start in goroutine {maker}")
    lines.append(f"\t/srv/shop/pkg{place % 37}/start.go:{place + 10} +0x2e\n")
    return "\n".join(lines)


def _maker(number: int, chance: random.Random) -> int:
    """Return the id of one that has made about twenty."""
    return chance.randrange(1, number // 20 + 2)


DUMPS: dict[str, Callable[[int, random.Random], str]] = {
    "at the places of a small program": few_places,
    f"at {_PLACES} places, {_DEPTH} calls deep": many_places,
}


def measure(*, rounds: int, number: int = GOROUTINES) -> Iterator[list[Row]]:
    """Yield the rows of each dump of ``number`` goroutines."""
    for name, make in DUMPS.items():
        data = make(number, random.Random(number)).encode()
        ratios: dict[str, list[float]] = {OURS: [], ONE: []}
        for _ in range(min(rounds, ROUNDS)):
            least = _spent(_by_lines, data)
            ratios[ONE].append(_spent(_by_lines, data) / least)
            ratios[OURS].append(_spent(_diagnosed, data) / least)
        section = f"{NAME} of {number:,} goroutines {name}"
        loop = "CPython"
        yield [
            row_of(
                found,
                section=section,
                name=f"{which} again" if which == ONE else which,
                loop=loop,
                goal=GOAL if which == OURS else None,
                baseline=ONE,
            )
            for which, found in reversed(ratios.items())
        ]


def _spent(work: Callable[[bytes], object], data: bytes) -> float:
    began = time.process_time()
    work(data)
    return time.process_time() - began


def _by_lines(data: bytes) -> None:
    for line in data.decode().split("\n"):
        _LINE.match(line)


def _diagnosed(data: bytes) -> object:
    look = look_at(load("dump", data))
    assert look is not None
    return diagnose([look])
