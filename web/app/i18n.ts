/**
 * Duty: the words on the screens. Loads one language at a time, one file a folder of screens, and remembers the choice.
 * Must never hold a word itself. A file `locales/<lang>/<name>.json` is found as `<name>.…`.
 */
import { nextTick } from 'vue'
import { createI18n } from 'vue-i18n'

export type Lang = 'zh-CN' | 'en'
export const LANGS: readonly Lang[] = ['zh-CN', 'en']

interface Messages {
  [key: string]: string | Messages
}
const files = import.meta.glob<Messages>('./locales/*/*.json', { import: 'default' })
const STORED = 'yunting.lang'

export const i18n = createI18n({
  legacy: false as const,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
  messages: {} as Record<string, Messages>,
})

/** Words of these pages are needed only there. */
const LATER = new Set(['case', 'console', 'verify'])
const loaded = new Set<string>()

async function load(lang: Lang, wanted: (name: string) => boolean): Promise<void> {
  const prefix = `./locales/${lang}/`
  await Promise.all(
    Object.entries(files).map(async ([path, read]) => {
      const name = path.slice(prefix.length, -'.json'.length)
      if (!path.startsWith(prefix) || loaded.has(path) || !wanted(name)) return
      const words = await read()
      i18n.global.mergeLocaleMessage(lang, { [name]: words })
      loaded.add(path)
    }),
  )
}

export function currentLang(): Lang {
  return i18n.global.locale.value as Lang
}

const needed = new Set<string>()

/** Loads the words that only one screen needs; called by its route. */
export async function needLater(name: 'case' | 'console' | 'verify'): Promise<void> {
  needed.add(name)
  await load(currentLang(), (one) => one === name)
}

export async function setLang(lang: Lang): Promise<void> {
  await load(lang, (name) => !LATER.has(name) || needed.has(name))
  i18n.global.locale.value = lang
  document.documentElement.lang = lang
  try {
    localStorage.setItem(STORED, lang)
  } catch {
    // A browser that keeps nothing still shows the chosen language.
  }
  await nextTick()
}

/** The remembered language; else Chinese, unless the browser speaks only something else. */
export function preferredLang(): Lang {
  const asked = new URLSearchParams(location.search).get('lang')
  if (asked === 'en' || asked === 'zh-CN') return asked
  try {
    const kept = localStorage.getItem(STORED)
    if (kept === 'en' || kept === 'zh-CN') return kept
  } catch {
    // Falls through to the default.
  }
  return navigator.languages.length && !navigator.languages.some((l) => l.startsWith('zh')) ? 'en' : 'zh-CN'
}
