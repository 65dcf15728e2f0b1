import { describe, expect, it } from 'vitest'
import {
  chapters,
  clamp,
  eventAt,
  eventOffset,
  findInLines,
  formatTime,
  isUnderWay,
  isUnsure,
  LineIndex,
  ordered,
  percentOf,
  pieces,
  spanAt,
  tidyGaps,
  timeParts,
  type Line,
  type LogEvent,
} from './record'

const line = (id: string, t0: number, t1: number, text = id): Line => ({
  id,
  seat: 'judge-1',
  role: 'presiding',
  name: '林',
  t0,
  t1,
  text,
  confidence: 0.9,
})
const event = (seq: number, at: number): LogEvent => ({ seq, at, kind: 'court_opened', actor: null, body: {} })

describe('LineIndex', () => {
  const index = new LineIndex([line('c', 5_000, 6_000), line('a', 0, 1_000), line('b', 2_000, 9_000)])
  const idAt = (t: number): string | undefined => index.lines[index.at(t)]?.id

  it.each([
    [0, 'a'],
    [999, 'a'],
    [1_000, undefined],
    [2_000, 'b'],
    [5_500, 'c'],
    [7_000, 'b'],
    [9_000, undefined],
    [-1, undefined],
  ])('at %d ms hears %s', (t, id) => {
    expect(idAt(t)).toBe(id)
  })

  it.each([
    [-1, undefined],
    [1_500, 'a'],
    [7_000, 'b'],
    [60_000, 'c'],
  ])('near %d ms finds %s', (t, id) => {
    expect(index.lines[index.near(t)]?.id).toBe(id)
  })

  it('agrees with reading every line, over many times and overlaps', () => {
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    const many = Array.from({ length: 400 }, (_, i) => {
      const t0 = random(100_000)
      return line(`l${i}`, t0, t0 + 1 + random(3_000))
    })
    const made = new LineIndex(many)
    for (let t = 0; t < 104_000; t += 37) {
      const slow = made.lines.map((l, i) => (l.t0 <= t && t < l.t1 ? i : -1)).reduce((a, b) => Math.max(a, b), -1)
      expect(made.at(t)).toBe(slow)
    }
  })

  it('knows nothing of an empty transcript', () => {
    const empty = new LineIndex([])
    expect([empty.at(0), empty.near(5)]).toEqual([-1, -1])
  })
})

describe('chapters and spans', () => {
  it('follow each other to the end, in order, without empty ones', () => {
    const made = chapters(
      [
        { key: 'debate', at: 7_000 },
        { key: 'opening', at: -50 },
        { key: 'investigation', at: 3_000 },
        { key: 'judgment', at: 12_000 },
      ],
      10_000,
    )
    expect(made).toEqual([
      { key: 'opening', from: 0, to: 3_000 },
      { key: 'investigation', from: 3_000, to: 7_000 },
      { key: 'debate', from: 7_000, to: 10_000 },
    ])
    expect(spanAt(made, 2_999)?.key).toBe('opening')
    expect(spanAt(made, 3_000)?.key).toBe('investigation')
    expect(spanAt(made, 10_000)).toBeNull()
    expect(spanAt(made, -1)).toBeNull()
  })

  it('keep gaps in order, inside the recording, and apart', () => {
    const gaps = tidyGaps(
      [
        { from: 8_000, to: 99_000, ground: 'fault' },
        { from: 1_000, to: 3_000, ground: 'recess' },
        { from: 2_000, to: 4_000, ground: 'fault' },
        { from: 5_000, to: 5_000, ground: 'recess' },
      ],
      10_000,
    )
    expect(gaps).toEqual([
      { from: 1_000, to: 3_000, ground: 'recess' },
      { from: 3_000, to: 4_000, ground: 'fault' },
      { from: 8_000, to: 10_000, ground: 'fault' },
    ])
    expect(ordered(gaps), 'what was said during a fault may be on the tape').toEqual([{ from: 1_000, to: 3_000, ground: 'recess' }])
  })
})

describe('events', () => {
  it('have a place in the recording, or none', () => {
    expect(eventOffset(event(1, 1_500), 1_000, 2_000)).toBe(500)
    expect(eventOffset(event(1, 900), 1_000, 2_000)).toBeNull()
    expect(eventOffset(event(1, 3_001), 1_000, 2_000)).toBeNull()
  })

  it('are found by time', () => {
    const events = [event(1, 900), event(2, 1_500), event(3, 1_500), event(4, 2_000)]
    expect(eventAt(events, 1_000, 500)).toBe(2)
    expect(eventAt(events, 0, 500)).toBe(-1)
  })
})

describe('times in words and figures', () => {
  it.each([
    [0, undefined, '00:00'],
    [187_999, undefined, '03:07'],
    [187_000, 7_200_000, '0:03:07'],
    [3_787_000, undefined, '1:03:07'],
    [-5, undefined, '00:00'],
    [Number.NaN, undefined, '00:00'],
  ])('%d of %s is %s', (ms, span, shown) => {
    expect(span === undefined ? formatTime(ms) : formatTime(ms, span)).toBe(shown)
  })

  it('come apart into hours, minutes and seconds', () => {
    expect(timeParts(3_787_999)).toEqual({ hours: 1, minutes: 3, seconds: 7 })
  })
})

describe('search', () => {
  const lines = [line('a', 0, 1, '货款，货款与利息'), line('b', 1, 2, '没有异议'), line('c', 2, 3, 'ODR 货款 odr')]

  it('finds every place, in reading order', () => {
    const found = findInLines(lines, ' 货款 ')
    expect(found.order).toEqual([0, 0, 2])
    expect(found.byLine.get(0)).toEqual([
      [0, 2],
      [3, 5],
    ])
    expect(found.byLine.has(1)).toBe(false)
  })

  it('does not regard case, and finds nothing for nothing', () => {
    expect(findInLines(lines, 'odr').order).toEqual([2, 2])
    expect(findInLines(lines, '   ').order).toEqual([])
  })

  it('cuts the text so that nothing is lost', () => {
    const found = findInLines(lines, '货款')
    for (const [i, { text }] of lines.entries()) {
      const cut = pieces(text, found.byLine.get(i))
      expect(cut.map((piece) => piece.text).join('')).toBe(text)
      expect(cut.every((piece) => piece.text !== '' && piece.hit === (piece.text === '货款'))).toBe(true)
    }
  })

  it('keeps positions where lower case would be longer', () => {
    const odd = [line('x', 0, 1, 'İ 货款')]
    expect(findInLines(odd, '货款').byLine.get(0)).toEqual([[2, 4]])
  })
})

describe('small questions', () => {
  it('tell work under way and its share', () => {
    expect(isUnderWay({ state: 'building', progress: 0.2 })).toBe(true)
    expect(isUnderWay({ state: 'failed', progress: 0.2 })).toBe(false)
    expect(percentOf({ state: 'building', progress: 0.999 })).toBe(99)
    expect(percentOf({ state: 'building', progress: -3 })).toBe(0)
    expect(percentOf({ state: 'ready', progress: 0 })).toBe(100)
  })

  it('call a line unsure only on the recogniser\'s word', () => {
    expect(isUnsure({ confidence: 0.3 })).toBe(true)
    expect(isUnsure({ confidence: 0.9 })).toBe(false)
    expect(isUnsure({ confidence: null })).toBe(false)
  })

  it('keep a number in its bounds', () => {
    expect([clamp(5, 0, 3), clamp(-5, 0, 3), clamp(Number.NaN, 1, 3)]).toEqual([3, 0, 1])
  })
})
