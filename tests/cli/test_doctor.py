"""``snowshed doctor`` on files: what it prints, and with which exit code it ends."""

from __future__ import annotations

import io
import json
import socket
import sys
from pathlib import Path

import pytest

from cli._servers import certificate, hear, page, server
from snowshed.cli import main

GO = Path(__file__).parents[1] / "formats" / "go"
LEAKS, WELL, WAITS = str(GO / "leak2.txt"), str(GO / "panic.txt"), str(GO / "block.pb.gz")


def test_a_dump_with_leaks_is_told_the_worst_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", LEAKS]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(
        "nil-channel  high  2 goroutines in 'chan receive (nil chan)' at ./states"
    )
    assert out.endswith("\n33 goroutines, 4 findings\n")
    assert err == ""


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", LEAKS, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["total"], len(found["findings"])) == (1, 33, 4)


@pytest.mark.parametrize(
    ("option", "code"), [("low", 1), ("medium", 1), ("high", 1), ("never", 0), (None, 1)]
)
def test_the_exit_code_is_for_ci(option: str | None, code: int) -> None:
    chosen = [] if option is None else ["--fail-on", option]
    assert main(["doctor", LEAKS, *chosen]) == code


def test_what_is_low_fails_only_if_asked_for(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_text("goroutine 2 [chan send]:\nmain.notify()\n\t/srv/main.go:5 +0x1d\n")
    assert main(["doctor", str(dump)]) == 0
    assert main(["doctor", str(dump), "--fail-on", "low"]) == 1


def test_stdin_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(LEAKS).read_bytes())))
    assert main(["doctor", "-"]) == 1
    assert "33 goroutines" in capsys.readouterr().out


def test_what_says_nothing_is_left_out_with_what_would_be_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    computed = str(GO / "cpu.pb.gz")
    assert main(["doctor", LEAKS, computed]) == 1
    assert capsys.readouterr().err == (
        f"snowshed doctor: {computed}: a CPU profile, which says nothing of goroutines: "
        "give the one at /debug/pprof/goroutine; left out\n"
    )
    assert main(["doctor", computed]) == 2
    assert capsys.readouterr().err.endswith("give the one at /debug/pprof/goroutine\n")


def test_a_profile_of_waits_is_read_beside_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", LEAKS, WAITS]) == 1
    assert capsys.readouterr().err == ""
    assert main(["doctor", WAITS]) == 0


def test_a_trace_is_read_from_a_file_of_any_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(GO / "trace.out.gz")]) == 0
    out, err = capsys.readouterr()
    assert "abandoned-sender  low  6 goroutines in 'chan send'" in out
    assert err == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing", None, "missing: cannot be read: No such file or directory"),
        ("empty", b"", "empty, byte 0: empty; accepted: goroutine and"),
        ("page", b"<html><title>Sign in</title>", "page, byte 0: a web page with the title"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    name: str,
    content: bytes | None,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["doctor", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_damaged_dump_is_diagnosed_and_what_is_missing_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Path(LEAKS).read_text()
    damaged = tmp_path / "damaged"
    damaged.write_text(whole[: whole.rindex("goroutine ") + 14])
    main(["doctor", str(damaged)])
    out, err = capsys.readouterr()
    assert "nil-channel  high" in out
    assert err.startswith(f"snowshed doctor: {damaged}: ")


def test_a_service_behind_tls_and_a_key_is_asked_with_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem, context = certificate(tmp_path / "tls", "IP:127.0.0.1")
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        heard.append(hear(connection))
        allowed = b"x-key: tell-nobody" in heard[-1].lower()
        connection.sendall(page(Path(LEAKS).read_bytes()) if allowed else page(b"", "403 No"))

    with server(serve, tls=context) as url:
        ask = ["doctor", f"{url}/debug/pprof/goroutine?debug=2", "--cacert", str(pem)]
        assert main([*ask, "--header", "X-Key: tell-nobody"]) == 1
        assert "nil-channel  high" in capsys.readouterr().out
        assert main([*ask, "--header", "X-Key: tell-somebody"]) == 2
    assert heard[0].startswith(b"GET /debug/pprof/goroutine?debug=2 HTTP/1.1\r\n")
    err = capsys.readouterr().err
    assert "(403)" in err
    assert "tell-somebody" not in err
