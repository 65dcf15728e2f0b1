"""The answerer against what browsers write, and against what nobody should."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.ids import Kind
from media.negotiated import (
    EXT_ABS_SEND_TIME,
    EXT_AUDIO_LEVEL,
    EXT_MID,
    EXT_REPAIRED_RID,
    EXT_RID,
    EXT_TRANSPORT_CC,
    Negotiated,
)
from media.sdp import LocalDescription, SdpError, answer, parse_offer
from media.settings import MediaSettings
from tests.media.golden import read as golden
from tests.peers.offers import Wish, read_answer, write_offer

# This file needs neither OpenSSL nor STUN, so it takes nothing from parts.py.
pytestmark = pytest.mark.pure

SETTINGS = MediaSettings()
LOCAL = LocalDescription(
    "serverfrag", "p" * 32, bytes(range(32)), (("192.0.2.1", 40000), ("127.0.0.1", 40000))
)
PLAIN = Wish("abcd", "x" * 32, bytes(32), True, True, (), 1, {("audio", ""): 11, ("video", ""): 22})


def agree(text: str, limits: MediaSettings = SETTINGS) -> tuple[str, Negotiated]:
    numbers = itertools.count(1000)
    return answer(parse_offer(text, limits), LOCAL, lambda: next(numbers))


def sections(text: str) -> list[str]:
    return re.split(r"(?m)^(?=m=)", text)[1:]


def reason(text: str, limits: MediaSettings = SETTINGS) -> str:
    with pytest.raises(SdpError) as caught:
        parse_offer(text, limits)
    return caught.value.reason


def test_chromium_simulcast_is_agreed_to():
    text, negotiated = agree(golden("chromium"))
    audio, video = negotiated.uplinks
    assert (audio.kind, [(p.number, p.codec) for p in audio.payload_types]) == (
        Kind.AUDIO,
        [(111, "opus"), (63, "red")],
    )
    assert [(p.number, p.codec, p.rtx) for p in video.payload_types] == [
        (96, "vp8", 97),
        (108, "h264", 109),
        (102, "h264", 103),
        (98, "vp9", 99),
        (45, "av1", 46),
    ]
    assert video.rids == ("q", "h", "f")
    assert negotiated.extensions == {
        1: EXT_AUDIO_LEVEL,
        2: EXT_ABS_SEND_TIME,
        3: EXT_TRANSPORT_CC,
        4: EXT_MID,
        10: EXT_RID,
        11: EXT_REPAIRED_RID,
    }
    up = sections(text)[1]
    assert "a=simulcast:recv q;h;f\r\n" in up
    assert re.findall(r"a=rid:(\S+) recv", up) == ["q", "h", "f"]
    assert "m=video 40000 UDP/TLS/RTP/SAVPF 96 97 108 109 102 103 98 99 45 46\r\n" in up


def test_firefox_simulcast_is_agreed_to():
    text, negotiated = agree(golden("firefox"))
    audio, video = negotiated.uplinks
    assert [(p.number, p.codec, p.rtx) for p in video.payload_types] == [
        (120, "vp8", 124),
        (121, "vp9", 125),
        (99, "av1", 100),
    ]
    assert video.rids == ("q", "h", "f")
    assert video.ssrcs == (1153074964, 2436765155, 828696839, 618729154, 2357728806, 1429097602)
    assert len(audio.ssrcs) == 1
    assert negotiated.extensions[9] == EXT_RID
    assert "a=rtcp-rsize" not in sections(text)[0]
    assert "a=rtcp-rsize" in sections(text)[1]
    assert "stereo" not in text


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_the_answer_is_lite_bundled_muxed_and_passive(name: str):
    text, _ = agree(golden(name))
    head = text.split("m=", 1)[0]
    assert "a=ice-lite\r\n" in head
    assert "a=group:BUNDLE 0 1 2 3\r\n" in head
    for section in sections(text):
        for line in (
            "a=setup:passive",
            "a=rtcp-mux",
            "a=ice-ufrag:serverfrag",
            f"a=ice-pwd:{'p' * 32}",
            f"a=fingerprint:sha-256 {LOCAL.fingerprint.hex(':').upper()}",
            "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host",
            "a=candidate:2 1 udp 2130706175 127.0.0.1 40000 typ host",
        ):
            assert f"{line}\r\n" in section
    # More candidates may be told later.
    assert "a=ice-options:trickle\r\n" in head
    assert "a=end-of-candidates" not in text


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_slots_have_sources_and_names(name: str):
    text, negotiated = agree(golden(name))
    (slot,) = negotiated.slots
    assert (slot.index, slot.cname, slot.audio.ssrc, slot.video.ssrc, slot.video.rtx_ssrc) == (
        0,
        "slot0",
        1000,
        1001,
        1002,
    )
    audio, video = sections(text)[2:]
    assert "a=sendonly\r\n" in audio
    assert "a=msid:slot0 slot0-audio\r\n" in audio
    assert "a=ssrc:1000 cname:slot0\r\n" in audio
    assert "a=msid:slot0 slot0-video\r\n" in video
    assert "a=ssrc-group:FID 1001 1002\r\n" in video
    assert (read_answer(text).slots[0].audio_ssrc, read_answer(text).slots[0].video_rtx_ssrc) == (1000, 1002)


def test_opus_keeps_its_parameters_and_gains_fec():
    assert "a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=64000\r\n" in agree(golden("chromium"))[0]
    without = write_offer(PLAIN).replace("a=fmtp:111 minptime=10;useinbandfec=1\r\n", "")
    assert "a=fmtp:111 useinbandfec=1;maxaveragebitrate=64000\r\n" in agree(without)[0]


def test_feedback_is_only_what_was_offered():
    text, _ = agree(write_offer(PLAIN).replace("a=rtcp-fb:96 ccm fir\r\n", ""))
    assert re.findall(r"a=rtcp-fb:96 (.*)\r", sections(text)[1]) == ["goog-remb", "nack", "nack pli"]


def test_feedback_for_all_payload_types_counts():
    offer = re.sub(r"a=rtcp-fb:.*\r\n", "", write_offer(PLAIN)).replace(
        "a=rtpmap:96 VP8", "a=rtcp-fb:* nack pli\r\na=rtpmap:96 VP8"
    )
    assert "a=rtcp-fb:96 nack pli\r\n" in agree(offer)[0]


def test_old_style_sources_are_listed_with_their_rtx_partner():
    offer = write_offer(PLAIN).replace(
        "a=ssrc:22 cname:test", "a=ssrc-group:FID 22 23\r\na=ssrc:22 cname:test\r\na=ssrc:23 cname:test"
    )
    _, negotiated = agree(offer)
    assert negotiated.uplinks[1].ssrcs == (22, 23)


def test_only_the_first_line_of_a_kind_is_an_uplink():
    offer = write_offer(replace(PLAIN, slots=2)).replace("a=recvonly", "a=sendrecv", 2)
    text, negotiated = agree(offer)
    assert [uplink.mid for uplink in negotiated.uplinks] == ["0", "1"]
    assert len(negotiated.slots) == 1
    assert [("a=inactive" in section) for section in sections(text)] == [
        False,
        False,
        True,
        True,
        False,
        False,
    ]


def test_sendrecv_is_taken_as_an_uplink():
    text, negotiated = agree(write_offer(PLAIN).replace("a=sendonly", "a=sendrecv"))
    assert len(negotiated.uplinks) == 2
    assert "a=recvonly\r\n" in sections(text)[0]


def test_slots_beyond_the_limit_and_without_partner_are_inactive():
    limits = MediaSettings(slots_per_peer=2)
    text, negotiated = agree(write_offer(replace(PLAIN, slots=4)), limits)
    assert [slot.index for slot in negotiated.slots] == [0, 1]
    assert text.count("a=inactive\r\n") == 4
    lonely = write_offer(PLAIN).replace("a=mid:3\r\na=recvonly", "a=mid:3\r\na=inactive")
    text, negotiated = agree(lonely)
    assert negotiated.slots == ()
    assert text.count("a=inactive\r\n") == 2


def test_a_listener_offers_no_uplink():
    _, negotiated = agree(write_offer(replace(PLAIN, audio=False, video=False, slots=3)))
    assert negotiated.uplinks == ()
    assert len(negotiated.slots) == 3
    assert negotiated.extensions == {}


def test_a_data_channel_is_rejected_and_left_out_of_the_bundle():
    offer = write_offer(PLAIN).replace("a=group:BUNDLE 0 1 2 3", "a=group:BUNDLE 0 1 2 3 4") + (
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:4\r\na=sctp-port:5000\r\n"
    )
    text, _ = agree(offer)
    assert "a=group:BUNDLE 0 1 2 3\r\n" in text
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" in text


def test_a_stopped_line_and_a_line_without_our_codecs_are_rejected():
    offer = write_offer(PLAIN)
    stopped = offer.replace("m=video 9", "m=video 0", 1)
    text, negotiated = agree(stopped)
    assert [uplink.kind for uplink in negotiated.uplinks] == [Kind.AUDIO]
    assert "a=group:BUNDLE 0 2 3\r\n" in text
    assert sections(text)[1].startswith("m=video 0 ")
    text, negotiated = agree(
        offer.replace("VP8/90000", "H263/90000", 1).replace("H264/90000", "H265/90000", 1)
    )
    assert [uplink.kind for uplink in negotiated.uplinks] == [Kind.AUDIO]


def test_h264_needs_packetization_mode_1_and_baseline():
    for bad in (
        "packetization-mode=0;profile-level-id=42e01f",
        "packetization-mode=1;profile-level-id=640c1f",
    ):
        offer = re.sub(
            r"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", bad, write_offer(PLAIN)
        )
        _, negotiated = agree(offer)
        assert [p.codec for p in negotiated.uplinks[1].payload_types] == ["vp8"]


def test_mdns_candidates_and_plain_newlines_are_no_obstacle():
    offer = write_offer(PLAIN).replace(
        "a=mid:0",
        "a=candidate:1 1 udp 2113937151 3f1b.local 50000 typ host\r\na=end-of-candidates\r\na=mid:0",
    )
    assert len(agree(offer)[1].uplinks) == 2
    assert agree(offer.replace("\r\n", "\n"))[1] == agree(offer)[1]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("v=0", "v=1", "version"),
        ("s=-", "no line at all", "line"),
        ("s=-", "s=\x00", "line"),
        ("a=group:BUNDLE 0 1 2 3\r\n", "", "bundle"),
        ("a=rtcp-mux\r\n", "", "rtcp-mux"),
        ("a=mid:1", "a=mid:0", "mid"),
        ("a=mid:1", "a=mid:a b", "mid"),
        ("a=mid:1", "a=mid:" + "x" * 17, "mid"),
        ("a=setup:actpass", "a=setup:passive", "setup"),
        ("a=setup:actpass\r\n", "", "setup"),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1", "fingerprint"),
        ("a=fingerprint:sha-256 00:", "a=fingerprint:sha-256 ", "fingerprint"),
        ("a=fingerprint:sha-256 00:00", "a=fingerprint:sha-256 zz:00", "fingerprint"),
        ("a=ice-pwd:" + "x" * 32, "a=ice-pwd:short", "ice"),
        ("a=ice-ufrag:abcd\r\n", "", "ice"),
        ("m=audio 9", "m=audio 99999999", "media-line"),
        ("SAVPF 111", "SAVPF 111 111", "payload-type"),
        ("SAVPF 111", "SAVPF 200", "payload-type"),
        (
            "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid",
            "extmap",
        ),
        ("a=ssrc:11", "a=ssrc:99999999999", "ssrc"),
        ("a=ssrc:11", "a=ssrc:4294967296", "ssrc"),
        ("a=ssrc:11 cname:test", "a=simulcast:send q;h", "simulcast"),
        ("a=ssrc:11 cname:test", "a=simulcast:send", "simulcast"),
        ("a=ssrc:11 cname:test", "a=rid:q!", "rid"),
    ],
)
def test_what_cannot_be_answered_has_a_reason(old: str, new: str, expected: str):
    offer = write_offer(PLAIN)
    assert old in offer
    assert reason(offer.replace(old, new)) == expected


def test_one_line_with_another_certificate_is_refused():
    offer = write_offer(PLAIN)
    assert reason(offer.replace("a=fingerprint:sha-256 00:", "a=fingerprint:sha-256 01:", 1)) == "fingerprint"


def test_ids_mean_one_thing_in_the_whole_bundle():
    offer = write_offer(PLAIN)
    assert (
        reason(
            offer.replace(
                "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", f"a=extmap:10 {EXT_AUDIO_LEVEL}", 1
            )
        )
        == "extmap"
    )
    clash = offer.replace("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9 UDP/TLS/RTP/SAVPF 96", 1)
    assert reason(clash.replace("a=rtpmap:111", "a=rtpmap:96", 1)) == "payload-type"


def test_payload_types_that_look_like_rtcp_are_not_used():
    assert [p.codec for p in agree(write_offer(PLAIN).replace("96", "72"))[1].uplinks[1].payload_types] == [
        "h264"
    ]


def test_limits_hold():
    offer = write_offer(PLAIN)
    assert reason(offer, MediaSettings(offer_bytes_max=len(offer) - 1)) == "too-long"
    assert reason(offer.replace("s=-", "s=" + "庭" * 50000)) == "too-long"
    assert reason(offer, MediaSettings(offer_sections_max=3)) == "too-many-sections"
    candidates = "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n" * 201
    assert reason(offer.replace("a=mid:0\r\n", f"a=mid:0\r\n{candidates}")) == "too-many-candidates"


def test_everything_of_the_offer_in_the_answer_is_on_one_line():
    evil = "a=fmtp:96 x=1\ra=candidate:evil"
    assert reason(write_offer(PLAIN).replace("a=ssrc:22 cname:test", evil)) == "line"


@given(st.text(max_size=300))
def test_any_text_is_an_offer_or_an_sdp_error(text: str):
    for candidate in (text, "v=0\r\n" + text, write_offer(PLAIN) + text):
        try:
            agree(candidate)
        except SdpError as error:
            assert re.fullmatch(r"[a-z-]+", error.reason)


FRAGMENTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "a=",
            "m=",
            "\r\n",
            "\n",
            ":",
            " ",
            ";",
            "-1",
            "4294967296",
            "１２",
            "٣",
            "a=rid:",
            "\ud800",
            "\x85",
            "\u2028",
        ]
    ),
)


@settings(max_examples=300)
@given(st.sampled_from(["chromium", "firefox", "plain"]), st.data())
def test_mutated_offers_are_answered_or_refused(name: str, data: st.DataObject):
    text = write_offer(PLAIN) if name == "plain" else golden(name)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 40))
        text = text[:at] + data.draw(FRAGMENTS) + text[at + gone :]
    try:
        written, negotiated = agree(text)
    except SdpError:
        return
    assert written.isascii()
    assert all(re.fullmatch(r"[a-z]=[ -~]+", line) for line in written.removesuffix("\r\n").split("\r\n"))
    assert len(negotiated.remote_fingerprint) == 32


@given(st.data())
def test_lines_in_any_order_missing_or_doubled_never_raise_otherwise(data: st.DataObject):
    lines = write_offer(PLAIN).split("\r\n")
    picked = data.draw(st.lists(st.sampled_from(lines), max_size=80))
    try:
        agree("\r\n".join(["v=0", *picked]))
    except SdpError as error:
        assert error.reason
