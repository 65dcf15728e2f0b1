"""Writes docs/machines.md, the law's state machines for reading, from the law's own tables.

`python tools/diagrams.py` writes it; tests/test_diagrams.py fails while it is stale. Says nothing the tables do not say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # run as a script, the folder of the script is on the path instead

from server.hearing import floor as fl  # noqa: E402  after the path
from server.hearing.decide import CONDUCT  # noqa: E402  same
from server.hearing.floor import Floor, FloorMode, Request  # noqa: E402  same
from server.hearing.ids import Instant, SeatId  # noqa: E402  same
from server.hearing.names import DELEGATED_BY_DEFAULT, name_of  # noqa: E402  same
from server.hearing.presence import MOVES as PRESENCE_MOVES  # noqa: E402  same
from server.hearing.presence import OUTSIDE_BECAUSE, Presence, Way  # noqa: E402  same
from server.hearing.procedure import PROCEDURES  # noqa: E402  same
from server.hearing.seats import ISOLATED, RIGHTS, Right, Role  # noqa: E402  same
from server.hearing.session import ALLOWED, WHY_NOT, SessionState, Step  # noqa: E402  same
from server.hearing.session import MOVES as SESSION_MOVES  # noqa: E402  same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TARGET = ROOT / "docs" / "machines.md"
_WORDS = ROOT / "web" / "app" / "locales" / "zh-CN" / "law.json"
_YES, _NO = "✓", "·"

# The one set of words that no screen has: 到庭状态.
_PRESENCE_ZH = {
    Presence.EXPECTED: "未到",
    Presence.WAITING: "候庭",
    Presence.ISOLATED: "证人隔离",
    Presence.PRESENT: "在庭",
    Presence.LOST: "掉线",
    Presence.LEFT: "已离开",
    Presence.REMOVED: "责令退出",
}
_FLOOR_ZH = {FloorMode.CLOSED: "静默", FloorMode.GRANTED: "指定发言", FloorMode.OPEN: "互相辩论"}

_HEAD = """# 状态机 · The state machines

由 `server/hearing` 的表生成，请勿手改；改了表之后运行 `.venv/bin/python tools/diagrams.py`。
Drawn from the tables of `server/hearing` by `tools/diagrams.py`; do not edit. A test fails while this file is stale.

In a table of moves, rows are states, columns what happens, cells the next state; "·" means that there is no such move.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _words(part: str) -> dict[str, str]:
    words: dict[str, str] = json.loads(_WORDS.read_text(encoding="utf-8"))[part]
    return words


def session() -> str:
    """开庭状态: the moves, and why a command is refused in each state."""
    chinese = _words("session")
    rows = [
        [
            f"`{state}` {chinese[state]}",
            *(f"`{moves[step]}`" if step in moves else _NO for step in Step),
            f"`{WHY_NOT[state]}`",
        ]
        for state, moves in SESSION_MOVES.items()
    ]
    return (
        "## 开庭状态 · Session (`session.py`)\n\n"
        + table(["state", *(f"`{step}`" for step in Step), "a command out of place is refused with"], rows)
        + "\n\nA state without a move is an end: nothing more is decided, seats may still connect and look."
    )


def commands() -> str:
    """Which command may be given in which state of the session, and by whom."""
    rows = []
    for kind, states in ALLOWED.items():
        name = name_of.get(kind)
        rows.append(
            [
                f"`{name}`" if name else f"({kind.__name__})",
                *(_YES if state in states else _NO for state in SessionState),
                _giver(name),
            ]
        )
    return (
        "## 何时可以做什么 · Commands by state of the session (`session.py`, `decide.py`)\n\n"
        "A tick is necessary, not sufficient: the seat's presence, the floor and the stage are looked at too "
        "(`decide_*.py`).\n\n"
        + table(["command", *(f"`{state}`" for state in SessionState), "given by"], rows)
    )


def _giver(name: str | None) -> str:
    if name is None:
        return "the house"
    if name not in CONDUCT:
        return "the seat itself"
    if name in DELEGATED_BY_DEFAULT:
        return "presiding; clerk where delegated"
    return "presiding; clerk during check-in" if name == "go_to_stage" else "presiding"


