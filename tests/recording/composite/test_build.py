"""The composite plays: everybody in step, the same bytes each time, whole or not there at all."""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from media.ids import PeerId
from recording.composite.build import STEM, CompositeFailed, build
from recording.composite.layout import layout
from recording.composite.plan import Cue, Exhibit, Mark, Notice, Person, Span, Timeline, Words
from recording.composite.settings import CompositeSettings
from recording.facts import TapeOrder
from recording.recorder import Recorder
from tests.recording.composite.claps import Clapper
from tests.recording.desks import SETTINGS
from tests.recording.senders import SECOND, T0, Sender, by_arrival

if TYPE_CHECKING:
    from pathlib import Path

    from media.taps import TapPacket, TapReport

pytestmark = pytest.mark.service

SMALL = CompositeSettings(width_px=640)
APART_S = 0.040


def timeline(seconds: float, *labels: str, **more: Any) -> Timeline:
    end = T0 + round(seconds * SECOND)
    whole = (Span(0, round(seconds * 1000)),)
    people = tuple(
        Person(one, "审判长" if not n else "原告", one, not n, whole) for n, one in enumerate(labels)
    )
    return Timeline(T0, end, people, Words("某法院 （2026）1号", "无画面"), 8 * 3600, **more)


async def on_tape(directory: Path, items: list[Any], labels: dict[str, str]) -> None:
    recorder = Recorder(SETTINGS, directory, "h-1", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(peer): label for peer, label in labels.items()}))
    for item in items:
        assert recorder.offer(item)
    await recorder.close()


def opened(path: Path) -> Any:
    return av.open(str(path))


def sound(path: Path) -> np.ndarray[Any, Any]:
    """The sound laid by its times, one channel, 48 kHz."""
    out = np.zeros(0, np.float32)
    with opened(path) as container:
        for frame in container.decode(audio=0):
            at = round(float(frame.pts * frame.time_base) * 48_000)
            part = frame.to_ndarray()[0]
            if at < 0:
                part, at = part[-at:], 0
            assert abs(at - len(out)) <= 96, "the sound has a hole"
            out = np.concatenate([out[:at], part])
    return out


def clicked(wave: np.ndarray[Any, Any], frequency: int, near_s: float) -> float:
    """The second at which a tone begins, looked for around a second."""
    step, long = 48, 480
    begin = round((near_s - 0.5) * 48_000)
    probe = np.exp(-2j * np.pi * frequency * np.arange(long) / 48_000) * np.hanning(long)
    places = range(begin, begin + 48_000 - long, step)
    loud = np.array([abs(wave[at : at + long] @ probe) for at in places])
    first = int(np.flatnonzero(loud > loud.max() * 0.5)[0])
    return (begin + first * step + long / 2) / 48_000


def flashes(path: Path, tile: int, tiles: int) -> list[float]:
    """The seconds at which a small tile turns bright."""
    box = layout(SMALL.width_px, tiles).tiles[tile].picture
    found, bright = [], False
    with opened(path) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="yuv420p")[
                box.y + box.height // 2 : box.y + box.height - 8,
                box.x + box.width // 2 : box.x + box.width - 8,
            ].mean()
            if luma > 150 and not bright:
                found.append(float(frame.pts * frame.time_base))
            bright = bool(luma > 150)
    return found


def seconds(path: Path) -> float:
    with opened(path) as container:
        return float(container.duration) / av.time_base


