"""Writes docs/visibility.md: who receives which channel, by role, kind of hearing, stage, room and floor, asked of the law.

`python tools/visibility.py` writes it; tests/hearing/test_matrix.py fails while it is stale, and checks every cell against a
table written by hand. Says nothing that `channels.receives` does not say.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # run as a script, the folder of the script is on the path instead

from server.hearing.channels import Channel, receives  # noqa: E402  after the path
from server.hearing.floor import Floor, granted, opened  # noqa: E402  same
from server.hearing.ids import ConnectionId, HearingId, PersonId, SeatId  # noqa: E402  same
from server.hearing.presence import Attendance, Presence  # noqa: E402  same
from server.hearing.procedure import DELIBERATION, PROCEDURES, stages_of  # noqa: E402  same
from server.hearing.seats import Role, Seat, Side, side_of  # noqa: E402  same
from server.hearing.session import SessionState  # noqa: E402  same
from server.hearing.state import Hearing  # noqa: E402  same
from server.hearing.state_rooms import SeatRooms  # noqa: E402  same

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = ROOT / "docs" / "visibility.md"

WAITING, ISOLATED = "waiting", "isolated"
ROOMS = (WAITING, ISOLATED, "main", "deliberation", "consultation:plaintiff", "caucus:plaintiff")
FLOORS = ("closed", "granted", "open")
RECESS = "recess"

VIEWER = SeatId("viewer")
OPPONENT = SeatId("opponent")
COMPANION = SeatId("companion")
_CLIENT = SeatId("client")

OF_PEOPLE = (
    Channel.AUDIO,
    Channel.VIDEO,
    Channel.SCREEN,
    Channel.CAPTIONS,
    Channel.SPEAKING,
    Channel.CHAT,
    Channel.ROSTER,
    Channel.HEALTH,
)
"""Channels that are asked of the opponent in the main room, and of the companion in the same side room."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: a viewer of this role, in this room, in this stage of this procedure, with this floor."""

    role: Role
    procedure: str
    stage: str
    session: SessionState
    room: str
    floor: str


Received = tuple[frozenset[Channel], frozenset[Channel], frozenset[Channel]]
"""Of the hearing at all, of the opponent, of the companion: see `received`."""


def cells() -> Iterator[tuple[Cell, Hearing]]:
    """Every cell, with a hearing in that state.

    The viewer is of the plaintiff's side if its role can be; an interpreter speaks for the plaintiff. The opponent, the
    defendant's agent, is in the main room and has the floor if it is not closed; the companion is in the viewer's room.
    """
    for procedure in PROCEDURES:
        for stage, session in _moments(procedure):
            for role in Role:
                for room in ROOMS:
                    for floor in FLOORS:
                        cell = Cell(role, procedure, stage, session, room, floor)
                        yield cell, hearing(cell)


def _moments(procedure: str) -> Iterator[tuple[str, SessionState]]:
    for stage in stages_of(procedure):
        yield stage.key, SessionState.RECESSED if stage.key == DELIBERATION else stage.session
    yield RECESS, SessionState.RECESSED


def hearing(cell: Cell) -> Hearing:
    """The hearing of a cell."""
    viewer = Seat(VIEWER, cell.role, _side(cell.role), PersonId("v"), "v", _represented(cell.role))
    client = Seat(_CLIENT, Role.PLAINTIFF, Side.PLAINTIFF, PersonId("c"), "c")
    opponent = Seat(OPPONENT, Role.AGENT, Side.DEFENDANT, PersonId("o"), "o")
    bench = cell.room == "deliberation"
    companion = Seat(
        COMPANION,
        Role.JUDGE if bench else Role.AGENT,
        Side.BENCH if bench else Side.PLAINTIFF,
        PersonId("k"),
        "k",
    )
    presence = {WAITING: Presence.WAITING, ISOLATED: Presence.ISOLATED}.get(cell.room, Presence.PRESENT)
    aside = cell.room if presence is Presence.PRESENT else "main"
    return Hearing(
        hearing=HearingId("h"),
        procedure=cell.procedure,
        public=True,
        session=cell.session,
        stage=cell.stage,
        floor=_floor(cell),
        seats={seat.id: seat for seat in (viewer, client, opponent, companion)},
        attendance={
            VIEWER: _here(VIEWER, presence, aside, speaks_for=_speaks_for(cell.role)),
            _CLIENT: _here(_CLIENT, Presence.PRESENT, "main"),
            OPPONENT: _here(OPPONENT, Presence.PRESENT, "main"),
            COMPANION: _here(COMPANION, Presence.PRESENT, aside),
        },
    )


