import { describe, expect, it } from 'vitest'
import { showings, shownAt, tiles } from './copies'
import type { Copy, LogEvent } from './record'

const copy = (id: string, seat: string, kind: Copy['kind'], source: Copy['source'] = 'main'): Copy => ({
  id, seat, source, kind, role: 'agent', side: 'plaintiff', name: '何', url: id, duration_ms: 60_000,
})
const ZERO = 1_000_000
let seq = 0
const event = (at: number, kind: string, body: Record<string, unknown> = {}): LogEvent => ({ seq: ++seq, at: ZERO + at, kind, actor: null, body })
const shows = (at: number, seat: string, source: string): LogEvent => event(at, 'source_shown', { seat, source })

describe('showings', () => {
  it('last until they are stopped, replaced, or their seat is gone; not for another seat that goes', () => {
    const found = showings(
      [
        shows(1_000, 'a', 'screen'), event(2_000, 'connection_ended', { seat: 'b' }), event(5_000, 'showing_stopped'),
        shows(10_000, 'a', 'camera'), shows(12_000, 'b', 'screen'), event(14_000, 'connection_ended', { seat: 'b' }),
        shows(50_000, 'a', 'screen'),
      ],
      ZERO,
      60_000,
    )
    expect(found.map(({ seat, source, from, to }) => [seat, source, from, to])).toEqual([
      ['a', 'screen', 1_000, 5_000], ['a', 'camera', 10_000, 12_000], ['b', 'screen', 12_000, 14_000], ['a', 'screen', 50_000, 60_000],
    ])
    expect(shownAt(found, 4_999)?.seat).toBe('a')
    expect(shownAt(found, 5_000)).toBeNull()
    expect(shownAt(found, 0)).toBeNull()
    expect(shownAt(found, 13_000)?.seat).toBe('b')
  })

  it.each(['exhibit_presented', 'stage_entered', 'court_recessed', 'court_closed', 'court_adjourned', 'court_moved_offline'])('end with %s', (kind) => {
    expect(showings([shows(0, 'a', 'screen'), event(7_000, kind)], ZERO, 60_000).map((one) => one.to)).toEqual([7_000])
  })
})

describe('tiles', () => {
  // As the server gives them: whoever has a voice first, the silent ones after all of them.
  const copies = [copy('a', 'a', 'av'), copy('b', 'b', 'audio'), copy('a-h264', 'a', 'video'), copy('a~screen', 'a', 'video', 'screen')]

  it('stand by their person, own picture first, each under a name of its own', () => {
    expect(tiles(copies, []).map((one) => one.id)).toEqual(['a', 'a-h264', 'a~screen', 'b'])
  })

  it('let each voice be heard once, even if a second source had sound', () => {
    const loud = [copy('a~screen', 'a', 'av', 'screen'), copy('a', 'a', 'av'), copy('a-h264', 'a', 'av'), copy('c~screen', 'c', 'av', 'screen')]
    expect(tiles(loud, []).filter((one) => one.voice).map((one) => one.id)).toEqual(['a'])
    expect(tiles(copies, []).filter((one) => one.voice).map((one) => one.id)).toEqual(['a', 'b'])
  })

  it('say what the second picture is of, and do not guess', () => {
    const words = (...sources: string[]): (string | null)[] =>
      tiles(copies, showings(sources.map((source, i) => shows(i * 1_000, 'a', source)), ZERO, 60_000)).map((one) => one.second)
    expect(words('screen')).toEqual([null, null, 'screen', null])
    expect(words('camera')).toEqual([null, null, 'camera', null])
    expect(words('screen', 'camera')).toEqual([null, null, 'second', null])
    expect(words()).toEqual([null, null, 'second', null])
  })
})
