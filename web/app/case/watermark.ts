/** Duty: the words and the place of the player's watermark at a moment. Pure: no DOM, no clock. */

export const ROWS = [0, 1, 2] as const
/** A row goes there and back in so long: nobody is drawn to look at it, and no spot stays free. */
const ROUND_MS = 240_000
const FAR_PERCENT = 12

const clock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'short',
  timeStyle: 'medium',
})

/** "书记员 李明 2026-11-29 08:30:05": whose screen, and when (court time). */
export function markOf(role: string, name: string, unix: number): string {
  return [role, name, clock.format(unix)].filter((part) => part !== '').join(' ')
}

/** Per cent of its own width that a row has moved, between 0 and FAR_PERCENT, there and back. */
export function shiftAt(unix: number): number {
  const share = (unix % ROUND_MS) / ROUND_MS
  return Math.round(FAR_PERCENT * (share < 0.5 ? 2 * share : 2 - 2 * share) * 100) / 100
}
