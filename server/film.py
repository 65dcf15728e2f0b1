"""A hearing's log as the composite picture's timeline: who was there, what was shown, which stage, why nothing was recorded.

The law's own replay says who was in the courtroom and what was before everybody; nothing here decides it anew. A caucus, a
deliberation or a consultation is in no tape of the hearing and in no event of its stream, so it cannot come in. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recording.composite.plan import Cue, Exhibit, Mark, Notice, Person, Span, Timeline, Words
from server.courtroom.plans import SCREEN_LABEL
from server.gateway.record import gaps_of
from server.gateway.transcript import role_zh
from server.hearing.evolve import evolve
from server.hearing.ids import Instant
from server.hearing.procedure import stage_of
from server.hearing.refusals import Refused
from server.hearing.rooms import place
from server.hearing.state import initial
from server.hearing.state_exhibits import EXHIBIT
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from server.courtroom.ports import Codec, Entry
    from server.hearing.state import Hearing
    from server.store.cases import HearingFile, SeatRow
    from server.store.results import UtteranceRow

_COURT_OFFSET_S = 8 * 3600  # the whole country has one time
_NS = 1_000_000
_UNSEEN = frozenset(
    {"observer", "technician"}
)  # the public is not recorded, helpers are not part of the hearing
_BENCH = ("presiding", "judge", "assessor", "mediator", "enforcement_officer")
_AGENTS_ZH = {"plaintiff": "原告诉讼代理人", "defendant": "被告诉讼代理人", "third": "第三人诉讼代理人"}
_SOURCES_ZH = {"screen": "共享画面 Shared screen", "camera": "实物展示 Object on camera"}
_GROUNDS = {
    "recess": "休庭\nRecess\n休庭期间依法不录制 · not recorded while the court is in recess",
    "not_public": "不公开部分\nNot public\n依决定未录制 · not recorded by the court's order",
    "no_consent": "未录制\nNot recorded\n未经全体同意 · not all have agreed",
    "not_recorded": "未录制\nNot recorded\n依规定不录制 · by the rules",
    "not_open": "尚未开庭\nNot open yet",
}
_OTHER_GROUND = "未录制\nNot recorded"
_FAULT = "录制设备故障 Recording fault"

Stills = dict[tuple[str, int], str]
"""Pictures of exhibits' pages: (exhibit, page) -> file."""


@dataclass(slots=True)
class _Seen:
    """What the replay has found so far; everything in milliseconds from the opening."""

    here: dict[str, list[Span]] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    exhibits: list[Exhibit] = field(default_factory=list)
    showing: tuple[str, str, str, int] | None = None  # source, seat, exhibit, page
    shown_since: int = 0
    lights: list[Mark] = field(default_factory=list)


def timeline(
    file: HearingFile,
    entries: Sequence[Entry],
    codec: Codec,
    lines: Sequence[UtteranceRow],
    session: tuple[int, int],
    stills: Mapping[tuple[str, int], str] | None = None,
) -> Timeline:
    """All that the composite needs of a hearing. session: opening and close, Unix milliseconds."""
    zero, end = session
    seats = sorted(file.seats, key=_rank)
    seen = _replay(entries, codec, zero, end, _Titles(file, stills or {}))
    return Timeline(
        zero_ns=zero * _NS,
        end_ns=end * _NS,
        people=tuple(
            Person(
                seat.seat,
                _role(file, seat),
                seat.name,
                seat.role in _BENCH,
                tuple(seen.here.get(seat.seat, ())),
            )
            for seat in seats
            if seat.role not in _UNSEEN
        ),
        words=Words(title=f"{file.case.court}  {file.case.case_no}", no_picture="无画面 No picture"),
        offset_s=_COURT_OFFSET_S,
        stages=_stages(file.hearing.procedure, entries, zero),
        lights=tuple(seen.lights),
        exhibits=tuple(seen.exhibits),
        notices=tuple(_notice(gap) for gap in gaps_of(entries, zero)),
        cues=tuple(_cues(file, lines, zero)),
    )


def pages_shown(entries: Sequence[Entry]) -> list[tuple[str, int]]:
    """(exhibit, page) of every page that was before everybody, once each, in order."""
    found: dict[tuple[str, int], None] = {}
    for entry in entries:
        if entry.kind == "exhibit_presented":
            found[str(entry.body["exhibit"]), 1] = None
        elif entry.kind == "page_turned":
            found[str(entry.body["exhibit"]), int(entry.body["page"])] = None
    return list(found)


def _rank(seat: SeatRow) -> int:
    return _BENCH.index(seat.role) if seat.role in _BENCH else len(_BENCH)


