"""The wire format of the WebSocket: JSON messages, version 1, defined once.

Pure: pydantic only. The only file that names messages on the wire; JSON Schema and TypeScript types
are generated from it (`make wire`), and a test fails when they are stale. Never touches a socket.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from server.hearing.view_shapes import HearingView

PROTOCOL_VERSION = 1

Id = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]


Source = Literal["main", "screen"]

TapeStateName = Literal["idle", "rolling", "paused", "faulted", "sealed"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


# --- client to server ---


class Hello(_Message):
    """First frame of a tab. session: bearer from POST /api/join. resume: the secret of the last welcome."""

    type: Literal["hello"] = "hello"
    v: int
    session: Annotated[str, Field(max_length=200)]
    resume: Annotated[str, Field(max_length=200)] | None = None
    lang: Literal["zh-CN", "en"] = "zh-CN"


class CommandMessage(_Message):
    """One command of the law, by its name and arguments; answered by done, refused or malformed with the same id."""

    type: Literal["command"] = "command"
    id: Id
    name: Id
    args: dict[str, Any] = Field(default_factory=dict)


class Offer(_Message):
    """The tab's SDP offer (RFC 8866): of a new peer connection, or a later one of the same. source: "screen" for a second connection, with a screen."""

    type: Literal["offer"] = "offer"
    id: Id
    sdp: Annotated[str, Field(max_length=131072)]
    source: Source = "main"


class Candidate(_Message):
    """An ICE candidate of the tab (RFC 8838), or "" for no more of them. Not needed, for the server learns addresses from checks; not answered."""

    type: Literal["candidate"] = "candidate"
    candidate: Annotated[str, Field(max_length=512)]
    source: Source = "main"


class Tiles(_Message):
    """How wide the tab shows each seat's picture, in CSS pixels (0: not shown)."""

    type: Literal["tiles"] = "tiles"
    widths: Annotated[dict[Id, Annotated[int, Field(ge=0, le=7680)]], Field(max_length=64)]


class Ping(_Message):
    """Round-trip measure; t is the client's own milliseconds."""

    type: Literal["ping"] = "ping"
    t: float


class Point(_Message):
    """Where the tab points on what is shown, in hundredths of a per cent; null: nowhere. Not answered, not in the log."""

    type: Literal["pointer"] = "pointer"
    x: Annotated[int, Field(ge=0, le=10000)] | None
    y: Annotated[int, Field(ge=0, le=10000)] | None


ClientMessage = Annotated[
    Hello | CommandMessage | Offer | Candidate | Tiles | Point | Ping, Field(discriminator="type")
]

# --- server to client ---


class Welcome(_Message):
    """The seat is taken. resume: keep for `hello` after a cut. server_time: Unix milliseconds."""

    type: Literal["welcome"] = "welcome"
    v: int
    seat: str
    connection: str
    resume: str
    server_time: int
    slots: int
    resumed: bool


class Slot(_Message):
    """Downlink slot pair `index` (audio and video m-line pair, in the order offered) carries this seat now.

    source: "main", its microphone and camera, or "screen", the screen it shares.
    """

    index: int
    seat: str
    audio: bool
    video: bool
    source: Source = "main"


class Tape(_Message):
    """The tape. state: "idle", "rolling", "paused", "faulted" or "sealed". safe_until: Unix ms proven on disk.

    verified_until: Unix ms up to which it was read back from the disk and found whole. For the bench and the clerk:
    warnings: "second_place" (it goes on in the second place, the first has failed), "second_missing" (there is no second
    place now), "clock" (the machine's clock is not synchronised); hours_left: how long the room for it lasts.
    """

    state: TapeStateName
    safe_until: int | None
    reason: str = ""
    verified_until: int | None = None
    warnings: list[str] = Field(default_factory=list)
    hours_left: float | None = None


class ViewMessage(_Message):
    """A seat's whole view, the seq-th since the welcome; replace, never merge."""

    type: Literal["view"] = "view"
    seq: int
    view: HearingView
    slots: list[Slot]
    tape: Tape


class Speaking(_Message):
    """Who is speaking now, loudest first."""

    type: Literal["speaking"] = "speaking"
    seats: list[str]


class TapeMessage(_Message):
    """The tape moved on, between two views."""

    type: Literal["tape"] = "tape"
    tape: Tape


