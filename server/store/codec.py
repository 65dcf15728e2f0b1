"""Event <-> (kind, version, body). Generic over the event classes; knows no event by name but for old versions.

Pure. An entry that cannot be read is an error here, never a guess: replay must not invent what happened.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from server.courtroom.ports import Entry, NewEntry
from server.hearing import (
    commands,
    events,
    events_care,
    events_checkin,
    events_exhibits,
    events_order,
    events_rooms,
    ids,
)
from server.store.chain import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.hearing.events import Event

    Upcaster = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _with_authority(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**body, "seats": [{**seat, "authority": ""} for seat in body["seats"]]}


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    # until 2026-12 a schedule did not say with what authority an agent acts
    ("hearing_scheduled", 1): _with_authority,
    # until 2026-11 consent was asked once, to the hearing, and its text had no version
    ("consent_answered", 1): lambda body: {**body, "step": "hearing", "version": ""},
    ("seat_admitted", 1): lambda body: {**body, "reason": ""},
    ("court_opened", 1): lambda body: {**body, "reason": "", "despite": []},
    ("stage_entered", 1): lambda body: {**body, "missing": []},
    # until 2026-11 an agent's answer was told as the party's own
    ("clause_answered", 1): lambda body: {**body, "by": body["seat"]},
}
"""(kind, old version) -> body of that version to body of the next one. A stored event is never rewritten."""


_NAMED_IN = (
    ids,
    commands,
    events,
    events_care,
    events_checkin,
    events_exhibits,
    events_order,
    events_rooms,
)


class UndecodableEvent(ValueError):  # noqa: N818  the event is at fault
    """An entry whose kind, version or body this program cannot read."""


class EventCodec:
    """Implements server.courtroom.ports.Codec."""

    def __init__(
        self,
        by_kind: Mapping[str, type[Any]] = events.by_kind,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    ) -> None:
        """Take the event classes by kind (each with KIND and VERSION) and the upcasters of their old versions."""
        self._by_kind = by_kind
        self._upcasters = upcasters

    def to_entry(
        self, event: Event, at_ms: int, actor_seat: str | None, actor_connection: str | None
    ) -> NewEntry:
        """Give an event its canonical form. Raises UndecodableEvent where its class is not a known one."""
        if self._by_kind.get(event.KIND) is not type(event):
            raise UndecodableEvent(f"{type(event).__name__} is not the event of kind {event.KIND}")
        return NewEntry(at_ms, actor_seat, actor_connection, event.KIND, event.VERSION, dump(event))

    def to_event(self, entry: Entry) -> Event:
        """Give the event of an entry, upcast to its newest version. Raises UndecodableEvent."""
        where = f"{entry.stream} {entry.seq}"
        cls = self._by_kind.get(entry.kind)
        if cls is None:
            raise UndecodableEvent(f"{where}: unknown kind {entry.kind}")
        body, version = entry.body, entry.version
        while version < cls.VERSION:
            upcaster = self._upcasters.get((entry.kind, version))
            if upcaster is None:
                raise UndecodableEvent(f"{where}: no upcaster for {entry.kind} version {version}")
            body, version = upcaster(body), version + 1
        if version != cls.VERSION:
            raise UndecodableEvent(f"{where}: {entry.kind} version {version} is newer than this program")
        try:
            event: Event = load(cls, body)
        except (TypeError, ValueError) as error:
            raise UndecodableEvent(f"{where}: {entry.kind}: {error}") from None
        return event


def dump(value: Any) -> Any:
    """Turn dataclasses, enums, tuples, sets and mappings into JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: dump(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [dump(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted((dump(item) for item in value), key=canonical)
    if isinstance(value, Mapping):
        return {str(dump(key)): dump(item) for key, item in value.items()}
    return value


@functools.lru_cache(maxsize=256)
def hints(cls: type[Any]) -> dict[str, Any]:
    """Give the resolved types of a dataclass's own fields, names known only to the type checker included."""
    names: dict[str, Any] = {"Mapping": Mapping}
    for module in _NAMED_IN:
        names |= vars(module)
    resolved = typing.get_type_hints(cls, localns=names)
    return {field.name: resolved[field.name] for field in dataclasses.fields(cls)}


def load(hint: Any, value: Any) -> Any:
    """Rebuild a value of this type from JSON. Raises TypeError or ValueError that name what was expected."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    if hint is Any:
        return value
    if isinstance(hint, type):
        return _load_class(hint, value)
    return _load_generic(typing.get_origin(hint), typing.get_args(hint), value)


def _load_class(cls: type[Any], value: Any) -> Any:
    if dataclasses.is_dataclass(cls):
        return _load_dataclass(cls, value)
    if issubclass(cls, Enum):
        return cls(value)
    if cls is float and type(value) is int:
        return float(value)
    return _expect(cls, value, type(value) is cls)


def _expect(hint: Any, value: Any, fits: bool) -> Any:
    if not fits:
        # The value may be what someone said: only its type goes into the message.
        raise TypeError(f"expected {getattr(hint, '__name__', hint)}, found {type(value).__name__}")
    return value


def _load_dataclass(cls: type[Any], value: Any) -> Any:
    _expect(dict, value, isinstance(value, Mapping))
    fields: dict[str, Any] = hints(cls)  # type: ignore[arg-type]  # a class is hashable
    if set(value) != set(fields):
        raise TypeError(f"{cls.__name__} has fields {sorted(fields)}, found {sorted(value)}")
    return cls(**{name: load(hint, value[name]) for name, hint in fields.items()})


def _load_generic(origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
    if origin in {typing.Union, types.UnionType}:
        return _load_union(arguments, value)
    if origin is typing.Literal:
        return _expect(origin, value, value in arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _expect(dict, value, isinstance(value, Mapping))
        return {load(arguments[0], key): load(arguments[1], item) for key, item in value.items()}
    _expect(list, value, isinstance(value, list))
    if origin is frozenset:
        return frozenset(load(arguments[0], item) for item in value)
    if origin is not tuple:
        raise TypeError(f"no JSON form for {origin}")
    if arguments[-1] is Ellipsis:
        return tuple(load(arguments[0], item) for item in value)
    return tuple(load(hint, item) for hint, item in zip(arguments, value, strict=True))


def _load_union(arguments: tuple[Any, ...], value: Any) -> Any:
    problems = []
    for hint in arguments:
        try:
            return load(hint, value)
        except (TypeError, ValueError) as error:
            problems.append(str(error))
    raise TypeError("; ".join(problems))
