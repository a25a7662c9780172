"""Which files and functions of Go may matter at all: their bytes tell, before anything is parsed.

Each token is looked for on its own, since that goes at the speed of memory; one regular expression
for all of them takes as long as to parse the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["LETTER", "WORD", "matters", "places_of"]

# A name may have letters of any alphabet, which are bytes above those of ASCII.
LETTER = rb"[\w\x80-\xff]"
WORD = rb"[A-Za-z_\x80-\xff]%b*" % LETTER

# What a rule may begin from: goroutines, channels, locks, contexts, timers, clients.
_TOKENS = (
    b"<-",
    b"go func",
    b"Lock(",
    b"lock(",
    b".Wait(",
    b"select {",
    b"close(",
    b"context.Background",
    b"context.TODO",
    b"context.With",
    b".Broadcast(",
    b".Signal(",
    b".Go(",
    b"time.After",
    b"time.Tick",
    b"time.NewTicker",
    b"time.NewTimer",
    b".Recv()",
    b".RecvMsg(",
    b".SendMsg(",
    b"sql.Open",
    b"zap.New",
)
_OF_HTTP = (
    b"http.Get",
    b"http.Post",
    b"http.Head(",
    b"http.DefaultClient",
    b"http.Client",
    b"http.Server",
    b"http.ListenAndServe",
    b".Do(",
    b".Get(",
    b".Post(",
    b".Head(",
    b".PostForm(",
    b".RoundTrip(",
)
_OF_DATABASES = (
    b".Query(",
    b".QueryContext(",
    b".Queryx(",
    b".QueryxContext(",
    b".NamedQuery(",
)
# ``go f(x)``, ``go f[T](x)``, ``go (f)(x)``.
_STARTS = re.compile(rb"go (?:[\w.]+[\[(]|\()")
# A file without any of those may still declare what they are used on.
_DECLARES = (b"chan ", b"sync.", b".Done()")
# What requests come by, and whose clients are meant to be made once: told by what is imported.
_IMPORTS = re.compile(
    rb'"(?:database/sql"|net/http"|google\.golang\.org/grpc|go\.mongodb\.org|cloud\.google\.com/go'
    rb"|connectrpc\.com|go\.temporal\.io|go\.etcd\.io/etcd/client|gorm\.io/gorm|github\.com/[^\"\n]*"
    rb"(?:redi[sg]|sqlx|pgx|gorm|nats|stan\.go|nsq|amqp|sarama|kafka|kgo|elastic|influxdb|paho|docker"
    rb"|gin-gonic|echo|fiber|http|iris|hertz|restful|buffalo|connect|asynq|lambda|ants|pond"
    rb"|workerpool|tunny|zerolog|sentry)|go\.uber\.org/zap)"
)


def _tokens_for(content: bytes) -> tuple[bytes, ...]:
    """Return what functions of a file have that may matter: by what the file imports."""
    found: tuple[bytes, ...] = _TOKENS
    if b'"net/http"' in content:
        found += _OF_HTTP
    if b"sql" in content or b"pgx" in content:
        found += _OF_DATABASES
    return found


def places_of(content: bytes) -> list[int]:
    """Return the offsets in a file at which something may matter, in order."""
    found = [match.start() for match in _STARTS.finditer(content)]
    for token in _tokens_for(content):
        is_other = _OTHERS.get(token)
        at = content.find(token)
        while at >= 0:
            if is_other is None or not is_other(content, at):
                found.append(at)
            at = content.find(token, at + 1)
    found.sort()
    return found


def _is_method(content: bytes, at: int) -> bool:
    """Tell whether ``close(`` at ``at`` is the end of a longer name: ``c.close(``."""
    before = content[at - 1 : at]
    return before.isalnum() or before in (b".", b"_")


def _asks_nobody(content: bytes, at: int) -> bool:
    """Tell whether the call at ``at`` is sure to ask no other machine: ``r.Header.Get(k)``."""
    if content.startswith(b"()", content.find(b"(", at)):
        return True
    return _OF_VALUES.search(content, max(0, at - 10), at) is not None


_OF_VALUES = re.compile(rb"\b(?:Header(?:\(\))?|header|Trailer|Query\(\)|Form|Values)\Z")
_OTHERS: dict[bytes, Callable[[bytes, int], bool]] = {
    b"close(": _is_method,
    b".Get(": _asks_nobody,
    b".Query(": _asks_nobody,
}
"""What looks like one of the tokens, and is something else that is written many times as often."""


def matters(content: bytes) -> bool:
    """Tell whether a file may have anything that a rule, or another file of its package, needs."""
    if any(token in content for token in _tokens_for(content) + _DECLARES):
        return True
    if _STARTS.search(content) is not None:
        return True
    head = content[: content.find(b"\nfunc ")]
    return _IMPORTS.search(head) is not None
