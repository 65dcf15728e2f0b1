"""Every output of conduct has its message on the wire, with nothing lost on the way."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from server.courtroom.outputs import (
    ByeOut,
    CandidatesOut,
    CaptionOut,
    HealthOut,
    MediaLostOut,
    Output,
    PointerOut,
    SeatHealth,
    SheetOut,
    SlotOut,
    SpeakingOut,
    TapeOut,
    ViewOut,
)
from server.gateway.convert import to_wire
from server.gateway.wire import SERVER
from server.hearing.commands import TapeState
from server.hearing.sheet import Passage, Row
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, PLAINTIFF, PRESIDING

pytestmark = pytest.mark.pure

ALONE: dict[str, Any] = {"verified_until": None, "warnings": [], "hours_left": None}
STATE = a_hearing().opened().with_floor(PLAINTIFF, 60).state
TAPE = TapeOut("rolling", 123, "")
OUTPUTS: dict[type[Any], tuple[Output, dict[str, Any]]] = {
    ViewOut: (
        ViewOut(7, view(STATE, CLERK), (SlotOut(0, PRESIDING, True, False, "screen"),), TAPE),
        {
            "type": "view",
            "seq": 7,
            "slots": [{"index": 0, "seat": "presiding", "audio": True, "video": False, "source": "screen"}],
            "tape": {"state": "rolling", "safe_until": 123, "reason": "", **ALONE},
        },
    ),
    SheetOut: (
        SheetOut((Row("plaintiff", 7, 5, (Passage("defendant", 10, 15),), 1, 2, 3, 4),)),
        {
            "type": "sheet",
            "rows": [
                {
                    "seat": "plaintiff",
                    "spoke_ms": 7,
                    "missed_ms": 5,
                    "passages": [{"seat": "defendant", "t0": 10, "t1": 15}],
                    "interrupted": 1,
                    "cannot_hear": 2,
                    "answered_ms": 3,
                    "lost_ms": 4,
                }
            ],
        },
    ),
    SpeakingOut: (SpeakingOut((PLAINTIFF, CLERK)), {"type": "speaking", "seats": ["plaintiff", "clerk"]}),
    TapeOut: (
        TapeOut("faulted", 9, "disk_full", 7, ("second_missing",), 2.5),
        {
            "type": "tape",
            "tape": {
                "state": "faulted",
                "safe_until": 9,
                "reason": "disk_full",
                "verified_until": 7,
                "warnings": ["second_missing"],
                "hours_left": 2.5,
            },
        },
    ),
    CaptionOut: (
        CaptionOut(3, "u1", PRESIDING, "presiding", "林静", "现在", "开庭", False, 10, 20),
        {
            "type": "caption",
            "n": 3,
            "utterance": "u1",
            "seat": "presiding",
            "role": "presiding",
            "name": "林静",
            "settled": "现在",
            "pending": "开庭",
            "final": False,
            "t0": 10,
            "t1": 20,
        },
    ),
    HealthOut: (
        HealthOut((SeatHealth(PLAINTIFF, 0.1, None, 80, 9, "poor"), SeatHealth(CLERK))),
        {
            "type": "health",
            "seats": {
                "plaintiff": {
                    "up_loss": 0.1,
                    "down_loss": None,
                    "rtt_ms": 80,
                    "jitter_ms": 9,
                    "verdict": "poor",
                },
                "clerk": dict.fromkeys(("up_loss", "down_loss", "rtt_ms", "jitter_ms", "verdict")),
            },
        },
    ),
    MediaLostOut: (
        MediaLostOut("consent", "screen"),
        {"type": "media_lost", "cause": "consent", "source": "screen"},
    ),
    CandidatesOut: (
        CandidatesOut(("candidate:3 1 udp 2130705919 192.0.2.9 40000 typ host",)),
        {
            "type": "candidates",
            "candidates": ["candidate:3 1 udp 2130705919 192.0.2.9 40000 typ host"],
        },
    ),
    PointerOut: (PointerOut(CLERK, 10, None), {"type": "pointer", "seat": "clerk", "x": 10, "y": None}),
    ByeOut: (ByeOut("left"), {"type": "bye", "reason": "left", "message": "您已退出庭审。"}),
}


def as_json(output: Output) -> dict[str, Any]:
    text = to_wire(output, "zh-CN").model_dump_json()
    SERVER.validate_json(text)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("kind", get_args(Output))
def test_every_output_becomes_its_message(kind: type[Any]) -> None:
    output, expected = OUTPUTS[kind]
    message = as_json(output)
    assert {key: message[key] for key in expected} == expected
    assert message.keys() - expected.keys() <= {"view"}


@pytest.mark.parametrize("seat", CAST)
def test_every_seats_view_goes_over_the_wire_whole(seat: Any) -> None:
    shown = as_json(ViewOut(1, view(STATE, seat), (), TAPE))["view"]
    assert shown["me"] == seat
    assert shown["floor"]["until"] == view(STATE, seat).floor.until
    assert [card["seat"] for card in shown["seats"]] == [card.seat for card in view(STATE, seat).seats]
    assert shown["may"] == list(view(STATE, seat).may)


@pytest.mark.parametrize("state", TapeState)
def test_every_state_of_the_tape_has_its_name(state: TapeState) -> None:
    assert as_json(TapeOut(state.value, None, ""))["tape"]["state"] == state.value


def test_a_goodbye_is_said_in_the_readers_language() -> None:
    assert to_wire(ByeOut("left"), "en").model_dump()["message"] == "You have left the hearing."
