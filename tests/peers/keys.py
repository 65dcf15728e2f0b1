"""DTLS client and SRTP of the test client, over memory BIOs."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session

_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    b"SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}
ALL_PROFILES = b":".join(_PROFILES)


class DtlsClient:
    """One client handshake. Feed datagrams to `receive`, send what `flush` gives."""

    def __init__(self, profiles: bytes = ALL_PROFILES) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
        born = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(born)
            .not_valid_after(born + dt.timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = certificate.fingerprint(hashes.SHA256())
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        context.set_tlsext_use_srtp(profiles)
        self.ssl = SSL.Connection(context, None)
        self.ssl.set_ciphertext_mtu(1200)
        self.ssl.set_connect_state()
        self.done = False
        self.closed = False

    def step(self) -> list[bytes]:
        """Go on with the handshake, or read alerts after it; give the datagrams to send."""
        try:
            if self.done:
                self.ssl.recv(65536)
            else:
                self.ssl.do_handshake()
                self.done = True
        except SSL.WantReadError:
            pass
        except SSL.Error:  # close_notify or a fatal alert
            self.closed = True
        return self.flush()

    def receive(self, data: bytes) -> list[bytes]:
        """Take one datagram."""
        self.ssl.bio_write(data)
        return self.step()

    def retransmit(self) -> list[bytes]:
        """Repeat the last flight if its time has come."""
        if self.done or self.closed:
            return []
        self.ssl.DTLSv1_handle_timeout()
        return self.flush()

    def close(self) -> list[bytes]:
        """Say close_notify."""
        if not self.done or self.closed:
            return []
        self.closed = True
        self.ssl.shutdown()
        return self.flush()

    def flush(self) -> list[bytes]:
        """Give what OpenSSL wrote; a client flight fits one datagram."""
        out = []
        while True:
            try:
                out.append(self.ssl.bio_read(65536))
            except SSL.WantReadError:
                return out

    def server_fingerprint(self) -> bytes:
        """SHA-256 of the server's certificate."""
        certificate = self.ssl.get_peer_certificate(as_cryptography=True)
        assert certificate is not None
        return certificate.fingerprint(hashes.SHA256())

    def sessions(self) -> tuple[Session, Session]:
        """SRTP sessions: sending and receiving. Replays may be sent: the client is allowed to misbehave."""
        number, k, s = _PROFILES[self.ssl.get_selected_srtp_profile()]
        out = self.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (k + s))
        mine = out[:k] + out[2 * k : 2 * k + s]
        theirs = out[k : 2 * k] + out[2 * k + s :]
        tx = Policy(key=mine, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=number)
        tx.allow_repeat_tx = True
        rx = Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=number)
        rx.window_size = 1024
        return Session(tx), Session(rx)
