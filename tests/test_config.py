"""config.yaml is complete and equal to the defaults; what is wrong is refused with file, line, key, expectation."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from server.config import ConfigError, Settings, check, checked, hints, load, sections

pytestmark = pytest.mark.service

SHIPPED = Path(__file__).parent.parent / "config.yaml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str, **environment: str) -> list[str]:
    found = check(written(tmp_path, text), environment)
    return [line.replace(f"{tmp_path}{os.sep}", "") for line in found]


def test_the_shipped_file_names_every_setting_and_nothing_else() -> None:
    shipped = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert {name: set(keys) for name, keys in shipped.items()} == {
        name: set(hints(cls)) for name, cls in sections().items()
    }


def test_the_shipped_file_holds_the_defaults(tmp_path: Path) -> None:
    """One truth: a setting that is changed in one place only is noticed."""
    copy = written(tmp_path, SHIPPED.read_text(encoding="utf-8"))
    empty = tmp_path / "empty" / "config.yaml"
    empty.parent.mkdir()
    empty.write_text("", encoding="utf-8")
    shipped, defaults = load(copy, {}), load(empty, {})
    assert str(shipped).replace(str(tmp_path), "") == str(defaults).replace(str(empty.parent), "")


def test_every_setting_of_the_shipped_file_gives_its_reason() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    root: Any = yaml.compose(SHIPPED.read_text(encoding="utf-8"))
    for _, section in root.value:
        for key, _ in section.value:
            here, above = lines[key.start_mark.line], lines[key.start_mark.line - 1].strip()
            comment = here.partition("  # ")[2] or above.removeprefix("# ") * above.startswith("# ")
            assert len(comment) > 8, here


def test_every_default_would_be_accepted_from_a_file() -> None:
    for cls in sections().values():
        defaults = cls()
        for name, hint in hints(cls).items():
            value = getattr(defaults, name)
            plain = (
                list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
            )
            assert checked(name, hint, plain) == value, name


def test_settings_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""), {})
    for part in (settings, *(getattr(settings, f.name) for f in dataclasses.fields(Settings))):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, dataclasses.fields(part)[0].name, None)


def test_relative_paths_belong_to_the_files_folder(tmp_path: Path) -> None:
    settings = load(written(tmp_path, "storage: {root: data}"), {})
    assert settings.storage.root == tmp_path / "data"
    assert settings.transcripts.model_cache_dir == tmp_path / "var/models"
    assert settings.transcripts.model_dir is None
    assert load(written(tmp_path, "storage: {root: /srv/yunting}"), {}).storage.root == Path("/srv/yunting")


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("http:\n  port: 1\nhtttp: {}\n", "config.yaml:3: htttp: ", "unknown key, expected one of: archive, "),
        ("http:\n  port: 1\n  hots: x\n", "config.yaml:3: http.hots: ", "expected one of: host, port, public_origins"),
        ("http:\n  port: eighty\n", "config.yaml:2: http.port: ", "expected a whole number, found 'eighty'"),
        ("http:\n  port: 70000\n", "config.yaml:2: http.port: ", "expected a number from 0 to 65535, found 70000"),
        ("http: {port: 1.5}", "config.yaml:1: http.port: ", "expected a whole number, found 1.5"),
        ("http: {port: true}", "config.yaml:1: http.port: ", "expected a whole number, found True"),
        ("http: {host: 1}", "config.yaml:1: http.host: ", "expected text (in quotes), found 1"),
        ("http: {host: no}", "config.yaml:1: http.host: ", "expected text (in quotes), found False"),
        ("http: {public_origins: a}", "config.yaml:1: http.public_origins: ", "expected a list, found 'a'"),
        ("http: {public_origins: [1]}", "config.yaml:1: http.public_origins: ", "expected text"),
        ("http: {port: 1, port: 2}", "config.yaml:1: port: ", "a second time, first at "),
        ("http:\n- port\n", "config.yaml:2: http: ", "expected keys with values"),
        ("- http\n", "config.yaml:1: config: ", "expected keys with values"),
        ("http:\n  port: [\n", "config.yaml:3: config: ", "expected YAML, found "),
        ("http: {port: 2026-99-99}", "config.yaml:1: http.port: ", "unreadable value"),
        ("media: {consent_timeout_s: -1}", "config.yaml:1: media.consent_timeout_s: ", "a number above 0"),
        ("media: {consent_timeout_s: .nan}", "config.yaml:1: media.consent_timeout_s: ", "a number, found nan"),
        ("media: {consent_timeout_s: .inf}", "config.yaml:1: media.consent_timeout_s: ", "a number, found inf"),
        ("media: {peers_max: 0}", "config.yaml:1: media.peers_max: ", "expected a number above 0, found 0"),
        ("media: {speaker_threshold_db: 3}", "config.yaml:1: media.speaker_threshold_db: ", "from -127 to 0"),
        ("media: {speaker_hold_s: -1}", "config.yaml:1: media.speaker_hold_s: ", "a number not below 0"),
        ("media: {engine: c}", "config.yaml:1: media.engine: ", "one of: auto, native, python, found 'c'"),
        ("media: {ring_bytes: 5000}", "config.yaml:1: media.ring_bytes: ", "a power of two from 4096 to 1073741824"),
        ("media: {words_ring_bytes: 2048}", "config.yaml:1: media.words_ring_bytes: ", "a power of two from 4096"),
        ("media: {workers: 65}", "config.yaml:1: media.workers: ", "expected at most 64, found 65"),
        ("media: {workers: 8, udp_port: 65530}", "config.yaml:1: media.udp_port: ", "at most 65528 with 8 workers"),
        ("media: {worker_restart_s_max: 0.1}", "config.yaml:1: media.worker_restart_s_max: ", "no less than"),
        ("media: {worker_answer_s: 0}", "config.yaml:1: media.worker_answer_s: ", "expected a number above 0"),
        ("transcripts: {language: fr}", "config.yaml:1: transcripts.language: ", "one of: zh, en, auto, found 'fr'"),
        ("courtroom: {spoken_language: fr}", "config.yaml:1: courtroom.spoken_language: ", "one of: zh, en, auto"),
        ("courtroom:\n  captions_kept_max: 512", "config.yaml:2: courtroom.captions_kept_max: ", "expected less than"),
        ("transcripts: {speech_threshold: 2}", "config.yaml:1: transcripts.speech_threshold: ", "from 0 to 1"),
        ("storage: {root: 3}", "config.yaml:1: storage.root: ", "expected a path, found 3"),
        ('storage: {root: ""}', "config.yaml:1: storage.root: ", "expected a path, found ''"),
        ("storage:\n  url_file: gone\n", "config.yaml:2: storage.url_file: ", "expected a readable file, found: No such"),
        ("storage: {url: 'mysql://x'}", "config.yaml:1: storage.url: ", "begins with one of: sqlite+aiosqlite:"),
        ("\nrecording: {fdatasync_interval_s: 2}", "config.yaml:2: recording: ", "fdatasync_interval_s must be"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, place: str, expected: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(place)
    assert expected in problem


@pytest.mark.parametrize(
    "setting",
    ["storage.page_entries", "storage.busy_timeout_ms", "storage.connections_max", "media.slots_per_peer",
     "media.history_packets", "media.remb_bitrate_bps", "recording.segment_s", "transcripts.cpu_threads",
     "transcripts.decoders", "transcripts.live_beam", "transcripts.final_beam", "transcripts.window_frames_min",
     "courtroom.main_tile_width_px", "gateway.link_lifetime_s", "gateway.reads_per_second_max"],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_at_zero_is_refused_there(tmp_path: Path, setting: str) -> None:
    """A log verified in pages of no entry would be whole, whatever stands in it."""
    section, _, key = setting.partition(".")
    (problem,) = problems(tmp_path, f"{section}: {{{key}: 0}}")
    assert problem.startswith(f"config.yaml:1: {setting}: ")
    assert "expected a number above 0, found 0" in problem


def test_every_problem_is_told_at_once_and_nothing_starts(tmp_path: Path) -> None:
    path = written(tmp_path, "http: {port: x, host: 1}\nmedia: {no: 1}\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert len(caught.value.problems) == 3
    assert str(caught.value).count("\n") == 2
    assert "应为整数" in caught.value.problems[0]


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    (problem,) = check(tmp_path / "config.yaml", {})
    assert "expected a readable file in UTF-8" in problem
    (tmp_path / "config.yaml").write_bytes(b"http: {host: '\xff'}")
    (problem,) = check(tmp_path / "config.yaml", {})
    assert "expected a readable file in UTF-8" in problem


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "http: {port: 1}\nmedia: {udp_port: 5}\n")
    environment = {
        "YUNTING_HTTP__PORT": "9000",
        "YUNTING_HTTP__HOST": "0",
        "YUNTING_HTTP__PUBLIC_ORIGINS": "https://a.example, https://b.example",
        "YUNTING_MEDIA__ANNOUNCE_ADDRESSES": "[192.0.2.1]",
        "YUNTING_MEDIA__CONSENT_TIMEOUT_S": "7",
        "YUNTING_STORAGE__ROOT": "elsewhere",
        "YUNTING_TRANSCRIPTS__MODEL_DIR": "",
        "YUNTING_CONFIG": "not a setting",
        "PATH": "x",
    }
    settings = load(path, environment)
    assert (settings.http.port, settings.http.host, settings.media.udp_port) == (9000, "0", 5)
    assert settings.http.public_origins == ("https://a.example", "https://b.example")
    assert settings.media.announce_addresses == ("192.0.2.1",)
    assert settings.media.consent_timeout_s == 7.0
    assert isinstance(settings.media.consent_timeout_s, float)
    assert settings.storage.root == tmp_path / "elsewhere"
    assert settings.transcripts.model_dir is None


def test_the_environment_is_checked_as_the_file_is(tmp_path: Path) -> None:
    found = problems(tmp_path, "", YUNTING_HTTP__PROT="1", YUNTING_HTTP__PORT="x", YUNTING_X__Y="1")
    assert [line.partition(" · ")[0].rpartition(": ")[0] for line in found] == [
        "environment YUNTING_HTTP__PORT: http.port",
        "environment YUNTING_HTTP__PROT: YUNTING_HTTP__PROT",
        "environment YUNTING_X__Y: YUNTING_X__Y",
    ]


def test_a_database_password_lies_in_a_file_and_shows_nowhere(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+asyncpg://court:geheim@db/yunting\n", encoding="utf-8")
    settings = load(written(tmp_path, "storage: {url_file: url}"), {})
    assert settings.storage.url_file == tmp_path / "url"
    assert "geheim" not in str(settings)
    (tmp_path / "url").write_text("mysql://court:geheim@db/yunting\n", encoding="utf-8")
    for text in (
        "storage: {url_file: url}",
        "storage: {url_file: url, url: 'sqlite+aiosqlite:///x'}",
        "storage: {url: ['geheim']}",
    ):
        (problem,) = problems(tmp_path, text)
        assert "geheim" not in problem


@pytest.mark.parametrize(
    "origin", ["https://court.example", "http://localhost:8080", "https://[2001:db8::1]:8443"]
)
def test_an_origin_as_browsers_spell_it(tmp_path: Path, origin: str) -> None:
    assert problems(tmp_path, f"http: {{public_origins: ['{origin}']}}") == []


@pytest.mark.parametrize(
    "origin",
    [
        "court.example",
        "https://court.example/",
        "https://Court.example",
        "https://court.example:443",
        "https://user@court.example",
        "https://法院.example",
        "https://court.example:x",
        "ws://court.example",
        "https://",
        "*",
        "",
    ],
)
def test_an_origin_no_browser_sends_is_refused(tmp_path: Path, origin: str) -> None:
    (problem,) = problems(tmp_path, f"http: {{public_origins: ['{origin}']}}")
    assert "as in https://court.example" in problem


def test_choices_are_listed() -> None:
    assert checked("x", Literal["a", "b"], "a") == "a"
    with pytest.raises(Exception, match="one of: a, b"):
        checked("x", Literal["a", "b"], "c")
    with pytest.raises(TypeError, match="no form in YAML"):
        checked("x", bytes, b"c")
