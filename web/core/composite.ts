/**
 * The composite picture of a hearing as the record gives it: whether it is there, where its small pictures lie, how loud it was.
 *
 * Pure: no DOM, no fetch, no clock. Times are milliseconds from the zero of the hearing's copies. Never decides who may see it.
 */
import type { Work } from './record'

/** How small pictures lie on their sheets: number at / interval_ms, `across` x `down` on each. */
export interface Thumbnails {
  interval_ms: number
  count: number
  across: number
  down: number
  width: number
  height: number
}

/** As the server gives it; all but the state is there once it is made. Addresses are signed and stop working after about an hour. */
export interface Composite extends Work {
  url?: string
  captions?: string
  sheets?: string[]
  thumbnails?: Thumbnails
  /** Levels of everybody together, a byte a point, in base64: 255 x the root of the peak. */
  wave?: string
  duration_ms?: number
}

/** A composite that can be played. */
export interface Film {
  url: string
  captions: string
  sheets: readonly string[]
  thumbnails: Thumbnails | null
  wave: string
  durationMs: number
}

/** A small picture: which sheet, and where on it. */
export interface Thumbnail {
  sheet: string
  x: number
  y: number
  width: number
  height: number
}

/** What can be played, or null while there is nothing, or nothing for this reader. */
export function filmOf(composite: Composite | undefined): Film | null {
  if (composite?.url === undefined || composite.url === '') return null
  return {
    url: composite.url,
    captions: composite.captions ?? '',
    sheets: composite.sheets ?? [],
    thumbnails: composite.thumbnails ?? null,
    wave: composite.wave ?? '',
    durationMs: composite.duration_ms ?? 0,
  }
}

/** The small picture nearest before a time, or null where there is none. */
export function thumbnailAt(film: Film | null, ms: number): Thumbnail | null {
  const how = film?.thumbnails
  if (film === null || how === null || how === undefined || how.count === 0) return null
  const number = Math.min(how.count - 1, Math.max(0, Math.floor(ms / how.interval_ms)))
  const place = number % (how.across * how.down)
  const sheet = film.sheets[Math.floor(number / (how.across * how.down))]
  if (sheet === undefined) return null
  return { sheet, x: (place % how.across) * how.width, y: Math.floor(place / how.across) * how.height, width: how.width, height: how.height }
}

/** The levels as the outline of a shape `points` wide and 100 high, for an SVG path; "" where there are none. */
export function outline(wave: string): string {
  let levels: string
  try {
    levels = atob(wave)
  } catch {
    return ''
  }
  if (levels === '') return ''
  const upper = [...levels].map((level, at) => `${at} ${(50 - (level.charCodeAt(0) / 255) * 50).toFixed(1)}`)
  const lower = [...levels].map((level, at) => `${at} ${(50 + (level.charCodeAt(0) / 255) * 50).toFixed(1)}`).reverse()
  return `M${upper.join('L')}L${lower.join('L')}Z`
}

/** How many points a wave has. */
export function pointsOf(wave: string): number {
  try {
    return atob(wave).length
  } catch {
    return 0
  }
}
