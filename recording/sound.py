"""The sound of a viewing copy as a file of its own, not re-encoded. Reads a copy, writes a new file; knows no court."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    from pathlib import Path


class Silent(ValueError):  # noqa: N818  says what is wrong
    """There is no sound in it."""


def sound_of(copy: Path, out: Path) -> None:
    """Write the first sound of a copy into a file of the same form. Blocks. Silent, OSError; FileExistsError."""
    if out.exists():
        raise FileExistsError(out)
    with av.open(str(copy)) as source:
        if not source.streams.audio:
            raise Silent(copy.name)
        stream = source.streams.audio[0]
        half = out.with_name(f".{out.name}")
        with av.open(str(half), "w", format="mp4" if out.suffix == ".mp4" else "webm") as target:
            copied = target.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is None:
                    continue  # the end
                packet.stream = copied
                target.mux(packet)
    half.replace(out)
