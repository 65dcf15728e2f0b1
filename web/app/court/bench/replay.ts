/** Duty: asks the server for the last minutes of this hearing as copies. Must never keep them: the links end by themselves. */
import { authorized } from '@core/api'
import { KEYS } from '@core/storage'
import type { ReplayOf, Seconds } from '../../case/replayApi'
import { keep, view } from '../../session'

export type Asked = { ok: true; replay: ReplayOf } | { ok: false; reason: string }

export async function askReplay(seconds: Seconds): Promise<Asked> {
  const hearing = view.value?.hearing
  const token = keep.get(KEYS.session)
  if (!hearing || token === null) return { ok: false, reason: 'failed' }
  try {
    const answer = await authorized(token, `/api/hearings/${encodeURIComponent(hearing)}/replay`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ seconds }),
    })
    const body = (await answer.json()) as ReplayOf & { reason?: string }
    return answer.ok ? { ok: true, replay: body } : { ok: false, reason: body.reason ?? 'failed' }
  } catch {
    return { ok: false, reason: 'failed' }
  }
}
