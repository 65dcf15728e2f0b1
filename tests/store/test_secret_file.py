"""A secret's file: made once, for one account's eyes; a broken one is not used."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from server.store.secret_file import BrokenSecret, load_or_make, write_private

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "var" / "link.key"
    secret = load_or_make(path, 32)
    assert len(secret) == 32
    assert load_or_make(path, 32) == secret == path.read_bytes()
    assert load_or_make(tmp_path / "other.key", 32) != secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["link.key"], "nothing half-made is left"


def test_an_empty_file_is_a_first_start_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "link.key"
    path.touch(0o644)
    assert len(load_or_make(path, 32)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("size", [1, 31, 33])
def test_a_secret_of_another_length_is_refused_and_left_as_it_is(tmp_path: Path, size: int) -> None:
    path = tmp_path / "link.key"
    path.write_bytes(b"x" * size)
    with pytest.raises(BrokenSecret, match=rf"link\.key should hold 32 bytes and holds {size};"):
        load_or_make(path, 32)
    assert path.read_bytes() == b"x" * size


def test_what_a_killed_process_left_half_written_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "link.key"
    (tmp_path / ".link.key.new").write_bytes(b"half")
    (tmp_path / ".link.key.new").chmod(0o644)
    assert len(load_or_make(path, 32)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "links"
    write_private(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_private(path, b"new")
    assert path.read_bytes() == b"old"
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
