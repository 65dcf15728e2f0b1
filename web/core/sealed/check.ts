/**
 * Duty: checks a sealed package in the browser, by the court's public key: signature, digests, the log's chain. Nothing is sent.
 * The tape's records and times are checked by the verifier that is a program of its own; here every file of it is, as a whole.
 * Format: docs/decisions/0013-sealed-package.md.
 */
import { type Bytes, type CourtKey, fromSpki, hex, holds, sha256, unbase64, unhex } from './keys'
import type { Sealed } from './source'

/** reason: key of the page's words, as in recording/package/report.py. at: milliseconds from the opening. */
export interface Finding {
  reason: string
  file: string
  at: number | null
  seat: string
  detail: string
}

/** unaltered, complete: null where this browser cannot tell. notes: keys of the page's words, with their values. */
export interface Result {
  hearing: string
  unaltered: boolean | null
  complete: boolean | null
  findings: Finding[]
  notes: { key: string; n: number }[]
  files: number
}

interface FileRow {
  name: string
  size: number
  sha256: string
  seat: string
  may_lack: string
}

interface Manifest {
  format: string
  version: number
  hearing: string
  opened_ms: number
  keys: { id: string; spki: string }[]
  files: FileRow[]
  log: { stream: string; entries: number; head: string; root: string; withheld: number[] }
}

type Chunk = [start: number, at: number | null, digest: string, seat?: string]

const OUTSIDE = new Set(['manifest.json', 'signatures.json', 'timestamp.json'])
const LOG = 'log/main.jsonl'
const COURT = 'log/court.jsonl'
const INDEX = 'index.json'
const GENESIS = '0'.repeat(64)
const SHORT = 32
/** Told of entries that are missing in one place; a made-up manifest may name any number. */
const LOST_MAX = 500
/** A browser hashes a file in one piece. */
export const PIECE_MAX = 1 << 30

const INCOMPLETE = new Set(['missing', 'entry_missing', 'bytes_removed', 'log_head', 'manifest_missing', 'manifest_unreadable'])
const UNTOUCHED = new Set(['missing'])

async function text(blob: Blob): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await blob.arrayBuffer())
}

/** Merkle Tree Hash (RFC 9162 §2.1.1) of the hashes of a log. */
export async function root(hashes: readonly string[]): Promise<string> {
  const digest = async (...parts: Uint8Array[]): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(parts as Bytes[]).arrayBuffer()))
  const whole: { size: number; hash: Bytes }[] = []
  for (const one of hashes) {
    let node = { size: 1, hash: await digest(Uint8Array.of(0), new TextEncoder().encode(one)) }
    for (let left = whole.at(-1); left?.size === node.size; left = whole.at(-1)) {
      whole.pop()
      node = { size: 2 * node.size, hash: await digest(Uint8Array.of(1), left.hash, node.hash) }
    }
    whole.push(node)
  }
  let last = whole.pop()?.hash ?? (await digest())
  for (let left = whole.pop(); left; left = whole.pop()) last = await digest(Uint8Array.of(1), left.hash, last)
  return hex(last)
}

