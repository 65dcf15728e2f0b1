/**
 * Duty: the WebSocket of one tab: hello, requests and their answers, pings, and coming back after a cut.
 * Must never interpret a view, touch media, or decide a right. Message shapes: core/wire.ts (generated).
 */
import { waitMs } from './backoff'
import { KEYS, type Keep } from './storage'
import type { ClientMessage, ServerMessage } from './wire'

export const PROTOCOL_VERSION = 1

export type Phase = 'idle' | 'connecting' | 'open' | 'lost' | 'ended'

/** Where the line is. retryAt and lostSince: the caller's clock (milliseconds); ended: the server's reason. */
export interface Line {
  phase: Phase
  tries: number
  retryAt: number | null
  lostSince: number | null
  ended: string | null
  rttMs: number | null
  /** Server clock minus own clock, milliseconds. */
  clockOffsetMs: number
}

export type Outcome =
  | { ok: true; seq: number }
  | { ok: false; kind: 'refused'; reason: string; rule: string; message: string }
  | { ok: false; kind: 'problem'; reason: string; message: string }
  /** The line broke before an answer came: the next view tells whether it took effect. */
  | { ok: false; kind: 'lost'; reason: 'connection_lost' }

/** No answer came, for the line broke before it. */
export const LINE_LOST = 'connection_lost'

/** continued: the transport of an earlier offer of the same peer connection goes on. */
export type OfferOutcome = { ok: true; sdp: string; continued: boolean } | { ok: false; reason: string }

/** The part of WebSocket that is used. */
export interface Socket {
  readyState: number
  send(data: string): void
  close(code?: number): void
  onopen: ((event: unknown) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: unknown) => void) | null
  onerror: ((event: unknown) => void) | null
}

export interface ProtocolParts {
  url: string
  session: () => string | null
  lang: () => 'zh-CN' | 'en'
  keep: Keep
  open: (url: string) => Socket
  now: () => number
  dice: () => number
  /** setTimeout and clearTimeout, so that tests own the time. */
  later: (run: () => void, ms: number) => number
  cancel: (handle: number) => void
}

export const LIMITS = {
  firstMs: 300,
  mostMs: 2500,
  openTimeoutMs: 4000,
  pingEveryMs: 2000,
  silenceMs: 7000,
  answerTimeoutMs: 15000,
  pendingMost: 64,
} as const

const OPEN = 1
/** After these the server would only say the same again. */
const FINAL_BYES = new Set(['superseded', 'left', 'link_invalid', 'session_invalid', 'version'])
/** After these it makes sense to come back, even before a welcome. */
const PASSING_BYES = new Set(['too_slow', 'shutting_down'])

interface Pending {
  done: (message: Extract<ServerMessage, { id: string | null }> | null) => void
  timer: number
}

export class Protocol {
  line: Line = {
    phase: 'idle',
    tries: 0,
    retryAt: null,
    lostSince: null,
    ended: null,
    rttMs: null,
    clockOffsetMs: 0,
  }

  /** Relays that this tab may use now (TURN), as the server told last; they outlive a cut of the line. */
  relays: RTCIceServer[] = []

  private socket: Socket | null = null
  private pending = new Map<string, Pending>()
  private nextId = 1
  private timer = 0
  private pinger = 0
  /** When the first ping was sent that nothing has answered yet. */
  private pingedAt: number | null = null
  private listeners = new Set<(message: ServerMessage) => void>()
  private lineListeners = new Set<(line: Line) => void>()

  constructor(private readonly parts: ProtocolParts) {}

