"""config.yaml -> frozen Settings. Refuses to guess, never falls back.

An unknown key, a wrong type, a value out of range or a secret file that cannot be read is a ConfigError that names
file, line, key and what was expected.
Every field of every package's settings dataclass is a key here, found by introspection. Environment variables
YUNTING_<SECTION>__<FIELD> override the file. Holds no secret itself: those lie in files named by *_file fields.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from media import settings as media
from media.settings import MediaSettings
from recording.composite.settings import CompositeSettings
from recording.settings import RecordingSettings
from server.archive import settings as archive
from server.courtroom.settings import CourtroomSettings
from server.exhibits.settings import ExhibitSettings
from server.gateway import origins, relays
from server.gateway.settings import GatewaySettings, TurnSettings
from server.sealing.settings import SealingSettings
from server.store.settings import StoreSettings
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT_PREFIX = "YUNTING_"
_ENVIRONMENT_NAME = re.compile(r"YUNTING_([A-Z]+)__([A-Z0-9_]+)")
_DATABASES = ("sqlite+aiosqlite:", "postgresql+asyncpg:")
_PORT_MAX = 65535
_LANGUAGES = ("zh", "en", "auto")
_ABOVE_ZERO = ("_max", "interval_s", "timeout_s", "_hours", "_px", "_bps", "lifetime_s")
"""Ends of names of settings that make no sense at 0."""
_NEVER_ZERO = frozenset(
    {
        "alarm_tries", "busy_timeout_ms", "cpu_threads", "decoders", "final_beam", "heartbeat_s", "history_packets",
        "live_beam", "page_entries", "retry_delay_s", "segment_s", "slots_per_peer", "tries", "window_frames_min",
        "worker_answer_s", "worker_restart_s",
    }
)  # fmt: skip
"""The same, where the end of the name does not tell."""
_SHOWN_MAX = 60  # characters of a wrong value repeated in a message


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where the door is, and whom it opens to."""

    host: str = "127.0.0.1"  # plain http has no camera except on localhost; TLS is a proxy's work
    port: int = 8080  # 0 lets the system choose (tests)
    public_origins: tuple[str, ...] = ()  # exact Origins that may connect; empty: only the host asked for


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, one field a section of config.yaml. Paths are absolute."""

    http: HttpSettings = field(default_factory=HttpSettings)
    storage: StoreSettings = field(default_factory=StoreSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    turn: TurnSettings = field(default_factory=TurnSettings)
    recording: RecordingSettings = field(default_factory=RecordingSettings)
    composite: CompositeSettings = field(default_factory=CompositeSettings)
    transcripts: TranscriptSettings = field(default_factory=TranscriptSettings)
    courtroom: CourtroomSettings = field(default_factory=CourtroomSettings)
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    exhibits: ExhibitSettings = field(default_factory=ExhibitSettings)
    sealing: SealingSettings = field(default_factory=SealingSettings)
    archive: archive.ArchiveSettings = field(default_factory=archive.ArchiveSettings)


class ConfigError(Exception):
    """The configuration is no good. problems: one line each, with its place, Chinese first."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem: they are mended in one go."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class _Wrong(Exception):  # noqa: N818  never leaves this module
    """What was expected instead, in Chinese and in English."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(english)
        self.chinese = chinese
        self.english = english


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read config.yaml and the environment (default: this process's). Raises ConfigError with every problem found."""
    return _Reading(path, os.environ if environment is None else environment).settings()


def check(path: Path, environment: Mapping[str, str] | None = None) -> list[str]:
    """List what is wrong with a configuration; empty where the server would start with it."""
    try:
        load(path, environment)
    except ConfigError as error:
        return list(error.problems)
    return []


def sections() -> dict[str, type[Any]]:
    """Give the settings dataclass of each section."""
    return dict(typing.get_type_hints(Settings))


def hints(cls: type[Any]) -> dict[str, Any]:
    """Give the resolved types of a settings dataclass's fields."""
    resolved = typing.get_type_hints(cls, localns={"Path": Path})
    return {field.name: resolved[field.name] for field in dataclasses.fields(cls)}


