import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Rights } from '@core/record'
import { forgetStated, keepStated, megabytesOf, statedBefore } from './readingApi'

const RIGHTS: Rights = { play: ['all'], copy: ['transcript'], export: [], purposes: ['read_file', 'other'], readers: false }

beforeEach(() => {
  for (const action of ['play', 'copy', 'export'] as const) forgetStated(action)
})

describe('the purpose of reading', () => {
  it('is asked once a sitting, for each kind of act by itself', () => {
    expect(statedBefore('play', RIGHTS)).toBeNull()
    keepStated('play', { purpose: 'other', note: 'n' })
    expect(statedBefore('play', RIGHTS)).toEqual({ purpose: 'other', note: 'n' })
    expect(statedBefore('copy', RIGHTS)).toBeNull()
  })

  it('is asked again of a reader who may not have it', () => {
    keepStated('play', { purpose: 'management', note: '' })
    expect(statedBefore('play', RIGHTS)).toBeNull()
  })

  it('has words for every purpose and every act the server knows', () => {
    const rights = readFileSync(new URL('../../../server/gateway/rights.py', import.meta.url), 'utf8')
    const purposes = [...(/^PURPOSES = \(([^)]*)\)/m.exec(rights)?.[1] ?? '').matchAll(/"(\w+)"/g)].map((m) => m[1])
    expect(purposes.length).toBe(6)
    const words = JSON.parse(readFileSync(new URL('../locales/zh-CN/case.json', import.meta.url), 'utf8')) as { reading: Record<string, string> }
    for (const purpose of purposes) expect(words.reading).toHaveProperty(`purpose_${purpose}`)
    for (const act of ['play_all', 'copy_transcript', 'copy_sound', 'copy_picture', 'export_court', 'export_seat', 'export_own']) {
      expect(words.reading).toHaveProperty(`did_${act}`)
    }
  })
})

describe('what was fetched', () => {
  it('counts each megabyte once, however often it was asked for', () => {
    expect(megabytesOf({ files: [] })).toBe(0)
    expect(megabytesOf({ files: [{ file: 'a', megabytes: [[4, 6], [0, 2], [1, 3]] }, { file: 'b', megabytes: [[0, 1]] }] })).toBe(6)
  })
})
