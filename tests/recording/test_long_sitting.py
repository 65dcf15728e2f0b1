"""A long sitting (half an hour in the soak, a third of it here) with 5 % loss, a mute, a reconnect and a recess.

Everybody's copy lasts as long as the clock on the wall, in step with it and with the others' to the end, whatever clocks
people's devices have.
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.ids import PeerId
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.viewing import build
from tests.recording.desks import SETTINGS
from tests.recording.senders import SECOND, T0, Sender
from tests.recording.test_viewing import LATE_S, seconds, sound

if TYPE_CHECKING:
    from pathlib import Path

    from media.taps import TapPacket, TapReport

pytestmark = pytest.mark.service

LENGTH_S = 60 * int(os.environ.get("YUNTING_SITTING_MINUTES", "10"))
MUTED = range(120, 180)  # of the plaintiff, by its own hand: no packet comes
RECESS = range(240, 300)
RECONNECTED_S = LENGTH_S // 2
LOST = 0.05
BEEP_HZ, EVERY_S = 500, 60
WITHIN_S = 0.040
AT_ONCE = 2000  # packets offered in one go


def speech(sender: Sender, span: range, quiet: range, rng: random.Random) -> list[TapPacket | TapReport]:
    """Silence with a second of tone at each whole minute, and a sender report every five seconds."""
    out: list[TapPacket | TapReport] = []
    for second in span:
        if second in quiet or second in RECESS:
            continue
        beep = second % EVERY_S == 0
        packets = sender.tone(BEEP_HZ if beep else 0, second, 1)
        sure = 3 if beep else 0  # an onset that is lost can't be heard at its time
        out += [one for n, one in enumerate(packets) if n < sure or rng.random() >= LOST]
        if second % 5 == 0:
            out.append(
                sender.report(second * (1 + sender.drift)) if not sender.drift else told(sender, second)
            )
    return out


def told(sender: Sender, second: int) -> TapReport:
    """A sender report by a clock that runs at another pace: RTP time goes with the samples, NTP time with its own clock."""
    report = sender.report(second)
    ts = (sender.ts + round(second * (1 + sender.drift) * 48_000)) & 0xFFFFFFFF
    return type(report)(report.track, report.ssrc, report.ntp_time, ts, report.arrival_ns)


async def kept(folder: Path, items: list[TapPacket | TapReport], labels: dict[str, str]) -> None:
    recorder = Recorder(SETTINGS, folder, "h-1", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(peer): label for peer, label in labels.items()}))
    for at in range(0, len(items), AT_ONCE):
        for item in items[at : at + AT_ONCE]:
            assert recorder.offer(item)
        wanted = recorder.stats.bytes_written
        while recorder.stats.bytes_written == wanted:
            await asyncio.sleep(0.005)
    await recorder.close()


def onsets(wave: np.ndarray[tuple[int], np.dtype[np.float32]]) -> dict[int, float]:
    """When the tone begins, by its minute's second."""
    step = 48  # a millisecond
    power = np.abs(wave[: len(wave) // step * step].reshape(-1, step)).mean(axis=1) > 0.05
    found: dict[int, float] = {}
    for minute in range(0, LENGTH_S, EVERY_S):
        near = np.flatnonzero(power[max(0, minute * 1000 - 500) : minute * 1000 + 900])
        if len(near):
            found[minute] = (max(0, minute * 1000 - 500) + int(near[0])) / 1000
    return found


async def test_everybody_is_in_step_with_the_wall_to_the_end(tmp_path: Path) -> None:
    rng = random.Random(7)
    before, after = Sender("p1", drift=50e-6), Sender("p2", ssrc=77, seq=5, ts=123_456, drift=50e-6)
    other = Sender("p3", ssrc=10, transit_ns=45_000_000, drift=-50e-6)
    never = range(0)
    items = [
        *speech(before, range(RECONNECTED_S), MUTED, rng),
        *speech(after, range(RECONNECTED_S, LENGTH_S), never, rng),
        *speech(other, range(LENGTH_S), never, rng),
    ]
    items.sort(key=lambda one: one.arrival_ns)
    await kept(tmp_path / "tape", items, {"p1": "plaintiff", "p2": "plaintiff", "p3": "defendant"})
    copies = build(tmp_path / "tape", tmp_path / "out", T0, T0 + LENGTH_S * SECOND)
    heard = {}
    for copy in copies:
        assert copy.duration_ms == LENGTH_S * 1000
        assert abs(seconds(copy.path) - LENGTH_S) <= WITHIN_S
        wave = sound(copy.path)
        assert abs(len(wave) / 48_000 - LENGTH_S) <= WITHIN_S
        heard[copy.label] = onsets(wave)
    minutes = [at for at in range(0, LENGTH_S, EVERY_S) if at not in RECESS]
    assert sorted(heard["defendant"]) == minutes
    assert sorted(heard["plaintiff"]) == [at for at in minutes if at not in MUTED]
    for label, found in heard.items():
        late = {minute: at - minute - LATE_S for minute, at in found.items()}
        assert max(map(abs, late.values())) <= WITHIN_S, (label, late)
    for minute, at in heard["plaintiff"].items():
        assert abs(at - heard["defendant"][minute]) <= WITHIN_S, minute
