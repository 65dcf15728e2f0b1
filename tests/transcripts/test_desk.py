"""The desk: which decode is next, what is said of it, and what happens when too much waits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.transcripts.feed import T0_NS, Sound, opus_payloads, packets, silence
from tests.transcripts.test_voice import Loudness, tone
from transcripts.desk import Desk, Job
from transcripts.frames import FrameKind, OpusPacket
from transcripts.scribe import Writing
from transcripts.settings import TranscriptSettings

pytestmark = pytest.mark.service

KNOBS = TranscriptSettings()


def sent(stream: int, *parts: Sound) -> list[OpusPacket]:
    sound = np.concatenate(parts)
    return [
        OpusPacket(stream, item.ssrc, item.sequence, item.timestamp, item.arrival_ns, item.payload)
        for item in packets(opus_payloads(sound))
    ]


def desk_with(*streams: int, settings: TranscriptSettings = KNOBS) -> Desk:
    desk = Desk(settings, Loudness)
    for stream in streams:
        desk.open(stream, "zh")
    return desk


def hear(desk: Desk, *items: OpusPacket, now_s: float = 0.0) -> None:
    for item in items:
        desk.packet(item, now_s)


def work(desk: Desk, text: str | None = "文") -> list[Job]:
    """Make every decode that is due."""
    jobs = []
    while (job := desk.next_job()) is not None:
        desk.done(job, None if text is None else Writing(text, 0.9))
        jobs.append(job)
    return jobs


def said(desk: Desk) -> list[dict[str, Any]]:
    return [value for kind, value in desk.take_out() if kind == FrameKind.UTTERANCE]


def test_a_partial_then_the_prepared_end_then_the_final_without_another_decode() -> None:
    desk = desk_with(1)
    stream = sent(1, silence(0.3), tone(1.5), silence(1.0))
    hear(desk, *stream[:70])
    assert [job.kind for job in work(desk, "现在")] == ["partial"]
    hear(desk, *stream[70:103])
    assert [job.kind for job in work(desk, "现在开庭")] == ["tail"]
    hear(desk, *stream[103:])
    assert work(desk) == []
    lines = said(desk)
    assert [(line["settled"], line["pending"], line["final"]) for line in lines] == [
        ("", "现在", False),
        ("现在", "开庭", False),
        ("现在开庭", "", True),
    ]
    assert {line["number"] for line in lines} == {1}
    assert abs(lines[-1]["t0_ns"] - T0_NS - 300_000_000) < 50_000_000
    assert abs(lines[-1]["t1_ns"] - T0_NS - 1_800_000_000) < 50_000_000


def test_finals_come_before_partials_and_the_hungriest_partial_first() -> None:
    desk = desk_with(1, 2, 3)
    hear(desk, *sent(2, silence(0.3), tone(1.2)))
    hear(desk, *sent(3, silence(0.3), tone(2.5)))
    hear(desk, *sent(1, silence(0.3), tone(1.0), silence(1.0)))
    assert [(job.kind, job.stream) for job in work(desk)] == [("final", 1), ("partial", 3), ("partial", 2)]


def test_while_many_finals_wait_the_beam_is_spared() -> None:
    desk = desk_with(1, 2, 3, 4)
    for stream in (1, 2, 3, 4):
        hear(desk, *sent(stream, silence(0.3), tone(1.0), silence(1.0)))
    assert [job.beam for job in work(desk)] == [5, 5, 1, 1]


def test_a_closed_speaker_is_finalised_and_heard_no_more() -> None:
    desk = desk_with(1)
    stream = sent(1, silence(0.3), tone(3))
    hear(desk, *stream[:80])
    desk.close(1)
    hear(desk, *stream[80:])
    [job] = work(desk, "审判长")
    assert job.kind == "final"
    assert job.seconds < 1.7
    kinds = [(kind, value.get("final")) for kind, value in desk.take_out()]
    assert kinds == [(FrameKind.UTTERANCE, True), (FrameKind.ENDED, None)]
    assert desk.counts()["refused"] == len(stream) - 80
    hear(desk, *stream)
    assert work(desk) == []


def test_closing_while_a_decode_runs_takes_the_final_not_the_late_partial() -> None:
    desk = desk_with(1)
    hear(desk, *sent(1, silence(0.3), tone(1.5)))
    partial = desk.next_job()
    assert partial is not None
    desk.close(1)
    desk.done(partial, Writing("旧", 0.5))
    work(desk, "新")
    assert [(line["settled"], line["final"]) for line in said(desk)] == [("新", True)]


def test_a_final_that_is_judged_noise_takes_its_captions_back_and_silence_says_nothing() -> None:
    desk = desk_with(1, 2)
    hear(desk, *sent(1, silence(0.3), tone(1.5)))
    work(desk, "谢谢")
    desk.close(1)
    work(desk, "")
    lines = said(desk)
    assert (lines[-1]["settled"], lines[-1]["final"]) == ("", True)
    hear(desk, *sent(2, silence(0.3), tone(1.5), silence(1)))
    work(desk, "")
    assert said(desk) == []


def test_a_decode_that_fails_leaves_what_was_settled() -> None:
    desk = desk_with(1)
    stream = sent(1, silence(0.3), tone(4))
    for begin, end in ((0, 80), (80, 140), (140, 200)):
        hear(desk, *stream[begin:end])
        work(desk, "没有异议")
    desk.close(1)
    work(desk, None)
    last = said(desk)[-1]
    assert (last["settled"], last["final"], last["confidence"]) == ("没有异议", True, None)


def test_too_much_waiting_skips_the_oldest_and_says_so() -> None:
    settings = TranscriptSettings(backlog_s_max=6.0)
    desk = desk_with(*range(1, 6), settings=settings)
    for stream in range(1, 6):
        hear(desk, *sent(stream, silence(0.3), tone(2.0), silence(1.0)))
        assert desk.backlog_s <= 6.0
    skipped = [value["stream"] for kind, value in desk.take_out() if kind == FrameKind.SKIPPED]
    assert skipped == [1, 2, 3]
    assert desk.skipped_s > 6
    assert [job.stream for job in work(desk)] == [4, 5]


def test_a_speaker_who_sends_nothing_more_has_ended() -> None:
    desk = desk_with(1)
    hear(desk, *sent(1, silence(0.3), tone(1.5)), now_s=10.0)
    desk.idle(10.5)
    assert [job.kind for job in work(desk)] == ["partial"]
    desk.idle(10.8)
    assert [job.kind for job in work(desk)] == ["final"]


def test_packets_of_nobody_are_counted() -> None:
    desk = desk_with(1)
    hear(desk, *sent(9, tone(0.2)))
    assert desk.counts()["refused"] >= 10
    desk.close(9)
    assert desk.take_out() == [(FrameKind.ENDED, {"stream": 9})]


def test_speakers_are_bounded() -> None:
    desk = desk_with(1, 2, 3, settings=TranscriptSettings(speakers_max=2))
    hear(desk, *sent(3, silence(0.3), tone(1.0)))
    assert work(desk) == []
