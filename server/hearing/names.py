"""Wire names of what a seat may ask, and the reading of their arguments. Pure; decides nothing.

Whatever a client sends becomes a well-typed command here or MalformedCommand; whether it is lawful is for `decide`.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_checkin as ci
from server.hearing import commands_doors as cd
from server.hearing import commands_exhibits as cx
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing.ids import SeatId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEXT_LIMIT = 500
"""Characters in one text argument."""

LIST_LIMIT = 64
"""Items in one list argument."""

command_names: Mapping[str, type[c.SeatCommand]] = MappingProxyType(
    {
        "acknowledge_discipline": c.AcknowledgeDiscipline,
        "consent": c.Consent,
        "report_device": c.ReportDevice,
        "set_self": c.SetSelf,
        "request_floor": c.RequestFloor,
        "withdraw_request": c.WithdrawRequest,
        "admit": c.Admit,
        "open_court": c.OpenCourt,
        "go_to_stage": c.GoToStage,
        "grant_floor": c.GrantFloor,
        "open_floor": c.OpenFloor,
        "close_floor": c.CloseFloor,
        "decline_request": c.DeclineRequest,
        "mute_and_lock": c.MuteAndLock,
        "release_lock": c.ReleaseLock,
        "call_witness": c.CallWitness,
        "dismiss_witness": c.DismissWitness,
        "recess": c.Recess,
        "resume": c.Resume,
        "close": c.Close,
        "adjourn": c.Adjourn,
        "leave": c.Leave,
        "declare_place": ci.DeclarePlace,
        "check_suitability": ci.CheckSuitability,
        "call_roll": ci.CallRoll,
        "set_on_site": ci.SetOnSite,
        "convert_offline": ci.ConvertOffline,
        "record_point": ci.RecordPoint,
        "ask_out": cd.AskOut,
        "close_doors": cd.CloseDoors,
        "open_doors": cd.OpenDoors,
        "interrupt": co.Interrupt,
        "give_back": co.GiveBack,
        "set_half_duplex": co.SetHalfDuplex,
        "take_turn": co.TakeTurn,
        "yield_turn": co.YieldTurn,
        "raise_objection": co.RaiseObjection,
        "rule_objection": co.RuleObjection,
        "discipline": co.Discipline,
        "remove": co.Remove,
        "readmit": co.Readmit,
        "strike_gavel": co.StrikeGavel,
        "take_oath": co.TakeOath,
        "waive_oath": co.WaiveOath,
        "pair_interpreter": co.PairInterpreter,
        "set_layout": co.SetLayout,
        "enter_room": cr.EnterRoom,
        "move_seats": cr.MoveSeats,
        "screen_off": cr.ScreenOff,
        "consent_recording": cr.ConsentRecording,
        "propose": cr.Propose,
        "share_proposal": cr.ShareProposal,
        "answer_proposal": cr.AnswerProposal,
        "draft_clause": cr.DraftClause,
        "answer_clause": cr.AnswerClause,
        "note_undisputed": cr.NoteUndisputed,
        "confirm_undisputed": cr.ConfirmUndisputed,
        "disclose": cr.Disclose,
        "accept_mediator": cr.AcceptMediator,
        "end_mediation": cr.EndMediation,
        "permit_presenting": cx.PermitPresenting,
        "present_exhibit": cx.PresentExhibit,
        "turn_page": cx.TurnPage,
        "play_exhibit": cx.PlayExhibit,
        "mark_exhibit": cx.MarkExhibit,
        "clear_marks": cx.ClearMarks,
        "stop_showing": cx.StopShowing,
        "show_source": cx.ShowSource,
        "give_opinion": cx.GiveOpinion,
        "ask_original": cx.AskOriginal,
        "prompt_absent": cc.PromptAbsent,
        "warn_absent": cc.WarnAbsent,
        "rule_absence": cc.RuleAbsence,
        "see_notice": cc.SeeNotice,
        "cannot_hear": cc.CannotHear,
        "hear_again": cc.HearAgain,
        "answer_cannot_hear": cc.AnswerCannotHear,
        "ask_help": cc.AskHelp,
        "answer_help": cc.AnswerHelp,
        "send_message": cc.SendMessage,
        "sign_incident": cc.SignIncident,
    }
)

name_of: Mapping[type[c.Command], str] = MappingProxyType(
    {kind: name for name, kind in command_names.items()}
)
"""Wire name of a seat's command."""

DELEGATED_BY_DEFAULT: tuple[str, ...] = (
    "admit",
    "call_witness",
    "dismiss_witness",
    "grant_floor",
    "open_floor",
    "close_floor",
    "decline_request",
    "mute_and_lock",
    "release_lock",
    "check_suitability",
    "call_roll",
    "set_on_site",
    "record_point",
    "set_half_duplex",
    "pair_interpreter",
    "set_layout",
    "permit_presenting",
    "prompt_absent",
    "warn_absent",
    "ask_out",
)
"""What the presiding seat delegates to the clerk if nothing else is said; nothing beyond these can be delegated."""


class MalformedCommand(ValueError):  # noqa: N818 - errors are named for what they are
    """The client spoke nonsense. reason: stable id.

    "unknown_command", "unknown_argument", "missing_argument", "bad_type", "bad_text" or "too_long".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_command(name: str, args: Mapping[str, object]) -> c.SeatCommand:
    """Read a command from its wire name and JSON arguments. Raises MalformedCommand."""
    kind = command_names.get(name)
    if kind is None:
        raise MalformedCommand("unknown_command")
    known = {field.name: field for field in fields(kind)}
    if not known.keys() >= args.keys():
        raise MalformedCommand("unknown_argument")
    values: dict[str, Any] = {}
    for key, field in known.items():
        if key in args:
            values[key] = _READERS[str(field.type)](args[key])
        elif field.default is MISSING:
            raise MalformedCommand("missing_argument")
    return kind(**values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedCommand("bad_type")
    if len(value) > TEXT_LIMIT:
        raise MalformedCommand("too_long")
    # JSON may carry half a surrogate pair or a NUL, which no log, file or database row can hold
    if any("\ud800" <= char <= "\udfff" or char == "\0" for char in value):
        raise MalformedCommand("bad_text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise MalformedCommand("bad_type")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedCommand("bad_type")
    return value


def _seats(value: object) -> tuple[SeatId, ...]:
    if not isinstance(value, list | tuple):
        raise MalformedCommand("bad_type")
    if len(value) > LIST_LIMIT:
        raise MalformedCommand("too_long")
    return tuple(SeatId(_text(item)) for item in value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise MalformedCommand("bad_type")
    if len(value) > LIST_LIMIT:
        raise MalformedCommand("too_long")
    return tuple(_text(item) for item in value)


_READERS: Mapping[str, Callable[[object], object]] = {
    "str": _text,
    "bool": _flag,
    "int": _number,
    "SeatId": _text,
    "tuple[SeatId, ...]": _seats,
    "tuple[str, ...]": _texts,
}
"""How to read a field, by its annotation in commands.py."""
