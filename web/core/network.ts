/** Duty: is this network good enough for a hearing? Measures, and says it in one of three words. Never asks outside hosts. */

export interface Measured {
  rttMs: number
  downKbps: number
  upKbps: number
}

export type Verdict = 'good' | 'fair' | 'poor' | 'unknown'

/** What a hearing needs: own picture up (about 1.2 Mbit/s at best), some pictures down, and a short way. */
export const NEEDS = {
  good: { rttMs: 150, downKbps: 3000, upKbps: 1500 },
  fair: { rttMs: 400, downKbps: 800, upKbps: 400 },
} as const

export function verdict(m: Measured): Verdict {
  const meets = (need: Measured): boolean =>
    m.rttMs <= need.rttMs && m.downKbps >= need.downKbps && m.upKbps >= need.upKbps
  if (meets(NEEDS.good)) return 'good'
  return meets(NEEDS.fair) ? 'fair' : 'poor'
}

const DOWN_BYTES = 512 * 1024
const UP_BYTES = 256 * 1024
const PATIENCE_MS = 12_000

/** A request under this tab's session (core/api.ts `authorized`). */
export type Get = (path: string, init: RequestInit) => Promise<Response>

/** Runs the test. rttMs: a round trip already measured on the WebSocket, or null. Throws nothing: "unknown" instead. */
export async function probe(get: Get, rttMs: number | null): Promise<{ verdict: Verdict; measured: Measured | null }> {
  const stop = AbortSignal.timeout(PATIENCE_MS)
  try {
    const rtt = rttMs ?? (await timed(() => get('/api/probe/1', { signal: stop, cache: 'no-store' })))
    const down = await timed(async () => {
      const answer = await get(`/api/probe/${DOWN_BYTES}`, { signal: stop, cache: 'no-store' })
      if (!answer.ok) throw new Error('probe')
      await answer.arrayBuffer()
    })
    const up = await timed(async () => {
      const answer = await get('/api/probe', { method: 'POST', body: new Uint8Array(UP_BYTES), signal: stop })
      if (!answer.ok) throw new Error('probe')
      await answer.arrayBuffer()
    })
    const measured = {
      rttMs: Math.round(rtt),
      downKbps: kbps(DOWN_BYTES, down, rtt),
      upKbps: kbps(UP_BYTES, up, rtt),
    }
    return { verdict: verdict(measured), measured }
  } catch {
    // A network so poor that the test does not end is poor; one that cannot be tested is unknown.
    return { verdict: stop.aborted ? 'poor' : 'unknown', measured: null }
  }
}

/** Rate without the one round trip that every request costs. */
export function kbps(bytes: number, tookMs: number, rttMs: number): number {
  return Math.round((bytes * 8) / Math.max(1, tookMs - rttMs))
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}
