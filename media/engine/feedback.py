"""RTCP of the Python engine: what clients say, and what they are told (sans-IO).

Receivers' NACKs are answered here and their wishes for key frames passed up, at a bounded rate; the
publishers' sender reports become reports of the lines they feed. It never forwards a client's RTCP as is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media import rtcp, transport_cc
from media.ids import Kind
from media.layers import heed
from media.taps import TapReport
from media.uplink import NEVER

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Collection

    from media.downlink import Downlink, Line
    from media.engine.python import Port
    from media.settings import MediaSettings
    from media.uplink import Publisher, Stream

_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_CLOCK_JUMP = 1 << 32  # one second of NTP time: a publisher's clock was set, the shift is taken anew


def ntp_of(wall_ns: int) -> int:
    """64 bit NTP time of a wall clock time in nanoseconds since 1970."""
    return ((wall_ns + _NTP_EPOCH_S * 1_000_000_000) << 32) // 1_000_000_000


class Feedback:
    """RTCP in and out for all ports of one engine."""

    def __init__(self, settings: MediaSettings, counters: Counter[str], wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._counters = counters
        self._wall_ns = wall_ns
        self._report_at = NEVER
        self._remb_at = NEVER
        self._transport_at = NEVER

    # -- in ------------------------------------------------------------------------------------------------

    def receive(self, port: Port, data: bytes, now: float) -> None:
        """Take one SRTCP datagram. Raises SrtpError or ValueError for what is not RTCP of this peer."""
        second = int(now)
        if second != port.rtcp_second:
            port.rtcp_second = second
            port.rtcp_left = self._settings.rtcp_per_second_max
        if port.rtcp_left <= 0:
            self._counters["rtcp_flood"] += 1
            return
        port.rtcp_left -= 1
        if port.unprotect_rtcp is None:
            return
        plain = port.unprotect_rtcp(data)
        port.down.told.at = now
        for part in rtcp.parts(plain):
            if part.kind in (rtcp.SR, rtcp.RR):
                self._report(port, part, now)
            elif part.kind == rtcp.RTPFB and part.form == rtcp.FMT_NACK:
                self._nack(port.down, part.body, now)
            elif part.kind == rtcp.RTPFB and part.form == transport_cc.FMT_TRANSPORT_CC:
                self._counters["transport_cc_in"] += 1  # not read until an estimator asks for it
            elif part.kind == rtcp.PSFB:
                self._payload_feedback(port.down, part, now)

    def _report(self, port: Port, part: rtcp.Part, now: float) -> None:
        blocks = [one for one in rtcp.report_blocks(part) if one.ssrc in port.down.by_ssrc]
        if blocks:
            port.down.fraction_lost = max(one.fraction_lost for one in blocks)
        for one in blocks:
            line = port.down.by_ssrc[one.ssrc]
            line.fraction_lost = one.fraction_lost
            port.down.told.take(one, line.packets, now)
        if part.kind != rtcp.SR:
            return
        report = rtcp.sender_report(part.body)
        stream = port.publisher.streams.get(report.ssrc)
        if stream is None or not stream.permitted:
            return
        wall_ns = self._wall_ns()
        shift = ntp_of(wall_ns) - report.ntp
        if port.publisher.ntp_shift is None or abs(shift - port.publisher.ntp_shift) > _CLOCK_JUMP:
            port.publisher.ntp_shift = shift
        stream.reception.note_sender_report(report.ntp, now)
        stream.report, stream.report_ns = report, wall_ns
        for line in stream.lines:
            self.report_line(port.publisher, stream, line, now)
        if stream.feeds:
            item = self.tap_report(stream, report)
            for feed in stream.feeds:
                feed.tap.offer(item)

    def report_line(self, publisher: Publisher, stream: Stream, line: Line, now: float) -> None:
        """Send a line's own sender report, if its stream has had one.

        Every publisher's NTP time is moved onto the server's clock by one constant a publisher: lips stay
        in step (sound and picture move alike) and a slot's clock does not jump when its source changes.
        """
        if stream.report is not None and publisher.ntp_shift is not None:
            ntp = stream.report.ntp + publisher.ntp_shift
            line.down.told.note_sent(line.ssrc, ntp, now)
            line.down.send_rtcp(line.sender_report(stream.report, ntp))

    @staticmethod
    def tap_report(stream: Stream, report: rtcp.SenderReport) -> TapReport:
        """Build what a tap is told of a sender report."""
        return TapReport(stream.track, stream.ssrc, report.ntp, report.rtp, stream.report_ns)

    def _nack(self, down: Downlink, body: bytes, now: float) -> None:
        line = down.by_ssrc.get(rtcp.feedback_target(body))
        if line is not None:
            self._counters["nacks_in"] += 1
            self._counters["repeated"] += line.repeat(rtcp.nack_sequences(body), now)

    def _payload_feedback(self, down: Downlink, part: rtcp.Part, now: float) -> None:
        if part.form == rtcp.FMT_PLI:
            self._want_key(down, rtcp.feedback_target(part.body))
        elif part.form == rtcp.FMT_FIR:
            for ssrc in rtcp.fir_targets(part.body):
                self._want_key(down, ssrc)
        elif part.form == rtcp.FMT_REMB:
            bitrate = rtcp.remb_bitrate(part.body)
            if bitrate is not None:
                down.budget = heed(down.budget, bitrate, down.sending(), now)

    def _want_key(self, down: Downlink, ssrc: int) -> None:
        line = down.by_ssrc.get(ssrc)
        if line is not None and line.kind is Kind.VIDEO and line.current is not None:
            self._counters["key_requests_in"] += 1
            line.current.pli_wanted = True

    # -- out -----------------------------------------------------------------------------------------------

    def timer(self, ports: Collection[Port], now: float) -> None:
        """Send what is due to publishers: NACK, PLI, receiver reports, REMB or transport-wide feedback."""
        reports = now - self._report_at >= self._settings.rtcp_report_interval_s
        remb = now - self._remb_at >= self._settings.remb_interval_s
        arrivals = now - self._transport_at >= self._settings.transport_cc_interval_s
        if reports:
            self._report_at = now
        if remb:
            self._remb_at = now
        if arrivals:
            self._transport_at = now
        for port in ports:
            if not port.down.linked:
                continue
            packet = self._requests(port.publisher, now)
            if remb:
                packet += port.publisher.remb(self._settings.remb_bitrate_bps)
            if reports:
                packet = port.publisher.reports(now) + packet
            port.down.send_rtcp(packet)
            if arrivals and port.publisher.arrivals is not None:
                for one in port.publisher.arrivals.feedback(now):  # each nearly fills a datagram
                    self._counters["transport_cc_out"] += 1
                    port.down.send_rtcp(one)

    def _requests(self, publisher: Publisher, now: float) -> bytes:
        packet = b""
        for stream in publisher.tracks[Kind.VIDEO]:
            if not stream.permitted:
                continue
            if stream.reception.missing and (stream.lines or stream.feeds):  # nobody's loss is not repaired
                wanted = stream.reception.due(
                    now, self._settings.nack_interval_s, self._settings.nack_attempts_max
                )
                if wanted:
                    self._counters["nacks_out"] += 1
                    packet += rtcp.build_nack(stream.ssrc, wanted)
            if stream.key_missed(now, self._settings.taped_keyframe_interval_s):
                stream.pli_wanted = True
            if stream.pli_due(now, self._settings.pli_interval_s):
                self._counters["plis_out"] += 1
                packet += rtcp.build_pli(stream.ssrc)
        return packet
