"""What goes between the server and a media worker: every message comes back as it was, and nothing else is taken."""

from __future__ import annotations

import pickle
import subprocess
from struct import pack as packed
from typing import Any

import pytest

from media.facts import CandidatesChanged, PeerConnected, PeerLost, SpeakersChanged, TrackStarted
from media.figures import LineFigures, PeerFigures, StreamFigures
from media.fleet_book import Book
from media.fleet_messages import (
    Ask,
    Begin,
    Call,
    Declined,
    MessageError,
    Noted,
    NotReady,
    PeerReport,
    Ready,
    Report,
    Ring,
    Splitter,
    Told,
    flat,
    pack,
)
from media.health import GONE_MAX, HISTORY_S, HISTORY_SAMPLES, PeerHealth, Sample
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, SlotUse, Subscription
from media.settings import MediaSettings
from media.taps import Tee

pytestmark = pytest.mark.pure

A, B = PeerId("a"), PeerId("b")
TRACK = TrackId(A, Kind.VIDEO)
FIGURES = PeerFigures(
    (StreamFigures(TRACK, "f", "vp8", True, 1, 2, 3, 0.1, 4, 640, 5, 6.0),),
    (LineFigures(0, Kind.AUDIO, 1, 2, A, "", 0.5, None, 1, 2, 3, 4),),
)
SAMPLE = Sample(1000, PeerHealth(0.1, None, 20, 3, 4))
PLAN = RoutePlan({A: frozenset(Kind)}, {B: (Subscription(A, audio=True, video=False, priority=1),)})
MESSAGES = (
    Begin(MediaSettings(udp_port=7), (Ring("tape", 4096, 5, 6),)),
    Ask(1, (Call("add_tap", (B, Tee("tape"))), Call("apply", ("g", PLAN)))),
    Ready(40000, "native"),
    NotReady(98, "Address already in use"),
    Told(1, (None, {B: (SlotUse(0, A, audio=True, video=False),)})),
    Declined(2, "sdp", "bundle"),
    Noted(PeerConnected(A)),
    Noted(PeerLost(A, "consent"), PeerReport({}, PeerHealth(), None, (SAMPLE,))),
    Noted(TrackStarted(TRACK, "vp8")),
    Noted(SpeakersChanged("g", (A, B))),
    Noted(CandidatesChanged(("candidate:1",), frozenset({"g"}))),
    Report({A: PeerReport({"connected": True}, PeerHealth(), flat(FIGURES), (SAMPLE,))}, {"x": 1}, {}),
)


@pytest.mark.parametrize("step", [1, 3, 1000, 1 << 20])
def test_messages_come_back_as_they_were_however_they_are_cut(step: int) -> None:
    stream = b"".join(pack(one) for one in MESSAGES)
    splitter = Splitter(1 << 20)
    found = [one for at in range(0, len(stream), step) for one in splitter.feed(stream[at : at + step])]
    assert tuple(found) == MESSAGES


class Foul:
    """Would run a program when it is read by an ordinary pickle reader."""

    def __reduce__(self) -> tuple[Any, ...]:
        return subprocess.check_call, (["false"],)


def framed(body: bytes) -> bytes:
    return packed("!I", len(body)) + body


@pytest.mark.parametrize(
    "stream",
    [
        framed(pickle.dumps(Foul())),
        framed(pickle.dumps(Told(1, (Foul(),)))),
        framed(pickle.dumps(len)),
        framed(pickle.dumps(SAMPLE)),  # ours, and no message
        framed(b"no pickle at all"),
        framed(b""),
        packed("!I", (1 << 20) + 1),
    ],
)
def test_what_is_no_message_of_ours_is_not_taken(stream: bytes) -> None:
    with pytest.raises(MessageError):
        list(Splitter(1 << 20).feed(stream))


# --- the book ---


def report(*fresh: Sample, silent_ms: int = 0, **totals: int) -> Report:
    found = PeerReport({"connected": True}, PeerHealth(0.25, silent_ms=silent_ms), flat(FIGURES), fresh)
    return Report({A: found}, totals, {})


def test_a_dead_workers_last_word_stays() -> None:
    book = Book()
    book.came(0, A, 10.0)
    assert book.stats()["peers"] == {A: {"connected": False}}
    book.take(0, report(SAMPLE, silent_ms=100, packets_in=7), 11.0)
    assert (book.health(A, 12.0).silent_ms, book.figures(A)) == (100, FIGURES)
    book.worker_ended(0, 12.0)
    assert book.health(A, 14.0) == PeerHealth(0.25, silent_ms=3100), "silent since the last word"
    assert book.history(A) == (SAMPLE,)
    assert (book.figures(A), book.stats()["peers"]) == (None, {})
    assert book.stats()["totals"] == {"packets_in": 7}, "a total never falls"
    book.came(1, A, 15.0)
    later = Sample(6000, PeerHealth())
    book.take(0, report(Sample(9, PeerHealth())), 16.0)
    book.take(1, report(later, packets_in=2), 16.0)
    assert book.history(A) == (SAMPLE, later), "the history goes on, and an old worker adds nothing"
    assert book.stats()["totals"]["packets_in"] == 9


def test_a_stranger_is_unknown_and_so_is_one_that_never_had_a_line() -> None:
    book = Book()
    assert (book.health(B, 1.0), book.history(B), book.figures(B)) == (PeerHealth(), (), None)
    book.came(0, B, 1.0)
    book.ended(B, None, 2.0)
    assert book.health(B, 9.0) == PeerHealth()
    book.ended(PeerId("never"), None, 3.0)


def test_the_book_is_bounded() -> None:
    book = Book()
    for number in range(GONE_MAX + 50):
        peer = PeerId(f"p{number}")
        book.came(0, peer, 1.0)
        book.ended(peer, PeerReport({}, PeerHealth(0.5)), 1.0 + number)
    book.take(0, Report({}, {}, {}), 600.0)
    assert book.health(PeerId("p49"), 600.0) == PeerHealth()
    assert book.health(PeerId("p50"), 600.0).uplink_loss == 0.5
    book.take(0, Report({}, {}, {}), GONE_MAX + 60.0 + HISTORY_S)
    assert book.health(PeerId("p50"), 600.0) == PeerHealth()
    book.came(0, A, 1.0)
    for at in range(2 * HISTORY_SAMPLES):
        book.take(0, report(Sample(at, PeerHealth())), 1.0)
    assert [one.at_ms for one in book.history(A)] == list(range(HISTORY_SAMPLES, 2 * HISTORY_SAMPLES))