class _Reading:
    """One reading of one file: collects values and problems, then builds."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._path = path
        self._environment = environment
        self._problems: list[str] = []
        self._values: dict[str, dict[str, Any]] = {name: {} for name in sections()}
        self._places: dict[str, str] = {}

    def settings(self) -> Settings:
        self._read_file()
        self._read_environment()
        built = {name: self._build(name, cls) for name, cls in sections().items()}
        if not self._problems:
            settings = Settings(**built)
            self._check_storage(settings.storage)
            for fault in (
                *media.faults(settings.media),
                *origins.faults(settings.http.public_origins),
                *relays.faults(settings.turn),
                *archive.faults(settings.archive),
            ):
                self._problem(*fault)
            self._check_between(settings)
        if self._problems:
            raise ConfigError(self._problems)
        return settings

    def _problem(self, key: str, chinese: str, english: str, place: str = "") -> None:
        where = place or self._places.get(key) or self._places.get(key.partition(".")[0]) or str(self._path)
        self._problems.append(f"{where}: {key}: {chinese} · {english}")

    def _read_file(self) -> None:
        try:
            root = yaml.compose(self._path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            self._problem("config", "无法读取配置文件", f"expected a readable file in UTF-8, found {error}")
            return
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{self._path}:{mark.line + 1}" if mark else ""
            english = f"expected YAML, found {getattr(error, 'problem', None) or 'something else'}"
            self._problem("config", "不是有效的 YAML", english, place)
            return
        if root is None:
            return
        known = sections()
        for name, node, place in self._entries(root, "config"):
            self._places[name] = place
            if name not in known:
                self._unknown(name, list(known), place)
                continue
            fields = hints(known[name])
            for key, value, at in self._entries(node, name):
                self._places[f"{name}.{key}"] = at
                if key in fields:
                    self._take(name, key, fields[key], value)
                else:
                    self._unknown(f"{name}.{key}", list(fields), at)

    def _entries(self, node: yaml.Node, key: str) -> list[tuple[str, yaml.Node, str]]:
        if not isinstance(node, yaml.MappingNode):
            if not (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
                place = f"{self._path}:{node.start_mark.line + 1}"
                self._problem(key, "应为“键: 值”", "expected keys with values", place)
            return []
        found: dict[str, tuple[str, yaml.Node, str]] = {}
        for name_node, value in node.value:
            name = str(name_node.value)
            place = f"{self._path}:{name_node.start_mark.line + 1}"
            if name in found:
                self._problem(
                    name,
                    f"重复的键，先见于 {found[name][2]}",
                    f"a second time, first at {found[name][2]}",
                    place,
                )
                continue
            found[name] = (name, value, place)
        return list(found.values())

    def _unknown(self, key: str, known: list[str], place: str) -> None:
        names = ", ".join(sorted(known))
        self._problem(key, f"未知的键，应为其一：{names}", f"unknown key, expected one of: {names}", place)

    def _take(self, section: str, key: str, hint: Any, node: yaml.Node) -> None:
        try:
            value = yaml.constructor.SafeConstructor().construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            self._problem(f"{section}.{key}", "无法读取的值", f"unreadable value: {error}")
            return
        self._accept(section, key, hint, value)

    def _read_environment(self) -> None:
        known = sections()
        for variable, text in sorted(self._environment.items()):
            if not variable.startswith(ENVIRONMENT_PREFIX) or "__" not in variable:
                continue
            match = _ENVIRONMENT_NAME.fullmatch(variable)
            section, key = (match[1].lower(), match[2].lower()) if match else ("", "")
            place = f"environment {variable}"
            if section not in known or key not in hints(known[section]):
                self._problem(
                    variable, "没有这样的设置", "no such setting, expected YUNTING_<SECTION>__<FIELD>", place
                )
                continue
            self._places[f"{section}.{key}"] = place
            hint = hints(known[section])[key]
            try:
                value = _from_text(hint, text)
            except yaml.YAMLError:
                value = text
            self._accept(section, key, hint, value)

    def _accept(self, section: str, key: str, hint: Any, value: Any) -> None:
        try:
            self._values[section][key] = checked(key, hint, value)
        except _Wrong as wrong:
            shown = _shown(key, value)
            self._problem(
                f"{section}.{key}",
                f"应为{wrong.chinese}，实为 {shown}",
                f"expected {wrong.english}, found {shown}",
            )

    def _build(self, section: str, cls: type[Any]) -> Any:
        try:
            settings = cls(**self._values[section])
        except ValueError as error:  # a settings class may hold rules between its fields
            self._problem(section, "设置之间不相容", str(error))
            return None
        base = self._path.absolute().parent
        changes: dict[str, Any] = {}
        for name in hints(cls):
            value = getattr(settings, name)
            if isinstance(value, Path):
                changes[name] = base / value
                if name.endswith("_file"):
                    self._check_secret(f"{section}.{name}", base / value)
        return dataclasses.replace(settings, **changes)

    def _check_secret(self, key: str, path: Path) -> None:
        try:
            path.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._problem(key, f"应为可读的文件：{reason}", f"expected a readable file, found: {reason}")

    def _check_storage(self, storage: StoreSettings) -> None:
        if storage.url and storage.url_file:
            self._problem(
                "storage.url", "url 与 url_file 只能有一个", "expected url or url_file, found both of them"
            )
            return
        url, key = storage.url, "storage.url"
        if storage.url_file:
            url, key = storage.url_file.read_text(encoding="utf-8", errors="replace"), "storage.url_file"
        if (url or storage.url_file) and not url.startswith(_DATABASES):
            kinds = ", ".join(_DATABASES)
            self._problem(key, f"应以其一开头：{kinds}", f"expected a URL that begins with one of: {kinds}")

    def _check_between(self, settings: Settings) -> None:
        if settings.transcripts.language not in _LANGUAGES:
            choices = ", ".join(_LANGUAGES)
            self._problem(
                "transcripts.language",
                f"应为其一：{choices}，实为 {settings.transcripts.language!r}",
                f"expected one of: {choices}, found {settings.transcripts.language!r}",
            )
        captions, outbox = settings.courtroom.captions_kept_max, settings.gateway.outbox_messages_max
        if captions >= outbox:  # a tab that comes back is told them all at once
            self._problem(
                "courtroom.captions_kept_max",
                f"应小于 gateway.outbox_messages_max（{outbox}），实为 {captions}",
                f"expected less than gateway.outbox_messages_max ({outbox}), found {captions}",
            )


def _from_text(hint: Any, text: str) -> Any:
    """Read an environment variable: text as it is, lists by commas, the rest as YAML."""
    if hint is str or hint is Path:
        return text
    if hint == Path | None:
        return text or None
    if typing.get_origin(hint) is tuple and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    return yaml.safe_load(text)


def _shown(key: str, value: Any) -> str:
    # A URL holds a password; whatever was meant to be secret stays so in the message.
    if re.search("url|secret|token|password|key", key):
        return type(value).__name__
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


def checked(key: str, hint: Any, value: Any) -> Any:
    """Turn a YAML value into the setting's type. Raises _Wrong; TypeError where the type is not one for settings."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        inner = [part for part in typing.get_args(hint) if part is not types.NoneType]
        if value is None:
            return None
        return checked(key, inner[0], value)
    if typing.get_origin(hint) is tuple:
        if isinstance(value, list):
            return tuple(checked(key, typing.get_args(hint)[0], item) for item in value)
        raise _Wrong("列表", "a list")
    if typing.get_origin(hint) is typing.Literal:
        if value in typing.get_args(hint):
            return value
        choices = ", ".join(map(str, typing.get_args(hint)))
        raise _Wrong(f"其一：{choices}", f"one of: {choices}")
    if hint not in _PLAIN:
        raise TypeError(f"setting {key} has type {hint}, which has no form in YAML")
    return _PLAIN[hint](key, value)


