/** Duty: fetches the sound of a missed passage, heard by the ones it is played to. Keeps no sound after it is put away. */
import { authorized } from '@core/api'
import { KEYS } from '@core/storage'
import type { Passage } from '@core/wire'
import { keep, view } from '../../session'

/** url: an object URL that the caller revokes. reason: the server's id, or "failed". */
export type Sound = { ok: true; url: string } | { ok: false; reason: string }

export async function soundOf(passage: Passage): Promise<Sound> {
  const hearing = view.value?.hearing
  const session = keep.get(KEYS.session)
  if (!hearing || session === null) return { ok: false, reason: 'failed' }
  const asked = new URLSearchParams({ seat: passage.seat, t0: String(passage.t0), t1: String(passage.t1) })
  try {
    const answer = await authorized(session, `/api/hearings/${encodeURIComponent(hearing)}/passage?${asked.toString()}`)
    if (answer.ok) return { ok: true, url: URL.createObjectURL(await answer.blob()) }
    const body = (await answer.json()) as { reason?: string }
    return { ok: false, reason: body.reason ?? 'failed' }
  } catch {
    return { ok: false, reason: 'failed' }
  }
}
