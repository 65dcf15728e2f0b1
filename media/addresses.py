"""Addresses of the one UDP port: canonical spelling, our host candidates, and the form of a client's (RFC 8839). Pure.

An address has one spelling here (`canonical`), or two entries would be one peer. It must never resolve a name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = tuple[str, int]
"""IP and port of one UDP endpoint; the IP as `canonical` spells it, IPv4 or IPv6."""

CANDIDATE_CHARS_MAX = 512  # one candidate of a browser has about 150
REMEMBERED = 4096  # spellings; a flood of forged sources costs work, never memory

_HOST_PREFERENCE = 126  # RFC 8445 §5.1.2.2
_LOCAL_PREFERENCE_MAX = 65535
# RFC 8839 §5.1: foundation, component, transport, priority, address (or name), port, "typ" type, extensions.
_CANDIDATE = re.compile(
    r"(?:a=)?candidate:[A-Za-z0-9+/\-_=]{1,32} [0-9]{1,3} [A-Za-z\-]{1,16} [0-9]{1,10} [!-~]{1,255} [0-9]{1,5}"
    r" typ (?:host|srflx|prflx|relay)(?: [!-~]+)*"
)


def canonical(host: str) -> str:
    """Spell an IP as `ipaddress` does, an IPv4-mapped IPv6 one as IPv4; ValueError for what is none, or has a scope."""
    found = ip_address(host)
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            raise ValueError("scope")
        return str(found.ipv4_mapped or found)
    return str(found)


@lru_cache(REMEMBERED)
def _host(host: str) -> str | None:
    try:
        return canonical(host)
    except ValueError:
        return None


def source(sockaddr: Sequence[Any]) -> Address | None:
    """Give the address of what recvfrom told, of an IPv4 or an IPv6 socket; None for a link-local scope.

    Link-local addresses need a scope to be answered, and are in no answer of ours.
    """
    host = _host(sockaddr[0])
    return None if host is None else (host, sockaddr[1])


def target(address: Address) -> Address:
    """Give where an IPv6 socket that serves both families sends for this address (RFC 4291 §2.5.5.2)."""
    host, port = address
    return address if ":" in host else (f"::ffff:{host}", port)


def gathered(hosts: Iterable[str]) -> tuple[str, ...]:
    """Order a machine's own addresses as RFC 8421 §4 does: the families by turns, IPv6 first; loopback last.

    Link-local, multicast and unspecified ones are left out, and so is what is no address at all.
    """
    known = dict.fromkeys(found for host in hosts if (found := _host(host)) is not None)
    usable = [ip for ip in map(ip_address, known) if not _unusable(ip)]
    # A stable sort: public before private, and within these the system's own order.
    six, four = (
        sorted(
            (ip for ip in usable if ip.version == version and not ip.is_loopback),
            key=lambda ip: ip.is_private,
        )
        for version in (6, 4)
    )
    loopback = sorted((ip for ip in usable if ip.is_loopback), key=lambda ip: ip.version)
    by_turns = (ip for ip in chain.from_iterable(zip_longest(six, four)) if ip is not None)
    return tuple(str(ip) for ip in (*by_turns, *loopback))


def _unusable(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified


def family(host: str) -> str:
    """Give the address type as a session description writes it: "IP4" or "IP6"."""
    return "IP6" if ":" in host else "IP4"


def candidate_lines(addresses: Sequence[Address], first: int = 0) -> tuple[str, ...]:
    """Write our host candidates without "a=", the most wanted first.

    first: how many were told before on this connection; foundations and priorities go on from there.
    """
    return tuple(
        f"candidate:{index + 1} 1 udp {_priority(index)} {host} {port} typ host"
        for index, (host, port) in enumerate(addresses, first)
    )


def _priority(index: int) -> int:
    """RFC 8445 §5.1.2.1: host candidates, component 1."""
    return (_HOST_PREFERENCE << 24) | (max(0, _LOCAL_PREFERENCE_MAX - index) << 8) | 255


def is_candidate(text: str) -> bool:
    """Say whether a client's trickled candidate has the form of one; "" says that there are no more (RFC 8838 §13).

    A lite agent needs none of them: it learns addresses from checks.
    """
    return text == "" or (len(text) <= CANDIDATE_CHARS_MAX and _CANDIDATE.fullmatch(text) is not None)
