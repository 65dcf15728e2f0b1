"""What each person's streams and lines did since the last look; what is kept of it; what is counted of it."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.figures import LineFigures, PeerFigures, StreamFigures
from media.health import PeerHealth
from media.ids import Kind, PeerId, TrackId
from server.courtroom.line_log import CSV_HEAD, LineStep, SeatLine, csv, decode, decode_all, encode
from server.courtroom.line_totals import LineTotals
from server.courtroom.outputs import SeatHealth
from server.courtroom.plans import screen_peer
from server.hearing import commands as c
from server.hearing.events import Actor
from server.hearing.ids import Instant, SeatId
from server.hearing.leaving import read
from server.hearing.session import SessionState
from tests.cast import CLERK, DEFENDANT, PLAINTIFF, PRESIDING, connection

if TYPE_CHECKING:
    from server.courtroom.flows import SeatFlow
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service

MINE, THEIRS = PeerId(connection(PLAINTIFF)), PeerId(connection(DEFENDANT))


def stream(kind: Kind = Kind.VIDEO, **changes: object) -> StreamFigures:
    usual = StreamFigures(
        track=TrackId(MINE, kind), layer="f" if kind is Kind.VIDEO else "", codec="VP8", permitted=True,
        packets=0, bytes=0, lost=0, jitter_s=0.012, bitrate_bps=1, width_px=1280, keyframes=1, seen_at=1.0,
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


def line(kind: Kind = Kind.VIDEO, **changes: object) -> LineFigures:
    usual = LineFigures(
        slot=0, kind=kind, packets=0, octets=0, source=THEIRS, layer="f", fraction_lost=0.0, rtt_s=0.04,
        nacks=0, repeats=0, freezes=0, switches=0,
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


def counted(rig: Rig, streams: tuple[StreamFigures, ...] = (), lines: tuple[LineFigures, ...] = ()) -> None:
    rig.media.counted[MINE] = PeerFigures(streams, lines)


async def here(rig: Rig) -> None:
    """Both parties and the bench have come."""
    for seat in (PRESIDING, PLAINTIFF, DEFENDANT):
        await rig.arrive(seat)


async def sitting(rig: Rig) -> None:
    """The court is open."""
    await rig.checked_in()
    await rig.do(PRESIDING, c.OpenCourt("已在庭前核对"))
    await rig.settle()


def step(rig: Rig) -> SeatFlow:
    """Five seconds later, the plaintiff."""
    rig.clock.move(5000)
    rig.room.watch.step(rig.room.state, rig.clock.now_ms())
    return rig.room.watch.flows.of(PLAINTIFF)


# --- since the last look ---


async def test_rates_and_losses_are_of_the_time_between_two_looks(rig: Rig) -> None:
    await here(rig)
    counted(
        rig, (stream(packets=1000, bytes=500_000, lost=7),), (line(packets=400, octets=300_000, nacks=5),)
    )
    step(rig)
    counted(
        rig,
        (stream(packets=1090, bytes=1_125_000, lost=17),),
        (line(packets=900, octets=425_000, nacks=8, repeats=2, freezes=1, switches=4, fraction_lost=0.05),),
    )
    flow = step(rig)
    (up,), (down,) = flow.streams, flow.lines
    assert (up.loss, up.bps, up.jitter_ms, up.packets, up.lost) == (0.1, 1_000_000, 12, 1090, 17)
    assert (down.of, down.source, down.bps, down.loss, down.rtt_ms) == (DEFENDANT, "main", 200_000, 0.05, 40)
    assert (down.new_nacks, down.new_repeats, down.new_freezes, down.new_switches) == (3, 2, 1, 4)
    assert (flow.up_bps, flow.down_bps, flow.layers) == (1_000_000, 200_000, "1xf")


async def test_a_transport_that_began_anew_counts_from_nothing(rig: Rig) -> None:
    await here(rig)
    counted(
        rig,
        (stream(packets=9000, bytes=9_000_000, lost=500),),
        (line(packets=5000, octets=9_000_000, freezes=9),),
    )
    step(rig)
    counted(rig, (stream(packets=100, bytes=62_500, lost=0),), (line(packets=50, octets=31_250, freezes=1),))
    flow = step(rig)
    assert (flow.streams[0].bps, flow.streams[0].loss) == (100_000, 0.0)
    assert (flow.lines[0].bps, flow.lines[0].new_freezes) == (50_000, 1)


async def test_repeats_that_come_late_take_a_loss_back_and_never_below_nothing(rig: Rig) -> None:
    await here(rig)
    counted(rig, (stream(packets=100, lost=9),))
    step(rig)
    counted(rig, (stream(packets=200, lost=2),))
    assert step(rig).streams[0].loss == 0.0


async def test_too_few_packets_say_nothing_and_an_empty_slot_is_not_told(rig: Rig) -> None:
    await here(rig)
    counted(rig, (stream(packets=3, lost=3),), (line(source=None), line(slot=1, source=PeerId("tape:h"))))
    flow = step(rig)
    assert flow.streams[0].loss is None
    assert [(one.slot, one.of) for one in flow.lines] == [(1, None)]


async def test_a_screen_is_counted_with_its_person(rig: Rig) -> None:
    await here(rig)
    rig.media.counted[screen_peer(str(MINE))] = PeerFigures((stream(packets=50),), ())
    counted(rig, (stream(Kind.AUDIO, packets=50),), (line(source=screen_peer(str(THEIRS))),))
    flow = step(rig)
    assert [(one.source, one.kind) for one in flow.streams] == [("main", Kind.AUDIO), ("screen", Kind.VIDEO)]
    assert [(one.of, one.source) for one in flow.lines] == [(DEFENDANT, "screen")]


# --- what is kept ---

seats = st.builds(
    SeatLine,
    health=st.builds(
        SeatHealth,
        seat=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12).map(
            SeatId
        ),
        up_loss=st.none() | st.integers(0, 10_000).map(lambda n: n / 10_000),
        down_loss=st.none() | st.integers(0, 10_000).map(lambda n: n / 10_000),
        rtt_ms=st.none() | st.integers(0, 9999),
        jitter_ms=st.none() | st.integers(0, 9999),
        verdict=st.none() | st.sampled_from(["good", "fair", "poor", "lost"]),
    ),
    up_kbps=st.integers(0, 90_000),
    down_kbps=st.integers(0, 90_000),
    layers=st.sampled_from(["", "1xf", "2xf 3xh"]),
    freezes=st.integers(0, 99),
    switches=st.integers(0, 99),
    nacks=st.integers(0, 9999),
)
steps = st.builds(
    LineStep, at_ms=st.integers(0, 2**48).map(Instant), seats=st.lists(seats, max_size=4).map(tuple)
)


@given(st.lists(steps, max_size=5))
def test_what_was_kept_is_read(kept: list[LineStep]) -> None:
    assert decode_all(b"".join(map(encode, kept))) == kept


@given(st.lists(steps, min_size=2, max_size=4), st.data())
def test_a_torn_step_costs_itself_alone(kept: list[LineStep], data: st.DataObject) -> None:
    torn = data.draw(st.integers(0, len(kept) - 2))
    parts = [encode(one) for one in kept]
    cut = data.draw(st.integers(0, len(parts[torn]) - 1))
    parts[torn] = parts[torn][:cut]
    assert decode_all(b"".join(parts)) == kept[:torn] + kept[torn + 1 :]


@given(steps, st.data())
def test_a_changed_step_is_not_read(kept: LineStep, data: st.DataObject) -> None:
    text = bytearray(encode(kept)[1:])
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= data.draw(st.sampled_from([1, 2, 4, 8]))
    found = decode(bytes(text))
    assert found is None or found == kept  # a hex digit's other case is the same digit


@given(st.binary(max_size=200))
def test_nonsense_is_no_step(content: bytes) -> None:
    decode_all(content)


def test_a_true_sum_over_a_wrong_shape_is_no_step() -> None:
    for text in (
        b"[]",
        b"[1,[[1]]]",
        b"{}",
        b"[1,2]",
        b'["x",[]]',
        b"[1,[[1,2,3,4,5,6,7,8,9,10,11,12,13]]]",
        b"\xff",
    ):
        assert decode(b"%08x %s" % (zlib.crc32(text), text)) is None


def test_the_table_for_people() -> None:
    lost = SeatLine(SeatHealth(PLAINTIFF, verdict="lost"))
    good = SeatLine(SeatHealth(CLERK, 0.0123, 0.0, 40, 5, "good"), 900, 1200, "2xf", 1, 2, 3)
    assert csv([LineStep(Instant(1000), (lost,)), LineStep(Instant(6000), (good,))]).splitlines() == [
        CSV_HEAD,
        "1000,0,plaintiff,lost,,,,,0,0,,0,0,0",
        "6000,5000,clerk,good,1.23,0.00,40,5,900,1200,2xf,1,2,3",
    ]


async def test_every_step_of_who_has_a_line_is_kept_and_nothing_after_the_close(rig: Rig) -> None:
    await here(rig)
    rig.media.healths[MINE] = PeerHealth(0.02, 0.01, 90, 8)
    counted(rig, (stream(packets=100, bytes=1000),))
    step(rig)
    counted(rig, (stream(packets=200, bytes=626_000),))
    step(rig)
    kept = rig.lines.kept[str(rig.hearing)]
    assert [(one.health.seat, one.health.rtt_ms, one.up_kbps) for one in kept[-1].seats] == [
        (PLAINTIFF, 90, 1000)
    ]
    assert kept[-1].at_ms - kept[-2].at_ms == 5000
    before = len(kept)
    over = replace(rig.room.state, session=SessionState.CLOSED)
    rig.room.watch.step(over, rig.clock.now_ms())
    assert len(kept) == before


async def test_an_absence_that_spans_a_restart_has_its_history(rig: Rig) -> None:
    await sitting(rig)
    rig.media.healths[MINE] = PeerHealth(0.9, 0.9, 900, 90)
    step(rig)
    rig.clock.move(120_000)
    rig.media.healths[MINE] = PeerHealth(0.25, 0.125, 480, 31)
    step(rig)
    rig.clock.move(300_000)  # the house was down for so long
    room = await rig.restart()
    facts = read(room.state.attendance[PLAINTIFF].care.absences[-1].facts)
    assert [facts[key] for key in ("cause", "loss_up", "loss_down", "rtt_ms", "jitter_ms")] == [
        "server_restart", "250", "125", "480", "31",
    ]  # fmt: skip
    assert facts["silent_ms"] == "", "nobody measured that"
    assert [one.health.rtt_ms for one in room.watch.history(PLAINTIFF)][:2] == [900, 480]
    other = read(room.state.attendance[DEFENDANT].care.absences[-1].facts)
    assert other["loss_up"] == "", "another's line is not its own"


async def test_a_new_connection_that_fails_at_once_has_the_minute_before(rig: Rig) -> None:
    await sitting(rig)
    rig.media.healths[MINE] = PeerHealth(0.3, 0.0, 300, 9)
    step(rig)
    lost = c.Depart(connection(PLAINTIFF), c.LeaveCause.CONNECTION_LOST)
    await rig.room.ask(lost, Actor(PLAINTIFF, connection(PLAINTIFF)))
    await rig.arrive(PLAINTIFF, 2)
    again = c.Depart(connection(PLAINTIFF, 2), c.LeaveCause.CONNECTION_LOST)
    await rig.room.ask(again, Actor(PLAINTIFF, connection(PLAINTIFF, 2)))
    await rig.settle()
    assert read(rig.room.state.attendance[PLAINTIFF].care.absences[-1].facts)["loss_up"] == "300"


# --- what is counted ---


async def test_totals_have_no_names_and_count_what_flowed(rig: Rig) -> None:
    await here(rig)
    totals = LineTotals()
    counted(rig, (stream(packets=100, bytes=1000),), (line(packets=10, octets=100),))
    step(rig)
    counted(
        rig,
        (stream(packets=190, bytes=626_000, lost=10, jitter_s=0.04),),
        (line(packets=400, octets=62_600, freezes=2, nacks=3, switches=1, repeats=4, fraction_lost=0.04),),
    )
    step(rig)
    totals.count(rig.room.watch.flows.now.values())
    loss = totals.histograms["loss_ratio", "video", "up"]
    assert (sum(loss.counts), loss.sum) == (1, 0.1)
    assert totals.histograms["bits_per_second", "video", "down"].sum == 100_000
    assert totals.histograms["rtt_seconds", "video", "down"].sum == 0.04
    assert totals.histograms["jitter_seconds", "video", "up"].sum == 0.04
    assert dict(totals.counts) == {
        ("freezes", "video"): 2, ("layer_switches", "video"): 1, ("nacks", "video"): 3, ("repeats", "video"): 4,
    }  # fmt: skip
    assert sum(sum(one.counts) for key, one in totals.histograms.items() if key[1] == "audio") == 0
