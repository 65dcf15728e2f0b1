import { describe, expect, it } from 'vitest'
import { pieces, SPAN_MS, summary } from './spark'

const NOW = 1_000_000
const at = (ago: number, value: number | null) => ({ at: NOW - ago, value })

describe('ten minutes of a line', () => {
  it('is drawn from the left to the right, the worst at the top', () => {
    expect(pieces([at(SPAN_MS, 0), at(SPAN_MS - 5000, 50), at(SPAN_MS - 10_000, 900)], NOW, 100)).toEqual(['0.0,32.0 1.3,16.0 2.7,0.0'])
  })

  it('has a gap where nothing is known, not a nought', () => {
    const drawn = pieces([at(20_000, 10), at(15_000, null), at(10_000, 10), at(5000, 10)], NOW, 10)
    expect(drawn).toHaveLength(2)
  })

  it('is not joined over a time without readings', () => {
    expect(pieces([at(60_000, 1), at(55_000, 1), at(10_000, 1), at(5000, 1)], NOW, 1)).toHaveLength(2)
  })

  it('leaves out what is older', () => {
    expect(pieces([at(SPAN_MS + 1, 1)], NOW, 1)).toEqual([])
  })

  it('is said in three numbers', () => {
    expect(summary([at(20_000, 3), at(15_000, 9), at(10_000, null), at(5000, 1)])).toEqual({ last: 1, middle: 3, worst: 9 })
    expect(summary([at(5000, null)])).toBeNull()
    expect(summary([at(9000, 4), at(5000, null)])).toEqual({ last: null, middle: 4, worst: 4 })
  })
})
