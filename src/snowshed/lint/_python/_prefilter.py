"""Which files of Python no rule can say anything about, told by a look at their bytes.

Most files have nothing to do with tasks, threads, locks, pools and the network, and parsing them
would be most of the work. A helper that blocks, waits or starts something has such a word as well.
"""

from __future__ import annotations

__all__ = ["matters"]

# A search for each word is many times faster than one for all: most have one of the first.
_WORDS = (
    *(b"async ", b"asyncio", b"hread", b"xecutor", b"requests", b"urllib", b"socket", b"httpx"),
    *(b"http.client", b"subprocess", b"Queue", b"emaphore", b"imiter", b"anyio", b"trio"),
    *(b"smtplib", b"ftplib", b"telnetlib", b"poplib", b"imaplib", b"xmlrpc", b"paramiko", b"ldap"),
    *(b"create_engine", b"create_pool", b"ConnectionPool", b"psycopg", b"pymysql", b"MySQLdb"),
    *(b"pymongo", b"MongoClient", b"Redis", b"boto", b"grpc", b"sleep", b"os.system", b"greenlet"),
    *(b"multiprocessing", b"ClientSession", b"Client(", b"Session("),
)


def matters(content: bytes) -> bool:
    """Tell whether a rule might have something to say of the file, or of what calls it."""
    return any(word in content for word in _WORDS)
