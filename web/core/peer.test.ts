import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ENCODINGS, Peer, SCREEN_ENCODINGS } from './peer'

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
  addEventListener(): void {}
  close(): void {}
}

let made: FakeConnection[] = []
const track = (kind: string): MediaStreamTrack => ({ kind, contentHint: '' }) as unknown as MediaStreamTrack

function peer(source: 'main' | 'screen' = 'main'): Peer {
  return new Peer({
    signal: () => Promise.resolve({ ok: true, sdp: 'v=0 answer' }),
    ready: () => true,
    source,
    create: () => {
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
