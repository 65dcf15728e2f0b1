"""The tables of server/gateway/PROTOCOL.md, made from the code. `python -m tests.gateway.protocol_tables` writes them."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from media.settings import MediaSettings
from server.courtroom.settings import CourtroomSettings
from server.gateway import wire
from server.gateway.errors import SENTENCES
from server.gateway.settings import GatewaySettings
from server.hearing import refusals
from server.hearing.checklists import PLACE_ASKED
from server.hearing.decide import CONDUCT
from server.hearing.names import DELEGATED_BY_DEFAULT, LIST_LIMIT, TEXT_LIMIT, command_names
from server.hearing.refusals import Reason
from server.hearing.seats import RIGHTS, Right, Role
from server.hearing.session import ALLOWED, LIVE, SessionState
from server.hearing.state_order import OATH_ROLES
from server.hearing.view_shapes import HearingView
from server.hearing.view_shapes_seat import SeatCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from server.hearing.commands import SeatCommand

DOCUMENT = Path(__file__).parents[2] / "server" / "gateway" / "PROTOCOL.md"


EXHIBITS_IN_HAND = frozenset(
    {
        "present_exhibit",
        "turn_page",
        "play_exhibit",
        "mark_exhibit",
        "clear_marks",
        "stop_showing",
        "show_source",
    }
)
"""What the bench, the clerk and whoever presents may do; anybody who can be seen may be permitted to."""


IN_MEDIATION = frozenset(
    name
    for name, kind in command_names.items()
    if kind.__module__ == "server.hearing.commands_rooms"
    and name not in {"enter_room", "move_seats", "screen_off"}
)
"""What is asked in a mediation alone; its mediator is who presides."""


def who(name: str) -> frozenset[Role]:
    """Roles that may give the command at all, the clerk's delegation included."""
    if name in DELEGATED_BY_DEFAULT or name == "go_to_stage":
        return frozenset({Role.PRESIDING, Role.CLERK})
    if name in CONDUCT:
        return frozenset({Role.PRESIDING})
    if name in {"consent", "raise_objection"}:
        return _with(Right.CONSENT)
    if name == "declare_place":
        return PLACE_ASKED
    if name == "take_oath":
        return OATH_ROLES
    if name == "answer_cannot_hear":
        return _with(Right.HELP)
    if name in {"request_floor", "withdraw_request"}:
        return _with(Right.SPEAK) - _with(Right.SPEAK_FREELY)
    return _by_rights(name)


def _by_rights(name: str) -> frozenset[Role]:
    if name in {"set_self", "take_turn", "yield_turn"}:
        return _with(Right.SPEAK)
    if name in {"give_opinion", "ask_original"}:
        return _with(Right.CONSENT) | _with(Right.OVERSEE)
    return _with(Right.SHOW) if name in EXHIBITS_IN_HAND else frozenset(Role)


