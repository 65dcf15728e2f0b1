import { beforeEach, describe, expect, it } from 'vitest'
import { LIMITS, Protocol, type Socket } from './protocol'
import { KEYS, memoryKeep, type Keep } from './storage'
import type { ClientMessage, ServerMessage } from './wire'

/** A socket and a clock in the test's hand. */
class FakeSocket implements Socket {
  readyState = 0
  onopen: ((event: unknown) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: unknown) => void) | null = null
  onerror: ((event: unknown) => void) | null = null
  sent: ClientMessage[] = []
  closed = false

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientMessage)
  }
  close(): void {
    this.closed = true
    this.readyState = 3
  }
  opens(): void {
    this.readyState = 1
    this.onopen?.({})
  }
  hears(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  breaks(): void {
    this.readyState = 3
    this.onclose?.({})
  }
  of<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter((m): m is Extract<ClientMessage, { type: T }> => m.type === type)
  }
}

class Time {
  now = 1_000_000
  private timers = new Map<number, { at: number; run: () => void }>()
  private next = 1
  later = (run: () => void, ms: number): number => {
    this.timers.set(this.next, { at: this.now + ms, run })
    return this.next++
  }
  cancel = (handle: number): void => void this.timers.delete(handle)
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      this.timers.delete(due[0])
      this.now = Math.max(this.now, due[1].at)
      due[1].run()
    }
    this.now = end
  }
}

let time: Time
let keep: Keep
let sockets: FakeSocket[]
let protocol: Protocol
let session: string | null

const last = (): FakeSocket => {
  const socket = sockets.at(-1)
  if (!socket) throw new Error('no socket was opened')
  return socket
}
const WELCOME = (resume: string): ServerMessage => ({
  type: 'welcome', v: 1, seat: 'plaintiff', connection: 'c', resume, server_time: time.now + 500, slots: 6, resumed: false,
})

beforeEach(() => {
  time = new Time()
  keep = memoryKeep()
  sockets = []
  session = 's3cret'
  protocol = new Protocol({
    url: 'ws://court/ws', session: () => session, lang: () => 'zh-CN', keep,
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    now: () => time.now, dice: () => 0.5, later: time.later, cancel: time.cancel,
  })
})

function connect(): FakeSocket {
  protocol.start()
  last().opens()
  last().hears(WELCOME('r1'))
  return last()
}

describe('coming in', () => {
  it('says hello first, with the session and no resume secret', () => {
    protocol.start()
    last().opens()
    expect(last().sent[0]).toEqual({ type: 'hello', v: 1, session: 's3cret', resume: null, lang: 'zh-CN' })
    expect(protocol.line.phase).toBe('connecting')
    last().hears(WELCOME('r1'))
    expect(protocol.line.phase).toBe('open')
    expect(protocol.line.clockOffsetMs).toBe(500)
    expect(keep.get(KEYS.resume)).toBe('r1')
  })

  it('does not call a server without a session', () => {
    session = null
    protocol.start()
    expect(sockets.length).toBe(0)
    expect(protocol.line.ended).toBe('link_invalid')
  })
})

describe('relays', () => {
  it('are those told last, through a cut of the line too', () => {
    const socket = connect()
    expect(protocol.relays).toEqual([])
    for (const username of ['1:c', '2:c']) {
      socket.hears({ type: 'relays', urls: ['turn:relay'], username, credential: 'x', expires_at: time.now + 1 })
    }
    socket.breaks()
    expect(protocol.relays).toEqual([{ urls: ['turn:relay'], username: '2:c', credential: 'x' }])
  })
})

