"""What goes with the film: captions that players read, small pictures where the index says, levels within bounds."""

from __future__ import annotations

import base64
import io
import json

import av
import numpy as np
import pytest
from PIL import Image

from recording.composite.extras import Thumbnails, captions, levels_text, wave_of
from recording.composite.plan import Cue, Span

pytestmark = pytest.mark.service


def test_captions_name_who_speaks_and_cannot_be_broken_out_of() -> None:
    cues = [
        Cue(Span(61_500, 61_600), "原告 张伟", "一<b>二</b> & 三\n\n四 --> 五"),
        Cue(Span(0, 900), "审判长 <林静>", "现在开庭。"),
    ]
    assert captions(cues).decode() == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:00.900\n<v 审判长 &lt;林静&gt;>现在开庭。</v>\n\n"
        "00:01:01.500 --> 00:01:02.000\n<v 原告 张伟>一&lt;b&gt;二&lt;/b&gt; &amp; 三 四 --&gt; 五</v>\n"
    )


def frame(brightness: int) -> av.VideoFrame:
    planes = np.full((108, 128), 128, np.uint8)
    planes[:72] = brightness
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def test_every_interval_has_its_picture_also_where_the_film_stood_still() -> None:
    small = Thumbnails(30.0)
    for at_ms, brightness in ((0, 40), (29_000, 90), (30_000, 90), (3_600_000, 200)):
        small.see(at_ms, frame(brightness))
    sheets = small.end()
    index = small.index()
    assert (index["interval_ms"], index["count"], len(sheets)) == (30_000, 121, 2)
    opened = [Image.open(io.BytesIO(sheet)).convert("L") for sheet in sheets]
    wide, high = index["width"], index["height"]
    assert opened[1].size == (10 * wide, 3 * high)

    def looked_at(number: int) -> int:
        place = number % 100
        x, y = place % 10 * wide + wide // 2, place // 10 * high + high // 2
        return int(opened[number // 100].getpixel((x, y)))  # type: ignore[arg-type]

    assert looked_at(0) < looked_at(1) < looked_at(120)


def test_levels_are_kept_whole_and_the_wave_is_as_wide_as_a_screen() -> None:
    levels = {"a": bytes([10]) * 72_000, "b": bytes(36_000) + bytes([200])}
    told = json.loads(levels_text(levels))
    assert base64.b64decode(told["levels"]["b"]) == levels["b"]
    assert told["step_ms"] == 100
    wave = base64.b64decode(wave_of(levels.values()))
    assert len(wave) == 1200
    assert (wave[0], max(wave), wave[600]) == (10, 200, 200)
    assert base64.b64decode(wave_of([])) == b""
    assert base64.b64decode(wave_of([b"\x05\x07"])) == b"\x05\x07"