def _flag(_key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _Wrong(" true 或 false", "true or false")


def _text(_key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _Wrong("文字（加引号）", "text (in quotes)")


def _path(_key: str, value: Any) -> Path:
    if isinstance(value, str) and value and "\x00" not in value:
        return Path(value)
    raise _Wrong("路径", "a path")


def _whole(key: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(_in_range(key, value))
    raise _Wrong("整数", "a whole number")


def _number(key: str, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(_in_range(key, value))
    raise _Wrong("数", "a number")


def _in_range(key: str, value: float) -> float:
    """Hold a value to what the unit at the end of its name allows."""
    if key == "port" or key.endswith("_port"):
        low, high = 0.0, float(_PORT_MAX)
    elif key.endswith("_db"):
        low, high = -127.0, 0.0  # RFC 6464 audio level
    elif key.endswith(("_threshold", "_ratio")):
        low, high = 0.0, 1.0
    else:
        low, high = 0.0, math.inf
    above_zero = key in _NEVER_ZERO or key.endswith(_ABOVE_ZERO)
    if low <= value <= high and (value > 0 or not above_zero):
        return value
    if above_zero:
        raise _Wrong("大于 0 的数", "a number above 0")
    if high == math.inf:
        raise _Wrong("不小于 0 的数", "a number not below 0")
    raise _Wrong(f" {low:g} 到 {high:g} 的数", f"a number from {low:g} to {high:g}")


_Reader = Callable[[str, Any], Any]
_PLAIN: dict[Any, _Reader] = {bool: _flag, int: _whole, float: _number, str: _text, Path: _path}
