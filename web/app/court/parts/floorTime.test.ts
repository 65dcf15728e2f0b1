import { describe, expect, it } from 'vitest'
import { floorTime, SOON_MS } from './floorTime'

const floor = { mode: 'granted', seats: ['plaintiff'], until: 100_000, ends: 110_000, queue: [] }

describe('the time of the floor', () => {
  it('asks for attention in the last half minute', () => {
    expect(floorTime(floor, 100_000 - SOON_MS - 1).phase).toBe('running')
    expect(floorTime(floor, 100_000 - SOON_MS)).toEqual({ phase: 'soon', seconds: 30 })
  })
  it('leaves time to finish a sentence, and counts it', () => {
    expect(floorTime(floor, 100_000)).toEqual({ phase: 'last', seconds: 10 })
    expect(floorTime(floor, 110_000).phase).toBe('over')
  })
  it('knows no time where the floor has none, or nobody has it', () => {
    expect(floorTime({ ...floor, until: null }, 0).phase).toBe('none')
    expect(floorTime({ ...floor, seats: [] }, 0).phase).toBe('none')
  })
})