describe('coming back', () => {
  it('shows the secret of the last welcome', () => {
    connect().breaks()
    expect(protocol.line.phase).toBe('lost')
    time.pass(LIMITS.firstMs)
    last().opens()
    expect(last().of('hello')[0]?.resume).toBe('r1')
    last().hears(WELCOME('r2'))
    expect(protocol.line.lostSince).toBeNull()
    expect(keep.get(KEYS.resume)).toBe('r2')
  })

  it('waits longer after each failure, never longer than the limit, and counts the loss from its beginning', () => {
    connect().breaks()
    const since = protocol.line.lostSince
    const waits: number[] = []
    for (let i = 0; i < 12; i++) {
      const wait = (protocol.line.retryAt ?? 0) - time.now
      waits.push(wait)
      time.pass(wait)
      last().breaks()
    }
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0)
    expect(Math.max(...waits)).toBeLessThanOrEqual(LIMITS.mostMs)
    expect(protocol.line.lostSince).toBe(since)
  })

  it('gives up a socket that does not open, and one that falls silent', () => {
    protocol.start()
    time.pass(LIMITS.openTimeoutMs)
    expect(sockets[0]?.closed).toBe(true)
    time.pass(LIMITS.mostMs)
    last().opens()
    last().hears(WELCOME('r1'))
    const open = last()
    time.pass(LIMITS.silenceMs + 2 * LIMITS.pingEveryMs)
    expect(open.closed).toBe(true)
    expect(sockets.length).toBeGreaterThan(2)
  })

  it('stays while pongs come', () => {
    const socket = connect()
    for (let i = 0; i < 20; i++) {
      time.pass(LIMITS.pingEveryMs)
      const ping = socket.of('ping').at(-1)
      socket.hears({ type: 'pong', t: ping?.t ?? 0, server_time: time.now })
    }
    expect(sockets.length).toBe(1)
    expect(protocol.line.rttMs).toBe(0)
  })

  it('takes timers that slept for no silence: only a ping that was sent and not answered is one', () => {
    const socket = connect()
    socket.hears({ type: 'pong', t: time.now, server_time: time.now })
    for (let i = 0; i < 3; i++) {
      time.now += 60_000 // Chrome wakes a tab in the background about once a minute
      time.pass(0)
      expect(socket.closed).toBe(false)
      socket.hears({ type: 'pong', t: time.now, server_time: time.now })
    }
    expect(socket.of('ping').length).toBe(4)
    expect(sockets.length).toBe(1)
    time.now += 60_000
    time.pass(0)
    expect(socket.closed).toBe(false)
    time.pass(LIMITS.silenceMs + LIMITS.pingEveryMs)
    expect(socket.closed).toBe(true)
  })

  it('is told by the server that another device has the seat, and comes back only without the old secret', () => {
    connect().breaks()
    time.pass(LIMITS.mostMs)
    last().opens()
    expect(last().of('hello')[0]?.resume).toBe('r1')
    last().hears({ type: 'bye', reason: 'superseded', message: '' })
    time.pass(60_000)
    expect(protocol.line).toMatchObject({ phase: 'ended', ended: 'superseded' })
    protocol.start()
    last().opens()
    expect(last().of('hello')[0]?.resume).toBeNull()
  })

  it('tries at once when the browser says the network is back', () => {
    connect().breaks()
    const before = sockets.length
    protocol.hurry()
    expect(sockets.length).toBe(before + 1)
  })

  it('does not come back after a final bye, and forgets the secret', () => {
    const socket = connect()
    socket.hears({ type: 'bye', reason: 'superseded', message: '' })
    socket.breaks()
    time.pass(60_000)
    expect(sockets.length).toBe(1)
    expect(protocol.line).toMatchObject({ phase: 'ended', ended: 'superseded' })
    expect(keep.get(KEYS.resume)).toBeNull()
  })

  it('does not knock again where the server does not know its language or its session', () => {
    for (const [message, ended] of [
      [{ type: 'problem', id: null, error: 'malformed', reason: 'version', message: '' }, 'version'],
      [{ type: 'bye', reason: 'session_invalid', message: '' }, 'session_invalid'],
      [{ type: 'bye', reason: 'hearing_closed', message: '' }, 'hearing_closed'],
    ] as [ServerMessage, string][]) {
      protocol.start()
      const before = sockets.length
      last().opens()
      last().hears(message)
      time.pass(60_000)
      expect(sockets.length).toBe(before)
      expect(protocol.line.ended).toBe(ended)
    }
  })

  it('knocks again where the infrastructure fails', () => {
    protocol.start()
    last().opens()
    last().hears({ type: 'problem', id: null, error: 'unavailable', reason: 'ledger', message: '' })
    last().breaks()
    time.pass(LIMITS.mostMs)
    expect(sockets.length).toBe(2)
  })

  it('comes back after the server shut down', () => {
    const socket = connect()
    socket.hears({ type: 'bye', reason: 'shutting_down', message: '' })
    socket.breaks()
    time.pass(LIMITS.mostMs)
    expect(sockets.length).toBe(2)
  })
})

describe('requests', () => {
  it('are answered by their own id', async () => {
    const socket = connect()
    const one = protocol.command('request_floor', { reason: '' })
    const two = protocol.command('recess', { reason: 'x' })
    const [a, b] = socket.of('command')
    expect(a?.id).not.toBe(b?.id)
    socket.hears({ type: 'refused', id: b?.id ?? '', reason: 'not_presiding', rule: 'CR 17', message: 'no' })
    socket.hears({ type: 'done', id: a?.id ?? '', seq: 7 })
    expect(await one).toEqual({ ok: true, seq: 7 })
    expect(await two).toEqual({ ok: false, kind: 'refused', reason: 'not_presiding', rule: 'CR 17', message: 'no' })
  })

  it('end as lost when the line breaks, and are not sent twice', async () => {
    const socket = connect()
    const asked = protocol.command('close')
    socket.breaks()
    expect(await asked).toEqual({ ok: false, kind: 'lost', reason: 'connection_lost' })
    time.pass(LIMITS.mostMs)
    last().opens()
    last().hears(WELCOME('r2'))
    expect(last().of('command')).toEqual([])
  })

  it('are not sent without a line', async () => {
    expect(await protocol.command('close')).toMatchObject({ ok: false, kind: 'lost' })
    expect(await protocol.offer('v=0')).toEqual({ ok: false, reason: 'connection_lost' })
  })

  it('carry an offer and give back its answer', async () => {
    const socket = connect()
    const asked = protocol.offer('v=0 offer')
    socket.hears({ type: 'answer', id: socket.of('offer')[0]?.id ?? '', sdp: 'v=0 answer' })
    expect(await asked).toEqual({ ok: true, sdp: 'v=0 answer', continued: false })
  })

  it('say that an offer is for the screen, where it is', () => {
    const socket = connect()
    void protocol.offer('v=0 screen', 'screen')
    void protocol.offer('v=0 main')
    expect(socket.of('offer').map((offer) => offer.source)).toEqual(['screen', 'main'])
  })

  it('say where somebody points, and nowhere, without waiting for an answer', () => {
    const socket = connect()
    protocol.pointer({ x: 1200, y: 9000 })
    protocol.pointer(null)
    expect(socket.of('pointer')).toEqual([
      { type: 'pointer', x: 1200, y: 9000 },
      { type: 'pointer', x: null, y: null },
    ])
  })

  it('survive nonsense from the line', () => {
    const socket = connect()
    socket.onmessage?.({ data: '{"type"' })
    socket.onmessage?.({ data: new ArrayBuffer(3) })
    socket.onmessage?.({ data: '[]' })
    expect(protocol.line.phase).toBe('open')
  })
})
