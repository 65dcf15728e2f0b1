"""Text nobody said is dropped, real speech is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.agreement import content
from transcripts.guards import Verdict, check, without_credits, without_loops

pytestmark = pytest.mark.pure

ROOT = Path(__file__).parent.parent.parent


def judge(text: str, **change: object) -> Verdict:
    values = {"seconds": 8.0, "avg_logprob": -0.3, "no_speech": 0.1, **change}
    return check(text, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("。。。", "empty"),
        ("我以为你不喜欢我" * 6, "loop"),
        ("放在这里，" * 9, "loop"),
        ("嗯" * 30, "loop"),
        ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "phrase"),
        ("字幕由Amara.org社区提供", "phrase"),
        ("谢谢观看！", "phrase"),
        ("Thanks for watching!", "phrase"),
    ],
)
def test_invented_text_is_dropped(text: str, reason: str) -> None:
    assert judge(text) == Verdict("", reason)


def test_a_loop_at_the_end_is_cut_to_one() -> None:
    said = "被告对货物的数量没有异议，但是质量不合格"
    assert judge(said + "不合格" * 4) == Verdict(said, "loop")


@pytest.mark.parametrize(
    "text",
    [
        "对对对，是这样的。",
        "金额一共是100000000元",
        "电话号码88888888888",
        "谢谢观看以后请把证据收起来",
        "这部作品的作词和编曲都是原告",
        "第一，第二，第三，第四",
    ],
)
def test_what_a_court_may_hear_passes(text: str) -> None:
    assert judge(text) == Verdict(text)


def test_every_line_of_the_scripted_hearing_passes() -> None:
    lines = json.loads((ROOT / "server" / "demo" / "hearing" / "lines.json").read_text("utf-8"))
    clips = json.loads((ROOT / "tests" / "data" / "speech" / "reference.json").read_text("utf-8"))
    for text in [*(line["text"] for line in lines), *clips.values()]:
        assert judge(text, seconds=len(text) / 3) == Verdict(text)


def test_a_phrase_takes_only_its_sentence() -> None:
    assert judge("我说完了。请不吝点赞！") == Verdict("我说完了。", "phrase")


def test_silence_by_whispers_own_measure_is_dropped() -> None:
    assert judge("是的", no_speech=0.9, avg_logprob=-1.1).reason == "silence"
    assert judge("是的", no_speech=0.9, avg_logprob=-0.5).reason is None
    assert judge("是的", avg_logprob=-2.0).reason == "unsure"


def test_a_prompt_that_comes_back_is_dropped() -> None:
    prompt = "请使用简体中文和标点。"
    assert judge("请使用简体中文和标点请使用简体中文和标点", prompt=prompt).reason == "echo"
    assert judge("简体中文和标点", prompt=prompt).reason == "echo"
    assert judge("请使用", prompt=prompt).reason is None


def test_more_words_than_a_mouth_can_say_are_dropped() -> None:
    assert judge("广州市天河区人民法院今天依法公开审理", seconds=1.0).reason == "rate"


@given(st.text("甲乙丙丁，。8", max_size=60))
def test_cutting_loops_adds_nothing_and_is_done_once(text: str) -> None:
    shorter, share = without_loops(text)
    assert 0 <= share <= 1
    assert len(content(text)) - len(content(shorter)) == round(share * len(content(text)))
    letters = iter(text)
    assert all(letter in letters for letter in shorter)  # a subsequence of what was there


@given(st.text("请点赞，。！a", max_size=30))
def test_text_without_phrases_is_untouched(text: str) -> None:
    assert without_credits(text) == text
