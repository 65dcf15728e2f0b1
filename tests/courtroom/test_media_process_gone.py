"""The house's own media process is gone: no party's fault, an incident of the server, and an offer that is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.facts import OWN_FAULT, CandidatesChanged, MediaAway, PeerConnected, PeerLost
from media.ids import PeerId
from server.courtroom.absences import Absences
from server.courtroom.incidents import due
from server.courtroom.outputs import CandidatesOut, MediaLostOut
from server.courtroom.ports import Unavailable
from server.hearing import commands as c
from server.hearing.commands_care import NoteIncident
from server.hearing.ids import ConnectionId, Instant
from server.hearing.leaving import Verdict, verdict
from tests.builders import a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING, connection
from tests.fakes.media import FakeMedia
from tests.playbook import Line

if TYPE_CHECKING:
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service

LINE = ConnectionId("c-1")
NOW = Instant(1_790_000_000_000)


@pytest.mark.parametrize(
    ("cause", "found"),
    [
        ("connection_lost", Verdict.SERVER),
        ("page_closed", Verdict.SERVER),  # a page is loaded again because sound and picture are gone
        ("left", Verdict.LEFT),
    ],
)
def test_who_goes_while_the_house_owes_them_their_media_is_not_blamed(cause: str, found: Verdict):
    absences = Absences(FakeMedia())
    absences.media_came(LINE, NOW)
    absences.media_went(LINE, OWN_FAULT, NOW)
    assert verdict(absences.measure(DEFENDANT, LINE, cause, NOW).facts) is found


def test_once_the_media_are_back_a_later_absence_is_its_own():
    absences = Absences(FakeMedia())
    absences.media_went(LINE, OWN_FAULT, NOW)
    absences.media_came(LINE, NOW)
    assert verdict(absences.measure(DEFENDANT, LINE, "page_closed", NOW).facts) is Verdict.PAGE_CLOSED


def test_a_long_loss_of_media_by_the_house_is_an_incident_of_the_server():
    hearing = a_hearing().opened()
    since = hearing.script.now
    lost = {DEFENDANT: (OWN_FAULT, since)}
    hearing.script.after(60_001)
    (note,) = due(hearing.state, hearing.script.now, lost, 60_000)
    assert note == NoteIncident("server", DEFENDANT, since, 0, (f"transport={OWN_FAULT}",))
    hearing.script >> Line(None, note)
    assert list(due(hearing.state, hearing.script.now, lost, 60_000)) == [], "noted once"
    (end,) = due(hearing.state, hearing.script.now, {}, 60_000)
    assert (end.kind, end.subject, end.ended_ms) == ("server", DEFENDANT, hearing.script.now)


async def test_the_tab_is_told_and_may_offer_again_until_there_is_a_process(rig: Rig):
    await rig.opened()
    peer, tab = PeerId(connection(PLAINTIFF)), rig.tabs[PLAINTIFF]
    rig.room.media_fact(PeerConnected(peer))
    rig.room.media_fact(PeerLost(peer, OWN_FAULT))
    assert tab.all(MediaLostOut) == [MediaLostOut(OWN_FAULT, "main")]
    rig.media.refuses = MediaAway()
    with pytest.raises(Unavailable, match="media_away"):
        rig.room.answer(tab, "v=0")
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))  # nothing else stops
    rig.media.refuses = None
    assert rig.room.answer(tab, "v=0") == "v=0 answer"
    assert rig.media.groups[peer] == str(rig.room.hearing)


async def test_more_addresses_of_one_process_are_told_to_its_own_hearings_alone(rig: Rig):
    await rig.opened()
    line = ("candidate:3 1 udp 1 192.0.2.9 40001 typ host",)
    rig.registry.media_fact(CandidatesChanged(line, frozenset({"another"})))
    tab = rig.tabs[PLAINTIFF]
    assert not tab.all(CandidatesOut)
    rig.registry.media_fact(CandidatesChanged(line, frozenset({str(rig.room.hearing)})))
    assert tab.all(CandidatesOut) == [CandidatesOut(line)]