def _side(role: Role) -> Side:
    return side_of(role, Role.PLAINTIFF if role is Role.AGENT else None)


def _represented(role: Role) -> SeatId | None:
    return _CLIENT if role is Role.AGENT else None


def _speaks_for(role: Role) -> SeatId | None:
    return _CLIENT if role is Role.INTERPRETER else None


def _here(seat: SeatId, presence: Presence, room: str, speaks_for: SeatId | None = None) -> Attendance:
    attendance = Attendance(
        presence=presence,
        connection=ConnectionId(f"c-{seat}"),
        microphone=True,
        camera=True,
        rooms=SeatRooms(room=room),
    )
    return replace(attendance, order=replace(attendance.order, interprets=speaks_for))


def _floor(cell: Cell) -> Floor:
    if cell.session is SessionState.RECESSED or cell.floor == "closed":
        return Floor()
    if cell.floor == "granted":
        return granted(Floor(), OPPONENT, None)
    return opened(Floor(), (OPPONENT, _CLIENT))


def received(state: Hearing) -> Received:
    """Channels that the viewer receives at all, of the opponent in the main room, of its companion in its own room."""
    return (
        frozenset(channel for channel in Channel if receives(state, channel, VIEWER)),
        frozenset(channel for channel in OF_PEOPLE if receives(state, channel, VIEWER, OPPONENT)),
        frozenset(channel for channel in OF_PEOPLE if receives(state, channel, VIEWER, COMPANION)),
    )


@cache
def answers() -> tuple[tuple[Cell, Received], ...]:
    """What is received in every cell."""
    return tuple((cell, received(state)) for cell, state in cells())


_HEAD = """# 可见性矩阵 · Who receives what

由 `server/hearing/channels.py` 逐格询问生成，请勿手改；改了规则之后运行 `.venv/bin/python tools/visibility.py`。
Asked of `channels.receives` cell by cell by `tools/visibility.py`; do not edit. A test fails while this file is stale, and
checks every cell against a table written by hand (`tests/hearing/test_matrix.py`).

Stages and floors in which nothing differs share a row. "of the other side": what reaches the viewer of an opponent who is in
the main room and has the floor if one is given. "of the own room": of somebody who is in the viewer's side room. Everybody
has `own` (what concerns the seat itself) and `link` (the connection), left out below. A room that the role may not be in, or
that is not open, gives nothing of anybody even to somebody put there by mistake: rows that show nothing are the proof.
"""

_ALWAYS = frozenset({Channel.OWN, Channel.LINK})


def _names(channels: frozenset[Channel]) -> str:
    return " ".join(channel.value for channel in Channel if channel in channels - _ALWAYS) or "·"


def render() -> str:
    """The whole file."""
    tables: dict[str, dict[tuple[str, str, str, str], list[str]]] = {}
    rows: dict[tuple[str, str, tuple[str, str, str]], dict[tuple[str, str], list[str]]] = {}
    for cell, got in answers():
        what = (_names(got[0]), _names(got[1]), _names(got[2]))
        moments = rows.setdefault((cell.procedure, cell.role.value, what), {})
        moments.setdefault((cell.room, cell.stage), []).append(cell.floor)
    for (procedure, role, what), moments in rows.items():
        row = (_moments_text(procedure, moments), *what)
        tables.setdefault(procedure, {}).setdefault(row, []).append(role)
    parts = [_HEAD.rstrip()]
    for procedure, table in tables.items():
        parts.append(f"## `{procedure}` {PROCEDURES[procedure].name.zh}")
        lines = [
            "| roles | where and when | receives | of the other side | of the own room |",
            "|" + " --- |" * 5,
        ]
        lines += [f"| {', '.join(roles)} | {' | '.join(row)} |" for row, roles in table.items()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _moments_text(procedure: str, moments: dict[tuple[str, str], list[str]]) -> str:
    every = [stage for stage, _ in _moments(procedure)]
    by_room: dict[tuple[str, str], list[str]] = {}
    for (room, stage), floors in moments.items():
        floor = "" if len(floors) == len(FLOORS) else f" (floor {', '.join(floors)})"
        by_room.setdefault((room, floor), []).append(stage)
    found = []
    for (room, floor), stages in by_room.items():
        rest = [stage for stage in every if stage not in stages]
        when = "at any time" if not rest else ", ".join(stages)
        if rest and len(rest) < len(stages):
            when = f"at any time but {', '.join(rest)}"
        found.append(f"**{room}**{floor}: {when}")
    return "; ".join(found)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
