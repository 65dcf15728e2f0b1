"""A later offer of the same peer connection: what was agreed stays, slots are added, nothing is taken away."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sdp import LocalDescription, SdpError, answer, continued, continues, parse_offer
from media.settings import MediaSettings
from tests.media.golden import read as golden
from tests.peers.offers import Wish, read_answer, write_offer

if TYPE_CHECKING:
    from media.negotiated import Negotiated

pytestmark = pytest.mark.pure

SETTINGS = MediaSettings()
LOCAL = LocalDescription("serverfrag", "p" * 32, bytes(32), (("192.0.2.1", 40000),))
PLAIN = Wish("abcd", "x" * 32, bytes(32), True, True, (), 2, {("audio", ""): 11, ("video", ""): 22})


class Talk:
    """One peer connection's offers, answered one after the other."""

    def __init__(self, limits: MediaSettings = SETTINGS, first: int = 1000) -> None:
        self.numbers = itertools.count(first)
        self.limits = limits
        self.agreed: Negotiated | None = None
        self.text = ""

    def offer(self, text: str, local: LocalDescription = LOCAL) -> Negotiated:
        offer = parse_offer(text, self.limits)
        if self.agreed is not None:
            assert continues(offer, self.agreed)
        self.text, self.agreed = answer(offer, local, lambda: next(self.numbers), self.agreed)
        return self.agreed


def refuses(talk: Talk, text: str) -> bool:
    assert talk.agreed is not None
    offer = parse_offer(text, talk.limits)
    with pytest.raises(SdpError, match="renegotiation"):
        continues(offer, talk.agreed)
    with pytest.raises(SdpError, match="renegotiation"):
        answer(offer, LOCAL, lambda: 1, talk.agreed)
    return True


def sections(text: str) -> list[str]:
    return re.split(r"(?m)^(?=m=)", text)[1:]


def origin(text: str) -> tuple[int, int]:
    found = re.search(r"^o=- (\d+) (\d+) ", text, re.MULTILINE)
    assert found is not None
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_the_same_offer_again_is_answered_alike(name: str):
    talk = Talk()
    first = talk.offer(golden(name))
    before = talk.text
    again = talk.offer(golden(name))
    assert replace(again, revision=1) == first
    number, version = origin(before)
    assert origin(talk.text) == (number, version + 1) == (number, 2)
    assert talk.text.replace(f" {number} 2 ", f" {number} 1 ") == before
    assert (continued(before), continued(talk.text)) == (False, True)


def test_more_slots_come_after_those_there_are():
    talk = Talk()
    first = talk.offer(write_offer(PLAIN))
    more = talk.offer(write_offer(replace(PLAIN, slots=5)))
    assert more.slots[:2] == first.slots
    assert more.uplinks == first.uplinks
    assert [slot.index for slot in more.slots] == [0, 1, 2, 3, 4]
    assert [slot.cname for slot in more.slots] == [f"slot{index}" for index in range(5)]
    ssrcs = [
        ssrc
        for slot in more.slots
        for line in (slot.audio, slot.video)
        for ssrc in (line.ssrc, line.rtx_ssrc)
        if ssrc is not None
    ]
    assert len(set(ssrcs)) == len(ssrcs) == 15
    said = read_answer(talk.text)
    assert [slot.audio_ssrc for slot in said.slots] == [slot.audio.ssrc for slot in more.slots]
    assert [slot.video_rtx_ssrc for slot in said.slots] == [slot.video.rtx_ssrc for slot in more.slots]


def test_the_limit_of_slots_counts_the_old_ones():
    talk = Talk(MediaSettings(slots_per_peer=3))
    talk.offer(write_offer(PLAIN))
    assert len(talk.offer(write_offer(replace(PLAIN, slots=6))).slots) == 3
    assert talk.text.count("a=inactive\r\n") == 6


def test_an_ssrc_that_is_in_use_is_not_given_twice():
    talk = Talk()
    first = talk.offer(write_offer(PLAIN))
    talk.numbers = itertools.count(1000)
    more = talk.offer(write_offer(replace(PLAIN, slots=3)))
    assert more.slots[:2] == first.slots
    assert more.slots[2].audio.ssrc == 1006


def test_an_ice_restart_changes_the_credentials_and_nothing_else():
    talk = Talk()
    first = talk.offer(write_offer(PLAIN))
    before = talk.text
    again = talk.offer(
        write_offer(replace(PLAIN, ufrag="efgh", pwd="y" * 32)),
        replace(LOCAL, ufrag="newfrag1", pwd="q" * 32),
    )
    assert replace(again, revision=1) == first
    assert (read_answer(talk.text).ufrag, read_answer(talk.text).pwd) == ("newfrag1", "q" * 32)
    same = talk.text.replace("newfrag1", "serverfrag").replace("q" * 32, "p" * 32)
    assert sections(same) == sections(before)


