"""Texts given with a command."""

from __future__ import annotations

import pytest

from server.hearing.refusals import Reason, Refused
from server.hearing.texts import TEXT_MAX, given

pytestmark = pytest.mark.pure


def test_a_text_comes_without_the_blanks_around_it():
    assert given("  ill \n") == "ill"
    assert given(" ") == ""


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_one_that_is_needed_must_be_there(text):
    with pytest.raises(Refused) as no:
        given(text, needed=True)
    assert no.value.reason is Reason.REASON_REQUIRED


def test_one_that_is_too_long_is_refused():
    assert given("x" * TEXT_MAX) == "x" * TEXT_MAX
    with pytest.raises(Refused) as no:
        given("x" * (TEXT_MAX + 1))
    assert no.value.reason is Reason.TEXT_TOO_LONG
