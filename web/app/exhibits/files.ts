/**
 * Duty: fetches pages of exhibits under this tab's session and keeps the last few as object addresses, asks where a clip is; sends a
 * new material. Must never keep one over a reload, nor ask for what the view does not name.
 */
import { authorized } from '@core/api'
import { KEYS, tabKeep } from '@core/storage'
import { currentLang } from '../i18n'

/** Steps of width a page is asked for in. */
export const WIDTHS = [640, 1280, 1920, 2880] as const
/** Pages kept: those before and behind the one shown, in two sizes. */
const KEPT_MOST = 12

const keep = tabKeep()
const session = (): string => keep.get(KEYS.session) ?? ''
const kept = new Map<string, Promise<string>>()

function base(hearing: string): string {
  return `/api/hearings/${encodeURIComponent(hearing)}/exhibits`
}

async function fetched(path: string): Promise<string> {
  const answer = await authorized(session(), path)
  if (!answer.ok) throw new Error(String(answer.status))
  return URL.createObjectURL(await answer.blob())
}

/** An object address of what stands at this path; the oldest is let go when there are too many. */
function held(path: string): Promise<string> {
  const found = kept.get(path)
  if (found) {
    kept.delete(path)
    kept.set(path, found)
    return found
  }
  const asked = fetched(path)
  kept.set(path, asked)
  asked.catch(() => kept.delete(path))
  for (const [old, address] of kept) {
    if (kept.size <= KEPT_MOST) break
    kept.delete(old)
    void address.then((url) => URL.revokeObjectURL(url)).catch(() => undefined)
  }
  return asked
}

export function page(hearing: string, exhibit: string, n: number, width: number): Promise<string> {
  return held(`${base(hearing)}/${encodeURIComponent(exhibit)}/page/${n}?w=${width}`)
}

/** Where this seat's player finds the video or sound: a link that runs out, so it is asked for each time. */
export async function clip(hearing: string, exhibit: string): Promise<string> {
  const answer = await authorized(session(), `${base(hearing)}/${encodeURIComponent(exhibit)}/link`)
  if (!answer.ok) throw new Error(String(answer.status))
  return ((await answer.json()) as { url: string }).url
}

export type Sent = { ok: true } | { ok: false; reason: string; message: string }

/** Sends a file; tells how far it is, 0 to 1. Aborting ends it with reason "stopped". */
export function upload(hearing: string, file: File, title: string, told: (share: number) => void, stop: AbortSignal): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    const bad = (reason: string, message = ''): void => resolve({ ok: false, reason, message })
    request.open('POST', `${base(hearing)}?title=${encodeURIComponent(title)}`)
    request.setRequestHeader('Authorization', `Bearer ${session()}`)
    request.setRequestHeader('Accept-Language', currentLang())
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream')
    request.upload.onprogress = (event) => event.lengthComputable && told(event.loaded / event.total)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve({ ok: true })
      const said = spoken(request.responseText)
      bad(said.reason || (request.status === 413 ? 'material_too_large' : 'unavailable'), said.message)
    }
    request.onerror = () => bad('connection_lost')
    request.onabort = () => bad('stopped')
    stop.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function spoken(text: string): { reason: string; message: string } {
  try {
    const body = JSON.parse(text) as { reason?: unknown; message?: unknown }
    return { reason: typeof body.reason === 'string' ? body.reason : '', message: typeof body.message === 'string' ? body.message : '' }
  } catch {
    return { reason: '', message: '' }
  }
}
