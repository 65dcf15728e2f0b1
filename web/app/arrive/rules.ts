/** Duty: which rules a person reads before entering: the court's discipline, or those of a mediation. Pure. */
import type { Me } from '@core/api'

export function rulesOf(me: Me | null, locale: string): readonly string[] {
  if (!me) return []
  const rules = (me.hearing.procedure === 'mediation' ? me.discipline.mediation : undefined) ?? me.discipline
  return rules[locale === 'en' ? 'en' : 'zh-CN']
}
