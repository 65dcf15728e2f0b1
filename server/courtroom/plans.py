"""From the law to the wire: (state, tile widths) -> what flows, what is taped, who is listened to.

Pure. The one translation between seats and peers; the tape and the recogniser are receivers like everyone else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from server.courtroom.ports import TapePlan, WordsPlan
from server.hearing import audience
from server.hearing.recording_duty import duty
from server.hearing.seats import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.courtroom.settings import CourtroomSettings
    from server.hearing.ids import HearingId, SeatId
    from server.hearing.state import Hearing

_BENCH = (Role.PRESIDING, Role.JUDGE, Role.ASSESSOR)


@dataclass(frozen=True, slots=True)
class Plans:
    """All that the instruments must do now."""

    routes: RoutePlan
    tape: TapePlan
    words: WordsPlan


def tape_peer(hearing: HearingId) -> PeerId:
    """The tape as a receiver."""
    return PeerId(f"tape:{hearing}")


def words_peer(hearing: HearingId) -> PeerId:
    """The recogniser as a receiver."""
    return PeerId(f"words:{hearing}")


def peers(state: Hearing) -> dict[SeatId, PeerId]:
    """The seats that have a connection now, with the peer each one is on the wire."""
    return {
        seat: PeerId(attendance.connection)
        for seat, attendance in state.attendance.items()
        if attendance.connection is not None
    }


def plans(
    hearing: HearingId,
    state: Hearing,
    widths: Mapping[PeerId, Mapping[str, int]],
    settings: CourtroomSettings,
) -> Plans:
    """The plans of a state. widths: for each tab, how wide it shows each seat, in pixels (0: hidden)."""
    here = peers(state)
    publish: dict[PeerId, frozenset[Kind]] = {}
    for seat, peer in here.items():
        kinds = frozenset(
            kind
            for kind, may in (
                (Kind.AUDIO, audience.heard(state, seat)),
                (Kind.VIDEO, audience.shown(state, seat)),
            )
            if may
        )
        if kinds:
            publish[peer] = kinds
    receive: dict[PeerId, tuple[Subscription, ...]] = {}
    for seat, peer in here.items():
        wanted = _wanted(state, seat, here, publish, widths.get(peer, {}), settings)
        if wanted:
            receive[peer] = wanted
    rolling = duty(state)
    receive[tape_peer(hearing)] = _taped(state, here, publish, settings) if rolling.on else ()
    heard_by_words = {
        seat: peer for seat, peer in here.items() if peer in publish and audience.tape_hears(state, seat)
    }
    receive[words_peer(hearing)] = tuple(
        Subscription(publisher=peer, audio=True, video=False) for peer in heard_by_words.values()
    )
    return Plans(
        routes=RoutePlan(publish=publish, receive=receive),
        tape=TapePlan(
            rolling=rolling.on, ground=rolling.ground, labels={peer: str(seat) for seat, peer in here.items()}
        ),
        words=WordsPlan(
            labels={peer: str(seat) for seat, peer in heard_by_words.items()},
            language=settings.spoken_language,
        ),
    )


def _wanted(
    state: Hearing,
    seat: SeatId,
    here: Mapping[SeatId, PeerId],
    publish: Mapping[PeerId, frozenset[Kind]],
    shown: Mapping[str, int],
    settings: CourtroomSettings,
) -> tuple[Subscription, ...]:
    wanted = []
    for other, peer in here.items():
        kinds = publish.get(peer)
        if other == seat or not kinds:
            continue
        right = audience.audience(state, other, seat)
        width = shown.get(str(other), _default_width(state, other, settings))
        audio = right.hear and Kind.AUDIO in kinds
        video = right.see and Kind.VIDEO in kinds and width > 0
        if audio or video:
            wanted.append(
                Subscription(
                    publisher=peer,
                    audio=audio,
                    video=video,
                    width_px=width,
                    priority=_priority(state, other, audio),
                )
            )
    return tuple(wanted)


def _taped(
    state: Hearing,
    here: Mapping[SeatId, PeerId],
    publish: Mapping[PeerId, frozenset[Kind]],
    settings: CourtroomSettings,
) -> tuple[Subscription, ...]:
    taped = []
    for seat, peer in here.items():
        kinds = publish.get(peer, frozenset())
        audio = Kind.AUDIO in kinds and audience.tape_hears(state, seat)
        video = Kind.VIDEO in kinds and audience.tape_sees(state, seat)
        if audio or video:
            taped.append(
                Subscription(
                    publisher=peer, audio=audio, video=video, width_px=settings.tape_picture_width_px
                )
            )
    return tuple(taped)


def _default_width(state: Hearing, seat: SeatId, settings: CourtroomSettings) -> int:
    if state.seats[seat].role in _BENCH:
        return settings.main_tile_width_px
    return settings.strip_tile_width_px


def _priority(state: Hearing, seat: SeatId, audible: bool) -> int:
    """Bench first, then who can be heard, then pictures only."""
    if state.seats[seat].role in _BENCH:
        return 0
    return 1 if audible else 2
