/**
 * Duty: the officer's console as the server answers it: the day, one hearing's people, a word, a seat. Must never keep
 * anything but the console's own session of this tab, nor use a seat's.
 */
import { tabKeep } from '@core/storage'

export interface Task {
  kind: string
  seat: string | null
  since: number | null
}
export interface Line {
  up_loss: number | null
  down_loss: number | null
  rtt_ms: number | null
  jitter_ms: number | null
  verdict: string | null
}
export interface Person {
  seat: string
  role: string
  name: string
  presence: string
  where: string
  since: number | null
  device: Record<'camera' | 'microphone' | 'speaker' | 'network', string> | null
  health: Line | null
  help: { kind: string; at: number } | null
  cannot_hear_since: number | null
}
export interface Row {
  id: string
  case_no: string
  cause: string
  procedure: string
  scheduled_at: number
  opened_at: number | null
  session: string
  stage: string
  network: string | null
  tape: { state: string; reason: string | null; safe_until: number | null } | null
  people: Person[]
  tasks: Task[]
}
export interface Day {
  court: string
  officer: string
  now: number
  total: number
  tasks: number
  hearings: Row[]
  next: number | null
}
export type Sample = Line & { at: number }
export interface Lines {
  hearing: string
  people: { seat: string; samples: Sample[] }[]
}

/** One layer of what a person sends. loss, jitter and rate are of the last few seconds; verdict is null where nothing flows. */
export interface StreamFlow {
  source: 'main' | 'screen'
  kind: 'audio' | 'video'
  layer: string
  codec: string
  width: number | null
  permitted: boolean
  packets: number
  bytes: number
  lost: number
  loss: number | null
  jitter_ms: number | null
  bps: number
  verdict: string | null
}
/** One line to a person; `of` is null where it is not said whose it is. layer: null if nothing flows, "" without layers. */
export interface LineFlow {
  slot: number
  kind: 'audio' | 'video'
  of: string | null
  source: 'main' | 'screen'
  layer: string | null
  packets: number
  bytes: number
  loss: number | null
  rtt_ms: number | null
  bps: number
  nacks: number
  repeats: number
  freezes: number
  switches: number
  verdict: string | null
}
export interface Flows {
  hearing: string
  seat: string
  streams: StreamFlow[]
  lines: LineFlow[]
}

/** ended: the link or the session is none. offline: no answer. refused: the law says no, in the server's own words. */
export type Answer<T> = { ok: true; value: T } | { ok: false; trouble: 'ended' | 'offline' | 'busy' | 'missing' | 'refused'; reason: string; message: string }

const SESSION = 'yunting.console'
const TIMEOUT_MS = 8000
const keep = tabKeep()
export const signedIn = (): boolean => keep.get(SESSION) !== null

async function ask<T>(path: string, body?: Record<string, unknown>, read = (answer: Response): Promise<unknown> => answer.json()): Promise<Answer<T>> {
  const bad = (trouble: Exclude<Answer<T>, { ok: true }>['trouble'], reason = '', message = ''): Answer<T> => ({ ok: false, trouble, reason, message })
  const session = keep.get(SESSION)
  try {
    const answer = await fetch(path, {
      method: body ? 'POST' : 'GET',
      headers: { ...(session ? { Authorization: `Bearer ${session}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (answer.ok) return { ok: true, value: (await read(answer)) as T }
    const said = (await answer.json()) as { reason?: string; message?: string }
    if (answer.status === 429) return bad('busy')
    if (answer.status === 409) return bad('refused', said.reason ?? '', said.message ?? '')
    if (answer.status === 401 || said.reason === 'link_invalid') return bad('ended')
    return bad(answer.status === 404 ? 'missing' : 'offline')
  } catch {
    return bad('offline')
  }
}

/** Trades the link for this tab's console session. */
export async function join(token: string): Promise<Answer<{ session: string }>> {
  const answer = await ask<{ session: string }>('/api/console/join', { token })
  if (answer.ok) keep.set(SESSION, answer.value.session)
  return answer
}

const of = (hearing: string): string => `/api/console/hearings/${encodeURIComponent(hearing)}`
/** Bounded: a day has few pages, and a server that never says "last" is not followed for ever. */
const PAGES_MOST = 10

/** The whole day, page after page. */
export async function day(): Promise<Answer<Day>> {
  let answer = await ask<Day>('/api/console')
  const rows: Row[] = []
  for (let i = 0; i < PAGES_MOST && answer.ok; i++) {
    rows.push(...answer.value.hearings)
    if (answer.value.next === null) break
    answer = await ask<Day>(`/api/console?offset=${answer.value.next}`)
  }
  return answer.ok ? { ok: true, value: { ...answer.value, hearings: [...new Map(rows.map((r) => [r.id, r])).values()] } } : answer
}
export const lines = (hearing: string): Promise<Answer<Lines>> => ask(`${of(hearing)}/people`)
export const flows = (hearing: string, seat: string): Promise<Answer<Flows>> => ask(`${of(hearing)}/people/${encodeURIComponent(seat)}`)
/** The whole series of the hearing's lines, as a file. */
export const series = (hearing: string): Promise<Answer<Blob>> => ask(`${of(hearing)}/lines.csv`, undefined, (answer) => answer.blob())
export const write = (hearing: string, seat: string, text: string): Promise<Answer<{ ok: true }>> => ask(`${of(hearing)}/message`, { seat, text })
export const enter = (hearing: string): Promise<Answer<{ session: string }>> => ask(`${of(hearing)}/join`, {})