async def test_a_clap_of_two_lands_within_40_ms_through_loss_jitter_and_a_reconnect(tmp_path: Path) -> None:
    """Anna's connection breaks between the claps and comes back with other numbers; both senders' clocks are wrong."""
    claps = (4.0, 9.0)
    anna = Clapper("p1", 100, 1000, 0.030, offset_s=3.0)
    again = Clapper("p2", 300, 1000, 0.045, offset_s=3.0, film_more_s=0.2)
    wu = Clapper("p3", 500, 2600, 0.040, offset_s=-7.0, film_more_s=0.06)
    items: list[TapPacket | TapReport] = sorted(
        [*anna.packets(0, 6, claps[:1]), *again.packets(7, 12, claps[1:]), *wu.packets(0, 12, claps)],
        key=lambda item: item.arrival_ns,
    )
    await on_tape(tmp_path / "tape", items, {"p1": "anna", "p2": "anna", "p3": "wu"})
    made = build(tmp_path / "tape", tmp_path / "out", timeline(12.5, "wu", "anna"), SMALL)
    wave = sound(made.film)
    seen = [flashes(made.film, tile, 2) for tile in (0, 1)]
    assert [len(one) for one in seen] == [2, 2]
    for n, clap in enumerate(claps):
        when = [seen[0][n], seen[1][n], clicked(wave, 2600, clap), clicked(wave, 1000, clap)]
        assert max(when) - min(when) <= APART_S, when
        assert all(0 <= one - clap <= 0.045 + APART_S for one in when), when
    assert abs(seconds(made.film) - 12.5) <= APART_S
    assert abs(len(wave) / 48_000 - 12.5) <= APART_S


async def a_hearing(tmp_path: Path) -> Timeline:
    anna, wu = Sender("p1"), Sender("p2", ssrc=9, codec="h264")
    items = by_arrival(anna.tone(500, 0, 3), anna.film(0, 3), wu.tone(900, 4, 3), wu.film(4, 3))
    await on_tape(tmp_path / "tape", items, {"p1": "anna", "p2": "wu"})
    return timeline(
        12,
        "wu",
        "anna",
        stages=(Mark(0, "法庭调查"), Mark(5000, "法庭辩论")),
        exhibits=(Exhibit(Span(2000, 3000), "出示证据：购销合同"),),
        notices=(Notice(Span(8000, 10_000), "休庭\nRecess"),),
        cues=(Cue(Span(0, 3000), "原告 张伟", "请求判令被告支付货款。"),),
    )


@pytest.mark.parametrize("codec", ["h264_aac", "vp9_opus"])
async def test_the_same_tape_gives_the_same_bytes_in_both_forms(tmp_path: Path, codec: Any) -> None:
    told = await a_hearing(tmp_path)
    settings = CompositeSettings(width_px=640, codec=codec, thumbnail_interval_s=2.0)
    shares: list[float] = []
    first = build(tmp_path / "tape", tmp_path / "one", told, settings, shares.append)
    second = build(tmp_path / "tape", tmp_path / "two", told, settings)
    assert {one.name: one.read_bytes() for one in first.files} == {
        one.name: one.read_bytes() for one in second.files
    }
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(
        path.name for path in first.files
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert first.film.suffix == (".mp4" if codec == "h264_aac" else ".webm")
    assert abs(seconds(first.film) - 12) <= APART_S
    assert first.thumbnails["count"] == 6
    with opened(first.film) as container:
        chapters = [
            (c["metadata"]["title"], round(float(c["start"] * c["time_base"]), 3))
            for c in container.chapters()
        ]
        assert chapters == [("法庭调查", 0.0), ("法庭辩论", 5.0)]
        times = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
    assert times == sorted(set(times))
    assert times[0] == 0.0
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) <= 1.0
    assert "<v 原告 张伟>请求判令被告支付货款。</v>" in first.captions.read_text(encoding="utf-8")


async def test_one_can_go_to_any_time(tmp_path: Path) -> None:
    told = await a_hearing(tmp_path)
    made = build(tmp_path / "tape", tmp_path / "out", told, SMALL)
    with opened(made.film) as container:
        container.seek(9 * av.time_base)
        frame = next(container.decode(video=0))
        assert 4.0 <= frame.time <= 9.0
    head = made.film.read_bytes()[:64]
    assert head.index(b"ftyp") < 16
    assert b"moov" in made.film.read_bytes()[:200]  # before the media: a player begins without the end


