import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const HERE = new URL('./locales/', import.meta.url)

function words(lang: string, file: string): Map<string, string> {
  const flat = new Map<string, string>()
  const walk = (node: unknown, path: string): void => {
    if (typeof node === 'string') flat.set(path, node)
    else for (const [key, value] of Object.entries(node as object)) walk(value, path ? `${path}.${key}` : key)
  }
  walk(JSON.parse(readFileSync(new URL(`${lang}/${file}`, HERE), 'utf8')), '')
  return flat
}

const files = readdirSync(new URL('zh-CN/', HERE))
const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort()

describe('words', () => {
  it('has the same files in both languages', () => {
    expect(readdirSync(new URL('en/', HERE)).sort()).toEqual([...files].sort())
  })

  it.each(files)('%s says everything in both languages, with the same values in it', (file) => {
    const zh = words('zh-CN', file)
    const en = words('en', file)
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
    for (const [key, text] of zh) {
      expect([...new Set(names(en.get(key) ?? ''))], key).toEqual([...new Set(names(text))])
    }
  })

  it('has words for every reason the law can give', () => {
    const law = readFileSync(new URL('../../server/hearing/reasons.py', import.meta.url), 'utf8')
    const reasons = [...law.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"$/gm)].map((m) => m[1] ?? '')
    expect(reasons.length).toBeGreaterThan(20)
    const known = words('zh-CN', 'reason.json')
    expect(reasons.filter((r) => !known.has(r))).toEqual([])
  })

  it('has a sentence for everything the log can hold', () => {
    const LAW = new URL('../../server/hearing/', import.meta.url)
    const kinds = readdirSync(LAW)
      .filter((name) => /^events(_\w+)?\.py$/.test(name))
      .flatMap((name) => [...readFileSync(new URL(name, LAW), 'utf8').matchAll(/^class (\w+)/gm)].map((m) => m[1] ?? ''))
      // Not events themselves: who gave the command, and a seat within the schedule.
      .filter((name) => name !== 'Actor' && name !== 'SeatPlan')
      .map((name) => name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase())
    expect(kinds.length).toBeGreaterThan(60)
    const known = words('zh-CN', 'case.json')
    expect(kinds.filter((kind) => !known.has(`event.${kind}`))).toEqual([])
  })

  it('has words for whatever the tape can say of itself, on every page that tells it', () => {
    const under = (file: string, path: string): string[] => [...words('zh-CN', file).keys()].flatMap((key) => (key.startsWith(path) ? [key.slice(path.length)] : []))
    const faults = under('court.json', 'tape.reason.')
    const duty = readFileSync(new URL('../../server/hearing/recording_duty.py', import.meta.url), 'utf8')
    const grounds = [...duty.matchAll(/^[A-Z_]+ = "([a-z_]+)"$/gm)].map((m) => m[1] ?? '')
    expect(faults).toContain('read_back')
    expect(grounds).toContain('not_public')
    expect(under('case.json', 'value.')).toEqual(expect.arrayContaining([...faults, ...grounds, 'second_place']))
    expect(under('case.json', 'ground.')).toEqual(expect.arrayContaining(grounds))
    expect(under('bench.json', 'fact.value.reason.')).toEqual(expect.arrayContaining(faults))
  })

  it.each(['mediation.json', 'enforcement.json', 'sitting.json'])('%s says only what is said elsewhere too, with the same values in it', (file) => {
    for (const [key, text] of words('zh-CN', file)) {
      const [of = '', ...path] = key.split('.')
      const base = words('zh-CN', `${of}.json`).get(path.join('.'))
      expect(base, key).toBeDefined()
      expect(names(text), key).toEqual(names(base ?? ''))
    }
  })
})