def test_an_uplink_may_rest_and_come_back_to_its_own_line():
    talk = Talk()
    talk.offer(write_offer(PLAIN))
    resting = talk.offer(write_offer(PLAIN).replace("a=sendonly", "a=inactive"))
    assert resting.uplinks == ()
    assert len(resting.slots) == 2
    back = talk.offer(write_offer(PLAIN))
    assert [uplink.mid for uplink in back.uplinks] == ["0", "1"]
    # A second sending line does not take the place of the first.
    longer = write_offer(PLAIN).replace("a=group:BUNDLE 0 1 2 3 4 5", "a=group:BUNDLE 0 1 2 3 4 5 6")
    second = sections(write_offer(PLAIN))[1].replace("a=mid:1", "a=mid:6").replace("a=ssrc:22", "a=ssrc:33")
    assert [uplink.ssrcs for uplink in talk.offer(longer + second).uplinks] == [(11,), (22,)]


def test_somebody_who_only_listened_may_begin_to_speak():
    talk = Talk()
    assert talk.offer(write_offer(PLAIN).replace("a=sendonly", "a=inactive")).uplinks == ()
    assert [uplink.mid for uplink in talk.offer(write_offer(PLAIN)).uplinks] == ["0", "1"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("o=- 1 2 IN", "o=- 7 2 IN"),
        ("o=- 1 2 IN", "o=nonsense"),
        (f"a=fingerprint:sha-256 {bytes(32).hex(':')}", f"a=fingerprint:sha-256 {bytes([1] * 32).hex(':')}"),
    ],
    ids=["another session", "no session", "another certificate"],
)
def test_another_connection_is_not_a_continuation(old: str, new: str):
    talk = Talk()
    agreed = talk.offer(write_offer(PLAIN))
    changed = write_offer(PLAIN).replace(old, new)
    assert changed != write_offer(PLAIN)
    assert not continues(parse_offer(changed, SETTINGS), agreed)


def test_a_session_that_cannot_be_read_is_never_continued():
    talk = Talk()
    text = write_offer(PLAIN).replace("o=- 1 2 IN", "o=nonsense")
    assert not continues(parse_offer(text, SETTINGS), talk.offer(text))


def test_lines_keep_their_places_and_slots_stay_slots():
    talk = Talk()
    talk.offer(write_offer(PLAIN))
    for bad in (
        write_offer(replace(PLAIN, slots=1)),
        write_offer(PLAIN).replace("a=mid:2", "a=mid:z").replace("BUNDLE 0 1 2", "BUNDLE 0 1 z"),
        write_offer(PLAIN).replace("a=recvonly", "a=inactive", 1),
        write_offer(PLAIN).replace("a=recvonly", "a=sendrecv", 1),
        write_offer(replace(PLAIN, audio=False)),
        write_offer(PLAIN).replace("m=audio 9", "m=audio 0"),
        re.sub(r"m=video 9 (.*)", r"m=video 0 \1", write_offer(PLAIN), count=1),
    ):
        assert refuses(talk, bad)
    talk.offer(write_offer(PLAIN))


def test_a_line_that_was_rejected_may_be_used_anew():
    talk = Talk()
    data = "m=application {} UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\n"
    talk.offer(write_offer(PLAIN) + data.format(9))
    longer = write_offer(replace(PLAIN, slots=3))
    *_, audio, video = sections(longer)
    agreed = talk.offer(longer.removesuffix(audio + video) + audio + video)
    assert len(agreed.slots) == 3


@given(st.lists(st.integers(2, 12), min_size=1, max_size=6))
def test_slots_never_change_once_they_are_there(counts: list[int]):
    talk = Talk()
    known: tuple[object, ...] = ()
    for revision, count in enumerate(itertools.accumulate(counts, max), 1):
        agreed = talk.offer(write_offer(replace(PLAIN, slots=count)))
        assert agreed.slots[: len(known)] == known
        assert len(agreed.slots) == count
        assert agreed.revision == revision
        known = agreed.slots


MUTATIONS = st.tuples(
    st.integers(0, 1 << 30), st.integers(0, 60), st.text("am=:-0123 recvonlysd\r\n", max_size=8)
)


@given(st.lists(MUTATIONS, max_size=4))
def test_a_mutated_later_offer_is_new_refused_or_keeps_every_slot(mutations: list[tuple[int, int, str]]):
    talk = Talk()
    agreed = talk.offer(write_offer(PLAIN))
    text = write_offer(replace(PLAIN, slots=3))
    for at, gone, new in mutations:
        place = at % (len(text) + 1)
        text = text[:place] + new + text[place + gone :]
    try:
        offer = parse_offer(text, SETTINGS)
        if not continues(offer, agreed):
            return
        written, later = answer(offer, LOCAL, lambda: next(talk.numbers), agreed)
    except SdpError as error:
        assert re.fullmatch(r"[a-z-]+", error.reason)
        return
    kept = [(slot.index, slot.audio.ssrc, slot.video.ssrc) for slot in later.slots[:2]]
    assert kept == [(slot.index, slot.audio.ssrc, slot.video.ssrc) for slot in agreed.slots]
    assert continued(written)
