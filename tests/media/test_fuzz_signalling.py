"""A few thousand cases of the fuzzers of offers and STUN; the long runs are `python -m tests.media.fuzz`."""

from __future__ import annotations

import pytest

from tests.media.fuzz import fuzz_offers, fuzz_stun

pytestmark = pytest.mark.service


def test_mutated_offers_are_answered_or_refused_and_keep_what_was_agreed():
    ends = fuzz_offers(3000, seed=20261128)
    assert min(ends.values()) > 50, "the mutations reach every end"


def test_mutated_checks_change_nothing_and_never_raise():
    ends = fuzz_stun(8000, seed=20261128)
    assert ends["dropped"] > 7000
    assert sum(ends.values()) == 8000
