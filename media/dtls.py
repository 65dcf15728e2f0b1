"""The DTLS server of one peer, over memory BIOs (RFC 6347, RFC 5764). Gives SRTP keys; carries no data.

Sans-IO, with one exception that cannot be helped: OpenSSL measures the age of its last flight by its own clock.
It must never accept a certificate that the offer did not name, and never fail because of a forged datagram alone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from struct import unpack_from

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL, crypto

from media.srtp_keys import PROFILES, SrtpKeys

MTU_BYTES = 1200  # of one datagram; passes every path that carries WebRTC
RESTARTS_MAX = 8  # handshakes begun anew after nonsense arrived, before the peer is given up
CERTIFICATE_DAYS = 365
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
    b":ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
)

_ALERT = 21
_DTLS_1_2 = 0xFEFD
_RECORD_HEADER_BYTES = 13
_READ_BYTES = 65536
_EXPORT_LABEL = b"EXTRACTOR-dtls_srtp"
# RFC 6347 §4.1: DTLS 1.0 stands in the first ClientHello of some clients, 1.2 everywhere else.
_VERSIONS = (0xFEFF, _DTLS_1_2)


class DtlsState(StrEnum):
    """Where the handshake is."""

    HANDSHAKING = "handshaking"
    CONNECTED = "connected"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Our self-signed ECDSA P-256 certificate, made at start; fingerprint: its SHA-256."""

    context: SSL.Context
    fingerprint: bytes

    @classmethod
    def generate(cls, now_ns: int) -> Certificate:
        """Make a key and a certificate valid from a day before now_ns (wall clock, UTC, nanoseconds)."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "yunting")])
        now = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
            .sign(key, hashes.SHA256())
        )
        return cls(_context(certificate, key), certificate.fingerprint(hashes.SHA256()))


@dataclass(slots=True)
class _Expected:
    """What the verification callback of a connection is told and tells (the context is shared by all peers)."""

    fingerprint: bytes
    matched: bool | None = None  # None: no certificate was shown yet


class DtlsServer:
    """One handshake, then one close. failure is "fingerprint", "profile" or "handshake" once state is FAILED."""

    def __init__(self, certificate: Certificate, remote_fingerprint: bytes) -> None:
        self._context = certificate.context
        self._expected = _Expected(remote_fingerprint)
        self._restarts = 0
        self._ssl = self._fresh()
        self.state = DtlsState.HANDSHAKING
        self.failure: str | None = None
        self.keys: SrtpKeys | None = None
        self.ignored = 0  # datagrams that were no DTLS records, or that OpenSSL refused after the handshake

    def receive(self, data: bytes, now: float) -> list[bytes]:  # noqa: ARG002  sans-IO: every part is told the time
        """Take one datagram; give the datagrams to send back."""
        if self.state in {DtlsState.FAILED, DtlsState.CLOSED}:
            return []
        if not _is_records(data):
            self.ignored += 1
            return []
        self._ssl.bio_write(data)
        if self.state is DtlsState.HANDSHAKING:
            return self._handshake()
        self._drain()
        return self._flush()

    def timer(self, now: float) -> list[bytes]:  # noqa: ARG002  sans-IO: every part is told the time
        """Give the last flight again if OpenSSL says that it is due (RFC 6347 §4.2.4). Call a few times a second."""
        if self.state is not DtlsState.HANDSHAKING:
            return []
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            # Too many timeouts: OpenSSL gives up, the set-up timeout of the transport does the rest.
            return []
        return self._flush()

    def close(self) -> list[bytes]:
        """Say goodbye (close_notify); give the datagrams to send."""
        if self.state is not DtlsState.CONNECTED:
            self.state = DtlsState.CLOSED
            return []
        self.state = DtlsState.CLOSED
        return self._shutdown()

    def _handshake(self) -> list[bytes]:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return self._flush()
        except SSL.Error:
            if self._expected.matched is False:
                self.state, self.failure = DtlsState.FAILED, "fingerprint"
                return self._flush()  # the alert: the peer learns at once
            return self._begin_anew()
        sent = self._flush()
        failure = self._accept()
        if failure is None:
            self.state = DtlsState.CONNECTED
            self._drain()  # what came in the same datagram as the client's Finished
            return sent + self._flush()
        self.state, self.failure = DtlsState.FAILED, failure
        return sent + self._shutdown()

    def _accept(self) -> str | None:
        """Take the keys; give the failure, if any."""
        if self._expected.matched is not True:
            return "fingerprint"
        chosen = self._ssl.get_selected_srtp_profile().decode("ascii", "replace")
        profile = next((p for p in PROFILES if p.name == chosen), None)
        if profile is None:
            return "profile"
        k, s = profile.key_bytes, profile.salt_bytes
        out = self._ssl.export_keying_material(_EXPORT_LABEL, 2 * (k + s))
        client_key, server_key = out[:k], out[k : 2 * k]
        client_salt, server_salt = out[2 * k : 2 * k + s], out[2 * k + s :]
        self.keys = SrtpKeys(profile, send=server_key + server_salt, receive=client_key + client_salt)
        return None

    def _begin_anew(self) -> list[bytes]:
        # Before the keys are agreed anyone may have written this datagram (RFC 6347 §4.1.2.7), so OpenSSL's alert
        # is not sent: it would end the true peer's handshake. The peer repeats its ClientHello by its own timer.
        self._restarts += 1
        if self._restarts > RESTARTS_MAX:
            self.state, self.failure = DtlsState.FAILED, "handshake"
            return self._flush()
        self._ssl = self._fresh()
        return []

    def _drain(self) -> None:
        """Read what there is: no application data is wanted, but alerts and repeated flights are."""
        while True:
            try:
                self._ssl.recv(_READ_BYTES)
            except SSL.WantReadError:
                return
            except SSL.ZeroReturnError:
                self.state = DtlsState.CLOSED
                return
            except SSL.Error:
                # Only SRTP and ICE consent may end a session that stands; a fatal alert shows as a shutdown.
                self.ignored += 1
                if self._ssl.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
                    self.state = DtlsState.CLOSED
                return

    def _shutdown(self) -> list[bytes]:
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return []
        return self._flush()

    def _flush(self) -> list[bytes]:
        written = bytearray()
        while True:
            try:
                written += self._ssl.bio_read(_READ_BYTES)
            except SSL.WantReadError:
                return _datagrams(bytes(written))

    def _fresh(self) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        connection.set_ciphertext_mtu(MTU_BYTES)
        connection.set_accept_state()
        self._expected.matched = None
        connection.set_app_data(self._expected)
        return connection


def _context(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.set_min_proto_version(_DTLS_1_2)
    context.set_options(
        SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION
    )
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # a resumed session would show no certificate
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # 32 KiB less a peer, as long as nothing is on its way
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(CIPHERS)
    context.set_tlsext_use_srtp(":".join(profile.name for profile in PROFILES).encode())
    return context


def _verify(connection: SSL.Connection, certificate: crypto.X509, _error: int, depth: int, _ok: int) -> bool:
    """Compare the leaf with the offer. It is self-signed: its fingerprint is the whole check (RFC 8827 §6.5)."""
    expected: _Expected = connection.get_app_data()
    if depth == 0:
        found = certificate.to_cryptography().fingerprint(hashes.SHA256())
        expected.matched = hmac.compare_digest(found, expected.fingerprint)
    return expected.matched is not False


def _is_records(data: bytes) -> bool:
    """Say whether a datagram is whole DTLS records, as far as their headers tell, and worth OpenSSL's time.

    An alert in the clear (epoch 0) is not: anyone can write one, and a true one only ends what the set-up timeout
    ends anyway.
    """
    at, end = 0, len(data)
    while at + _RECORD_HEADER_BYTES <= end:
        kind, version, epoch, length = unpack_from("!BHH6xH", data, at)
        if version not in _VERSIONS or (kind == _ALERT and epoch == 0):
            return False
        at += _RECORD_HEADER_BYTES + length
    return at == end and end > 0


def _datagrams(records: bytes) -> list[bytes]:
    """Cut what OpenSSL wrote into datagrams: a memory BIO forgets where one ended. Records stay whole."""
    out: list[bytes] = []
    start = at = 0
    while at + _RECORD_HEADER_BYTES <= len(records):
        (length,) = unpack_from("!H", records, at + 11)
        after = at + _RECORD_HEADER_BYTES + length
        if after - start > MTU_BYTES and at > start:
            out.append(records[start:at])
            start = at
        at = after
    if start < len(records):
        out.append(records[start:])
    return out
