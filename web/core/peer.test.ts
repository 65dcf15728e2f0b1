import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ENCODINGS, Peer, PEER_LIMITS, SCREEN_ENCODINGS } from './peer'
import type { OfferOutcome } from './protocol'

interface Laid {
  what: unknown
  init: RTCRtpTransceiverInit
  sender: { replaceTrack: ReturnType<typeof vi.fn> }
  receiver: { track: object }
}

/** A connection that remembers how it was laid out, and is answered at once. */
class FakeConnection {
  laid: Laid[] = []
  iceGatheringState = 'complete'
  iceConnectionState = 'new'
  connectionState = 'new'
  localDescription = { sdp: 'v=0' }
  remote: unknown = null
  restarts = 0
  closed = false
  candidates: unknown[] = []
  private listeners: (() => void)[] = []
  addTransceiver(what: unknown, init: RTCRtpTransceiverInit): Laid {
    const one = { what, init, sender: { replaceTrack: vi.fn(() => Promise.resolve()) }, receiver: { track: {} } }
    this.laid.push(one)
    return one
  }
  getTransceivers = (): Laid[] => this.laid
  createOffer = (): Promise<object> => Promise.resolve({})
  setLocalDescription = (): Promise<void> => Promise.resolve()
  setRemoteDescription = (answer: unknown): Promise<void> => {
    this.remote = answer
    return Promise.resolve()
  }
  addEventListener(_: string, listener: () => void): void {
    this.listeners.push(listener)
  }
  setConfiguration(now: RTCConfiguration): void {
    searched.push(now.iceServers ?? [])
  }
  restartIce(): void {
    this.restarts++
  }
  addIceCandidate = (candidate: unknown): Promise<void> => {
    this.candidates.push(candidate)
    return this.remote === null ? Promise.reject(new Error('no answer yet')) : Promise.resolve()
  }
  close(): void {
    this.closed = true
  }
  /** The state changes, and the browser says so. */
  is(ice: string, connection: string): void {
    this.iceConnectionState = ice
    this.connectionState = connection
    for (const listener of this.listeners) listener()
  }
}

let made: FakeConnection[] = []
let offered: string[] = []
let ready = true
let relays: RTCIceServer[] = []
let searched: RTCIceServer[][] = []
let outcome: OfferOutcome = { ok: true, sdp: 'v=0 answer', continued: false }
const track = (kind: string): MediaStreamTrack => ({ kind, contentHint: '' }) as unknown as MediaStreamTrack

function peer(source: 'main' | 'screen' = 'main'): Peer {
  return new Peer({
    signal: (sdp) => {
      offered.push(sdp)
      return Promise.resolve(outcome)
    },
    ready: () => ready,
    relays: () => relays,
    source,
    create: (found) => {
      searched.push(found)
      made.push(new FakeConnection())
      return made.at(-1) as unknown as RTCPeerConnection
    },
  })
}

describe('what a connection offers', () => {
  beforeEach(() => {
    made = []
    vi.stubGlobal('window', { setTimeout: () => 1, clearTimeout: () => undefined })
    vi.stubGlobal('MediaStream', function MediaStream() {})
  })

  it('is sound, a picture in three layers and the slots, for a person', async () => {
    const main = peer()
    main.want(2, true)
    await vi.waitFor(() => expect(made[0]?.remote).not.toBeNull())
    expect(made[0]?.laid.map((one) => one.what)).toEqual(['audio', 'video', 'audio', 'video', 'audio', 'video'])
    expect(made[0]?.laid[1]?.init.sendEncodings).toBe(ENCODINGS)
    expect(main.streams).toHaveLength(2)
  })

  it('is one sharp picture and nothing else, for a screen', async () => {
    const screen = peer('screen')
    const shown = track('video')
    await screen.setTracks(null, shown)
    screen.want(0, true)
    await vi.waitFor(() => expect(made[0]?.remote).not.toBeNull())
    expect(made[0]?.laid).toHaveLength(1)
    expect(made[0]?.laid[0]?.what).toBe(shown)
    expect(made[0]?.laid[0]?.init).toEqual({ direction: 'sendonly', sendEncodings: SCREEN_ENCODINGS })
    expect(shown.contentHint).toBe('detail')
    expect(screen.streams).toHaveLength(0)
  })

  it('takes another screen on the same connection', async () => {
    const screen = peer('screen')
    screen.want(0, true)
    await vi.waitFor(() => expect(made[0]?.remote).not.toBeNull())
    const other = track('video')
    await screen.setTracks(null, other)
    expect(made[0]?.laid[0]?.sender.replaceTrack).toHaveBeenCalledWith(other)
    expect(made).toHaveLength(1)
  })
})

