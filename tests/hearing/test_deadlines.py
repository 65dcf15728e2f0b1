"""The next deadline is the limit of the floor."""

from __future__ import annotations

import pytest

from server.hearing.commands import CloseFloor
from server.hearing.deadlines import next_deadline
from server.hearing.floor import GRACE_S
from tests.builders import a_hearing
from tests.cast import PLAINTIFF, PRESIDING
from tests.playbook import TICK, by

pytestmark = pytest.mark.pure


def test_nothing_is_due_without_a_limit():
    assert next_deadline(a_hearing().state) is None
    assert next_deadline(a_hearing().opened().with_floor(PLAINTIFF).state) is None


def test_a_limited_floor_is_due_a_moment_after_its_time_is_up():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 90)
    assert next_deadline(hearing.state) == hearing.script.now + 90_000 + GRACE_S * 1000


def test_nothing_is_due_once_it_has_run_out_or_was_taken_back():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 90)
    hearing.script.after(90_000 + GRACE_S * 1000) >> TICK
    assert next_deadline(hearing.state) is None
    hearing.with_floor(PLAINTIFF, 90).script >> by(PRESIDING, CloseFloor())
    assert next_deadline(hearing.state) is None


def test_a_recess_cancels_the_limit():
    assert next_deadline(a_hearing().opened().with_floor(PLAINTIFF, 90).recessed().state) is None
