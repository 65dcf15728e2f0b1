"""What the data plane in C tells, read as plain values."""

from __future__ import annotations

import struct

import pytest

from media.engine import native_records as records
from media.engine.native import NativeEngine
from media.ids import PeerId
from tests.media import rig
from tests.media.engines import ENGINES

pytestmark = pytest.mark.pure


def test_a_report_is_dated_by_when_it_came_not_by_when_it_is_fetched() -> None:
    record = struct.pack("=IIq", 2, 7, 1_500_000_000) + b"\x81\xc9\x00\x07"
    assert records.control(record) == records.Rtcp(7, 1.5, b"\x81\xc9\x00\x07")


def test_an_ear_without_room_is_named() -> None:
    assert records.control(struct.pack("=II", 5, 3)) == records.TapFull(3)


def test_what_was_sent_is_split_by_receiver() -> None:
    block = b"".join(struct.pack("=II", number, len(data)) + data for number, data in ((1, b"abc"), (0, b"")))
    assert list(records.sent(block)) == [(1, b"abc"), (0, b"")]


@pytest.mark.skipif("native" not in ENGINES, reason="the data plane in C is not built here")
def test_figures_of_one_peer_stay_when_those_of_another_are_asked_for() -> None:
    world = rig.Rig("native")
    for number, name in enumerate("bc", start=1):
        world.join(name, rig.negotiated(number))
    engine = world.engine
    assert isinstance(engine, NativeEngine)
    rows = engine._lines(engine._peers[PeerId("b")])
    before = [row.ssrc for row in rows]
    others = {row.ssrc for row in engine._lines(engine._peers[PeerId("c")])}
    assert before
    assert not others & set(before)
    assert [row.ssrc for row in rows] == before
