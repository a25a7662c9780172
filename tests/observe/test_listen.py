"""A socket file for this user alone, a port that only the first one has, and no foreign names."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from snowshed.observe._serve import _listen, _place


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path_factory.mktemp("d")
    place.chmod(0o700)
    monkeypatch.setenv(_place.VARIABLE, str(place))
    return place


def test_the_socket_has_the_number_of_the_process_and_is_closed_to_others(place: Path) -> None:
    listener = _listen.listen_on_socket()
    with listener.socket, socket.socket(socket.AF_UNIX) as caller:
        path = place / f"{os.getpid()}.sock"
        assert (listener.path, listener.address, listener.port) == (path, str(path), None)
        assert path.stat().st_mode & 0o777 == 0o600
        caller.connect(str(path))
        connection, _ = listener.socket.accept()
        with connection:
            assert _listen.is_of_this_user(connection)
    listener.remove()
    assert not path.exists()


def test_another_user_is_told_by_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        def __init__(self, user: int) -> None:
            self._user = user

        def getsockopt(self, level: int, option: int, size: int) -> bytes:
            assert (level, option, size) == (socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return _listen._CREDENTIALS.pack(4711, self._user, 0)

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = [_listen.is_of_this_user(Connection(user)) for user in (0, 1000, 1001)]  # type: ignore[arg-type]
    assert found == [True, True, False]


def test_a_socket_left_behind_by_a_process_of_the_same_number_is_replaced(place: Path) -> None:
    first = _listen.listen_on_socket()
    first.socket.close()
    second = _listen.listen_on_socket()
    with second.socket:
        assert first.inode != second.inode or first.path == second.path
        assert second.path is not None
        assert second.path.exists()


def test_a_file_that_has_been_replaced_is_not_removed(place: Path) -> None:
    listener = _listen.listen_on_socket()
    assert listener.path is not None
    listener.socket.close()
    listener.path.rename(listener.path.with_suffix(".old"))
    listener.path.touch()
    listener.remove()
    assert listener.path.exists()


def test_a_file_that_is_no_socket_is_not_replaced(place: Path) -> None:
    (place / f"{os.getpid()}.sock").write_text("precious")
    with pytest.raises(OSError, match="in use"):
        _listen.listen_on_socket()
    assert (place / f"{os.getpid()}.sock").read_text() == "precious"


def test_a_port_belongs_to_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _listen.listen_on_port("127.0.0.1", 0)
    with first.socket:
        assert first.port
        assert (first.address, first.loopback) == (f"http://127.0.0.1:{first.port}", True)
        with pytest.raises(_listen.AddressTaken):
            _listen.listen_on_port("127.0.0.1", first.port)
    _listen.listen_on_port("127.0.0.1", first.port).socket.close()


def test_a_host_beyond_loopback_is_known_as_such() -> None:
    listener = _listen.listen_on_port("0.0.0.0", 0)
    with listener.socket:
        assert not listener.loopback


def test_a_host_may_be_a_name() -> None:
    listener = _listen.listen_on_port("localhost", 0)
    with listener.socket:
        assert listener.loopback


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_an_error(port: int) -> None:
    with pytest.raises(ValueError, match=f"a port is a number from 0 to 65535, not {port}"):
        _listen.listen_on_port("127.0.0.1", port)


def test_an_address_of_version_6_is_written_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        listener = _listen.listen_on_port("::1", 0)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with listener.socket:
        assert (listener.address, listener.loopback) == (f"http://[::1]:{listener.port}", True)


@pytest.mark.parametrize(
    "host",
    ["", "localhost", "LOCALHOST:6060", "127.0.0.1:6060", "10.0.0.7", "[::1]:6060", "[::1]"],
)
def test_an_address_names_this_machine(host: str) -> None:
    assert _listen.names_this_machine(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com:6060",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "[localhost]",
        "[]",
    ],
)
def test_a_name_may_have_been_let_lead_here(host: str) -> None:
    assert not _listen.names_this_machine(host)
