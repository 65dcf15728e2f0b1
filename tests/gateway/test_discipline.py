"""The discipline that people read: of the office that presides, one version a text, and the old one kept."""

from __future__ import annotations

import pytest

from server.demo import cast
from server.gateway.discipline import TEXTS, discipline_text, discipline_version
from server.hearing.procedure import PROCEDURES

pytestmark = pytest.mark.pure

OFFICES = {
    "presiding": "审判长",
    "sole": "审判员",
    "officer": "执行人员",
    "clerk": "书记员",
    "mediation": "调解员",
}
PANEL = ["presiding", "judge", "assessor", "clerk", "plaintiff"]
ALONE = ["presiding", "clerk", "plaintiff"]
BY = {
    "civil_ordinary": (PANEL, "presiding"),
    "civil_summary": (ALONE, "sole"),
    "small_claim": (ALONE, "sole"),
    "judgment": (PANEL, "presiding"),
    "evidence_exchange": (["clerk", "plaintiff"], "clerk"),
    "pretrial_conference": (ALONE, "sole"),
    "inquiry": (["enforcement_officer", "plaintiff"], "officer"),
    "enforcement_hearing": (["plaintiff", "clerk", "enforcement_officer"], "officer"),
    "property_viewing": (["enforcement_officer", "presiding", "observer"], "officer"),
    "mediation": (["mediator", "plaintiff"], "mediation"),
}


@pytest.mark.parametrize("procedure", sorted(PROCEDURES))
def test_a_hearing_is_scheduled_with_the_text_of_the_office_that_presides(procedure: str) -> None:
    roles, variant = BY[procedure]
    version = discipline_version(procedure, roles)
    text = "".join(discipline_text(version, procedure)["zh-CN"])
    assert version.endswith(f".{variant}")
    assert OFFICES[variant] in text
    assert not [name for key, name in OFFICES.items() if key != variant and name in text]


@pytest.mark.parametrize("version", sorted(TEXTS))
def test_a_text_says_the_same_in_both_languages_and_leaves_nothing_open(version: str) -> None:
    text = TEXTS[version]
    assert len(text["zh-CN"]) == len(text["en"]) == 7
    assert not [line for lines in text.values() for line in lines if "{" in line]


def test_a_version_is_one_text() -> None:
    assert len({lines for text in TEXTS.values() for lines in text.values()}) == 2 * len(TEXTS)


def test_hearings_scheduled_with_the_first_text_keep_it() -> None:
    assert "服从审判长指挥" in discipline_text("2026-11", "property_viewing")["zh-CN"][1]
    assert "调解员" in discipline_text("2026-11", "mediation")["zh-CN"][1]


def test_there_is_no_text_for_a_version_never_given() -> None:
    with pytest.raises(KeyError):
        discipline_text("2031-1", "civil_ordinary")


def test_every_demonstration_hearing_has_its_own() -> None:
    found = {key: discipline_version(key, [row.role for row in cast.seats_for(key)]) for key in PROCEDURES}
    assert found["civil_summary"].endswith(".sole")
    assert found["enforcement_hearing"].endswith(".officer")
    assert found["mediation"].endswith(".mediation")
