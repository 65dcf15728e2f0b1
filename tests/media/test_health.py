"""A peer's line: told from counters and reports as they are, lost packets laid at the right door, remembered and bounded."""

from __future__ import annotations

from dataclasses import replace
from struct import pack

import pytest

from media import rtcp
from media.health import GONE_MAX, HISTORY_S, HISTORY_SAMPLES, STEP_S, Counts, HealthBook, PeerHealth, Told
from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from tests.media import rig
from tests.media.rig import Rig, Source

pytestmark = pytest.mark.pure

A, B = PeerId("a"), PeerId("b")
NONE = Counts(0, 0, 0, 0, 0, None, None, 0.0)


def house(engine: str) -> Rig:
    """a is received by b."""
    made = Rig(engine)
    made.join("a")
    made.join("b")
    for peer in ("a", "b"):
        made.plane._linked[PeerId(peer)] = (peer, 1)
    made.apply(RoutePlan({A: rig.BOTH}, {B: (Subscription(A, audio=True, video=False),)}))
    return made


def speak(made: Rig, source: Source, seconds: float, lose: int = 0) -> None:
    """Fifty packets a second; of each ten the last `lose` do not arrive."""
    for number in range(round(seconds * 50)):
        packet = source.sound()
        if number % 10 < 10 - lose:
            made.send("a", packet)
        made.wait(0.02)


def step(made: Rig) -> None:
    made.plane._due(made.now)


def report(made: Rig, highest: int, lost: int, last_sr: int = 0, delay: int = 0) -> None:
    """b's receiver report about its first sound line."""
    ssrc = made.number("b") * 1000 + 1
    block = pack("!IIIIII", ssrc, lost & 0xFFFFFF, highest, 0, last_sr, delay)
    made.send("b", rtcp.build_receiver_report([block], 7))


def first_sequence(made: Rig) -> int:
    return made.take("b")[0].sequence


def test_the_publishers_own_loss_is_a_gap_in_what_it_sends(engine: str) -> None:
    made = house(engine)
    step(made)
    speak(made, Source("a", Kind.AUDIO, 5), 10, lose=2)
    found = made.plane.health(A)
    assert found.uplink_loss == pytest.approx(0.2, abs=0.01)
    assert found.downlink_loss is None
    assert found.jitter_ms is not None
    assert found.silent_ms < 100


def test_a_line_that_loses_nothing_shows_none(engine: str) -> None:
    made = house(engine)
    speak(made, Source("a", Kind.AUDIO, 5), 5)
    assert made.plane.health(A).uplink_loss == 0.0


def test_a_repaired_packet_is_not_lost(engine: str) -> None:
    made = house(engine)
    source = Source("a", Kind.AUDIO, 5)
    packets = [source.sound() for _ in range(50)]
    made.send("a", *packets[:20], *packets[21:], packets[20])
    assert made.plane.health(A).uplink_loss == 0.0


def test_a_share_of_a_handful_is_not_told(engine: str) -> None:
    made = house(engine)
    made.send("a", Source("a", Kind.AUDIO, 5).sound())
    assert made.plane.health(A).uplink_loss is None


def test_what_the_floor_cuts_is_no_loss(engine: str) -> None:
    """Packets that nobody may hear are dropped here; the line has carried them."""
    made = house(engine)
    source = Source("a", Kind.AUDIO, 5)
    speak(made, source, 4)
    made.apply(RoutePlan({}, {}))
    speak(made, source, 4)
    made.apply(RoutePlan({A: rig.BOTH}, {B: (Subscription(A, audio=True, video=False),)}))
    speak(made, source, 4)
    assert made.plane.health(A).uplink_loss == 0.0


def test_the_receivers_loss_is_by_its_own_reports(engine: str) -> None:
    made = house(engine)
    step(made)
    source = Source("a", Kind.AUDIO, 5)
    speak(made, source, 1)
    first = first_sequence(made)
    report(made, first + 49, 0)
    speak(made, source, 4)
    report(made, first + 249, 50)
    assert made.plane.health(B).downlink_loss == pytest.approx(0.25)
    assert made.plane.health(A).uplink_loss == 0.0


def test_the_speakers_loss_is_not_laid_at_the_listeners_door(engine: str) -> None:
    """RFC 3550 §6.4.1 counts gaps; a gap that came from the publisher was never sent on this line."""
    made = house(engine)
    step(made)
    source = Source("a", Kind.AUDIO, 5)
    speak(made, source, 1)
    first = first_sequence(made)
    report(made, first + 49, 0)
    speak(made, source, 4, lose=3)
    report(made, first + 249, 60)
    found = made.plane.health(B)
    assert found.downlink_loss == 0.0
    assert made.plane.health(A).uplink_loss is not None


def test_loss_found_again_late_is_counted_back_and_a_negative_count_is_read_as_one() -> None:
    told = Told()
    told.take(rtcp.ReportBlock(1, 0, 5, 100, 0, 0, 0), 100, 1.0)
    told.take(rtcp.ReportBlock(1, 0, (1 << 24) - 2, 200, 0, 0, 0), 200, 2.0)
    assert (told.sent, told.got, told.lost) == (100, 107, 0)


