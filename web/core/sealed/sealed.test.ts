import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { check, parsed, type Result, root } from './check'
import { type CourtKey, fromPem, unbase64 } from './keys'
import { fromFolder, fromZip, NoPackage, safe, type Sealed } from './source'

/** A package that the Python side sealed and holds for good (tests/recording/package/web_fixture.py). */
const fixture = JSON.parse(readFileSync(new URL('./fixture.json', import.meta.url), 'utf8')) as { key: string; files: Record<string, string> }
const OTHER = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA1zsiU2CPRhqWbUiHqSh8VnUYmSz4Rq2zZ7TNb5X7bTo=
-----END PUBLIC KEY-----`
let key: CourtKey

function bytes(name: string): Uint8Array<ArrayBuffer> {
  return unbase64(fixture.files[name] ?? '')
}

function sealed(changes: Record<string, Uint8Array<ArrayBuffer> | null> = {}): Sealed {
  const files = new Map<string, Blob>()
  for (const name of Object.keys({ ...fixture.files, ...changes })) {
    const data = name in changes ? changes[name] : bytes(name)
    if (data) files.set(name, new Blob([data]))
  }
  return { name: 'package', files }
}

function flipped(name: string, at: number): Record<string, Uint8Array<ArrayBuffer>> {
  const data = bytes(name)
  data[at] = (data[at] ?? 0) ^ 1
  return { [name]: data }
}

const told = (result: Result): string[] => result.findings.map((one) => `${one.reason} ${one.file}`)

beforeAll(async () => {
  const found = await fromPem(fixture.key)
  if (!found) throw new Error('the fixture has no key')
  key = found
})

describe('a sealed package', () => {
  it('is unaltered and complete as it was sealed', async () => {
    const result = await check(sealed(), key)
    expect(result).toMatchObject({ unaltered: true, complete: true, findings: [], hearing: 'h-1' })
    expect(result.files).toBe(Object.keys(fixture.files).length - 2)
  })

  it('is found out wherever one byte is another, and nothing else is blamed', async () => {
    for (const name of Object.keys(fixture.files)) {
      const size = bytes(name).length
      for (const at of new Set([0, size >> 1, size - 1])) {
        const result = await check(sealed(flipped(name, at)), key)
        expect(result.unaltered, `${name} ${at}`).toBe(false)
        const blamed = new Set(result.findings.map((one) => one.file))
        if (name !== 'manifest.json' && name !== 'signatures.json') expect([...blamed].filter((file) => file !== name && !(name === 'log/court.jsonl' && file === 'log/main.jsonl')), `${name} ${at}`).toEqual([])
      }
    }
  })

  it('tells the second and the seat', async () => {
    const result = await check(sealed(flipped('copies/plaintiff.webm', 9000)), key)
    expect(result.findings).toEqual([{ reason: 'changed', file: 'copies/plaintiff.webm', at: 2000, seat: 'plaintiff', detail: '' }])
    const longer = new Uint8Array([...bytes('tape/plaintiff-audio-0001.ytape'), 1])
    const [found] = (await check(sealed({ 'tape/plaintiff-audio-0001.ytape': longer }), key)).findings
    expect(found).toMatchObject({ reason: 'bytes_added', seat: 'plaintiff' })
  })

  it('misses what is not there and sees what was added', async () => {
    const result = await check(sealed({ 'transcript/final.jsonl': null, 'notes.txt': Uint8Array.of(1) }), key)
    expect(told(result).sort()).toEqual(['added notes.txt', 'missing transcript/final.jsonl'])
    expect(result).toMatchObject({ unaltered: false, complete: false })
    expect(await check(sealed({ 'transcript/final.jsonl': null }), key)).toMatchObject({ unaltered: true, complete: false })
  })

  it('may lack what the manifest allows, and says so', async () => {
    const result = await check(sealed({ 'log/court.jsonl': null, 'records/incidents.json': null }), key)
    expect(result).toMatchObject({ unaltered: true, complete: true, findings: [] })
    expect(result.notes).toEqual([
      { key: 'withheld', n: 2 },
      { key: 'entries', n: 1 },
    ])
  })

  it('is nobody’s under another key', async () => {
    const other = await fromPem(OTHER)
    if (!other) throw new Error('no key')
    expect(told(await check(sealed(), other))).toEqual(['signature_absent signatures.json'])
  })

  it('has a log in which an entry can neither go, nor move, nor change', async () => {
    const lines = new TextDecoder().decode(bytes('log/main.jsonl')).trimEnd().split('\n')
    const encode = (some: string[]): Record<string, Uint8Array<ArrayBuffer>> => ({ 'log/main.jsonl': new TextEncoder().encode(some.join('\n') + '\n') })
    const without = await check(sealed(encode(lines.filter((_, at) => at !== 6))), key)
    expect(without.findings).toContainEqual(expect.objectContaining({ reason: 'entry_missing', detail: '7' }))
    const moved = await check(sealed(encode([...lines.slice(0, 5), lines[6] ?? '', lines[5] ?? '', ...lines.slice(7)])), key)
    expect(told(moved)).toContain('entry_place log/main.jsonl')
    const changed = await check(sealed(encode(lines.map((line) => line.replace('"seat":"plaintiff"}', '"seat":"defendant"}')))), key)
    expect(told(changed)).toContain('entry_changed log/main.jsonl')
  })
})

describe('a line of the log', () => {
  it('is taken apart from its end, whatever people have said in it', () => {
    const hash = 'a'.repeat(64)
    const trap = `","hash":"${'b'.repeat(64)}","kind":"x","prev":"${'c'.repeat(64)}","seq":9,"version":1}`
    const body = JSON.stringify({ text: trap })
    const line = `{"actor":{"connection":null,"seat":null},"at":5,"body":${body},"hash":"${hash}","kind":"message_sent","prev":"${'0'.repeat(64)}","seq":1,"version":1}`
    expect(parsed(line, 's')).toMatchObject({ seq: 1, hash, at: 5 })
    expect(parsed(line, 's')?.content).toContain(body)
    expect(parsed(line.slice(0, -1), 's')).toBeNull()
  })
})

