"""The files of procedure: each is read whole, and each fault is refused with the file and the key at fault."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from server.hearing.procedure_tables import (
    BY_CONSENT,
    CONDITIONS,
    WHOLE_COURSE,
    BadProcedure,
    load,
    read,
)
from server.hearing.reasons import Reason
from server.hearing.seats import Role

pytestmark = pytest.mark.pure

FILE = "sample.toml"
SAMPLE = """
key = "sample"
version = "1"
kind = "hearing"
name = { zh = "样本", en = "Sample" }
articles = ["CPL 140"]
presides = ["presiding"]
recording = "whole_course"
public = "by_case"
gate = "hearing"

[[consent_steps]]
key = "hearing"
name = { zh = "庭审", en = "Hearing" }
text = { zh = "同意", en = "I agree" }
version = "1"

[[stages]]
key = "check_in"
name = { zh = "签到", en = "Check-in" }
session = "checking_in"
articles = []
to = ["opening"]
floor = "closed"
consent = ""
needs = []
script = [{ who = "clerk", act = "ask", whom = "all", zh = "问", en = "Asked" }]
points = [{ item = "checked", required = true, zh = "已核", en = "Checked" }]

[[stages]]
key = "opening"
name = { zh = "开庭", en = "Opening" }
session = "in_session"
articles = ["OLR 22"]
to = ["talk"]
floor = "closed"
consent = ""
needs = ["roll_not_called", "point:checked"]
script = []
points = []

[[stages]]
key = "talk"
name = { zh = "陈述", en = "Talk" }
session = "in_session"
articles = []
to = ["closed"]
floor = "open"
consent = "hearing"
needs = []
script = []
points = []