def _with(right: Right) -> frozenset[Role]:
    return frozenset(role for role, rights in RIGHTS.items() if right in rights)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = tuple(head)
    lines = [names, ("---",) * len(names), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _who_in_words(name: str) -> str:
    roles = who(name)
    if roles == frozenset(Role):
        return "every seat"
    if name in DELEGATED_BY_DEFAULT:
        return "presiding, clerk (1)"
    if name == "go_to_stage":
        return "presiding, clerk (2)"
    return ", ".join(role.value for role in Role if role in roles)


def _argument(field: Any) -> str:
    kind = {
        "str": "string",
        "int": "integer",
        "bool": "boolean",
        "SeatId": "seat",
        "tuple[SeatId, ...]": "[seat]",
        "tuple[str, ...]": "[string]",
    }
    optional = "" if field.default is MISSING else "?"
    return f"`{field.name}{optional}`: {kind[str(field.type)]}"


def _doc(kind: type[Any]) -> str:
    return " ".join((kind.__doc__ or "").split())


def commands() -> str:
    """Every command: arguments, who, when."""

    def row(name: str, kind: type[SeatCommand]) -> tuple[str, ...]:
        when = ALLOWED[kind]
        states = "not ended" if when == LIVE else ", ".join(s.value for s in SessionState if s in when)
        arguments = "; ".join(_argument(field) for field in fields(kind)) or "–"
        return f"`{name}`", arguments, _who_in_words(name), states, _doc(kind)

    return table(
        ("name", "arguments", "who", "while the hearing is", "what it asks"),
        (row(name, kind) for name, kind in command_names.items()),
    )


def _messages(union: Any) -> str:
    def row(kind: type[Any]) -> tuple[str, ...]:
        names = [name for name in kind.model_fields if name != "type"]
        needed = [name for name in names if kind.model_fields[name].is_required()]
        shown = ", ".join(f"`{name}`" if name in needed else f"`{name}`?" for name in names)
        return f"`{kind.model_fields['type'].default}`", shown, _doc(kind)

    return table(("type", "fields", "meaning"), (row(kind) for kind in get_args(get_args(union)[0])))


def problems() -> str:
    """Every id of a problem, a bye or an HTTP error."""
    return table(("id", "English", "中文"), ((f"`{key}`", en, zh) for key, (zh, en) in SENTENCES.items()))


def refused() -> str:
    """Every reason of a refusal, and of silence."""
    rows = (
        (f"`{r.value}`", refusals.rule(r) or "–", refusals.sentence(r, "en"), refusals.sentence(r, "zh-CN"))
        for r in Reason
    )
    return table(("id", "rests on", "English", "中文"), rows)


LIMITS = (
    (GatewaySettings, "gateway", "hello_timeout_s", "from the opened socket to `hello`"),
    (GatewaySettings, "gateway", "heartbeat_s", "silence of a tab before it is pinged; half of it to answer"),
    (GatewaySettings, "gateway", "stall_timeout_s", "a tab that asks and does not read its answers"),
    (GatewaySettings, "gateway", "message_bytes_max", "one frame"),
    (GatewaySettings, "gateway", "commands_per_second_max", "messages of a seat a second, on average"),
    (
        GatewaySettings,
        "gateway",
        "pointers_per_second_max",
        "pointers of a seat a second; the others are left out",
    ),
    (GatewaySettings, "gateway", "hellos_per_second_max", "arrivals of a seat a second, on average"),
    (GatewaySettings, "gateway", "hellos_burst_max", "arrivals of a seat at once"),
    (GatewaySettings, "gateway", "outbox_messages_max", "messages waiting for a slow tab"),
    (GatewaySettings, "gateway", "sockets_max", "WebSockets of seats at one time"),
    (GatewaySettings, "gateway", "sockets_unknown_max", "WebSockets that have not said hello"),
    (
        GatewaySettings,
        "gateway",
        "joins_per_minute_max",
        "joins with a link that is none, of one address a minute",
    ),
    (GatewaySettings, "gateway", "reads_per_second_max", "HTTP requests of one session a second, on average"),
    (GatewaySettings, "gateway", "reads_burst_max", "HTTP requests of one session at once"),
    (GatewaySettings, "gateway", "console_hearings_max", "hearings of one court that the console lists"),
    (GatewaySettings, "gateway", "console_page_max", "and in one answer"),
    (GatewaySettings, "gateway", "link_lifetime_s", "signed link to a recording"),
    (GatewaySettings, "gateway", "range_bytes_max", "one piece of a recording"),
    (GatewaySettings, "gateway", "probe_download_bytes_max", "network test, down"),
    (GatewaySettings, "gateway", "probe_upload_bytes_max", "network test, up"),
    (
        CourtroomSettings,
        "courtroom",
        "depart_grace_s",
        "a cut line may come back this late without having been lost",
    ),
    (CourtroomSettings, "courtroom", "captions_kept_max", "finals told again to a tab that reloads"),
    (MediaSettings, "media", "slots_per_peer", "downlink slot pairs of an offer"),
    (MediaSettings, "media", "offer_bytes_max", "an offer"),
    (MediaSettings, "media", "offer_sections_max", "m-lines of an offer"),
    (MediaSettings, "media", "setup_timeout_s", "from the answer to a finished DTLS handshake"),
    (MediaSettings, "media", "consent_timeout_s", "silence of ICE checks before the transport is lost"),
)


def limits() -> str:
    """The limits a client meets, with their settings' names."""
    rows = [(what, f"`{section}.{name}`", str(getattr(kind(), name))) for kind, section, name, what in LIMITS]
    rows += [
        ("characters of a text argument", "fixed", str(TEXT_LIMIT)),
        ("items of a list argument", "fixed", str(LIST_LIMIT)),
    ]
    return table(("what", "setting", "default"), rows)


def _shape(kind: type[Any]) -> str:
    return table(("field", "type"), ((f"`{f.name}`", f"`{_json_type(str(f.type))}`") for f in fields(kind)))


def _json_type(python: str) -> str:
    """The JSON form of an annotation in view.py."""
    python = re.sub(r"tuple\[(\w+), \.\.\.\]", r"[\1]", python)
    names = {
        "SeatId": "seat",
        "Instant": "ms",
        "str": "string",
        "bool": "boolean",
        "int": "integer",
        "None": "null",
    }
    return re.sub(r"\w+", lambda m: names.get(m.group(0), m.group(0)), python)


TABLES: dict[str, Callable[[], str]] = {
    "client messages": lambda: _messages(wire.ClientMessage),
    "server messages": lambda: _messages(wire.ServerMessage),
    "view": lambda: _shape(HearingView),
    "seat card": lambda: _shape(SeatCard),
    "commands": commands,
    "problems": problems,
    "refusals": refused,
    "limits": limits,
}


def render(text: str) -> str:
    """The document with its tables as the code has them. Raises KeyError for a table nobody knows."""
    return re.sub(
        r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found.group(1)}{TABLES[found.group(2)]()}\n{found.group(3)}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    DOCUMENT.write_text(render(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
