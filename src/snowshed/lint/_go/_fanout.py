"""Loops that start a goroutine in each turn: over what, and what each of them does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import is_repeated
from snowshed.lint._go._handlers import handler_of, serving, unversioned
from snowshed.lint._go._joins import Bond, Spawn, bond_of, spawns, variable_of, within
from snowshed.lint._go._limits import is_limited
from snowshed.lint._go._numbers import length_of
from snowshed.lint._go._origins import Origin, origin_of
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._types import callee, is_channel, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["endless", "fanout"]

_READS_ON = re.compile(r"\.(?:Next|Scan|More|HasNext)\(")
_COUNT = re.compile(r"<=?\s*len\(([\w.]+)\)|len\(([\w.]+)\)\s*>")
# Settings of a service, of which there are a few: what runs for each of them is no flood.
_SETTINGS = re.compile(
    r"(?:peer|node|server|endpoint|replica|member|broker|host|backend|upstream|listener|worker|shard"
    r"|cluster|provider|plugin|service|component|module|handler|check|cfg|config|option|runner"
    r"|addr|ip|client|region|zone|source|sink|store|queue|topic|driver|stage|manager|controller|iface"
    r"|interface|device|disk|volume|watcher|subscri|monitor|conn|channel|input|output|stream)"
    r"\w{0,3}(?:\(\))?$",
    re.IGNORECASE,
)


def _in_loops(package: Package) -> Sequence[tuple[Spawn, n.For]]:
    """Return what is started in each turn of a loop, not waited for there, and not limited."""
    found = package.kept.get("in loops")
    if not isinstance(found, tuple):
        found = package.kept["in loops"] = tuple(_find_in_loops(package))
    return found


def _find_in_loops(package: Package) -> Iterator[tuple[Spawn, n.For]]:
    for spawn in spawns(package):
        loop = spawn.loop
        if loop is None or (spawn.group is not None and not _is_group(spawn)):
            continue
        if bond_of(spawn, inside=loop.body) is not Bond.JOINED and not is_limited(spawn):
            yield spawn, loop


def _is_group(spawn: Spawn) -> bool:
    """Tell whether the ``Go`` of ``spawn`` is one that starts a goroutine at once."""
    variable = variable_of(spawn.group)
    made = None if variable is None else variable.value or variable.source
    if isinstance(made, n.Call) and made.path == "errgroup.WithContext":
        return True
    return re.match(r"\*?(?:errgroup\.Group|sync\.WaitGroup)$", type_of(spawn.group)) is not None


def fanout(package: Package) -> Iterator[Finding]:
    """Yield the goroutines of which there is one for each of something: what SN402 says of Go."""
    for spawn, loop in _in_loops(package):
        over = _over(loop)
        if loop.is_endless or over is None or _is_in_chunks(spawn, loop) or _only_closes(spawn):
            continue
        tier = _tier(spawn, over)
        if tier is not None:
            message = (
                f"`{spawn.words}` starts a goroutine for each of `{_short(over)}`, "
                "and nothing limits how many run at once"
            )
            yield spawn.function.file.finding(
                "SN402", spawn.node, message, tier=tier, confidence=0.8
            )


def _short(expression: n.Expression) -> str:
    text = " ".join(expression.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def _over(loop: n.For) -> n.Expression | None:
    """Return what there may be any number of; None if the loop goes over nothing of the kind."""
    if loop.ranged is not None:
        if length_of(loop.ranged) is not None:
            return None
        type_ = type_of(loop.ranged)
        if is_channel(type_) or not loop.keys or _is_number(loop, type_):
            return None
        return loop.ranged
    if loop.condition is None or _READS_ON.search(loop.condition.text):
        return loop.condition
    if _COUNT.search(loop.condition.text) is None:
        return None
    calls = (each for each in n.walk(loop.condition) if isinstance(each, n.Call))
    return next(
        (each.arguments[0] for each in calls if each.path == "len" and each.arguments), None
    )


def _is_number(loop: n.For, type_: str) -> bool:
    """Tell whether ``loop`` counts to a number: of an unknown type only if nothing is indexed."""
    if isinstance(loop.ranged, n.Literal) or type_.startswith(("int", "uint")):
        return True
    if type_ or len(loop.keys) > 1 or loop.ranged is None:
        return False
    over = n.path_of(loop.ranged)
    return not any(
        isinstance(each, n.Index) and n.path_of(each.operand) == over for each in within(loop.body)
    )


def _tier(spawn: Spawn, over: n.Expression) -> Tier | None:
    """Return how sure it is that there may be many; None: there are as many as are written."""
    origin = origin_of(over)
    if _READS_ON.search(over.text):
        origin |= Origin.READ
    if origin is Origin.WRITTEN or _is_table(over):
        return None
    settings = _SETTINGS.search(n.path_of(over) or over.text) is not None
    handler = serving(spawn.function)
    if handler is not None:
        if handler.kind != "stream" and spawn.bond < Bond.ENDED:
            return None  # SN101 says it
        many = Origin.REQUEST | Origin.READ | Origin.GIVEN
        return Tier.DEFAULT if origin & many and not settings else Tier.ADVICE
    if origin & (Origin.READ | Origin.GIVEN) and not settings and not _stays(spawn):
        return Tier.DEFAULT if _calls_out(spawn) else Tier.ADVICE
    return Tier.ADVICE


def _stays(spawn: Spawn) -> bool:
    """Tell whether the goroutine goes on until it is told to end: one for each of what there is."""
    return any(isinstance(each, n.For) and each.is_endless for each in spawn.body)


_CLOSES = re.compile(
    r"^(?i:close|shutdown|stop|cancel|release|disconnect|terminate|kill)(?:[A-Z_]\w*)?$"
    r"|(?:Close|Shutdown|Stop|Cancel)$"
)
_BESIDE = re.compile(
    r"(?:[A-Z]\w*)?(?:append|len|Done|Unlock|Lock|Errorf?|Warnf?|Warningf?|Infof?|Debugf?|Printf?|Println"
    r"|Add|Wrapf?|Err|recover|Background|WithTimeout)$"
)


def _only_closes(spawn: Spawn) -> bool:
    """Tell whether it ends something that is there: each of these goes away by that."""
    if spawn.call is not None and _CLOSES.search(spawn.call.method):
        return True
    calls = [each for each in spawn.body if isinstance(each, n.Call)]
    closes = [each for each in calls if _CLOSES.search(each.method)]
    return bool(closes) and all(each in closes or _BESIDE.match(each.method) for each in calls)


def _is_table(over: n.Expression) -> bool:
    """Tell whether ``over`` is a variable of the package that is written out where it stands."""
    variable = over.variable if isinstance(over, n.Name) else None
    return (
        variable is not None
        and variable.kind is Kind.PACKAGE
        and isinstance(variable.value, n.Composite)
    )


def _is_in_chunks(spawn: Spawn, loop: n.For) -> bool:
    """Tell whether a loop around goes over parts, each of which is waited for."""
    outer = next((each for each in n.inside(loop) if isinstance(each, n.For)), None)
    return outer is not None and bond_of(spawn, inside=outer.body) is Bond.JOINED


_NETWORK = {
    "net/http": frozenset(
        {"Get", "Post", "PostForm", "Head", "NewRequest", "NewRequestWithContext"}
    ),
    "net": frozenset({"Dial", "DialTimeout", "DialTCP", "LookupHost", "LookupIP", "LookupAddr"}),
    "os/exec": frozenset({"Command", "CommandContext"}),
    "google.golang.org/grpc": frozenset({"Dial", "DialContext", "NewClient"}),
}
_METHODS = frozenset(
    {
        "Dial",
        "DialContext",
        "ExecContext",
        "GetObject",
        "InvokeModel",
        "PutObject",
        "QueryContext",
        "QueryRow",
        "QueryRowContext",
        "RoundTrip",
        "SendMessage",
        "Publish",
    }
)
_DEPTH = 3


def _calls_out(spawn: Spawn) -> bool:
    """Tell whether the goroutine asks somebody else: another process, a database, a program."""
    if spawn.call is not None and spawn.runs is None:
        return _asks(spawn.call)
    return spawn.runs is not None and _asks_in(spawn.runs, _DEPTH)


def _asks_in(function: Function, depth: int) -> bool:
    kept = function.kept.get("asks")
    if not isinstance(kept, bool):
        function.kept["asks"] = False  # while those that call each other are looked at
        kept = function.kept["asks"] = any(
            _asks(call) or (depth > 0 and _asks_by(call, depth))
            for part in function.family()
            for call in part.all(n.Call)
        )
    return kept


def _asks_by(call: n.Call, depth: int) -> bool:
    called = callee(call)
    return called is not None and _asks_in(called, depth - 1)


def _asks(call: n.Call) -> bool:
    called = call.called
    if not isinstance(called, n.Selector):
        return False
    if isinstance(called.operand, n.Name) and called.operand.variable is None:
        path = unversioned(call.function.file.imports.get(called.operand.name, ""))
        return called.field_ in _NETWORK.get(path, ())
    if called.field_ in _METHODS:
        return True
    return called.field_ == "Do" and len(call.arguments) == 1 and _is_request(call.arguments[0])


def _is_request(argument: n.Expression) -> bool:
    if not isinstance(argument, n.Name | n.Call):
        return False
    return type_of(argument) == "*http.Request" or "req" in argument.text.lower()


def endless(package: Package) -> Iterator[Finding]:
    """Yield the goroutines of which each turn of an endless loop starts one: SN403 in Go."""
    for spawn, loop in _in_loops(package):
        over_channel = loop.ranged is not None and is_channel(type_of(loop.ranged))
        if not (loop.is_endless or over_channel) or _accepts(loop) or not is_repeated(spawn.node):
            continue
        if handler_of(spawn.function) is not None and spawn.bond < Bond.ENDED:
            continue  # SN101 says it
        what = f"element of `{_short(loop.ranged)}`" if loop.ranged is not None else "turn"
        message = (
            f"`{spawn.words}` starts a goroutine for each {what} of a loop that does not end, "
            "and nothing limits how many run at once"
        )
        if loop.ranged is not None:
            message = (
                f"`{spawn.words}` starts a goroutine for each {what}, "
                "and nothing limits how many run at once"
            )
        yield spawn.function.file.finding(
            "SN403", spawn.node, message, tier=Tier.ADVICE, confidence=0.6
        )


def _accepts(loop: n.For) -> bool:
    """Tell whether it is the loop of a server: each turn is a connection."""
    return any(isinstance(each, n.Call) and "Accept" in each.method for each in n.walk(loop))
