"""Sound and picture of a person are placed by sender reports, people by the court's clock; nonsense is not believed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket, TapReport
from recording.clocks import WINDOW_S, ClockMap, ntp_ns
from recording.rtp import in_order

pytestmark = pytest.mark.pure

MS = 1_000_000
SECOND = 1000 * MS
START = 1_790_000_000 * SECOND
NTP_EPOCH_S = 2_208_988_800
RATES = {Kind.AUDIO: 48_000, Kind.VIDEO: 90_000}
SSRC = {Kind.AUDIO: 1, Kind.VIDEO: 2}
FIRST = {Kind.AUDIO: (1 << 32) - 96_000, Kind.VIDEO: 5}


@dataclass
class Person:
    """One connection. Its clock is off by clock_ms, its sound and picture take so long at least, and at most twice that."""

    clock_ms: float = 0.0
    transit_ms: dict[Kind, float] = field(default_factory=lambda: {Kind.AUDIO: 40.0, Kind.VIDEO: 140.0})
    drift: float = 0.0  # of its sampling clocks against its own wall clock
    step: tuple[float, float] = (1e9, 0.0)  # (when, by how many ms) somebody sets its wall clock
    rng: random.Random = field(default_factory=lambda: random.Random(5))

    def ticks(self, kind: Kind, at_s: float) -> int:
        return (FIRST[kind] + round(at_s * RATES[kind] * (1 + self.drift))) & 0xFFFFFFFF

    def packet(self, kind: Kind, number: int, at_s: float) -> TapPacket:
        transit = self.transit_ms[kind]
        late = self.rng.random() * transit if number % 7 else 0.0
        arrival_ns = START + round(at_s * SECOND) + round((transit + late) * MS)
        return TapPacket(
            track=TrackId(PeerId("p1"), kind),
            codec="opus" if kind is Kind.AUDIO else "vp8",
            clock_rate=RATES[kind],
            ssrc=SSRC[kind],
            sequence=number & 0xFFFF,
            timestamp=self.ticks(kind, at_s),
            marker=False,
            keyframe=False,
            rtp=b"",
            payload_start=0,
            payload_end=0,
            arrival_ns=arrival_ns,
            audio_level_db=None,
        )

    def report(self, kind: Kind, at_s: float, *, wrong_ms: float = 0.0) -> TapReport:
        clock_ms = self.clock_ms + wrong_ms + (self.step[1] if at_s >= self.step[0] else 0.0)
        unix_ns = START + round(at_s * SECOND) + round(clock_ms * MS)
        seconds, rest = divmod(unix_ns, SECOND)
        ntp_time = (seconds + NTP_EPOCH_S) << 32 | (rest << 32) // SECOND
        arrival_ns = START + round(at_s * SECOND) + round(self.transit_ms[kind] * 2 * MS)
        return TapReport(
            TrackId(PeerId("p1"), kind), SSRC[kind], ntp_time, self.ticks(kind, at_s), arrival_ns
        )

    def streams(self, seconds: int, *, reports: bool = True) -> dict[Kind, list[TapPacket | TapReport]]:
        found: dict[Kind, list[TapPacket | TapReport]] = {}
        for kind, rate in ((Kind.AUDIO, 50), (Kind.VIDEO, 15)):
            items: list[TapPacket | TapReport] = [
                self.packet(kind, number, number / rate) for number in range(seconds * rate)
            ]
            if reports:
                items += [self.report(kind, at_s + 1.5) for at_s in range(0, seconds - 2, 4)]
            found[kind] = sorted(items, key=lambda item: item.arrival_ns)
        return found


def errors_ms(streams: dict[Kind, list[TapPacket | TapReport]]) -> dict[Kind, list[float]]:
    """How far from the moment it was sent each packet is placed."""
    clocks = ClockMap.learn(item for kind in streams for item in streams[kind])
    found = {}
    for kind, rate in ((Kind.AUDIO, 50), (Kind.VIDEO, 15)):
        packets = [item for item in streams[kind] if isinstance(item, TapPacket)]
        found[kind] = [
            (clocks.wall_ns(one.key, one.ticks) - START) / MS - one.index * 1000 / rate
            for one in in_order(packets)
        ]
    return found


def apart_ms(found: dict[Kind, list[float]]) -> float:
    """Most that sound and picture of one moment are apart."""
    pairs = zip(found[Kind.AUDIO][::50], found[Kind.VIDEO][::15], strict=True)
    return max(abs(sound - picture) for sound, picture in pairs)


def test_the_time_of_a_report() -> None:
    assert ntp_ns(1 << 32) == SECOND
    assert ntp_ns(1 << 31) == SECOND // 2
    assert Person().report(Kind.AUDIO, 0.0).ntp_time >> 32 == 1_790_000_000 + NTP_EPOCH_S


@pytest.mark.parametrize("clock_ms", [0.0, -3_600_000.0, 86_400_000.0])
def test_a_picture_that_is_longer_on_its_way_is_in_step_with_its_sound(clock_ms: float) -> None:
    found = errors_ms(Person(clock_ms).streams(40))
    assert apart_ms(found) < 2
    assert max(abs(error - 40) for error in found[Kind.AUDIO]) < 2, "the way that is unknown, and no more"


def test_without_reports_everything_stands_where_it_arrived() -> None:
    found = errors_ms(Person().streams(40, reports=False))
    assert 90 < apart_ms(found) < 110
    assert max(abs(error - 40) for error in found[Kind.AUDIO]) < 2


def test_a_sender_whose_sampling_drifts_stays_in_step_for_half_an_hour() -> None:
    found = errors_ms(Person(drift=150e-6).streams(1800))
    assert apart_ms(found) < 5
    assert max(abs(error - 40) for error in found[Kind.AUDIO]) < 20


def test_a_sender_whose_clock_is_set_moves_nothing_but_the_moment_itself() -> None:
    found = errors_ms(Person(step=(60.0, 5_000.0)).streams(120))
    for kind, rate in ((Kind.AUDIO, 50), (Kind.VIDEO, 15)):
        for number, error in enumerate(found[kind]):
            far = abs(number / rate - 60) > 2 * WINDOW_S
            assert abs(error - 40) < (5 if far else 120), (kind, number)


@pytest.mark.parametrize("wrong_ms", [-5_000.0, 300.0, 1e9])
def test_one_report_that_errs_is_outvoted(wrong_ms: float) -> None:
    person = Person()
    streams = person.streams(60)
    streams[Kind.VIDEO].append(person.report(Kind.VIDEO, 30.0, wrong_ms=wrong_ms))
    streams[Kind.VIDEO].sort(key=lambda item: item.arrival_ns)
    assert apart_ms(errors_ms(streams)) < 2


def test_reports_that_contradict_the_packets_are_not_believed() -> None:
    person = Person()
    streams = person.streams(60, reports=False)
    for at_s in range(0, 58, 4):
        streams[Kind.AUDIO].append(person.report(Kind.AUDIO, at_s + 1.0))
        streams[Kind.VIDEO].append(person.report(Kind.VIDEO, at_s + 1.0, wrong_ms=4_000.0))
    found = errors_ms({kind: sorted(items, key=lambda i: i.arrival_ns) for kind, items in streams.items()})
    assert max(abs(error - 140) for error in found[Kind.VIDEO]) < 30
    assert max(abs(error - 40) for error in found[Kind.AUDIO]) < 2


def test_a_report_before_the_first_packet_changes_nothing() -> None:
    person = Person()
    streams = person.streams(20)
    streams[Kind.AUDIO].insert(0, person.report(Kind.AUDIO, 0.0, wrong_ms=9_000.0))
    assert apart_ms(errors_ms(streams)) < 2
