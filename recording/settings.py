"""Settings of the tape. Values only; read once at start; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FDATASYNC_INTERVAL_MAX_S = 0.5


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Every knob of the tape, with its unit in its name. ValueError if the sync interval is above its hard limit."""

    fdatasync_interval_s: float = 0.5  # at most this long between two syncs: what a power cut may cost
    write_interval_s: float = 0.03  # packets are handed to the system this often: what kill -9 may cost
    idle_interval_s: float = 0.25  # how often the writer looks around while the tape is paused
    segment_s: float = 600.0  # a file is closed and hashed after this long; the next one goes on
    queue_packets_max: int = 20_000  # packets waiting for the disk, a hearing (about 20 s of seven people)
    labels_max: int = 64  # people on one tape; more are refused and counted
    label_bytes_max: int = 120  # of one label, UTF-8
    free_bytes_min: int = 512 * 1024 * 1024  # a tape does not start with less room than this
    # With less room than this the tape stops (disk_full), so that the ledger on the same disk can still be written;
    # it goes on when a quarter more is free again.
    free_bytes_resume: int = 64 * 1024 * 1024
    retry_interval_s: float = 1.0  # after a disk fault: try again this often
    slow_disk_s: float = 2.0  # one round of writing that takes longer is a fault the bench is told of
    progress_interval_s: float = 0.5  # TapeProgress at most this often
    close_timeout_s: float = 15.0  # closing waits so long for the disk before it gives up
    read_back_s: float = 2.0  # what was synced is read from the disk again and compared this often
    # A folder on another disk, where the tape goes on when the first one fails; null: none.
    second_root: Path | None = None
    second_same_disk: bool = False  # true: the second place may be on the disk of the first, as in a trial
    takeover_s: float = 1.0  # a round of writing that takes longer is ended by going to the second place
    forecast_hours: float = (
        2.0  # room for so long is kept for a hearing before it opens; 0: only free_bytes_min
    )
    forecast_seat_kbit_s: int = 1000  # what a seat is expected to send onto the tape, sound and picture
    clock_check_s: float = (
        300.0  # how often the machine's clock is asked whether it is synchronised; 0: never
    )

    # The tape process, where the media are in processes of their own (media.workers).
    ring_records_max: int = 4096  # taken from a ring at one time
    process_start_s: float = (
        10.0  # from its start to its first word; a tape that is started waits so long for it
    )
    process_beat_s: float = 0.5  # how often it says that it is alive, with its counts
    process_silence_s: float = 5.0  # silent for longer: it is ended and started anew
    process_restart_s: float = 0.1  # before one that died young is started anew; doubled each time
    process_restart_s_max: float = 5.0
    orders_told_max: int = 256  # orders of one tape that it has not confirmed; the oldest is forgotten
    message_bytes_max: int = 4 * 1024 * 1024  # one message between the server and it
    pending_bytes_max: int = (
        16 * 1024 * 1024
    )  # messages that one of them has not read; then it counts as dead

    def __post_init__(self) -> None:
        """Refuse an interval the law of the tape forbids."""
        if not 0 < self.fdatasync_interval_s <= FDATASYNC_INTERVAL_MAX_S:
            raise ValueError(f"fdatasync_interval_s must be above 0 and at most {FDATASYNC_INTERVAL_MAX_S}")
        if not 0 < self.write_interval_s <= self.fdatasync_interval_s:
            raise ValueError("write_interval_s must be above 0 and at most fdatasync_interval_s")
        if self.read_back_s <= 0 or self.takeover_s <= 0:
            raise ValueError("read_back_s and takeover_s must be above 0")


def settings_values(settings: RecordingSettings) -> dict[str, Any]:
    """Give the settings as JSON values."""
    second = settings.second_root
    return {**asdict(settings), "second_root": None if second is None else str(second.absolute())}


def settings_of(values: Mapping[str, Any]) -> RecordingSettings:
    """Read settings; KeyError, TypeError or ValueError where they are none."""
    second = values["second_root"]
    return RecordingSettings(**{**values, "second_root": None if second is None else Path(str(second))})