describe('the tree', () => {
  it('of no leaves is the hash of nothing, of one the leaf’s', async () => {
    expect(await root([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(await root(['a'])).not.toBe(await root(['a', 'a']))
  })
})

describe('what is opened', () => {
  it('has no name that leaves the folder', () => {
    for (const name of ['', '/a', '../a', 'a/../b', 'a\\b', 'C:a', 'a//b', 'a.', 'a /b', 'x'.repeat(401)]) expect(safe(name), name).toBe(false)
    for (const name of ['manifest.json', 'tape/plaintiff-audio-0001.ytape', 'copies/原告.webm']) expect(safe(name), name).toBe(true)
  })

  it('is no package where there is no manifest', async () => {
    expect(() => fromFolder([])).toThrow(NoPackage)
    await expect(fromZip(new Blob(['hello']), 'a')).rejects.toThrow('nothing')
  })

  it('is the court’s own archive and no other', async () => {
    const data = unbase64(readFileSync(new URL('./fixture.zip.b64', import.meta.url), 'utf8').replace(/\s/g, ''))
    const opened = await fromZip(new Blob([data]), 'a.zip')
    expect(await check(opened, key)).toMatchObject({ unaltered: true, complete: true })
    for (let at = 0; at < data.length; at += 997) {
      const changed = data.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      const result = await fromZip(new Blob([changed]), 'a.zip').then((found) => check(found, key), (error: unknown) => error)
      if (result instanceof NoPackage) continue
      expect((result as Result).unaltered, String(at)).toBe(false)
    }
    const [first = 0, last = 0] = [data.indexOf(0x50), data.length - 1]
    for (const at of [first + 8, first + 10, last, last - 10]) {
      const changed = data.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      await expect(fromZip(new Blob([changed]), 'a.zip'), String(at)).rejects.toThrow(NoPackage)
    }
    await expect(fromZip(new Blob([data, 'x']), 'a.zip')).rejects.toThrow(NoPackage)
  })
})
