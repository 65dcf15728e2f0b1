"""Settings of the media plane: values, and what is wrong with them. Read once at start; config.yaml mirrors each field."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINES = ("auto", "native", "python")
WORKERS_MAX = 64
RING_MIN, RING_MAX = 1 << 12, 1 << 30  # bytes of a ring; a power of two, so that a place in it is a mask away
_PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Every knob of the wire, with its unit in its name."""

    bind_host: str = "::"  # every interface, both families; IPv4 alone on a machine without IPv6
    udp_port: int = 40000  # one port for all peers (worker k has udp_port + k); 0 lets the system choose
    announce_addresses: tuple[str, ...] = ()  # empty: every IPv4 address of this machine, loopback last
    engine: str = "auto"  # "native" (C), "python", or "auto": native where it is built
    gso: bool = True  # send runs of equal packets as one (UDP_SEGMENT), where the system lets it
    ring_bytes: int = 4 << 20  # of each ring between the data plane and the rest; a power of two
    workers: int | None = (
        None  # media processes, a hearing on one of them; None: one a core; 0: the plane runs in the server's process
    )
    worker_answer_s: float = 1.5  # a worker that takes longer over one call is ended
    worker_report_interval_s: float = 2.0  # how often a worker tells its peers' figures
    worker_reports_missed_max: int = 1  # a worker that has missed more than so many is ended
    worker_start_timeout_s: float = 20.0  # from the start of a process to its open port
    worker_restart_s: float = 0.5  # before a worker that died again is started anew; doubled each time
    worker_restart_s_max: float = 15.0
    worker_message_bytes_max: int = 32 << 20  # one message between the server and a worker
    worker_backlog_bytes_max: int = 8 << 20  # what a worker keeps for a server that does not read
    tape_ring_bytes: int = 16 << 20  # of a worker's shared ring to the tape's process; a power of two
    words_ring_bytes: int = 1 << 20  # the same, to the recogniser's
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
    taped_keyframe_interval_s: float = (
        20.0  # a layer that an ear keeps is asked for one when the last is older
    )
    nack_interval_s: float = 0.05  # how often missing packets are asked for again
    nack_attempts_max: int = 8
    remb_interval_s: float = 0.25
    remb_bitrate_bps: int = 3_000_000  # what a publisher may send in all (no estimator in this slice)
    rtcp_report_interval_s: float = 1.0
    transport_cc_interval_s: float = 0.08  # feedback to a sender at most this often: four ticks of the timer
    speaker_interval_s: float = 0.2
    speaker_threshold_db: int = -45  # RFC 6464 level above which a seat may count as speaking
    speaker_hold_s: float = 0.8
    rtcp_per_second_max: int = 200  # a peer's RTCP packets above this are dropped and counted
    stun_errors_logged_per_minute: int = 6

    @property
    def processes(self) -> int:
        """How many media processes there are: what `workers` says, or one a core that this process may use."""
        if self.workers is not None:
            return self.workers
        return min(len(os.sched_getaffinity(0)), WORKERS_MAX)


def faults(settings: MediaSettings) -> Iterator[tuple[str, str, str]]:
    """What is wrong beyond each field's own type and unit: the key, and what was expected, in Chinese and in English."""
    if settings.engine not in ENGINES:
        choices, found = ", ".join(ENGINES), settings.engine
        yield (
            "media.engine",
            f"应为其一：{choices}，实为 {found!r}",
            f"expected one of: {choices}, found {found!r}",
        )
    for key in ("ring_bytes", "tape_ring_bytes", "words_ring_bytes"):
        size: int = getattr(settings, key)
        if size & (size - 1) or not RING_MIN <= size <= RING_MAX:
            yield (
                f"media.{key}",
                f"应为 {RING_MIN} 到 {RING_MAX} 之间的 2 的幂，实为 {size}",
                f"expected a power of two from {RING_MIN} to {RING_MAX}, found {size}",
            )
    workers, port = settings.processes, settings.udp_port
    if workers > WORKERS_MAX:
        yield (
            "media.workers",
            f"应不大于 {WORKERS_MAX}，实为 {workers}",
            f"expected at most {WORKERS_MAX}, found {workers}",
        )
    elif port and port + workers - 1 > _PORT_MAX:  # worker k has udp_port + k
        last = _PORT_MAX - workers + 1
        yield (
            "media.udp_port",
            f"{workers} 个媒体进程时应不大于 {last}，实为 {port}",
            f"expected at most {last} with {workers} workers, found {port}",
        )
    if settings.worker_restart_s_max < settings.worker_restart_s:
        least, found_s = settings.worker_restart_s, settings.worker_restart_s_max
        yield (
            "media.worker_restart_s_max",
            f"应不小于 media.worker_restart_s（{least:g}），实为 {found_s:g}",
            f"expected no less than media.worker_restart_s ({least:g}), found {found_s:g}",
        )
