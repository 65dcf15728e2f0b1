"""Whether the machine's clock is kept right, as the kernel knows it: adjtimex(2). Reads only; never sets a clock."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

_TIME_ERROR = 5  # linux/timex.h: the clock is not synchronised
_STA_UNSYNC = 0x40


class _Timex(ctypes.Structure):
    """struct timex of Linux, 64 bit; the rest of it is padding."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("padding", ctypes.c_char * 512),
    )


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the kernel was last told by a time service. error_us: estimated; error_us_max: at most, grows while nobody tells."""

    synced: bool
    error_us: int
    error_us_max: int


def clock_state() -> ClockState:
    """Ask the kernel. OSError where it does not tell."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = _Timex()
    state = libc.adjtimex(ctypes.byref(found))
    if state < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    synced = state != _TIME_ERROR and not found.status & _STA_UNSYNC
    return ClockState(synced, int(found.esterror), int(found.maxerror))
