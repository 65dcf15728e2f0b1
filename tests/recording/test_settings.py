"""Limits of the tape that no configuration may lift."""

from __future__ import annotations

import pytest

from recording.settings import RecordingSettings

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("interval_s", [0.0, -1.0, 0.51, 5.0])
def test_a_sync_interval_above_half_a_second_is_refused(interval_s: float) -> None:
    with pytest.raises(ValueError, match="fdatasync_interval_s"):
        RecordingSettings(fdatasync_interval_s=interval_s)


def test_writing_is_never_rarer_than_syncing() -> None:
    with pytest.raises(ValueError, match="write_interval_s"):
        RecordingSettings(fdatasync_interval_s=0.1, write_interval_s=0.2)
    assert RecordingSettings().fdatasync_interval_s <= 0.5
