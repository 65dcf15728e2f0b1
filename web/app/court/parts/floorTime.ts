/** Duty: how far the time of the floor has run, in phases that people can act on. Pure; the server takes the floor back. */
import type { FloorView } from '@core/wire'

/** running: enough time; soon: nearly up; last: up, a sentence may be finished; over: nothing is left of that either. */
export type FloorPhase = 'none' | 'running' | 'soon' | 'last' | 'over'

/** From here on the clock asks for attention. */
export const SOON_MS = 30_000

export function floorTime(floor: FloorView, now: number): { phase: FloorPhase; seconds: number } {
  if (floor.until === null || floor.seats.length === 0) return { phase: 'none', seconds: 0 }
  const left = floor.until - now
  if (left > 0) return { phase: left <= SOON_MS ? 'soon' : 'running', seconds: Math.ceil(left / 1000) }
  const grace = (floor.ends ?? floor.until) - now
  return grace > 0 ? { phase: 'last', seconds: Math.ceil(grace / 1000) } : { phase: 'over', seconds: 0 }
}
