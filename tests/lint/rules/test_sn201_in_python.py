"""Calls of Python that wait for as long as the other side wants."""

from __future__ import annotations

import pytest

from lint._wanted import mended, python

FOR_EVER = """
import ftplib, http.client, imaplib, poplib, requests, smtplib, socket, telnetlib
import urllib.request
from urllib.request import urlopen as open_url


class Shop:
    def __init__(self):
        self.session = requests.Session()

    def ask(self, url, session: requests.Session):
        requests.get(url)  # want
        requests.post(url, json={})  # want
        requests.request("GET", url)  # want
        self.session.get(url)  # want
        session.put(url)  # want
        with requests.session() as own:
            own.get(url)  # want
        urllib.request.urlopen(url)  # want
        open_url(url, data=None)  # want
        socket.create_connection((url, 80))  # want
        smtplib.SMTP("mail")  # want
        smtplib.SMTP_SSL(host="mail")  # want
        ftplib.FTP("files")  # want
        imaplib.IMAP4_SSL("mail")  # want
        poplib.POP3("mail")  # want
        telnetlib.Telnet("old")  # want
        http.client.HTTPSConnection("shop")  # want
"""
LIMITED = """
import ftplib, http.client, httpx, requests, smtplib, socket, aiohttp
import urllib.request


async def ask(url, options, arguments):
    requests.get(url, timeout=5)
    requests.get(url, timeout=None)
    requests.get(url, **options)
    requests.get(*arguments)
    urllib.request.urlopen(url, None, 5)
    socket.create_connection((url, 80), 5)
    smtplib.SMTP("mail", 25, None, 5)
    smtplib.SMTP()
    ftplib.FTP()
    http.client.HTTPConnection("shop", timeout=5)
    httpx.get(url)
    httpx.Client().get(url)
    async with aiohttp.ClientSession() as session:
        await session.get(url)
    requests.Session()
    requests.codes.get(url)
    {}.get(url)
    other.requests.get(url)
"""


def test_what_waits_for_ever() -> None:
    python("SN201", FOR_EVER)


def test_what_has_a_timeout() -> None:
    python("SN201", LIMITED)


def test_a_variable_that_is_called_like_a_library() -> None:
    python("SN201", "def f(requests):\n    return requests.get('a')\n")
    python("SN201", "requests = {}\ndef f():\n    return requests.get('a')\n")


@pytest.mark.parametrize(
    "tells",
    [
        "from requests.adapters import HTTPAdapter\nsession.mount('https://', Slow(5))",
        "import functools\nsession.request = functools.partial(session.request, timeout=5)",
    ],
)
def test_a_session_that_may_have_been_told(tells: str) -> None:
    text = "import requests\nsession = requests.Session()\n" + tells
    python("SN201", text + "\ndef f():\n    session.get('a')\n    requests.get('a')  # want\n")


def test_one_timeout_for_all_sockets() -> None:
    text = "import socket, smtplib, requests\nsocket.setdefaulttimeout(5)\n"
    python("SN201", text + "def f():\n    smtplib.SMTP('mail')\n    requests.get('a')  # want\n")


def test_what_a_person_waits_for_is_advice() -> None:
    text = "import requests\n\n\ndef main():\n    requests.get('a')  # want advice\n"
    python("SN201", text + "\n\nrequests.get('b')  # want advice\n")
    python(
        "SN201", "import requests\ndef f():\n    requests.get('a')  # want advice\n", folder="cli"
    )
    handler = "@app.get('/x')\ndef f():\n    requests.get('a')  # want\n"
    python("SN201", f"import requests\n{handler}", folder="cli")


def test_it_is_told_for_how_long() -> None:
    after = mended(
        "SN201",
        """
        import requests
        from urllib.request import urlopen


        def ask(url, names):
            requests.get(url)
            requests.post(
                url,
                json={"a": (1, 2)},  # what it asks
            )
            urlopen(url).read()
        """,
    )
    assert "requests.get(url, timeout=10)\n" in after
    assert 'json={"a": (1, 2)}, timeout=10,  # what it asks\n' in after
    assert "urlopen(url, timeout=10).read()" in after
