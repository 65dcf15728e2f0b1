"""Messages survive any cutting of the pipe; nonsense ends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.frames import (
    FrameError,
    FrameKind,
    OpusPacket,
    Splitter,
    pack,
    pack_json,
    pack_packet,
    unpack_json,
    unpack_packet,
)

pytestmark = pytest.mark.pure


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_messages_come_out_as_they_went_in(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pack(FrameKind.PACKET, body) for body in bodies)
    splitter = Splitter(100)
    out = []
    at = 0
    while at < len(stream):
        step = cuts[at % len(cuts)]
        out += list(splitter.feed(stream[at : at + step]))
        at += step
    assert out == [(FrameKind.PACKET, body) for body in bodies]


def test_a_message_longer_than_allowed_is_refused_before_it_is_kept() -> None:
    with pytest.raises(FrameError):
        list(Splitter(10).feed(pack(FrameKind.PACKET, bytes(11))[:5]))


@given(
    st.builds(
        OpusPacket,
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**16 - 1),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**64 - 1),
        st.binary(max_size=1500),
    )
)
def test_a_packet_comes_out_as_it_went_in(packet: OpusPacket) -> None:
    [(kind, body)] = list(Splitter(2000).feed(pack_packet(packet)))
    assert kind == FrameKind.PACKET
    assert unpack_packet(body) == packet


def test_json_is_an_object_or_an_error() -> None:
    [(_, body)] = list(Splitter(99).feed(pack_json(FrameKind.BEAT, {"文": 1})))
    assert unpack_json(body) == {"文": 1}
    for bad in (b"[]", b"{", b"\xff", b""):
        with pytest.raises(FrameError):
            unpack_json(bad)
    with pytest.raises(FrameError):
        unpack_packet(b"short")