def _role(file: HearingFile, seat: SeatRow) -> str:
    if seat.role == "agent" and seat.side in _AGENTS_ZH:
        return _AGENTS_ZH[seat.side]
    return role_zh(file, seat.role)


def _stages(procedure: str, entries: Sequence[Entry], zero: int) -> tuple[Mark, ...]:
    """Titles by their beginning; that of the opening began before it."""
    found: dict[int, str] = {}
    for entry in entries:
        if entry.kind == "stage_entered":
            try:
                name = stage_of(procedure, entry.body["stage"]).name.zh
            except Refused:  # of a procedure that was since changed
                continue
            found[max(0, entry.at_ms - zero)] = name
    return tuple(Mark(at_ms, name) for at_ms, name in sorted(found.items()))


def _notice(gap: Mapping[str, object]) -> Notice:
    """A fault may have cost a part of the recording only: it is named, and what there is stays to be seen."""
    span = Span(int(str(gap["from"])), int(str(gap["to"])))
    ground = str(gap["ground"])
    if ground == "fault":
        return Notice(span, _FAULT, covers=False)
    return Notice(span, _GROUNDS.get(ground, _OTHER_GROUND))


def _cues(file: HearingFile, lines: Sequence[UtteranceRow], zero: int) -> list[Cue]:
    seats = {seat.seat: seat for seat in file.seats if seat.role != "observer"}
    return [
        Cue(
            Span(max(0, line.t0_ms - zero), max(0, line.t1_ms - zero)),
            f"{_role(file, seats[line.seat])} {seats[line.seat].name}",
            line.text,
        )
        for line in lines
        if line.seat in seats
    ]


class _Titles:
    """What an exhibit is called when it is shown, and where its page is."""

    def __init__(self, file: HearingFile, stills: Mapping[tuple[str, int], str]) -> None:
        self._roles = {seat.seat: f"{_role(file, seat)} {seat.name}" for seat in file.seats}
        self._stills = stills

    def exhibit(self, span: Span, shown: tuple[str, str, str, int], state: Hearing) -> Exhibit:
        """The stretch in which this was before everybody."""
        source, seat, exhibit, page = shown
        who = self._roles.get(seat, "")
        if source != EXHIBIT:
            caption = f"{who}  {_SOURCES_ZH.get(source, '')}".strip()
            return Exhibit(span, caption, label=f"{seat}{SCREEN_LABEL}")
        known = state.exhibits.items.get(exhibit)
        title = known.title if known is not None else ""
        pages = f" 第{page}页 p. {page}" if known is not None and known.pages > 1 else ""
        return Exhibit(span, f"出示证据：{title}{pages}", still=self._stills.get((exhibit, page), ""))


def _replay(entries: Sequence[Entry], codec: Codec, zero: int, end: int, titles: _Titles) -> _Seen:
    seen, state = _Seen(), initial()
    for entry in entries:
        before = state
        state = evolve(state, codec.to_event(entry), Instant(entry.at_ms))
        _look(seen, state, before, min(max(entry.at_ms, zero), end) - zero, titles)
    last = end - zero
    for seat in list(seen.since):
        _gone(seen, seat, last)
    _unshown(seen, state, last, titles)
    return seen


def _look(seen: _Seen, state: Hearing, before: Hearing, at_ms: int, titles: _Titles) -> None:
    """Note what has changed with an event."""
    for seat in state.seats:
        inside = place(state, seat) == MAIN
        if inside and seat not in seen.since:
            seen.since[seat] = at_ms
        elif not inside and seat in seen.since:
            _gone(seen, seat, at_ms)
    now = state.exhibits.showing
    shown = None if now is None else (now.source, str(now.seat), now.exhibit, now.page)
    if shown != seen.showing:
        _unshown(seen, before, at_ms, titles)
        seen.showing, seen.shown_since = shown, at_ms
    light = str(state.order.layout.spotlight)
    if light != (seen.lights[-1].text if seen.lights else ""):
        seen.lights.append(Mark(at_ms, light))


def _gone(seen: _Seen, seat: str, at_ms: int) -> None:
    since = seen.since.pop(seat)
    if at_ms > since:
        seen.here.setdefault(seat, []).append(Span(since, at_ms))


def _unshown(seen: _Seen, state: Hearing, at_ms: int, titles: _Titles) -> None:
    if seen.showing is not None and at_ms > seen.shown_since:
        seen.exhibits.append(titles.exhibit(Span(seen.shown_since, at_ms), seen.showing, state))
