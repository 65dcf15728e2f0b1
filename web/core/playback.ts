/**
 * Several people's copies of one hearing, played as one: a master clock, and every copy held to it.
 *
 * Framework-free, and free of the DOM. Time is handed in by `now`; somebody calls `tick` about ten times a second.
 * One copy that fails or is slow never stops the others for good. Never fetches, never draws, never decides what may
 * be heard. Times are milliseconds from the zero of the copies.
 */
import { HeldCopy, PLAYBACK_DEFAULTS, type MediaLike, type PlaybackSettings } from './heldCopy'
import { clamp, spanAt, type Span } from './record'

export { PLAYBACK_DEFAULTS, type MediaLike, type PlaybackSettings } from './heldCopy'

/** "waiting": meant to play, held for a copy that loads. */
export type PlaybackState = 'paused' | 'playing' | 'waiting' | 'ended'

/** "behind": the others went on without it; it joins again once loaded. "over": the position is past its end. */
export type CopyState = 'ready' | 'loading' | 'behind' | 'over' | 'failed'

export interface CopySnapshot {
  id: string
  state: CopyState
  audible: boolean
  muted: boolean
  /** How far the copy is ahead of the master (negative: behind), in ms; 0 while it is not playing. */
  driftMs: number
}

export interface Snapshot {
  state: PlaybackState
  positionMs: number
  durationMs: number
  rate: number
  volume: number
  silent: boolean
  solo: string | null
  /** The browser wants another press of play before it lets sound out. */
  blocked: boolean
  /** Copies the playing is being held for. */
  waitingFor: string[]
  copies: CopySnapshot[]
}

/** See the head of the file. `changed` is called after every change of anything but the mere passing of time. */
export class Playback {
  private readonly held = new Map<string, HeldCopy>()
  private wanted = false
  private running = false
  private baseMs = 0
  private baseAt = 0
  private waitSince: number | null = null
  private speed = 1
  private loudness = 1
  private hushed = false
  private only: string | null = null
  private refused = false
  private skips: readonly Span[] = []
  private told = ''

  constructor(
    private readonly durationMs: number,
    private readonly now: () => number,
    private readonly changed: (snapshot: Snapshot) => void = () => undefined,
    private readonly settings: PlaybackSettings = PLAYBACK_DEFAULTS,
  ) {}

  /** Put a copy under the master clock; a copy of the same id before it is let go, its mute kept. */
  attach(id: string, media: MediaLike, durationMs: number): void {
    const before = this.held.get(id)
    if (before !== undefined && before.media !== media) before.rest()
    const copy = new HeldCopy(media, durationMs, this.settings)
    copy.muted = before?.muted ?? false
    this.held.set(id, copy)
    copy.place(this.positionMs(), this.speed)
    this.voice()
    this.tell()
  }

  /** Let a copy go. */
  detach(id: string): void {
    const copy = this.held.get(id)
    if (copy === undefined) return
    copy.rest()
    this.held.delete(id)
    if (this.only === id) this.only = null
    this.voice()
    this.tell()
  }

  /** A copy's element reported an error: the others go on. */
  fail(id: string): void {
    this.drop(id)
    this.tick()
  }

  /** Spans that playing passes over (gaps of the tape); an empty list plays through them. */
  skipOver(spans: readonly Span[]): void {
    this.skips = spans
    this.tick()
  }

  play(): void {
    if (this.usable().length === 0) return
    if (this.positionMs() >= this.durationMs) this.moveTo(0)
    this.wanted = true
    this.refused = false
    // Within the press itself: some browsers let an element sound, or load, only if it was first started by a hand.
    for (const copy of this.due()) this.start(copy)
    this.tick()
  }

  pause(): void {
    this.wanted = false
    this.waitSince = null
    this.hold()
    this.tell()
  }

  toggle(): void {
    if (this.wanted) this.pause()
    else this.play()
  }

  /** Go to a time; playing goes on from there once the copies have what they need. */
  seek(ms: number): void {
    this.moveTo(clamp(ms, 0, this.durationMs))
    this.tick()
  }

