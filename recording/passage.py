"""One person's voice between two moments, from a tape that may still be rolling. Never writes, never decodes.

The tape is append-only, so what lies before its safe point can be read while it grows; how far that is, is for the
caller to know. Nothing but the one label's sound is read.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from media.ids import Kind
from recording.clocks import ClockMap
from recording.reading import Tape
from recording.rtp import in_order
from recording.viewing import mux
from recording.voice import lay

if TYPE_CHECKING:
    from recording.places import Where

LONGEST_NS = 120_000_000_000
"""The longest passage: it is made in memory."""

_BEFORE_NS = 15_000_000_000  # the sender's clock is learned from a window before
_AFTER_NS = 5_000_000_000  # what arrives late belongs to it too


def passage(where: Where, label: str, from_ns: int, to_ns: int) -> bytes:
    """WebM with the label's Opus of [from, to] (wall clock, UTC), silence where there is nothing.

    Blocks; runs in the caller's process (`apart.passage_apart` for a live hearing). OSError if the tape can't be read,
    ValueError for no passage or too long a one.
    """
    if not 0 < to_ns - from_ns <= LONGEST_NS:
        raise ValueError("a passage ends after it begins, and is short")
    tape = Tape(where)
    packets = list(tape.between(label, Kind.AUDIO, from_ns - _BEFORE_NS, to_ns + _AFTER_NS))
    voices = lay(in_order(packets), ClockMap.learn(packets), from_ns, to_ns)
    out = io.BytesIO()
    mux(out, "webm", None, (), voices)
    return out.getvalue()
