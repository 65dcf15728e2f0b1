/** Duty: how long to wait before the next try. Pure; the dice are handed in. */

export interface BackoffLimits {
  /** Wait before the first retry, milliseconds. */
  firstMs: number
  /** No wait is longer, milliseconds. */
  mostMs: number
}

/** Doubles with each failed try; half of it is drawn, so that a courtroom of tabs does not come back as one. */
export function waitMs(tries: number, limits: BackoffLimits, dice: () => number): number {
  const full = Math.min(limits.mostMs, limits.firstMs * 2 ** Math.min(tries, 20))
  return Math.round(full / 2 + (full / 2) * dice())
}
