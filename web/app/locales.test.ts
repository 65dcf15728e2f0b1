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
})