class Caption(_Message):
    """One utterance of the live captions; the same utterance comes again until it is final.

    n numbers the caption stream of this seat; t0 and t1 are Unix milliseconds. settled: text that will not change;
    pending: text that may.
    """

    type: Literal["caption"] = "caption"
    n: int
    utterance: str
    seat: str
    role: str
    name: str
    settled: str
    pending: str
    final: bool
    t0: int
    t1: int


class Passage(_Message):
    """Speech of `seat` that was missed; Unix milliseconds."""

    seat: str
    t0: int
    t1: int


class SheetRow(_Message):
    """What one seat said and missed on the record, in milliseconds.

    answered_ms: how long it waited for an answer to its "I can't hear", all together. lost_ms: without a connection.
    """

    seat: str
    spoke_ms: int
    missed_ms: int
    passages: list[Passage]
    interrupted: int
    cannot_hear: int
    answered_ms: int
    lost_ms: int


class Sheet(_Message):
    """Was everyone heard? Every few seconds at most: to the bench and the clerk all of it, to others what they missed."""

    type: Literal["sheet"] = "sheet"
    rows: list[SheetRow]


class Answer(_Message):
    """SDP answer to the offer with this id. continued: the transport of the offer's peer connection goes on; else it is a new one."""

    type: Literal["answer"] = "answer"
    id: str
    sdp: str
    continued: bool = False


class Done(_Message):
    """The command took effect; what it changed for this seat shows in the view seq and in every later one."""

    type: Literal["done"] = "done"
    id: str
    seq: int


class Refused(_Message):
    """The law says no; nothing changed. reason: stable id; rule: the article, e.g. "OLR 26"."""

    type: Literal["refused"] = "refused"
    id: str
    reason: str
    rule: str
    message: str


class Problem(_Message):
    """error: "malformed" (the client spoke nonsense), "unavailable" (infrastructure) or "busy". reason: stable id."""

    type: Literal["problem"] = "problem"
    id: str | None
    error: Literal["malformed", "unavailable", "busy"]
    reason: str
    message: str


class Bye(_Message):
    """The server ends this tab. reason: "superseded", "left", "session_invalid", "too_slow", "shutting_down", or a refusal."""

    type: Literal["bye"] = "bye"
    reason: str
    message: str


class MediaLost(_Message):
    """A media transport of this tab is gone; make a new offer. cause as the media plane saw it."""

    type: Literal["media_lost"] = "media_lost"
    cause: str
    source: Source = "main"


class Candidates(_Message):
    """More addresses of the server's media port, as ICE candidates (RFC 8839) for every transport of this tab."""

    type: Literal["candidates"] = "candidates"
    candidates: list[str]


class Relays(_Message):
    """Relays (TURN, RFC 8656) for this tab, where the court has any: after the welcome, and in time before expires_at (Unix ms). urls: RFC 7065."""

    type: Literal["relays"] = "relays"
    urls: list[str]
    username: str
    credential: str
    expires_at: int


class Pointer(_Message):
    """Where a seat points on what is shown, as in the client's own; null: nowhere any more."""

    type: Literal["pointer"] = "pointer"
    seat: str
    x: int | None
    y: int | None


class SeatHealth(_Message):
    """A seat's line over the last ten seconds; null: not known. Losses are shares, 0 to 1, up and down from the person."""

    up_loss: float | None
    down_loss: float | None
    rtt_ms: int | None
    jitter_ms: int | None
    verdict: Literal["good", "fair", "poor", "lost"] | None


class HealthMessage(_Message):
    """Lines by seat: everybody's for who oversees the hearing and for a technician, else the own; on a real change only."""

    type: Literal["health"] = "health"
    seats: dict[str, SeatHealth]


class Pong(_Message):
    """Answer to ping."""

    type: Literal["pong"] = "pong"
    t: float
    server_time: int


ServerMessage = Annotated[
    Welcome
    | ViewMessage
    | Speaking
    | TapeMessage
    | Caption
    | Sheet
    | Answer
    | Done
    | Refused
    | Problem
    | Bye
    | MediaLost
    | Candidates
    | Relays
    | Pointer
    | HealthMessage
    | Pong,
    Field(discriminator="type"),
]

CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
