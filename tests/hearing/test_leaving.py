"""The verdict on an absence: from facts, and "cannot tell" where they do not tell (OLR 25)."""

from __future__ import annotations

import pytest

from server.hearing.leaving import FACT_CHARS_MAX, FACTS, Verdict, facts_of, read, verdict

pytestmark = pytest.mark.pure

V = Verdict
LOST = {"cause": "connection_lost"}
BAD_MINUTE = {"loss_up": 240, "loss_down": 10, "rtt_ms": 80}
GOOD_MINUTE = {"loss_up": 0, "loss_down": 3, "rtt_ms": 40, "jitter_ms": 4, "silent_ms": 20}

TABLE = [
    ({"cause": "left"}, V.LEFT),
    ({"cause": "left", **BAD_MINUTE}, V.LEFT),  # it said so itself
    ({"cause": "page_closed", "signalling": "said", "transport": "alert"}, V.PAGE_CLOSED),
    ({"cause": "page_closed", **BAD_MINUTE}, V.PAGE_CLOSED),
    ({"cause": "superseded"}, V.SUPERSEDED),
    ({"cause": "server_restart", "server": "restart"}, V.SERVER),
    ({"cause": "server_restart"}, V.SERVER),
    ({**LOST, "server": "overload", **BAD_MINUTE}, V.SERVER),
    ({"cause": "left", "server": "overload"}, V.SERVER),
    ({**LOST, "signalling": "silent", "transport": "none"}, V.NETWORK),
    ({**LOST, "signalling": "silent", "transport": "alert"}, V.NETWORK),
    ({**LOST, "signalling": "cut", "transport": "consent", "transport_before_ms": 3000}, V.NETWORK),
    ({**LOST, "signalling": "cut", "transport": "consent", "transport_before_ms": 2999}, V.UNKNOWN),
    ({**LOST, "signalling": "cut", "transport": "dtls", "transport_before_ms": 9000}, V.UNKNOWN),
    ({**LOST, "signalling": "cut", "transport": "open", **BAD_MINUTE}, V.NETWORK),
    ({**LOST, "signalling": "cut", "transport": "open", "loss_down": 100}, V.NETWORK),
    ({**LOST, "signalling": "cut", "transport": "open", "loss_down": 99}, V.UNKNOWN),
    ({**LOST, "signalling": "cut", "transport": "open", "rtt_ms": 1500}, V.NETWORK),
    ({**LOST, "signalling": "cut", "transport": "open", "rtt_ms": 1499}, V.UNKNOWN),
    ({**LOST, "signalling": "cut", "transport": "open", **GOOD_MINUTE}, V.UNKNOWN),
    ({**LOST, "signalling": "cut", "transport": "alert", "transport_before_ms": 5}, V.PAGE_CLOSED),
    ({**LOST, "signalling": "cut", "device_failed_ms": 60_000, **GOOD_MINUTE}, V.DEVICE),
    ({**LOST, "signalling": "cut", "device_failed_ms": 60_001, **GOOD_MINUTE}, V.UNKNOWN),
    ({**LOST}, V.UNKNOWN),
    ({"cause": "never_came"}, V.UNKNOWN),
    ({}, V.UNKNOWN),
]


@pytest.mark.parametrize(("values", "said"), TABLE)
def test_the_verdict_says_what_the_facts_say_and_no_more(values, said):
    assert verdict(facts_of(values)) is said


def test_facts_stand_in_a_fixed_order_and_what_was_not_measured_is_empty():
    facts = facts_of({"rtt_ms": 12, "cause": "left"})
    assert [fact.partition("=")[0] for fact in facts] == list(FACTS)
    assert read(facts) == {**dict.fromkeys(FACTS, ""), "rtt_ms": "12", "cause": "left"}


def test_a_fact_is_bounded():
    assert max(len(fact) for fact in facts_of({"transport": "x" * 1000})) == FACT_CHARS_MAX


@pytest.mark.parametrize("nonsense", [("rtt_ms=fast",), ("loss_up=1e9",), ("=",), ("",), ("cause",)])
def test_nonsense_is_no_evidence_against_anybody(nonsense):
    assert verdict((*nonsense, "signalling=cut")) is V.UNKNOWN
