/**
 * Which of a hearing's copies belong together, which of them carries the voice, and what a second picture was of.
 *
 * Pure: no DOM, no fetch, no clock. Times are milliseconds from the zero of the copies. Never decides what may be read.
 */
import { countUpTo, type Copy, type LogEvent, type Span } from './record'

/** A second picture in a word: a shared screen, an object before another camera, or not known which (or both). */
export type Second = 'screen' | 'camera' | 'second'

export interface Tile extends Copy {
  /** What it is of, where it is no picture of the person. */
  second: Second | null
  /** The one copy of its seat that is heard: a voice is heard once, whatever else has sound. */
  voice: boolean
}

/** A stretch in which a seat's second picture was before everybody. */
export interface Shown extends Span {
  seat: string
  source: Second
}

/** What takes a shown screen away again, beside the next thing that is shown. */
const ENDS = new Set([
  'showing_stopped',
  'exhibit_presented',
  'stage_entered',
  'court_recessed',
  'court_closed',
  'court_adjourned',
  'court_moved_offline',
])
/** The same, when it happens to who shows it. */
const GONE = new Set(['connection_ended', 'seat_left', 'seat_removed', 'seat_locked'])

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const secondOf = (source: string): Second => (source === 'screen' || source === 'camera' ? source : 'second')

/** When whose screen, or object before another camera, was shown to all, by the log; in order, one at a time. */
export function showings(events: readonly LogEvent[], zero: number, duration: number): Shown[] {
  const found: Shown[] = []
  let open: Shown | null = null
  const close = (at: number): void => {
    if (open !== null && at > open.from) found.push({ ...open, to: at })
    open = null
  }
  for (const { kind, at, body } of events) {
    const when = Math.min(duration, Math.max(0, at - zero))
    const by: string | undefined = (open as Shown | null)?.seat
    const gone = (GONE.has(kind) && body.seat === by) || (kind === 'seats_moved' && Array.isArray(body.seats) && body.seats.includes(by))
    if (kind === 'source_shown' || ENDS.has(kind) || gone) close(when)
    if (kind === 'source_shown') open = { from: when, to: duration, seat: text(body.seat), source: secondOf(text(body.source)) }
  }
  close(duration)
  return found
}

/** What is shown at a time, or null. */
export function shownAt(shown: readonly Shown[], t: number): Shown | null {
  const last = shown[countUpTo(shown, t, (one) => one.from) - 1]
  return last !== undefined && t < last.to ? last : null
}

function secondWord(seat: string, shown: readonly Shown[]): Second {
  const sources = new Set(shown.filter((one) => one.seat === seat).map((one) => one.source))
  return sources.size === 1 ? ([...sources][0] ?? 'second') : 'second'
}

/**
 * The copies as tiles: the order of the seats kept, each seat's own picture first, then the same in another codec, then its
 * second picture; exactly one of a seat with a sound is its voice.
 */
export function tiles(copies: readonly Copy[], shown: readonly Shown[]): Tile[] {
  const seats = [...new Set(copies.map((copy) => copy.seat))]
  return seats.flatMap((seat) => {
    const own = copies.filter((copy) => copy.seat === seat)
    const ordered = [...own.filter((copy) => copy.source !== 'screen'), ...own.filter((copy) => copy.source === 'screen')]
    const voice = ordered.find((copy) => copy.source !== 'screen' && copy.kind !== 'video')
    return ordered.map((copy) => ({ ...copy, voice: copy === voice, second: copy.source === 'screen' ? secondWord(seat, shown) : null }))
  })
}
