"""Settings of the archive. Values only; read once at start; the `archive` section of config.yaml mirrors each field."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Lock = Literal["off", "governance", "compliance"]


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """Where the second copy of sealed packages goes, and which rules say how long files are kept."""

    bucket: str = ""  # of S3-compatible object storage; empty: no second copy is made
    endpoint: str = ""  # https://HOST[:PORT] of the storage; plain http only to this machine itself
    region: str = "us-east-1"
    prefix: str = "yunting"  # before every object's name: PREFIX/HEARING/FILE
    access_key_file: Path | None = None  # the id of the key to the storage; it needs no right to delete
    secret_key_file: Path | None = None
    lock: Lock = "off"  # object lock, until the term of the retention class is over
    part_bytes_max: int = 16_777_216  # of one request of an upload
    parts_at_once_max: int = 2
    bytes_per_second_max: int = 33_554_432  # of copying and reading back; small files go at once
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0  # of a storage that says nothing
    answer_bytes_max: int = 1_048_576  # of what is not a file: answers about locks
    tries: int = 3  # of one request, at once; after these the file waits
    retry_delay_s: float = 10.0  # the first wait of a file; each one is twice the last
    retry_delay_s_max: float = 3600.0
    alarm_tries: int = 3  # a file that failed so often is a task on the console
    look_interval_s: float = 30.0  # between two looks for new packages
    retention_file: Path | None = None  # retention classes (TOML); without it nothing is ever purged


def faults(settings: ArchiveSettings) -> Iterator[tuple[str, str, str]]:
    """What cannot be so: key, Chinese, English."""
    if not settings.bucket:
        return
    parts = urlsplit(settings.endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        yield ("archive.endpoint", "应为 https://主机[:端口]", "expected https://HOST[:PORT]")
    elif parts.scheme == "http" and not is_loopback(parts.hostname):
        yield (
            "archive.endpoint",
            "明文 http 只能用于本机，请使用 https",
            "expected https: plain http is for this machine itself alone",
        )
    for name in ("access_key_file", "secret_key_file"):
        if getattr(settings, name) is None:
            yield (f"archive.{name}", "设置了 bucket 时必须填写", "expected a file where a bucket is set")


def is_loopback(host: str) -> bool:
    """Whether a host's name can only mean this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
