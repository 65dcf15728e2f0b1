/** Duty: asks for a part of a hearing that is over, before its copies are made. Must never keep it: its links end by themselves. */
import type { Copy } from '@core/record'
import { ask, type Answer } from './caseApi'

export interface ReplayOf {
  /** Unix milliseconds. */
  from: number
  to: number
  copies: Copy[]
}

export const LENGTHS_S = [60, 120, 300] as const
export type Seconds = (typeof LENGTHS_S)[number]

/** from: milliseconds from the opening. reading: the act of playing that it is seen under. */
export function askLook(hearing: string, reading: number, from: number, seconds: Seconds): Promise<Answer<ReplayOf>> {
  return ask(`/api/hearings/${encodeURIComponent(hearing)}/look?reading=${reading}`, async (response) => (await response.json()) as ReplayOf, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ from, seconds }),
  })
}
