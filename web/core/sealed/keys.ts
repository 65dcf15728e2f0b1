/** Duty: the court's public key as WebCrypto takes it: Ed25519 and ECDSA P-256, from PEM. Must never see a secret one. */

export type Bytes = Uint8Array<ArrayBuffer>

export interface CourtKey {
  /** What a manifest calls it. */
  id: string
  /** "sm2": no browser can check it. */
  kind: 'ed25519' | 'p256' | 'sm2'
  spki: Bytes
}

const HEADS: readonly [CourtKey['kind'], string, number][] = [
  ['ed25519', '302a300506032b6570032100', 32],
  ['p256', '3059301306072a8648ce3d020106082a8648ce3d03010703420004', 64],
  ['sm2', '3059301306072a8648ce3d020106082a811ccf5501822d03420004', 64],
]
const ID_CHARS = 32

export function hex(data: ArrayBuffer | Uint8Array): string {
  return [...new Uint8Array(data)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function unhex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

export function unbase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}

export async function sha256(data: Bytes | ArrayBuffer): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', data))
}

/** The key of an SPKI, or null where it is none. */
export async function fromSpki(spki: Bytes): Promise<CourtKey | null> {
  const text = hex(spki)
  const found = HEADS.find(([, head, bytes]) => text.startsWith(head) && spki.length === head.length / 2 + bytes)
  return found ? { id: (await sha256(spki)).slice(0, ID_CHARS), kind: found[0], spki } : null
}

/** The key of a PEM text, or null where there is none in it. */
export async function fromPem(pem: string): Promise<CourtKey | null> {
  const found = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/.exec(pem)
  try {
    return found?.[1] ? await fromSpki(unbase64(found[1].replace(/\s/g, ''))) : null
  } catch {
    return null
  }
}

/** The same for people to compare by eye. */
export function fingerprint(id: string): string {
  return (id.match(/.{4}/g) ?? []).join(':')
}

/** Whether the signature (r‖s, or Ed25519's) is this key's; null where this browser cannot tell. */
export async function holds(key: CourtKey, data: Bytes, signature: Bytes): Promise<boolean | null> {
  if (key.kind === 'sm2') return null
  const algorithm = key.kind === 'ed25519' ? { name: 'Ed25519' } : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  try {
    const loaded = await crypto.subtle.importKey('spki', key.spki, algorithm, false, ['verify'])
    return await crypto.subtle.verify(algorithm, loaded, signature, data)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return null
    return false
  }
}