  onMessage(listener: (message: ServerMessage) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  onLine(listener: (line: Line) => void): () => void {
    this.lineListeners.add(listener)
    return () => this.lineListeners.delete(listener)
  }

  start(): void {
    if (this.line.phase === 'idle' || this.line.phase === 'ended') this.connect()
  }

  stop(): void {
    this.finish('stopped')
  }

  /** The browser says the network is back: try at once. */
  hurry(): void {
    if (this.line.phase === 'lost') this.connect()
  }

  async command(name: string, args: Record<string, unknown> = {}): Promise<Outcome> {
    const answer = await this.request((id) => ({ type: 'command', id, name, args }))
    if (answer?.type === 'done') return { ok: true, seq: answer.seq }
    if (answer?.type === 'refused') {
      return { ok: false, kind: 'refused', reason: answer.reason, rule: answer.rule, message: answer.message }
    }
    if (answer?.type === 'problem') {
      return { ok: false, kind: 'problem', reason: answer.reason, message: answer.message }
    }
    return { ok: false, kind: 'lost', reason: 'connection_lost' }
  }

  /** source: "screen" for the second connection, which carries a shared screen. */
  async offer(sdp: string, source: 'main' | 'screen' = 'main'): Promise<OfferOutcome> {
    const answer = await this.request((id) => ({ type: 'offer', id, sdp, source }))
    if (answer?.type === 'answer') return { ok: true, sdp: answer.sdp, continued: answer.continued === true }
    return { ok: false, reason: answer && 'reason' in answer ? answer.reason : LINE_LOST }
  }

  tiles(widths: Record<string, number>): void {
    this.send({ type: 'tiles', widths })
  }

  /** Where this tab points on what is shown, in hundredths of a per cent; null: nowhere any more. Not answered. */
  pointer(at: { x: number; y: number } | null): void {
    this.send({ type: 'pointer', x: at?.x ?? null, y: at?.y ?? null })
  }

  private request(
    make: (id: string) => ClientMessage,
  ): Promise<Extract<ServerMessage, { id: string | null }> | null> {
    if (this.line.phase !== 'open' || this.pending.size >= LIMITS.pendingMost) return Promise.resolve(null)
    const id = `r${this.nextId++}`
    return new Promise((resolve) => {
      const timer = this.parts.later(() => this.settle(id, null), LIMITS.answerTimeoutMs)
      this.pending.set(id, { done: resolve, timer })
      this.send(make(id))
    })
  }

  private settle(id: string, message: Extract<ServerMessage, { id: string | null }> | null): void {
    const waiting = this.pending.get(id)
    if (!waiting) return
    this.pending.delete(id)
    this.parts.cancel(waiting.timer)
    waiting.done(message)
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message))
  }

  private connect(): void {
    const session = this.parts.session()
    if (session === null) {
      this.finish('link_invalid')
      return
    }
    this.drop()
    this.change({ phase: 'connecting', retryAt: null, ended: null })
    const socket = this.parts.open(this.parts.url)
    this.socket = socket
    this.timer = this.parts.later(() => this.cut(socket), LIMITS.openTimeoutMs)
    socket.onopen = () => {
      const resume = this.parts.keep.get(KEYS.resume)
      this.send({ type: 'hello', v: PROTOCOL_VERSION, session, resume, lang: this.parts.lang() })
    }
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(event.data)
    }
    socket.onclose = () => this.cut(socket)
    socket.onerror = () => this.cut(socket)
  }

  private hear(data: unknown): void {
    const message = parse(data)
    if (!message) return
    this.pingedAt = null
    switch (message.type) {
      case 'welcome':
        this.parts.cancel(this.timer)
        this.parts.keep.set(KEYS.resume, message.resume)
        this.change({
          phase: 'open',
          tries: 0,
          retryAt: null,
          lostSince: null,
          clockOffsetMs: message.server_time - this.parts.now(),
        })
        this.ping()
        break
      case 'pong':
        this.measure(message.t, message.server_time)
        break
      case 'relays':
        this.relays = [{ urls: message.urls, username: message.username, credential: message.credential }]
        break
      case 'done':
      case 'refused':
      case 'answer':
        this.settle(message.id, message)
        break
      case 'problem':
        if (message.id !== null) this.settle(message.id, message)
        else if (message.error === 'malformed' && this.line.phase === 'connecting') this.finish(message.reason)
        break
      case 'bye':
        if (FINAL_BYES.has(message.reason) || (this.line.phase === 'connecting' && !PASSING_BYES.has(message.reason))) {
          this.finish(message.reason)
        }
        break
    }
    for (const listener of this.listeners) listener(message)
  }

  private measure(sentAt: number, serverTime: number): void {
    const rttMs = Math.max(0, this.parts.now() - sentAt)
    const last = this.line.rttMs
    const smooth = last === null ? rttMs : Math.round(last * 0.7 + rttMs * 0.3)
    this.change({ rttMs: smooth, clockOffsetMs: Math.round(serverTime + rttMs / 2 - this.parts.now()) })
  }

  private ping(): void {
    this.parts.cancel(this.pinger)
    if (this.line.phase !== 'open') return
    const now = this.parts.now()
    // Not "nothing heard for so long": in the background the browser lets timers sleep, and nothing was asked.
    if (this.pingedAt !== null && now - this.pingedAt > LIMITS.silenceMs) {
      if (this.socket) this.cut(this.socket)
      return
    }
    if (this.socket?.readyState === OPEN) this.pingedAt ??= now
    this.send({ type: 'ping', t: now })
    this.pinger = this.parts.later(() => this.ping(), LIMITS.pingEveryMs)
  }

  /** This socket is gone, however that became known. */
  private cut(socket: Socket): void {
    if (socket !== this.socket) return
    this.drop()
    const wait = waitMs(this.line.tries, LIMITS, this.parts.dice)
    const now = this.parts.now()
    this.change({
      phase: 'lost',
      tries: this.line.tries + 1,
      retryAt: now + wait,
      lostSince: this.line.lostSince ?? now,
      rttMs: null,
    })
    this.timer = this.parts.later(() => this.connect(), wait)
  }

  private finish(reason: string): void {
    this.drop()
    if (reason !== 'stopped') this.parts.keep.remove(KEYS.resume)
    this.change({ phase: 'ended', ended: reason, retryAt: null })
  }

  private drop(): void {
    this.parts.cancel(this.timer)
    this.parts.cancel(this.pinger)
    const socket = this.socket
    this.socket = null
    this.pingedAt = null
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
      socket.close()
    }
    for (const id of [...this.pending.keys()]) this.settle(id, null)
  }

  private change(part: Partial<Line>): void {
    this.line = { ...this.line, ...part }
    for (const listener of this.lineListeners) listener(this.line)
  }
}

function parse(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value === 'object' && value !== null && 'type' in value) return value as ServerMessage
  } catch {
    // Not JSON: the server never sends it; a middlebox might.
  }
  return null
}

/** The parts as a browser has them. */
export function browserParts(
  session: () => string | null,
  lang: () => 'zh-CN' | 'en',
  keep: Keep,
): ProtocolParts {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return {
    url: `${scheme}//${location.host}/ws`,
    session,
    lang,
    keep,
    open: (url) => new WebSocket(url) as unknown as Socket,
    now: () => Date.now(),
    dice: () => Math.random(),
    later: (run, ms) => window.setTimeout(run, ms),
    cancel: (handle) => window.clearTimeout(handle),
  }
}
