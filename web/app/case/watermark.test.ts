import { describe, expect, it } from 'vitest'
import { markOf, shiftAt } from './watermark'

const AT = Date.UTC(2026, 10, 29, 0, 30, 5)

describe('the watermark', () => {
  it('says who watches, in which role, and when by the clock of the court', () => {
    expect(markOf('书记员', '李明', AT)).toBe('书记员 李明 2026-11-29 08:30:05')
    expect(markOf('旁听人员', '', AT)).toBe('旁听人员 2026-11-29 08:30:05')
  })

  it('moves slowly, there and back, and never jumps', () => {
    let before = shiftAt(AT)
    for (let s = 1; s <= 600; s += 1) {
      const now = shiftAt(AT + s * 1000)
      expect(Math.abs(now - before)).toBeLessThan(0.25)
      expect(now).toBeGreaterThanOrEqual(0)
      expect(now).toBeLessThanOrEqual(12)
      before = now
    }
    const all = Array.from({ length: 240 }, (_, s) => shiftAt(AT + s * 1000))
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(11)
  })
})