def test_a_report_that_jumps_begins_anew() -> None:
    told = Told()
    told.take(rtcp.ReportBlock(1, 0, 0, 100, 0, 0, 0), 100, 1.0)
    told.take(rtcp.ReportBlock(1, 0, 9, 1 << 20, 0, 0, 0), 200, 2.0)
    assert (told.sent, told.lost) == (0, 0)
    told.take(rtcp.ReportBlock(1, 0, 10, (1 << 20) + 100, 0, 0, 0), 300, 3.0)
    assert (told.sent, told.lost) == (100, 1)


def test_the_round_trip_is_from_our_report_to_its_answer_less_the_wait(engine: str) -> None:
    made = house(engine)
    speak(made, Source("a", Kind.AUDIO, 5), 1)
    made.raw("b")
    made.send("a", rtcp.build_sender_report(rtcp.SenderReport(5, 0x1234_5678_9ABC_DEF0, 1000, 50, 500)))
    (compound,) = made.rtcp("b")
    middle = rtcp.sender_report(next(rtcp.parts(compound)).body).ntp >> 16 & 0xFFFFFFFF
    made.wait(0.5)
    report(made, 1, 0, last_sr=middle, delay=round(0.38 * 65536))
    assert made.plane.health(B).rtt_ms == pytest.approx(120, abs=2)
    made.wait(20)
    assert made.plane.health(B).rtt_ms is None, "too old to be told as that of now"


def test_an_answer_to_a_report_never_sent_measures_nothing(engine: str) -> None:
    made = house(engine)
    report(made, 1, 0, last_sr=42, delay=1)
    assert made.plane.health(B).rtt_ms is None


def test_silence_is_counted_from_the_last_word_of_any_kind(engine: str) -> None:
    made = house(engine)
    speak(made, Source("a", Kind.AUDIO, 5), 1)
    made.wait(3)
    assert 2900 <= made.plane.health(A).silent_ms <= 3100
    made.send("a", rtcp.build_receiver_report([], 7))
    assert made.plane.health(A).silent_ms < 100


def test_a_stranger_has_no_health(engine: str) -> None:
    assert house(engine).plane.health(PeerId("nobody")) == PeerHealth()
    assert house(engine).plane.history(PeerId("nobody")) == ()


def test_the_window_slides_what_was_bad_a_while_ago_is_over(engine: str) -> None:
    made = house(engine)
    source = Source("a", Kind.AUDIO, 5)
    step(made)
    speak(made, source, 5.04, lose=5)
    step(made)
    worst = made.plane.health(A).uplink_loss
    assert worst == pytest.approx(0.5, abs=0.02)
    for _ in range(3):
        speak(made, source, 5.04)
        step(made)
    assert made.plane.health(A).uplink_loss == 0.0
    losses = [one.health.uplink_loss for one in made.plane.history(A)]
    assert max(one for one in losses if one is not None) == worst


def test_a_line_that_is_gone_is_remembered_as_it_last_was(engine: str) -> None:
    made = house(engine)
    step(made)
    speak(made, Source("a", Kind.AUDIO, 5), 4, lose=1)
    made.plane.disconnect(A)
    made.wait(7)
    found = made.plane.health(A)
    assert found.uplink_loss == pytest.approx(0.1, abs=0.01)
    assert found.silent_ms >= 6900


def test_a_new_transport_counts_from_nothing_and_keeps_the_history() -> None:
    book = HealthBook()
    book.step({A: replace(NONE, expected=500, received=400)}, 0.0, 0)
    book.step({A: replace(NONE, expected=100, received=100)}, STEP_S, 5000)
    assert book.health(A, replace(NONE, expected=200, received=200), 2 * STEP_S).uplink_loss == 0.0
    assert [one.at_ms for one in book.history(A)] == [0, 5000]


def test_ten_minutes_are_kept_and_no_more() -> None:
    book = HealthBook()
    for number in range(HISTORY_SAMPLES + 30):
        book.step({A: NONE}, number * STEP_S, number)
    assert [one.at_ms for one in book.history(A)] == list(range(30, HISTORY_SAMPLES + 30))


def test_who_is_gone_is_forgotten_after_ten_minutes() -> None:
    book = HealthBook()
    book.step({A: NONE}, 0.0, 0)
    book.step({}, STEP_S, 1)
    book.step({}, HISTORY_S, 2)
    assert book.history(A)
    book.step({}, 2 * STEP_S + HISTORY_S, 3)
    assert not book.history(A)


def test_so_many_who_are_gone_and_the_oldest_first() -> None:
    book = HealthBook()
    peers = [PeerId(str(number)) for number in range(GONE_MAX + 5)]
    for number, peer in enumerate(peers):
        book.step({peer: NONE}, number / 1000, number)
    book.step({}, 1.0, 0)
    kept = [peer for peer in peers if book.history(peer)]
    assert kept == peers[5:]
