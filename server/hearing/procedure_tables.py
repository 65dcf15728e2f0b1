"""Procedures as data: the shape of a procedure, and the reading of `procedures/*.toml`. Refuses at start what is wrong.

Pure but for the reading of the package's own files at import. Decides nothing: `procedure` says what may follow what.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import Any

from server.hearing.checklists import Said
from server.hearing.seats import Role, Side
from server.hearing.session import SessionState

KINDS = frozenset({"hearing", "mediation", "exchange", "inquiry", "enforcement", "viewing", "judgment"})
WHOLE_COURSE, BY_CONSENT, NO_RECORDING = "whole_course", "by_consent", "none"
RECORDINGS = frozenset({WHOLE_COURSE, BY_CONSENT, NO_RECORDING})
"""Whole course: AVR 1, 3, 18. By consent: a mediation, where everyone in the room must agree (OMR 22, AVR 3)."""

BY_CASE, ALWAYS_PUBLIC, NEVER_PUBLIC = "by_case", "always", "never"
PUBLICITY = frozenset({BY_CASE, ALWAYS_PUBLIC, NEVER_PUBLIC})
"""By case: as the schedule says (CPL 137, OLR 27). Always: judgment (CPL 151). Never: a mediation (CPLI 146).

Of a procedure, or of one stage whatever its procedure says; a stage of a procedure that is never public cannot be.
"""

CONDITIONS = (
    "presiding_absent",
    "plaintiff_absent",
    "defendant_absent",
    "consent_missing",
    "tape_not_ready",
    "panel_absent",
    "roll_not_called",
    "suitability_unchecked",
    "suitability_barred",
    "suitability_forbidden",
    "stage_needs_reason",
    "step_not_agreed",
)
"""Conditions of a stage, in the order of the check; each is the Reason of that name and has its rule in `conditions`."""

NEEDS = frozenset(CONDITIONS) - {
    "presiding_absent",
    "consent_missing",
    "tape_not_ready",
    "suitability_forbidden",
    "stage_needs_reason",
    "step_not_agreed",
}
"""What a file may ask for by `needs`; the others follow from who presides, gate, recording, law, order, and consent."""

POINT = "point:"
"""Condition that a point is on the record: "point:ITEM"; in a file, of an earlier stage."""

CHECK_IN, CLOSED = "check_in", "closed"
_CLOSED_FLOOR, _OPEN_FLOOR = "closed", "open"
FLOORS = frozenset({_CLOSED_FLOOR, _OPEN_FLOOR, Side.PLAINTIFF.value, Side.DEFENDANT.value, Side.THIRD.value})
SPEAKERS = frozenset({"presiding", "clerk"})
ACTS = frozenset({"announce", "ask", "do"})
ANY_BENCH = "any"
BENCHES = frozenset({ANY_BENCH, "panel", "sole"})
WHOM = frozenset(Role) | frozenset(Side) - {Side.NONE} | {"", "all"}

_ARTICLE = re.compile(r"^(OLR|OMR|AVR|CR|CPL|CPLI) [1-9][0-9]{0,2}$")
_ID = re.compile(r"^[a-z][a-z_]{0,39}$")
_SESSIONS = (SessionState.CHECKING_IN, SessionState.IN_SESSION, SessionState.CLOSED)


@dataclass(frozen=True, slots=True)
class ConsentStep:
    """A step that may be held online with the parties' consent; text: what they agree to, in this version (OLR 4)."""

    key: str
    name: Said
    text: Said
    version: str


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """What the presiding seat or the clerk says or does. whom: a role, a side, "all" or "".

    bench: for which bench it is meant: "panel", "sole" (a judge alone), or "any".
    """

    who: str
    act: str
    whom: str
    zh: str
    en: str
    bench: str = ANY_BENCH


@dataclass(frozen=True, slots=True)
class Point:
    """What the stage records."""

    item: str
    zh: str
    en: str
    required: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. session: the session state it belongs to. free: stages that follow it without a reason being given.

    floor: who has the floor on entry: "closed", "open" between the sides, or the side that speaks first. consent: the step
    that the parties must have agreed to, or "". public: "always" or "never", whatever the schedule says; else "by_case".
    needs: further conditions.
    """

    key: str
    name: Said
    session: SessionState
    articles: tuple[str, ...]
    free: frozenset[str]
    floor: str
    consent: str
    public: str
    needs: tuple[str, ...]
    script: tuple[ScriptLine, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Procedure:
    """One kind of sitting. presides: roles in order, the first that has a seat presides. gate: the step of check-in."""

    key: str
    version: str
    kind: str
    name: Said
    articles: tuple[str, ...]
    presides: tuple[Role, ...]
    recording: str
    public: str
    gate: str
    consent_steps: tuple[ConsentStep, ...]
    stages: tuple[Stage, ...]


class BadProcedure(ValueError):  # noqa: N818 - the file is at fault
    """A file of procedure that can't be used. The message names the file, the key and what is wrong with it."""