  /** Go forward, or back, by a length of time. */
  skip(ms: number): void {
    this.seek(this.positionMs() + ms)
  }

  setRate(rate: number): void {
    this.rebase(this.positionMs())
    this.speed = clamp(rate, this.settings.slowest, this.settings.fastest)
    for (const copy of this.held.values()) copy.setRate(this.speed)
    this.tell()
  }

  /** 0..1. Choosing a volume ends a silence. */
  setVolume(volume: number): void {
    this.loudness = clamp(volume, 0, 1)
    this.hushed = false
    this.voice()
    this.tell()
  }

  /** All sound off or on, the volume kept. */
  setSilent(silent: boolean): void {
    this.hushed = silent
    this.voice()
    this.tell()
  }

  setMuted(id: string, muted: boolean): void {
    const copy = this.held.get(id)
    if (copy === undefined) return
    copy.muted = muted
    this.voice()
    this.tell()
  }

  /** Hear this person only; null hears all that are not muted. */
  solo(id: string | null): void {
    this.only = id !== null && this.held.has(id) ? id : null
    this.voice()
    this.tell()
  }

  positionMs(): number {
    if (!this.running) return this.baseMs
    return Math.min(this.durationMs, this.baseMs + (this.now() - this.baseAt) * this.speed)
  }

  /** Hold every copy to the master. Call it about ten times a second, and after an element's own events. */
  tick(): void {
    for (const [id, { failed, media }] of this.held) {
      if (!failed && media.error !== null && media.error !== undefined) this.drop(id)
    }
    if (this.wanted) this.drive()
    this.tell()
  }

  snapshot(): Snapshot {
    const at = this.positionMs()
    return {
      state: this.stateNow(),
      positionMs: at,
      durationMs: this.durationMs,
      rate: this.speed,
      volume: this.loudness,
      silent: this.hushed,
      solo: this.only,
      blocked: this.refused,
      waitingFor: this.wanted && !this.running ? this.loading(at) : [],
      copies: [...this.held].map(([id, copy]) => ({
        id,
        state: this.copyState(copy, at),
        audible: this.isAudible(id, copy),
        muted: copy.muted,
        driftMs: copy.driftMs,
      })),
    }
  }

  /** Stop, and let every copy go. */
  dispose(): void {
    this.wanted = false
    this.running = false
    for (const copy of this.held.values()) copy.rest()
    this.held.clear()
  }

  // --- one step of the clock ---

  private drive(): void {
    const gap = spanAt(this.skips, this.positionMs())
    if (gap !== null && gap.to > this.positionMs()) this.moveTo(gap.to)
    if (this.usable().length === 0) this.pause()
    else if (this.positionMs() >= this.durationMs) this.finish()
    else if (this.mustWait()) this.hold()
    else this.run()
  }

  private finish(): void {
    this.wanted = false
    this.hold()
    this.baseMs = this.durationMs
  }

  /** True while all are held for somebody who loads; when the patience is over the slow ones are left behind. */
  private mustWait(): boolean {
    const at = this.positionMs()
    const due = this.due()
    const slow = due.filter((copy) => !copy.isReady(at))
    for (const copy of due) if (copy.isReady(at)) copy.behind = false
    const held = slow.filter((copy) => !copy.behind)
    if (slow.length === 0) {
      this.waitSince = null
      return false
    }
    // Nobody has anything to play: waiting is all that can be done.
    if (slow.length === due.length) return true
    if (held.length === 0) return false
    this.waitSince ??= this.now()
    if (this.now() - this.waitSince < this.settings.patienceMs) return true
    this.waitSince = null
    for (const copy of held) {
      copy.behind = true
      this.start(copy)
    }
    return false
  }

  private run(): void {
    const now = this.now()
    if (!this.running) {
      this.rebase(this.baseMs)
      this.running = true
    }
    this.follow()
    const at = this.positionMs()
    for (const copy of this.usable()) {
      if (copy.isOver(at)) copy.rest()
      else if (copy.isReady(at)) {
        copy.holdTo(at, this.speed, now)
        this.start(copy)
      }
    }
  }

