"""A publisher's SSRC table: learned by rid, mid or offer; first owner wins; never by payload type across kinds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRrPacket, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from media.ids import Kind, PeerId
from media.uplink import Publisher, Stream
from tests.media import rig

pytestmark = pytest.mark.pure

RIDS = ("f", "h", "q")
ME = PeerId("me")


def publisher(rids: tuple[str, ...] = RIDS, ssrcs: tuple[int, ...] = ()) -> Publisher:
    agreed = rig.negotiated(1, rids=rids)
    sound, picture = agreed.uplinks
    made = Publisher(ME, replace(agreed, uplinks=(sound, replace(picture, ssrcs=ssrcs))))
    made.permit(rig.BOTH)
    return made


def place(one: Publisher, ssrc: int) -> tuple[Kind, str] | None:
    stream = one.streams.get(ssrc)
    return None if stream is None else (stream.kind, stream.layer)


def test_simulcast_layers_by_rid_lowest_first() -> None:
    one = publisher()
    assert one.learn(10, 96, {4: b"1", 10: b"f"})
    assert one.learn(11, 96, {10: b"q"}), "a rid alone is enough: only one m-line has it"
    assert one.learn(12, 96, {4: b"1", 10: b"h"})
    assert [stream.layer for stream in one.tracks[Kind.VIDEO]] == ["q", "h", "f"]
    assert [stream.width_px for stream in one.tracks[Kind.VIDEO]] == [320, 640, 1280]


def test_repairs_by_repaired_rid_only_after_their_stream() -> None:
    one = publisher()
    assert not one.learn(20, 97, {4: b"1", 11: b"q"})
    assert one.learn(10, 96, {4: b"1", 10: b"q"})
    assert one.learn(20, 97, {4: b"1", 11: b"q"})
    assert one.repairs[20] is one.streams[10]
    assert not one.learn(21, 97, {4: b"1", 11: b"q"}), "the first owner keeps it"
    assert not one.learn(22, 96, {4: b"1", 11: b"q"}), "a repair has the RTX payload type"


def test_first_owner_keeps_a_layer() -> None:
    one = publisher()
    assert one.learn(10, 96, {4: b"1", 10: b"q"})
    assert not one.learn(11, 96, {4: b"1", 10: b"q"})
    assert place(one, 11) is None


@pytest.mark.parametrize(
    "elements",
    [{}, {4: b"7"}, {10: b"x"}, {4: b"1"}, {4: b"0", 10: b"q"}, {4: b"\xff"}, {4: b"1", 10: b"\xff"}],
)
def test_what_names_no_layer_has_no_place(elements: dict[int, bytes]) -> None:
    assert not publisher().learn(10, 96, elements)


def test_payload_type_of_the_other_kind_is_refused() -> None:
    one = publisher(rids=())
    assert not one.learn(10, 96, {4: b"0"}), "a video payload type on the sound line"
    assert not one.learn(11, 111, {4: b"1"})
    assert one.learn(12, 111, {4: b"0"})
    assert one.learn(13, 96, {4: b"1"})
    assert (place(one, 12), place(one, 13)) == ((Kind.AUDIO, ""), (Kind.VIDEO, ""))


def test_ssrcs_of_the_offer_media_then_repair() -> None:
    one = publisher(rids=(), ssrcs=(50, 51))
    assert one.learn(50, 96, {})
    assert one.learn(51, 97, {})
    assert one.repairs[51] is one.streams[50]


def test_without_rid_a_repair_is_known_by_its_payload_type_in_its_line() -> None:
    one = publisher(rids=())
    assert one.learn(12, 96, {4: b"1"})
    assert one.learn(13, 97, {4: b"1"})
    assert one.repairs[13] is one.streams[12]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.sampled_from([96, 97, 102, 103, 111, 0]),
            st.dictionaries(
                st.sampled_from([1, 4, 10, 11]),
                st.sampled_from([b"0", b"1", b"q", b"h", b"f", b"z"]),
                max_size=3,
            ),
        ),
        max_size=30,
    )
)
def test_no_two_ssrcs_share_a_layer_and_none_moves(rows: list[tuple[int, int, dict[int, bytes]]]) -> None:
    one = publisher()
    known: dict[int, Stream] = {}
    for ssrc, payload_type, elements in rows:
        if ssrc not in one.streams and ssrc not in one.repairs:
            one.learn(ssrc, payload_type, elements)
        for number, stream in one.streams.items():
            assert known.setdefault(number, stream) is stream
            assert payload_type != 0 or number in known
    places = [(stream.kind, stream.layer) for stream in one.streams.values()]
    assert len(set(places)) == len(places)
    assert not one.streams.keys() & one.repairs.keys()
    assert all(stream.layer in RIDS for stream in one.tracks[Kind.VIDEO])


def test_a_lock_cuts_restarts_and_silences_reports() -> None:
    one = publisher(rids=())
    one.learn(12, 111, {4: b"0"})
    stream = one.streams[12]
    stream.reception.accept(5, 0, 1.0)
    stream.seen_at = 1.0
    (report,) = RtcpPacket.parse(one.reports(1.5))
    assert isinstance(report, RtcpRrPacket)
    assert [block.ssrc for block in report.reports] == [12]
    one.permit(frozenset({Kind.VIDEO}))
    assert not stream.live(1.5)
    assert stream.reception.highest == -1
    assert one.reports(1.5) == b""


def test_remb_names_every_stream() -> None:
    one = publisher()
    assert one.remb(1) == b""
    one.learn(10, 96, {4: b"1", 10: b"q"})
    one.learn(12, 111, {4: b"0"})
    (remb,) = RtcpPacket.parse(one.remb(3_000_000))
    assert isinstance(remb, RtcpPsfbPacket)
    assert unpack_remb_fci(remb.fci) == (3_000_000, [10, 12])


def test_level_is_a_mean_taken_once() -> None:
    one = publisher()
    assert one.take_level() is None
    one.level_sum, one.level_count = -60, 2
    assert one.take_level() == -30
    assert one.take_level() is None
