"""Calls of Python that wait for a peer and were not told for how long.

The standard library and ``requests`` wait for ever unless they are told; aiohttp and httpx have a
timeout of their own. Where a block around a call ends it, or the program sets a timeout for all of
its sockets, the call need not be told.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix, Tier
from snowshed.lint._python._nodes import written

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python._folder import Folder
    from snowshed.lint._python._function import Function
    from snowshed.lint._python._module import Module

__all__ = ["calls"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_REQUESTS = frozenset(f"requests.{verb}" for verb in _VERBS)
_OF_SESSIONS = frozenset(
    f"requests.{made}().{verb}" for made in ("Session", "session") for verb in _VERBS
)
# How many arguments stand before the timeout, where it need not be named.
_BEFORE = {
    "urllib.request.urlopen": 2,
    "socket.create_connection": 1,
    "smtplib.SMTP": 3,
    "smtplib.SMTP_SSL": 5,
    "smtplib.LMTP": 4,
    "ftplib.FTP": 4,
    "ftplib.FTP_TLS": 4,
    "poplib.POP3": 2,
    "poplib.POP3_SSL": 4,
    "imaplib.IMAP4": 2,
    "imaplib.IMAP4_SSL": 4,
    "telnetlib.Telnet": 2,
    "http.client.HTTPConnection": 2,
    "http.client.HTTPSConnection": 4,
}
# Without a host these do not connect yet.
_LATER = frozenset(
    {"smtplib.SMTP", "smtplib.SMTP_SSL", "smtplib.LMTP", "ftplib.FTP", "ftplib.FTP_TLS"}
)
_BY_HAND = re.compile(
    r"(?:^|/)(?:cli|scripts?|commands?|tools?|examples?|docs?|benchmarks?|setup|_?build\w*)"
    r"(?:/|\.py$)"
)
_SECONDS = 10


def calls(folder: Folder) -> Iterator[Finding]:
    """Yield each call that nothing limits in time: what SN201 says of Python."""
    for module in folder.modules:
        sets_for_all = bool(module.calls_of("socket.setdefaulttimeout"))
        for call, before in _untold(module, sets_for_all=sets_for_all):
            if _is_told(call, before):
                continue
            function = module.function_of(call)
            word = written(call.func)
            message = f"`{word}` has no timeout: it waits for as long as the other side wants"
            yield module.finding(
                "SN201", call, message, tier=_tier(folder, function), fix=_told(module, call)
            )


def _untold(module: Module, *, sets_for_all: bool) -> Iterator[tuple[ast.Call, int]]:
    """Yield each call that waits for ever by itself, and how many arguments may stand before."""
    for call in module.calls_of(*_REQUESTS):
        yield call, 99
    of_requests = any(full.startswith("requests") for full in module.imports.values())
    for call in module.calls_named(*_VERBS) if of_requests else ():
        if module.origin(call.func) in _OF_SESSIONS and not _sets_timeout(module):
            yield call, 99
    if sets_for_all:
        return
    for name, before in _BEFORE.items():
        for call in module.calls_of(name):
            if name not in _LATER or call.args or any(each.arg == "host" for each in call.keywords):
                yield call, before


def _sets_timeout(module: Module) -> bool:
    """Tell whether sessions of this module may have been told, by an adapter or a partial."""
    return bool(module.calls_named("mount") or module.calls_of("functools.partial"))


def _is_told(call: ast.Call, before: int) -> bool:
    if any(keyword.arg in {None, "timeout"} for keyword in call.keywords):
        return True
    return len(call.args) > before or any(isinstance(each, ast.Starred) for each in call.args)


def _tier(folder: Folder, function: Function) -> Tier:
    """Tell those as advice for which a person waits, who can end them."""
    if folder.request_of(function) is not None:
        return Tier.DEFAULT
    by_hand = function.is_main or function.is_top or _BY_HAND.search(function.module.source.path)
    return Tier.ADVICE if by_hand else Tier.DEFAULT


def _told(module: Module, call: ast.Call) -> Fix | None:
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        return None
    last = max(given, key=lambda each: (each.end_lineno or 0, each.end_col_offset or 0))
    edit = _behind(module, last, call)
    return None if edit is None else Fix(f"let it wait for {_SECONDS} seconds", (edit,))


def _behind(module: Module, last: ast.AST, call: ast.Call) -> Edit | None:
    """Return what puts a timeout behind the last argument, and the brackets that are around it."""
    put = module.put_after(last, f", timeout={_SECONDS}")
    rest = module.source.text(put.end, module.put_after(call, "").end)
    # Without what comments say; of the brackets the last is that of the call.
    closing = [each.end() for each in re.finditer(r"#[^\n]*|\)", rest) if each[0] == ")"]
    if not closing:
        return None  # a generator, which shares its brackets with the call
    own = len(rest[: closing[-2]].encode()) if len(closing) > 1 else 0
    return Edit(put.start + own, put.end + own, put.text)
