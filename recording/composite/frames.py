"""Decodes one label's pictures for the composite, in order of time. Never scales, never draws."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import av

from media.ids import Kind
from media.taps import TapPacket
from recording.pictures import pictures
from recording.rtp import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recording.clocks import ClockMap
    from recording.pictures import Picture
    from recording.reading import Tape

log = logging.getLogger(__name__)

_PIXELS_MAX = 4096 * 2304  # a sender may claim any size


def frames_of(
    tape: Tape, label: str, clocks: ClockMap, zero_ns: int, end_ns: int
) -> Iterator[tuple[int, Any]]:
    """Yield (millisecond of the film, decoded picture), times never going back; what cannot be decoded is left out."""
    packets = (item for item in tape.items(label, Kind.VIDEO) if isinstance(item, TapPacket))
    decoder = _Decoder()
    last_ms = 0
    for picture in pictures(in_order(packets), clocks):
        frame = decoder.decode(picture)
        if frame is None or not zero_ns <= picture.at_ns < end_ns:
            continue
        last_ms = max(last_ms, (picture.at_ns - zero_ns) // 1_000_000)
        yield last_ms, frame


class _Decoder:
    """VP8 and H.264 by one interface; begins anew with another codec, and waits for a key frame after a fault."""

    def __init__(self) -> None:
        self._name = ""
        self._codec: Any = None
        self._waits = True

    def decode(self, picture: Picture) -> Any | None:
        """The decoded picture, or None."""
        if picture.codec != self._name:
            self._name, self._waits = picture.codec, True
            self._codec = av.CodecContext.create(picture.codec, "r")
            self._codec.thread_count = 1
        if picture.keyframe:
            self._waits = picture.width * picture.height > _PIXELS_MAX
        if self._waits:
            return None
        try:
            frames = self._codec.decode(av.Packet(picture.data))
        except av.FFmpegError:
            log.warning("a picture could not be decoded; the next key frame is waited for")
            self._waits = True
            return None
        return frames[-1] if frames else None
