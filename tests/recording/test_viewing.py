"""Viewing copies play: the right sound and picture at the right second, everybody in step."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from media.ids import PeerId
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.viewing import ViewingCopy, ViewingFailed, build
from tests.recording.desks import SETTINGS
from tests.recording.senders import SECOND, T0, Sender, by_arrival

if TYPE_CHECKING:
    from pathlib import Path

    from media.taps import TapPacket

pytestmark = pytest.mark.service

LATE_S = 0.055  # least transit of the senders, and the opus encoder's own delay


async def on_tape(directory: Path, packets: list[TapPacket], labels: dict[str, str]) -> None:
    recorder = Recorder(SETTINGS, directory, "h-1", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(peer): label for peer, label in labels.items()}))
    for packet in packets:
        assert recorder.offer(packet)
    await recorder.close()


def opened(path: Path) -> Any:
    return av.open(str(path))


def sound(path: Path) -> np.ndarray[Any, Any]:
    """The whole voice, one channel, 48 kHz, laid by its times."""
    parts: list[np.ndarray[Any, Any]] = []
    length = 0
    with opened(path) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=48000)
        for frame in container.decode(audio=0):
            at = round(float(frame.pts * frame.time_base) * 48000)
            assert abs(at - length) <= 48 * 2, "the voice has a hole"
            for part in resampler.resample(frame):
                parts.append(part.to_ndarray()[0])
                length += len(parts[-1])
    return np.concatenate(parts)


def heard(wave: np.ndarray[Any, Any], frequency: int) -> tuple[float, float]:
    """First and last second at which the tone is heard (10 ms steps)."""
    step = 480
    probe = np.exp(-2j * np.pi * frequency * np.arange(step) / 48000)
    rows = wave[: len(wave) // step * step].reshape(-1, step)
    loud = np.flatnonzero(np.abs(rows @ probe) / step > 0.05)
    return loud[0] * step / 48000, (loud[-1] + 1) * step / 48000


def seen(path: Path) -> list[tuple[float, int]]:
    """(second, brightness in a corner) of every picture, decoded."""
    with opened(path) as container:
        return [(float(frame.pts * frame.time_base), corner(frame)) for frame in container.decode(video=0)]


def corner(frame: Any) -> int:
    """Luma in the lower right of a 320 x 240 picture."""
    return int(frame.to_ndarray(format="yuv420p")[200:240, 200:].mean())


def seconds(path: Path) -> float:
    with opened(path) as container:
        return float(container.duration) / av.time_base


def by_kind(copies: list[ViewingCopy]) -> dict[tuple[str, str], ViewingCopy]:
    return {(copy.label, copy.kind): copy for copy in copies}


async def test_two_people_stay_in_step_over_a_reconnect_and_a_recess(tmp_path: Path) -> None:
    """Anna reconnects with a new SSRC and another clock; between 6 and 9 s there is a recess."""
    anna, again = Sender("p1", ssrc=10), Sender("p2", ssrc=77, seq=5, ts=123_456)
    wu = Sender("p3", ssrc=10, transit_ns=45_000_000)
    packets = by_arrival(
        anna.tone(500, 1, 2), anna.film(1, 2), again.tone(900, 4, 2), again.film(4, 2), again.tone(1300, 9, 2),
        wu.tone(700, 2, 3), wu.tone(1100, 9, 2),
    )  # fmt: skip
    await on_tape(tmp_path / "tape", packets, {"p1": "plaintiff", "p2": "plaintiff", "p3": "defendant"})
    told: list[tuple[int, int]] = []
    copies = build(
        tmp_path / "tape", tmp_path / "out", T0, T0 + 12 * SECOND, lambda n, m: told.append((n, m))
    )
    assert told == [(0, 2), (1, 2), (2, 2)]
    found = by_kind(copies)
    assert set(found) == {("plaintiff", "av"), ("defendant", "audio")}
    plaintiff, defendant = found["plaintiff", "av"].path, found["defendant", "audio"].path
    for copy in copies:
        assert copy.duration_ms == 12_000
        assert abs(seconds(copy.path) - 12) <= 0.03
    one, two = sound(plaintiff), sound(defendant)
    assert abs(len(one) / 48000 - 12) <= 0.03
    for wave, frequency, start, end in [
        (one, 500, 1, 3), (one, 900, 4, 6), (one, 1300, 9, 11), (two, 700, 2, 5), (two, 1100, 9, 11),
    ]:  # fmt: skip
        first, last = heard(wave, frequency)
        assert abs(first - start - LATE_S) <= 0.05
        assert abs(last - end - LATE_S) <= 0.05
    assert abs(heard(one, 1300)[0] - heard(two, 1100)[0]) <= 0.03
    assert np.abs(one[int(6.2 * 48000) : int(8.9 * 48000)]).max() < 0.01

    pictures = seen(plaintiff)
    assert pictures[0] == (0.0, pictures[0][1])
    assert pictures[0][1] <= 17
    for base in (1, 4):
        for offset in (0, 1):
            at = base + offset + 0.5 + LATE_S
            shown = [luma for when, luma in pictures if when <= at][-1]
            assert abs(shown - (40 + 4 * offset)) <= 2
    assert [luma for when, luma in pictures if when <= 11][-1] <= 17


async def test_the_same_tape_gives_the_same_bytes(tmp_path: Path) -> None:
    anna = Sender("p1")
    await on_tape(tmp_path / "tape", by_arrival(anna.tone(500, 0, 2), anna.film(0, 2)), {"p1": "a"})
    first = build(tmp_path / "tape", tmp_path / "one", T0, T0 + 3 * SECOND)
    second = build(tmp_path / "tape", tmp_path / "two", T0, T0 + 3 * SECOND)
    assert [copy.path.name for copy in first] == ["a.webm"]
    assert first[0].path.read_bytes() == second[0].path.read_bytes()
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["a.webm"]


async def test_one_can_seek(tmp_path: Path) -> None:
    anna = Sender("p1")
    await on_tape(tmp_path / "tape", by_arrival(anna.tone(500, 0, 8), anna.film(0, 8)), {"p1": "a"})
    (copy,) = build(tmp_path / "tape", tmp_path / "out", T0, T0 + 8 * SECOND)
    with opened(copy.path) as container:
        container.seek(5 * av.time_base)
        frame = next(container.decode(video=0))
        assert 3.5 <= frame.time <= 5.01
        assert abs(corner(frame) - (40 + 4 * int(frame.time - 0.03))) <= 2
    assert b"\x1c\x53\xbb\x6b" in copy.path.read_bytes()  # the Cues element: a browser seeks by it


async def test_reordered_and_doubled_packets_make_no_difference(tmp_path: Path) -> None:
    anna = Sender("p1")
    packets = by_arrival(anna.tone(500, 0, 2), anna.film(0, 2))
    shuffled = list(packets)
    for at in range(0, len(shuffled) - 4, 4):
        shuffled[at], shuffled[at + 3] = shuffled[at + 3], shuffled[at]
    shuffled = [packet for n, packet in enumerate(shuffled) for _ in range(1 + (n % 5 == 0))]
    for name, sent in (("plain", packets), ("mixed", shuffled)):
        await on_tape(tmp_path / name, sent, {"p1": "a"})
    (plain,) = build(tmp_path / "plain", tmp_path / "plain-out", T0, T0 + 2 * SECOND)
    (mixed,) = build(tmp_path / "mixed", tmp_path / "mixed-out", T0, T0 + 2 * SECOND)
    assert plain.path.read_bytes() == mixed.path.read_bytes()


async def test_after_a_lost_frame_the_picture_waits_for_a_key_frame(tmp_path: Path) -> None:
    anna = Sender("p1")
    film = anna.film(0, 4)
    lost = [
        n for n, packet in enumerate(film) if packet.timestamp == film[0].timestamp + 10 * 6000 & 0xFFFFFFFF
    ]
    kept = [packet for n, packet in enumerate(film) if n != lost[0]]
    await on_tape(tmp_path / "tape", kept, {"p1": "a"})
    (copy,) = build(tmp_path / "tape", tmp_path / "out", T0, T0 + 4 * SECOND)
    times = [when for when, _ in seen(copy.path)]
    gap = max((late - early, early) for early, late in itertools.pairwise(times))
    assert gap[1] == pytest.approx(9 / 15 + 0.04, abs=0.05)  # the last whole frame before ...
    assert gap[0] == pytest.approx(21 / 15, abs=0.05)  # ... and the key frame at 2 s


async def test_a_clock_that_drifts_is_brought_back(tmp_path: Path) -> None:
    """A sender's clock 0.4 % fast would be 160 ms off after 40 s."""
    fast = Sender("p1", drift=0.004)
    speech = fast.tone(500, 0, 2) + fast.tone(500, 10, 2) + fast.tone(500, 20, 2) + fast.tone(800, 40, 2)
    await on_tape(tmp_path / "tape", speech, {"p1": "a"})
    (copy,) = build(tmp_path / "tape", tmp_path / "out", T0, T0 + 43 * SECOND)
    assert heard(sound(copy.path), 800)[0] == pytest.approx(40 + LATE_S, abs=0.1)


