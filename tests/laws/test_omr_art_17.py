"""OMR 13, 17, 18: before a mediation begins, sham is warned of, interests are disclosed, confidentiality is told."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing.procedure import stages_of
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import MEDIATION, MEDIATOR
from tests.playbook import by

pytestmark = pytest.mark.pure

POINTS = ("sham_warned", "disclosed", "confidentiality_told")


@pytest.mark.parametrize("left_out", POINTS)
def test_the_joint_session_begins_after_the_notices_or_it_is_on_record_which_was_left_out(left_out):
    script = a_hearing(MEDIATION, procedure="mediation").opened().script
    for item in POINTS:
        if item != left_out:
            script >> by(MEDIATOR, ci.RecordPoint(item))
    script >> by(MEDIATOR, c.GoToStage("joint")) << Reason.POINT_MISSING
    script >> by(MEDIATOR, c.GoToStage("joint", "told in writing"))
    assert script.came[0] == e.StageEntered("joint", "notice", "told in writing", (f"point:{left_out}",))


def test_identities_are_compared_at_check_in():
    check_in = stages_of("mediation")[0]
    assert "identity_checked" in {point.item for point in check_in.points}
    assert "OMR 17" in check_in.articles


@pytest.mark.parametrize("word", ["虚假调解", "披露", "保密", "不公开", "录音录像"])
def test_the_script_of_the_notice_has_every_notice(word):
    notice = next(stage for stage in stages_of("mediation") if stage.key == "notice")
    told = "".join([line.zh for line in notice.script] + [point.zh for point in notice.points])
    assert word in told
