/** Duty: "key=value" facts of the house as rows for reading. Pure; what was not measured has no row. */

export interface Fact {
  key: string
  value: string
  /** How the value is read: milliseconds, per mille, or a word of its own. */
  unit: 'ms' | 'permille' | 'word'
}

const PERMILLE = new Set(['loss_up', 'loss_down'])

export function facts(texts: readonly string[]): Fact[] {
  return texts.flatMap((text) => {
    const at = text.indexOf('=')
    const key = at < 0 ? text : text.slice(0, at)
    const value = at < 0 ? '' : text.slice(at + 1)
    if (value === '') return []
    return [{ key, value, unit: unitOf(key, value) }]
  })
}

function unitOf(key: string, value: string): Fact['unit'] {
  if (!/^-?\d+$/.test(value)) return 'word'
  if (PERMILLE.has(key)) return 'permille'
  return key.endsWith('_ms') ? 'ms' : 'word'
}
