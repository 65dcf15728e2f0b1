/**
 * Duty: asks the server for what stands on the case page. Must never keep anything, nor decide who may read.
 * Every way it can go wrong comes back as a value, so that the page can say what to do next.
 */
import { authorized } from '@core/api'
import type { CaseRecord, HearingRecord } from '@core/record'
import { KEYS, tabKeep } from '@core/storage'

/** signed_out: no session in this tab, or it ended. offline: no answer came. unavailable: the server could not. */
export type Trouble = 'signed_out' | 'forbidden' | 'missing' | 'offline' | 'unavailable'
export interface Refusal {
  ok: false
  trouble: Trouble
  /** The server's stable id and its own sentence; "" where it gave none. */
  reason: string
  message: string
}
export type Answer<T> = { ok: true; value: T } | Refusal

const keep = tabKeep()

function refusal(trouble: Trouble, reason = '', message = ''): Refusal {
  return { ok: false, trouble, reason, message }
}

function troubleOf(status: number): Trouble {
  if (status === 401) return 'signed_out'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'missing'
  return 'unavailable'
}

async function refusedBy(response: Response): Promise<Refusal> {
  try {
    const body = (await response.json()) as { reason?: unknown; message?: unknown }
    const word = (value: unknown): string => (typeof value === 'string' ? value : '')
    return refusal(troubleOf(response.status), word(body.reason), word(body.message))
  } catch {
    return refusal(troubleOf(response.status))
  }
}

export async function ask<T>(path: string, read: (response: Response) => Promise<T>, init: RequestInit = {}): Promise<Answer<T>> {
  const session = keep.get(KEYS.session)
  if (session === null || session === '') return refusal('signed_out')
  let response: Response
  try {
    response = await authorized(session, path, { ...init, headers: { Accept: 'application/json, text/plain', ...init.headers } })
  } catch {
    return refusal('offline')
  }
  if (!response.ok) return refusedBy(response)
  try {
    return { ok: true, value: await read(response) }
  } catch {
    return refusal('unavailable')
  }
}

const playingKey = (hearingId: string): string => `yunting.reading.${hearingId}`

/** The record of this hearing is read under this act from now on, in this tab. */
export function keepPlaying(hearingId: string, reading: number): void {
  keep.set(playingKey(hearingId), String(reading))
}

export function fetchCase(caseId: string): Promise<Answer<CaseRecord>> {
  return ask(`/api/cases/${encodeURIComponent(caseId)}`, async (response) => (await response.json()) as CaseRecord)
}

export function fetchRecord(hearingId: string): Promise<Answer<HearingRecord>> {
  const reading = keep.get(playingKey(hearingId))
  const path = `/api/hearings/${encodeURIComponent(hearingId)}/record${reading === null ? '' : `?reading=${reading}`}`
  return ask(path, async (response) => (await response.json()) as HearingRecord)
}

/** reading: the act of copying that it is fetched under. */
export function fetchTranscriptText(hearingId: string, reading: number): Promise<Answer<Blob>> {
  return ask(`/api/hearings/${encodeURIComponent(hearingId)}/transcript.txt?reading=${reading}`, (response) => response.blob())
}

/** How everybody's line was, as a table; for the bench and the clerk. */
export function fetchLines(hearingId: string): Promise<Answer<Blob>> {
  return ask(`/api/hearings/${encodeURIComponent(hearingId)}/lines.csv`, (response) => response.blob())
}
