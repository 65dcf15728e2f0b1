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
from server.hearing.channels import Channel, receives
from server.hearing.ids import ConnectionId, HearingId
from server.hearing.recording_duty import duty
from server.hearing.rooms import caucuses, place
from server.hearing.seats import Role
from server.hearing.showing import sees_showing, shares_screen
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.courtroom.settings import CourtroomSettings
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

_BENCH = (Role.PRESIDING, Role.JUDGE, Role.ASSESSOR)
_SCREEN_PEER = ".screen"  # no connection's name has a dot
SCREEN_LABEL = "~screen"  # no seat's name has a tilde, and a file's name may


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A caucus that is recorded now, all in it having agreed: what its own tape and ear must do."""

    tape_id: HearingId
    tape: TapePlan
    words: WordsPlan


@dataclass(frozen=True, slots=True)
class Plans:
    """All that the instruments must do now. rooms: the caucuses that are recorded, and no others."""

    routes: RoutePlan
    tape: TapePlan
    words: WordsPlan
    rooms: Mapping[str, RoomPlan]


def room_tape(hearing: HearingId, room: str, sitting: int) -> HearingId:
    """Name of the tape of one sitting of a caucus: its own folder, its own ear."""
    return HearingId(f"{hearing}.{room.replace(':', '.')}.{sitting}")


def tape_peer(hearing: HearingId) -> PeerId:
    """The tape as a receiver."""
    return PeerId(f"tape:{hearing}")


def words_peer(hearing: HearingId) -> PeerId:
    """The recogniser as a receiver."""
    return PeerId(f"words:{hearing}")


def screen_peer(connection: str) -> PeerId:
    """The second transport of a connection, which carries its screen, or the object before its other camera."""
    return PeerId(f"{connection}{_SCREEN_PEER}")


def connection_of_peer(peer: PeerId) -> tuple[ConnectionId, str]:
    """The connection of a seat's peer, and which source of it the peer is: "main" or "screen"."""
    connection = str(peer).removesuffix(_SCREEN_PEER)
    return ConnectionId(connection), "main" if connection == str(peer) else "screen"


def seat_of_label(label: str) -> tuple[str, str]:
    """The seat of a label on the tape, and which source of it was taped: "main" or "screen"."""
    seat = label.removesuffix(SCREEN_LABEL)
    return seat, "main" if seat == label else "screen"


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
    _share(state, here, publish, receive, widths, settings)
    tape, words = _machines(hearing, MAIN, state, here, publish, receive, settings)
    rooms: dict[str, RoomPlan] = {}
    for room in caucuses(state):
        if duty(state, room).on:
            tape_id = room_tape(hearing, room, state.rooms.sittings[room])
            rooms[room] = RoomPlan(
                tape_id, *_machines(tape_id, room, state, here, publish, receive, settings)
            )
    return Plans(routes=RoutePlan(publish=publish, receive=receive), tape=tape, words=words, rooms=rooms)


def _share(
    state: Hearing,
    here: Mapping[SeatId, PeerId],
    publish: dict[PeerId, frozenset[Kind]],
    receive: dict[PeerId, tuple[Subscription, ...]],
    widths: Mapping[PeerId, Mapping[str, int]],
    settings: CourtroomSettings,
) -> None:
    """The one screen or object that is shown, to those who see it; whatever else is sent so is dropped."""
    for sharer, peer in here.items():
        if not shares_screen(state, sharer):
            continue
        screen = screen_peer(peer)
        publish[screen] = frozenset({Kind.VIDEO})
        for seat, receiver in here.items():
            width = widths.get(receiver, {}).get(f"{sharer}{_SCREEN_PEER}", settings.screen_width_px)
            shown = width > 0 and sees_showing(state, seat) is not None
            if seat != sharer and shown and receives(state, Channel.SCREEN, seat, sharer):
                wanted = Subscription(publisher=screen, audio=False, video=True, width_px=width)
                receive[receiver] = (*receive.get(receiver, ()), wanted)


def _machines(
    tape_id: HearingId,
    room: str,
    state: Hearing,
    here: Mapping[SeatId, PeerId],
    publish: Mapping[PeerId, frozenset[Kind]],
    receive: dict[PeerId, tuple[Subscription, ...]],
    settings: CourtroomSettings,
) -> tuple[TapePlan, WordsPlan]:
    """Orders of the tape and the ear of one room; what they are to receive is put into `receive`."""
    rolling = duty(state, room)
    receive[tape_peer(tape_id)] = _taped(room, state, here, publish, settings) if rolling.on else ()
    heard = {
        seat: peer
        for seat, peer in here.items()
        if peer in publish and audience.tape_hears(state, seat, room)
    }
    receive[words_peer(tape_id)] = tuple(
        Subscription(publisher=peer, audio=True, video=False) for peer in heard.values()
    )
    labels = {peer: str(seat) for seat, peer in here.items() if room == MAIN or place(state, seat) == room}
    if room == MAIN:
        labels |= {
            screen_peer(peer): f"{seat}{SCREEN_LABEL}"
            for seat, peer in here.items()
            if screen_peer(peer) in publish
        }
    return (
        TapePlan(rolling=rolling.on, ground=rolling.ground, labels=labels),
        WordsPlan(
            labels={peer: str(seat) for seat, peer in heard.items()}, language=settings.spoken_language
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
    room: str,
    state: Hearing,
    here: Mapping[SeatId, PeerId],
    publish: Mapping[PeerId, frozenset[Kind]],
    settings: CourtroomSettings,
) -> tuple[Subscription, ...]:
    taped = []
    for seat, peer in here.items():
        kinds = publish.get(peer, frozenset())
        audio = Kind.AUDIO in kinds and audience.tape_hears(state, seat, room)
        video = Kind.VIDEO in kinds and audience.tape_sees(state, seat, room)
        if audio or video:
            taped.append(
                Subscription(
                    publisher=peer, audio=audio, video=video, width_px=settings.tape_picture_width_px
                )
            )
        screen = screen_peer(peer)
        if room == MAIN and screen in publish:  # what everybody sees is in the record (AVR 3)
            taped.append(
                Subscription(
                    publisher=screen, audio=False, video=True, width_px=settings.tape_picture_width_px
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
