"""A block that the disk can't give any more costs the one file it is in, and never the process that reads."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recording.segments import mapped, repair
from recording.viewing import ViewingFailed, build
from tests.recording.senders import SECOND, T0, Sender, by_arrival
from tests.recording.test_viewing import on_tape

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.service

LABELS = {"p1": "plaintiff", "p2": "defendant"}


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """From now on reading a file whose name begins so fails from that byte on, as with a bad block there."""
    real = os.preadv

    def make(stem: str, byte: int) -> None:
        def preadv(handle: int, buffers: list[bytearray], at: int) -> int:
            name = Path(f"/proc/self/fd/{handle}").readlink().name
            if name.startswith(stem) and at + len(buffers[0]) > byte:
                raise OSError(errno.EIO, "Input/output error")
            return real(handle, buffers, at)

        monkeypatch.setattr(os, "preadv", preadv)

    return make


async def test_a_file_is_read_through_before_it_is_looked_into(
    tmp_path: Path, spoil: Callable[[str, int], None]
) -> None:
    path = tmp_path / "a-file"
    path.write_bytes(os.urandom(3 << 20))
    with mapped(path) as data:
        assert len(data) == 3 << 20
    spoil("a-file", (3 << 20) - 1)
    with pytest.raises(OSError, match="Input/output"), mapped(path):
        raise AssertionError("what can't be read was shown")


async def test_the_others_copies_are_made(tmp_path: Path, spoil: Callable[[str, int], None]) -> None:
    packets = by_arrival(Sender("p1").tone(500, 0, 2), Sender("p2").tone(900, 0, 2))
    await on_tape(tmp_path / "tape", packets, LABELS)
    spoil("plaintiff-", 4096)
    with pytest.raises(ViewingFailed) as failed:
        build(tmp_path / "tape", tmp_path / "out", T0, T0 + 2 * SECOND)
    assert failed.value.labels == ["plaintiff"]
    assert [copy.label for copy in failed.value.copies] == ["defendant"]


async def test_repair_leaves_it_alone_and_says_so(tmp_path: Path, spoil: Callable[[str, int], None]) -> None:
    await on_tape(tmp_path / "tape", Sender("p1").tone(500, 0, 2), LABELS)
    (path,) = (tmp_path / "tape").glob("plaintiff-*")
    before = path.read_bytes()
    spoil("plaintiff-", 4096)
    with pytest.raises(OSError, match="Input/output"):
        repair(path)
    assert path.read_bytes() == before
