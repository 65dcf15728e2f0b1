/** Duty: which rules a person reads before entering: the text of this hearing, in the language of the screen. Pure. */
import type { Me } from '@core/api'

export function rulesOf(me: Me | null, locale: string): readonly string[] {
  return me?.discipline[locale === 'en' ? 'en' : 'zh-CN'] ?? []
}
