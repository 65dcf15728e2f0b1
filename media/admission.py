"""Who may speak on the one UDP port: finds the transport of a datagram, opens and removes transports.

Sans-IO. STUN is found by our ufrag in USERNAME, everything else by its source address, and only addresses that have
passed an ICE check are in `by_address`. It must never log a packet: strangers are counted, and the counts are logged
at most a few times a minute.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from media.ice import IceCredentials, local_ufrag
from media.transport import STUN_FIRST_MAX, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.addresses import Address
    from media.dtls import Certificate
    from media.ids import PeerId
    from media.settings import MediaSettings
    from media.transport import Outputs

log = logging.getLogger(__name__)

_MINUTE_S = 60.0


class AdmissionError(ValueError):
    """No transport can be opened. reason: "full" (peers_max reached) or "duplicate" (the peer has one)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Admission:
    """All transports of one port.

    by_address: validated source address -> transport; the engine's hot path reads it, nobody else writes it.
    counters: datagrams dropped, by reason.

    An engine that keeps source addresses of its own asks `take_changed` after each `receive` and `timer`, and then
    accepts `addresses` of each transport it gives, in that order. A transport that was lost or closed is not in it.
    """

    def __init__(
        self,
        certificate: Certificate,
        settings: MediaSettings,
        credentials: Callable[[], IceCredentials] = IceCredentials.generate,
    ) -> None:
        self.by_address: dict[Address, Transport] = {}
        self.by_peer: dict[PeerId, Transport] = {}
        self.counters: Counter[str] = Counter()
        self.certificate = certificate
        self._settings = settings
        self._credentials = credentials
        self._by_ufrag: dict[str, Transport] = {}
        self._shown: dict[
            PeerId, tuple[int, tuple[Address, ...]]
        ] = {}  # addresses_version, what by_address has
        self._changed: dict[PeerId, Transport] = {}
        self._logged_at: float | None = None
        self._logged: Counter[str] = Counter()

    def open(
        self, peer: PeerId, remote_fingerprint: bytes, now: float, remote: IceCredentials | None = None
    ) -> Transport:
        """Make the transport of a peer whose offer was accepted; AdmissionError if there is no room.

        remote: ufrag and pwd of the offer; without them no later offer can be told from an ICE restart.
        """
        if peer in self.by_peer:
            raise AdmissionError("duplicate")
        if len(self.by_peer) >= self._settings.peers_max:
            raise AdmissionError("full")
        credentials = self._fresh()
        transport = Transport(
            peer, credentials, self.certificate, remote_fingerprint, self._settings, now, remote
        )
        self.by_peer[peer] = self._by_ufrag[credentials.ufrag] = transport
        return transport

    def renew(self, transport: Transport, remote: IceCredentials, now: float) -> None:
        """Go on with a running transport whose client has made a new offer; `credentials` are the answer's then.

        remote: ufrag and pwd of the new offer. As before: nothing changes. Others: ICE restarts (RFC 8839 §4.4.1.1.1).
        """
        if transport.remote is not None and remote != transport.remote:
            self._drop_ufrags(transport)
            transport.restart(self._fresh(), remote, now)
            self._take_ufrags(transport)
        transport.remote = remote

    def take_changed(self) -> list[Transport]:
        """Give the transports whose validated addresses have changed since the last call, the losing ones first."""
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def close(self, peer: PeerId) -> Outputs:
        """End a peer's transport and take it out; give what is to be sent. Nothing happens if there is none."""
        transport = self.by_peer.get(peer)
        if transport is None:
            return []
        outputs = transport.close()
        self._remove(transport)
        return outputs

    def receive(self, data: bytes, addr: Address, now: float) -> tuple[Transport | None, Outputs]:
        """Take any datagram of the port but RTP and RTCP; give whose it was and what comes of it.

        A transport that gives Lost has been taken out when this returns.
        """
        if not data:
            return self._drop("empty")
        if data[0] <= STUN_FIRST_MAX:
            return self._stun(data, addr, now)
        transport = self.by_address.get(addr)
        if transport is None:
            return self._drop("stranger")
        return transport, self._settle(transport, transport.receive(data, addr, now))

    def timer(self, now: float) -> list[tuple[Transport, Outputs]]:
        """Do what is due for every transport; those that gave Lost have been taken out. About ten times a second."""
        due = [(t, self._settle(t, t.timer(now))) for t in tuple(self.by_peer.values())]
        self._log_counters(now)
        return [(transport, outputs) for transport, outputs in due if outputs]

    def _stun(self, data: bytes, addr: Address, now: float) -> tuple[Transport | None, Outputs]:
        transport = self._by_ufrag.get(local_ufrag(data) or "")
        if transport is None:
            return self._drop("stun-stranger")
        owner = self.by_address.get(addr)
        if owner is not None and owner is not transport and self._holds(owner, addr, now):
            # A check with a forged source must not take a living peer's address away from it.
            return self._drop("address-taken")
        before = transport.ufrags
        outputs = transport.receive(data, addr, now)
        if before != transport.ufrags:
            for ufrag in before:
                self._by_ufrag.pop(ufrag, None)
            self._take_ufrags(transport)
        if outputs and transport.lost is None and addr in transport.addresses:
            self._adopt(transport, addr)
        outputs = self._settle(transport, outputs)
        return (transport, outputs) if outputs else self._drop("stun-refused")

    def _holds(self, owner: Transport, addr: Address, now: float) -> bool:
        # Browsers check every 2.5 s (Chromium) to 6 s (Firefox): half the consent time is a silence that means gone.
        checked = owner.addresses.get(addr)
        return checked is not None and now - checked < self._settings.consent_timeout_s / 2

    def _adopt(self, transport: Transport, addr: Address) -> None:
        owner = self.by_address.get(addr)
        if owner is not None and owner is not transport:
            owner.forget(addr)
            self._sync(owner)
        spare = transport.spare_address()
        if spare is not None:
            transport.forget(spare)

    def _settle(self, transport: Transport, outputs: Outputs) -> Outputs:
        if transport.lost is not None:
            self._remove(transport)
        else:
            self._sync(transport)
        return outputs

    def _sync(self, transport: Transport) -> None:
        """Let by_address show a transport's validated addresses."""
        version = transport.addresses_version
        if self._shown.get(transport.peer, (0, ()))[0] == version:
            return
        self._clear(transport)
        self._shown[transport.peer] = version, tuple(transport.addresses)
        self.by_address.update(dict.fromkeys(transport.addresses, transport))
        self._changed.pop(transport.peer, None)
        self._changed[transport.peer] = transport

    def _clear(self, transport: Transport) -> None:
        for addr in self._shown.pop(transport.peer, (0, ()))[1]:
            if self.by_address.get(addr) is transport:
                del self.by_address[addr]

    def _remove(self, transport: Transport) -> None:
        self.by_peer.pop(transport.peer, None)
        self._changed.pop(transport.peer, None)
        self._drop_ufrags(transport)
        self._clear(transport)

    def _fresh(self) -> IceCredentials:
        credentials = self._credentials()
        while credentials.ufrag in self._by_ufrag:
            credentials = self._credentials()
        return credentials

    def _take_ufrags(self, transport: Transport) -> None:
        self._by_ufrag.update(dict.fromkeys(transport.ufrags, transport))

    def _drop_ufrags(self, transport: Transport) -> None:
        for ufrag in transport.ufrags:
            self._by_ufrag.pop(ufrag, None)

    def _drop(self, reason: str) -> tuple[None, Outputs]:
        self.counters[reason] += 1
        return None, []

    def _log_counters(self, now: float) -> None:
        interval_s = _MINUTE_S / max(1, self._settings.stun_errors_logged_per_minute)
        if self._logged_at is not None and now - self._logged_at < interval_s:
            return
        news = self.counters - self._logged
        self._logged_at, self._logged = now, Counter(self.counters)
        if news:
            log.warning("datagrams dropped since the last line: %s", dict(sorted(news.items())))
