"""Settings of the door. Values only; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Every knob of HTTP and the WebSocket, with its unit in its name."""

    hello_timeout_s: float = 10.0  # a tab must say hello this soon
    idle_timeout_s: float = 20.0  # a tab silent for this long (pings included) is gone
    message_bytes_max: int = 262144  # one WebSocket frame; an offer is the largest
    outbox_messages_max: int = 512  # messages waiting for one slow tab; more: the tab is closed, "too_slow"
    commands_per_second_max: int = 20  # a tab's commands above this are answered "busy"
    sockets_max: int = 1024  # WebSockets at one time
    joins_per_minute_max: int = 60  # join attempts from one address
    probe_download_bytes_max: int = 2097152  # network test
    probe_upload_bytes_max: int = 1048576  # network test
    link_lifetime_s: int = 3600  # signed links to recordings
    range_bytes_max: int = (
        1048576  # one answer of a recording; a browser has six connections for all of a case's copies
    )
