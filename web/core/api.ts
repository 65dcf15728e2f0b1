/** Duty: the server's HTTP faces that the courtroom needs. Must never keep anything (core/storage.ts does). */

export interface Me {
  hearing: {
    id: string
    case_id: string
    case_no: string
    cause: string
    court: string
    procedure: string
    session: string
    scheduled_at: number
    public: boolean
    /** A panel sits 合议庭, not a judge alone. */
    panel: boolean
  }
  seat: { id: string; role: string; side: string; name: string }
  /** What is read before one enters; a mediation has rules of its own. */
  discipline: { version: string; 'zh-CN': string[]; en: string[] }
  server_time: number
}

export type Joined = { ok: true; session: string } | { ok: false; reason: string }

/** reason: the server's stable id, or "offline" where no answer came. */
export async function join(token: string): Promise<Joined> {
  try {
    const answer = await fetch('/api/join', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    const body = (await answer.json()) as { session?: string; reason?: string }
    if (answer.ok && body.session) return { ok: true, session: body.session }
    return { ok: false, reason: answer.status >= 500 ? 'offline' : (body.reason ?? 'link_invalid') }
  } catch {
    return { ok: false, reason: 'offline' }
  }
}

/** A request under this tab's session. */
export function authorized(session: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('Authorization', `Bearer ${session}`)
  return fetch(path, { ...init, headers })
}

export interface Head {
  moment: string
  at: number
  /** Hash of the log's entry of that moment. */
  head: string
}

/** Heads of the log at recesses and at the end, in order of time; none where the server gives none to this seat. undefined: it could not be asked. */
export async function fetchHeads(session: string, hearing: string): Promise<Head[] | undefined> {
  try {
    const answer = await authorized(session, `/api/hearings/${encodeURIComponent(hearing)}/heads`)
    if (answer.status >= 500) return undefined
    return answer.ok ? ((await answer.json()) as { heads: Head[] }).heads : []
  } catch {
    return undefined
  }
}

export type MeAnswer = { ok: true; me: Me } | { ok: false; reason: 'link_invalid' | 'offline' }

export async function fetchMe(session: string): Promise<MeAnswer> {
  try {
    const answer = await authorized(session, '/api/me')
    if (answer.ok) return { ok: true, me: (await answer.json()) as Me }
    return { ok: false, reason: answer.status >= 500 ? 'offline' : 'link_invalid' }
  } catch {
    return { ok: false, reason: 'offline' }
  }
}
