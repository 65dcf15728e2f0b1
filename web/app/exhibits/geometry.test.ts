import { describe, expect, it } from 'vitest'
import { corrected, dragged, lay, markOf, panned, pixels, POINTS_MOST, position, under, written, zoomed } from './geometry'

const BOX = { width: 800, height: 400 }
const PAGE = { width: 100, height: 200 }
const CENTRE = { zoom: 100, x: 5000, y: 5000 }

describe('a page in its box', () => {
  it('is seen whole and in the middle at 100 %', () => {
    expect(lay(BOX, PAGE, CENTRE)).toEqual({ left: 300, top: 0, width: 200, height: 400 })
  })

  it('shows no empty edge when the centre asked for is at a corner', () => {
    expect(lay(BOX, PAGE, { zoom: 800, x: 0, y: 10_000 })).toEqual({ left: 0, top: -2800, width: 1600, height: 3200 })
  })

  it('keeps the same centre in a box of another shape', () => {
    for (const box of [BOX, { width: 300, height: 500 }]) {
      const laid = lay(box, PAGE, { zoom: 800, x: 4000, y: 3000 })
      expect(under(laid, { x: box.width / 2, y: box.height / 2 })).toEqual({ x: 4000, y: 3000 })
    }
  })

  it('has nothing before its size is known', () => {
    expect(lay(BOX, { width: 0, height: 0 }, CENTRE).width).toBe(0)
    expect(under(lay(BOX, { width: 0, height: 0 }, CENTRE), { x: 1, y: 1 })).toBeNull()
  })

  it('is not pointed at beside it', () => {
    expect(under(lay(BOX, PAGE, CENTRE), { x: 10, y: 10 })).toBeNull()
    expect(under(lay(BOX, PAGE, CENTRE), { x: 400, y: 100 })).toEqual({ x: 5000, y: 2500 })
  })

  it('follows the hand that drags it, and no further than its edge', () => {
    const laid = lay(BOX, PAGE, { ...CENTRE, zoom: 800 })
    expect(dragged(BOX, laid, { x: 160, y: -320 })).toEqual({ x: 4000, y: 6000 })
    expect(dragged(BOX, laid, { x: 9000, y: 0 }).x).toBe(2500)
    // Twice as large it is still narrower than the box: it stays in the middle.
    expect(dragged(BOX, lay(BOX, PAGE, { ...CENTRE, zoom: 200 }), { x: 90, y: 0 }).x).toBe(5000)
  })

  it('moves by buttons too, and stops where nothing new is seen', () => {
    const at = { zoom: 800, x: 5000, y: 5000 }
    const right = panned(BOX, lay(BOX, PAGE, at), { x: 1, y: 0 })
    expect(right).toEqual({ x: 6250, y: 5000 })
    const end = panned(BOX, lay(BOX, PAGE, { ...at, x: 7500 }), { x: 1, y: 0 })
    expect(end.x).toBe(7500)
    expect(panned(BOX, lay(BOX, PAGE, CENTRE), { x: 1, y: 1 })).toEqual({ x: 5000, y: 5000 })
  })

  it('is enlarged within the limits of the law', () => {
    expect([zoomed(100, -1), zoomed(100, 1), zoomed(400, 1), zoomed(800, 1)]).toEqual([100, 150, 500, 800])
  })

  it('is asked for in few widths', () => {
    expect([pixels(300, 1, [600, 1200]), pixels(601, 1, [600, 1200]), pixels(2000, 2, [600, 1200])]).toEqual([600, 1200, 1200])
  })
})

describe('marks', () => {
  it('are read as the law writes them', () => {
    expect(markOf('box 2 1200,3400 1300,3500')).toEqual({ shape: 'box', page: 2, points: [{ x: 1200, y: 3400 }, { x: 1300, y: 3500 }] })
  })

  it.each(['', 'box', 'box two 1,2 3,4', 'box 2 1,2', 'line 1 1,2 3,x'])('that say nothing known are left out: %s', (text) => {
    expect(markOf(text)).toBeNull()
  })

  it('are written short enough for a text of the law, both ends kept', () => {
    const stroke = Array.from({ length: 900 }, (_, i) => ({ x: i * 11, y: 10_000 }))
    const text = written(stroke)
    expect(text.length).toBeLessThanOrEqual(500)
    expect(text.split(' ')).toHaveLength(POINTS_MOST)
    expect(text.startsWith('0,10000 ')).toBe(true)
    expect(text.endsWith(' 9889,10000')).toBe(true)
  })
})

describe('a clip', () => {
  it('runs with the clock while it plays, and stands otherwise', () => {
    expect(position({ playing: true, position_ms: 1000, at: 5000 }, 7500)).toBe(3500)
    expect(position({ playing: false, position_ms: 1000, at: 5000 }, 7500)).toBe(1000)
    expect(position({ playing: true, position_ms: 0, at: 5000 }, 4000)).toBe(0)
  })

  it('is put right beyond 300 ms and left alone below', () => {
    expect(corrected(1000, 1300)).toBeNull()
    expect(corrected(1000, 1301)).toBe(1301)
    expect(corrected(1301, 1000)).toBe(1000)
  })
})
