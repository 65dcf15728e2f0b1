/**
 * Duty: a media element and a clock that a test moves by hand, for the tests of the synchronised player.
 * Must never be imported by the client itself.
 */
import { Playback, type MediaLike, type Snapshot } from './playback'

/** A media element that plays against a clock of the test's own, with a drift, a slow jump and a failing start. */
export class FakeMedia implements MediaLike {
  volume = 1
  muted = false
  paused = true
  error: unknown = null
  readyState = 4
  jumps = 0
  /** Share by which its own clock runs fast (positive) or slow. */
  skew = 0
  /** How long a jump takes, ms. */
  jumpMs = 0
  refuse: Error | null = null
  private rate = 1
  private at = 0
  private since = 0
  private jumpDone = 0

  constructor(private readonly clock: { ms: number }) {}

  get seeking(): boolean {
    return this.clock.ms < this.jumpDone
  }

  get currentTime(): number {
    if (this.paused || this.readyState < 3) return this.at
    const begun = Math.max(this.since, this.jumpDone)
    return this.at + (Math.max(0, this.clock.ms - begun) / 1000) * this.rate * (1 + this.skew)
  }

  set currentTime(seconds: number) {
    this.jumps += 1
    this.at = seconds
    this.since = this.clock.ms
    this.jumpDone = this.clock.ms + this.jumpMs
  }

  get playbackRate(): number {
    return this.rate
  }

  set playbackRate(rate: number) {
    this.settle()
    this.rate = rate
  }

  /** Change what is loaded, as a network would. */
  loaded(readyState: number): void {
    this.settle()
    this.readyState = readyState
  }

  play(): Promise<void> {
    if (this.refuse !== null) return Promise.reject(this.refuse)
    if (this.paused) this.since = this.clock.ms
    this.paused = false
    return Promise.resolve()
  }

  pause(): void {
    this.settle()
    this.paused = true
  }

  private settle(): void {
    this.at = this.currentTime
    this.since = Math.max(this.clock.ms, this.jumpDone)
  }
}

export interface Stand {
  clock: { ms: number }
  playback: Playback
  media: Record<string, FakeMedia>
  told: Snapshot[]
  pass: (ms: number) => void
}

export function stand(ids: string[] = ['judge', 'plaintiff', 'witness'], durationMs = 60_000): Stand {
  const clock = { ms: 1_000 }
  const told: Snapshot[] = []
  const playback = new Playback(durationMs, () => clock.ms, (snapshot) => told.push(snapshot))
  const media: Record<string, FakeMedia> = {}
  for (const id of ids) {
    const one = new FakeMedia(clock)
    media[id] = one
    playback.attach(id, one, durationMs)
  }
  const pass = (ms: number): void => {
    for (let gone = 0; gone < ms; gone += 100) {
      clock.ms += 100
      playback.tick()
    }
  }
  return { clock, playback, media, told, pass }
}

export function of(media: Record<string, FakeMedia>, id: string): FakeMedia {
  const found = media[id]
  if (found === undefined) throw new Error(`no copy ${id}`)
  return found
}
