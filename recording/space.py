"""Room for a tape: how much it will take, how much there is, and keeping it from others. Blocking; never writes a tape.

The forecast is held by a file, tape.reserve, whose blocks are given back in steps as the tape grows: so another hearing, an
upload or a copy on the same disk can't take what a court that has opened was promised. Where the file system can't do that
(tmpfs can, NFS may not), the room is only looked at.
"""

from __future__ import annotations

import ctypes
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from recording.segments import free_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from recording.settings import RecordingSettings

log = logging.getLogger(__name__)

RESERVE_NAME = "tape.reserve"
_BYTES_A_KBIT = 125
_HOUR_S = 3600
_STEP_BYTES = 32 * 1024 * 1024  # given back at one time


def forecast_bytes(settings: RecordingSettings, seats: int) -> int:
    """Room that a hearing of so many seats is expected to need."""
    return round(rate_bytes_s(settings, seats) * settings.forecast_hours * _HOUR_S)


def rate_bytes_s(settings: RecordingSettings, seats: int) -> float:
    """Bytes a second that so many seats are expected to send onto the tape."""
    return seats * settings.forecast_seat_kbit_s * _BYTES_A_KBIT


def allocate(handle: int, size: int) -> None:
    """Give a file so many bytes of real blocks. OSError, also where the file system can't.

    fallocate(2) itself: posix_fallocate would write zeros instead, gigabytes of them.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    if libc.fallocate(handle, 0, 0, size) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Room:
    """The room of one place. Belongs to the thread that writes there."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / RESERVE_NAME
        self._directory = directory
        self.held = 0  # bytes that are kept from others
        self.seen = 0  # free bytes when last looked at, those held among them

    def hold(self, size: int) -> None:
        """Keep so many bytes, or as many as can be had at once. OSError if the place can't be written to at all."""
        self.release()
        if size <= 0:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            allocate(handle, size)
            self.held = size
        except OSError as error:
            log.warning("%d bytes can't be reserved for a tape: %s", size, error.strerror)
            with suppress(OSError):
                self._path.unlink()
        finally:
            os.close(handle)

    def look(self, free_wanted: int) -> int:
        """Count the free bytes, those held among them; let go of as many of them as are wanted now. OSError."""
        free = free_bytes(self._directory)
        while free < free_wanted and self.held:
            self.shrink(self.held - _STEP_BYTES)
            free = free_bytes(self._directory)
        self.seen = free + self.held
        return self.seen

    def shrink(self, size: int) -> None:
        """Hold no more than this. OSError."""
        size = max(0, size)
        if not self.held:
            return
        if size and self.held - size < _STEP_BYTES:
            return
        if not size:
            self.release()
        elif size < self.held:
            os.truncate(self._path, size)
            self.held = size

    def release(self) -> None:
        """Hold nothing, not even what a killed run held. OSError."""
        self._path.unlink(missing_ok=True)
        self.held = 0
