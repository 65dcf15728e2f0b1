"""RTCP: read and written as an independent implementation (aiortc) does; no bytes raise anything but ValueError."""

from __future__ import annotations

from contextlib import suppress

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)
from aiortc.rtp import RtcpSenderInfo as SenderInfo
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp

pytestmark = pytest.mark.pure

U32 = st.integers(0, 0xFFFFFFFF)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with suppress(ValueError):
        for part in rtcp.parts(data):
            for read in (rtcp.sender_report, rtcp.feedback_target):
                with suppress(ValueError):
                    read(part.body)
            with suppress(ValueError):
                rtcp.report_blocks(part)
            rtcp.nack_sequences(part.body)
            rtcp.fir_targets(part.body)
            rtcp.remb_bitrate(part.body)


@given(U32, st.integers(0, (1 << 64) - 1), U32, U32, U32)
def test_sender_report(ssrc: int, ntp: int, time: int, packets: int, octets: int) -> None:
    report = rtcp.SenderReport(ssrc, ntp, time, packets, octets)
    data = rtcp.build_sender_report(report) + rtcp.build_cname(ssrc, "slot0")
    sender, names = RtcpPacket.parse(data)
    assert isinstance(sender, RtcpSrPacket)
    assert sender.sender_info == SenderInfo(ntp, time, packets, octets)
    assert isinstance(names, RtcpSdesPacket)
    assert [(chunk.ssrc, chunk.items) for chunk in names.chunks] == [(ssrc, [(1, b"slot0")])]
    parts = list(rtcp.parts(data))
    assert rtcp.sender_report(parts[0].body) == report


@given(
    st.lists(st.tuples(U32, st.integers(0, 255), st.integers(0, 0x7FFFFF), U32, U32, U32, U32), max_size=40)
)
def test_receiver_report(rows: list[tuple[int, int, int, int, int, int, int]]) -> None:
    blocks = [rtcp.ReportBlock(*row) for row in rows]
    data = rtcp.build_receiver_report([rtcp.build_report_block(one) for one in blocks])
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRrPacket)
    assert theirs.reports == [RtcpReceiverInfo(*row) for row in rows[:31]]
    (part,) = rtcp.parts(data)
    assert rtcp.report_blocks(part) == blocks[:31]


@given(st.integers(0, 0xFFFF), st.lists(st.integers(1, 40), max_size=60))
def test_nack(first: int, steps: list[int]) -> None:
    wanted = [first]
    for step in steps:
        wanted.append((wanted[-1] + step) & 0xFFFF)
    data = rtcp.build_nack(9, wanted)
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRtpfbPacket)
    assert (theirs.fmt, theirs.media_ssrc) == (1, 9)
    assert [one & 0xFFFF for one in theirs.lost] == wanted, "aiortc does not wrap its numbers"
    (part,) = rtcp.parts(data)
    assert rtcp.feedback_target(part.body) == 9
    assert rtcp.nack_sequences(part.body) == wanted


def test_pli() -> None:
    (theirs,) = RtcpPacket.parse(rtcp.build_pli(77))
    assert isinstance(theirs, RtcpPsfbPacket)
    assert (theirs.fmt, theirs.media_ssrc) == (1, 77)


def test_fir_names_its_targets() -> None:
    fir = RtcpPsfbPacket(
        fmt=4, ssrc=1, media_ssrc=0, fci=bytes((0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 6, 1, 0, 0, 0))
    )
    (part,) = rtcp.parts(bytes(fir))
    assert rtcp.fir_targets(part.body) == [5, 6]


@given(st.integers(0, 100_000_000), st.lists(U32, max_size=8))
def test_remb(bitrate: int, ssrcs: list[int]) -> None:
    (theirs,) = RtcpPacket.parse(rtcp.build_remb(bitrate, ssrcs))
    assert isinstance(theirs, RtcpPsfbPacket)
    value, named = unpack_remb_fci(theirs.fci)
    assert named == ssrcs
    assert bitrate * (1 - 2**-17) <= value <= bitrate
    (part,) = rtcp.parts(
        bytes(RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=pack_remb_fci(bitrate, ssrcs)))
    )
    ours = rtcp.remb_bitrate(part.body)
    assert ours is not None
    assert bitrate * (1 - 2**-17) <= ours <= bitrate


def test_other_application_feedback_is_no_remb() -> None:
    assert rtcp.remb_bitrate(bytes(8) + b"ELSE" + bytes(8)) is None