async def test_h264_goes_into_mp4_and_both_codecs_into_two_files(tmp_path: Path) -> None:
    apple, chrome = Sender("p1", codec="h264"), Sender("p2", ssrc=9)
    await on_tape(tmp_path / "one", by_arrival(apple.tone(500, 0, 2), apple.film(0, 2)), {"p1": "a"})
    (copy,) = build(tmp_path / "one", tmp_path / "one-out", T0, T0 + 3 * SECOND)
    assert (copy.kind, copy.path.name) == ("av", "a.mp4")
    assert abs(seconds(copy.path) - 3) <= 0.05
    assert heard(sound(copy.path), 500)[0] == pytest.approx(LATE_S, abs=0.05)
    shown = seen(copy.path)
    assert len(shown) == 30
    assert abs([luma for when, luma in shown if when <= 1.5][-1] - 44) <= 3

    again = Sender("p1", codec="h264")
    both = by_arrival(again.film(0, 1), chrome.film(2, 1), chrome.tone(500, 2, 1))
    await on_tape(tmp_path / "two", both, {"p1": "a", "p2": "a"})
    found = by_kind(build(tmp_path / "two", tmp_path / "two-out", T0, T0 + 4 * SECOND))
    assert {key: copy.path.name for key, copy in found.items()} == {
        ("a", "av"): "a.webm",
        ("a", "video"): "a-h264.mp4",
    }
    assert next(round(when) for when, luma in seen(found["a", "av"].path) if luma > 30) == 2


