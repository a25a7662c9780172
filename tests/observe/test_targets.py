"""Where profiles go: real files, on this machine."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from snowshed.observe._settings import Settings
from snowshed.observe._upload._targets import Directory, target_of
from snowshed.observe._upload._upload import NotSent, Packet

BODY = b"\x1f\x8b a profile"


def packet(kind: str = "wall", ended: float = 1_700_000_015.25, body: bytes = BODY) -> Packet:
    return Packet(kind, body, ended - 15, ended)


class TestDirectory:
    def test_each_profile_is_a_file_that_only_this_user_can_read(self, tmp_path: Path) -> None:
        place = tmp_path / "a" / "profiles"
        target = Directory(place, keep_files=10, keep_bytes=1000)
        target.send(packet())
        target.send(packet("block"))
        target.rest()
        first, second = sorted(place.iterdir(), key=lambda file: file.name)
        assert first.read_bytes() == second.read_bytes() == BODY
        assert first.name == f"snowshed-20231114T221335.250-{os.getpid()}-1-wall.pb.gz"
        assert second.name.endswith("-2-block.pb.gz")
        assert stat.S_IMODE(first.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.stat().st_mode) == 0o700

    def test_the_newest_files_are_kept_and_those_of_others_left_alone(self, tmp_path: Path) -> None:
        others = [tmp_path / "snowshed-notes.txt", tmp_path / "heap.pb.gz"]
        for other in others:
            other.write_bytes(b"x")
        target = Directory(tmp_path, keep_files=3, keep_bytes=1000)
        for number in range(6):
            target.send(packet(ended=1_700_000_000.0 + number))
        names = sorted(file.name for file in tmp_path.iterdir() if file not in others)
        assert [name[22:24] for name in names] == ["23", "24", "25"]
        assert all(other.exists() for other in others)

    def test_so_are_those_that_fit_into_the_bytes_and_the_newest_always(
        self, tmp_path: Path
    ) -> None:
        target = Directory(tmp_path, keep_files=100, keep_bytes=250)
        for number in range(5):
            target.send(packet(ended=1_700_000_000.0 + number, body=bytes(100)))
        assert len([*tmp_path.iterdir()]) == 2
        target.send(packet(ended=1_700_000_009.0, body=bytes(1000)))
        [only] = tmp_path.iterdir()
        assert only.stat().st_size == 1000

    def test_files_that_cannot_be_removed_stay_and_the_profile_arrives(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in a directory with the sticky bit that another user has written to."""
        theirs = tmp_path / "snowshed-20231114T221300.000-4711-1-wall.pb.gz"
        theirs.write_bytes(b"x")
        half = tmp_path / f".{theirs.name}.tmp"
        half.write_bytes(b"x")
        os.utime(half, (0, 0))
        unlink = Path.unlink

        def of_another_user(self: Path, **options: bool) -> None:
            if theirs.name in self.name:
                raise PermissionError(1, "Operation not permitted")
            unlink(self, **options)

        monkeypatch.setattr(Path, "unlink", of_another_user)
        target = Directory(tmp_path, keep_files=1, keep_bytes=1000)
        for number in range(3):
            target.send(packet(ended=1_700_000_010.0 + number))
        names = sorted(file.name for file in tmp_path.iterdir())
        assert names[:2] == [half.name, theirs.name]
        assert [name[9:24] for name in names[2:]] == ["20231114T221332"]

    def test_a_directory_that_cannot_be_looked_through_is_not_filled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreadable(path: Path) -> None:
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", unreadable)
            with pytest.raises(NotSent, match="Permission denied"):
                Directory(tmp_path, keep_files=10, keep_bytes=1000).send(packet())
        assert [*tmp_path.iterdir()] == []

    def test_old_profiles_make_room_on_a_disk_that_is_full(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = Directory(tmp_path, keep_files=2, keep_bytes=1000)
        for number in range(2):
            target.send(packet(ended=1_700_000_010.0 + number))
        there: list[int] = []
        replace = Path.replace

        def look(self: Path, to: Path) -> Path:
            there.append(len([*tmp_path.glob("snowshed-*")]))
            return replace(self, to)

        monkeypatch.setattr(Path, "replace", look)
        target.send(packet(ended=1_700_000_012.0))
        assert there == [1]

    def test_nothing_is_written_through_a_link_of_somebody_else(self, tmp_path: Path) -> None:
        precious = tmp_path / "precious"
        precious.write_bytes(b"x")
        name = f"snowshed-20231114T221335.250-{os.getpid()}-1-wall.pb.gz"
        (tmp_path / f".{name}.tmp").symlink_to(precious)
        target = Directory(tmp_path, keep_files=10, keep_bytes=1000)
        with pytest.raises(NotSent, match="File exists"):
            target.send(packet())
        assert precious.read_bytes() == b"x"
        target.send(packet())
        assert (tmp_path / name.replace("-1-wall", "-2-wall")).read_bytes() == BODY

    def test_half_a_file_is_never_seen_and_removed_when_it_was_left_behind(
        self, tmp_path: Path
    ) -> None:
        name = "snowshed-20231114T221335.250-4711-1-wall.pb.gz"
        old, new, other = (tmp_path / f for f in (f".{name}.tmp", f".{name[:-8]}x.tmp", ".a.tmp"))
        fresh = tmp_path / f".{name.replace('4711', '4712')}.tmp"
        for file in (old, new, other, fresh):
            file.write_bytes(b"half")
        for file in (old, new, other):
            os.utime(file, (time.time() - 3600,) * 2)
        Directory(tmp_path, keep_files=10, keep_bytes=1000).send(packet())
        assert not old.exists()
        assert new.exists()
        assert other.exists()
        assert fresh.exists()

    def test_a_place_that_cannot_be_used_is_an_error_that_may_pass(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        target = Directory(tmp_path / "file" / "x", keep_files=1, keep_bytes=1)
        with pytest.raises(NotSent, match=f"^{tmp_path}/file/x: Not a directory$") as caught:
            target.send(packet())
        assert not caught.value.final

    def test_a_disk_that_is_full_leaves_no_half_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(NotSent, match="No space left"):
            Directory(tmp_path, keep_files=1, keep_bytes=1).send(packet())
        assert [*tmp_path.iterdir()] == []

    def test_a_relative_place_stays_where_it_was_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        target = Directory(Path("profiles"), keep_files=1, keep_bytes=1)
        monkeypatch.chdir("/")
        target.send(packet())
        assert len([*(tmp_path / "profiles").iterdir()]) == 1
        assert str(target) == str(tmp_path / "profiles")


def test_the_settings_tell_where(tmp_path: Path) -> None:
    assert target_of(Settings(), "shop") is None
    assert isinstance(target_of(Settings(profiles_to=str(tmp_path)), "shop"), Directory)
    target = target_of(Settings(profiles_to="http://host/ingest"), "shop")
    assert str(target) == "http://host/ingest"


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    for file, why in (
        (tmp_path / "none.pem", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (empty, "it holds no certificate in PEM"),
    ):
        settings = Settings(profiles_to="https://host", profiles_cafile=str(file))
        with pytest.raises(OSError, match=r"^profiles_cafile ") as caught:
            target_of(settings, "shop")
        assert str(caught.value) == f"profiles_cafile {str(file)!r} cannot be used: {why}"
