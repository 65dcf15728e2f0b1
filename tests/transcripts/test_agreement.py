"""LocalAgreement-2: what two guesses in a row share is settled and stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.agreement import Agreement, common_length, content, cut_after

pytestmark = pytest.mark.pure

texts = st.text(alphabet="现在开庭请，。 ab1", max_size=12)


def test_one_guess_settles_nothing() -> None:
    assert Agreement().hear("现在开庭") == ("", "现在开庭")


def test_two_guesses_settle_their_common_beginning() -> None:
    agreement = Agreement()
    agreement.hear("现在开听")
    assert agreement.hear("现在开庭，请") == ("现在开", "庭，请")


def test_punctuation_that_comes_and_goes_breaks_no_agreement() -> None:
    agreement = Agreement()
    agreement.hear("审判长原告的")
    assert agreement.hear("审判长，原告的诉讼") == ("审判长，原告的", "诉讼")
    assert agreement.hear("审判长原告的诉讼请求") == ("审判长，原告的诉讼", "请求")


def test_a_guess_that_contradicts_what_is_settled_changes_only_what_comes_after() -> None:
    agreement = Agreement()
    agreement.hear("没有异议")
    agreement.hear("没有异议")
    assert agreement.hear("没有意义申请") == ("没有异议", "申请")


@given(st.lists(texts, max_size=8))
def test_settled_only_grows(guesses: list[str]) -> None:
    agreement = Agreement()
    before = ""
    for guess in guesses:
        settled, pending = agreement.hear(guess)
        assert settled.startswith(before)
        assert len(content(settled + pending)) == max(len(content(before)), len(content(guess)))
        before = settled


@given(texts)
def test_the_same_guess_twice_is_settled_whole(guess: str) -> None:
    agreement = Agreement()
    agreement.hear(guess)
    settled, pending = agreement.hear(guess)
    assert content(settled) == content(guess)
    assert settled + pending == guess


@given(texts, st.integers(0, 14))
def test_cut_after_counts_content(text: str, count: int) -> None:
    assert content(text[: cut_after(text, count)]) == content(text)[:count]


@given(texts, texts)
def test_common_length_is_the_longest(one: str, other: str) -> None:
    length = common_length(one, other)
    assert one[:length] == other[:length]
    assert one[length : length + 1] != other[length : length + 1] or length == len(one) == len(other)