async def test_two_tabs_of_one_person_never_mix(tmp_path: Path) -> None:
    one, two = Sender("p1", ssrc=1), Sender("p2", ssrc=2)
    await on_tape(
        tmp_path / "tape", by_arrival(one.tone(500, 0, 3), two.tone(900, 1, 3)), {"p1": "a", "p2": "a"}
    )
    (copy,) = build(tmp_path / "tape", tmp_path / "out", T0, T0 + 5 * SECOND)
    wave = sound(copy.path)
    assert heard(wave, 500)[1] == pytest.approx(3 + LATE_S, abs=0.05)
    assert heard(wave, 900)[0] == pytest.approx(3.1 + LATE_S, abs=0.1)


async def test_a_failed_rebuild_keeps_the_published_copy_and_the_others(tmp_path: Path) -> None:
    anna, wu = Sender("p1"), Sender("p2")
    await on_tape(
        tmp_path / "tape", by_arrival(anna.tone(500, 0, 1), wu.tone(700, 0, 1)), {"p1": "a", "p2": "b"}
    )
    out = tmp_path / "out"
    published = {
        copy.label: copy.path.read_bytes() for copy in build(tmp_path / "tape", out, T0, T0 + SECOND)
    }
    temporary = out / f".a.webm.{os.getpid()}.part"
    temporary.mkdir()  # the temporary file cannot be made
    (temporary / "x").touch()
    with pytest.raises(ViewingFailed) as failed:
        build(tmp_path / "tape", out, T0, T0 + 2 * SECOND)
    assert failed.value.labels == ["a"]
    assert [copy.label for copy in failed.value.copies] == ["b"]
    assert (out / "a.webm").read_bytes() == published["a"]
    assert (out / "b.webm").read_bytes() != published["b"]


async def test_what_a_killed_build_left_is_removed_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    await on_tape(tmp_path / "tape", Sender("p1").tone(500, 0, 1), {"p1": "a"})
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    out = tmp_path / "out"
    out.mkdir()
    lives = f".x.webm.{os.getppid()}.part"
    for name in (lives, f".x.webm.{dead.pid}.part", ".x.webm.part", f".y.webm.{os.getpid()}.part"):
        (out / name).touch()
    build(tmp_path / "tape", out, T0, T0 + SECOND)
    assert {path.name for path in out.iterdir()} == {lives, "a.webm"}


class Stop(Exception):  # noqa: N818
    pass


async def test_it_can_be_stopped_between_labels(tmp_path: Path) -> None:
    anna, wu = Sender("p1"), Sender("p2")
    await on_tape(
        tmp_path / "tape", by_arrival(anna.tone(500, 0, 1), wu.tone(700, 0, 1)), {"p1": "a", "p2": "b"}
    )

    def stop(done: int, _total: int) -> None:
        if done == 1:
            raise Stop

    with pytest.raises(Stop):
        build(tmp_path / "tape", tmp_path / "out", T0, T0 + SECOND, stop)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.webm"]
