"""Settings of the door. Values only; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """A relay (TURN, RFC 8656) of the court's own, for networks that let no UDP through to the media port."""

    urls: tuple[str, ...] = ()  # RFC 7065, in the order of preference; empty: tabs are told of none
    secret_file: Path | None = None  # what the relay knows as static-auth-secret
    credential_lifetime_s: float = 3600.0  # a tab gets new ones when half of it is over


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Every knob of HTTP and the WebSocket, with its unit in its name."""

    hello_timeout_s: float = 10.0  # a tab must say hello this soon
    heartbeat_s: float = 10.0  # a silent tab is pinged (RFC 6455 5.5.2); no answer in half of it: line gone
    stall_timeout_s: float = 20.0  # a tab that asks and does not read the answers: closed, "too_slow"
    message_bytes_max: int = 262144  # one WebSocket frame; an offer is the largest
    outbox_messages_max: int = 512  # messages waiting for one slow tab; more: the tab is closed, "too_slow"
    commands_per_second_max: int = 20  # a seat's commands above this are answered "busy"
    pointers_per_second_max: int = 15  # a seat's pointer; what comes above it is left out
    hellos_per_second_max: float = 0.5  # a seat's arrivals above this are answered "busy"
    hellos_burst_max: int = 10  # arrivals of a seat in a burst
    sockets_max: int = 1024  # WebSockets of seats at one time
    sockets_unknown_max: int = 128  # WebSockets without a valid hello; one more: the oldest of them is cut
    joins_per_minute_max: int = (
        60  # joins with a link that is none, from one address; good links are not counted
    )
    reads_per_second_max: int = (
        10  # HTTP requests of one session, on average; above it they are answered "busy"
    )
    reads_burst_max: int = 40  # and at once: a case page that opens
    console_hearings_max: int = 500  # hearings of one court and day that the console lists
    console_page_max: int = 200  # and in one answer
    probe_download_bytes_max: int = 2097152  # network test
    probe_upload_bytes_max: int = 1048576  # network test
    passages_per_minute_max: int = 6  # missed passages of one seat, rebuilt from a live tape
    passages_waiting_max: int = 8  # askers waiting for the one rebuild at a time; more: "busy"
    passage_timeout_s: float = 20.0  # a rebuild that takes longer is given up
    replays_per_minute_max: int = 4  # replays of the last minutes that one seat may ask for
    replays_waiting_max: int = 4  # askers waiting for the one at a time; more: "busy"
    replay_timeout_s: float = 60.0  # one that takes longer is given up
    replay_lifetime_s: float = 900.0  # then its files go
    replays_kept_max: int = 2  # of one hearing; the oldest goes
    replay_disk_free_bytes_min: int = (
        2147483648  # with less room on the disk none is made: it belongs to the tapes
    )
    link_lifetime_s: int = 3600  # signed links to recordings
    parties_may_export: bool = False  # parties may take away the package as they may have it
    readings_per_minute_max: int = 30  # acts of reading of one seat: each is an entry for ever
    readings_interval_s: float = 30.0  # how often what was fetched is entered in the ledger of reading
    readings_gathered_max: int = 1024  # files under acts that wait for the ledger; no more are given
    readings_shown_max: int = 500  # acts of reading in one answer, the newest
    takings_waiting_max: int = 8  # askers waiting for a copy or package that is made; more: "busy"
    takings_kept_max: int = 8  # files made for one reader that lie ready at one time; the oldest goes
    taking_disk_free_bytes_min: int = (
        2147483648  # with less room on the disk none is made: it belongs to the tapes
    )
    range_bytes_max: int = (
        1048576  # one answer of a recording; a browser has six connections for all of a case's copies
    )
