/**
 * Duty: the files of a sealed package as the browser was given them, a folder or a .zip; nothing leaves the machine.
 * Reads only a .zip of the one spelling that the court writes (recording/package/archive.py). Must never unpack anything.
 */

export const LIMITS = { files: 100_000, name: 400 }

export interface Sealed {
  name: string
  files: Map<string, Blob>
}

/** No package: reason is a key of the page's words; detail says where. */
export class NoPackage extends Error {
  constructor(
    readonly reason: 'nothing' | 'refused' | 'archive',
    readonly detail = '',
  ) {
    super(`${reason}: ${detail}`)
  }
}

const PART = /^[^/\\\x00-\x1f\x7f:*?"<>|]+$/

export function safe(name: string): boolean {
  if (new TextEncoder().encode(name).length > LIMITS.name) return false
  return name.split('/').every((part) => PART.test(part) && part !== '.' && part !== '..' && !/[ .]$/.test(part))
}

/** A chosen folder: the browser names each file by its way from there. */
export function fromFolder(list: Iterable<File>): Sealed {
  const files = new Map<string, Blob>()
  let top = ''
  for (const file of list) {
    const [first = '', ...rest] = file.webkitRelativePath.split('/')
    const name = rest.join('/')
    top = first
    if (!safe(name)) throw new NoPackage('refused', name)
    files.set(name, file)
    if (files.size > LIMITS.files) throw new NoPackage('refused')
  }
  if (!files.has('manifest.json') && !files.has('signatures.json')) throw new NoPackage('nothing')
  return { name: top, files }
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const TOP = 0xffffffff
const HEAD = 30

interface Member {
  name: Uint8Array
  size: number
  crc: number
  at: number
}

async function view(blob: Blob, start: number, end: number): Promise<DataView> {
  return new DataView(await blob.slice(start, end).arrayBuffer())
}

function fields(numbers: readonly (readonly [bytes: 2 | 4 | 8, value: number])[], ...tail: Uint8Array[]): Uint8Array {
  const size = numbers.reduce((sum, [bytes]) => sum + bytes, 0) + tail.reduce((sum, one) => sum + one.length, 0)
  const data = new DataView(new ArrayBuffer(size))
  let at = 0
  for (const [bytes, value] of numbers) {
    if (bytes === 2) data.setUint16(at, value, true)
    else if (bytes === 4) data.setUint32(at, value, true)
    else data.setBigUint64(at, BigInt(value), true)
    at += bytes
  }
  const out = new Uint8Array(data.buffer)
  for (const one of tail) {
    out.set(one, at)
    at += one.length
  }
  return out
}

const NONE = new Uint8Array()

function local(member: Member): Uint8Array {
  const big = member.size >= TOP
  const shown = big ? TOP : member.size
  const extra = big ? fields([[2, 1], [2, 16], [8, member.size], [8, member.size]]) : NONE
  return fields(
    [[4, LOCAL], [2, big ? 45 : 20], [2, 0x800], [2, 0], [2, 0], [2, 0x21], [4, member.crc], [4, shown], [4, shown], [2, member.name.length], [2, extra.length]],
    member.name,
    extra,
  )
}

function central(member: Member): Uint8Array {
  const big = member.size >= TOP
  const far = member.at >= TOP
  const longs = [...(big ? [member.size, member.size] : []), ...(far ? [member.at] : [])]
  const extra = longs.length ? fields([[2, 1], [2, 8 * longs.length], ...longs.map((n): [8, number] => [8, n])]) : NONE
  const needed = longs.length ? 45 : 20
  const shown = big ? TOP : member.size
  return fields(
    [
      ...([[4, CENTRAL], [2, 0x300 | needed], [2, needed], [2, 0x800], [2, 0], [2, 0], [2, 0x21]] as const),
      ...([[4, member.crc], [4, shown], [4, shown], [2, member.name.length], [2, extra.length]] as const),
      ...([[2, 0], [2, 0], [2, 0], [4, 0x81a40000], [4, far ? TOP : member.at]] as const),
    ],
    member.name,
    extra,
  )
}

function end(count: number, start: number, size: number): Uint8Array {
  const shown = Math.min(count, 0xffff)
  const last = fields([[4, END], [2, 0], [2, 0], [2, shown], [2, shown], [4, Math.min(size, TOP)], [4, Math.min(start, TOP)], [2, 0]])
  if (count < 0xffff && start < TOP && size < TOP) return last
  const whole = fields([[4, 0x06064b50], [8, 44], [2, 0x300 | 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, size], [8, start]])
  return fields([], whole, fields([[4, 0x07064b50], [4, 0], [8, start + size], [4, 1]]), last)
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

/** A .zip: its files as pieces of it. */
export async function fromZip(blob: Blob, name: string): Promise<Sealed> {
  const members: Member[] = []
  const files = new Map<string, Blob>()
  let at = 0
  let last = ''
  for (;;) {
    const head = await view(blob, at, at + HEAD)
    if (head.byteLength < HEAD || (members.length === 0 && head.getUint32(0, true) !== LOCAL)) throw new NoPackage(members.length ? 'archive' : 'nothing', last)
    if (head.getUint32(0, true) === CENTRAL) break
    if (head.getUint32(0, true) !== LOCAL) throw new NoPackage('archive', last)
    const [nameBytes, extraBytes] = [head.getUint16(26, true), head.getUint16(28, true)]
    const rest = await view(blob, at + HEAD, at + HEAD + nameBytes + extraBytes)
    const bytes = new Uint8Array(rest.buffer, 0, Math.min(nameBytes, rest.byteLength))
    last = new TextDecoder().decode(bytes)
    if (!safe(last) || head.getUint16(8, true) !== 0 || members.length >= LIMITS.files) throw new NoPackage('refused', last)
    const short = head.getUint32(22, true)
    const size = short === TOP && extraBytes === 20 && rest.byteLength === nameBytes + 20 ? Number(rest.getBigUint64(nameBytes + 4, true)) : short
    const member = { name: bytes, size, crc: head.getUint32(14, true), at }
    const found = new Uint8Array(await blob.slice(at, at + HEAD + nameBytes + extraBytes).arrayBuffer())
    const start = at + found.length
    if (!same(found, local(member)) || start + size > blob.size || files.has(last)) throw new NoPackage('archive', last)
    files.set(last, blob.slice(start, start + size))
    members.push(member)
    at = start + size
  }
  const list = members.map(central)
  const length = list.reduce((sum, one) => sum + one.length, 0)
  const expected = fields([], ...list, end(members.length, at, length))
  if (blob.size - at !== expected.length || !same(new Uint8Array(await blob.slice(at).arrayBuffer()), expected)) throw new NoPackage('archive', 'end')
  if (!files.has('manifest.json') && !files.has('signatures.json')) throw new NoPackage('nothing')
  return { name, files }
}
