"""Packets to sound: order, loss, pauses, wall times; whatever bytes come."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.transcripts.feed import FRAME_NS, FRAME_UNITS, RATE, T0_NS, Sound, clip, opus_payloads, packets
from transcripts.frames import OpusPacket
from transcripts.opus import OpusDecoder, duration, library
from transcripts.settings import TranscriptSettings
from transcripts.sound import Break, SoundLine
from transcripts.sound import Sound as Heard

if TYPE_CHECKING:
    from media.taps import TapPacket

pytestmark = pytest.mark.service

FRAME = RATE // 50
CLIP = clip("zh-0.wav")[: RATE * 3]


def as_sent(sound: Sound = CLIP) -> list[OpusPacket]:
    def plain(item: TapPacket) -> OpusPacket:
        return OpusPacket(1, item.ssrc, item.sequence, item.timestamp, item.arrival_ns, item.payload)

    return [plain(item) for item in packets(opus_payloads(sound))]


def play(sent: list[OpusPacket], line: SoundLine | None = None) -> tuple[list[Heard | Break], SoundLine]:
    line = line or SoundLine(TranscriptSettings())
    out = [item for packet in sent for item in line.push(packet)]
    return out + line.flush(), line


def joined(items: list[Heard | Break]) -> Sound:
    return np.concatenate([item.samples for item in items if isinstance(item, Heard)])


def likeness(one: Sound, other: Sound) -> float:
    length = min(len(one), len(other))
    return float(np.corrcoef(one[:length], other[:length])[0, 1])


def test_libopus_is_found_and_tells_a_packets_length() -> None:
    assert library()
    assert duration(as_sent()[5].payload) == FRAME
    assert duration(b"") == 0


def test_whole_stream_decodes_to_the_sound_that_was_sent() -> None:
    sent = as_sent()
    out, line = play(sent)
    assert not any(isinstance(item, Break) for item in out)
    assert len(joined(out)) == len(sent) * FRAME
    delay = max(range(400), key=lambda d: likeness(CLIP, joined(out)[d:]))
    assert likeness(CLIP, joined(out)[delay:]) > 0.9
    assert line.counts.lost == 0


def test_wall_times_follow_arrivals_and_ignore_jitter() -> None:
    rng = random.Random(3)
    sent = [replace(p, arrival_ns=p.arrival_ns + rng.randrange(0, 60_000_000)) for p in as_sent()]
    sent[0] = replace(sent[0], arrival_ns=T0_NS)
    out, _ = play(sorted(sent, key=lambda p: p.arrival_ns))
    at = 0
    for item in out:
        assert isinstance(item, Heard)
        assert abs(item.wall_ns - (T0_NS + at * FRAME_NS // FRAME)) < 2_000_000
        at += len(item.samples)


def test_single_losses_are_recovered_by_fec_better_than_silence() -> None:
    sent = as_sent()
    whole = joined(play(sent)[0])
    kept = [packet for index, packet in enumerate(sent) if index % 10 != 4]
    out, line = play(kept)
    mended = joined(out)
    assert len(mended) == len(whole)
    assert line.counts.lost == len(sent) - len(kept)
    lost = np.concatenate([np.arange(i * FRAME, (i + 1) * FRAME) for i in range(4, len(sent), 10)])
    spoken = lost[np.abs(whole[lost]) > 0.01]
    mended_error = float(np.mean((mended[spoken] - whole[spoken]) ** 2))
    assert mended_error < 0.5 * float(np.mean(whole[spoken] ** 2))


def test_a_long_loss_is_concealed_a_moment_and_then_silent() -> None:
    sent = as_sent()
    out, line = play(sent[:60] + sent[110:])
    assert len(joined(out)) == len(sent) * FRAME
    assert line.counts.concealed_ms == 120
    silent = joined(out)[(60 + 6) * FRAME : 108 * FRAME]
    assert not np.any(silent)


def test_a_pause_of_the_sender_is_silence_of_its_length() -> None:
    sent = as_sent()
    resumed = [
        replace(
            p, timestamp=(p.timestamp + 40 * FRAME_UNITS) % 2**32, arrival_ns=p.arrival_ns + 40 * FRAME_NS
        )
        for p in sent[50:]
    ]
    out, line = play(sent[:50] + resumed)
    assert len(joined(out)) == (len(sent) + 40) * FRAME
    assert not np.any(joined(out)[50 * FRAME : 90 * FRAME])
    assert line.counts.lost == 0


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": 400_000_000},
        {"ssrc": 5},
        {"sequence": 30_000, "timestamp": 900_000_000},
    ],
)
def test_a_new_sender_or_clock_breaks_the_line(change: dict[str, int]) -> None:
    sent = as_sent()
    moved = [
        replace(
            p,
            ssrc=change.get("ssrc", p.ssrc),
            sequence=(change.get("sequence", sent[50].sequence) + index) % 65_536,
            timestamp=change.get("timestamp", sent[50].timestamp) + index * FRAME_UNITS,
        )
        for index, p in enumerate(sent[50:100])
    ]
    out, line = play(sent[:50] + moved)
    assert sum(isinstance(item, Break) for item in out) == line.counts.breaks == 1
    last = out[-1]
    assert isinstance(last, Heard)
    assert abs(last.wall_ns - moved[-1].arrival_ns) < 2_000_000


def test_a_sender_that_stopped_its_clock_is_placed_at_its_arrival() -> None:
    sent = as_sent()
    later = [replace(p, arrival_ns=p.arrival_ns + 30_000_000_000) for p in sent[50:60]]
    out, _ = play(sent[:50] + later)
    assert isinstance(out[50], Break)
    last = out[-1]
    assert isinstance(last, Heard)
    assert abs(last.wall_ns - later[-1].arrival_ns) < 2_000_000


def test_garbage_is_concealed_and_counted_and_good_packets_still_decode() -> None:
    rng = random.Random(5)
    sent = as_sent()
    bad = [
        replace(p, payload=b"" if i % 2 else b"\xff" + rng.randbytes(rng.randrange(0, 40)))
        for i, p in enumerate(sent[:40])
    ]
    out, line = play(bad + sent[40:])
    assert line.errors > 0
    assert np.isfinite(joined(out)).all()
    assert np.abs(joined(out)[-FRAME * 100 :]).max() > 0.01


def test_any_bytes_and_numbers_are_survived_and_bounded() -> None:
    rng = random.Random(11)
    line = SoundLine(TranscriptSettings())
    heard = 0
    for _ in range(1500):
        packet = OpusPacket(
            1, rng.randrange(3), rng.randrange(65_536), rng.randrange(2**32), rng.randrange(2**60), rng.randbytes(rng.randrange(60))
        )  # fmt: skip
        heard += sum(len(item.samples) for item in line.push(packet) if isinstance(item, Heard))
    assert heard <= 1500 * (2 * RATE + 4 * FRAME * 6)


def test_concealment_gives_exactly_what_was_asked() -> None:
    decoder = OpusDecoder()
    decoder.decode(as_sent()[20].payload)
    for samples in (0, 7, 40, 320, 1921, 5000):
        assert len(decoder.conceal(samples)) == samples
        assert len(decoder.recover(as_sent()[21].payload, samples)) == samples