  /**
   * Set the master by the middle one of the copies that play near it: all of them start, or slow down, a little late
   * together on a busy machine, and then it is the master that is wrong. A copy that strayed alone moves nobody.
   */
  private follow(): void {
    const { jumpBeyondMs, steerBeyondMs, steerUntilMs } = this.settings
    const at = this.positionMs()
    const offs = this.due()
      .filter((copy) => copy.isReady(at) && !copy.media.paused)
      .map((copy) => copy.media.currentTime * 1000 - at)
      .filter((off) => Math.abs(off) <= jumpBeyondMs)
      .sort((a, b) => a - b)
    const middle = offs[offs.length >> 1] ?? 0
    if (Math.abs(middle) > steerUntilMs) this.rebase(at + (Math.abs(middle) > steerBeyondMs ? middle : middle / 2))
  }

  /** Stop the clock and the copies where the master is. */
  private hold(): void {
    this.baseMs = this.positionMs()
    this.running = false
    for (const copy of this.held.values()) copy.rest()
  }

  private moveTo(ms: number): void {
    this.rebase(ms)
    this.running = false
    this.waitSince = null
    for (const copy of this.usable()) copy.place(ms, this.speed)
  }

  private rebase(ms: number): void {
    this.baseMs = ms
    this.baseAt = this.now()
  }

  // --- the copies ---

  private start(copy: HeldCopy): void {
    if (!copy.media.paused) return
    copy.media.play().catch((error: unknown) => {
      this.notStarted(copy, error)
    })
  }

  /** A start that was cut short by our own pause is nothing; one the browser forbids asks for a hand. */
  private notStarted(copy: HeldCopy, error: unknown): void {
    const name = error instanceof Error ? error.name : ''
    const id = [...this.held].find(([, other]) => other === copy)?.[0]
    if (name === 'AbortError' || id === undefined) return
    if (name === 'NotAllowedError') {
      this.refused = true
      this.pause()
    } else this.fail(id)
  }

  private drop(id: string): void {
    const copy = this.held.get(id)
    if (copy === undefined || copy.failed) return
    copy.fail()
    if (this.only === id) this.only = null
    this.voice()
  }

  private usable(): HeldCopy[] {
    return [...this.held.values()].filter((copy) => !copy.failed)
  }

  /** The copies that have something at this position. */
  private due(): HeldCopy[] {
    const at = this.positionMs()
    return this.usable().filter((copy) => !copy.isOver(at))
  }

  private isAudible(id: string, copy: HeldCopy): boolean {
    if (copy.failed || this.hushed) return false
    return this.only === null ? !copy.muted : this.only === id
  }

  private voice(): void {
    for (const [id, copy] of this.held) {
      copy.media.volume = this.loudness
      copy.media.muted = !this.isAudible(id, copy)
    }
  }

  // --- what is told ---

  private stateNow(): PlaybackState {
    if (this.wanted) return this.running ? 'playing' : 'waiting'
    return this.durationMs > 0 && this.baseMs >= this.durationMs ? 'ended' : 'paused'
  }

  private copyState(copy: HeldCopy, at: number): CopyState {
    if (copy.failed) return 'failed'
    if (copy.isOver(at)) return 'over'
    if (copy.isReady(at)) return 'ready'
    return copy.behind ? 'behind' : 'loading'
  }

  private loading(at: number): string[] {
    return [...this.held]
      .filter(([, copy]) => !copy.failed && !copy.isOver(at) && !copy.isReady(at))
      .map(([id]) => id)
  }

  /** Tell of a change, but not of the mere passing of time or of drift. */
  private tell(): void {
    const snapshot = this.snapshot()
    const key = JSON.stringify({
      ...snapshot,
      positionMs: this.running ? -1 : snapshot.positionMs,
      copies: snapshot.copies.map((copy) => ({ ...copy, driftMs: 0 })),
    })
    if (key === this.told) return
    this.told = key
    this.changed(snapshot)
  }
}
