"""Settings of the sealed package. Values only; read once at start; the `sealing` section of config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SealingSettings:
    """Which keys sign, and who tells the time."""

    court_key_file: Path | None = None  # made by `yunting court-key new`; without one nothing is sealed
    sm2_key_file: Path | None = None  # a second signature, SM2 with SM3, where the court wants one
    c2pa_key_file: Path | None = None  # PEM, Ed25519 or P-256; with it the composite gets a C2PA manifest ...
    c2pa_certificates_file: Path | None = None  # ... under these certificates, the key's own first
    timestamp_url: str = ""  # of a time-stamping authority (RFC 3161 over HTTP); empty: no timestamps
    timestamp_timeout_s: float = 10.0  # it is asked again later
    timestamp_retry_interval_s: float = 600.0  # between two tries for the packages that have none yet
    timestamp_bytes_max: int = 65_536  # of its answer
