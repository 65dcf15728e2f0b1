import { describe, expect, it } from 'vitest'
import { filmOf, outline, pointsOf, thumbnailAt, type Composite } from './composite'

const made: Composite = {
  state: 'ready',
  progress: 1,
  url: '/media/h/~composite.mp4?e&s',
  captions: '/media/h/~composite.vtt?e&s',
  sheets: ['a', 'b'],
  thumbnails: { interval_ms: 30_000, count: 103, across: 10, down: 10, width: 192, height: 108 },
  wave: btoa(String.fromCharCode(0, 255, 51)),
  duration_ms: 3_090_000,
}

describe('filmOf', () => {
  it('is nothing until there is something to play', () => {
    expect(filmOf(undefined)).toBeNull()
    expect(filmOf({ state: 'building', progress: 0.7 })).toBeNull()
    expect(filmOf(made)?.durationMs).toBe(3_090_000)
  })
})

describe('thumbnailAt', () => {
  const film = filmOf(made)
  it('finds the picture before a time, on its sheet', () => {
    expect(thumbnailAt(film, 0)).toEqual({ sheet: 'a', x: 0, y: 0, width: 192, height: 108 })
    expect(thumbnailAt(film, 29_999)?.x).toBe(0)
    expect(thumbnailAt(film, 30_000)?.x).toBe(192)
    expect(thumbnailAt(film, 11 * 30_000)).toMatchObject({ sheet: 'a', x: 192, y: 108 })
    expect(thumbnailAt(film, 102 * 30_000)).toMatchObject({ sheet: 'b', x: 384, y: 0 })
  })
  it('stays within what there is', () => {
    expect(thumbnailAt(film, 9e9)).toMatchObject({ sheet: 'b', x: 384 })
    expect(thumbnailAt(film, -5)).toMatchObject({ sheet: 'a', x: 0 })
    expect(thumbnailAt(filmOf({ ...made, sheets: [] }), 0)).toBeNull()
    expect(thumbnailAt(null, 0)).toBeNull()
  })
})

describe('outline', () => {
  it('draws both edges of the levels', () => {
    expect(outline(made.wave ?? '')).toBe('M0 50.0L1 0.0L2 40.0L2 60.0L1 100.0L0 50.0Z')
    expect(pointsOf(made.wave ?? '')).toBe(3)
  })
  it('draws nothing of nothing, or of nonsense', () => {
    expect(outline('')).toBe('')
    expect(outline('*')).toBe('')
    expect(pointsOf('*')).toBe(0)
  })
})
