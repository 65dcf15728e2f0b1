"""The test client's own material is what it says: real Opus frames, decodable VP8."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.peers.pictures import PAYLOAD_MAX, vp8_payloads, vp8_pictures
from tests.peers.speech import SILENCE_DB, opus_packets, opus_samples

pytestmark = pytest.mark.service

SPEECH = Path(__file__).parent.parent.parent / "server" / "demo" / "hearing" / "05-defendant.opus"


def test_speech_comes_in_20_ms_packets_and_has_loud_and_quiet_parts():
    packets = list(opus_packets(SPEECH, levels=True))
    assert {packet.samples for packet in packets} == {960}
    assert len(packets) > 50
    assert max(packet.level_db for packet in packets) > -30
    assert min(packet.level_db for packet in packets) < -60
    assert [p.payload for p in opus_packets(SPEECH)] == [p.payload for p in packets]
    assert next(opus_packets(SPEECH)).level_db == SILENCE_DB


@pytest.mark.parametrize(
    ("packet", "samples"),
    [(b"\x08", 960), (b"\x60", 480), (b"\xf8", 960), (b"\xf9", 1920), (b"\xe3\x03", 360), (b"\x18", 2880)],
)
def test_opus_lengths(packet: bytes, samples: int):
    assert opus_samples(packet) == samples


def test_pictures_survive_packetising():
    decoder = av.VideoCodecContext.create("vp8", "r")
    decoded = []
    for index, picture in enumerate(vp8_pictures(6, width=320, height=180, bitrate_bps=2_000_000)):
        payloads = vp8_payloads(picture, 32766 + index, tl0_index=index)
        assert all(len(payload) <= PAYLOAD_MAX + 6 for payload in payloads)
        assert [bool(payload[0] & 0x10) for payload in payloads] == [True] + [False] * (len(payloads) - 1)
        assert picture.keyframe == (index == 0)
        assert b"".join(payload[6:] for payload in payloads) == picture.data
        decoded += decoder.decode(av.Packet(picture.data))
    assert [(frame.width, frame.height) for frame in decoded] == [(320, 180)] * 6
    assert all(vp8_payloads(p, 0)[0][4:] == p.data[:PAYLOAD_MAX] for p in vp8_pictures(1))
