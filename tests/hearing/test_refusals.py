"""Every reason has its article and its words."""

from __future__ import annotations

import re

import pytest

from server.hearing.refusals import Reason, Refused, rule, sentence

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_in_both_languages(reason):
    assert reason.value == reason.name.lower()
    assert re.search(r"[\u4e00-\u9fff]", sentence(reason, "zh-CN"))
    assert re.fullmatch(r"[A-Z][ -~]+\.", sentence(reason, "en"))


@pytest.mark.parametrize("reason", Reason)
def test_every_rule_names_a_statute_and_an_article(reason):
    assert re.fullmatch(r"|(OLR|OMR|AVR|CR|CPL|CPLI) \d+", rule(reason))


def test_sentences_differ_from_one_another():
    for lang in ("zh", "en"):
        assert len({sentence(reason, lang) for reason in Reason}) == len(Reason)


def test_a_refusal_carries_reason_and_rule():
    no = Refused(Reason.WITNESS_ISOLATED)
    assert (no.reason, no.rule, str(no)) == (Reason.WITNESS_ISOLATED, "OLR 26", "witness_isolated")


def test_chinese_is_the_default_language():
    assert (
        sentence(Reason.NO_FLOOR, "fr")
        == sentence(Reason.NO_FLOOR, "zh-CN")
        != sentence(Reason.NO_FLOOR, "en-GB")
    )
