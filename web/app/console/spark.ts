/** Duty: ten minutes of a line as a drawing and as words: points of a path with gaps, the last, middle and worst value. Pure. */

export interface Reading {
  at: number
  value: number | null
}
export const SPAN_MS = 600_000
export const SIZE = { width: 160, height: 32 } as const
/** Two readings further apart than this are not joined. */
const GAP_MS = 15_000

/** Pieces of a line, oldest left, the end of the span right; a value that is not known is a gap, never a nought. */
export function pieces(readings: readonly Reading[], now: number, most: number): string[] {
  const found: string[][] = []
  let before: number | null = null
  for (const { at, value } of readings) {
    if (value === null || now - at > SPAN_MS) {
      before = null
      continue
    }
    if (before === null || at - before > GAP_MS) found.push([])
    before = at
    const x = SIZE.width * (1 - Math.max(0, now - at) / SPAN_MS)
    const y = SIZE.height * (1 - Math.min(1, value / most))
    found.at(-1)?.push(`${x.toFixed(1)},${y.toFixed(1)}`)
  }
  // A lone point is drawn as a dot: a line of no length with round ends.
  return found.map((points) => (points.length === 1 ? `${points[0]} ${points[0]}` : points.join(' ')))
}

export interface Summary {
  last: number | null
  middle: number
  worst: number
}
export function summary(readings: readonly Reading[]): Summary | null {
  const known = readings.flatMap((r) => (r.value === null ? [] : [r.value])).sort((a, b) => a - b)
  if (!known.length) return null
  return { last: readings.at(-1)?.value ?? null, middle: known[Math.floor((known.length - 1) / 2)] ?? 0, worst: known.at(-1) ?? 0 }
}
