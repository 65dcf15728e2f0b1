"""The series of line figures that is kept with a hearing: one step each few seconds, one row a seat. Shape and text; pure.

A step is one line of text: CRC-32 of the rest as 8 hex digits, a space, JSON `[at, [row, ...]]`. What was torn or changed
is not read; whole lines before and behind it are. Holds figures only: no words, no names, not who was in whose line.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.courtroom.outputs import SeatHealth
from server.hearing.ids import Instant, SeatId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from server.courtroom.flows import SeatFlow

_SHARE = 10_000  # losses are kept in hundredths of a per cent
_COLUMNS = 12
_CRC_DIGITS = 8
_KBPS = 1000


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One seat's line at one moment. health: as told on the screens; up_kbps, down_kbps: thousands of bits a second.

    layers: as SeatFlow.layers. freezes, switches, nacks: since the step before.
    """

    health: SeatHealth
    up_kbps: int = 0
    down_kbps: int = 0
    layers: str = ""
    freezes: int = 0
    switches: int = 0
    nacks: int = 0


@dataclass(frozen=True, slots=True)
class LineStep:
    """Everybody who had a line, or had lost it, at one moment. at_ms: Unix milliseconds."""

    at_ms: Instant
    seats: tuple[SeatLine, ...]


def seat_line(health: SeatHealth, flow: SeatFlow) -> SeatLine:
    """What is kept of a seat."""
    return SeatLine(
        health,
        round(flow.up_bps / _KBPS),
        round(flow.down_bps / _KBPS),
        flow.layers,
        flow.total("new_freezes"),
        flow.total("new_switches"),
        flow.total("new_nacks"),
    )


def encode(step: LineStep) -> bytes:
    """A step as it stands in the file, with the line's end before it: a torn one costs no other."""
    rows = [_row(one) for one in step.seats]
    text = json.dumps([step.at_ms, rows], ensure_ascii=True, separators=(",", ":")).encode()
    return b"\n%08x %s" % (zlib.crc32(text), text)


def decode(line: bytes) -> LineStep | None:
    """A step of one line of the file; None where it is torn, changed or none."""
    digits, _, text = line.partition(b" ")
    try:
        if len(digits) != _CRC_DIGITS or int(digits, 16) != zlib.crc32(text):
            return None
        at_ms, rows = json.loads(text)
        return LineStep(Instant(int(at_ms)), tuple(_read(row) for row in rows))
    except (ValueError, TypeError):
        return None


def decode_all(content: bytes) -> list[LineStep]:
    """Every whole step of a file's content, in order."""
    return [step for line in content.split(b"\n") if line and (step := decode(line)) is not None]


def _share(value: float | None) -> int | None:
    return None if value is None else round(value * _SHARE)


def _row(one: SeatLine) -> list[Any]:
    found = one.health
    return [
        *(found.seat, _share(found.up_loss), _share(found.down_loss), found.rtt_ms, found.jitter_ms),
        *(found.verdict, one.up_kbps, one.down_kbps, one.layers, one.freezes, one.switches, one.nacks),
    ]


def _read(row: list[Any]) -> SeatLine:
    if len(row) != _COLUMNS:
        raise ValueError("columns")
    seat, up, down, rtt, jitter, verdict, *rest = row
    return SeatLine(
        SeatHealth(
            SeatId(seat),
            None if up is None else up / _SHARE,
            None if down is None else down / _SHARE,
            rtt,
            jitter,
            verdict,
        ),
        *rest,
    )


CSV_HEAD = (
    "at_unix_ms,from_begin_ms,seat,verdict,loss_up_percent,loss_down_percent,rtt_ms,jitter_ms,"
    "up_kbit_s,down_kbit_s,layers_down,freezes,layer_switches,nacks"
)


def csv(steps: Iterable[LineStep]) -> str:
    """The series as a table for people and spreadsheets; what was not known is empty."""
    lines = [CSV_HEAD]
    begun: int | None = None
    for step in steps:
        begun = step.at_ms if begun is None else begun
        for one in step.seats:
            h = one.health
            cells = (
                *(
                    step.at_ms,
                    step.at_ms - begun,
                    h.seat,
                    h.verdict,
                    _percent(h.up_loss),
                    _percent(h.down_loss),
                ),
                *(h.rtt_ms, h.jitter_ms, one.up_kbps, one.down_kbps, one.layers),
                *(one.freezes, one.switches, one.nacks),
            )
            lines.append(",".join("" if cell is None else str(cell) for cell in cells))
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:.2f}"
