"""Simplified script always; punctuation as Chinese writes it."""

from __future__ import annotations

import pytest

from tests.transcripts.cer import cer, plain
from transcripts.script import written

pytestmark = pytest.mark.service


def test_traditional_becomes_simplified() -> None:
    assert written("審判長，被告答辯稱：沒有異議") == "审判长，被告答辩称：没有异议"


def test_half_width_punctuation_after_chinese_becomes_full_width() -> None:
    assert written("审判长,是否申请回避?") == "审判长，是否申请回避？"
    assert written("请求驳回.") == "请求驳回。"


def test_numbers_and_english_keep_theirs() -> None:
    assert written("共1,350.50元, yes, it is.") == "共1,350.50元， yes, it is."


def test_error_rate_counts_words_not_their_spelling() -> None:
    assert plain("貨款35萬元，共205元。") == "货款三十五万元共二百零五元"
    assert plain("10人") == plain("十人")
    assert cer([("现在开庭", "現在開庭。")]) == 0
    assert cer([("没有异议", "没有意义")]) == 50
