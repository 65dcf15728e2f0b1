"""The plain transcript calls people as the hearing does: a judge alone, a panel, parties to an enforcement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.gateway.transcript import role_zh
from tests.gateway.test_record import FILE, SEATS

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("procedure", "panel", "role", "word"),
    [
        ("civil_ordinary", True, "presiding", "审判长"),
        ("civil_ordinary", False, "presiding", "审判员"),
        ("civil_summary", False, "presiding", "审判员"),
        ("civil_ordinary", False, "plaintiff", "原告"),
        ("enforcement_hearing", False, "plaintiff", "申请执行人"),
        ("enforcement_hearing", False, "agent", "委托诉讼代理人"),
    ],
)
def test_who_presides_and_who_sues_are_called_as_in_the_hearing(
    procedure: str, panel: bool, role: str, word: str
) -> None:
    seats = (*SEATS, replace(SEATS[0], seat="judge", role="judge")) if panel else SEATS
    file = replace(FILE, seats=seats, hearing=replace(FILE.hearing, procedure=procedure))
    assert role_zh(file, role) == word
