import { describe, expect, it } from 'vitest'
import { waitMs } from './backoff'
import { kbps, NEEDS, verdict } from './network'

describe('network verdict', () => {
  it('is the worst of the three measures', () => {
    expect(verdict({ ...NEEDS.good })).toBe('good')
    expect(verdict({ ...NEEDS.good, rttMs: NEEDS.good.rttMs + 1 })).toBe('fair')
    expect(verdict({ ...NEEDS.good, upKbps: NEEDS.fair.upKbps - 1 })).toBe('poor')
  })

  it('does not count the round trip as transfer', () => {
    expect(kbps(125_000, 1100, 100)).toBe(1000)
    expect(kbps(1000, 50, 100)).toBe(8000)
  })
})

describe('backoff', () => {
  it('is at least half of the step and never over the limit', () => {
    const limits = { firstMs: 100, mostMs: 1000 }
    expect(waitMs(0, limits, () => 0)).toBe(50)
    expect(waitMs(0, limits, () => 1)).toBe(100)
    expect(waitMs(40, limits, () => 1)).toBe(1000)
  })
})