def presence() -> str:
    """到庭状态, per seat."""
    rows = [
        [
            f"`{state}` {_PRESENCE_ZH[state]}",
            *(f"`{moves[way]}`" if way in moves else _NO for way in Way),
            f"`{OUTSIDE_BECAUSE[state]}`" if state in OUTSIDE_BECAUSE else "(takes part)",
        ]
        for state, moves in PRESENCE_MOVES.items()
    ]
    return (
        "## 到庭状态 · Presence, per seat (`presence.py`)\n\n"
        + table(["state", *(f"`{way}`" for way in Way), "does not take part because"], rows)
        + "\n\nNo row says that somebody withdrew from the hearing 中途退庭: that is for the bench to find (OLR 25)."
    )


def procedures() -> str:
    """程序阶段, one table a procedure."""
    chinese, titles = _words("stage"), _words("procedure")
    parts = ["## 程序阶段 · Stages, by procedure (`procedure.py`)"]
    for name, procedure in PROCEDURES.items():
        stages = procedure.stages
        order = {stage.key: number for number, stage in enumerate(stages)}
        rows = [
            [
                str(order[stage.key] + 1),
                f"`{stage.key}` {chinese[stage.key]}",
                f"`{stage.session}`",
                ", ".join(f"`{key}`" for key in sorted(stage.free, key=order.__getitem__)) or _NO,
            ]
            for stage in stages
        ]
        parts.append(
            f"### {titles[name]} · `{name}`\n\n"
            + table(["", "stage", "while the session is", "next, without a reason being given"], rows)
        )
    parts.append(
        "Any other stage of the same session state needs a reason (OLR 22). `closed` is reached by closing the court "
        "only."
    )
    return "\n\n".join(parts)


def floor() -> str:
    """发言权: each mode, and the mode after each thing that can happen to it, found by doing it."""
    one, other, third = SeatId("a"), SeatId("b"), SeatId("c")
    samples = {
        FloorMode.CLOSED: Floor(),
        FloorMode.GRANTED: fl.granted(Floor(), one, Instant(1)),
        FloorMode.OPEN: fl.opened(Floor(), (one, other)),
    }
    hand = Request(third, "", Instant(0))
    happenings: dict[str, Callable[[Floor], Floor]] = {
        "granted to one seat": lambda now: fl.granted(now, third, None),
        "opened between seats": lambda now: fl.opened(now, (one, third)),
        "closed, or its time is up": fl.closed,
        "a hand goes up or down": lambda now: fl.without_request(fl.with_request(now, hand), third),
        "one holder leaves the room": lambda now: fl.without_seat(now, one),
        "the last holder leaves the room": lambda now: fl.without_seat(fl.without_seat(now, one), other),
    }
    rows = [
        [f"`{mode}` {_FLOOR_ZH[mode]}", *(f"`{happen(sample).mode}`" for happen in happenings.values())]
        for mode, sample in samples.items()
    ]
    return (
        "## 发言权 · Floor (`floor.py`)\n\n"
        + table(["mode", *happenings], rows)
        + f"\n\nAt most {fl.QUEUE_LIMIT} hands wait; a granted floor lasts at most {fl.LIMIT_MAX_S} s when a limit is set."
    )


def rights() -> str:
    """诉讼操作权限: what each role may do at all."""
    chinese = _words("role")
    rows = [
        [
            f"`{role}` {chinese[role]}",
            *(_YES if right in RIGHTS[role] else _NO for right in Right),
            _YES if role in ISOLATED else _NO,
        ]
        for role in Role
    ]
    return (
        "## 诉讼操作权限 · Rights of a role (`seats.py`)\n\n"
        + table(["role", *(f"`{right}`" for right in Right), "isolated until called (OLR 26)"], rows)
        + "\n\nWhat a role may do at all; whether it may do it now is for `audience.py` and `decide.py` to say."
    )


def render() -> str:
    """The whole file."""
    parts = (_HEAD.rstrip(), session(), commands(), presence(), procedures(), floor(), rights())
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
