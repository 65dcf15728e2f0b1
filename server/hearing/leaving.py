"""How an absence began, as far as the house's own facts tell: network failure, page closed, own will, or cannot tell. Pure.

OLR 25 excepts network failure, damaged devices, power cuts and force majeure from what counts against a party. This is
advice from facts: it finds nothing against anybody, and says "unknown" rather than guess. Only the bench rules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FACTS: tuple[str, ...] = (
    "cause",
    "transport",
    "signalling",
    "transport_before_ms",
    "loss_up",
    "loss_down",
    "rtt_ms",
    "jitter_ms",
    "silent_ms",
    "device_failed_ms",
    "server",
)
"""Names of the facts, in the order in which they stand.

cause: LeaveCause value, "never_came" or "readmitted". transport: end of the media transport ("consent", "dtls", "setup", "alert",
"server": the house's own media process ended), "open" when it still stood, "none" when there was none. signalling:
"said" (the page said goodbye), "cut" (the line was closed without a word), "silent" (the line answered no more), ""
unknown. transport_before_ms: how long before the signalling the transport had ended. loss_up, loss_down: per mille of
packets lost, worst of the minute before; rtt_ms, jitter_ms: worst of it; silent_ms: since the last packet.
device_failed_ms: since the device last reported failure.
server: "restart", "media" or "overload" where the house itself was at fault. A fact that was not measured is "".
"""

FACT_CHARS_MAX = 64
"""Characters of one "key=value"."""


class Verdict(StrEnum):
    """What the facts say of the cause: 自行退出, 关闭页面, 网络故障, 设备故障, 服务器故障, 换设备, 无法判断."""

    LEFT = "left"
    PAGE_CLOSED = "page_closed"
    NETWORK = "network"
    DEVICE = "device"
    SERVER = "server"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


NEVER_CAME = "never_came"
"""The cause of an absence that no connection began."""

READMITTED = "readmitted"
"""The cause of the absence of one who was removed and may come back."""

_SAID: Mapping[str, Verdict] = {
    "left": Verdict.LEFT,
    "page_closed": Verdict.PAGE_CLOSED,
    "superseded": Verdict.SUPERSEDED,
    "server_restart": Verdict.SERVER,
}
"""Causes that speak for themselves."""

LOSS_BAD = 100
"""Per mille lost in a minute: speech breaks up."""

RTT_BAD_MS = 1500
"""A path this slow is about to fail."""

TRANSPORT_FIRST_MS = 3000
"""The transport failed on its own, before the signalling noticed: two independent witnesses of the same path."""

DEVICE_RECENT_MS = 60_000
"""A device that failed this shortly before."""


def facts_of(values: Mapping[str, object]) -> tuple[str, ...]:
    """Put measured values into "key=value", in the order of FACTS; what was not measured stays empty."""
    return tuple(f"{key}={_text(values.get(key))}"[:FACT_CHARS_MAX] for key in FACTS)


def read(facts: Iterable[str]) -> dict[str, str]:
    """Take "key=value" apart."""
    return {key: value for key, _, value in (fact.partition("=") for fact in facts)}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(values: Mapping[str, str], key: str) -> int | None:
    text = values.get(key, "")
    return int(text) if text.removeprefix("-").isdecimal() else None


def verdict(facts: Iterable[str]) -> Verdict:
    """Say what the facts tell of the cause of an absence; UNKNOWN where they do not tell (OLR 25)."""
    values = read(facts)
    if values.get("server"):
        return Verdict.SERVER
    said = _SAID.get(values.get("cause", ""))
    if said is not None:
        return said
    if values.get("cause") in {NEVER_CAME, READMITTED}:
        return Verdict.UNKNOWN
    return _of_a_lost_line(values)


def _of_a_lost_line(values: Mapping[str, str]) -> Verdict:
    """A connection ended without a word from the page: look at both lines and at the minute before."""
    failed = _number(values, "device_failed_ms")
    if failed is not None and failed <= DEVICE_RECENT_MS:
        return Verdict.DEVICE
    if values.get("transport") == "alert" and values.get("signalling") != "silent":
        return Verdict.PAGE_CLOSED  # the page ended its own transport in good order
    if values.get("signalling") == "silent" or _path_failed(values):
        return Verdict.NETWORK
    return Verdict.UNKNOWN  # cut at once and without a sign before: a crash, a power cut or a killed page


def _path_failed(values: Mapping[str, str]) -> bool:
    before = _number(values, "transport_before_ms")
    if values.get("transport") == "consent" and before is not None and before >= TRANSPORT_FIRST_MS:
        return True
    losses = [_number(values, key) for key in ("loss_up", "loss_down")]
    if any(loss is not None and loss >= LOSS_BAD for loss in losses):
        return True
    rtt = _number(values, "rtt_ms")
    return rtt is not None and rtt >= RTT_BAD_MS
