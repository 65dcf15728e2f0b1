/**
 * Duty: an RTCPeerConnection of a tab: what it sends (microphone, camera in three layers; or a screen), the fixed downlink
 * slots it receives; looking for another way when the one it has breaks (ICE restart), and making a new connection when
 * there is none.
 * Must never know seats or rights: slot i is a stream, whose it is says the view.
 */
import { waitMs } from './backoff'
import { LINE_LOST, type OfferOutcome } from './protocol'

export const PEER_LIMITS = {
  gatherMs: 500,
  /** Silence of the server on the way there is, before another one is looked for. */
  disconnectedMs: 2000,
  /** From the offer of a restart until another way has to be there. */
  restartMs: 6000,
  /** Without a line there is nobody to offer to: asked for so often, and so long; the server waits 15 s (RFC 7675). */
  lineMs: 250,
  lineMostMs: 10_000,
  firstMs: 300,
  mostMs: 3000,
  /** A connection that has not come up by then is given up. */
  connectMs: 8000,
} as const

/** Lowest first: a server that answers without simulcast gets the first one only. */
export const ENCODINGS: RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
]

/** A screen is text: one sharp layer, few pictures a second. */
export const SCREEN_ENCODINGS: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000, maxFramerate: 10 }]

export type PeerPhase = 'idle' | 'connecting' | 'connected' | 'failed'

export interface PeerParts {
  /** Sends an offer, gives the server's answer. */
  signal: (sdp: string) => Promise<OfferOutcome>
  create: (relays: RTCIceServer[]) => RTCPeerConnection
  /** Ways round a network that lets nothing through, with credentials good now; asked before each search for a way. */
  relays: () => RTCIceServer[]
  /** Is the line to the server open, so that an offer can be sent at all? */
  ready: () => boolean
  /** "screen": sends a picture only, of a screen. */
  source?: 'main' | 'screen'
}

export class Peer {
  pc: RTCPeerConnection | null = null
  phase: PeerPhase = 'idle'
  /** Stream of each downlink slot pair, in the order offered. */
  streams: readonly MediaStream[] = []

  private audio: MediaStreamTrack | null = null
  private video: MediaStreamTrack | null = null
  private publishes = true
  private slots = 0
  private wanted = false
  private tries = 0
  private timer = 0
  /** Since when another way is looked for on the connection there is (performance.now()); null: not now. */
  private restarting: number | null = null
  private listeners = new Set<() => void>()

  constructor(private readonly parts: PeerParts) {}

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Wants a connection with so many downlink slot pairs; makes one if there is none alive. */
  want(slots: number, publishes: boolean): void {
    const same = this.wanted && slots === this.slots && publishes === this.publishes
    this.wanted = true
    this.slots = slots
    this.publishes = publishes
    if (!same || !this.alive()) this.renew()
  }

  alive(): boolean {
    const pc = this.pc
    if (pc !== null && this.restarting !== null) return true
    return pc !== null && this.phase !== 'failed' && pc.connectionState !== 'failed' && pc.connectionState !== 'closed'
  }

  /** Sends these from now on, on the connection there is and on each later one. */
  async setTracks(audio: MediaStreamTrack | null, video: MediaStreamTrack | null): Promise<void> {
    this.audio = audio
    this.video = video
    const sending = this.pc?.getTransceivers() ?? []
    const [a, v] = this.parts.source === 'screen' ? [undefined, ...sending] : sending
    if (!this.publishes) return
    await Promise.all([a?.sender.replaceTrack(audio), v?.sender.replaceTrack(video)]).catch(() => this.renew())
  }

  /** The media transport is gone: make a new connection. */
  renew(): void {
    window.clearTimeout(this.timer)
    this.drop()
    if (!this.wanted || !this.parts.ready()) {
      this.become('idle')
      return
    }
    void this.connect()
  }

  /** The network of this machine may be another one: looks for a way there before the old one is missed. */
  networkChanged(): void {
    if (this.pc && this.phase === 'connected') void this.restart(this.pc)
  }

  /** The server can be reached elsewhere too. */
  addCandidates(candidates: readonly string[]): void {
    for (const candidate of candidates) {
      // Before the answer is there it is refused, and the answer will name it.
      void this.pc?.addIceCandidate({ candidate, sdpMLineIndex: 0 }).catch(() => undefined)
    }
  }

  close(): void {
    this.wanted = false
    window.clearTimeout(this.timer)
    this.drop()
    this.become('idle')
  }

  private async connect(): Promise<void> {
    const pc = this.parts.create(this.parts.relays())
    this.pc = pc
    this.become('connecting')
    this.watch(pc)
    this.lay(pc)
    try {
      await pc.setLocalDescription(await pc.createOffer())
      await gathered(pc, PEER_LIMITS.gatherMs)
      if (pc !== this.pc) return
      const answer = await this.parts.signal(pc.localDescription?.sdp ?? '')
      if (pc !== this.pc) return
      if (!answer.ok) {
        this.fail(pc)
        return
      }
      await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    } catch {
      // A browser that cannot offer or take the answer: shown as failed, and tried again.
      this.fail(pc)
    }
  }