[[stages]]
key = "closed"
name = { zh = "闭庭", en = "Closed" }
session = "closed"
articles = []
to = []
floor = "closed"
consent = ""
needs = []
script = []
points = []
"""


def test_the_sample_itself_is_well():
    sample = read(SAMPLE, FILE)
    assert [stage.key for stage in sample.stages] == ["check_in", "opening", "talk", "closed"]
    assert sample.stages[1].needs == ("roll_not_called", "point:checked")
    assert (sample.stages[2].floor, sample.stages[2].consent) == ("open", "hearing")


@pytest.mark.parametrize(
    "old, new, place",
    [
        ('version = "1"\nkind', 'version = ""\nkind', "version"),
        ('version = "1"\nkind', "version = 1\nkind", "version"),
        ('kind = "hearing"', 'kind = "party"', "kind"),
        ('kind = "hearing"', 'kind = "hearing"\ncolour = "red"', "colour"),
        ('kind = "hearing"', "", "kind"),
        ('key = "sample"', 'key = "Sample 1"', "key"),
        ('{ zh = "样本", en = "Sample" }', '{ zh = "样本" }', "name.en"),
        ('{ zh = "样本", en = "Sample" }', '{ zh = "样本", en = " " }', "name.en"),
        ('{ zh = "样本", en = "Sample" }', '{ zh = "样本", en = "Sample", fr = "Exemple" }', "name.fr"),
        ('{ zh = "样本", en = "Sample" }', '"样本"', "name"),
        ('articles = ["CPL 140"]', 'articles = ["CPL 140a"]', "articles"),
        ('articles = ["CPL 140"]', 'articles = ["XYZ 1"]', "articles"),
        ('articles = ["CPL 140"]', "articles = []", "articles"),
        ('presides = ["presiding"]', 'presides = ["king"]', "presides"),
        ('presides = ["presiding"]', "presides = []", "presides"),
        ('presides = ["presiding"]', 'presides = ["clerk", "clerk"]', "presides"),
        ('recording = "whole_course"', 'recording = "when_liked"', "recording"),
        ('public = "by_case"', 'public = "sometimes"', "public"),
        ('gate = "hearing"', 'gate = "mediation"', "gate"),
        ('text = { zh = "同意", en = "I agree" }', "", "consent_steps[0].text"),
        ('key = "opening"', 'key = "talk"', "stages"),
        ('session = "checking_in"', 'session = "recessed"', "stages[0].session"),
        ('floor = "open"', 'floor = "loud"', "stages[2].floor"),
        ('consent = "hearing"', 'consent = "judgment"', "stages.talk.consent"),
        ('needs = ["roll_not_called"', 'needs = ["sun_shines"', "stages.opening.needs"),
        ('needs = ["roll_not_called"', 'needs = ["tape_not_ready"', "stages.opening.needs"),
        ('"point:checked"', '"point:unheard"', "stages.opening.needs"),
        ('"point:checked"', '"checked"', "stages.opening.needs"),
        ('who = "clerk"', 'who = "plaintiff"', "stages[0].script[0].who"),
        ('act = "ask"', 'act = "sing"', "stages[0].script[0].act"),
        ('whom = "all"', 'whom = "everyone"', "stages[0].script[0].whom"),
        ('whom = "all"', 'whom = "all", bench = "all"', "stages[0].script[0].bench"),
        ('en = "Asked"', 'en = ""', "stages[0].script[0].en"),
        ("required = true", 'required = "yes"', "stages[0].points[0].required"),
        ('item = "checked"', 'item = "1"', "stages[0].points[0].item"),
        ("points = [{ item", "points = [1, { item", "stages[0].points[0]"),
        ('to = ["closed"]', 'to = ["picnic"]', "stages.talk.to"),
        ('to = ["closed"]', 'to = "closed"', "stages[2].to"),
        ('to = ["talk"]', 'to = ["closed"]', "stages.talk"),
        ('key = "check_in"', 'key = "door"', "stages"),
        ('session = "closed"', 'session = "in_session"', "stages"),
        ('key = "sample"', 'key = "sample', ""),
    ],
)
def test_a_fault_is_refused_with_its_place(old, new, place):
    assert SAMPLE.count(old) >= 1
    with pytest.raises(BadProcedure) as bad:
        read(SAMPLE.replace(old, new, 1), FILE)
    assert str(bad.value).startswith(f"{FILE}: {place}")


def test_nothing_follows_the_end():
    with pytest.raises(
        BadProcedure, match=re.escape("sample.toml: stages.closed.to: nothing follows the end")
    ):
        read(SAMPLE.replace("to = []", 'to = ["talk"]'), FILE)


def test_a_point_is_recorded_in_one_stage_only():
    twice = SAMPLE.replace(
        "points = []", 'points = [{ item = "checked", required = true, zh = "一", en = "1" }]', 1
    )
    with pytest.raises(BadProcedure, match=re.escape("sample.toml: points: 'checked' is there twice")):
        read(twice, FILE)


def test_every_file_of_the_folder_is_a_procedure_of_its_name():
    names = {
        file.name for file in files("server.hearing.procedures").iterdir() if file.name.endswith(".toml")
    }
    assert names == {f"{key}.toml" for key in load()}
    assert set(load()) == {
        "civil_ordinary",
        "civil_summary",
        "small_claim",
        "evidence_exchange",
        "pretrial_conference",
        "inquiry",
        "enforcement_hearing",
        "property_viewing",
        "judgment",
        "mediation",
    }


@pytest.mark.parametrize("procedure", load().values(), ids=lambda p: p.key)
def test_every_working_stage_tells_the_bench_what_to_say(procedure):
    for stage in procedure.stages[:-1]:
        assert stage.script, stage.key
        for line in stage.script:
            assert re.search(r"[一-鿿]", line.zh)
            assert not re.search(r"[一-鿿]", line.en)
    for point in (point for stage in procedure.stages for point in stage.points):
        assert len(point.zh) <= 40, point.item


def test_every_condition_is_a_reason_with_a_sentence():
    assert [Reason(condition).value for condition in CONDITIONS] == list(CONDITIONS)


@pytest.mark.parametrize(
    "key, presides, recording",
    [
        ("civil_ordinary", (Role.PRESIDING,), WHOLE_COURSE),
        ("evidence_exchange", (Role.PRESIDING, Role.CLERK), WHOLE_COURSE),
        ("enforcement_hearing", (Role.ENFORCEMENT_OFFICER, Role.PRESIDING), WHOLE_COURSE),
        ("mediation", (Role.MEDIATOR,), BY_CONSENT),
    ],
)
def test_who_presides_and_what_is_taped(key, presides, recording):
    procedure = load()[key]
    assert (procedure.presides, procedure.recording) == (presides, recording)