async def test_in_a_recess_nobody_is_seen(tmp_path: Path) -> None:
    """Anna's camera sends all the time; between 8 and 10 s there is a card in the place of everybody."""
    anna = Sender("p1")
    await on_tape(tmp_path / "tape", by_arrival(anna.film(0, 11)), {"p1": "anna"})
    told = timeline(11, "anna", notices=(Notice(Span(4000, 6000), "休庭"),))
    made = build(tmp_path / "tape", tmp_path / "out", told, SMALL)
    box = layout(640, 1).tiles[0].picture

    def luma(frame: Any) -> float:
        rows = frame.to_ndarray(format="yuv420p")[
            box.y + 20 : box.y + box.height - 4, box.x + 40 : box.x + box.width - 40
        ]
        return float(rows.mean())

    with opened(made.film) as container:
        seen = [(float(frame.pts * frame.time_base), luma(frame)) for frame in container.decode(video=0)]
    card = {round(value) for when, value in seen if 4.0 <= when < 6.0}
    assert len(card) == 1
    for when in (3.5, 7.5):
        last = [value for at, value in seen if at <= when][-1]
        assert abs(last - (40 + 4 * int(when - 0.04))) <= 4


async def test_without_a_font_nothing_is_made_and_what_was_published_stays(tmp_path: Path) -> None:
    told = await a_hearing(tmp_path)
    out = tmp_path / "out"
    made = build(tmp_path / "tape", out, told, SMALL)
    before = made.film.read_bytes()
    with pytest.raises(CompositeFailed) as failed:
        build(tmp_path / "tape", out, told, CompositeSettings(width_px=640, font=tmp_path / "none.ttc"))
    assert failed.value.reason == "font_missing"
    temporary = out / f".{STEM}-film.{os.getpid()}.part"
    temporary.mkdir()  # the film cannot be written
    with pytest.raises(CompositeFailed) as failed:
        build(tmp_path / "tape", out, timeline(6, "anna"), SMALL)
    assert failed.value.reason in {"disk", "broken"}
    shutil.rmtree(temporary, ignore_errors=True)
    assert made.film.read_bytes() == before
    assert not [path for path in out.iterdir() if path.name.endswith(".part")]


@pytest.mark.parametrize("reached", ["the film's bytes", "the sheets", "the captions", "the levels"])
async def test_a_kill_before_all_is_whole_leaves_what_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reached: str
) -> None:
    """No sheet, caption or level of the new one stands beside the old film."""
    told = await a_hearing(tmp_path)
    out = tmp_path / "out"
    build(tmp_path / "tape", out, told, SMALL)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    synced: list[int] = []
    true_sync = os.fsync

    def killed(handle: int) -> None:
        true_sync(handle)
        synced.append(handle)
        if len(synced) == ["the sheets", "the captions", "the levels", "the film's bytes"].index(reached) + 1:
            raise KeyboardInterrupt  # nothing of the house catches it

    monkeypatch.setattr("recording.composite.build.os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "tape", out, timeline(6, "anna"), SMALL)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


async def test_the_film_gets_its_name_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = await a_hearing(tmp_path)
    named: list[str] = []
    true_replace = type(tmp_path).replace

    def replace(part: Path, path: Path) -> Path:
        named.append(path.name)
        return true_replace(part, path)

    monkeypatch.setattr(type(tmp_path), "replace", replace)
    made = build(tmp_path / "tape", tmp_path / "out", told, SMALL)
    assert sorted(named) == sorted(path.name for path in made.files)
    assert named[-1] == made.film.name


async def test_of_an_empty_tape_there_is_a_film_all_the_same(tmp_path: Path) -> None:
    """A hearing in which nobody had a camera or said a word still has its course to be shown."""
    await on_tape(tmp_path / "tape", [], {})
    made = build(tmp_path / "tape", tmp_path / "out", timeline(3, "judge"), SMALL)
    assert abs(seconds(made.film) - 3) <= APART_S
    assert np.abs(sound(made.film)).max() < 0.01
