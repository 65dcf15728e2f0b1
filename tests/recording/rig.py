"""Disks that fail on demand: real ones where the machine lets us (root), else the syscalls of one folder."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recording.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_FLUSH = 2


def needs_root() -> None:
    """Skip, with the reason, where nothing can be mounted."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB (tmpfs)."""
    needs_root()
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


class Ext4:
    """A file system of its own on a loop device."""

    def __init__(self, place: Path, image: Path) -> None:
        self.place = place
        self._image = image
        self._device = ""

    def mount(self) -> None:
        """Mount it; skips where the machine has no loop devices."""
        options = "loop,errors=remount-ro"
        if subprocess.run(
            ["mount", "-o", options, str(self._image), str(self.place)], check=False
        ).returncode:
            pytest.skip("this machine has no loop devices")
        found = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.place)], check=True, capture_output=True, text=True
        )
        self._device = Path(found.stdout.strip()).name

    def unmount(self) -> None:
        """Let go of it, also while files are open."""
        subprocess.run(["umount", "-l", str(self.place)], check=False)

    def pull_the_plug(self) -> None:
        """Have it forget everything that was not synced, and fail from now on."""
        handle = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _EXT4_IOC_SHUTDOWN, struct.pack("I", _NO_FLUSH))
        finally:
            os.close(handle)

    def turn_read_only(self) -> None:
        """Have the kernel find an error in it, after which it is read-only, as on a disk that goes bad."""
        trigger = Path(f"/sys/fs/ext4/{self._device}/trigger_fs_error")
        try:
            trigger.write_text("1", encoding="ascii")
        except OSError as error:
            pytest.skip(f"this kernel can't be told to find an error: {error.strerror}")


@pytest.fixture
def ext4(tmp_path: Path) -> Iterator[Ext4]:
    """A real ext4 of 32 MiB."""
    needs_root()
    image, place = tmp_path / "image", tmp_path / "ext4"
    place.mkdir()
    subprocess.run(["truncate", "-s", "32M", str(image)], check=True)
    subprocess.run(["mkfs.ext4", "-qF", str(image)], check=True)
    disk = Ext4(place, image)
    disk.mount()
    yield disk
    disk.unmount()


class Syncs:
    """Stands between the tape and the syncs of one folder's files. fault: raised by each; held: until let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.free = threading.Event()
        self.free.set()
        self.held = threading.Event()  # somebody waits
        self.fault: Callable[[Segment], OSError | None] = lambda _segment: None
        true_sync = Segment.sync

        def sync(segment: Segment) -> None:
            if folder in segment.path.parents:
                if not self.free.is_set():
                    self.held.set()
                    self.free.wait()
                error = self.fault(segment)
                if error is not None:
                    raise error
            true_sync(segment)

        monkeypatch.setattr(Segment, "sync", sync)
