/**
 * The record of a case after a hearing: shapes as the HTTP API gives them, and the arithmetic of its timeline.
 *
 * Pure: no DOM, no fetch, no clock, no Vue. Times are milliseconds from the zero of the hearing's copies unless a
 * name says `unix`. Never decides what may be read; the server already did.
 */

import type { Composite } from './composite'

export type WorkState = 'none' | 'pending' | 'building' | 'ready' | 'failed'

/** Progress of something the server makes after the close. `reason` is a stable id, '' when there is none. */
export interface Work {
  state: WorkState
  progress: number
  reason?: string
}

export interface CaseParty {
  role: string
  name: string
}

export interface CaseFacts {
  id: string
  case_no: string
  cause: string
  court: string
  procedure: string
  parties: CaseParty[]
}

/** One sitting in the list of a case. The three instants are Unix milliseconds. */
export interface HearingFacts {
  id: string
  session: string
  scheduled_at: number | null
  opened_at: number | null
  closed_at: number | null
}

export interface CaseHearing extends HearingFacts {
  recording: Work
  transcript: Work
}

export interface CaseRecord {
  case: CaseFacts
  hearings: CaseHearing[]
}

/**
 * One viewing copy; a seat may have several: of its camera, of the same in another codec, of its screen or second camera.
 * `id` tells them apart and stays when the record is read again; `url` is signed and stops working after about an hour.
 */
export interface Copy {
  id: string
  seat: string
  source: 'main' | 'screen'
  role: string
  side: string
  name: string
  kind: 'av' | 'audio' | 'video'
  url: string
  duration_ms: number
}

export interface Span {
  from: number
  to: number
}

/** A stretch in which the tape lawfully, or by a fault, did not run. `ground` is a stable id. */
export interface Gap extends Span {
  ground: string
}

export interface StageMark {
  key: string
  at: number
}

export interface Actor {
  seat: string
  role: string
  name: string
}

/** One entry of the event log. `at` is Unix milliseconds. */
export interface LogEvent {
  seq: number
  at: number
  kind: string
  actor: Actor | null
  body: Record<string, unknown>
}

export interface Line {
  id: string
  seat: string
  role: string
  name: string
  t0: number
  t1: number
  text: string
  confidence: number | null
}

export interface Transcript extends Work {
  lines: Line[]
}

/**
 * Whether the hash chain of the event log held when the server walked it. `head` is the last hash, hex. How long it is and
 * where it ends are left out while the hearing is on, for a reader who does not oversee it.
 */
export interface Verified {
  chain: boolean
  entries?: number
  head?: string
}

/** What the reader may do with the record: things by action, purposes that may be stated, and whether to see who read it. */
export interface Rights {
  play: string[]
  copy: string[]
  export: string[]
  purposes: string[]
  readers: boolean
}

export interface HearingRecord {
  rights: Rights
  /** The act of reading under which the copies have addresses; null: the purpose has not been stated yet. */
  reading: number | null
  viewer: Actor
  /** Kinds of files that are gone because their term is over. */
  purged: string[]
  hearing: HearingFacts
  zero: number
  duration_ms: number
  copies: Copy[]
  /** All of it in one picture, where the reader may see everybody in it. */
  composite?: Composite | undefined
  gaps: Gap[]
  stages: StageMark[]
  events: LogEvent[]
  transcript: Transcript
  /** Whether the reader may have everybody's line figures. */
  line_series: boolean
  verified: Verified
}

/** A stage as a chapter of the player. */
export interface Chapter extends Span {
  key: string
}

/** Below this the recogniser itself was unsure, and the line says so. */
export const LOW_CONFIDENCE = 0.6

/** True while the server is still making this. */
export function isUnderWay(work: Work): boolean {
  return work.state === 'pending' || work.state === 'building'
}

/** True where the recogniser was unsure; a line without a figure is not called unsure. */
export function isUnsure(line: Pick<Line, 'confidence'>): boolean {
  return line.confidence !== null && line.confidence !== undefined && line.confidence < LOW_CONFIDENCE
}

/** 0..1 as whole per cent, never 100 before the work is ready. */
export function percentOf(work: Work): number {
  if (work.state === 'ready') return 100
  return Math.min(99, Math.max(0, Math.floor(work.progress * 100)))
}

/** Keep `value` in [low, high]; what is no number becomes `low`. */
export function clamp(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return low
  return Math.min(high, Math.max(low, value))
}