describe('a way that breaks', () => {
  beforeEach(() => {
    made = []
    offered = []
    searched = []
    relays = []
    ready = true
    outcome = { ok: true, sdp: 'v=0 answer', continued: false }
    vi.useFakeTimers()
    vi.stubGlobal('window', { setTimeout: setTimeout, clearTimeout: clearTimeout })
    vi.stubGlobal('MediaStream', function MediaStream() {})
  })
  afterEach(() => vi.useRealTimers())

  /** A peer whose connection is up; from then on the server goes on with it. */
  async function up(): Promise<{ one: Peer; pc: FakeConnection }> {
    const one = peer()
    one.want(2, true)
    await vi.advanceTimersByTimeAsync(1)
    const pc = made[0]
    if (!pc) throw new Error('no connection was made')
    pc.is('connected', 'connected')
    expect(one.phase).toBe('connected')
    outcome = { ok: true, sdp: 'v=0 restarted', continued: true }
    return { one, pc }
  }
  const later = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

  it('is replaced on the same connection after some seconds of silence', async () => {
    const { one, pc } = await up()
    const streams = one.streams
    pc.is('disconnected', 'disconnected')
    await later(PEER_LIMITS.disconnectedMs - 1)
    expect(pc.restarts).toBe(0)
    await later(1)
    expect([pc.restarts, offered.length, pc.remote]).toEqual([1, 2, { type: 'answer', sdp: 'v=0 restarted' }])
    expect(one.phase).toBe('connecting')
    pc.is('connected', 'connected')
    await later(PEER_LIMITS.restartMs)
    expect([one.phase, made.length, pc.closed]).toEqual(['connected', 1, false])
    expect(one.streams).toBe(streams)
  })

  it('that comes back by itself in time is left alone', async () => {
    const { pc } = await up()
    pc.is('disconnected', 'disconnected')
    await later(PEER_LIMITS.disconnectedMs - 1)
    pc.is('connected', 'connected')
    await later(60_000)
    expect([pc.restarts, made.length]).toEqual([0, 1])
  })

  it('is replaced at once when the browser calls it failed, and a wish for the same is no reason for another connection', async () => {
    const { one, pc } = await up()
    pc.is('failed', 'failed')
    await later(1)
    expect([pc.restarts, offered.length]).toEqual([1, 2])
    one.want(2, true)
    pc.is('failed', 'failed')
    expect([made.length, pc.closed]).toEqual([1, false])
    pc.is('connected', 'connected')
    await later(PEER_LIMITS.restartMs)
    expect([one.phase, made.length]).toEqual(['connected', 1])
  })

  it('that is not found again in time is given up for a new connection', async () => {
    const { one, pc } = await up()
    pc.is('failed', 'failed')
    await later(PEER_LIMITS.restartMs + 1)
    expect([one.phase, pc.closed]).toEqual(['failed', true])
    await later(PEER_LIMITS.mostMs)
    expect([made.length, pc.restarts]).toEqual([2, 1])
  })

  it.each([{ ok: true, sdp: 'v=0 new', continued: false }, { ok: false, reason: 'bad_offer' }] as OfferOutcome[])(
    'leads to a new connection at once if the server does not go on with it: %o',
    async (said) => {
      const { pc } = await up()
      outcome = said
      pc.is('failed', 'failed')
      await later(1)
      expect([made.length, pc.closed, pc.remote]).toEqual([2, true, { type: 'answer', sdp: 'v=0 answer' }])
    },
  )

  it('is looked for by the relays of now: credentials end before a hearing does', async () => {
    relays = [{ urls: ['turn:relay'], username: '1:a', credential: 'x' }]
    const { pc } = await up()
    relays = [{ urls: ['turn:relay'], username: '2:a', credential: 'y' }]
    pc.is('failed', 'failed')
    await later(1)
    expect(searched.map(([one]) => one?.username)).toEqual(['1:a', '2:a'])
    expect([pc.restarts, made.length]).toEqual([1, 1])
  })

  it('waits for the line, without which nothing can be offered', async () => {
    const { pc } = await up()
    ready = false
    pc.is('failed', 'failed')
    await later(PEER_LIMITS.lineMostMs - PEER_LIMITS.lineMs)
    expect([pc.restarts, made.length]).toEqual([0, 1])
    ready = true
    await later(PEER_LIMITS.lineMs)
    expect([pc.restarts, offered.length]).toEqual([1, 2])
  })

  it('and is asked for again on the next line, where the offer was lost with the one before', async () => {
    const { pc } = await up()
    outcome = { ok: false, reason: 'connection_lost' }
    pc.is('disconnected', 'disconnected')
    await later(PEER_LIMITS.disconnectedMs)
    expect([pc.restarts, offered.length, pc.closed]).toEqual([1, 2, false])
    // The browser may find a way before the server has said a word.
    pc.is('connected', 'connected')
    outcome = { ok: true, sdp: 'v=0 restarted', continued: true }
    await later(PEER_LIMITS.lineMs)
    expect([pc.restarts, offered.length, pc.remote]).toEqual([2, 3, { type: 'answer', sdp: 'v=0 restarted' }])
    await later(PEER_LIMITS.restartMs)
    expect([made.length, pc.closed]).toEqual([1, false])
  })

  it('and a way that was found without the server stays, even if no line comes for long', async () => {
    const { one, pc } = await up()
    outcome = { ok: false, reason: 'connection_lost' }
    pc.is('disconnected', 'disconnected')
    await later(PEER_LIMITS.disconnectedMs)
    ready = false
    pc.is('connected', 'connected')
    await later(PEER_LIMITS.lineMostMs + 2 * PEER_LIMITS.lineMs)
    expect([made.length, pc.closed, one.phase]).toEqual([1, false, 'connected'])
  })

  it('and a line that stays away: given up after a while', async () => {
    const { one, pc } = await up()
    ready = false
    pc.is('failed', 'failed')
    await later(PEER_LIMITS.lineMostMs + 2 * PEER_LIMITS.lineMs + PEER_LIMITS.mostMs)
    // Idle: the next view over a line that came back asks for a new one.
    expect([pc.restarts, pc.closed, one.phase, made.length]).toEqual([0, true, 'idle', 1])
  })

  it('that was never there is not restarted', async () => {
    const one = peer()
    one.want(2, true)
    await later(1)
    made[0]?.is('failed', 'failed')
    expect([made[0]?.restarts, one.phase]).toEqual([0, 'failed'])
  })

  it('is looked for once while the network changes and changes again', async () => {
    const { one, pc } = await up()
    one.networkChanged()
    one.networkChanged()
    pc.is('disconnected', 'disconnected')
    await later(PEER_LIMITS.disconnectedMs)
    expect(pc.restarts).toBe(1)
    pc.is('connected', 'connected')
    await later(PEER_LIMITS.restartMs)
    one.networkChanged()
    await later(1)
    expect(pc.restarts).toBe(2)
    expect(made).toHaveLength(1)
  })

  it('and one that is closed meanwhile stays closed', async () => {
    const { one, pc } = await up()
    pc.is('failed', 'failed')
    one.close()
    await later(60_000)
    expect([one.phase, made.length, pc.remote]).toEqual(['idle', 1, { type: 'answer', sdp: 'v=0 answer' }])
  })

  it('is known to the browser in every place that the server names', async () => {
    const { one, pc } = await up()
    one.addCandidates(['candidate:3 1 udp 1 192.0.2.9 40000 typ host', 'candidate:4 1 udp 1 2001:db8::1 40000 typ host'])
    pc.remote = null
    one.addCandidates(['candidate:5 1 udp 1 192.0.2.10 40000 typ host'])
    await later(1)
    expect(pc.candidates).toHaveLength(3)
    expect(pc.candidates[0]).toEqual({ candidate: 'candidate:3 1 udp 1 192.0.2.9 40000 typ host', sdpMLineIndex: 0 })
    one.close()
    one.addCandidates(['candidate:6 1 udp 1 192.0.2.11 40000 typ host'])
    expect(pc.candidates).toHaveLength(3)
  })
})
