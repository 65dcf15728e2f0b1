/**
 * One person's copy under a master clock: what is known of it, and how it is brought back when it strays.
 *
 * Framework-free; moves anything that looks like a media element, and only that. Never knows the other copies, never
 * reads a clock: positions and moments are handed in, in milliseconds. `playback.ts` is its one user.
 */
import { clamp } from './record'

/** The part of HTMLMediaElement that is used. Times in seconds, as the element has them. */
export interface MediaLike {
  currentTime: number
  playbackRate: number
  volume: number
  muted: boolean
  readonly paused: boolean
  readonly seeking: boolean
  readonly readyState: number
  readonly error: unknown
  play(): Promise<void>
  pause(): void
}

export interface PlaybackSettings {
  /** A copy farther off than this is set right by a jump, in ms. */
  jumpBeyondMs: number
  /** A copy farther off than this is led back by a slightly different rate, in ms. */
  steerBeyondMs: number
  /** Steering ends when a copy is this near, in ms. */
  steerUntilMs: number
  /** The most that steering may change the rate, as a share of it. */
  steerShare: number
  /** Steering aims to close the distance in this time, in ms. */
  steerOverMs: number
  /** How long all wait for one copy that loads before they go on without it, in ms. */
  patienceMs: number
  /** Least time between two corrective jumps of one copy, in ms. */
  jumpRestMs: number
  /** Rates that may be asked for: least and most. */
  slowest: number
  fastest: number
}

export const PLAYBACK_DEFAULTS: PlaybackSettings = {
  jumpBeyondMs: 250,
  steerBeyondMs: 35,
  steerUntilMs: 12,
  steerShare: 0.15,
  steerOverMs: 400,
  patienceMs: 5_000,
  jumpRestMs: 1_500,
  slowest: 0.5,
  fastest: 2,
}

/** Media elements report this readyState and above when they can go on at once. */
const HAVE_FUTURE_DATA = 3
const HAVE_CURRENT_DATA = 2
/** This near to its end a copy has no future data to wait for. */
const TAIL_MS = 500
/** Share of the newest measure in the running mean of how long a jump takes. */
const LEAD_WEIGHT = 0.5
const MOST_LEAD_MS = 1_000

export class HeldCopy {
  failed = false
  muted = false
  /** The others went on without it. */
  behind = false
  /** How far it is ahead of the master (negative: behind), in ms; 0 while it is not playing. */
  driftMs = 0
  private steering = false
  private jumpedAt: number | null = null
  private jumpPending = false
  private leadMs = 0

  constructor(
    readonly media: MediaLike,
    readonly durationMs: number,
    private readonly settings: PlaybackSettings,
  ) {}

  /** True when the copy has nothing at this position any more. */
  isOver(positionMs: number): boolean {
    return positionMs >= this.durationMs
  }

  /** True when it could play on from where it stands. */
  isReady(positionMs: number): boolean {
    const { seeking, readyState } = this.media
    if (seeking) return false
    if (readyState >= HAVE_FUTURE_DATA) return true
    return readyState >= HAVE_CURRENT_DATA && this.durationMs - positionMs < TAIL_MS
  }

  /** Put it, at rest, where the master is, and forget how it strayed before. */
  place(positionMs: number, rate: number): void {
    this.behind = false
    this.jumpedAt = null
    this.jumpPending = false
    this.rest()
    this.setRate(rate)
    this.move(positionMs)
  }

  setRate(rate: number): void {
    this.steering = false
    this.media.playbackRate = rate
  }

  rest(): void {
    this.driftMs = 0
    if (!this.media.paused) this.media.pause()
  }

  fail(): void {
    this.failed = true
    this.rest()
  }

  /** Bring a ready copy back to the master: by a jump, by a steered rate, or leave it as it is. */
  holdTo(positionMs: number, rate: number, now: number): void {
    this.learnLead(now)
    this.driftMs = this.media.currentTime * 1000 - positionMs
    const off = Math.abs(this.driftMs)
    const rested = this.jumpedAt === null || now - this.jumpedAt >= this.settings.jumpRestMs
    if (off <= this.settings.jumpBeyondMs || !rested) {
      this.steer(rate, off)
      return
    }
    this.jumpedAt = now
    this.jumpPending = true
    this.setRate(rate)
    // The master goes on while a playing copy jumps: aim at where it will be then.
    this.move(positionMs + (this.media.paused ? 0 : this.leadMs * rate))
  }

  private learnLead(now: number): void {
    if (!this.jumpPending || this.jumpedAt === null) return
    this.leadMs += (clamp(now - this.jumpedAt, 0, MOST_LEAD_MS) - this.leadMs) * LEAD_WEIGHT
    this.jumpPending = false
  }

  private steer(rate: number, off: number): void {
    const { steerBeyondMs, steerUntilMs, steerShare, steerOverMs } = this.settings
    this.steering = off > (this.steering ? steerUntilMs : steerBeyondMs)
    const share = this.steering ? clamp(-this.driftMs / steerOverMs, -steerShare, steerShare) : 0
    const wanted = rate * (1 + share)
    if (Math.abs(this.media.playbackRate - wanted) > 0.001) this.media.playbackRate = wanted
  }

  private move(positionMs: number): void {
    const to = Math.min(positionMs, this.durationMs)
    if (Math.abs(this.media.currentTime * 1000 - to) >= 1) this.media.currentTime = to / 1000
  }
}
