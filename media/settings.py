"""Settings of the media plane. Values only; read once at start; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Every knob of the wire, with its unit in its name."""

    bind_host: str = "::"  # every interface, both families; IPv4 alone on a machine without IPv6
    udp_port: int = 40000  # one port for all peers; 0 lets the system choose (tests)
    announce_addresses: tuple[str, ...] = ()  # empty: every IPv4 address of this machine, loopback last
    engine: str = "auto"  # "native" (C), "python", or "auto": native where it is built
    gso: bool = True  # send runs of equal packets as one (UDP_SEGMENT), where the system lets it
    ring_bytes: int = 4 << 20  # of each ring between the data plane and the rest; a power of two
    slots_per_peer: int = 12  # downlink slot pairs a client may offer
    peers_max: int = 512  # transports at one time, half-open ones included
    setup_timeout_s: float = 15.0  # from offer to DTLS done; then the half-open peer is dropped
    consent_timeout_s: float = (
        15.0  # no valid STUN check for this long: the peer is lost (RFC 7675: 30 s at most)
    )
    offer_bytes_max: int = 131072  # Chromium with 12 slot pairs offers 79 kB
    offer_sections_max: int = 64  # m-lines
    offer_candidates_max: int = 200
    downlink_transport_cc: bool = False  # agree to transport-cc on the slots (no estimator in the server yet)
    history_packets: int = 512  # packets kept a downlink slot, to answer NACK
    pli_interval_s: float = 1.0  # a publisher's layer is asked for a key frame at most this often
    nack_interval_s: float = 0.05  # how often missing packets are asked for again
    nack_attempts_max: int = 8
    remb_interval_s: float = 0.25
    remb_bitrate_bps: int = 3_000_000  # what a publisher may send in all (no estimator in this slice)
    rtcp_report_interval_s: float = 1.0
    speaker_interval_s: float = 0.2
    speaker_threshold_db: int = -45  # RFC 6464 level above which a seat may count as speaking
    speaker_hold_s: float = 0.8
    rtcp_per_second_max: int = 200  # a peer's RTCP packets above this are dropped and counted
    stun_errors_logged_per_minute: int = 6