const WHOLE = /^(\{.*),"hash":"([0-9a-f]{64})","kind":("[a-z_]+"),"prev":"([0-9a-f]{64})","seq":(\d+),"version":(\d+)\}$/s
const STUB = /^\{"hash":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","seq":(\d+),"withheld":"court"\}$/

interface Line {
  seq: number
  hash: string
  prev: string
  /** What its hash is of; null where the content is withheld. */
  content: string | null
  at: number | null
  seat: string
}

/** A line of the log, or null where it is none. Its text is canonical JSON: what the hash is of is cut out of it, never spelled anew. */
export function parsed(line: string, stream: string): Line | null {
  const stub = STUB.exec(line)
  if (stub) return { hash: stub[1] ?? '', prev: stub[2] ?? '', seq: Number(stub[3]), content: null, at: null, seat: '' }
  const found = WHOLE.exec(line)
  if (!found) return null
  const [, before, hash = '', kind, prev = '', seq, version] = found
  try {
    const value = JSON.parse(line) as { at: number; actor: { seat: string | null } }
    const content = `${before ?? ''},"kind":${kind ?? ''},"prev":"${prev}","seq":${seq ?? ''},"stream":${JSON.stringify(stream)},"version":${version ?? ''}}`
    return { seq: Number(seq), hash, prev, content, at: value.at, seat: value.actor.seat ?? '' }
  } catch {
    return null
  }
}

export async function check(sealed: Sealed, key: CourtKey, step: (done: number, all: number) => void = () => undefined): Promise<Result> {
  return new Check(sealed, key, step).run()
}

class Check {
  private readonly result: Result = { hearing: '', unaltered: true, complete: true, findings: [], notes: [], files: 0 }
  private unsure = false
  private unread = false
  private readonly sound = new Set<string>()

  constructor(
    private readonly sealed: Sealed,
    private readonly key: CourtKey,
    private readonly step: (done: number, all: number) => void,
  ) {}

  private add(reason: string, file: string, at: number | null = null, seat = '', detail = ''): void {
    this.result.findings.push({ reason, file, at, seat, detail })
  }

  async run(): Promise<Result> {
    const blob = this.sealed.files.get('manifest.json')
    if (!blob) this.add('manifest_missing', 'manifest.json')
    else {
      const data = new Uint8Array(await blob.arrayBuffer())
      const manifest = this.read(data)
      await this.signatures(data, manifest)
      if (manifest) {
        this.result.hearing = manifest.hearing
        await this.files(manifest)
        await this.log(manifest)
      }
    }
    const { findings } = this.result
    this.result.unaltered = findings.some((one) => !UNTOUCHED.has(one.reason)) ? false : this.unsure || this.unread ? null : true
    this.result.complete = findings.some((one) => INCOMPLETE.has(one.reason)) ? false : this.unread ? null : true
    return this.result
  }

  private read(data: Bytes): Manifest | null {
    try {
      const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data)) as Manifest
      if (value.format === 'yunting-package' && value.version === 1 && Array.isArray(value.files) && Array.isArray(value.log.withheld) && Array.isArray(value.keys)) return value
    } catch {
      // told below
    }
    this.add('manifest_unreadable', 'manifest.json')
    return null
  }

  private async signatures(data: Bytes, manifest: Manifest | null): Promise<void> {
    const file = 'signatures.json'
    const blob = this.sealed.files.get(file)
    if (!blob) return this.add('signatures_missing', file)
    let rows: { id: string; signature: string }[]
    try {
      const raw = await text(blob)
      rows = (JSON.parse(raw) as { signatures: typeof rows }).signatures
      const again = `{"signatures":[${rows.map((row) => `{"id":"${row.id}","signature":"${btoa(String.fromCharCode(...unbase64(row.signature)))}"}`).join(',')}]}`
      if (again !== raw) return this.add('signatures_unreadable', file)
    } catch {
      return this.add('signatures_unreadable', file)
    }
    const named = await Promise.all((manifest?.keys ?? []).map((one) => fromSpki(unhex(one.spki))))
    if (manifest && (named.some((one, at) => one?.id !== manifest.keys[at]?.id) || named.map((one) => one?.id).join() !== rows.map((row) => row.id).join())) this.add('signatures_unreadable', file)
    const keys = new Map([this.key, ...named].filter((one) => one !== null).map((one) => [one.id, one]))
    for (const key of keys.values()) {
      const row = rows.find((one) => one.id === key.id)
      const good = row && (await holds(key, data, unbase64(row.signature)))
      if (!row) this.add('signature_absent', file, null, '', key.id)
      else if (good === false) this.add('signature_wrong', 'manifest.json', null, '', key.id)
      else if (good === null) {
        this.result.notes.push({ key: key.kind === 'sm2' ? 'sm2' : 'algorithm', n: 0 })
        this.unsure ||= key.id === this.key.id
      }
    }
  }

  private async files(manifest: Manifest): Promise<void> {
    const named = new Set(manifest.files.map((row) => row.name))
    for (const name of this.sealed.files.keys()) if (!named.has(name) && !OUTSIDE.has(name)) this.add('added', name)
    let lacking = 0
    const changed: [FileRow, Blob][] = []
    for (const [at, row] of manifest.files.entries()) {
      this.step(at, manifest.files.length)
      const blob = this.sealed.files.get(row.name)
      if (!blob && row.may_lack) lacking += 1
      else if (!blob) this.add('missing', row.name, null, row.seat)
      else if (blob.size > PIECE_MAX) this.tooLarge()
      else if (blob.size === row.size && (await sha256(await blob.arrayBuffer())) === row.sha256) this.sound.add(row.name)
      else changed.push([row, blob])
      if (blob) this.result.files += 1
    }
    this.step(manifest.files.length, manifest.files.length)
    if (lacking) this.result.notes.push({ key: 'withheld', n: lacking })
    const index = await this.index()
    for (const [row, blob] of changed) await this.place(row, blob, index[row.name] ?? [])
  }

  private tooLarge(): void {
    this.unread = true
    this.result.notes.push({ key: 'large', n: 0 })
  }

  private async index(): Promise<Record<string, Chunk[]>> {
    const blob = this.sound.has(INDEX) ? this.sealed.files.get(INDEX) : undefined
    return blob ? (JSON.parse(await text(blob)) as { files: Record<string, Chunk[]> }).files : {}
  }

  /** The first of each run of seconds that are not as they were; where bytes came or went, the first of all. */
  private async place(row: FileRow, blob: Blob, chunks: Chunk[]): Promise<void> {
    const reason = blob.size === row.size ? 'changed' : blob.size > row.size ? 'bytes_added' : 'bytes_removed'
    let last = -2
    let told = false
    for (const [number, [start, at, digest, seat]] of chunks.entries()) {
      const end = chunks[number + 1]?.[0] ?? row.size
      if ((await sha256(await blob.slice(start, end).arrayBuffer())).slice(0, SHORT) === digest) continue
      if (number !== last + 1) this.add(reason, row.name, at, seat ?? row.seat)
      told = true
      last = number
      if (blob.size !== row.size) return
    }
    const end = chunks.at(-1)
    if (!told) this.add(reason, row.name, end?.[1] ?? null, end?.[3] ?? row.seat)
  }

  private async lines(name: string): Promise<string[]> {
    const blob = this.sealed.files.get(name)
    if (!blob) return []
    const lines = (await text(blob)).split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines
  }

  private async log(manifest: Manifest): Promise<void> {
    const { log, opened_ms: opened } = manifest
    if (!this.sealed.files.has(LOG)) return
    const court = new Map<number, Line>()
    let lines: string[]
    try {
      for (const line of await this.lines(COURT)) {
        const entry = parsed(line, log.stream)
        if (entry?.content) court.set(entry.seq, entry)
        else this.add('entry_changed', COURT)
      }
      lines = await this.lines(LOG)
    } catch {
      return // not text any more: its digest has told so
    }
    if (log.withheld.length && !this.sealed.files.has(COURT)) this.result.notes.push({ key: 'entries', n: log.withheld.length })
    let [seq, head] = [0, GENESIS]
    let at: number | null = null
    const hashes: string[] = []
    for (const line of lines) {
      const entry = parsed(line, log.stream)
      if (!entry) {
        seq += 1
        head = ''
        this.add('entry_changed', LOG, at, '', String(seq))
        continue
      }
      const whole = entry.content === null ? court.get(entry.seq) : entry
      if (whole && whole.at !== null) at = whole.at - opened
      const tell = (reason: string, number = entry.seq): void => this.add(reason, LOG, at, whole?.seat ?? '', String(number))
      if (entry.seq > seq + 1) for (let lost = seq + 1; lost < entry.seq && lost <= log.entries && lost <= seq + LOST_MAX; lost += 1) tell('entry_missing', lost)
      else if (entry.seq <= seq) tell('entry_place')
      else if (head !== '' && entry.prev !== head) tell('entry_link')
      if (whole?.content && (await sha256(new TextEncoder().encode(whole.content))) !== entry.hash) tell('entry_changed')
      if ((entry.content === null) !== log.withheld.includes(entry.seq)) tell('entry_changed')
      seq = Math.max(seq, entry.seq)
      head = entry.hash
      hashes.push(head)
    }
    for (let lost = seq + 1; lost <= log.entries && lost <= seq + LOST_MAX; lost += 1) this.add('entry_missing', LOG, at, '', String(lost))
    if (seq !== log.entries || head !== log.head) this.add('log_head', LOG, at)
    if ((await root(hashes)) !== log.root) this.add('log_root', LOG)
  }
}
