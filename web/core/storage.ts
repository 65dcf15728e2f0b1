/**
 * Duty: what a tab keeps over a reload, in the tab's own store (sessionStorage), so that two seats can be open in two
 * tabs of one browser. Must never keep anything in the store that tabs share.
 */

export interface Keep {
  get(key: string): string | null
  set(key: string, value: string): void
  remove(key: string): void
}

/** A store that forgets: where the browser keeps nothing (private mode), and in tests. */
export function memoryKeep(): Keep {
  const kept = new Map<string, string>()
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  }
}

export function tabKeep(): Keep {
  try {
    const store = window.sessionStorage
    store.setItem('yunting.try', '1')
    store.removeItem('yunting.try')
    return {
      get: (key) => store.getItem(key),
      set: (key, value) => store.setItem(key, value),
      remove: (key) => store.removeItem(key),
    }
  } catch {
    return memoryKeep()
  }
}

export const KEYS = {
  session: 'yunting.session',
  resume: 'yunting.resume',
  step: 'yunting.step',
  camera: 'yunting.camera',
  microphone: 'yunting.microphone',
} as const
