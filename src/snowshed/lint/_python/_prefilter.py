"""Which files of Python no rule can say anything about, told by a look at their bytes.

Most files have nothing to do with tasks, threads, locks, pools and the network, and parsing them
would be most of the work. A helper that blocks, waits or starts something has such a word as well.
"""

from __future__ import annotations

import re

__all__ = ["matters"]

_WORDS = re.compile(
    rb"\basync\b|asyncio|anyio|\btrio\b|[tT]hread|[eE]xecutor|multiprocessing|subprocess"
    rb"|\brequests\b|urllib|\bhttp|socket|smtplib|ftplib|telnetlib|poplib|imaplib|nntplib"
    rb"|[sS]emaphore|[lL]imiter|\bQueue|_pool\b|Pool\(|[cC]lient\(|Session\(|create_engine"
    rb"|psycopg|pymysql|MySQLdb|\bredis\b|pymongo|\bgrpc\b|boto|aio\w+|[gG]reenlet|gevent"
    rb"|time\.sleep|import sleep|os\.system|QueueListener|paramiko|ldap"
)


def matters(content: bytes) -> bool:
    """Tell whether a rule might have something to say of the file, or of what calls it."""
    return _WORDS.search(content) is not None
