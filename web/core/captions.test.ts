import { describe, expect, it } from 'vitest'
import { CAPTIONS_MOST, withCaption } from './captions'
import type { Caption } from './wire'

function caption(utterance: string, part: Partial<Caption> = {}): Caption {
  return { type: 'caption', n: 1, utterance, seat: 'plaintiff', role: 'plaintiff', name: '', settled: '', pending: '', final: false, t0: 0, t1: 0, ...part }
}

describe('captions', () => {
  it('replaces an utterance in its place, however often it comes', () => {
    let list = withCaption([], caption('a', { n: 1, pending: '现在' }))
    list = withCaption(list, caption('b', { n: 2, pending: '我方' }))
    list = withCaption(list, caption('a', { n: 3, settled: '现在开庭。', final: true }))
    expect(list.map((c) => c.utterance)).toEqual(['a', 'b'])
    expect(list[0]?.settled).toBe('现在开庭。')
  })

  it('never makes a final utterance provisional again', () => {
    const list = withCaption([], caption('a', { n: 5, settled: '完', final: true }))
    expect(withCaption(list, caption('a', { n: 6, pending: '玩' }))).toBe(list)
  })

  it('ignores an older state that comes late', () => {
    const list = withCaption([], caption('a', { n: 5, pending: '新' }))
    expect(withCaption(list, caption('a', { n: 4, pending: '旧' }))).toBe(list)
  })

  it('keeps a bounded number, the newest', () => {
    let list: readonly Caption[] = []
    for (let i = 0; i < CAPTIONS_MOST + 10; i++) list = withCaption(list, caption(`u${i}`, { n: i }))
    expect(list.length).toBe(CAPTIONS_MOST)
    expect(list.at(-1)?.utterance).toBe(`u${CAPTIONS_MOST + 9}`)
  })
})
