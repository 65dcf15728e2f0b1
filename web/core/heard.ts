/** Duty: sums of "was everyone heard?" over the rows that the server measured. Pure. */
import type { Passage, SheetRow } from './wire'

/** Missing less than this is within what anybody misses in a room. */
export const MISSED_MS = 5000

/** Rows of those who missed so much that it is offered for replay before the close; the most first. */
export function missing(rows: readonly SheetRow[]): SheetRow[] {
  return rows.filter((r) => r.missed_ms > MISSED_MS).sort((a, b) => b.missed_ms - a.missed_ms)
}

/** The server plays at most this much at once. */
export const LONGEST_MS = 120_000

/** A passage as pieces that can be asked for one by one. */
export function pieces(passage: Passage): Passage[] {
  const found: Passage[] = []
  for (let t0 = passage.t0; t0 < passage.t1; t0 += LONGEST_MS) {
    found.push({ ...passage, t0, t1: Math.min(passage.t1, t0 + LONGEST_MS) })
  }
  return found
}
