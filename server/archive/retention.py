"""How long files are kept 保管期限, and what may be purged. Pure: the court's table and facts in, a verdict a kind of file out.

The table is the court's own (TOML); nothing here knows a period, for none could be verified. Whatever the table does not
name, and every hearing without a class, is kept for ever. Deletes nothing.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ARTEFACTS = ("tape", "copies", "package", "transcript", "exhibits", "lines")
"""Kinds of files with a term of their own: the tape, viewing copies, the sealed package, the machine transcript in the
ledger, materials as handed in, line figures."""

YEARS_MAX = 100
"""The longest term that can be named, and how long a remote copy that is kept for ever is locked."""


class BadPolicy(ValueError):  # noqa: N818  says what is wrong
    """The table is no good; a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class. years: by kind of file; what is not in it is kept for ever."""

    id: str
    years: Mapping[str, int]

    @property
    def lock_years(self) -> int:
        """How long a remote copy of the package is locked."""
        return self.years.get("package", YEARS_MAX)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which hearings are of a class; the first rule that fits counts. court: "" for every court; procedures: () for all."""

    class_id: str
    court: str
    procedures: tuple[str, ...]

    def fits(self, court: str, procedure: str) -> bool:
        """Whether a hearing is one of these."""
        return self.court in {"", court} and (not self.procedures or procedure in self.procedures)


FOR_EVER = RetentionClass("for_ever", MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Policy:
    """The court's table."""

    classes: Mapping[str, RetentionClass]
    rules: tuple[Rule, ...]

    def of(self, court: str, procedure: str) -> RetentionClass:
        """The class of a hearing; for ever where no rule fits."""
        for rule in self.rules:
            if rule.fits(court, procedure):
                return self.classes[rule.class_id]
        return FOR_EVER


KEEP_ALL = Policy(MappingProxyType({}), ())
"""What is in force where the court has no table."""


def read_policy(text: str) -> Policy:
    """Read a table: [classes.ID] with years by kind of file, [[rules]] with class, court, procedures. BadPolicy."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"expected TOML: {error}") from None
    _known(table, {"classes", "rules"}, "the table")
    found = _mapping(table.get("classes", {}), "classes")
    classes = {name: _class(name, value) for name, value in found.items()}
    rules = table.get("rules", [])
    if not isinstance(rules, list):
        raise BadPolicy("rules: expected [[rules]]")
    return Policy(MappingProxyType(classes), tuple(_rule(rule, classes) for rule in rules))


def _class(name: str, value: Any) -> RetentionClass:
    where = f"classes.{name}"
    years = _mapping(value, where)
    _known(years, set(ARTEFACTS), where)
    for kind, term in years.items():
        if type(term) is not int or not 1 <= term <= YEARS_MAX:
            raise BadPolicy(f"{where}.{kind}: expected whole years from 1 to {YEARS_MAX}")
    if name == FOR_EVER.id:
        raise BadPolicy(f"{where}: the name of what has no class")
    if "package" in years and any(
        years.get(kind, YEARS_MAX + 1) > years["package"] for kind in ("tape", "copies")
    ):
        # a tape that outlives its package could not be shown to be unaltered any more
        raise BadPolicy(f"{where}: tape and copies cannot be kept longer than the package that proves them")
    return RetentionClass(name, MappingProxyType(dict(years)))


def _rule(value: Any, classes: Mapping[str, RetentionClass]) -> Rule:
    rule = _mapping(value, "rules")
    _known(rule, {"class", "court", "procedures"}, "rules")
    name, court, procedures = rule.get("class"), rule.get("court", ""), rule.get("procedures", [])
    if name not in classes:
        raise BadPolicy(f"rules: no class {name!r}")
    if not isinstance(court, str) or not isinstance(procedures, list):
        raise BadPolicy("rules: court is text, procedures a list of texts")
    if not all(isinstance(one, str) for one in procedures):
        raise BadPolicy("rules: procedures is a list of texts")
    return Rule(str(name), court, tuple(procedures))


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadPolicy(f"{where}: expected keys with values")
    return value


def _known(table: Mapping[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(set(table) - keys)
    if unknown:
        raise BadPolicy(f"{where}: unknown {', '.join(unknown)}; expected {', '.join(sorted(keys))}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a hearing's record. closed_at: Unix ms, None while it is not over.

    remote: "none" where no second copy is configured, "verified" where every file of the package was read back there, else
    "unverified". purged: kinds that the log says were purged already.
    """

    closed_at: int | None
    sealed: bool
    held: bool
    remote: str
    purged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one kind of file may go. reason: a stable id. until: Unix ms, the end of its term, None for ever."""

    artefact: str
    may_go: bool
    reason: str
    until: int | None


def judge(kept_as: RetentionClass, facts: Facts, now_ms: int) -> list[Verdict]:
    """One verdict a kind of file, in the order of ARTEFACTS."""
    return [_judge(kind, kept_as, facts, now_ms) for kind in ARTEFACTS]


def _judge(kind: str, kept_as: RetentionClass, facts: Facts, now_ms: int) -> Verdict:
    years = kept_as.years.get(kind)
    until = None if years is None or facts.closed_at is None else end_of(facts.closed_at, years)

    def kept(reason: str) -> Verdict:
        return Verdict(kind, False, reason, until)

    if facts.closed_at is None:
        return kept("not_over")
    if kind in facts.purged:
        return kept("purged")
    if until is None:
        return kept("for_ever")
    if now_ms < until:
        return kept("term")
    if facts.held:
        return kept("held")
    if not facts.sealed and "package" not in facts.purged:
        return kept("not_sealed")
    if facts.remote == "unverified":
        return kept("not_verified")
    return Verdict(kind, True, "term_over", until)


def end_of(closed_ms: int, years: int) -> int:
    """The same day so many years later (UTC; 29 February becomes 1 March), Unix ms: never earlier than the calendar says."""
    moment = datetime.fromtimestamp(closed_ms / 1000, UTC)
    try:
        later = moment.replace(year=moment.year + years)
    except ValueError:
        later = moment.replace(year=moment.year + years, month=3, day=1)
    return -int(-later.timestamp() * 1000 // 1)


def held(kinds: Sequence[str]) -> bool:
    """Whether a hold is in force after entries of these kinds, in order."""
    state = False
    for kind in kinds:
        if kind == "hold_set":
            state = True
        elif kind == "hold_lifted":
            state = False
    return state
