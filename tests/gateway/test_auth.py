"""Signed links and the Origin rule: what is not exactly ours is not ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.auth import Auth
from server.gateway.errors import Forbidden
from server.gateway.settings import GatewaySettings
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.pure

PATH = "/media/hearing-1/plaintiff.webm"
HOST = "court.example:8443"


def auth(clock: FakeClock | None = None, *, origins: tuple[str, ...] = (), key: bytes = b"k" * 32) -> Auth:
    clock = clock or FakeClock()
    nothing: Any = None
    return Auth(
        cases=nothing,
        settings=GatewaySettings(link_lifetime_s=3600),
        public_origins=origins,
        link_key=key,
        now_ms=clock.now_ms,
        monotonic=clock.monotonic,
    )


def parts(link: str) -> tuple[str, str, str]:
    path, _, query = link.partition("?")
    fields = dict(pair.split("=") for pair in query.split("&"))
    return path, fields["e"], fields["s"]


def works(gate: Auth, path: str, expires: str, mac: str) -> bool:
    try:
        gate.check_signed(path, expires, mac)
    except Forbidden as forbidden:
        assert (forbidden.reason, forbidden.status) == ("link_expired", 403)
        return False
    return True


def test_a_link_works_for_its_lifetime_and_not_longer() -> None:
    clock = FakeClock()
    gate = auth(clock)
    link = parts(gate.sign(PATH))
    assert works(gate, *link)
    clock.move(3_600_000)
    assert works(gate, *link)
    clock.move(61_000)
    assert not works(gate, *link)


def test_a_page_that_is_polled_keeps_its_links() -> None:
    clock = FakeClock(60_000 * 1000)
    gate = auth(clock)
    first = gate.sign(PATH)
    clock.move(59_999)
    assert gate.sign(PATH) == first
    clock.move(1)
    assert gate.sign(PATH) != first


def test_an_edited_link_is_worth_nothing() -> None:
    gate = auth()
    path, expires, mac = parts(gate.sign(PATH))
    assert not works(gate, "/media/hearing-1/defendant.webm", expires, mac)
    assert not works(gate, "/media/hearing-2/plaintiff.webm", expires, mac)
    assert not works(gate, path, str(int(expires) + 1), mac)
    assert not works(gate, path, expires, mac[:-1] + ("0" if mac[-1] != "0" else "1"))
    assert not works(gate, path, expires, mac.upper())
    assert not works(auth(key=b"x" * 32), path, expires, mac)


@pytest.mark.parametrize(
    "expires", ["", "x", "-1", "1.0", "１２３", "9" * 13, "9" * 5000, " 1", "0x1", "1\n"]
)
def test_a_time_that_is_none_is_worth_nothing(expires: str) -> None:
    gate = auth()
    assert not works(gate, PATH, expires, parts(gate.sign(PATH))[2])


@given(st.text(), st.text(), st.text())
def test_no_invented_link_works_or_breaks_anything(path: str, expires: str, mac: str) -> None:
    assert not works(auth(), path, expires, mac)


@pytest.mark.parametrize("mac", ["é", "\udcff", "", "中"])
def test_a_signature_of_odd_letters_is_only_wrong(mac: str) -> None:
    gate = auth()
    path, expires, _ = parts(gate.sign(PATH))
    assert not works(gate, path, expires, mac)


@dataclass
class Request:
    """What the rule reads of a request."""

    host: str
    headers: dict[str, str]


def allowed(gate: Auth, origin: str | None, host: str = HOST) -> bool:
    request: Any = Request(host, {} if origin is None else {"Origin": origin})
    try:
        gate.check_origin(request)
    except Forbidden as forbidden:
        assert (forbidden.reason, forbidden.status) == ("origin", 403)
        return False
    return True


FOREIGN = [
    None,
    "",
    "null",
    "https://evil.example",
    "https://court.example",  # no port: another origin
    "https://court.example:443",
    "https://court.example:8444",
    "https://court.example:8443.evil.example",
    "https://court.example:84430",
    "https://evil-court.example:8443",
    "https://x.court.example:8443",
    "https://court.example:8443/",
    "https://court.example:8443/path",
    "https://user@court.example:8443",
    "https://court.example:8443 ",
    "HTTPS://court.example:8443",
    "https://COURT.example:8443",
    "wss://court.example:8443",
    "file://court.example:8443",
    "court.example:8443",
    "//court.example:8443",
    "http://[",
    "https://[::1",
    "https://court.example:8443, https://evil.example",
    "https://court.example:8443\u0000",
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_is_refused(origin: str | None) -> None:
    assert not allowed(auth(), origin)
    assert not allowed(auth(origins=("https://court.example:8443",)), origin)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_without_a_list_the_host_that_was_asked_may(scheme: str) -> None:
    """Both schemes: behind a TLS proxy the page is https and we are asked by http."""
    assert allowed(auth(), f"{scheme}://{HOST}")


def test_with_a_list_only_the_list_may() -> None:
    gate = auth(origins=("https://a.example", "https://b.example:444"))
    assert allowed(gate, "https://a.example")
    assert allowed(gate, "https://b.example:444")
    assert not allowed(gate, "http://a.example")
    assert not allowed(gate, f"https://{HOST}"), "not even the host itself"


def test_a_host_that_is_none_opens_nothing() -> None:
    assert not allowed(auth(), "http://", host="")
