import { describe, expect, it } from 'vitest'
import { LONGEST_MS, MISSED_MS, missing, pieces } from './heard'
import type { SheetRow } from './wire'

const row = (seat: string, missed_ms: number): SheetRow => ({
  seat, spoke_ms: 0, missed_ms, passages: [], interrupted: 0, cannot_hear: 0, answered_ms: 0, lost_ms: 0,
})

describe('was everyone heard', () => {
  it('offers only what is beyond a moment, who missed most first', () => {
    const rows = [row('a', MISSED_MS), row('b', MISSED_MS + 1), row('c', 60_000), row('d', 0)]
    expect(missing(rows).map((r) => r.seat)).toEqual(['c', 'b'])
  })

  it('cuts a long passage into what can be asked for, without a gap and without a rest of nothing', () => {
    const t1 = 2 * LONGEST_MS + 700
    expect(pieces({ seat: 'a', t0: 0, t1 })).toEqual([
      { seat: 'a', t0: 0, t1: LONGEST_MS },
      { seat: 'a', t0: LONGEST_MS, t1: 2 * LONGEST_MS },
      { seat: 'a', t0: 2 * LONGEST_MS, t1 },
    ])
    expect(pieces({ seat: 'a', t0: 5, t1: 5 + LONGEST_MS })).toHaveLength(1)
    expect(pieces({ seat: 'a', t0: 5, t1: 5 })).toEqual([])
  })
})
