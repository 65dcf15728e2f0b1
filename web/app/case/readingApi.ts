/**
 * Duty: says to the server what a record is needed for, and asks who read it. Keeps in this tab alone which act of reading
 * it plays under, and the purpose that was stated. Must never decide what may be read.
 */
import type { Rights } from '@core/record'
import { tabKeep } from '@core/storage'
import { ask, type Answer } from './caseApi'

export type Action = 'play' | 'copy' | 'export'
export interface Wish {
  action: Action
  /** What of the record: one of the reader's rights under this action. */
  thing: string
  /** The copy or the seat it is of, "" for all. */
  what: string
}
export interface Stated {
  purpose: string
  note: string
}
export interface Begun {
  reading: number
  /** Address of a file to keep; only where one was made. */
  url?: string
}
/** One act of reading, as the bench and the clerk see it. `at` is Unix milliseconds. */
export interface ReadingRow {
  number: number
  at: number
  seat: string
  role: string
  name: string
  action: string
  thing: string
  what: string
  purpose: string
  note: string
  files: { file: string; megabytes: [number, number][] }[]
}

const keep = tabKeep()
const purposeKey = (action: Action): string => `yunting.purpose.${action}`

/** What was stated for this kind of act in this tab, if the reader may still state it. */
export function statedBefore(action: Action, rights: Rights): Stated | null {
  try {
    const kept = JSON.parse(keep.get(purposeKey(action)) ?? 'null') as Stated | null
    return kept !== null && rights.purposes.includes(kept.purpose) ? kept : null
  } catch {
    return null
  }
}

export function keepStated(action: Action, stated: Stated): void {
  keep.set(purposeKey(action), JSON.stringify(stated))
}

export function forgetStated(action: Action): void {
  keep.remove(purposeKey(action))
}

const path = (hearingId: string): string => `/api/hearings/${encodeURIComponent(hearingId)}/readings`

export function beginReading(hearingId: string, wish: Wish, stated: Stated): Promise<Answer<Begun>> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...wish, ...stated }) }
  return ask(path(hearingId), async (response) => (await response.json()) as Begun, init)
}

export function fetchReadings(hearingId: string): Promise<Answer<ReadingRow[]>> {
  return ask(path(hearingId), async (response) => ((await response.json()) as { readings: ReadingRow[] }).readings)
}

/** Megabytes that were fetched, each counted once. */
export function megabytesOf(row: Pick<ReadingRow, 'files'>): number {
  let total = 0
  for (const { megabytes } of row.files) {
    let end = -1
    for (const [from, to] of [...megabytes].sort((a, b) => a[0] - b[0])) {
      total += Math.max(0, to - Math.max(from, end))
      end = Math.max(end, to)
    }
  }
  return total
}
