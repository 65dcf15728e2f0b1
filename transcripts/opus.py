"""Opus to 16 kHz mono by libopus itself, with its loss concealment and in-band FEC (RFC 6716). One sender each.

FFmpeg's decoders conceal nothing, so libopus is called by its C interface: the copy inside the PyAV wheel,
else the system's. Never raises for bad payloads: they are concealed and counted.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import re
from importlib import metadata

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
_FRAME_MAX = SAMPLE_RATE * 120 // 1000  # RFC 6716: at most 120 ms a packet
_PIECE = SAMPLE_RATE // 400  # concealment comes in multiples of 2.5 ms
_OPUS_RESET_STATE = 4028

Samples = NDArray[np.float32]


class OpusMissingError(RuntimeError):
    """No libopus was found."""


@functools.lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Load libopus; OpusMissingError when there is none."""
    problems = []
    for path in _candidates():
        try:
            loaded = ctypes.CDLL(path)
            loaded.opus_decoder_create.restype = ctypes.c_void_p
            loaded.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
            loaded.opus_decoder_destroy.restype = None
            loaded.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
            loaded.opus_decoder_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int]
            loaded.opus_packet_get_nb_samples.argtypes = [ctypes.c_char_p, ctypes.c_int32, ctypes.c_int32]
            loaded.opus_decode_float.argtypes = [
                ctypes.c_void_p,
                ctypes.c_char_p,
                ctypes.c_int32,
                ctypes.POINTER(ctypes.c_float),
                ctypes.c_int,
                ctypes.c_int,
            ]
        except (OSError, AttributeError) as error:
            problems.append(str(error))
        else:
            return loaded
    raise OpusMissingError(
        "no libopus: install the Python package av (its wheel carries one) or the system's libopus0; tried: "
        + ("; ".join(problems) or "nothing was found")
    )


def _candidates() -> list[str]:
    """List libopus files, best first: beside PyAV, then the system's."""
    try:
        files = metadata.files("av") or []
    except metadata.PackageNotFoundError:
        files = []
    found = [str(file.locate()) for file in files if re.fullmatch(r"libopus[-.].*so.*", file.name)]
    if found:
        import av  # noqa: F401, PLC0415  its extension modules load libopus' neighbours first
    system = ctypes.util.find_library("opus")
    return [*found, *([system] if system else []), "libopus.so.0"]


def duration(payload: bytes) -> int:
    """Give how many 16 kHz samples a packet holds by its table of contents; 0 when it is no Opus packet."""
    if not payload:
        return 0
    return max(0, int(library().opus_packet_get_nb_samples(payload, len(payload), SAMPLE_RATE)))


class OpusDecoder:
    """One sender's decoder state. errors: payloads libopus refused."""

    __slots__ = ("_library", "_out", "_state", "errors")

    def __init__(self) -> None:
        self._state: int | None = None
        self._library = library()
        problem = ctypes.c_int(0)
        self._state = self._library.opus_decoder_create(SAMPLE_RATE, 1, ctypes.byref(problem))
        if not self._state:
            raise OpusMissingError(f"libopus gave no decoder (error {problem.value})")
        self._out = (ctypes.c_float * _FRAME_MAX)()
        self.errors = 0

    def __del__(self) -> None:
        if self._state:
            self._library.opus_decoder_destroy(self._state)
            self._state = None

    def decode(self, payload: bytes) -> Samples:
        """Decode one packet; a payload that is no Opus becomes concealment of 20 ms and is counted."""
        count = self._call(payload, _FRAME_MAX, 0)
        if count <= 0:
            self.errors += 1
            return self.conceal(SAMPLE_RATE // 50)
        return self._taken(count)

    def recover(self, payload: bytes, samples: int) -> Samples:
        """Give the samples lost right before a packet, from its in-band FEC (concealment where it has none)."""
        count = self._call(payload, min(samples, _FRAME_MAX), 1)
        return self._fit(count, samples)

    def conceal(self, samples: int) -> Samples:
        """Invent lost samples from what was heard before."""
        pieces = []
        while samples > 0:
            step = min(samples, _FRAME_MAX)
            pieces.append(self._fit(self._call(None, step - step % _PIECE, 0), step))
            samples -= step
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def reset(self) -> None:
        """Forget what was heard."""
        self._library.opus_decoder_ctl(self._state, _OPUS_RESET_STATE)

    def _call(self, payload: bytes | None, samples: int, fec: int) -> int:
        length = 0 if payload is None else len(payload)
        if samples <= 0 or (payload is not None and not length):
            return 0
        return int(self._library.opus_decode_float(self._state, payload, length, self._out, samples, fec))

    def _fit(self, count: int, samples: int) -> Samples:
        """Give exactly so many samples, silence where libopus gave fewer."""
        fitted = np.zeros(samples, np.float32)
        if count > 0:
            fitted[:count] = self._taken(min(count, samples))
        return fitted

    def _taken(self, count: int) -> Samples:
        return np.ctypeslib.as_array(self._out)[:count].copy()
