"""Every stable id that can leave the house has a sentence in both languages, and no sentence is left over."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server.gateway.errors import SENTENCES, Forbidden, Malformed, sentence
from server.hearing import refusals
from server.hearing.refusals import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.pure

SERVER = Path(__file__).parents[2] / "server"
FOLDERS = ("gateway", "courtroom", "store", "exhibits")
# Calls that name a stable id, and the words among their arguments that are not one.
CALLS = {
    "Broken",
    "Forbidden",
    "Malformed",
    "Unavailable",
    "ByeOut",
    "sentence",
    "problem",
    "say_problem",
    "say_bye",
    "_error",
}
OTHER_WORDS = {"malformed", "unavailable", "refused", "zh-CN", "en"}


def calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
            for argument in (*node.args, *(k.value for k in node.keywords)):
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def used() -> set[str]:
    files = [path for folder in FOLDERS for path in (SERVER / folder).rglob("*.py")]
    words = {word for path in files for word in calls(ast.parse(path.read_text(encoding="utf-8")))}
    return (words - OTHER_WORDS) | {"ledger"}  # the store raises that by a name of its own


def test_every_id_in_the_source_has_its_sentences() -> None:
    found = used()
    assert {"busy", "conflict", "internal", "too_many_peers", "superseded", "left", "link_invalid"} <= found
    assert found - SENTENCES.keys() == set()


def test_no_sentence_is_left_over() -> None:
    assert SENTENCES.keys() - used() == set()


@pytest.mark.parametrize("reason", sorted(SENTENCES))
def test_sentences_are_in_their_languages(reason: str) -> None:
    chinese, english = sentence(reason, "zh-CN"), sentence(reason, "en")
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert chinese.endswith("。")
    assert english.isascii()
    assert english.endswith(".")
    assert re.fullmatch(r"[a-z][a-z_]+", reason)


@pytest.mark.parametrize("reason", Reason)
def test_refusals_speak_both_languages(reason: Reason) -> None:
    assert re.search(r"[\u4e00-\u9fff]", refusals.sentence(reason, "zh-CN"))
    assert refusals.sentence(reason, "en").isascii()


def test_an_unknown_id_is_not_shown_as_such() -> None:
    assert sentence("???", "en") == sentence("internal", "en")


def test_an_id_means_one_thing() -> None:
    """An id of the law and one of the house may be in the same field of a client's phrase book."""
    assert {reason.value for reason in Reason} & SENTENCES.keys() == set()


def test_errors_carry_their_id() -> None:
    assert (Forbidden("origin").status, Forbidden("link_invalid", 404).reason) == (403, "link_invalid")
    assert Malformed("not_json").reason == "not_json"
