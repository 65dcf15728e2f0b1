"""AVR 15: nobody records, copies, deletes or moves a recording without leave; the archive's rules alone let it go (AVR 5)."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from server.archive.retention import ARTEFACTS, YEARS_MAX, Facts, RetentionClass, judge
from server.gateway.rights import THINGS, Reader, may_take
from server.hearing.names import command_names

pytestmark = pytest.mark.pure

CLOSED = 1_800_000_000_000
SOON = RetentionClass("soon", MappingProxyType(dict.fromkeys(ARTEFACTS, 1)))
CENTURY_MS = YEARS_MAX * 366 * 86_400_000


def test_no_command_of_a_hearing_deletes_or_purges() -> None:
    assert not [name for name in command_names if "delete" in name or "purge" in name or "erase" in name]


def test_no_act_of_reading_deletes() -> None:
    assert set(THINGS) == {"play", "copy", "export"}
    for action in ("delete", "purge", "move", ""):
        assert not may_take(Reader("presiding", True, "trial"), action, "all")


def test_a_recording_goes_only_when_the_archives_rules_let_it() -> None:
    good = Facts(closed_at=CLOSED, sealed=True, held=False, remote="verified")
    assert not any(one.may_go for one in judge(SOON, good, CLOSED))
    assert all(one.may_go for one in judge(SOON, good, CLOSED + CENTURY_MS))
    for bad in (
        Facts(closed_at=CLOSED, sealed=True, held=True, remote="verified"),
        Facts(closed_at=CLOSED, sealed=False, held=False, remote="verified"),
        Facts(closed_at=CLOSED, sealed=True, held=False, remote="unverified"),
        Facts(closed_at=None, sealed=True, held=False, remote="verified"),
    ):
        assert not any(one.may_go for one in judge(SOON, bad, CLOSED + CENTURY_MS))
