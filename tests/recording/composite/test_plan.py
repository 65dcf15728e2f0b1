"""What is shown when: the scenes fill the hearing exactly, the bench is always there, and a cough changes nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.composite.layout import layout
from recording.composite.plan import (
    TILES_MAX,
    Exhibit,
    Mark,
    Notice,
    Person,
    Scene,
    Span,
    Timeline,
    scenes,
    turns,
)

pytestmark = pytest.mark.pure

END = 60_000
ALWAYS = (Span(0, END),)
JUDGE, CLERK, ANNA, WU = (
    Person("judge", "审判长", "林静", True, ALWAYS),
    Person("clerk", "书记员", "周敏", False, ALWAYS),
    Person("anna", "原告", "张伟", False, ALWAYS),
    Person("wu", "被告", "吴强", False, ALWAYS),
)
SPEECH = 120


def told(*people: Person, **more: object) -> Timeline:
    return Timeline(0, END * 1_000_000, people or (JUDGE, CLERK, ANNA, WU), **more)  # type: ignore[arg-type]


def speech(*spans: tuple[int, int], level: int = SPEECH, end_ms: int = END) -> bytes:
    """Levels of one who speaks in these milliseconds."""
    steps = bytearray(end_ms // 100)
    for start, end in spans:
        steps[start // 100 : end // 100] = bytes([level]) * ((end - start) // 100)
    return bytes(steps)


def at(found: list[Scene], ms: int) -> Scene:
    return next(scene for scene in found if scene.start_ms <= ms < scene.end_ms)


def test_who_speaks_is_large_from_the_first_word_on() -> None:
    found = scenes(told(), {"judge": speech((0, 10_000)), "anna": speech((12_000, 20_000))})
    assert at(found, 5_000).main == "judge"
    assert at(found, 11_000).main == "judge"  # nobody speaks: it stays as it is
    assert at(found, 12_000).main == at(found, 19_000).main == "anna"
    assert at(found, 12_000).caption == "原告  张伟"


def test_a_cough_and_a_word_between_change_nothing() -> None:
    levels = {"anna": speech((0, 30_000)), "wu": speech((10_000, 10_300), level=200)}
    assert [mark.text for mark in turns(levels)] == ["anna"]


def test_two_who_quarrel_do_not_make_the_picture_flicker() -> None:
    levels = {
        "anna": speech(*((n, n + 600) for n in range(0, 30_000, 1200))),
        "wu": speech(*((n + 600, n + 1200) for n in range(0, 30_000, 1200))),
    }
    changes = [mark.at_ms for mark in turns(levels)]
    assert all(later - earlier >= 1500 for earlier, later in pairwise(changes))


def test_what_is_shown_is_large_and_the_light_of_the_bench_before_the_speaker() -> None:
    shown = Exhibit(Span(20_000, 30_000), "共享画面", label="wu~screen")
    page = Exhibit(Span(40_000, 50_000), "出示证据：合同", still="page.webp")
    timeline = told(exhibits=(shown, page), lights=(Mark(10_000, "wu"), Mark(15_000, "")))
    found = scenes(timeline, {"anna": speech((0, END))})
    assert [at(found, ms).main for ms in (9_000, 12_000, 16_000, 25_000, 45_000)] == [
        "anna",
        "wu",
        "anna",
        "wu~screen",
        "",
    ]
    assert (at(found, 45_000).still, at(found, 45_000).caption) == ("page.webp", "出示证据：合同")
    assert at(found, 25_000).speaking == "anna"


def test_in_a_recess_there_is_a_card_and_nobody() -> None:
    recess = Notice(Span(20_000, 30_000), "休庭")
    fault = Notice(Span(40_000, 45_000), "录制设备故障", covers=False)
    found = scenes(told(notices=(recess, fault), stages=(Mark(0, "法庭调查"),)), {})
    assert (at(found, 25_000).notice, at(found, 25_000).tiles, at(found, 25_000).main) == ("休庭", (), "")
    assert (at(found, 42_000).notice, at(found, 42_000).fault) == ("", "录制设备故障")
    assert at(found, 42_000).tiles != ()
    assert at(found, 50_000).stage == "法庭调查"


def test_who_is_not_in_the_courtroom_has_no_tile() -> None:
    witness = Person("witness", "证人", "孙立", False, (Span(20_000, 30_000),))
    found = scenes(told(JUDGE, witness), {"witness": speech((0, 10_000))})
    assert at(found, 5_000).tiles == ("judge",)
    assert at(found, 5_000).main == "judge"
    assert at(found, 25_000).tiles == ("judge", "witness")


def test_a_crowd_is_cut_but_never_the_bench_nor_who_speaks() -> None:
    crowd = tuple(Person(f"p{n:02}", "当事人", f"人{n}", False, ALWAYS) for n in range(30))
    panel = tuple(Person(f"j{n}", "审判员", f"官{n}", True, ALWAYS) for n in range(3))
    found = scenes(told(*panel, *crowd), {"p29": speech((0, END))})
    tiles = at(found, 10_000).tiles
    assert len(tiles) == TILES_MAX
    assert {"j0", "j1", "j2", "p29"} <= set(tiles)


labels = st.sampled_from(["judge", "clerk", "anna", "wu"])
times = st.integers(-1000, END + 1000)
span_of = st.tuples(times, times).map(lambda two: Span(min(two), max(two)))


@given(
    here=st.lists(st.lists(span_of, max_size=3), min_size=4, max_size=4),
    exhibits=st.lists(
        st.builds(Exhibit, span_of, st.just("x"), st.sampled_from(["", "wu~screen"])), max_size=4
    ),
    notices=st.lists(st.builds(Notice, span_of, st.just("n"), st.booleans()), max_size=3),
    stages=st.lists(st.builds(Mark, times, st.sampled_from(["a", "b"])), max_size=4),
    lights=st.lists(st.builds(Mark, times, st.one_of(st.just(""), labels)), max_size=4),
    levels=st.dictionaries(labels, st.binary(max_size=700), max_size=4),
)
def test_scenes_fill_the_hearing_exactly_and_are_always_the_same(
    here: list[list[Span]],
    exhibits: list[Exhibit],
    notices: list[Notice],
    stages: list[Mark],
    lights: list[Mark],
    levels: dict[str, bytes],
) -> None:
    people = tuple(
        Person(one.label, one.role, one.name, one.bench, tuple(spans))
        for one, spans in zip((JUDGE, CLERK, ANNA, WU), here, strict=True)
    )
    timeline = told(
        *people,
        exhibits=tuple(exhibits), notices=tuple(notices), stages=tuple(stages), lights=tuple(lights),
    )  # fmt: skip
    found = scenes(timeline, levels)
    assert found == scenes(timeline, dict(reversed(levels.items())))
    assert (found[0].start_ms, found[-1].end_ms) == (0, END)
    for one, other in pairwise(found):
        assert one.start_ms < one.end_ms == other.start_ms
    for scene in found:
        present = {p.label for p in people if any(s.start_ms <= scene.start_ms < s.end_ms for s in p.here)}
        assert set(scene.tiles) <= present
        assert scene.notice or "judge" not in present or "judge" in scene.tiles
        layout(1280, len(scene.tiles))


@given(st.integers(0, TILES_MAX), st.sampled_from([640, 1280, 1920]))
def test_nothing_overlaps_and_everything_is_on_the_picture(tiles: int, width: int) -> None:
    plan = layout(width, tiles)
    boxes = [box for place in (plan.main, *plan.tiles) for box in (place.picture, place.caption)]
    boxes.append(plan.band)
    for box in boxes:
        assert not (box.x | box.y | box.width | box.height) & 1
        assert 0 <= box.x <= box.x + box.width <= width
        assert 0 <= box.y <= box.y + box.height <= width * 9 // 16
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart_x or apart_y
