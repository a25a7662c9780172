"""Calls, clients and servers of HTTP in Go that wait for as long as the other side wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix, Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import with_import
from snowshed.lint._go._handlers import imported
from snowshed.lint._go._joins import variable_of
from snowshed.lint._go._scope import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import File, Package

__all__ = ["calls", "clients", "servers"]

_HTTP = "net/http"
_SHORT = frozenset({"Get", "Post", "PostForm", "Head"})
_CALLS = (b".Get(", b".Post(", b".PostForm(", b".Head(", b".DefaultClient")
_CLIENTS = (b".Client{",)
_SERVERS = (b".Server{", b".ListenAndServe", b".Serve(", b".ServeTLS(")


def _functions(package: Package, tokens: Sequence[bytes]) -> Iterator[Function]:
    """Yield the functions, and their literals, that may name one of ``tokens`` of HTTP."""
    files = {
        file
        for file in package.files
        if not file.source.is_test
        and _HTTP in file.imports.values()
        and any(token in file.source.content for token in tokens)
    }
    for function in package.functions if files else ():
        if function.file in files and any(token in function.code for token in tokens):
            yield from function.family()


def _is_http(expression: n.Expression, name: str = "") -> bool:
    """Tell whether ``expression`` is the package, or ``name`` of it."""
    if name:
        return (
            isinstance(expression, n.Selector)
            and expression.field_ == name
            and _is_http(expression.operand)
        )
    return (
        isinstance(expression, n.Name)
        and expression.variable is None
        and expression.function.file.is_package(expression.name, _HTTP)
    )


def calls(package: Package) -> Iterator[Finding]:
    """Yield the requests that nothing limits in time: what SN201 says of Go."""
    for function in _functions(package, _CALLS):
        for call in function.all(n.Call):
            called = call.called
            if not isinstance(called, n.Selector):
                continue
            short = called.field_ in _SHORT and _is_http(called.operand)
            if short or (_is_http(called.operand, "DefaultClient") and _is_unlimited(call)):
                yield _endless(call, called.operand)


def _is_unlimited(call: n.Call) -> bool:
    """Tell whether the request of a call of the default client has no deadline, for sure."""
    if call.method in _SHORT:
        return True
    if call.method != "Do" or not call.arguments:
        return False
    variable = variable_of(call.arguments[0])
    made = call.arguments[0] if variable is None else variable.value or variable.source
    if not isinstance(made, n.Call) or (variable is not None and n.is_set_again(variable)):
        return False
    if made.method == "NewRequest":
        return True
    return made.method == "NewRequestWithContext" and _is_background(made.arguments[:1])


def _is_background(arguments: list[n.Expression]) -> bool:
    if not arguments:
        return False
    argument = arguments[0]
    if isinstance(argument, n.Name) and argument.variable is not None:
        variable = argument.variable
        if variable.value is None or n.is_set_again(variable):
            return False
        argument = variable.value
    return n.path_of(argument) in {"context.Background()", "context.TODO()"}


def _endless(call: n.Call, client: n.Expression) -> Finding:
    file = call.function.file
    message = f"`{call.path}` has no timeout: it waits for as long as the server wants"
    time = with_import(call.function, "time")
    fix = None
    if time is not None:
        http = client.text.partition(".")[0]
        made = f"(&{http}.Client{{Timeout: 30 * {time[0]}.Second}})"
        edits = (*time[1], Edit(client.start, client.end, made))
        fix = Fix("ask by a client that has a timeout", edits)
    tier = Tier.ADVICE if _is_command(file) else Tier.DEFAULT
    return file.finding("SN201", call, message, fix=fix, tier=tier, confidence=0.9)


_COMMANDS = frozenset({"main", "cmd", "command", "commands", "cli"})


def _is_command(file: File) -> bool:
    """Tell whether this is a program that serves nobody: a person waits for it, and can end it."""
    kept = file.package.kept.get("command")
    if not isinstance(kept, bool):
        serves = re.compile(
            rb"ListenAndServe|http\.Handle|\.Serve\(|\bListen\(|Register\w+Server\("
        )
        kept = file.package.name in _COMMANDS and not any(
            serves.search(each.source.content) for each in file.package.files
        )
        file.package.kept["command"] = kept
    return kept


def _made(package: Package, tokens: Sequence[bytes], type_: str) -> Iterator[n.Composite]:
    """Yield the literals of a type of HTTP, in functions and as values of variables."""
    for function in _functions(package, tokens):
        for literal in function.all(n.Composite):
            if imported(function.file, literal.type_) == (_HTTP, type_):
                yield literal
    for variable in package.variables.values():
        for each in n.walk(variable.value) if variable.value is not None else ():
            if not isinstance(each, n.Composite):
                continue
            is_one = imported(each.function.file, each.type_) == (_HTTP, type_)
            if is_one and not _is_limited(package, variable.name):
                yield each


def _is_limited(package: Package, name: str) -> bool:
    """Tell whether a timeout of the variable ``name`` is set: its uses are not all known."""
    sets = re.compile(rf"\b{name}\.\w*Timeout\s*=".encode())
    return any(
        b"Timeout" in each.source.content and sets.search(each.source.content)
        for each in package.files
    )


def _holder(literal: n.Composite) -> n.Node | None:
    """Return the name that the literal is set to."""
    at: n.Node = literal
    while isinstance(at.parent, n.Unary):
        at = at.parent
    if isinstance(at.parent, n.Assign | n.Var) and at in at.parent.right:
        place = at.parent.right.index(at)
        return at.parent.left[place] if place < len(at.parent.left) else None
    return None


def _sets(literal: n.Composite, fields: frozenset[str]) -> bool:
    """Tell whether one of ``fields`` is set, in the literal or by its function later on."""
    if fields & set(literal.keys) or (literal.values and None in literal.keys):
        return True
    holder = _holder(literal)
    path = n.path_of(holder) if isinstance(holder, n.Expression) else ""
    wanted = {f"{path}.{name}" for name in fields} if path else set()
    return any(
        n.path_of(left) in wanted
        for part in literal.function.outermost.family()
        for assign in part.all(n.Assign)
        for left in assign.left
    )


def clients(package: Package) -> Iterator[Finding]:
    """Yield the clients that have no timeout: what SN202 says of Go."""
    for literal in _made(package, _CLIENTS, "Client"):
        if _sets(literal, frozenset({"Timeout"})) or _stays_open(literal):
            continue
        if not _asks_in_time(literal):
            message = (
                f"`{literal.type_}` has no `Timeout`: a request whose context has no deadline "
                "waits for as long as the server wants"
            )
            yield literal.function.file.finding(
                "SN202", literal, message, tier=Tier.ADVICE, confidence=0.6
            )


def _stays_open(literal: n.Composite) -> bool:
    """Tell whether it is there for what goes on as long as the client wants, by what names say."""
    function = literal.function
    file = function.file
    if b"httputil." in file.source.content and b"ReverseProxy" in file.source.content:
        return True
    named = [function.outermost.name, function.outermost.receiver_type, _name_of(literal)]
    named += [file.source.path.rpartition("/")[2], file.package.name]
    return any(map(_STAYS_OPEN.search, named))


_STAYS_OPEN = re.compile(
    r"(?i:proxy|(?<!up)(?<!down)stream|download|upload|tunnel|long_?poll)|SSE|\bsse\b"
)


def _name_of(literal: n.Composite) -> str:
    """Return what the literal is set to: a variable, or a field."""
    at: n.Node = literal
    while isinstance(at.parent, n.Unary):
        at = at.parent
    if isinstance(at.parent, n.Composite) and at in at.parent.values:
        return at.parent.keys[at.parent.values.index(at)] or ""
    holder = _holder(literal)
    if holder is not None:
        return holder.text
    variables = literal.function.file.package.variables
    return next((name for name, each in variables.items() if each.value is at), "")


def _asks_in_time(literal: n.Composite) -> bool:
    """Tell whether all requests of a client bring a context of their own, as far as is seen."""
    variable = variable_of(holder) if isinstance(holder := _holder(literal), n.Name) else None
    if variable is not None and variable.kind is Kind.LOCAL:
        return b"NewRequestWithContext(" in literal.function.outermost.code
    asking = b"\n".join(
        each.source.content
        for each in literal.function.file.package.files
        if _HTTP in each.imports.values() and not each.source.is_test
    )
    is_limited = b"context.WithTimeout" in asking or b"context.WithDeadline" in asking
    asks = is_limited and b"NewRequestWithContext(" in asking
    return asks and _WITHOUT_CONTEXT.search(asking) is None


_WITHOUT_CONTEXT = re.compile(rb"\.NewRequest\(|[cC]lient\.(?:Get|Head|Post|PostForm)\(")


_LIMITS = frozenset({"ReadTimeout", "ReadHeaderTimeout"})


def servers(package: Package) -> Iterator[Finding]:
    """Yield the servers that wait for a request for ever: SN205."""
    for literal in _made(package, _SERVERS, "Server"):
        if not _sets(literal, _LIMITS):
            message = (
                f"`{literal.type_}` has no `ReadHeaderTimeout`: a client that sends nothing "
                "holds a goroutine and a connection for ever"
            )
            yield literal.function.file.finding(
                "SN205", literal, message, fix=_limiting(literal), tier=Tier.ADVICE
            )
    for function in _functions(package, _SERVERS):
        for call in function.all(n.Call):
            if re.match(r"(?:ListenAnd)?Serve(?:TLS)?$", call.method) and _is_of_http(call):
                message = (
                    f"`{call.path}` serves without timeouts: a client that sends nothing holds a "
                    "goroutine and a connection for ever"
                )
                yield function.file.finding(
                    "SN205", call, message, fix=_with_server(call), tier=Tier.ADVICE
                )


def _is_of_http(call: n.Call) -> bool:
    return isinstance(call.called, n.Selector) and _is_http(call.called.operand)


# Which arguments are the address, the handler, and those of the method; None: there is no address.
_ARGUMENTS: dict[str, tuple[int | None, int, tuple[int, ...]]] = {
    "ListenAndServe": (0, 1, ()),
    "ListenAndServeTLS": (0, 3, (1, 2)),
    "Serve": (None, 1, (0,)),
    "ServeTLS": (None, 1, (0, 2, 3)),
}


def _with_server(call: n.Call) -> Fix | None:
    """Return what serves by a server of its own, which has a limit."""
    address, handler, others = _ARGUMENTS[call.method]
    given = call.arguments
    time = with_import(call.function, "time")
    is_whole = len(given) == len(others) + 1 + (address is not None) and not call.spread
    if time is None or not is_whole or not _is_in_a_row(call):
        return None
    http = call.path.partition(".")[0]
    fields = [] if address is None else [f"Addr: {_spaced(given[address])}"]
    if given[handler].text != "nil":
        fields.append(f"Handler: {given[handler].text}")
    fields.append(f"ReadHeaderTimeout: 10 * {time[0]}.Second")
    left = ", ".join(given[place].text for place in others)
    text = f"(&{http}.Server{{{', '.join(fields)}}}).{call.method}({left})"
    edits = (*time[1], Edit(call.start, call.end, text))
    return Fix("serve by a server that limits how long it waits for a header", edits)


def _spaced(address: n.Expression) -> str:
    """Return ``":"+port`` as ``gofmt`` has it outside of a call: ``":" + port``."""
    if not isinstance(address, n.Binary) or address.operator != "+":
        return address.text
    return f"{_spaced(address.left)} + {_spaced(address.right)}"


def _is_in_a_row(call: n.Call) -> bool:
    """Tell whether nothing stands between the arguments of ``call``: no comment, no new line."""
    source = call.function.file.source
    at = call.called.end
    for each in (*call.arguments, None):
        between = source.text(at, call.end if each is None else each.start)
        if re.fullmatch(r" *[(,)]? *", between) is None:
            return False
        at = call.end if each is None else each.end
    return True


def _limiting(literal: n.Composite) -> Fix | None:
    file = literal.function.file
    time = with_import(literal.function, "time")
    body = literal.text.find("{", len(literal.type_))
    if time is None or body < 0:
        return None
    at = literal.start + len(literal.text[: body + 1].encode())
    field = f"ReadHeaderTimeout: 10 * {time[0]}.Second"
    text = f"{field}, " if literal.values else field
    aligned: tuple[Edit, ...] = ()
    behind = re.compile(rb"[ \t]*(//[^\r\n]*)?(?=\r?\n)").match(file.source.content, at)
    if literal.values and behind is not None:
        first = literal.values[0].start
        start = file.source.start_of(file.source.line_of(first))
        indent = re.match(r"\s*", file.source.text(start, first))
        text = f"\n{indent[0] if indent is not None else ''}{field},"
        at = behind.end()
        aligned = _aligned(literal, len("ReadHeaderTimeout:"))
    edits = (*time[1], Edit(at, at, text), *aligned)
    return Fix("limit how long it waits for a header", edits)


_KEY = re.compile(r"[ \t]*(\w+:)([ \t]+)")


def _aligned(literal: n.Composite, width: int) -> tuple[Edit, ...]:
    """Return what aligns the values as ``gofmt`` does once a key of ``width`` stands above them."""
    source = literal.function.file.source
    rows: list[tuple[n.Expression, re.Match[str]]] = []
    for place, value in enumerate(literal.values, source.line_of(literal.start) + 1):
        key = _KEY.fullmatch(source.text(source.start_of(value.line), value.start))
        if key is None or value.line != place or source.line_of(value.end) != place:
            break
        rows.append((value, key))
    width = max([width, *(len(key[1]) for _, key in rows)])
    return tuple(
        Edit(value.start - len(key[2]), value.start, " " * (width + 1 - len(key[1])))
        for value, key in rows
        if len(key[1]) + len(key[2]) != width + 1
    )