  /** The m-lines in the order the server counts them: own audio, own video, then the slot pairs. */
  private lay(pc: RTCPeerConnection): void {
    const direction: RTCRtpTransceiverDirection = this.publishes ? 'sendonly' : 'inactive'
    if (this.parts.source === 'screen') {
      if (this.video) this.video.contentHint = 'detail'
      pc.addTransceiver(this.video ?? 'video', { direction, sendEncodings: SCREEN_ENCODINGS })
      this.streams = []
      return
    }
    pc.addTransceiver(this.publishes ? (this.audio ?? 'audio') : 'audio', { direction })
    pc.addTransceiver(this.publishes ? (this.video ?? 'video') : 'video', {
      direction,
      ...(this.publishes ? { sendEncodings: ENCODINGS } : {}),
    })
    const streams: MediaStream[] = []
    for (let i = 0; i < this.slots; i++) {
      const audio = pc.addTransceiver('audio', { direction: 'recvonly' })
      const video = pc.addTransceiver('video', { direction: 'recvonly' })
      streams.push(new MediaStream([audio.receiver.track, video.receiver.track]))
    }
    this.streams = streams
  }

  /** Offers anew on the same connection (RFC 8829 4.1.5): its tracks and keys stay, only the way may be another one. */
  private async restart(pc: RTCPeerConnection): Promise<void> {
    if (pc !== this.pc || this.restarting !== null) return
    const began = performance.now()
    this.restarting = began
    if (pc.connectionState !== 'connected') this.become('connecting')
    try {
      const answer = await this.offered(pc, began)
      if (pc !== this.pc || this.restarting !== began) return
      if (answer !== null) {
        if (!answer.ok || !answer.continued) {
          // The server has given the transport up: no way leads to it.
          this.renew()
          return
        }
        await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
        await pause(PEER_LIMITS.restartMs)
      }
    } catch {
      // A browser that cannot do it: a new connection is left.
    }
    if (pc !== this.pc) return
    this.restarting = null
    if (pc.connectionState !== 'connected') this.fail(pc)
  }

  /** The server's word on a restart; null: there was no line for too long. The line lies on the network that broke: an
   * offer that was lost with it says nothing about the transport, and is made anew on the next one. */
  private async offered(pc: RTCPeerConnection, began: number): Promise<OfferOutcome | null> {
    for (;;) {
      while (!this.parts.ready()) {
        if (performance.now() - began > PEER_LIMITS.lineMostMs) return null
        await pause(PEER_LIMITS.lineMs)
        if (pc !== this.pc || this.restarting !== began) return null
      }
      // The credentials of the first search may have ended.
      pc.setConfiguration(configuration(this.parts.relays()))
      pc.restartIce()
      await pc.setLocalDescription(await pc.createOffer())
      const answer = await this.parts.signal(pc.localDescription?.sdp ?? '')
      if (answer.ok || answer.reason !== LINE_LOST || pc !== this.pc || this.restarting !== began) return answer
      if (performance.now() - began > PEER_LIMITS.lineMostMs) return null
      await pause(PEER_LIMITS.lineMs)
    }
  }

  private watch(pc: RTCPeerConnection): void {
    let doubt = window.setTimeout(() => this.fail(pc), PEER_LIMITS.connectMs)
    let up = false
    const look = (): void => {
      if (pc !== this.pc) {
        window.clearTimeout(doubt)
        return
      }
      const ice = pc.iceConnectionState
      if (ice === 'failed' || pc.connectionState === 'failed') {
        window.clearTimeout(doubt)
        // One that never came up has nothing to keep.
        if (up) void this.restart(pc)
        else this.fail(pc)
      } else if (ice === 'disconnected') {
        window.clearTimeout(doubt)
        doubt = window.setTimeout(() => void this.restart(pc), PEER_LIMITS.disconnectedMs)
      } else if (pc.connectionState === 'connected') {
        window.clearTimeout(doubt)
        this.tries = 0
        up = true
        this.become('connected')
      }
    }
    pc.addEventListener('iceconnectionstatechange', look)
    pc.addEventListener('connectionstatechange', look)
  }

  private fail(pc: RTCPeerConnection): void {
    if (pc !== this.pc) return
    this.drop()
    this.become('failed')
    const wait = waitMs(this.tries++, PEER_LIMITS, Math.random)
    window.clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.renew(), wait)
  }

  private drop(): void {
    const pc = this.pc
    this.pc = null
    this.restarting = null
    this.streams = []
    pc?.close()
  }

  private become(phase: PeerPhase): void {
    this.phase = phase
    for (const listener of this.listeners) listener()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => window.setTimeout(resolve, ms))
}

/** Resolves when all candidates are known, or after `ms`: the server is ICE-lite and takes what there is. */
function gathered(pc: RTCPeerConnection, ms: number): Promise<void> {
  if (pc.iceGatheringState === 'complete') return Promise.resolve()
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms)
    pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState !== 'complete') return
      window.clearTimeout(timer)
      resolve()
    })
  })
}

function configuration(iceServers: RTCIceServer[]): RTCConfiguration {
  return { bundlePolicy: 'max-bundle', iceServers }
}

export function browserPeer(
  signal: PeerParts['signal'],
  ready: PeerParts['ready'],
  relays: PeerParts['relays'],
  source: PeerParts['source'] = 'main',
): Peer {
  return new Peer({ signal, ready, relays, source, create: (now) => new RTCPeerConnection(configuration(now)) })
}
