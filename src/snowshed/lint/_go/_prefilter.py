"""Which files and functions of Go may matter at all: their bytes tell, before anything is parsed.

Each token is looked for on its own, since that goes at the speed of memory; one regular expression
for all of them takes as long as to parse the file.
"""

from __future__ import annotations

import re

__all__ = ["has_any", "matters", "tokens_for"]

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
    b"http.Head",
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
_OF_DATABASES = (b".Query(", b".QueryContext(", b".Queryx(", b".QueryxContext(")
_STARTS = re.compile(rb"go [\w.]+\(")
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


def tokens_for(content: bytes) -> tuple[bytes, ...]:
    """Return what functions of a file have that may matter: by what the file imports."""
    found: tuple[bytes, ...] = _TOKENS
    if b'"net/http"' in content:
        found += _OF_HTTP
    if b"sql" in content or b"pgx" in content:
        found += _OF_DATABASES
    return found


def has_any(code: bytes, tokens: tuple[bytes, ...]) -> bool:
    """Tell whether ``code`` has one of ``tokens``, or starts a function by ``go``."""
    return any(token in code for token in tokens) or _STARTS.search(code) is not None


def matters(content: bytes) -> bool:
    """Tell whether a file may have anything that a rule, or another file of its package, needs."""
    if has_any(content, tokens_for(content) + _DECLARES):
        return True
    head = content[: content.find(b"\nfunc ")]
    return _IMPORTS.search(head) is not None
