"""Utterances go from provisional to final and never back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.segments import RewriteError, Utterance, abandon, succeed

pytestmark = pytest.mark.pure

FIRST = Utterance("u1", "p1", 10, 20, "现在", "开听", False, None)


def test_first_appearance_is_taken() -> None:
    assert succeed(None, FIRST) is FIRST


def test_a_provisional_utterance_grows() -> None:
    grown = replace(FIRST, t1_ns=30, settled="现在开庭", pending="请")
    assert succeed(FIRST, grown) is grown
    assert grown.text == "现在开庭请"


def test_a_final_may_word_it_anew_and_nothing_follows_it() -> None:
    final = replace(FIRST, settled="请现在开庭。", pending="", final=True, confidence=0.8)
    assert succeed(FIRST, final) is final
    for after in (FIRST, final, replace(final, settled="改")):
        with pytest.raises(RewriteError):
            succeed(final, after)


@pytest.mark.parametrize(
    "change",
    [
        {"settled": "现"},
        {"settled": "他在开"},
        {"t1_ns": 19},
        {"label": "p2"},
        {"t0_ns": 11},
        {"id": "u2"},
        {"label": "p2", "final": True},
    ],
)
def test_what_stands_is_not_rewritten(change: dict[str, object]) -> None:
    with pytest.raises(RewriteError):
        succeed(FIRST, replace(FIRST, **change))  # type: ignore[arg-type]


def test_abandoning_keeps_only_what_was_settled() -> None:
    assert abandon(FIRST) == replace(FIRST, pending="", final=True)


steps = st.tuples(st.integers(10, 40), st.text("ab", max_size=3), st.text("ab", max_size=2), st.booleans())


@given(st.lists(steps, max_size=12))
def test_whatever_is_tried_settled_text_grows_and_a_final_stands(
    tries: list[tuple[int, str, str, bool]],
) -> None:
    now = FIRST
    for t1_ns, settled, pending, final in tries:
        try:
            after = succeed(now, replace(now, t1_ns=t1_ns, settled=settled, pending=pending, final=final))
        except RewriteError:
            continue
        assert not now.final
        assert after.final or (after.settled.startswith(now.settled) and after.t1_ns >= now.t1_ns)
        now = after
