"""SRTP and SRTCP of one peer, both ways, around libsrtp (RFC 3711, RFC 7714). Raises SrtpError and nothing else.

It must never end a session because of bad packets: a packet that fails is one packet that failed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pylibsrtp import Error, Policy, Session

if TYPE_CHECKING:
    from media.srtp_keys import SrtpKeys, SrtpProfile

REPLAY_WINDOW_PACKETS = 1024  # late packets of a bad network still pass; RFC 3711 asks for 64 at least
REMOTE_SSRCS_MAX = (
    64  # libsrtp keeps state for each SSRC that authenticates; a hostile peer could name millions
)

_RTP_BYTES_MIN = 12
_RTCP_BYTES_MIN = 8


class SrtpError(ValueError):
    """The packet is not protected by this session's keys, is a replay, or cannot be handled. reason: stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SrtpSession:
    """Protects what we send and unprotects what the peer sends."""

    def __init__(self, keys: SrtpKeys) -> None:
        self.keys = keys
        self.profile = keys.profile.name
        self._ssrcs: set[bytes] = set()

    # Made when first used: an engine that does its own SRTP never needs them.
    @cached_property
    def _tx(self) -> Session:
        return Session(_policy(self.keys.profile, self.keys.send, Policy.SSRC_ANY_OUTBOUND))

    @cached_property
    def _rx(self) -> Session:
        return Session(_policy(self.keys.profile, self.keys.receive, Policy.SSRC_ANY_INBOUND))

    def protect(self, rtp: bytes) -> bytes:
        """Give the SRTP packet of an RTP packet (at most 1356 bytes); SrtpError otherwise."""
        try:
            return bytes(self._tx.protect(rtp))
        except (Error, ValueError) as error:
            raise SrtpError("protect") from error

    def unprotect(self, srtp: bytes) -> bytes:
        """Give the RTP packet of an SRTP packet; SrtpError if it is forged, replayed, too old or malformed."""
        if len(srtp) < _RTP_BYTES_MIN:
            raise SrtpError("short")
        ssrc = srtp[8:12]
        if ssrc not in self._ssrcs:
            self._room_for_ssrc()
        try:
            rtp = bytes(self._rx.unprotect(srtp))
        except (Error, ValueError) as error:
            raise SrtpError("unprotect") from error
        self._ssrcs.add(ssrc)
        return rtp

    def protect_rtcp(self, rtcp: bytes) -> bytes:
        """Give the SRTCP packet of a compound or reduced-size RTCP packet; SrtpError otherwise."""
        if len(rtcp) < _RTCP_BYTES_MIN:
            raise SrtpError("short")
        try:
            return bytes(self._tx.protect_rtcp(rtcp))
        except (Error, ValueError) as error:
            raise SrtpError("protect-rtcp") from error

    def unprotect_rtcp(self, srtcp: bytes) -> bytes:
        """Give the RTCP packet of an SRTCP packet; SrtpError if it is forged, replayed or malformed."""
        if len(srtcp) < _RTCP_BYTES_MIN:
            raise SrtpError("short")
        ssrc = srtcp[4:8]
        if ssrc not in self._ssrcs:
            self._room_for_ssrc()
        try:
            rtcp = bytes(self._rx.unprotect_rtcp(srtcp))
        except (Error, ValueError) as error:
            raise SrtpError("unprotect-rtcp") from error
        self._ssrcs.add(ssrc)
        return rtcp

    def _room_for_ssrc(self) -> None:
        if len(self._ssrcs) >= REMOTE_SSRCS_MAX:
            raise SrtpError("ssrcs")


def _policy(profile: SrtpProfile, key: bytes, ssrc_type: int) -> Policy:
    policy = Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile.number)
    policy.window_size = REPLAY_WINDOW_PACKETS
    policy.allow_repeat_tx = False  # the same index twice under GCM would give the key away
    return policy
