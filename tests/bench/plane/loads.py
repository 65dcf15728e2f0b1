"""The patterns of packets, and what one measurement is told and gives. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from media.ids import Kind

WARM_UP_S = 1.2  # a first key frame, and caches filled
MEASURED_S = 4.0
CASE_S = 90  # a case that takes longer has failed


@dataclass(frozen=True)
class Load:
    """Bursts of `burst` packets of `payload_bytes` every `interval_s` from each publisher."""

    name: str
    kind: Kind
    interval_s: float
    burst: int
    payload_bytes: int

    @property
    def per_second(self) -> float:
        """Packets a second from one publisher."""
        return self.burst / self.interval_s


LOADS = {
    load.name: load
    for load in (
        Load("A", Kind.VIDEO, 0.020, 10, 1100),
        Load("B", Kind.VIDEO, 0.005, 10, 1100),
        Load("C", Kind.AUDIO, 0.002, 1, 100),
        Load("wide", Kind.VIDEO, 0.100, 10, 1100),  # one publisher to very many: 100 packets/s in
        Load("hearing", Kind.VIDEO, 0.200, 4, 1100),  # each of four people: 20 packets/s
        Load("quiet", Kind.VIDEO, 1.0, 0, 0),  # connections only
    )
}


@dataclass(frozen=True)
class Profile:
    """One protection profile: its name for DTLS, its number in srtp.h, bytes of master key and salt."""

    name: bytes
    number: int
    key_bytes: int
    salt_bytes: int


PROFILES = {
    "gcm": Profile(b"SRTP_AEAD_AES_128_GCM", 0, 16, 12),
    "cm": Profile(b"SRTP_AES128_CM_SHA1_80", 1, 16, 14),
}


@dataclass(frozen=True)
class Case:
    """One measurement, in a process of its own.

    server: a name of table.SERVERS. hearings: of four people who all see each other; then subscribers is of no use.
    slots: slot pairs a client of ours offers. profile: of SRTP, a name of PROFILES.
    """

    server: str
    load: str
    host: str
    subscribers: int = 20
    hearings: int = 0
    slots: int = 1
    measured_s: float = MEASURED_S
    own_network: bool = True
    profile: str = "gcm"


@dataclass(frozen=True)
class Result:
    """What a case found. Delays in ms from the send stamp to the kernel's receipt, first and last subscriber.

    cpu_us: of the server's process, all threads, a packet delivered. offered_percent: what the generator really sent
    of what it should. generator_cores: what the load itself took of the machine. tape_us, tape_cores: of the process
    that keeps the tape, not in cpu_us; tape_lost: packets its ring had no room for. skipped: why nothing was measured.
    """

    skipped: str | None = None
    cpu_us: float = 0.0
    cores: float = 0.0
    out_per_s: float = 0.0
    offered_percent: float = 0.0
    lost_percent: float = 0.0
    first_p50_ms: float | None = None
    first_p99_ms: float | None = None
    last_p50_ms: float | None = None
    last_p99_ms: float | None = None
    generator_cores: float = 0.0
    tape_us: float = 0.0
    tape_cores: float = 0.0
    tape_lost: int = 0
    rss_kib: int = 0
    unreadable: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def worst_p99_ms(self) -> float | None:
        """Of the one of the two ends that waits longer: who is served last is the server's affair."""
        known = [value for value in (self.first_p99_ms, self.last_p99_ms) if value is not None]
        return max(known, default=None)

    def as_json(self) -> dict[str, Any]:
        """Give the fields."""
        return asdict(self)