def load() -> dict[str, Procedure]:
    """Read every procedure of the package. Raises BadProcedure."""
    found: dict[str, Procedure] = {}
    for file in sorted(files("server.hearing.procedures").iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        procedure = read(file.read_text(encoding="utf-8"), file.name)
        if file.name != f"{procedure.key}.toml":
            raise BadProcedure(f"{file.name}: key: is not the name of the file")
        found[procedure.key] = procedure
    return found


def read(text: str, file: str) -> Procedure:
    """Read one procedure. file: for messages. Raises BadProcedure."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProcedure(f"{file}: {error}") from None
    table = _Table(raw, file, "")
    procedure = Procedure(
        key=table.id("key"),
        version=table.text("version"),
        kind=table.one_of("kind", KINDS),
        name=table.said("name"),
        articles=table.articles(),
        presides=tuple(Role(role) for role in table.several("presides", frozenset(Role))),
        recording=table.one_of("recording", RECORDINGS),
        public=table.one_of("public", PUBLICITY),
        gate=table.id("gate"),
        consent_steps=tuple(_step(step) for step in table.tables("consent_steps")),
        stages=tuple(_stage(stage) for stage in table.tables("stages")),
    )
    table.end()
    _check(procedure, file)
    return procedure


def _step(table: _Table) -> ConsentStep:
    step = ConsentStep(table.id("key"), table.said("name"), table.said("text"), table.text("version"))
    table.end()
    return step


def _stage(table: _Table) -> Stage:
    stage = Stage(
        key=table.id("key"),
        name=table.said("name"),
        session=SessionState(table.one_of("session", frozenset(state.value for state in _SESSIONS))),
        articles=table.articles(),
        free=frozenset(table.texts("to")),
        floor=table.one_of("floor", FLOORS),
        consent=table.text("consent", empty=True),
        public=table.one_of("public", PUBLICITY, otherwise=BY_CASE),
        needs=table.texts("needs"),
        script=tuple(_line(line) for line in table.tables("script")),
        points=tuple(_point(point) for point in table.tables("points")),
    )
    table.end()
    return stage


def _line(table: _Table) -> ScriptLine:
    line = ScriptLine(
        table.one_of("who", SPEAKERS),
        table.one_of("act", ACTS),
        table.one_of("whom", WHOM),
        table.text("zh"),
        table.text("en"),
        table.one_of("bench", BENCHES, otherwise=ANY_BENCH),
    )
    table.end()
    return line


def _point(table: _Table) -> Point:
    point = Point(table.id("item"), table.text("zh"), table.text("en"), table.flag("required"))
    table.end()
    return point


class _Table:
    """One table of a file, read key by key; what is left over at the end is unknown."""

    def __init__(self, raw: Any, file: str, at: str) -> None:
        self._file, self._at = file, at
        if not isinstance(raw, dict):
            raise self._bad("", "is not a table")
        self._raw: dict[str, Any] = dict(raw)

    def _bad(self, key: str, why: str) -> BadProcedure:
        place = ".".join(part for part in (self._at, key) if part)
        return BadProcedure(f"{self._file}: {place}: {why}")

    def _take(self, key: str) -> Any:
        if key not in self._raw:
            raise self._bad(key, "is missing")
        return self._raw.pop(key)

    def end(self) -> None:
        """Refuse what nobody has asked for."""
        for key in self._raw:
            raise self._bad(key, "is unknown")

    def text(self, key: str, *, empty: bool = False) -> str:
        """Give a text."""
        value = self._take(key)
        if not isinstance(value, str) or not (empty or value.strip()):
            raise self._bad(key, "is no text")
        return value

    def flag(self, key: str) -> bool:
        """Give true or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            raise self._bad(key, "is neither true nor false")
        return value

    def id(self, key: str) -> str:
        """Give a name of small letters."""
        value = self.text(key)
        if not _ID.match(value):
            raise self._bad(key, f"{value!r} is no name")
        return value

    def one_of(self, key: str, known: frozenset[Any], *, otherwise: str = "") -> str:
        """Give a text that must be one of these. otherwise: what stands where the key is not there, if it may be left out."""
        if otherwise and key not in self._raw:
            return otherwise
        value = self.text(key, empty=True)
        if value not in known:
            raise self._bad(key, f"{value!r} is unknown")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Give a list of texts, none twice."""
        value = self._take(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._bad(key, "is no list of texts")
        if len(set(value)) != len(value):
            raise self._bad(key, "names something twice")
        return tuple(value)

    def several(self, key: str, known: frozenset[Any]) -> tuple[str, ...]:
        """Give a list of known texts, at least one."""
        values = self.texts(key)
        for value in values:
            if value not in known:
                raise self._bad(key, f"{value!r} is unknown")
        if not values:
            raise self._bad(key, "is empty")
        return values

    def articles(self) -> tuple[str, ...]:
        """Give the articles that the thing rests on, as "OLR 26"."""
        articles = self.texts("articles")
        for article in articles:
            if not _ARTICLE.match(article):
                raise self._bad("articles", f"{article!r} is no article")
        return articles

    def said(self, key: str) -> Said:
        """Give a text in both languages."""
        table = _Table(self._take(key), self._file, ".".join(part for part in (self._at, key) if part))
        said = Said(table.text("zh"), table.text("en"))
        table.end()
        return said

    def tables(self, key: str) -> list[_Table]:
        """Give a list of tables."""
        value = self._take(key)
        if not isinstance(value, list):
            raise self._bad(key, "is no list")
        at = f"{self._at}.{key}" if self._at else key
        return [_Table(item, self._file, f"{at}[{number}]") for number, item in enumerate(value)]


def _check(procedure: Procedure, file: str) -> None:
    """Refuse what each key alone does not show: names used twice or never, and a graph that is no procedure."""
    steps = [step.key for step in procedure.consent_steps]
    stages = [stage.key for stage in procedure.stages]
    items = [point.item for stage in procedure.stages for point in stage.points]
    for place, names in (("consent_steps", steps), ("stages", stages), ("points", items)):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _refuse(file, place, f"{twice!r} is there twice")
    if procedure.gate not in steps:
        raise _refuse(file, "gate", f"{procedure.gate!r} is no consent step")
    if not procedure.articles:
        raise _refuse(file, "articles", "is empty")
    _check_names(procedure, file, set(steps), set(stages))
    _check_order(procedure, file)


def _refuse(file: str, place: str, why: str) -> BadProcedure:
    return BadProcedure(f"{file}: {place}: {why}")


def _check_names(procedure: Procedure, file: str, steps: set[str], stages: set[str]) -> None:
    earlier: set[str] = set()
    for stage in procedure.stages:
        place = f"stages.{stage.key}"
        if stage.consent and stage.consent not in steps:
            raise _refuse(file, f"{place}.consent", f"{stage.consent!r} is no consent step")
        for key in sorted(stage.free - stages):
            raise _refuse(file, f"{place}.to", f"{key!r} is no stage")
        if stage.public == ALWAYS_PUBLIC and procedure.public == NEVER_PUBLIC:
            raise _refuse(file, f"{place}.public", "is never public, as the whole procedure")
        for need in stage.needs:
            if need not in NEEDS and not (need.startswith(POINT) and need.removeprefix(POINT) in earlier):
                raise _refuse(file, f"{place}.needs", f"{need!r} is unknown, or a point of no earlier stage")
        earlier |= {point.item for point in stage.points}


def _check_order(procedure: Procedure, file: str) -> None:
    stages = procedure.stages
    keys = [stage.key for stage in stages]
    if not keys or keys[0] != CHECK_IN or keys[-1] != CLOSED:
        raise _refuse(file, "stages", f"does not begin with {CHECK_IN!r} and end with {CLOSED!r}")
    order = [_SESSIONS.index(stage.session) for stage in stages]
    rising = all(one <= other for one, other in pairwise(order))
    if not rising or set(order) != {0, 1, 2} or order.count(2) != 1:
        raise _refuse(file, "stages", "do not go from checking_in over in_session to one that is closed")
    found, table = {CHECK_IN}, {stage.key: stage for stage in stages}
    for _ in stages:
        found |= {key for known in found for key in table[known].free if key in table}
    for key in keys:
        if key not in found:
            raise _refuse(file, f"stages.{key}", "cannot be reached without a reason")
    if stages[-1].free:
        raise _refuse(file, f"stages.{CLOSED}.to", "nothing follows the end")
