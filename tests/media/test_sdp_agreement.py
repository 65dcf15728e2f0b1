"""What an answer agrees on: codecs, feedback, header extensions; checked on what browsers write."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.negotiated import EXT_ABS_SEND_TIME, EXT_MID, EXT_TRANSPORT_CC, Negotiated
from media.sdp import LocalDescription, answer, parse_offer
from media.settings import MediaSettings
from tests.media.golden import read as golden
from tests.peers.offers import Wish, write_offer

pytestmark = pytest.mark.pure

LOCAL = LocalDescription("serverfrag", "p" * 32, bytes(32), (("192.0.2.1", 40000),))
PLAIN = Wish("abcd", "x" * 32, bytes(32), True, True, (), 1, {("audio", ""): 11, ("video", ""): 22})
BOTH_WAYS = MediaSettings(downlink_transport_cc=True)


def agree(text: str, limits: MediaSettings | None = None) -> tuple[list[str], Negotiated]:
    """Give the sections of the answer, and the agreement."""
    numbers = itertools.count(1000)
    written, negotiated = answer(parse_offer(text, limits or MediaSettings()), LOCAL, lambda: next(numbers))
    return re.split(r"(?m)^(?=m=)", written)[1:], negotiated


def feedback(section: str, payload_type: int) -> list[str]:
    return re.findall(rf"a=rtcp-fb:{payload_type} (.*)\r", section)


# -- codecs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chromium", "firefox"])
@pytest.mark.parametrize("line", [1, 3], ids=["up", "down"])
def test_pictures_are_preferred_in_our_order_each_with_its_repair(name: str, line: int):
    sections, negotiated = agree(golden(name))
    types = negotiated.uplinks[1].payload_types if line == 1 else negotiated.slots[0].video.payload_types
    order = ["vp8", "h264", "vp9", "av1"]
    places = [order.index(one.codec) for one in types]
    assert places == sorted(places)
    assert {one.codec for one in types} == {"vp8", "vp9", "av1"} | ({"h264"} if name == "chromium" else set())
    numbers = [n for one in types for n in (one.number, one.rtx)]
    assert None not in numbers
    assert sections[line].startswith(
        f"m=video 40000 UDP/TLS/RTP/SAVPF {' '.join(str(n) for n in numbers)}\r\n"
    )
    for one in types:
        assert f"a=fmtp:{one.rtx} apt={one.number}\r\n" in sections[line]


def test_only_the_profiles_we_forward_are_taken():
    _, negotiated = agree(golden("chromium"))
    # Its slots offer VP9 profiles 0 to 3, AV1 profiles 0 and 1, and H.264 in modes 0 and 1 up to high profiles.
    types = negotiated.slots[0].video.payload_types
    assert [(one.codec, one.number) for one in types] == [
        ("vp8", 96),
        ("h264", 108),
        ("h264", 102),
        ("vp9", 98),
        ("av1", 45),
    ]


@pytest.mark.parametrize(
    ("name", "fmtp", "taken"),
    [
        ("VP9", "profile-id=0", True),
        ("VP9", "max-fr=60", True),
        ("VP9", "profile-id=2", False),
        ("AV1", "level-idx=5;profile=0;tier=0", True),
        ("AV1", "level-idx=5", True),
        ("AV1", "profile=1", False),
    ],
)
def test_a_profile_that_is_not_named_is_the_first(name: str, fmtp: str, taken: bool):
    offer = write_offer(PLAIN).replace("VP8/90000", f"{name}/90000\r\na=fmtp:96 {fmtp}")
    sections, negotiated = agree(offer)
    assert (name.lower() in {one.codec for one in negotiated.uplinks[1].payload_types}) is taken
    assert (f"a=fmtp:96 {fmtp}\r\n" in sections[1]) is taken


def test_red_is_answered_after_opus_in_both_directions():
    sections, negotiated = agree(golden("chromium"))
    for line, types in (
        (0, negotiated.uplinks[0].payload_types),
        (2, negotiated.slots[0].audio.payload_types),
    ):
        assert [(one.codec, one.number, one.clock_rate) for one in types] == [
            ("opus", 111, 48000),
            ("red", 63, 48000),
        ]
        assert sections[line].startswith("m=audio 40000 UDP/TLS/RTP/SAVPF 111 63\r\n")
        assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in sections[line]
    assert "red" not in {one.codec for one in agree(golden("firefox"))[1].uplinks[0].payload_types}


@pytest.mark.parametrize("fmtp", ["111", "111/0", "0/0", "111/111/111/111/111", "96/96", "111/111;x=1"])
def test_red_around_anything_but_the_offered_opus_is_left_out(fmtp: str):
    offer = golden("chromium").replace("a=fmtp:63 111/111", f"a=fmtp:63 {fmtp}")
    assert [one.codec for one in agree(offer)[1].uplinks[0].payload_types] == ["opus"]


# -- feedback ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_a_sender_gets_transport_cc_and_then_no_remb(name: str):
    sections, negotiated = agree(golden(name))
    number = negotiated.uplinks[1].payload_types[0].number
    assert feedback(sections[1], number) == ["transport-cc", "ccm fir", "nack", "nack pli"]
    assert feedback(sections[0], negotiated.uplinks[0].payload_types[0].number) == ["transport-cc"]
    (identity,) = [n for n, uri in negotiated.extensions.items() if uri == EXT_TRANSPORT_CC]
    for line in (0, 1):
        assert f"a=extmap:{identity} {EXT_TRANSPORT_CC}\r\n" in sections[line]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"a=extmap:\S+ http://www.ietf.org/\S+\r\n", "no extension"),
        (r"a=rtcp-fb:\S+ transport-cc\r\n", "no feedback"),
    ],
)
def test_who_does_not_offer_transport_cc_whole_is_told_remb(pattern: str, why: str):
    sections, negotiated = agree(re.sub(pattern, "", golden("chromium")))
    assert feedback(sections[1], 96) == ["goog-remb", "ccm fir", "nack", "nack pli"], why
    assert feedback(sections[0], 111) == []
    assert EXT_TRANSPORT_CC not in negotiated.extensions.values()
    assert EXT_TRANSPORT_CC not in "".join(sections)


def test_receivers_tell_their_rate_by_remb_unless_the_settings_say_otherwise():
    sections, negotiated = agree(golden("chromium"))
    assert feedback(sections[3], 96) == ["goog-remb", "ccm fir", "nack", "nack pli"]
    assert feedback(sections[2], 111) == []
    assert EXT_TRANSPORT_CC not in negotiated.slot_extensions.values()
    sections, negotiated = agree(golden("chromium"), BOTH_WAYS)
    assert feedback(sections[3], 96) == ["transport-cc", "ccm fir", "nack", "nack pli"]
    assert feedback(sections[2], 111) == ["transport-cc"]
    assert negotiated.slot_extensions[3] == EXT_TRANSPORT_CC


def test_sound_is_asked_for_again_on_the_way_up_only():
    offer = golden("chromium").replace("a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 nack")
    sections, _ = agree(offer)
    assert feedback(sections[0], 111) == ["nack"]
    assert feedback(sections[2], 111) == []


# -- extensions --------------------------------------------------------------------------------------------


def test_slots_say_their_mid_and_the_time_of_sending():
    sections, negotiated = agree(golden("chromium"))
    assert dict(negotiated.slot_extensions) == {4: EXT_MID, 2: EXT_ABS_SEND_TIME}
    for line in (2, 3):
        assert re.findall(r"a=extmap:(\d+) (\S+)", sections[line]) == [
            ("4", EXT_MID),
            ("2", EXT_ABS_SEND_TIME),
        ]


def test_firefox_has_the_time_of_sending_on_pictures_only():
    sections, negotiated = agree(golden("firefox"))
    assert dict(negotiated.slot_extensions) == {3: EXT_MID, 4: EXT_ABS_SEND_TIME}
    assert EXT_ABS_SEND_TIME not in sections[2]
    assert EXT_ABS_SEND_TIME in sections[3]


def test_ids_of_the_offer_are_kept_and_two_byte_ids_are_not_taken():
    offer = golden("chromium").replace(f"a=extmap:4 {EXT_MID}", f"a=extmap:14 {EXT_MID}")
    offer = offer.replace("a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n", "")
    _, negotiated = agree(offer)
    assert negotiated.extensions[14] == negotiated.slot_extensions[14] == EXT_MID
    for number in (15, 16, 255):
        _, negotiated = agree(offer.replace(f"a=extmap:14 {EXT_MID}", f"a=extmap:{number} {EXT_MID}"))
        assert EXT_MID not in {**negotiated.extensions, **negotiated.slot_extensions}.values()


def test_an_extension_that_one_slot_lacks_is_written_on_none():
    offer = write_offer(replace(PLAIN, slots=2))
    at = offer.rindex(f"a=extmap:4 {EXT_MID}\r\n")
    lacking = offer[:at] + offer[at:].replace(f"a=extmap:4 {EXT_MID}\r\n", "")
    sections, negotiated = agree(lacking)
    assert EXT_MID not in negotiated.slot_extensions.values()
    assert EXT_MID in negotiated.extensions.values()
    assert EXT_MID not in "".join(sections[2:])


@given(st.permutations(range(1, 15)))
def test_any_numbering_is_followed_and_means_one_thing(numbers: list[int]):
    offer = re.sub(
        r"a=extmap:(\d+) ", lambda found: f"a=extmap:{numbers[int(found[1]) - 1]} ", golden("chromium")
    )
    sections, negotiated = agree(offer)
    offered = {(number, uri) for number, uri in re.findall(r"a=extmap:(\d+) (\S+)", offer)}
    said = {pair for section in sections for pair in re.findall(r"a=extmap:(\d+) (\S+)", section)}
    assert said <= offered
    assert {(int(number), uri) for number, uri in said} == {
        *negotiated.extensions.items(),
        *negotiated.slot_extensions.items(),
    }
    assert len({number for number, _ in said}) == len(said)