/** Number of leading items whose key is at most `t`; the items stand in order of the key. O(log n). */
export function countUpTo<T>(items: readonly T[], t: number, key: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (key(items[middle] as T) <= t) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The lines of a transcript in order of their beginning, made ready to be asked about a time.
 *
 * Lines of different people may overlap, and a long line may outlast several short ones that began after it.
 */
export class LineIndex {
  readonly lines: readonly Line[]
  private readonly latestEnd: readonly number[]

  constructor(lines: readonly Line[]) {
    this.lines = [...lines].sort((a, b) => a.t0 - b.t0 || a.t1 - b.t1)
    let latest = Number.NEGATIVE_INFINITY
    this.latestEnd = this.lines.map((line) => {
      latest = Math.max(latest, line.t1)
      return latest
    })
  }

  /** Index of the line that is being spoken at `t` (the one that began last), or -1. */
  at(t: number): number {
    for (let i = countUpTo(this.lines, t, (line) => line.t0) - 1; i >= 0; i -= 1) {
      if ((this.latestEnd[i] as number) <= t) return -1
      if ((this.lines[i] as Line).t1 > t) return i
    }
    return -1
  }

  /** Index of the line spoken at `t`, else of the last one begun before it, or -1 before the first. */
  near(t: number): number {
    const playing = this.at(t)
    return playing >= 0 ? playing : countUpTo(this.lines, t, (line) => line.t0) - 1
  }
}

/** Stages as chapters that follow each other to the end of the recording. */
export function chapters(stages: readonly StageMark[], duration: number): Chapter[] {
  const ordered = [...stages].sort((a, b) => a.at - b.at)
  const made = ordered.map((stage, i) => ({
    key: stage.key,
    from: clamp(stage.at, 0, duration),
    to: clamp(ordered[i + 1]?.at ?? duration, 0, duration),
  }))
  return made.filter((chapter) => chapter.to > chapter.from)
}

/** The span that holds `t`, or null; spans stand in order and do not overlap. */
export function spanAt<T extends Span>(spans: readonly T[], t: number): T | null {
  const last = spans[countUpTo(spans, t, (span) => span.from) - 1]
  return last !== undefined && t < last.to ? last : null
}

/** Gaps in order, within the recording, without empty or overlapping ones. */
export function tidyGaps(gaps: readonly Gap[], duration: number): Gap[] {
  const tidy: Gap[] = []
  let end = 0
  for (const gap of [...gaps].sort((a, b) => a.from - b.from)) {
    const from = Math.max(end, clamp(gap.from, 0, duration))
    const to = clamp(gap.to, 0, duration)
    if (to > from) {
      tidy.push({ from, to, ground: gap.ground })
      end = to
    }
  }
  return tidy
}

/** Gaps that playing may pass over: those the court ordered. A fault of the tape need not have cost a word. */
export function ordered(gaps: readonly Gap[]): Gap[] {
  return gaps.filter((gap) => gap.ground !== 'fault')
}

/** Where an event of the log lies in the recording, or null where it lies outside. */
export function eventOffset(event: LogEvent, zero: number, duration: number): number | null {
  const offset = event.at - zero
  return offset >= 0 && offset <= duration ? offset : null
}

/** Index of the last event at or before `t`, or -1. Events stand in the order of the log. */
export function eventAt(events: readonly LogEvent[], zero: number, t: number): number {
  return countUpTo(events, zero + t, (event) => event.at) - 1
}

export interface TimeParts {
  hours: number
  minutes: number
  seconds: number
}

/** Whole hours, minutes and seconds of a length of time. */
export function timeParts(ms: number): TimeParts {
  const total = Math.max(0, Math.floor((Number.isFinite(ms) ? ms : 0) / 1000))
  return { hours: Math.floor(total / 3600), minutes: Math.floor((total % 3600) / 60), seconds: total % 60 }
}

/** '03:07', or '1:03:07' when `span` (the whole, default the time itself) reaches an hour: a column stays even. */
export function formatTime(ms: number, span: number = ms): string {
  const { hours, minutes, seconds } = timeParts(ms)
  const tail = `${String(minutes).padStart(2, '0')}:${String(seconds).padStart(2, '0')}`
  return span >= 3_600_000 || hours > 0 ? `${hours}:${tail}` : tail
}

/** What was found in one line: pairs of character positions. */
export type Hits = readonly (readonly [number, number])[]

export interface Found {
  /** Index of the line → where in its text; lines without a hit are absent. */
  byLine: ReadonlyMap<number, Hits>
  /** Every hit in reading order, by line. */
  order: readonly number[]
}

const NOTHING: Found = { byLine: new Map(), order: [] }

/** Lower case that keeps every position; the few letters whose lower case is longer stay as they are. */
function fold(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text
}

/** Every place where `query` stands in the text of the lines, without regard to case. */
export function findInLines(lines: readonly Pick<Line, 'text'>[], query: string): Found {
  const wanted = fold(query.trim())
  if (wanted === '') return NOTHING
  const byLine = new Map<number, Hits>()
  const order: number[] = []
  lines.forEach((line, i) => {
    const text = fold(line.text)
    const hits: [number, number][] = []
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      hits.push([at, at + wanted.length])
      order.push(i)
    }
    if (hits.length > 0) byLine.set(i, hits)
  })
  return { byLine, order }
}

export interface Piece {
  text: string
  hit: boolean
}

/** A text cut at its hits, so that a screen can mark them without writing HTML. */
export function pieces(text: string, hits: Hits | undefined): Piece[] {
  if (hits === undefined || hits.length === 0) return [{ text, hit: false }]
  const cut: Piece[] = []
  let end = 0
  for (const [from, to] of hits) {
    if (from > end) cut.push({ text: text.slice(end, from), hit: false })
    cut.push({ text: text.slice(from, to), hit: true })
    end = to
  }
  if (end < text.length) cut.push({ text: text.slice(end), hit: false })
  return cut
}
