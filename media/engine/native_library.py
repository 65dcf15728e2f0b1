"""The shared object of the C data plane, as ctypes sees it: its structures and its functions. Never builds anything.

The layouts mirror media/native/core.h and media/native/loop.h.
"""

from __future__ import annotations

import ctypes as c
from functools import cache
from typing import TYPE_CHECKING

from media.native.build import library

if TYPE_CHECKING:
    from media.settings import MediaSettings

VERSION = 3
_NS = 1_000_000_000
STREAMS_MAX, LINES_MAX = 5, 128
CONTROL, OWN_TAPS = -1, 0  # rings
_LOOK = c.c_uint8  # a C bool or flag

# In the order of the enumeration in core.h.
COUNTERS = (
    "contained",
    "duplicates",
    "key_requests_in",
    "late",
    "malformed",
    "nacks_in",
    "nacks_out",
    "packets_in",
    "packets_out",
    "plis_out",
    "probes",
    "refused_publish",
    "repeated",
    "rtcp_flood",
    "srtp",
    "tap_dropped",
    "transport_cc_in",
    "transport_cc_out",
    "unknown_payload_type",
    "unknown_ssrc",
    "unlinked",
    "unread",
    "unsent",
    "control_dropped",
    "gso_off",
)


class NotBuilt(Exception):  # noqa: N818  a state of the machine: the Python engine runs then
    """There is no shared object of the present sources, or this machine can't load it."""


class Settings(c.Structure):
    """Knobs; times in nanoseconds."""

    _fields_ = [
        ("nack_interval", c.c_int64),
        ("pli_interval", c.c_int64),
        ("taped_key_interval", c.c_int64),
        ("report_interval", c.c_int64),
        ("remb_interval", c.c_int64),
        ("cc_interval", c.c_int64),
        ("history_packets", c.c_uint32),
        ("nack_attempts_max", c.c_uint32),
        ("remb_bps", c.c_uint32),
        ("rtcp_per_second_max", c.c_uint32),
        ("ring_bytes", c.c_uint32),
        ("gso", _LOOK),
        ("clear", _LOOK),
    ]


class StreamRow(c.Structure):
    """Figures of one layer a peer sends."""

    _fields_ = [
        ("ssrc", c.c_uint32),
        ("width_px", c.c_uint32),
        ("bitrate_bps", c.c_uint32),
        ("keyframes", c.c_uint32),
        ("expected", c.c_uint64),
        ("received", c.c_uint64),
        ("bytes", c.c_uint64),
        ("jitter_s", c.c_double),
        ("seen_at", c.c_int64),
        ("kind", c.c_uint8),
        ("layer", c.c_uint8),
        ("codec", c.c_uint8),
        ("permitted", _LOOK),
    ]


class LineRow(c.Structure):
    """Figures of one downlink line."""

    _fields_ = [
        ("ssrc", c.c_uint32),
        ("packets", c.c_uint32),
        ("nacks", c.c_uint32),
        ("repeats", c.c_uint32),
        ("freezes", c.c_uint32),
        ("switches", c.c_uint32),
        ("octets", c.c_uint64),
        ("source", c.c_int32),
        ("layer", c.c_int32),
        ("slot", c.c_uint8),
        ("kind", c.c_uint8),
        ("fraction_lost", c.c_uint8),
        ("reducible", _LOOK),
        ("bitrate_bps", c.c_uint32),
    ]


_PLANE, _BYTES, _TIME = c.c_void_p, c.c_char_p, c.c_int64
_FUNCTIONS: dict[str, tuple[object, list[object]]] = {
    "yt_version": (c.c_int, []),
    "yt_new": (_PLANE, [c.POINTER(Settings)]),
    "yt_free": (None, [_PLANE]),
    "yt_command": (c.c_int, [_PLANE, _BYTES, c.c_size_t, _TIME, _TIME]),
    "yt_receive": (None, [_PLANE, c.c_uint32, _BYTES, c.c_size_t, _TIME, _TIME]),
    "yt_timer": (None, [_PLANE, _TIME, _TIME]),
    "yt_sent": (c.c_int64, [_PLANE, c.c_void_p, c.c_size_t]),
    "yt_records": (c.c_int64, [_PLANE, c.c_int, c.c_void_p, c.c_size_t]),
    "yt_own_ring": (_PLANE, [_PLANE, c.POINTER(c.c_uint32)]),
    "yt_share": (c.c_int, [_PLANE, c.c_int, c.c_int]),
    "yt_dropped": (c.c_uint64, [_PLANE, c.c_int]),
    "yt_worst": (c.c_double, [_PLANE, c.c_int]),
    "yt_start": (c.c_int, [_PLANE, c.c_int, c.c_int]),
    "yt_stop": (None, [_PLANE]),
    "yt_counters": (None, [_PLANE, c.c_void_p]),
    "yt_streams": (c.c_int, [_PLANE, c.c_uint32, c.c_void_p, c.c_int, _TIME]),
    "yt_lines": (c.c_int, [_PLANE, c.c_uint32, c.c_void_p, c.c_int]),
    "yt_peer": (c.c_int, [_PLANE, c.c_uint32, c.POINTER(c.c_uint32), c.POINTER(c.c_int64)]),
    "yt_level": (c.c_int, [_PLANE, c.c_uint32, c.POINTER(c.c_double)]),
}


def bind(path: str) -> c.CDLL:
    """Load one shared object and declare its functions. NotBuilt."""
    try:
        found = c.CDLL(path)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise NotBuilt(str(error)) from error
    if found.yt_version() != VERSION:
        raise NotBuilt("another version")
    return found


@cache
def load() -> c.CDLL:
    """Give the shared object made of the present sources. NotBuilt."""
    path = library()
    if not path.exists():
        raise NotBuilt("not built: python -m media.native.build")
    return bind(str(path))


def settings_of(settings: MediaSettings, *, clear: bool) -> Settings:
    """The knobs as the C side takes them. clear: peers without protection, for tests."""

    def ns(seconds: float) -> int:
        return int(seconds * _NS)

    return Settings(
        ns(settings.nack_interval_s),
        ns(settings.pli_interval_s),
        ns(settings.taped_keyframe_interval_s),
        ns(settings.rtcp_report_interval_s),
        ns(settings.remb_interval_s),
        ns(settings.transport_cc_interval_s),
        settings.history_packets,
        settings.nack_attempts_max,
        settings.remb_bitrate_bps,
        settings.rtcp_per_second_max,
        settings.ring_bytes,
        settings.gso,
        clear,
    )
