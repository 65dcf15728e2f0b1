"""The sound of a viewing copy as a file of its own: the same packets, and nothing of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from recording.apart import sound_apart
from recording.sound import Silent, sound_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

RATE, FRAME = 48_000, 960
SECONDS = 2


def a_copy(path: Path, *, sound: bool, picture: bool) -> Path:
    """A film of two seconds with these in it."""
    with av.open(str(path), "w") as out:
        voice = out.add_stream("libopus", rate=RATE, layout="mono") if sound else None
        film = (
            out.add_stream(
                "libvpx" if path.suffix == ".webm" else "mpeg4",
                rate=10,
                width=64,
                height=48,
                pix_fmt="yuv420p",
            )
            if picture
            else None
        )
        for number in range(SECONDS * 10 if film else 0):
            image = av.VideoFrame(64, 48, "yuv420p")
            image.pts = number
            out.mux(film.encode(image))  # type: ignore[union-attr]
        for number in range(SECONDS * RATE // FRAME if voice else 0):
            heard = av.AudioFrame(format="s16", layout="mono", samples=FRAME)
            heard.planes[0].update(bytes([number % 251]) * (2 * FRAME))
            heard.sample_rate, heard.pts = RATE, number * FRAME
            out.mux(voice.encode(heard))  # type: ignore[union-attr]
        for stream in (film, voice):
            if stream is not None:
                out.mux(stream.encode(None))
    return path


def packets(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        return [(float(p.pts * p.time_base), bytes(p)) for p in source.demux(stream) if p.size]  # type: ignore[operator]


@pytest.mark.parametrize("suffix", [".webm", ".mp4"])
@pytest.mark.parametrize("picture", [True, False])
async def test_the_same_packets_at_the_same_times_and_no_picture(
    tmp_path: Path, picture: bool, suffix: str
) -> None:
    copy = a_copy(tmp_path / f"plaintiff{suffix}", sound=True, picture=picture)
    out = tmp_path / f"out{suffix}"
    assert await sound_apart(copy, out)
    with av.open(str(out)) as made:
        assert [stream.type for stream in made.streams] == ["audio"]
    before, after = packets(copy), packets(out)
    assert [data for _, data in after] == [data for _, data in before]
    assert [at for at, _ in after] == pytest.approx([at for at, _ in before], abs=0.0011)
    assert len(after) > SECONDS * RATE // FRAME - 3
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([out.name, copy.name]), "no half is left"


async def test_a_silent_copy_gives_nothing(tmp_path: Path) -> None:
    copy = a_copy(tmp_path / "screen.webm", sound=False, picture=True)
    with pytest.raises(Silent):
        sound_of(copy, tmp_path / "out.webm")
    assert not await sound_apart(copy, tmp_path / "out.webm")
    assert [path.name for path in tmp_path.iterdir()] == ["screen.webm"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    copy = a_copy(tmp_path / "a.webm", sound=True, picture=False)
    with pytest.raises(FileExistsError):
        sound_of(copy, copy)
